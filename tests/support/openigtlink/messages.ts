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
}

export function message(type: string, content: Uint8Array, { version = 1, device = 'Test', stampedS = 0, ...wrong }: Sent = {}): Buffer {
  // Version 2 of the header: an extended header in front and metadata behind.
  const metadata = Buffer.from([0, 1, 0, 1, 0, 3, 0, 0, 0, 2, 97, 98, 99]);
  const extended = Buffer.alloc(12);
  extended.writeUInt16BE(12, 0);
  extended.writeUInt16BE(10, 2);
  extended.writeUInt32BE(3, 4);
  extended.writeUInt32BE(7, 8);
  const body = version === 1 ? Buffer.from(content) : Buffer.concat([extended, content, metadata]);
  const header = Buffer.alloc(58);
  header.writeUInt16BE(version, 0);
  header.write(type, 2, 12, 'latin1');
  header.write(device, 14, 20, 'latin1');
  header.writeUInt32BE(Math.floor(stampedS), 34);
  header.writeUInt32BE(Math.floor((stampedS % 1) * 2 ** 32), 38);
  header.writeBigUInt64BE(BigInt(wrong.bodyBytes ?? body.length), 42);
  header.writeBigUInt64BE(wrong.crc ?? slowCrc64(body), 50);
  return Buffer.concat([header, body]);
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
