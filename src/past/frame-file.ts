import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { AppError } from '../app-error.ts';
import { maxSide } from '../frame/frame-format.ts';
import { frameHeaderBytes, readFrameHeader } from '../protocol/frame-header.ts';
import { parseDescription } from './description.ts';
import { FrameIndex, rowBytes } from './frame-index.ts';

/**
 * The format of `.frames`, docs/protocol.md, "Frame files": a head, then records one after another; with an index at the end once it was
 * closed. Frames stand in it as they go over the wire. Little-endian.
 */

export const fileHeadBytes = 8;
const fileVersion = 1;

/** Kind u8, three bytes of zero, length of the body u32, CRC-32 of these eight bytes and the body u32. */
export const recordHeadBytes = 12;
export const recordKinds = { description: 1, frame: 2, index: 3 } as const;

/** Offset of the index f64, CRC-32 of these eight bytes u32, `LCFE`. */
const trailerBytes = 16;
/** Offset f64, epoch u16, six bytes of zero. */
const descriptionRowBytes = 16;
const longestDescriptionBytes = 1024 * 1024;
/** A codec may make noise larger than it was. */
const longestFrameBytes = frameHeaderBytes + 2 * maxSide * maxSide * 3;
/** Rows of half an hour at a thousand frames a second. */
const longestIndexBytes = 1_800_000 * rowBytes + 65_536 * descriptionRowBytes + 8;

export function fileHead(): Buffer {
  const head = Buffer.alloc(fileHeadBytes);
  head.write('LCFR', 'latin1');
  head.writeUInt16LE(fileVersion, 4);
  return head;
}

/** Writes the head of a record whose body is already in its place behind it. */
export function sealRecord(target: Buffer, at: number, kind: number, bodyBytes: number): void {
  target.writeUInt32LE(kind, at);
  target.writeUInt32LE(bodyBytes, at + 4);
  const ofHead = crc32(target.subarray(at, at + 8));
  target.writeUInt32LE(crc32(target.subarray(at + recordHeadBytes, at + recordHeadBytes + bodyBytes), ofHead), at + 8);
}

export function descriptionRecord(text: string): Buffer {
  const body = Buffer.from(text);
  const record = Buffer.concat([Buffer.alloc(recordHeadBytes), body]);
  sealRecord(record, 0, recordKinds.description, body.length);
  return record;
}

/** Where a description stands; `row`: of the first frame behind it. */
export interface DescriptionPlace {
  readonly offset: number;
  readonly epoch: number;
}

/** The end of a file that is closed: index record and trailer. `at`: offset at which it will stand. */
export function fileEnd(at: number, descriptions: readonly DescriptionPlace[], index: FrameIndex): Buffer {
  const rowsAt = recordHeadBytes + 8 + descriptions.length * descriptionRowBytes;
  const bodyBytes = rowsAt - recordHeadBytes + index.length * rowBytes;
  const end = Buffer.alloc(recordHeadBytes + bodyBytes + trailerBytes);
  end.writeUInt32LE(descriptions.length, recordHeadBytes);
  end.writeUInt32LE(index.length, recordHeadBytes + 4);
  descriptions.forEach(({ offset, epoch }, number) => {
    end.writeDoubleLE(offset, recordHeadBytes + 8 + number * descriptionRowBytes);
    end.writeUInt16LE(epoch, recordHeadBytes + 16 + number * descriptionRowBytes);
  });
  end.set(index.rows(), rowsAt);
  sealRecord(end, 0, recordKinds.index, bodyBytes);
  const trailerAt = recordHeadBytes + bodyBytes;
  end.writeDoubleLE(at, trailerAt);
  end.writeUInt32LE(crc32(end.subarray(trailerAt, trailerAt + 8)), trailerAt + 8);
  end.write('LCFE', trailerAt + 12, 'latin1');
  return end;
}

/** What a file holds. */
export interface FileContent {
  readonly index: FrameIndex;
  readonly descriptions: readonly DescriptionPlace[];
  /** Where the records end: behind it stands the end of the file, or what is no whole record. */
  readonly endOffset: number;
  /** It was closed. */
  readonly complete: boolean;
  /** Bytes at the end that are no record: the file was torn off there. */
  readonly tornBytes: number;
  /** Records whose CRC is wrong; they are left out. */
  readonly damaged: number;
}

/** What is in a file, by the index at its end, or record by record where it has none. Throws `record/unreadable`. */
export async function readContent(file: FileHandle, path: string): Promise<FileContent> {
  const { size } = await file.stat();
  const head = await readAt(file, 0, Math.min(size, fileHeadBytes));
  if (head.length < fileHeadBytes || head.toString('latin1', 0, 4) !== 'LCFR') throw refuse(path, 'it does not begin like one');
  if (head.readUInt16LE(4) !== fileVersion) throw refuse(path, `version ${head.readUInt16LE(4)}`);
  return (await indexedContent(file, size)) ?? (await scannedContent(file, size));
}

