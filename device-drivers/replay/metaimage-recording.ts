import { AppError, printable } from '../../src/app-error.ts';
import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import { frameFormat, type GreyWindow, type PixelFormat } from '../../src/frame/frame-format.ts';
import { readPixels } from './metaimage-data.ts';
import { type MetaImageHeader, numbers, readHeader } from './metaimage-header.ts';
import { greyPixels, rgbPixels } from './photometric.ts';
import type { Recording } from './recording.ts';
import { wholePicture } from './whole-picture.ts';

const defaultIntervalMs = 1000 / 30;

/** The first line of a MetaImage names its object or its dimensions. */
export function isMetaImage(bytes: Uint8Array): boolean {
  return /^(ObjectType|NDims|Comment)\s*=/.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1'));
}

/** Reads a MetaImage (.mha, or .mhd with a raw file beside it) as a sequence of pictures. Throws replay/… errors. */
export async function metaImageRecording(bytes: Uint8Array, path: string, file: string): Promise<Recording> {
  const odd: string[] = [];
  const warn = (text: string): void => void odd.push(text);
  const header = readHeader(bytes, file, warn);
  const { fields, width, height, channels, type, frameBytes } = header;
  const data = await readPixels(bytes, header, path, file);
  const frames = Math.min(header.frames, Math.floor(data.length / frameBytes));
  if (frames === 0) throw new AppError('replay/no-frames', { file, reason: `a picture has ${frameBytes} bytes, ${data.length} are there` });
  if (frames < header.frames) warn(`${header.frames} frames are announced, ${frames} are there`);

  const pixels = width * height;
  const pixelFormat: PixelFormat = channels === 3 ? 'RGB24' : type.bytes === 1 ? 'GREY' : 'Y16';
  const span = pixelFormat === 'Y16' ? spanOf(data, frames * pixels, header) : undefined;
  if (span !== undefined && type.bytes > 2) warn(`its values from ${span.low} to ${span.high} are shown as 0 to 65535`);
  else if (span !== undefined) warn(`the file names no window: its values from ${span.low} to ${span.high} are shown`);
  const intervalsMs = intervals(fields, frames, warn);
  const write = pixelWriter(header, span);
  const decode = async (index: number, target: Uint8Array): Promise<void> => {
    if (fields.get(frameField(index, 'ImageStatus')) === 'INVALID')
      throw new AppError('replay/damaged-frame', { file, frame: index, reason: 'the file itself says that it is invalid' });
    write(data.subarray(index * frameBytes, (index + 1) * frameBytes), target);
  };
  const orientation = fields.get('UltrasoundImageOrientation');
  // Turning pictures here would turn the writing on a grabbed screen upside down: one of a probe that looks upwards is MN.
  if (orientation !== undefined && !orientation.startsWith('MF'))
    warn(`the pictures are stored in the orientation ${printable(orientation, 8)}, shown as stored`);
  return {
    kind: 'MetaImage',
    frames,
    format: frameFormat(width, height, pixelFormat, {
      regions: regionsOf(fields, width, height),
      ...(frames > 1 && { frameIntervalMs: intervalsMs.slice(0, 10_000).reduce((longest, ms) => Math.max(longest, ms), 0) }),
      ...(span && { window: windowOf(span, header) }),
    }),
    facts: {
      modality: orientation === undefined ? 'other' : 'ultrasound',
      synthetic: false,
      description: `MetaImage, ${frames} ${frames === 1 ? 'frame' : 'frames'}`,
    },
    transferSyntax: header.compressed ? 'zlib' : 'raw',
    photometric: channels === 3 ? 'RGB' : 'MONOCHROME2',
    intervalsMs,
    rPeaks: new Set(),
    odd,
    decode,
  };
}

/** Smallest and largest finite value. */
interface Span {
  readonly low: number;
  readonly high: number;
}

type ReadValue = (at: number) => number;

/** Reads the value at a place in bytes. */
function valueReader(data: Uint8Array, { type, bigEndian }: MetaImageHeader): ReadValue {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const little = !bigEndian;
  if (type.bytes === 8) return (at) => view.getFloat64(at, little);
  if (type.bytes === 1) return type.reads === 'signed' ? (at) => view.getInt8(at) : (at) => view.getUint8(at);
  if (type.bytes === 2) return type.reads === 'signed' ? (at) => view.getInt16(at, little) : (at) => view.getUint16(at, little);
  if (type.reads === 'float') return (at) => view.getFloat32(at, little);
  return type.reads === 'signed' ? (at) => view.getInt32(at, little) : (at) => view.getUint32(at, little);
}

