import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../app-error.ts';
import { type PictureDescription, parseDescription } from './description.ts';
import { type FileContent, isIntact, readAt, readContent, recordHeadBytes, recordKinds } from './frame-file.ts';
import { type FrameIndex, missingIn } from './frame-index.ts';
import { readFrameRecords } from './read-frames.ts';

/** A frame file that is read: a still or a clip. */
export class FrameFile implements AsyncDisposable {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #content: FileContent;
  #damaged: number;

  constructor(path: string, file: FileHandle, content: FileContent) {
    this.path = path;
    this.#file = file;
    this.#content = content;
    this.#damaged = content.damaged;
  }

  get index(): FrameIndex {
    return this.#content.index;
  }

  /** False: the file was never closed, and its index was made anew from its records. */
  get complete(): boolean {
    return this.#content.complete;
  }

  /** Bytes at the end that are no record: the file was torn off there. */
  get tornBytes(): number {
    return this.#content.tornBytes;
  }

  /** Records that were found not to be as they were written; they are left out. */
  get damaged(): number {
    return this.#damaged;
  }

  /** Frames that were captured between its first and its last and are not in it. */
  get lost(): number {
    return missingIn(this.index);
  }

  /** What the frames from row `first` on are, by epoch; a description that is damaged is missing. */
  async descriptions(first = 0, count = this.index.length): Promise<Record<number, PictureDescription>> {
    const wanted = new Set<number>();
    const end = Math.min(first + count, this.index.length);
    for (let row = first; row < end; row++) wanted.add(this.index.at(row).epoch);
    const found: Record<number, PictureDescription> = {};
    for (const { offset, epoch } of this.#content.descriptions) {
      const description = wanted.has(epoch) ? await this.#description(offset) : undefined;
      if (description !== undefined) found[epoch] = description;
    }
    return found;
  }

  /** Wire messages (header and payload) of rows. */
  async *frames(first = 0, count = this.index.length): AsyncGenerator<Buffer, void, undefined> {
    const end = Math.min(first + count, this.index.length);
    const records = readFrameRecords(this.#file, this.index, first, end, () => {
      this.#damaged++;
    });
    for await (const record of records) yield record.subarray(recordHeadBytes);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #description(offset: number): Promise<PictureDescription | undefined> {
    const head = await readAt(this.#file, offset, recordHeadBytes);
    const bodyBytes = head.length < recordHeadBytes ? Number.NaN : head.readUInt32LE(4);
    if (!(offset + recordHeadBytes + bodyBytes <= this.#content.endOffset)) return undefined;
    const record = await readAt(this.#file, offset, recordHeadBytes + bodyBytes);
    const isWhole = record.length === recordHeadBytes + bodyBytes && record.readUInt32LE(0) === recordKinds.description;
    const description = isWhole && isIntact(record) ? parseDescription(record.toString('utf8', recordHeadBytes)) : undefined;
    if (description === undefined) this.#damaged++;
    return description;
  }
}

/**
 * Opens a still or a clip; the caller closes it. A file that was torn off is read up to there, and says so. Throws `record/unreadable`.
 */
export async function openFrameFile(path: string): Promise<FrameFile> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    return new FrameFile(path, file, await readContent(file, path));
  } catch (thrown) {
    await file?.close();
    if (thrown instanceof AppError) throw thrown;
    throw new AppError('record/unreadable', { file: basename(path), reason: (thrown as Error).message }, { cause: thrown });
  }
}
