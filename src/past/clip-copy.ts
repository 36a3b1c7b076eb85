import { type FileHandle, open, unlink } from 'node:fs/promises';
import { AppError, asAppError } from '../app-error.ts';
import { type DescriptionPlace, descriptionRecord, fileEnd, fileHead, readContent, recordHeadBytes } from './frame-file.ts';
import { FrameIndex, missingBetween, missingIn } from './frame-index.ts';
import { readFrameRecords } from './read-frames.ts';
import type { ClipOrder, ClipProgress, RecorderEvent } from './recorder-orders.ts';
import type { Segment } from './segment.ts';
import { writeAll } from './write-all.ts';

const progressPeriodMs = 250;

/** What a clip is copied out of. */
export interface ClipSource {
  /** Frames that were written or lost so far. */
  readonly settled: number;
  /** Capture time of the newest frame that is written. */
  readonly newestUs: number;
  segmentFrom(number: number): Segment | undefined;
  description(epoch: number): string | undefined;
}

export type ClipEvent = Extract<RecorderEvent, { event: 'clip' | 'clip-written' | 'clip-failed' }>;

/**
 * A still or a clip: follows the segments and copies their records, bit for bit, from its beginning, which may be long ago, to its end, which
 * may be to come. What it has copied no longer depends on the store.
 */
export class ClipCopy {
  readonly #order: ClipOrder;
  readonly #stream: string;
  readonly #source: ClipSource;
  readonly #tell: (event: ClipEvent) => void;
  #index = new FrameIndex();
  #descriptions: DescriptionPlace[] = [];
  readonly #described = new Set<number>();
  #offset = 0;
  #lost = 0;
  #toUs: number;
  /** With so many frames settled there is nothing more to wait for. */
  #endMark = Number.POSITIVE_INFINITY;
  #discarded = false;
  #segment = 0;
  #row = 0;
  #file: FileHandle | undefined;
  #reading: { readonly segment: Segment; readonly handle: FileHandle } | undefined;
  #wake: (() => void) | undefined;
  #toldMs = 0;

  constructor(order: ClipOrder, stream: string, source: ClipSource, tell: (event: ClipEvent) => void) {
    this.#order = order;
    this.#stream = stream;
    this.#source = source;
    this.#tell = tell;
    this.#toUs = order.toUs;
  }

  start(): void {
    void this.#run();
  }

  /** There is more in the segments. */
  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Ends it at that time; what was received before `mark` frames had come is waited for. */
  end(toUs: number, mark: number): void {
    this.#toUs = Math.min(this.#toUs, toUs);
    this.#endMark = Math.min(this.#endMark, mark);
    this.wake();
  }

  discard(): void {
    this.#discarded = true;
    this.wake();
  }

  /** It still has to copy from it. */
  needs({ number, index }: Segment): boolean {
    return number >= this.#segment && index.length > 0 && index.lastUs >= this.#order.fromUs && index.firstUs <= this.#toUs;
  }