const mostSpanned = 4_000_000;

function spanOf(data: Uint8Array, values: number, header: MetaImageHeader): Span {
  const read = valueReader(data, header);
  const step = Math.max(1, Math.floor(values / mostSpanned)) * header.type.bytes;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < values * header.type.bytes; at += step) {
    const value = read(at);
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? { low, high } : { low: 0, high: 0 };
}

/** 16-bit values are carried as they are, signed ones shifted to start at zero; wider ones fill the 16 bits. */
function windowOf({ low, high }: Span, { type }: MetaImageHeader): GreyWindow {
  if (type.bytes > 2) return { centre: 32_768, width: 65_536 };
  const shift = type.reads === 'signed' ? 32_768 : 0;
  return { centre: (low + high + 1) / 2 + shift, width: Math.max(2, high - low + 1) };
}

function pixelWriter(header: MetaImageHeader, span: Span | undefined): (own: Uint8Array, target: Uint8Array) => void {
  const { width, height, channels, type, bigEndian } = header;
  const pixels = width * height;
  const wide = type.bytes === 2;
  if (type.bytes > 2 && span !== undefined) return (own, target) => scaledPixels(own, header, span, target);
  return (own, target) => {
    const bytes = bigEndian && wide ? Buffer.from(own).swap16() : own;
    const samples = { bytes, bitsAllocated: wide ? 16 : 8, planar: false } as const;
    const layout = { bitsStored: type.bytes * 8, highBit: type.bytes * 8 - 1, signed: type.reads === 'signed', inverted: false };
    if (channels === 3) rgbPixels(samples, pixels, target);
    else greyPixels(samples, layout, pixels, target);
  };
}

/** What is no number is shown black. */
function scaledPixels(own: Uint8Array, header: MetaImageHeader, { low, high }: Span, target: Uint8Array): void {
  const read = valueReader(own, header);
  const step = header.type.bytes;
  const scale = high > low ? 65_535 / (high - low) : 0;
  for (let at = 0, to = 0; at < own.length; at += step, to += 2) {
    const value = Math.min(65_535, Math.max(0, Math.round((read(at) - low) * scale)));
    target[to] = value & 0xff;
    target[to + 1] = value >> 8;
  }
}

const frameField = (index: number, name: string): string => `Seq_Frame${String(index).padStart(4, '0')}_${name}`;

/** `Seq_FrameNNNN_Timestamp` in seconds; stamps that are absent or run backwards give way to the usual interval. */
function intervals(fields: ReadonlyMap<string, string>, frames: number, warn: (text: string) => void): number[] {
  const stamps = Array.from({ length: frames }, (_, index) => Number.parseFloat(fields.get(frameField(index, 'Timestamp')) ?? ''));
  const steps = stamps.slice(1).map((stamp, index) => (stamp - (stamps[index] as number)) * 1000);
  const good = steps.filter((ms) => ms >= 1 && ms <= 10_000);
  const typical = good.length === 0 ? defaultIntervalMs : ([...good].sort((a, b) => a - b)[good.length >> 1] as number);
  if (frames > 1 && good.length === 0) warn('the file tells no frame times: played at 30 frames a second');
  else if (good.length < steps.length) warn(`${steps.length - good.length} time stamps are absent or jump and were not used`);
  return [...steps.map((ms) => (ms >= 1 && ms <= 10_000 ? ms : typical)), typical];
}

/** ElementSpacing is millimetres; exactly 1 1 is what writers leave who do not know it. */
function regionsOf(fields: ReadonlyMap<string, string>, width: number, height: number): CalibrationRegion[] {
  const [x = 1, y = 1] = numbers(fields.get('ElementSpacing') ?? fields.get('ElementSize'));
  if (!(x > 0 && x < 1000) || !(y > 0 && y < 1000) || (x === 1 && y === 1)) return [];
  return [wholePicture(width, height, x, y)];
}
