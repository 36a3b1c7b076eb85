import { inflateRawSync } from 'node:zlib';
import dicomParser, { type DataSet, type Element } from 'dicom-parser';
import { AppError, printable } from '../../src/app-error.ts';
import { type CalibrationRegion, regionFault, regionKinds, unitNames } from '../../src/frame/calibration.ts';
import { type FrameFormat, frameFormat, type GreyWindow, maxSide } from '../../src/frame/frame-format.ts';
import { type FrameRanges, framesOf } from './encapsulated.ts';
import { frameIntervals } from './frame-times.ts';
import { greyPixels, type Palette, palettePixels, rgbPixels, type Samples, ybr422Pixels, ybrPixels } from './photometric.ts';
import type { FrameShape, PixelCodecs } from './pixel-codecs.ts';
import { maxFileBytes, maxFrameBytes, maxFrames, type Recording } from './recording.ts';
import { type Coding, explicitBig, explicitLittle, implicitLittle, transferSyntaxOf } from './transfer-syntax.ts';

/** Reads a DICOM file as a recording. Throws replay/… errors. */
export async function dicomRecording(bytes: Uint8Array, file: string, codecs: PixelCodecs): Promise<Recording> {
  const odd: string[] = [];
  const warn = (text: string): void => void odd.push(text);
  const data = parse(bytes, file, warn);
  const header = readHeader(data, file);
  const { shape, transferSyntax, coding } = header;
  const pixelData = data.dataSet.elements.x7fe00010 ?? data.dataSet.elements.x7fe00008;
  if (pixelData === undefined) throw new AppError('replay/no-pixels', { file });
  const pixels = shape.width * shape.height;
  const announced = Math.min(Math.max(1, integer(data.dataSet, 'x00280008') ?? 1), maxFrames);
  const stored =
    coding === 'native'
      ? nativeFrames(data.dataSet.byteArray as Uint8Array, pixelData, shape, announced)
      : encapsulatedFrames(data.dataSet.byteArray as Uint8Array, pixelData, announced);
  const frames = Math.min(stored.count, announced);
  if (frames < announced) warn(`${announced} frames are announced, ${stored.count} are there`);
  if (stored.count > announced) warn(`${announced} frames are announced, ${stored.count} are there; the rest is not played`);
  if (frames === 0) throw new AppError('replay/no-frames', { file });

  const palette = header.photometric === 'PALETTE COLOR' ? readPalette(data, file) : undefined;
  const swap = transferSyntax === explicitBig && shape.bitsAllocated === 16;
  const samplesOf = async (index: number): Promise<DecodedSamples> => {
    const encoded = stored.read(index);
    if (coding === 'native')
      return { ...shape, bitsAllocated: shape.bitsAllocated === 16 ? 16 : 8, bytes: swap ? swapped(encoded) : encoded };
    return checked(await codecs.decode(coding, encoded, shape), shape);
  };

  const intervalsMs = frameIntervals(frames, timeFacts(data.dataSet), warn);
  const regions = readRegions(data.dataSet, shape, warn);
  const modality = printable(data.dataSet.string('x00080060') ?? '', 16);
  const deep = shape.samplesPerPixel === 1 && palette === undefined && shape.bitsStored > 8;
  const pixelFormat = shape.samplesPerPixel === 3 || palette !== undefined ? 'RGB24' : deep ? 'Y16' : 'GREY';
  const layout = {
    bitsStored: shape.bitsStored,
    highBit: header.highBit,
    signed: shape.signed,
    inverted: header.photometric === 'MONOCHROME1',
  };

  const decode = async (index: number, target: Uint8Array): Promise<void> => {
    try {
      const samples = await samplesOf(index);
      if (palette !== undefined) palettePixels(samples, palette, pixels, target);
      else if (pixelFormat === 'RGB24') colourPixels(samples, header.photometric, coding === 'native', pixels, target);
      else greyPixels(samples, layout, pixels, target);
    } catch (thrown) {
      const reason = printable(thrown instanceof Error ? thrown.message : String(thrown));
      throw new AppError('replay/damaged-frame', { file, frame: index, reason }, { cause: thrown });
    }
  };

  const base = { regions, ...(frames > 1 && { frameIntervalMs: Math.max(...sample(intervalsMs)) }) };
  const own = pixelFormat === 'RGB24' ? undefined : headerWindow(data.dataSet, layout);
  const window = own ?? (deep ? await robustWindow(decode, frames, pixels) : undefined);
  const format: FrameFormat = frameFormat(shape.width, shape.height, pixelFormat, { ...base, ...(window && { window }) });
  const syntaxName = transferSyntaxOf(transferSyntax).name;
  return {
    kind: `DICOM ${modality || 'without modality'}`,
    frames,
    format,
    facts: {
      modality: modality === 'US' || modality === 'IVUS' ? 'ultrasound' : modality === 'XA' || modality === 'RF' ? 'x-ray' : 'other',
      synthetic: false,
      description: `DICOM ${modality}, ${syntaxName}, ${frames} ${frames === 1 ? 'frame' : 'frames'}`,
    },
    transferSyntax,
    photometric: header.photometric,
    intervalsMs,
    odd,
    decode,
  };
}

