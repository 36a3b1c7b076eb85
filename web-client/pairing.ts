import type { View } from '../src/protocol/frame-header.ts';

/** What is to be done when a frame of one view has come. */
export type PairStep =
  /** Its other half may still come. */
  | 'wait'
  /** Draw this one and the last one of the other view: they show the same moment. */
  | 'pair'
  /** Draw it alone: the other half does not come. */
  | 'alone';

/** Halves that went unmatched in a row before pictures are shown although their halves differ. */
const patience = 4;

/**
 * Brings the two views of a stream together by sequence number, so that a before/after divider compares one moment with itself.
 * Either view may skip frames on its own when the line is slow; a comparison that is late is worth less than one that is uneven.
 */
export class Pairing {
  readonly #kept: Record<View, number | undefined> = { processed: undefined, raw: undefined };
  #unmatched = 0;

  /** A frame came; the caller keeps the last one of each view. */
  offer(view: View, sequence: number): PairStep {
    const other: View = view === 'raw' ? 'processed' : 'raw';
    if (this.#kept[other] === sequence) {
      this.clear();
      return 'pair';
    }
    if (this.#kept[view] !== undefined) this.#unmatched++;
    this.#kept[view] = sequence;
    return this.#unmatched < patience ? 'wait' : 'alone';
  }

  clear(): void {
    this.#kept.processed = undefined;
    this.#kept.raw = undefined;
    this.#unmatched = 0;
  }
}
