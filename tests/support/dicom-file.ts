/** Writes small DICOM files, explicit little-endian, for tests: only what a reader needs. */
export interface FileFacts {
  readonly rows: number;
  readonly columns: number;
  readonly frames?: number;
  readonly samples?: number;
  readonly photometric?: string;
  readonly bitsAllocated?: number;
  readonly bitsStored?: number;
  /** Default: the one below bitsStored. */
  readonly highBit?: number;
  readonly signed?: boolean;
  readonly planar?: boolean;
  /** Default: US. */
  readonly modality?: string;
  readonly transferSyntax?: string;
  /** More elements: [group, element, VR, value]. */
  readonly more?: readonly (readonly [number, number, string, Uint8Array])[];
  /** Of encapsulated pixels: the basic offset table; default: an empty one. */
  readonly offsetTable?: readonly number[];
  /** Uncompressed pixels, or one buffer per fragment. */
  readonly pixels: Uint8Array | readonly Uint8Array[];
}

export const ascii = (text: string): Uint8Array => Buffer.from(text.length % 2 === 0 ? text : `${text} `, 'latin1');
export const us = (...values: number[]): Uint8Array => new Uint8Array(Uint16Array.from(values).buffer);
export const ul = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
export const fd = (...values: number[]): Uint8Array => new Uint8Array(Float64Array.from(values).buffer);

const longForm = ['OB', 'OV', 'OW', 'SQ', 'UN', 'UT'];

export function element(group: number, number: number, vr: string, value: Uint8Array, length = value.length): Uint8Array {
  const head = Buffer.alloc(longForm.includes(vr) ? 12 : 8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.write(vr, 4, 'latin1');
  if (longForm.includes(vr)) head.writeUInt32LE(length, 8);
  else head.writeUInt16LE(length, 6);
  return Buffer.concat([head, value]);
}

/** An item of a sequence or a fragment. */
export function item(value: Uint8Array): Uint8Array {
  return Buffer.concat([ul(0xe000fffe, value.length), value]);
}

export function region(
  box: readonly [number, number, number, number],
  deltaX: number,
  deltaY: number,
  dataType = 1,
  units = 3,
): Uint8Array {
  return item(
    Buffer.concat([
      element(0x0018, 0x6012, 'US', us(1)),
      element(0x0018, 0x6014, 'US', us(dataType)),
      ...box.map((edge, index) => element(0x0018, 0x6018 + 2 * index, 'UL', ul(edge))),
      element(0x0018, 0x6024, 'US', us(units)),
      element(0x0018, 0x6026, 'US', us(units)),
      element(0x0018, 0x602c, 'FD', fd(deltaX)),
      element(0x0018, 0x602e, 'FD', fd(deltaY)),
    ]),
  );
}

export function dicomFile(facts: FileFacts): Uint8Array {
  const { rows, columns, frames = 1, samples = 1, photometric = 'MONOCHROME2', bitsAllocated = 8, bitsStored = bitsAllocated } = facts;
  const encapsulated = !(facts.pixels instanceof Uint8Array);
  const fragments = facts.pixels instanceof Uint8Array ? [] : facts.pixels;
  const meta = element(0x0002, 0x0010, 'UI', Buffer.from(`${facts.transferSyntax ?? '1.2.840.10008.1.2.1'}`.padEnd(20, '\0')));
  const body: [number, number, string, Uint8Array][] = [
    [0x0008, 0x0060, 'CS', ascii(facts.modality ?? 'US')],
    [0x0028, 0x0002, 'US', us(samples)],
    [0x0028, 0x0004, 'CS', ascii(photometric)],
    ...(samples > 1 ? [[0x0028, 0x0006, 'US', us(facts.planar ? 1 : 0)] as [number, number, string, Uint8Array]] : []),
    [0x0028, 0x0008, 'IS', ascii(String(frames))],
    [0x0028, 0x0010, 'US', us(rows)],
    [0x0028, 0x0011, 'US', us(columns)],
    [0x0028, 0x0100, 'US', us(bitsAllocated)],
    [0x0028, 0x0101, 'US', us(bitsStored)],
    [0x0028, 0x0102, 'US', us(facts.highBit ?? bitsStored - 1)],
    [0x0028, 0x0103, 'US', us(facts.signed ? 1 : 0)],
    ...(facts.more ?? []).map((more) => [...more] as [number, number, string, Uint8Array]),
  ];
  body.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const pixelItems = Buffer.concat([item(ul(...(facts.offsetTable ?? []))), ...fragments.map(item), ul(0xe0ddfffe, 0)]);
  const pixels = encapsulated
    ? element(0x7fe0, 0x0010, 'OB', pixelItems, 0xffffffff)
    : element(0x7fe0, 0x0010, bitsAllocated === 16 ? 'OW' : 'OB', facts.pixels as Uint8Array);
  return Buffer.concat([
    new Uint8Array(128),
    Buffer.from('DICM'),
    element(0x0002, 0x0000, 'UL', ul(meta.length)),
    meta,
    ...body.map(([group, number, vr, value]) => element(group, number, vr, value)),
    pixels,
  ]);
}
