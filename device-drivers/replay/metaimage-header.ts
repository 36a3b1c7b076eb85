import { AppError, printable } from '../../src/app-error.ts';
import { maxSide } from '../../src/frame/frame-format.ts';
import { maxFileBytes, maxFrameBytes, maxFrames } from './recording.ts';

/** Element types, by the bytes of one value and how it is read (ITK's MetaIO; MET_LONG is left out: its size depends on who wrote it). */
export const elementTypes = {
  MET_UCHAR: { bytes: 1, reads: 'unsigned' },
  MET_CHAR: { bytes: 1, reads: 'signed' },
  MET_USHORT: { bytes: 2, reads: 'unsigned' },
  MET_SHORT: { bytes: 2, reads: 'signed' },
  MET_UINT: { bytes: 4, reads: 'unsigned' },
  MET_INT: { bytes: 4, reads: 'signed' },
  MET_FLOAT: { bytes: 4, reads: 'float' },
  MET_DOUBLE: { bytes: 8, reads: 'float' },
} as const;
type ElementTypeName = keyof typeof elementTypes;
export type ElementType = (typeof elementTypes)[ElementTypeName];

export interface MetaImageHeader {
  readonly fields: ReadonlyMap<string, string>;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly channels: 1 | 3;
  readonly type: ElementType;
  readonly bigEndian: boolean;
  readonly compressed: boolean;
  readonly frameBytes: number;
  /** Of all frames as announced; within `maxFileBytes`. */
  readonly totalBytes: number;
  /** Bytes to leave out in front of the pixels; -1: the pixels are the end of their file. */
  readonly skip: number;
  /** Where the header ends. */
  readonly dataOffset: number;
}

const longestHeaderBytes = 16 * 2 ** 20;

/** Reads and checks the header; throws `replay/bad-header`. */
export function readHeader(bytes: Uint8Array, file: string, warn: (text: string) => void): MetaImageHeader {
  const refuse = (reason: string): AppError => new AppError('replay/bad-header', { file, reason: printable(reason) });
  const { fields, dataOffset } = readFields(bytes, refuse);
  const size = fields.get('DimSize') ?? 'missing';
  const sides = numbers(fields.get('DimSize'));
  const [width = 0, height = 0, ...further] = sides;
  const dimensions = Number(fields.get('NDims') ?? sides.length);
  if (dimensions !== sides.length || sides.length < 2 || sides.length > 4) throw refuse(`NDims is ${dimensions}, DimSize is ${size}`);
  if (![width, height].every((side) => Number.isInteger(side) && side >= 1 && side <= maxSide)) throw refuse(`DimSize is ${size}`);
  const frames = further.reduce((product, count) => product * count, 1);
  if (!further.every((count) => Number.isInteger(count) && count >= 1) || frames > maxFrames) throw refuse(`DimSize is ${size}`);
  if ((further[1] ?? 1) > 1 && (further[0] ?? 1) > 1) warn('the slices of its volumes are played one after the other');

  const name = fields.get('ElementType') ?? 'missing';
  if (!isKnown(name)) throw refuse(`ElementType is ${name}, allowed: ${Object.keys(elementTypes).join(', ')}`);
  const type = elementTypes[name];
  const channels = Number(fields.get('ElementNumberOfChannels') ?? 1);
  if (channels !== 1 && !(channels === 3 && type.reads === 'unsigned' && type.bytes <= 2)) throw refuse(`${channels} channels of ${name}`);
  if (/^false$/i.test(fields.get('BinaryData') ?? 'True')) throw refuse('its pixels are written as text');
  const frameBytes = width * height * channels * type.bytes;
  if (frameBytes > maxFrameBytes) throw refuse(`a frame of more than ${maxFrameBytes} bytes`);
  if (frameBytes * frames > maxFileBytes) throw refuse(`${frames} frames of ${frameBytes} bytes are more than ${maxFileBytes} bytes`);
  const skip = Number(fields.get('HeaderSize') ?? 0);
  if (!Number.isInteger(skip) || skip < -1) throw refuse(`HeaderSize is ${fields.get('HeaderSize')}`);
  return {
    fields,
    width,
    height,
    frames,
    channels: channels === 3 ? 3 : 1,
    type,
    bigEndian: isTrue(fields.get('BinaryDataByteOrderMSB') ?? fields.get('ElementByteOrderMSB')),
    compressed: isTrue(fields.get('CompressedData')),
    frameBytes,
    totalBytes: frameBytes * frames,
    skip,
    dataOffset,
  };
}

const isKnown = (name: string): name is ElementTypeName => Object.hasOwn(elementTypes, name);
const isTrue = (text: string | undefined): boolean => /^true$/i.test(text ?? '');
export const numbers = (text: string | undefined): number[] => (text === undefined || text === '' ? [] : text.split(/\s+/).map(Number));

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
