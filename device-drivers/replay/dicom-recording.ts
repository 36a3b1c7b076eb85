import type { Element } from 'dicom-parser';
import { AppError, asAppError, printable } from '../../src/app-error.ts';
import { type FrameFormat, frameFormat, maxSide } from '../../src/frame/frame-format.ts';
import { readCalibration } from './dicom-calibration.ts';
import { type Parsed, parseDicom } from './dicom-data-set.ts';
import { integer, text, uint16 } from './dicom-elements.ts';
import { timeFacts } from './dicom-times.ts';
import { type FrameRanges, framesOf } from './encapsulated.ts';
import { frameIntervals } from './frame-times.ts';
import { greyRendering, robustWindow } from './grey-window.ts';
import { type Palette, readPalette } from './palette.ts';
import { curvedPixels, greyPixels, palettePixels, rgbPixels, type Samples, ybr422Pixels, ybrPixels } from './photometric.ts';
import { decompress, type FrameShape } from './pixel-codecs.ts';
import { rWaveFrames } from './r-waves.ts';
import { maxFrameBytes, maxFrames, type Recording } from './recording.ts';
import { type Coding, explicitBig, transferSyntaxOf } from './transfer-syntax.ts';

/** Reads a DICOM file as a recording; the codecs must be open. Throws replay/… errors. */
export async function dicomRecording(bytes: Uint8Array, file: string): Promise<Recording> {
  const odd: string[] = [];
  const warn = (text: string): void => void odd.push(text);
  const data = parseDicom(bytes, file, warn);
  const header = readHeader(data, file);
  const { shape, transferSyntax, coding } = header;
  const pixelData = data.dataSet.elements.x7fe00010;
  if (pixelData === undefined) throw new AppError('replay/no-pixels', { file });
  const inFragments = pixelData.fragments !== undefined || pixelData.hadUndefinedLength === true;
  if (coding === 'native' && inFragments)
    throw new AppError('replay/bad-header', { file, reason: 'its pixels are in fragments, its transfer syntax has none' });
  const pixels = shape.width * shape.height;
  const announced = Math.min(Math.max(1, integer(data.dataSet, 'x00280008') ?? 1), maxFrames);
  const stored =
    coding === 'native'
      ? nativeFrames(data.dataSet.byteArray as Uint8Array, pixelData, shape, announced, transferSyntax === explicitBig)
      : encapsulatedFrames(data.dataSet.byteArray as Uint8Array, pixelData, announced);
  const frames = Math.min(stored.count, announced);
  if (frames < announced) warn(`${announced} frames are announced, ${stored.count} are there`);
  if (stored.count > announced) warn(`${announced} frames are announced, ${stored.count} are there; the rest is not played`);
  if (frames === 0) throw new AppError('replay/no-frames', { file, reason: stored.missing });

  const palette = header.photometric === 'PALETTE COLOR' ? paletteOf(data, shape, file) : undefined;
  const samplesOf = async (index: number): Promise<DecodedSamples> => {
    const encoded = stored.read(index);
    if (coding === 'native') return { ...shape, bitsAllocated: shape.bitsAllocated === 16 ? 16 : 8, bytes: encoded };
    return checked(await decompress(coding, encoded, shape), shape);
  };

  const intervalsMs = frameIntervals(frames, timeFacts(data.dataSet), warn);
  const modality = printable(text(data.dataSet, 'x00080060')?.trim() ?? '', 16);
  const regions = readCalibration(data.dataSet, modality, shape.width, shape.height, warn);
  const deep = shape.samplesPerPixel === 1 && palette === undefined && shape.bitsStored > 8;
  const pixelFormat = shape.samplesPerPixel === 3 || palette !== undefined ? 'RGB24' : deep ? 'Y16' : 'GREY';
  const { bitsStored, signed } = shape;
  const kept = { bitsStored, signed, monochrome1: header.photometric === 'MONOCHROME1', bigEndian: transferSyntax === explicitBig };
  const grey = pixelFormat === 'RGB24' ? undefined : greyRendering(data.dataSet, { ...kept, modality }, header.highBit, warn);
  const layout = { bitsStored, highBit: header.highBit, signed, inverted: grey?.inverted ?? false };

  const decode = async (index: number, target: Uint8Array): Promise<void> => {
    try {
      const samples = await samplesOf(index);
      if (palette !== undefined) palettePixels(samples, layout, palette, pixels, target);
      else if (pixelFormat === 'RGB24') colourPixels(samples, header.photometric, coding === 'native', pixels, target);
      else greyPixels(samples, layout, pixels, target);
      if (grey?.curve !== undefined) curvedPixels(grey.curve, deep, target);
    } catch (thrown) {
      const reason = printable(thrown instanceof Error ? thrown.message : String(thrown));
      throw new AppError('replay/damaged-frame', { file, frame: index, reason }, { cause: thrown });
    }
  };

  const base = { regions, ...(frames > 1 && { frameIntervalMs: Math.max(...sample(intervalsMs)) }) };
  const guessed = deep && grey?.window === undefined;
  if (guessed) warn('the file names no usable window: it is shown from the 0.5th to the 99.5th percentile of its values');
  const window = guessed ? await robustWindow(decode, frames, pixels) : grey?.window;
  const format: FrameFormat = frameFormat(shape.width, shape.height, pixelFormat, { ...base, ...(window && { window }) });
  const syntaxName = transferSyntaxOf(transferSyntax).name;
  return {
    kind: `DICOM ${modality || 'without modality'}`,
    frames,
    format,
    facts: {
      modality: modality === 'US' || modality === 'IVUS' ? 'ultrasound' : modality === 'XA' || modality === 'RF' ? 'x-ray' : 'other',
      synthetic: false,
      description: `${['DICOM', modality].join(' ').trim()}, ${syntaxName}, ${frames} ${frames === 1 ? 'frame' : 'frames'}`,
    },
    transferSyntax,
    photometric: header.photometric,
    intervalsMs,
    rPeaks: rWaveFrames(data.dataSet, intervalsMs, warn),
    odd,
    decode,
  };
}

