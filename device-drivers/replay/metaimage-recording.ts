import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { AppError, printable } from '../../src/app-error.ts';
import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import { frameFormat, maxSide, type PixelFormat } from '../../src/frame/frame-format.ts';
import { greyPixels, rgbPixels } from './photometric.ts';
import { maxFileBytes, maxFrameBytes, maxFrames, type Recording } from './recording.ts';

const longestHeaderBytes = 16 * 2 ** 20;
const defaultIntervalMs = 1000 / 30;

/** The first line of a MetaImage names its object or its dimensions. */
export function isMetaImage(bytes: Uint8Array): boolean {
  return /^(ObjectType|NDims|Comment)\s*=/.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1'));
}

/** Reads a MetaImage (.mha, or .mhd with a raw file beside it) as a sequence of pictures. Throws replay/… errors. */
export function metaImageRecording(bytes: Uint8Array, path: string, file: string): Recording {
  const refuse = (reason: string): AppError => new AppError('replay/bad-header', { file, reason: printable(reason) });
  const { fields, dataOffset } = readFields(bytes, refuse);
  const odd: string[] = [];
  const [width = 0, height = 0, depth = 1] = numbers(fields.get('DimSize'));
  const frames = depth;
  if (![width, height].every((side) => Number.isInteger(side) && side >= 1 && side <= maxSide))
    throw refuse(`DimSize is ${fields.get('DimSize') ?? 'missing'}`);
  if (!Number.isInteger(frames) || frames < 1 || frames > maxFrames) throw refuse(`DimSize is ${fields.get('DimSize') ?? 'missing'}`);
  if (
    numbers(fields.get('DimSize')).length > 3 &&
    numbers(fields.get('DimSize'))
      .slice(3)
      .some((size) => size !== 1)
  )
    throw refuse('more than three dimensions');

  const channels = Number(fields.get('ElementNumberOfChannels') ?? 1);
  const type = fields.get('ElementType') ?? '';
  const sample = { MET_UCHAR: 1, MET_CHAR: 1, MET_USHORT: 2, MET_SHORT: 2 }[type];
  if (sample === undefined) throw refuse(`ElementType is ${type || 'missing'}, allowed: MET_UCHAR, MET_CHAR, MET_USHORT, MET_SHORT`);
  if (channels !== 1 && !(channels === 3 && sample === 1)) throw refuse(`${channels} channels of ${type}`);
  const signed = type === 'MET_SHORT' || type === 'MET_CHAR';
  const big = /^true$/i.test(fields.get('BinaryDataByteOrderMSB') ?? fields.get('ElementByteOrderMSB') ?? 'False') && sample === 2;
  const pixels = width * height;
  const frameBytes = pixels * channels * sample;
  if (frameBytes > maxFrameBytes) throw refuse(`a frame of more than ${maxFrameBytes} bytes`);
  const needed = frameBytes * frames;
  if (!Number.isSafeInteger(needed) || needed > maxFileBytes)
    throw refuse(`${frames} frames of ${frameBytes} bytes are more than ${maxFileBytes} bytes`);

  const stored = storedBytes(bytes, dataOffset, fields, path, refuse);
  const compressed = /^true$/i.test(fields.get('CompressedData') ?? 'False');
  const data = compressed ? inflated(stored, needed, refuse) : stored;
  const there = Math.min(frames, Math.floor(data.length / frameBytes));
  if (there === 0) throw new AppError('replay/no-frames', { file });
  if (there < frames) odd.push(`${frames} frames are announced, ${there} are there`);

  const pixelFormat: PixelFormat = channels === 3 ? 'RGB24' : sample === 2 ? 'Y16' : 'GREY';
  const intervalsMs = intervals(fields, there, odd);
  const decode = async (index: number, target: Uint8Array): Promise<void> => {
    const own = data.subarray(index * frameBytes, (index + 1) * frameBytes);
    const samples = { bytes: big ? Buffer.from(own).swap16() : own, bitsAllocated: sample === 2 ? 16 : 8, planar: false } as const;
    if (channels === 3) rgbPixels(samples, pixels, target);
    else greyPixels(samples, { bitsStored: sample * 8, highBit: sample * 8 - 1, signed, inverted: false }, pixels, target);
  };
  const window = sample === 2 ? spanOf(data, there * pixels, signed, big) : undefined;
  const orientation = fields.get('UltrasoundImageOrientation');
  if (orientation !== undefined && !orientation.startsWith('MF'))
    odd.push(`the pictures are stored in the orientation ${printable(orientation, 8)}, shown as stored`);
  return {
    kind: 'MetaImage',
    frames: there,
    format: frameFormat(width, height, pixelFormat, {
      regions: regionsOf(fields, width, height),
      ...(there > 1 && { frameIntervalMs: intervalsMs.slice(0, 10_000).reduce((longest, ms) => Math.max(longest, ms), 0) }),
      ...(window && { window }),
    }),
    facts: {
      modality: orientation === undefined ? 'other' : 'ultrasound',
      synthetic: false,
      description: `MetaImage, ${there} ${there === 1 ? 'frame' : 'frames'}`,
    },
    transferSyntax: compressed ? 'zlib' : 'raw',
    photometric: channels === 3 ? 'RGB' : 'MONOCHROME2',
    intervalsMs,
    odd,
    decode,
  };
}

