import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { PictureDescription } from './description.ts';
import { recordHeadBytes } from './frame-file.ts';
import { FrameIndex, type IndexRow, missingBetween } from './frame-index.ts';
import { readFrameRecords } from './read-frames.ts';
import { segmentName, type WrittenSegment } from './recorder-orders.ts';

/** Descriptions that are remembered. */
const mostDescriptions = 1024;
/** The newest of them are told. */
const mostGaps = 256;

/** Captured frames that are missing between two that are there. */
export interface Gap {
  readonly fromUs: number;
  readonly toUs: number;
  readonly lost: number;
}

/** What there is of a stream's past. */
export interface PastSummary {
  /** Absent while there is none. */
  readonly fromUs?: number;
  readonly toUs?: number;
  readonly frames: number;
  readonly lost: number;
  /** On disk. */
  readonly bytes: number;
  readonly gaps: readonly Gap[];
}

export interface PastRange {
  readonly descriptions: Readonly<Record<number, PictureDescription>>;
  readonly frames: readonly IndexRow[];
  /** There are more behind the last one. */
  readonly more: boolean;
}

interface ReadableSegment {
  readonly number: number;
  readonly index: FrameIndex;
  /** Between its frames; that before its first one depends on which segments are still there. */
  readonly gaps: Gap[];
  bytes: number;
}

/** What was, of one stream: which frames its rolling store has, and their bytes. */
export class Past {
  readonly #folder: string;
  readonly #segments: ReadableSegment[] = [];
  readonly #descriptions = new Map<number, PictureDescription>();
  #recordedFrames = 0;
  #recordedBytes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Totals since the start. */
  get recorded(): { readonly frames: number; readonly bytes: number } {
    return { frames: this.#recordedFrames, bytes: this.#recordedBytes };
  }

  get newestUs(): number | undefined {
    return this.#segments.at(-1)?.index.lastUs;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** From the recorder. */
  describe(description: PictureDescription): void {
    this.#descriptions.delete(description.epoch);
    this.#descriptions.set(description.epoch, description);
    const [oldest] = this.#descriptions.keys();
    if (this.#descriptions.size > mostDescriptions && oldest !== undefined) this.#descriptions.delete(oldest);
  }

  /** From the recorder: more of a segment can be read. */
  written(number: number, bytes: number, rows: Uint8Array): number {
    let segment = this.#segments.at(-1);
    if (segment?.number !== number) {
      segment = { number, index: new FrameIndex(), gaps: [], bytes: 0 };
      this.#segments.push(segment);
    }
    const { index, gaps } = segment;
    const before = index.length;
    index.addRows(rows);
    for (let row = Math.max(1, before); row < index.length; row++) gaps.push(...gapBetween(index, row - 1, index, row));
    this.#recordedFrames += index.length - before;
    this.#recordedBytes += bytes - segment.bytes;
    segment.bytes = bytes;
    return index.length - before;
  }

  removed(number: number): void {
    const at = this.#segments.findIndex((segment) => segment.number === number);
    if (at >= 0) this.#segments.splice(at, 1);
  }

  /** For a recorder's thread that replaces another. */
  get segments(): WrittenSegment[] {
    return this.#segments.map(({ number, bytes, index }) => ({ number, bytes, rows: index.rows() }));
  }

  get descriptions(): readonly PictureDescription[] {
    return [...this.#descriptions.values()];
  }

  description(epoch: number): PictureDescription | undefined {
    return this.#descriptions.get(epoch);
  }

  /** Of what was captured at that time or later. Looks at gaps and never at every frame. */
  summary(fromUs = 0): PastSummary {
    const gaps: Gap[] = [];
    let [frames, bytes, firstUs] = [0, 0, Number.NaN];
    let before: FrameIndex | undefined;
    for (const { index, gaps: own, bytes: size } of this.#segments) {
      const first = index.firstFrom(fromUs);
      if (first === index.length) continue;
      if (before === undefined) firstUs = index.capturedUs(first);
      else gaps.push(...gapBetween(before, before.length - 1, index, 0));
      for (const gap of own) if (gap.fromUs >= fromUs) gaps.push(gap);
      frames += index.length - first;
      bytes += first === 0 ? size : size - index.at(first).offset;
      before = index;
    }
    return {
      ...(before !== undefined && { fromUs: firstUs, toUs: before.lastUs }),
      frames,
      lost: gaps.reduce((sum, { lost }) => sum + lost, 0),
      bytes,
      gaps: gaps.slice(-mostGaps),
    };
  }

  /** Frames of a time, both ends inside, at most `limit`, oldest first. */
  range(fromUs: number, toUs: number, limit: number): PastRange {
    const frames: IndexRow[] = [];
    let more = false;
    for (const { index, from, to } of this.#parts(fromUs, toUs)) {
      const end = Math.min(to, from + limit - frames.length);
      for (let row = from; row < end; row++) frames.push(index.at(row));
      more ||= end < to;
    }
    const descriptions: Record<number, PictureDescription> = {};
    for (const { epoch } of frames) {
      const description = this.#descriptions.get(epoch);
      if (description !== undefined) descriptions[epoch] = description;
    }
    return { descriptions, frames, more };
  }

  /**
   * Wire messages (header and payload) of the frames of a time, oldest first, at most `limit`. What the store removes meanwhile is still
   * read; a frame that is damaged is left out.
   */
  async *frames(fromUs: number, toUs: number, limit: number): AsyncGenerator<Buffer, void, undefined> {
    const files = await this.#opened(fromUs, toUs, limit);
    try {
      for (const { file, index, from, to } of files) {
        for await (const record of readFrameRecords(file, index, from, to, () => undefined)) yield record.subarray(recordHeadBytes);
      }
    } finally {
      for (const { file } of files) await file.close();
    }
  }

  /** All at once: a file that is open can be read to its end also when it was removed. */
  async #opened(fromUs: number, toUs: number, limit: number): Promise<(FrameRows & { readonly file: FileHandle })[]> {
    const files: (FrameRows & { readonly file: FileHandle })[] = [];
    let left = limit;
    for (const part of [...this.#parts(fromUs, toUs)]) {
      if (left <= 0) break;
      const file = await open(join(this.#folder, segmentName(part.number)), 'r').catch(() => undefined);
      if (file === undefined) continue;
      const to = Math.min(part.to, part.from + left);
      left -= to - part.from;
      files.push({ ...part, to, file });
    }
    return files;
  }

  *#parts(fromUs: number, toUs: number): Generator<FrameRows> {
    for (const { number, index } of this.#segments) {
      const [from, to] = [index.firstFrom(fromUs), index.firstAfter(toUs)];
      if (from < to) yield { number, index, from, to };
    }
  }
}

/** What is missing between two frames that follow one another; one at most. */
function gapBetween(before: FrameIndex, row: number, after: FrameIndex, next: number): Gap[] {
  const lost = missingBetween(before.sequence(row), after.sequence(next));
  return lost === 0 ? [] : [{ fromUs: before.capturedUs(row), toUs: after.capturedUs(next), lost }];
}

interface FrameRows {
  readonly number: number;
  readonly index: FrameIndex;
  readonly from: number;
  readonly to: number;
}
