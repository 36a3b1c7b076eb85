import { AppError, printable } from '../app-error.ts';

/*
 * OpenIGTLink protocol, versions 1 to 3 (openigtlink.org, Documents/Protocol; header: "header.md", "v3_header.md").
 * Everything is big-endian; texts are ASCII, padded with zeros.
 */

/** Version, type, device name, time, body size, CRC-64 of the body. */
export const headerBytes = 58;
/** Size of itself, sizes of the metadata's index and content, number of the message. */
export const extendedHeaderBytes = 12;
/** Longest name of a device. */
export const deviceNameBytes = 20;

export interface MessageHeader {
  /** 1, or 2 for protocol version 3, which wrote 2 here; some senders write 3 and mean the same. */
  readonly version: number;
  readonly type: string;
  readonly device: string;
  /** Nanoseconds since 1970 by the sender's clock; 0: not stamped. */
  readonly stampNs: bigint;
  readonly bodyBytes: number;
  readonly crc: bigint;
}

/** Reads a header. Throws `openigtlink/not-a-header`: after that nothing is known of where the next one begins. */
export function readHeader(bytes: Uint8Array, mostBodyBytes: number): MessageHeader {
  const view = viewOf(bytes);
  const version = view.getUint16(0);
  if (version < 1 || version > 3) throw refuse(`version ${version}`);
  const type = readText(bytes, 2, 12);
  if (!/^[A-Z][A-Z0-9_]{0,11}$/.test(type)) throw refuse(`type ${printable(type, 20)}`);
  const bodyBytes = view.getBigUint64(42);
  if (bodyBytes > BigInt(mostBodyBytes)) throw refuse(`a body of ${bodyBytes} bytes, at most ${mostBodyBytes} are taken`);
  return {
    version,
    type,
    device: printable(readText(bytes, 14, deviceNameBytes), deviceNameBytes),
    stampNs: stampOf(view.getUint32(34), view.getUint32(38)),
    bodyBytes: Number(bodyBytes),
    crc: view.getBigUint64(50),
  };
}

/** Seconds and 2^-32 of them. */
function stampOf(seconds: number, fraction: number): bigint {
  return BigInt(seconds) * 1_000_000_000n + ((BigInt(fraction) * 1_000_000_000n) >> 32n);
}

/** Where the parts of a body lie; what is not there has no length. */
export interface BodyParts {
  readonly offset: number;
  readonly length: number;
  readonly indexAt: number;
  readonly indexBytes: number;
  readonly dataBytes: number;
}

/** Offset and length of what a message says, and of its metadata behind it. Throws `openigtlink/bad-message`. */
export function bodyParts({ version, type, bodyBytes }: MessageHeader, body: Uint8Array): BodyParts {
  if (version < 2) return { offset: 0, length: bodyBytes, indexAt: bodyBytes, indexBytes: 0, dataBytes: 0 };
  if (bodyBytes < extendedHeaderBytes) throw badMessage(type, `a body of ${bodyBytes} bytes has no extended header`);
  const view = viewOf(body);
  const [offset, indexBytes, dataBytes] = [view.getUint16(0), view.getUint16(2), view.getUint32(4)];
  const length = bodyBytes - offset - indexBytes - dataBytes;
  if (offset < extendedHeaderBytes || length < 0) throw badMessage(type, 'its extended header announces more than there is');
  return { offset, length, indexAt: offset + length, indexBytes, dataBytes };
}

/** A text up to its first zero. */
export function readText(bytes: Uint8Array, offset: number, length: number): string {
  const field = Buffer.from(bytes.buffer, bytes.byteOffset + offset, length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? length : end);
}

/** A text in a field of zeros; what is not ASCII becomes a question mark. */
export function writeText(bytes: Uint8Array, offset: number, length: number, text: string): void {
  for (let at = 0; at < length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 0;
    bytes[offset + at] = at < text.length && (code < 0x20 || code > 0x7e) ? 0x3f : code;
  }
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
export const badMessage = (type: string, reason: string): AppError => new AppError('openigtlink/bad-message', { type, reason });
const refuse = (reason: string): AppError => new AppError('openigtlink/not-a-header', { reason });
