import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { AppError, asAppError, printable } from '../../src/app-error.ts';

const largestBytes = 512 * 2 ** 20;

/**
 * The bytes of a probe as they came over its endpoint: of an array of NumPy (.npy, or the first one of an .npz), in the order of its
 * rows, or else the file as it is. Throws `usb-probe/bad-recording`.
 */
export function readRecordedBytes(path: string): Uint8Array {
  const file = printable(basename(path), 120);
  try {
    if (statSync(path).size > largestBytes) throw refuse(file, `more than ${largestBytes / 2 ** 20} MiB`);
    return bytesOf(readFileSync(path), file);
  } catch (thrown) {
    throw asAppError(thrown, 'usb-probe/bad-recording', { file });
  }
}

/** Of a file in memory, at least one; `file` is its name. Throws `usb-probe/bad-recording`. */
export function bytesOf(content: Uint8Array, file: string): Uint8Array {
  if (content.length === 0) throw refuse(file, 'it is empty');
  const view = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (startsWith(view, zipEntry)) return arrayOf(firstEntry(view, file), file);
  return startsWith(view, numpyHead) ? arrayOf(view, file) : content;
}

/** PKWARE's APPNOTE 6.3.10 §4.3.7: the head of an entry. */
const zipEntry = [0x50, 0x4b, 0x03, 0x04] as const;
const entryHeadBytes = 30;
const stored = 0;
const deflated = 8;
/** NEP 1: the head of an array. */
const numpyHead = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;

const startsWith = (bytes: Uint8Array, head: readonly number[]): boolean => head.every((byte, at) => bytes[at] === byte);

function firstEntry(zip: Buffer, file: string): Buffer {
  if (zip.length < entryHeadBytes) throw refuse(file, 'it is cut off');
  const method = zip.readUInt16LE(8);
  const from = entryHeadBytes + zip.readUInt16LE(26) + zip.readUInt16LE(28);
  const wrote = zip.readUInt32LE(18);
  // NumPy writes arrays of 64-bit sizes: 0xffffffff here, and the true size in an extra field. The array tells its own size.
  const data = zip.subarray(from, wrote === 0xffffffff || wrote === 0 ? zip.length : from + wrote);
  if (method === stored) return data;
  if (method !== deflated) throw refuse(file, `compressed in a way that is not known here: ${method}`);
  return inflateRawSync(data, { maxOutputLength: largestBytes });
}

function arrayOf(array: Buffer, file: string): Uint8Array {
  if (!startsWith(array, numpyHead) || array.length < 12) throw refuse(file, 'it holds no NumPy array');
  const isFirstVersion = array[6] === 1;
  const headBytes = isFirstVersion ? array.readUInt16LE(8) : array.readUInt32LE(8);
  const dataAt = headBytes + (isFirstVersion ? 10 : 12);
  if (dataAt > array.length) throw refuse(file, 'it is cut off');
  const head = array.toString('latin1', isFirstVersion ? 10 : 12, dataAt);
  const type = /'descr': *'([<|][iu][12])'/.exec(head)?.[1];
  const shape = /'shape': *\(([0-9, ]*)\)/.exec(head)?.[1];
  if (type === undefined || shape === undefined || !/'fortran_order': *False/.test(head)) {
    throw refuse(file, 'its array is not of whole numbers of 8 or 16 bits, row by row');
  }
  const count = shape.split(',').reduce((product, side) => (side.trim() === '' ? product : product * Number(side)), 1);
  const bytes = count * Number(type.at(-1));
  if (!(bytes > 0 && dataAt + bytes <= array.length)) throw refuse(file, 'it is cut off');
  return array.subarray(dataAt, dataAt + bytes);
}

const refuse = (file: string, reason: string): AppError => new AppError('usb-probe/bad-recording', { file, reason });
