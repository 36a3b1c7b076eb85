import { frameFlags } from '../protocol/frame-header.ts';
import type { Edge } from './newest.ts';
import type { SharedFrame } from './shared-frame.ts';

/**
 * For frames that need the one before: gives them in order and without a gap. Where they do not fit it skips to the next key frame;
 * a key frame makes what still waits superfluous.
 */
export class Unbroken implements Edge<SharedFrame> {
  readonly #capacity: number;
  readonly #queue: SharedFrame[] = [];
  #needsKey = true;
  #skipped = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Nothing can be given before one comes. Key frames cost everybody: whoever could take one now asks for it. */
  get needsKey(): boolean {
    return this.#needsKey;
  }

  get skipped(): number {
    return this.#skipped;
  }

  get empty(): boolean {
    return this.#queue.length === 0;
  }

  passes(frame: SharedFrame): boolean {
    this.#begin(frame);
    return !this.#needsKey && this.empty;
  }

  put(frame: SharedFrame): void {
    this.#begin(frame);
    if (!this.#needsKey && this.#queue.length < this.#capacity) {
      this.#queue.push(frame.retain());
      return;
    }
    this.#skipped++;
    this.skipToKey();
  }

  take(): SharedFrame | undefined {
    return this.#queue.shift();
  }

  /** What came last cannot be gone on from. */
  skipToKey(): void {
    this.#drop();
    this.#needsKey = true;
  }

  [Symbol.dispose](): void {
    this.#drop();
  }

  /** A key frame makes what waits superfluous. */
  #begin({ header }: SharedFrame): void {
    if ((header.flags & frameFlags.key) === 0) return;
    this.#drop();
    this.#needsKey = false;
  }

  #drop(): void {
    this.#skipped += this.#queue.length;
    for (const frame of this.#queue.splice(0)) frame[Symbol.dispose]();
  }
}