function readFields(bytes: Uint8Array, refuse: (reason: string) => AppError): { fields: Map<string, string>; dataOffset: number } {
  const fields = new Map<string, string>();
  const end = Math.min(bytes.length, longestHeaderBytes);
  let at = 0;
  while (at < end) {
    const newline = bytes.indexOf(10, at);
    const stop = newline < 0 ? bytes.length : newline;
    const line = Buffer.from(bytes.subarray(at, Math.min(stop, at + 65_536))).toString('latin1');
    const equals = line.indexOf('=');
    if (equals < 0 && line.trim() !== '') throw refuse('a line of the header has no "="');
    const name = line.slice(0, equals).trim();
    if (equals >= 0) fields.set(name, line.slice(equals + 1).trim());
    at = stop + 1;
    if (name === 'ElementDataFile') return { fields, dataOffset: at };
  }
  throw refuse('the header names no ElementDataFile');
}

/** The pixels stand behind the header, or in one file beside it: a name with a folder in it is refused. */
function storedBytes(
  bytes: Uint8Array,
  dataOffset: number,
  fields: ReadonlyMap<string, string>,
  path: string,
  refuse: (reason: string) => AppError,
): Uint8Array {
  const name = fields.get('ElementDataFile') ?? '';
  if (name === 'LOCAL') return bytes.subarray(dataOffset);
  if (name === '' || name !== basename(name) || name.includes('\\') || name.startsWith('.'))
    throw refuse(`ElementDataFile is ${name}: only a file beside it is read`);
  return readBounded(join(dirname(path), name), refuse);
}

function readBounded(path: string, refuse: (reason: string) => AppError): Uint8Array {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    throw refuse('the file named by ElementDataFile cannot be read');
  }
  try {
    const { size } = fstatSync(descriptor);
    if (size > maxFileBytes) throw refuse('the file named by ElementDataFile is too large');
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      const read = readSync(descriptor, bytes, at, size - at, at);
      if (read === 0) break;
      at += read;
    }
    return bytes.subarray(0, at);
  } finally {
    closeSync(descriptor);
  }
}

function inflated(stored: Uint8Array, needed: number, refuse: (reason: string) => AppError): Uint8Array {
  // zlib reaches about 1000 : 1; a header that asks for more lies, and nothing is allocated for it.
  if (needed > stored.length * 1100) throw refuse(`${needed} bytes are announced, ${stored.length} compressed ones cannot hold them`);
  try {
    // A stream that was cut off gives what it has.
    return inflateSync(stored, { maxOutputLength: Math.max(needed, 1), finishFlush: 2 });
  } catch (thrown) {
    throw refuse(`the compressed pixels are damaged: ${(thrown as Error).message}`);
  }
}

/** `Seq_FrameNNNN_Timestamp` in seconds; stamps that are absent or run backwards give way to the usual interval. */
function intervals(fields: ReadonlyMap<string, string>, frames: number, odd: string[]): number[] {
  const stamps = Array.from({ length: frames }, (_, index) =>
    Number.parseFloat(fields.get(`Seq_Frame${String(index).padStart(4, '0')}_Timestamp`) ?? ''),
  );
  const steps = stamps.slice(1).map((stamp, index) => (stamp - (stamps[index] as number)) * 1000);
  const good = steps.filter((ms) => ms >= 1 && ms <= 10_000);
  const typical = good.length === 0 ? defaultIntervalMs : ([...good].sort((a, b) => a - b)[good.length >> 1] as number);
  if (frames > 1 && good.length === 0) odd.push('the file tells no frame times: played at 30 frames a second');
  else if (good.length < steps.length) odd.push(`${steps.length - good.length} time stamps are absent or jump and were not used`);
  return [...steps.map((ms) => (ms >= 1 && ms <= 10_000 ? ms : typical)), typical];
}

/** ElementSpacing is millimetres; exactly 1 1 is what writers leave who do not know it. */
function regionsOf(fields: ReadonlyMap<string, string>, width: number, height: number): CalibrationRegion[] {
  const [x = 1, y = 1] = numbers(fields.get('ElementSpacing'));
  if (!(x > 0) || !(y > 0) || (x === 1 && y === 1)) return [];
  return [{ kind: 'tissue', x0: 0, y0: 0, x1: width - 1, y1: height - 1, unitX: 'cm', unitY: 'cm', deltaX: x / 10, deltaY: y / 10 }];
}

function spanOf(data: Uint8Array, values: number, signed: boolean, big: boolean) {
  let low = 65_535;
  let high = 0;
  const step = Math.max(1, Math.floor(values / 1_000_000));
  for (let i = 0; i < values; i += step) {
    const [first, second] = [data[2 * i] as number, data[2 * i + 1] as number];
    const value = (big ? (first << 8) | second : (second << 8) | first) ^ (signed ? 0x8000 : 0);
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { centre: (low + high + 1) / 2, width: Math.max(2, high - low + 1) };
}

const numbers = (text: string | undefined): number[] => (text === undefined ? [] : text.split(/\s+/).map(Number));