  async #run(): Promise<void> {
    try {
      await this.#open();
      await this.#follow();
      if (this.#discarded) throw new AppError('record/discarded');
      await this.#cutAtEnd();
      if (this.#index.length === 0) throw new AppError('record/not-there', { stream: this.#stream });
      await this.#finish();
    } catch (thrown) {
      await this.#breakOff(asAppError(thrown, 'record/clip-not-written', { reason: (thrown as Error).message }));
    } finally {
      await this.#reading?.handle.close().catch(() => undefined);
    }
  }

  async #open(): Promise<void> {
    if (this.#order.resumed && (await this.#resume())) return;
    this.#file = await open(this.#order.path, this.#order.resumed ? 'w' : 'wx', 0o600);
    await this.#append(fileHead());
  }

  /** What a thread that died has written is as good as ever, as far as it is whole. */
  async #resume(): Promise<boolean> {
    const { path } = this.#order;
    const file = await open(path, 'r+').catch(() => undefined);
    const content = file && (await readContent(file, path).catch(() => undefined));
    if (file === undefined || content === undefined) {
      await file?.close();
      return false;
    }
    this.#file = file;
    this.#index = content.index;
    this.#descriptions.push(...content.descriptions);
    for (const { epoch } of content.descriptions) this.#described.add(epoch);
    this.#lost = missingIn(content.index);
    this.#offset = content.endOffset;
    await file.truncate(this.#offset);
    return true;
  }

  async #follow(): Promise<void> {
    while (!this.#discarded) {
      const part = this.#nextPart();
      if (part !== undefined) await this.#copy(part.segment, part.from, part.to);
      else if (this.#isOver()) break;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #isOver(): boolean {
    if (this.#order.still && this.#index.length > 0) return true;
    return this.#source.newestUs >= this.#toUs || this.#source.settled >= this.#endMark;
  }

  /** Rows that are there and not yet copied; undefined: there are none now. */
  #nextPart(): { readonly segment: Segment; readonly from: number; readonly to: number } | undefined {
    if (this.#order.still && this.#index.length > 0) return undefined;
    for (;;) {
      const segment = this.#source.segmentFrom(this.#segment);
      if (segment === undefined) return undefined;
      if (segment.number !== this.#segment) [this.#segment, this.#row] = [segment.number, 0];
      const { index } = segment;
      const to = index.firstAfter(this.#toUs);
      const from = Math.max(this.#row, this.#order.still ? to - 1 : index.firstFrom(this.#beginUs()));
      if (from < to && index.capturedUs(from) >= this.#order.fromUs) return { segment, from, to };
      const next = this.#source.segmentFrom(segment.number + 1);
      // Files are written one after the other: a later one that has begun says that this one is complete.
      if (next === undefined || next.index.length === 0) return undefined;
      [this.#segment, this.#row] = [next.number, 0];
    }
  }

  /** After what a thread that died has copied. */
  #beginUs(): number {
    const isResumed = this.#order.resumed && this.#index.length > 0;
    return isResumed ? Math.max(this.#order.fromUs, this.#index.lastUs + 1) : this.#order.fromUs;
  }

  async #copy(segment: Segment, from: number, to: number): Promise<void> {
    const handle = await this.#readerOf(segment);
    if (handle === undefined) {
      // It had to go; the gap counts.
      [this.#segment, this.#row] = [segment.number + 1, 0];
      return;
    }
    let row = from;
    const records = readFrameRecords(handle, segment.index, from, to, () => row++);
    for await (const record of records) {
      if (this.#discarded) break;
      await this.#copyRecord(segment, row, record);
      row++;
    }
    this.#row = to;
    this.#tellProgress();
  }

  async #copyRecord({ index }: Segment, row: number, record: Buffer): Promise<void> {
    const { capturedUs, sequence, epoch, flags } = index.at(row);
    const description = this.#described.has(epoch) ? undefined : this.#source.description(epoch);
    if (description !== undefined) {
      const place = { offset: this.#offset, epoch };
      await this.#append(descriptionRecord(description));
      this.#descriptions.push(place);
      this.#described.add(epoch);
    }
    const offset = this.#offset;
    await this.#append(record);
    if (this.#index.length > 0) this.#lost += missingBetween(this.#index.sequence(this.#index.length - 1), sequence);
    this.#index.add(capturedUs, offset, record.length - recordHeadBytes, sequence, epoch, flags);
  }

  async #readerOf(segment: Segment): Promise<FileHandle | undefined> {
    if (this.#reading?.segment === segment) return this.#reading.handle;
    await this.#reading?.handle.close();
    this.#reading = undefined;
    try {
      this.#reading = { segment, handle: await open(segment.path, 'r') };
      return this.#reading.handle;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw thrown;
    }
  }

  async #append(record: Buffer): Promise<void> {
    if (this.#file === undefined) return;
    await writeAll(this.#file, record, this.#offset);
    this.#offset += record.length;
  }

  /** Its end may have been set to a time that had been copied already. */
  async #cutAtEnd(): Promise<void> {
    const kept = this.#index.firstAfter(this.#toUs);
    if (kept === this.#index.length) return;
    this.#index = new FrameIndex(this.#index.rows(0, kept));
    this.#lost = missingIn(this.#index);
    if (kept > 0) await this.#cutToWhole();
  }

  async #finish(): Promise<void> {
    await this.#append(fileEnd(this.#offset, this.#descriptions, this.#index));
    await this.#file?.sync();
    await this.#file?.close();
    this.#tell({ event: 'clip-written', clip: this.#order.clip, progress: this.#progress() });
  }

  /** What was copied before the disk refused stays; its index is made anew by whoever opens it. */
  async #breakOff(error: AppError): Promise<void> {
    const { clip, path } = this.#order;
    const isKept = !this.#discarded && this.#index.length > 0 && (await this.#cutToWhole());
    await this.#file?.close().catch(() => undefined);
    if (isKept) {
      this.#tell({ event: 'clip-written', clip, progress: this.#progress(), error: error.toJSON() });
      return;
    }
    if (this.#file !== undefined) await unlink(path).catch(() => undefined);
    this.#tell({ event: 'clip-failed', clip, code: error.code, fields: error.fields });
  }

  /** Cuts the file behind its last frame. */
  async #cutToWhole(): Promise<boolean> {
    const { offset, bytes } = this.#index.at(this.#index.length - 1);
    this.#offset = offset + recordHeadBytes + bytes;
    this.#descriptions = this.#descriptions.filter((place) => place.offset < offset);
    try {
      await this.#file?.truncate(this.#offset);
      await this.#file?.sync();
      return true;
    } catch {
      return false;
    }
  }

  #tellProgress(): void {
    const now = performance.now();
    if (now - this.#toldMs < progressPeriodMs || this.#index.length === 0) return;
    this.#toldMs = now;
    this.#tell({ event: 'clip', clip: this.#order.clip, progress: this.#progress() });
  }

  #progress(): ClipProgress {
    const { firstUs, lastUs, length } = this.#index;
    return { frames: length, lost: this.#lost, fromUs: firstUs, toUs: lastUs, bytes: this.#offset };
  }
}
