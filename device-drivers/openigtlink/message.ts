import { AppError, printable } from '../../src/app-error.ts';

/*
 * OpenIGTLink protocol, versions 1 to 3 (openigtlink.org, Documents/Protocol; header: "header.md", "v3_header.md").
 * Everything is big-endian; texts are ASCII, padded with zeros.
 */

/** Version, type, device name, time, body size, CRC-64 of the body. */
export const headerBytes = 58;
/** Size of itself, sizes of the metadata's index and content, number of the message. */
const extendedHeaderBytes = 12;

export interface MessageHeader {
  /** 1, or 2 for protocol version 3, which wrote 2 here; some senders write 3 and mean the same. */
  readonly version: number;
  readonly type: string;
  readonly device: string;
  /** Seconds since 1970 by the sender's clock; 0: not stamped. */
  readonly stampedS: number;
  readonly bodyBytes: number;
  readonly crc: bigint;
}

/** Reads a header. Throws `openigtlink/not-a-header`: after that nothing is known of where the next one begins. */
export function readHeader(bytes: Uint8Array, mostBodyBytes: number): MessageHeader {
  const view = viewOf(bytes);
  const version = view.getUint16(0);
  if (version < 1 || version > 3) throw refuse(`version ${version}`);
  const type = text(bytes, 2, 12);
  if (!/^[A-Z][A-Z0-9_]{0,11}$/.test(type)) throw refuse(`type ${printable(type, 20)}`);
  const bodyBytes = view.getBigUint64(42);
  if (bodyBytes > BigInt(mostBodyBytes)) throw refuse(`a body of ${bodyBytes} bytes, at most ${mostBodyBytes} are taken`);
  return {
    version,
    type,
    device: printable(text(bytes, 14, 20), 20),
    stampedS: view.getUint32(34) + view.getUint32(38) / 2 ** 32,
    bodyBytes: Number(bodyBytes),
    crc: view.getBigUint64(50),
  };
}

/** Offset and length of what a message says, without extended header and metadata. Throws `openigtlink/bad-message`. */
export function contentOf({ version, type, bodyBytes }: MessageHeader, body: Uint8Array): { offset: number; length: number } {
  if (version < 2) return { offset: 0, length: bodyBytes };
  if (bodyBytes < extendedHeaderBytes) throw bad(type, `a body of ${bodyBytes} bytes has no extended header`);
  const view = viewOf(body);
  const offset = view.getUint16(0);
  const length = bodyBytes - offset - view.getUint16(2) - view.getUint32(4);
  if (offset < extendedHeaderBytes || length < 0) throw bad(type, 'its extended header announces more than there is');
  return { offset, length };
}

/** Types of samples by their number in the IMAGE message. */
const scalars: Readonly<Record<number, { readonly name: string; readonly bytes: number }>> = {
  2: { name: 'int8', bytes: 1 },
  3: { name: 'uint8', bytes: 1 },
  4: { name: 'int16', bytes: 2 },
  5: { name: 'uint16', bytes: 2 },
  6: { name: 'int32', bytes: 4 },
  7: { name: 'uint32', bytes: 4 },
  10: { name: 'float32', bytes: 4 },
  11: { name: 'float64', bytes: 8 },
};

export interface ImageHeader {
  readonly components: number;
  readonly scalar: string;
  readonly littleEndian: boolean;
  readonly width: number;
  readonly height: number;
  /** Millimetres from pixel to pixel along a line and from line to line. */
  readonly spacingMm: readonly [number, number];
  /** Where the pixels begin in the content. */
  readonly pixelsAt: number;
}

const imageHeaderBytes = 72;

/** Reads the head of an IMAGE of one whole slice. Throws `openigtlink/bad-message`. */
export function readImage(content: Uint8Array): ImageHeader {
  if (content.length < imageHeaderBytes) throw bad('IMAGE', `${content.length} bytes, its head alone has ${imageHeaderBytes}`);
  const view = viewOf(content);
  const [components, scalarNumber, endian] = [view.getUint8(2), view.getUint8(3), view.getUint8(4)];
  const [width, height, slices] = [view.getUint16(6), view.getUint16(8), view.getUint16(10)];
  const scalar = scalars[scalarNumber];
  if (scalar === undefined) throw bad('IMAGE', `samples of type ${scalarNumber}`);
  if (slices !== 1) throw bad('IMAGE', `a volume of ${slices} slices, pictures have one`);
  const part = [60, 62, 64, 66, 68, 70].map((at) => view.getUint16(at));
  if (part.join() !== [0, 0, 0, width, height, 1].join()) throw bad('IMAGE', 'a part of a picture, only whole ones are taken');
  const bytes = width * height * components * scalar.bytes;
  if (width === 0 || height === 0 || components === 0) throw bad('IMAGE', `${width}x${height} pixels of ${components} samples`);
  if (content.length - imageHeaderBytes !== bytes) {
    throw bad(
      'IMAGE',
      `${content.length - imageHeaderBytes} bytes of pixels, ${width}x${height} of ${components} ${scalar.name} need ${bytes}`,
    );
  }
  const axis = (at: number): number => Math.hypot(view.getFloat32(at), view.getFloat32(at + 4), view.getFloat32(at + 8));
  return {
    components,
    scalar: scalar.name,
    littleEndian: endian === 2,
    width,
    height,
    spacingMm: [axis(12), axis(24)],
    pixelsAt: imageHeaderBytes,
  };
}

export interface DeviceStatus {
  /** 1: all is well. */
  readonly code: number;
  readonly name: string;
  readonly message: string;
}

/** Reads a STATUS. Throws `openigtlink/bad-message`. */
export function readStatus(content: Uint8Array): DeviceStatus {
  if (content.length < 30) throw bad('STATUS', `${content.length} bytes`);
  return {
    code: viewOf(content).getUint16(0),
    name: printable(text(content, 10, 20), 20),
    message: printable(text(content, 30, content.length - 30), 200),
  };
}

function text(bytes: Uint8Array, offset: number, length: number): string {
  const field = Buffer.from(bytes.buffer, bytes.byteOffset + offset, length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? length : end);
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const refuse = (reason: string): AppError => new AppError('openigtlink/not-a-header', { reason });
const bad = (type: string, reason: string): AppError => new AppError('openigtlink/bad-message', { type, reason });