interface Parsed {
  readonly dataSet: DataSet;
  readonly transferSyntax: string;
}

function parse(bytes: Uint8Array, file: string, warn: (text: string) => void): Parsed {
  const inflater = (byteArray: Uint8Array, position: number): Uint8Array => {
    const rest = inflateRawSync(byteArray.subarray(position), { maxOutputLength: maxFileBytes / 4 });
    const whole = new Uint8Array(position + rest.length);
    whole.set(byteArray.subarray(0, position));
    whole.set(rest, position);
    return whole;
  };
  knownValueRepresentations(bytes);
  const isPart10 = String.fromCharCode(...bytes.subarray(128, 132)) === 'DICM';
  // Without a meta header the transfer syntax shows in the first element: a VR of two letters means explicit.
  const guessed = guessSyntax(isPart10 ? bytes.subarray(132) : bytes);
  try {
    // A trailer that is no element ends a strict reader; everything up to the pixels has been read by then.
    const dataSet = dicomParser.parseDicom(bytes, {
      inflater,
      ...(isPart10 ? {} : { TransferSyntaxUID: guessed }),
    } as Parameters<typeof dicomParser.parseDicom>[1]);
    return { dataSet, transferSyntax: dataSet.string('x00020010') ?? guessed };
  } catch (thrown) {
    const partial = (thrown as { dataSet?: DataSet } | undefined)?.dataSet;
    const hasPixels = partial?.elements.x7fe00010 !== undefined;
    const words =
      typeof thrown === 'string' ? thrown : ((thrown as { exception?: unknown })?.exception ?? (thrown as Error)?.message ?? thrown);
    const reason = printable(String(words));
    if (partial === undefined || !hasPixels) throw new AppError('replay/not-readable', { file, reason }, { cause: thrown });
    warn(`the file is damaged in its pixels or behind them, or cut off: ${reason}`);
    return { dataSet: partial, transferSyntax: metaSyntax(bytes) ?? guessed };
  }
}

/**
 * The extended offset table and its lengths (PS3.3 C.7.6.3.1.8) are of VR OV, which came to PS3.5 in 2019 and which the parser
 * does not know: it would read their length from the wrong bytes. OB is laid out alike.
 */
function knownValueRepresentations(bytes: Uint8Array): void {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const element of [1, 2]) {
    const at = file.indexOf(Buffer.of(0xe0, 0x7f, element, 0, 0x4f, 0x56, 0, 0));
    if (at >= 0) bytes[at + 5] = 0x42;
  }
}

/** A reader that stopped half-way has not joined the meta header to what it read. */
function metaSyntax(bytes: Uint8Array): string | undefined {
  return reading(() => dicomParser.readPart10Header(bytes).string('x00020010'));
}