interface Header {
  readonly shape: FrameShape;
  readonly transferSyntax: string;
  readonly coding: Exclude<Coding, 'refused'>;
  readonly photometric: string;
  readonly highBit: number;
}

function readHeader({ dataSet, transferSyntax }: Parsed, file: string): Header {
  const need = (tag: string, name: string): number => {
    const value = uint16(dataSet, tag);
    if (value === undefined) throw new AppError('replay/bad-header', { file, reason: `${name} is missing` });
    return value;
  };
  const refuse = (reason: string): AppError => new AppError('replay/bad-header', { file, reason });
  const { name, coding } = transferSyntaxOf(transferSyntax);
  if (coding === 'refused') {
    const syntax = printable(name === '' ? transferSyntax : `${transferSyntax} (${name})`, 64);
    throw new AppError('replay/unknown-syntax', { file, syntax });
  }
  const photometric = (dataSet.string('x00280004') ?? 'MONOCHROME2').trim();
  const bitsAllocated = need('x00280100', 'Bits Allocated');
  const bitsStored = uint16(dataSet, 'x00280101') ?? bitsAllocated;
  const shape: FrameShape = {
    width: need('x00280011', 'Columns'),
    height: need('x00280010', 'Rows'),
    bitsAllocated,
    bitsStored,
    samplesPerPixel: uint16(dataSet, 'x00280002') ?? 1,
    signed: uint16(dataSet, 'x00280103') === 1,
    planar: uint16(dataSet, 'x00280006') === 1,
    // Retired names of the same: libjpeg tells from the stream how colour is coded and sampled, the codec converts under this name only.
    photometric: coding === 'jpeg' && photometric.startsWith('YBR_PARTIAL') ? 'YBR_FULL_422' : photometric,
  };
  const { width, height, samplesPerPixel } = shape;
  if (width < 1 || height < 1 || width > maxSide || height > maxSide)
    throw refuse(`a picture of ${width}x${height}, allowed up to ${maxSide}x${maxSide}`);
  if (bitsAllocated !== 8 && bitsAllocated !== 16) throw refuse(`Bits Allocated is ${bitsAllocated}, allowed: 8, 16`);
  if (bitsStored < 1 || bitsStored > bitsAllocated) throw refuse(`Bits Stored is ${bitsStored} of ${bitsAllocated}`);
  const colour = coding === 'native' ? nativeColours : [...nativeColours, ...compressedColours];
  const known = samplesPerPixel === 1 ? greyInterpretations : samplesPerPixel === 3 ? colour : [];
  if (!known.includes(photometric)) throw refuse(`${samplesPerPixel} samples per pixel as ${printable(photometric, 32)} are not known`);
  const unpackedHere = coding === 'native' || coding === 'rle';
  if (bitsAllocated === 16 && unpackedHere && photometric.startsWith('YBR_FULL')) throw refuse(`${photometric} of 16 bits is not known`);
  if (width * height * samplesPerPixel * (bitsAllocated / 8) > maxFrameBytes) throw refuse(`a frame of more than ${maxFrameBytes} bytes`);
  const highBit = uint16(dataSet, 'x00280102') ?? bitsStored - 1;
  return { shape, transferSyntax, coding, photometric, highBit: Math.min(Math.max(highBit, bitsStored - 1), bitsAllocated - 1) };
}