export const refuse = (path: string, reason: string): AppError => new AppError('record/unreadable', { file: basename(path), reason });

/** A part of a file, shorter where the file ends. */
export async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** Whether a whole record is as it was written. */
export function isIntact(record: Buffer): boolean {
  const ofHead = crc32(record.subarray(0, 8));
  return crc32(record.subarray(recordHeadBytes), ofHead) === record.readUInt32LE(8);
}

async function indexedContent(file: FileHandle, size: number): Promise<FileContent | undefined> {
  if (size < fileHeadBytes + recordHeadBytes + 8 + trailerBytes) return undefined;
  const trailer = await readAt(file, size - trailerBytes, trailerBytes);
  if (trailer.toString('latin1', 12) !== 'LCFE' || crc32(trailer.subarray(0, 8)) !== trailer.readUInt32LE(8)) return undefined;
  const endOffset = trailer.readDoubleLE(0);
  const recordBytes = size - trailerBytes - endOffset;
  if (!Number.isInteger(endOffset) || endOffset < fileHeadBytes || recordBytes < recordHeadBytes + 8) return undefined;
  if (recordBytes > longestIndexBytes) return undefined;
  const record = await readAt(file, endOffset, recordBytes);
  if (record.length !== recordBytes || record.readUInt32LE(0) !== recordKinds.index || !isIntact(record)) return undefined;
  return contentOf(record, endOffset);
}

function contentOf(record: Buffer, endOffset: number): FileContent | undefined {
  const descriptionCount = record.readUInt32LE(recordHeadBytes);
  const rowsAt = recordHeadBytes + 8 + descriptionCount * descriptionRowBytes;
  if (rowsAt + record.readUInt32LE(recordHeadBytes + 4) * rowBytes !== record.length) return undefined;
  const index = new FrameIndex(record.subarray(rowsAt));
  const descriptions = Array.from({ length: descriptionCount }, (_, number) => ({
    offset: record.readDoubleLE(recordHeadBytes + 8 + number * descriptionRowBytes),
    epoch: record.readUInt16LE(recordHeadBytes + 16 + number * descriptionRowBytes),
  }));
  const within = (offset: number, bytes: number): boolean =>
    Number.isInteger(offset) && offset >= fileHeadBytes && offset + recordHeadBytes + bytes <= endOffset;
  let lastUs = 0;
  for (let row = 0; row < index.length; row++) {
    const { offset, bytes, capturedUs } = index.at(row);
    if (!within(offset, bytes) || bytes < frameHeaderBytes || !(capturedUs >= lastUs)) return undefined;
    lastUs = capturedUs;
  }
  if (!descriptions.every(({ offset }) => within(offset, 0))) return undefined;
  return { index, descriptions, endOffset, complete: true, tornBytes: 0, damaged: 0 };
}

/** Reads every record; ends at the first place that cannot be the beginning of one. */
async function scannedContent(file: FileHandle, size: number): Promise<FileContent> {
  const index = new FrameIndex();
  const descriptions: DescriptionPlace[] = [];
  let [offset, damaged] = [fileHeadBytes, 0];
  for (;;) {
    const head = await readAt(file, offset, recordHeadBytes);
    const length = plausibleLength(head, size - offset);
    if (length === undefined) break;
    const record = await readAt(file, offset, length);
    if (record.length < length) break;
    if (!isIntact(record) || !enter(record, offset, index, descriptions)) damaged++;
    offset += length;
  }
  return { index, descriptions, endOffset: offset, complete: false, tornBytes: size - offset, damaged };
}

/** Bytes of a record that may begin so, with `room` bytes to the end of the file. */
function plausibleLength(head: Buffer, room: number): number | undefined {
  if (head.length < recordHeadBytes) return undefined;
  const kind = head.readUInt32LE(0);
  const bodyBytes = head.readUInt32LE(4);
  const longest = { [recordKinds.description]: longestDescriptionBytes, [recordKinds.frame]: longestFrameBytes }[kind];
  if (longest === undefined || bodyBytes > longest || bodyBytes + recordHeadBytes > room) return undefined;
  return recordHeadBytes + bodyBytes;
}

function enter(record: Buffer, offset: number, index: FrameIndex, descriptions: DescriptionPlace[]): boolean {
  const body = record.subarray(recordHeadBytes);
  if (record.readUInt32LE(0) === recordKinds.description) {
    const epoch = parseDescription(body.toString())?.epoch;
    if (epoch !== undefined) descriptions.push({ offset, epoch });
    return epoch !== undefined;
  }
  try {
    const { capturedAtUs, sequence, epoch, flags } = readFrameHeader(new DataView(body.buffer, body.byteOffset, body.length));
    if (index.length > 0 && capturedAtUs < index.lastUs) return false;
    index.add(capturedAtUs, offset, body.length, sequence, epoch, flags);
    return true;
  } catch {
    return false;
  }
}