function guessSyntax(bytes: Uint8Array): string {
  const letters = String.fromCharCode(bytes[4] ?? 0, bytes[5] ?? 0);
  if (!/^[A-Z]{2}$/.test(letters)) return implicitLittle;
  return bytes[0] === 0 && bytes[1] !== 0 ? explicitBig : explicitLittle;
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
    photometric,
  };
  const { width, height, samplesPerPixel } = shape;
  if (width < 1 || height < 1 || width > maxSide || height > maxSide)
    throw refuse(`a picture of ${width}x${height}, allowed up to ${maxSide}x${maxSide}`);
  if (bitsAllocated !== 8 && bitsAllocated !== 16) throw refuse(`Bits Allocated is ${bitsAllocated}, allowed: 8, 16`);
  if (bitsStored < 1 || bitsStored > bitsAllocated) throw refuse(`Bits Stored is ${bitsStored} of ${bitsAllocated}`);
  const known = samplesPerPixel === 1 ? greyInterpretations : samplesPerPixel === 3 ? colourInterpretations : [];
  if (!known.includes(photometric)) throw refuse(`${samplesPerPixel} samples per pixel as ${printable(photometric, 32)} are not known`);
  if (width * height * samplesPerPixel * (bitsAllocated / 8) > maxFrameBytes) throw refuse(`a frame of more than ${maxFrameBytes} bytes`);
  const highBit = uint16(dataSet, 'x00280102') ?? bitsStored - 1;
  return { shape, transferSyntax, coding, photometric, highBit: Math.min(Math.max(highBit, bitsStored - 1), bitsAllocated - 1) };
}

const greyInterpretations: readonly string[] = ['MONOCHROME1', 'MONOCHROME2', 'PALETTE COLOR'];
const colourInterpretations: readonly string[] = ['RGB', 'YBR_FULL', 'YBR_FULL_422', 'YBR_PARTIAL_420', 'YBR_RCT', 'YBR_ICT'];

interface StoredFrames {
  readonly count: number;
  read(index: number): Uint8Array;
}

function nativeFrames(bytes: Uint8Array, element: Element, shape: FrameShape, announced: number): StoredFrames {
  const { width, height, samplesPerPixel, bitsAllocated, photometric } = shape;
  const samples = photometric === 'YBR_FULL_422' ? 2 : samplesPerPixel;
  const each = width * height * samples * (bitsAllocated / 8);
  const length = Math.min(element.length, bytes.length - element.dataOffset);
  const at = element.dataOffset;
  return {
    count: Math.min(announced, Math.floor(length / each)),
    read: (index) => bytes.subarray(at + index * each, at + (index + 1) * each),
  };
}

function encapsulatedFrames(bytes: Uint8Array, element: Element, announced: number): StoredFrames {
  const fragments = (element.fragments ?? scanFragments(bytes, element.dataOffset)).filter(
    ({ position, length }) => length > 0 && position + length <= bytes.length,
  );
  const frames = framesOf(fragments, element.basicOffsetTable ?? [], announced, bytes);
  return { count: frames.length, read: (index) => joined(bytes, frames[index] ?? []) };
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

function swapped(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes.subarray(0, bytes.length & ~1));
  return copy.swap16();
}

function readPalette({ dataSet }: Parsed, file: string): Palette {
  const refuse = (reason: string): AppError => new AppError('replay/bad-header', { file, reason });
  const tables = (['1', '2', '3'] as const).map((colour) => {
    const descriptor = dataSet.elements[`x0028110${colour}`];
    const plain = dataSet.elements[`x0028120${colour}`];
    const segments = dataSet.elements[`x0028122${colour}`];
    const entries = plain ?? segments;
    if (descriptor === undefined || entries === undefined) throw refuse('a palette without tables');
    const [count, first, bits] = [0, 1, 2].map((index) => dataSet.uint16(`x0028110${colour}`, index) ?? 0) as [number, number, number];
    const size = count === 0 ? 65_536 : count;
    const bytes = (dataSet.byteArray as Uint8Array).subarray(entries.dataOffset, entries.dataOffset + entries.length);
    if (plain === undefined) return { first, values: segmentedTable(bytes, size, bits) };
    // 16-bit entries keep their high byte; some writers pack 8-bit entries into words of which only one half counts.
    const wide = bits === 16 || bytes.length >= size * 2;
    const values = Uint8Array.from({ length: Math.min(size, wide ? bytes.length >> 1 : bytes.length) }, (_, index) =>
      wide ? (bytes[2 * index + (bits === 16 ? 1 : 0)] as number) : (bytes[index] as number),
    );
    if (values.length === 0) throw refuse('an empty palette');
    return { first, values };
  });
  const length = Math.min(...tables.map(({ values }) => values.length));
  const [red, green, blue] = tables.map(({ values }) => values.subarray(0, length)) as [Uint8Array, Uint8Array, Uint8Array];
  return { firstMapped: tables[0]?.first ?? 0, red, green, blue };
}