const greyInterpretations: readonly string[] = ['MONOCHROME1', 'MONOCHROME2', 'PALETTE COLOR'];
const nativeColours: readonly string[] = ['RGB', 'YBR_FULL', 'YBR_FULL_422'];
/** What only a decoder makes sense of. */
const compressedColours: readonly string[] = ['YBR_PARTIAL_422', 'YBR_PARTIAL_420', 'YBR_RCT', 'YBR_ICT'];

interface StoredFrames {
  readonly count: number;
  /** Why there is none. */
  readonly missing: string;
  read(index: number): Uint8Array;
}

function nativeFrames(bytes: Uint8Array, element: Element, shape: FrameShape, announced: number, bigEndian: boolean): StoredFrames {
  const { width, height, samplesPerPixel, bitsAllocated, photometric } = shape;
  const samples = photometric === 'YBR_FULL_422' ? 2 : samplesPerPixel;
  const each = width * height * samples * (bitsAllocated / 8);
  const length = Math.min(element.length, bytes.length - element.dataOffset);
  const at = element.dataOffset;
  // OW is of 16-bit words whatever is packed into them (PS3.5 7.3); the file's bytes are ours to turn round.
  if (bigEndian && (bitsAllocated === 16 || element.vr === 'OW')) Buffer.from(bytes.buffer, bytes.byteOffset + at, length & ~1).swap16();
  return {
    count: Math.min(announced, Math.floor(length / each)),
    missing: `a picture has ${each} bytes, ${Math.max(0, length)} are there`,
    read: (index) => bytes.subarray(at + index * each, at + (index + 1) * each),
  };
}

function encapsulatedFrames(bytes: Uint8Array, element: Element, announced: number): StoredFrames {
  const fragments = (element.fragments ?? scanFragments(bytes, element.dataOffset)).filter(
    ({ position, length }) => length > 0 && position + length <= bytes.length,
  );
  const frames = framesOf(fragments, element.basicOffsetTable ?? [], announced, bytes);
  return { count: frames.length, missing: 'its pixels hold no whole fragment', read: (index) => joined(bytes, frames[index] ?? []) };
}

/** Fragments of a file that was cut off: items (FFFE,E000) one behind the other, the first is the offset table (PS3.5 A.4). */
function scanFragments(bytes: Uint8Array, start: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: { offset: number; position: number; length: number }[] = [];
  let at = start;
  let first = 0;
  while (at + 8 <= bytes.length && view.getUint32(at, true) === 0xe000fffe) {
    const length = view.getUint32(at + 4, true);
    if (items.length === 0) first = at + 8 + length;
    items.push({ offset: at - first, position: at + 8, length });
    at += 8 + length;
  }
  return items.slice(1);
}

/** The codec gets a copy of its own: it may not write into the file. */
function joined(bytes: Uint8Array, ranges: FrameRanges): Uint8Array {
  const whole = new Uint8Array(ranges.reduce((total, range) => total + range.bytes, 0));
  let to = 0;
  for (const { at, bytes: length } of ranges) {
    whole.set(bytes.subarray(at, at + length), to);
    to += length;
  }
  return whole;
}

type DecodedSamples = Samples & { readonly photometric: string };

function checked({ bytes, shape }: { bytes: Uint8Array; shape: FrameShape }, announced: FrameShape): DecodedSamples {
  const { width, height, samplesPerPixel, bitsAllocated } = shape;
  if (width !== announced.width || height !== announced.height || samplesPerPixel !== announced.samplesPerPixel) {
    throw new Error(
      `the picture inside is ${width}x${height}x${samplesPerPixel}, not ${announced.width}x${announced.height}x${announced.samplesPerPixel}`,
    );
  }
  if (bytes.length < width * height * samplesPerPixel * (bitsAllocated / 8)) throw new Error('the picture inside is too short');
  return { bytes, bitsAllocated: bitsAllocated === 16 ? 16 : 8, planar: shape.planar, photometric: shape.photometric };
}

function colourPixels(samples: DecodedSamples, photometric: string, isNative: boolean, pixels: number, target: Uint8Array): void {
  if (isNative && photometric === 'YBR_FULL_422') ybr422Pixels(samples.bytes, pixels, target);
  // What a decoder has already made RGB (JPEG 2000's own colour transform) is not converted twice.
  else if (samples.photometric.startsWith('YBR_FULL')) ybrPixels(samples, pixels, target);
  else rgbPixels(samples, pixels, target);
}

function paletteOf({ dataSet, transferSyntax }: Parsed, { signed }: FrameShape, file: string): Palette {
  try {
    return readPalette(dataSet, signed, transferSyntax === explicitBig);
  } catch (thrown) {
    throw asAppError(thrown, 'replay/bad-header', { file });
  }
}

/** Spreading a list of millions onto the stack would end the process. */
const sample = (values: readonly number[]): readonly number[] => (values.length <= 10_000 ? values : values.slice(0, 10_000));
