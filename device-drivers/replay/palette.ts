import type { DataSet } from 'dicom-parser';
import { int16, uint16 } from './dicom-elements.ts';

/** A palette of three tables with 8-bit entries; an index outside takes the nearest entry (PS3.3 C.7.6.3.1.5). */
export interface Palette {
  readonly firstMapped: number;
  readonly red: Uint8Array;
  readonly green: Uint8Array;
  readonly blue: Uint8Array;
}

/** Reads the tables of PALETTE COLOR, plain or segmented; throws an Error in words. */
export function readPalette(dataSet: DataSet, signed: boolean, bigEndian: boolean): Palette {
  const tables = ['1', '2', '3'].map((colour) => readTable(dataSet, colour, bigEndian));
  const length = Math.min(...tables.map((table) => table.length));
  if (length === 0) throw new Error('an empty palette');
  const [red, green, blue] = tables.map((table) => table.subarray(0, length)) as [Uint8Array, Uint8Array, Uint8Array];
  // The first value mapped is of the pixels' own representation.
  const firstMapped = (signed ? int16(dataSet, 'x00281101', 1) : uint16(dataSet, 'x00281101', 1)) ?? 0;
  return { firstMapped, red, green, blue };
}

function readTable(dataSet: DataSet, colour: string, bigEndian: boolean): Uint8Array {
  const descriptor = `x0028110${colour}`;
  const plain = dataSet.elements[`x0028120${colour}`];
  const entries = plain ?? dataSet.elements[`x0028122${colour}`];
  const [count, bits] = [uint16(dataSet, descriptor, 0), uint16(dataSet, descriptor, 2) ?? 16];
  if (count === undefined || entries === undefined) throw new Error('a palette without tables');
  const size = count === 0 ? 65_536 : count;
  const length = entries.length & ~(bigEndian ? 1 : 0);
  const bytes = Buffer.from((dataSet.byteArray as Uint8Array).subarray(entries.dataOffset, entries.dataOffset + length));
  if (bigEndian && entries.vr !== 'OB') bytes.swap16();
  return plain === undefined ? segmentedTable(bytes, size, bits) : plainTable(bytes, size, bits);
}

/** 16-bit entries keep their high byte, unless all are below 256: then a writer put 8-bit ones into words, whatever it announced. */
function plainTable(bytes: Uint8Array, size: number, bits: number): Uint8Array {
  if (bytes.length < size * 2) return bytes.subarray(0, size);
  const high = bits > 8 && bytes.some((byte, index) => (index & 1) === 1 && index < size * 2 && byte !== 0) ? 1 : 0;
  return Uint8Array.from({ length: size }, (_, index) => bytes[2 * index + high] as number);
}

/** Segmented palette (PS3.3 C.7.9.2) → entries of 8 bits. Its codes are words; some writers of 8-bit palettes use bytes. */
function segmentedTable(bytes: Uint8Array, size: number, bits: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const inWords = expandedSegments(bytes.length >> 1, (at) => view.getUint16(2 * at, true), 1, size);
  if (bits > 8) return Uint8Array.from(inWords, (value) => value >> 8);
  const fits = (values: Uint16Array): boolean => values.length === size && values.every((value) => value < 256);
  const inBytes = fits(inWords) ? inWords : expandedSegments(bytes.length, (at) => bytes[at] as number, 2, size);
  return Uint8Array.from(fits(inBytes) ? inBytes : inWords);
}

/**
 * Codes of segments: 0 discrete values, 1 a line from the value before, 2 segments that stand elsewhere again, at an offset of 32 bits,
 * in bytes. Ends at the first code that is none.
 */
function expandedSegments(codes: number, code: (at: number) => number, codesPerWord: number, size: number): Uint16Array {
  const table = new Uint16Array(size);
  let filled = 0;
  let last = 0;
  const put = (value: number): void => {
    last = value;
    if (filled < size) table[filled++] = value;
  };
  const discrete = (at: number, length: number): void => {
    for (let i = 0; i < length && at + i < codes && filled < size; i++) put(code(at + i));
  };
  const linear = (to: number, length: number): void => {
    const from = last;
    for (let i = 1; i <= length && filled < size; i++) put(Math.round(from + ((to - from) * i) / length));
  };
  /** Walks segments from a place; an indirect segment may not lead to another one. */
  const walk = (start: number, most: number, direct: boolean): void => {
    let at = start;
    for (let segment = 0; segment < most && at + 3 <= codes && filled < size; segment++) {
      const [kind, length] = [code(at), code(at + 1)];
      at += 2;
      if (kind === 0) discrete(at, length);
      else if (kind === 1) linear(code(at), length);
      else if (kind === 2 && direct) walk(indirect(at), length, false);
      else return;
      at += kind === 0 ? length : kind === 1 ? 1 : 2 * codesPerWord;
    }
  };
  const indirect = (at: number): number => {
    if (at + 2 * codesPerWord > codes) return codes;
    if (codesPerWord === 1) return (code(at) | (code(at + 1) << 16)) >>> 1;
    return (code(at) | (code(at + 1) << 8) | (code(at + 2) << 16) | (code(at + 3) << 24)) >>> 0;
  };
  walk(0, size, true);
  return table.slice(0, filled);
}