/**
 * Segmented palette (PS3.3 C.7.9.2) of 16-bit words → entries of 8 bits: 0 discrete values, 1 a line from the value before,
 * 2 segments that stand elsewhere again.
 */
function segmentedTable(bytes: Uint8Array, size: number, bits: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number): number => view.getUint16(at, true);
  const shift = bits === 16 ? 8 : 0;
  const table = new Uint8Array(size);
  let filled = 0;
  let last = 0;
  const put = (value: number): void => {
    last = value;
    if (filled < size) table[filled++] = value >> shift;
  };
  /** Walks segments from a place; an indirect segment may not lead to another one. */
  const walk = (start: number, most: number, direct: boolean): void => {
    let at = start;
    for (let segment = 0; segment < most && at + 4 <= bytes.length && filled < size; segment++) {
      const [kind, length] = [word(at), word(at + 2)];
      at += 4;
      if (kind === 0) {
        for (let i = 0; i < length && at + 2 <= bytes.length; i++, at += 2) put(word(at));
      } else if (kind === 1) {
        const from = last;
        const to = word(at);
        for (let i = 1; i <= length; i++) put(Math.round(from + ((to - from) * i) / length));
        at += 2;
      } else if (kind === 2 && direct) {
        walk(word(at) | (word(at + 2) << 16), length, false);
        at += 4;
      } else throw new Error(`a palette segment of kind ${kind}`);
    }
  };
  walk(0, size, true);
  return table.subarray(0, filled);
}

/** Window of the header in the values that frames carry: rescaled back, shifted like signed pixels, mirrored like MONOCHROME1. */
function headerWindow(dataSet: DataSet, layout: { bitsStored: number; signed: boolean; inverted: boolean }): GreyWindow | undefined {
  const centre = decimal(dataSet, 'x00281050');
  const width = decimal(dataSet, 'x00281051');
  if (centre === undefined || width === undefined || width < 1) return undefined;
  const slope = decimal(dataSet, 'x00281053') ?? 1;
  const intercept = decimal(dataSet, 'x00281052') ?? 0;
  if (slope <= 0) return undefined;
  const stored = (centre - intercept) / slope + (layout.signed ? 2 ** (layout.bitsStored - 1) : 0);
  const shown = layout.inverted ? 2 ** layout.bitsStored - stored : stored;
  const storedWidth = Math.max(1, width / slope);
  const whole = layout.bitsStored <= 8 && storedWidth >= 255 && Math.abs(shown - 128) <= 0.5 && layout.bitsStored === 8;
  return whole ? undefined : { centre: shown, width: storedWidth };
}

const sampledFrames = 5;

/** From the 0.5th to the 99.5th percentile of some frames: a few hot pixels do not make the picture dark. */
async function robustWindow(decode: Recording['decode'], frames: number, pixels: number): Promise<GreyWindow> {
  const counts = new Uint32Array(65_536);
  const target = new Uint8Array(pixels * 2);
  let total = 0;
  for (let k = 0; k < Math.min(sampledFrames, frames); k++) {
    try {
      await decode(Math.floor((k * frames) / Math.min(sampledFrames, frames)), target);
    } catch {
      continue;
    }
    for (let i = 0; i < pixels; i++) {
      const value = (target[2 * i] as number) | ((target[2 * i + 1] as number) << 8);
      counts[value] = (counts[value] as number) + 1;
    }
    total += pixels;
  }
  const at = (share: number): number => {
    let seen = 0;
    for (let value = 0; value < counts.length; value++) {
      seen += counts[value] as number;
      if (seen > share * total) return value;
    }
    return counts.length - 1;
  };
  const [low, high] = [at(0.005), at(0.995)];
  return { centre: (low + high + 1) / 2, width: Math.max(2, high - low + 1) };
}

