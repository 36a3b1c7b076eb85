import type { FileHandle } from 'node:fs/promises';
import { isIntact, readAt, recordHeadBytes, recordKinds } from './frame-file.ts';
import type { FrameIndex } from './frame-index.ts';

/** Frames are read together up to so many bytes. */
const mostAtOnceBytes = 1024 * 1024;

/** A run of rows whose records are read in one go. */
export interface Run {
  readonly offset: number;
  readonly bytes: number;
  /** One past its last row. */
  readonly to: number;
}

/** The run that begins with a row, and ends before `to`. */
export function runFrom(index: FrameIndex, row: number, to: number): Run {
  const { offset, bytes } = index.at(row);
  let end = offset + recordHeadBytes + bytes;
  let next = row + 1;
  for (; next < to; next++) {
    const following = index.at(next);
    const followingEnd = following.offset + recordHeadBytes + following.bytes;
    if (following.offset < end || followingEnd - offset > mostAtOnceBytes) break;
    end = followingEnd;
  }
  return { offset, bytes: end - offset, to: next };
}

/** Whole records of frames, in order; one that is not as it was written is told to `damaged` and left out. */
export async function* readFrameRecords(
  file: FileHandle,
  index: FrameIndex,
  from: number,
  to: number,
  damaged: (row: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  for (let row = from; row < to; ) {
    const run = runFrom(index, row, to);
    const bytes = await readAt(file, run.offset, run.bytes);
    for (; row < run.to; row++) {
      const { offset, bytes: length } = index.at(row);
      const at = offset - run.offset;
      const record = bytes.subarray(at, at + recordHeadBytes + length);
      if (isFrame(record, length)) yield record;
      else damaged(row);
    }
  }
}

const isFrame = (record: Buffer, length: number): boolean =>
  record.length === recordHeadBytes + length &&
  record.readUInt32LE(0) === recordKinds.frame &&
  record.readUInt32LE(4) === length &&
  isIntact(record);
