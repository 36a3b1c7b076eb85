import { AppError } from '../app-error.ts';
import { maxSide, type PictureFormat } from '../frame/frame-format.ts';

/** Bytes in front of the payload of every binary message; little-endian throughout, see docs/protocol.md. */
export const frameHeaderBytes = 48;
/** The bytes `L` `C`. */
export const frameMagic = 0x434c;
export const protocolVersion = 1;

/** Which picture of a stream: after the stages, or as captured. */
export const views = ['processed', 'raw'] as const;
export type View = (typeof views)[number];

/** The index is the number on the wire. */
export const wirePixelFormats = ['GREY', 'RGB24', 'Y16'] as const satisfies readonly PictureFormat[];

export const frameFlags = {
  /** Decodable without another frame. */
  key: 1,
  lossless: 2,
  /** Frames were captured and lost just before this one. What was skipped for a viewer is counted in `stats`. */
  gapBefore: 4,
  /** Made by a simulator. */
  synthetic: 8,
  // 16 is reserved.
  /** Ruler or text are part of the pixels. */
  overlayBurnedIn: 32,
  /** An R peak of the ECG lies between the frame captured before and this one. */
  rPeak: 64,
} as const;

/** Of the check of all that stands before it; 0: it was written without one. */
const checkAt = 46;
const crc16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let rest = byte << 8;
  for (let bit = 0; bit < 8; bit++) rest = (rest << 1) ^ ((rest & 0x8000) === 0 ? 0 : 0x1021);
  return rest;
});

/** CRC-16/IBM-3740 (polynomial 0x1021, beginning with 0xffff); 0xffff stands for 0. */
function checkOf(header: DataView): number {
  let rest = 0xffff;
  for (let at = 0; at < checkAt; at++) rest = ((rest << 8) & 0xffff) ^ (crc16[(rest >>> 8) ^ header.getUint8(at)] as number);
  return rest === 0 ? 0xffff : rest;
}

export interface FrameHeader {
  readonly codec: number;
  readonly flags: number;
  readonly pixelFormat: PictureFormat;
  readonly view: View;
  readonly stream: number;
  readonly sequence: number;
  /** Unix time in microseconds on the server's clock (see `ping`). */
  readonly capturedAtUs: number;
  /** From capture to the end of encoding, microseconds. */
  readonly processingUs: number;
  readonly width: number;
  readonly height: number;
  readonly keySequence: number;
  readonly payloadBytes: number;
  /** CRC-32 (ISO-HDLC, the one of zlib) of the payload. */
  readonly crc32: number;
  /** Number of the `stream` message that describes this frame. */
  readonly epoch: number;
}

export function writeFrameHeader(target: DataView, header: FrameHeader): void {
  target.setUint16(0, frameMagic, true);
  target.setUint8(2, protocolVersion);
  target.setUint8(3, frameHeaderBytes / 8);
  target.setUint8(4, header.codec);
  target.setUint8(5, header.flags);
  target.setUint8(6, wirePixelFormats.indexOf(header.pixelFormat));
  target.setUint8(7, views.indexOf(header.view));
  target.setUint32(8, header.stream, true);
  target.setUint32(12, header.sequence, true);
  // Split by hand: setBigUint64 would make a BigInt per frame, and 2^53 µs last until the year 2255.
  target.setUint32(16, header.capturedAtUs % 2 ** 32, true);
  target.setUint32(20, Math.floor(header.capturedAtUs / 2 ** 32), true);
  target.setUint32(24, Math.min(header.processingUs, 0xffffffff), true);
  target.setUint16(28, header.width, true);
  target.setUint16(30, header.height, true);
  target.setUint32(32, header.keySequence, true);
  target.setUint32(36, header.payloadBytes, true);
  target.setUint32(40, header.crc32, true);
  target.setUint16(44, header.epoch, true);
  target.setUint16(checkAt, checkOf(target), true);
}

/** Reads the header of a binary message. Throws `protocol/bad-header`; nothing is allocated by a length that was not checked. */
export function readFrameHeader(message: DataView): FrameHeader {
  if (message.byteLength < frameHeaderBytes) throw refuse(`${message.byteLength} bytes, a header has ${frameHeaderBytes}`);
  if (message.getUint16(0, true) !== frameMagic) throw refuse('the first two bytes are not LC');
  if (message.getUint8(2) !== protocolVersion) throw refuse(`version ${message.getUint8(2)}, this end speaks ${protocolVersion}`);
  const headerBytes = message.getUint8(3) * 8;
  if (headerBytes !== frameHeaderBytes) throw refuse(`a header of ${headerBytes} bytes`);
  const check = message.getUint16(checkAt, true);
  if (check !== 0 && check !== checkOf(message)) throw refuse('its check is not that of its fields');
  const pixelFormat = wirePixelFormats[message.getUint8(6)];
  if (pixelFormat === undefined) throw refuse(`pixel format ${message.getUint8(6)}`);
  const view = views[message.getUint8(7)];
  if (view === undefined) throw refuse(`view ${message.getUint8(7)}`);
  const width = message.getUint16(28, true);
  const height = message.getUint16(30, true);
  if (width < 1 || height < 1 || width > maxSide || height > maxSide) throw refuse(`a picture of ${width}x${height}`);
  const payloadBytes = message.getUint32(36, true);
  if (payloadBytes !== message.byteLength - frameHeaderBytes) {
    throw refuse(`${payloadBytes} bytes of payload announced, ${message.byteLength - frameHeaderBytes} there`);
  }
  return {
    codec: message.getUint8(4),
    flags: message.getUint8(5),
    pixelFormat,
    view,
    stream: message.getUint32(8, true),
    sequence: message.getUint32(12, true),
    capturedAtUs: message.getUint32(20, true) * 2 ** 32 + message.getUint32(16, true),
    processingUs: message.getUint32(24, true),
    width,
    height,
    keySequence: message.getUint32(32, true),
    payloadBytes,
    crc32: message.getUint32(40, true),
    epoch: message.getUint16(44, true),
  };
}

const refuse = (reason: string): AppError => new AppError('protocol/bad-header', { reason });