function readRegions(dataSet: DataSet, shape: FrameShape, warn: (text: string) => void): CalibrationRegion[] {
  const regions: CalibrationRegion[] = [];
  for (const [index, { dataSet: item }] of (dataSet.elements.x00186011?.items ?? []).entries()) {
    if (item === undefined) continue;
    const reference = (name: string, value: number | undefined) => (value === undefined ? {} : { [name]: value });
    const region: CalibrationRegion = {
      kind: regionKinds[uint16(item, 'x00186014') ?? 0] ?? 'none',
      x0: uint32(item, 'x00186018') ?? -1,
      y0: uint32(item, 'x0018601a') ?? -1,
      x1: uint32(item, 'x0018601c') ?? -1,
      y1: uint32(item, 'x0018601e') ?? -1,
      unitX: unitNames[uint16(item, 'x00186024') ?? 0] ?? 'none',
      unitY: unitNames[uint16(item, 'x00186026') ?? 0] ?? 'none',
      deltaX: double(item, 'x0018602c') ?? 0,
      deltaY: double(item, 'x0018602e') ?? 0,
      ...reference('referenceX', int32(item, 'x00186020')),
      ...reference('referenceY', int32(item, 'x00186022')),
      ...reference('referenceValueX', double(item, 'x00186028')),
      ...reference('referenceValueY', double(item, 'x0018602a')),
    };
    const fault = regionFault(region, shape.width, shape.height);
    if (fault === undefined) regions.push(region);
    else if (region.kind !== 'none') warn(`calibration region ${index + 1} is not used: ${fault}`);
  }
  return regions;
}

function timeFacts(dataSet: DataSet) {
  const pointer = dataSet.elements.x00280009;
  const [group, element] = [0, 1].map((index) => (pointer ? dataSet.uint16('x00280009', index) : undefined));
  const hex = (value: number): string => value.toString(16).padStart(4, '0');
  const vector = text(dataSet, 'x00181065')
    ?.split('\\')
    .map((entry) => Number.parseFloat(entry));
  return {
    pointer: group === undefined || element === undefined ? undefined : hex(group) + hex(element),
    frameTimeMs: decimal(dataSet, 'x00181063'),
    vectorMs: vector,
    cineRate: decimal(dataSet, 'x00180040'),
    recommendedRate: decimal(dataSet, 'x00082144'),
  };
}

// A damaged element ends its own reading, not the file's.
function reading<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const text = (dataSet: DataSet, tag: string): string | undefined => reading(() => dataSet.string(tag));
const uint16 = (dataSet: DataSet, tag: string): number | undefined => reading(() => dataSet.uint16(tag));
const uint32 = (dataSet: DataSet, tag: string): number | undefined => reading(() => dataSet.uint32(tag));
const int32 = (dataSet: DataSet, tag: string): number | undefined => reading(() => dataSet.int32(tag));
const double = (dataSet: DataSet, tag: string): number | undefined => reading(() => dataSet.double(tag));

function decimal(dataSet: DataSet, tag: string): number | undefined {
  const value = Number.parseFloat(text(dataSet, tag)?.split('\\')[0] ?? '');
  return Number.isFinite(value) ? value : undefined;
}

function integer(dataSet: DataSet, tag: string): number | undefined {
  const value = decimal(dataSet, tag);
  return value === undefined ? undefined : Math.trunc(value);
}

/** Spreading a list of millions onto the stack would end the process. */
const sample = (values: readonly number[]): readonly number[] => (values.length <= 10_000 ? values : values.slice(0, 10_000));
