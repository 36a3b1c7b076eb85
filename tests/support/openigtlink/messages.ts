/** OpenIGTLink messages as a sender writes them; the checksum bit by bit, as the protocol defines it. */

const polynomial = 0x42f0e1eba9ea3693n;
const mask = 2n ** 64n - 1n;

export function slowCrc64(bytes: Uint8Array): bigint {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte) << 56n;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1n) ^ (crc >> 63n === 1n ? polynomial : 0n)) & mask;
  }
  return crc;
}

export interface Sent {
  readonly version?: number;
  readonly device?: string;
  readonly stampedS?: number;
  readonly crc?: bigint;
  readonly bodyBytes?: number;
  /** Of header version 2. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export function message(type: string, content: Uint8Array, { version = 1, device = 'Test', stampedS = 0, ...rest }: Sent = {}): Buffer {
  const body = version === 1 ? Buffer.from(content) : extendedBody(content, rest.metadata ?? { a: 'bc' });
  const header = Buffer.alloc(58);
  header.writeUInt16BE(version, 0);
  header.write(type, 2, 12, 'latin1');
  header.write(device, 14, 20, 'latin1');
  header.writeUInt32BE(Math.floor(stampedS), 34);
  header.writeUInt32BE(Math.floor((stampedS % 1) * 2 ** 32), 38);
  header.writeBigUInt64BE(BigInt(rest.bodyBytes ?? body.length), 42);
  header.writeBigUInt64BE(rest.crc ?? slowCrc64(body), 50);
  return Buffer.concat([header, body]);
}

/** Version 2 of the header: an extended header in front, the index of the metadata and the metadata behind. */
function extendedBody(content: Uint8Array, metadata: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(metadata);
  const index = Buffer.alloc(2 + 8 * entries.length);
  index.writeUInt16BE(entries.length, 0);
  for (const [entry, [key, value]] of entries.entries()) {
    index.writeUInt16BE(key.length, 2 + 8 * entry);
    index.writeUInt16BE(3, 4 + 8 * entry);
    index.writeUInt32BE(value.length, 6 + 8 * entry);
  }
  const data = Buffer.from(entries.flat().join(''), 'latin1');
  const extended = Buffer.alloc(12);
  extended.writeUInt16BE(12, 0);
  extended.writeUInt16BE(index.length, 2);
  extended.writeUInt32BE(data.length, 4);
  extended.writeUInt32BE(7, 8);
  return Buffer.concat([extended, content, index, data]);
}

/** A TRANSFORM without rotation. */
export function transform(x: number, y = 2, z = 3): Buffer {
  const content = Buffer.alloc(48);
  for (const [place, value] of [1, 0, 0, 0, 1, 0, 0, 0, 1, x, y, z].entries()) content.writeFloatBE(value, 4 * place);
  return content;
}

export interface SentImage {
  readonly width: number;
  readonly height: number;
  readonly components?: number;
  /** Number of the protocol: 3 uint8, 4 int16, 5 uint16. */
  readonly scalar?: number;
  readonly littleEndian?: boolean;
  readonly spacingMm?: readonly [number, number];
  readonly slices?: number;
  readonly part?: readonly [number, number, number, number, number, number];
}

export function image(pixels: Uint8Array, sent: SentImage): Buffer {
  const { width, height, components = 1, scalar = 3, littleEndian = true, spacingMm = [1, 1], slices = 1 } = sent;
  const head = Buffer.alloc(72);
  head.writeUInt16BE(1, 0);
  head.writeUInt8(components, 2);
  head.writeUInt8(scalar, 3);
  head.writeUInt8(littleEndian ? 2 : 1, 4);
  head.writeUInt8(1, 5);
  for (const [at, side] of [width, height, slices].entries()) head.writeUInt16BE(side, 6 + 2 * at);
  head.writeFloatBE(spacingMm[0], 12);
  head.writeFloatBE(spacingMm[1], 28);
  head.writeFloatBE(1, 44);
  for (const [at, value] of (sent.part ?? [0, 0, 0, width, height, slices]).entries()) head.writeUInt16BE(value, 60 + 2 * at);
  return Buffer.concat([head, pixels]);
}
