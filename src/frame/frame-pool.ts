import { AppError } from '../app-error.ts';
import { aligned } from './aligned.ts';
import type { Frame, FrameTruth } from './frame.ts';
import { type FrameFormat, frameBytes } from './frame-format.ts';

/**
 * Room in front of the pixels of every slot: the frame's header for the wire is written there, so that
 * header and pixels leave in one piece without a copy.
 */
export const slotHeadBytes = 64;

/** Where the slots lie; crosses threads, so that a reader finds them in the same shared memory. */
export interface SlotLayout {
  /** Byte offset of one Int32 reference count per slot. */
  readonly countsOffset: number;
  readonly firstSlotOffset: number;
  /** Distance from slot to slot: head, pixels, padding. */
  readonly slotStride: number;
  readonly slots: number;
}

export function slotLayout(offset: number, slots: number, pixelBytes: number): SlotLayout & { readonly endOffset: number } {
  const countsOffset = aligned(offset);
  const firstSlotOffset = aligned(countsOffset + slots * 4);
  const slotStride = aligned(slotHeadBytes + pixelBytes);
  return { countsOffset, firstSlotOffset, slotStride, slots, endOffset: firstSlotOffset + slots * slotStride };
}

/** Byte offset of the pixels of a slot. */
export function slotPixels(layout: SlotLayout, slot: number): number {
  return layout.firstSlotOffset + slot * layout.slotStride + slotHeadBytes;
}

/**
 * The reference counts of the slots, shared between threads: 0 is free.
 * Only the pool's own thread takes a slot from 0 to 1; whoever holds a count may add one and gives each back once.
 */
export class SlotCounts {
  readonly #counts: Int32Array<ArrayBufferLike>;

  constructor(buffer: ArrayBufferLike, layout: SlotLayout) {
    this.#counts = new Int32Array(buffer, layout.countsOffset, layout.slots);
  }

  hold(slot: number): void {
    Atomics.add(this.#counts, slot, 1);
  }

  release(slot: number): void {
    Atomics.sub(this.#counts, slot, 1);
  }

  free(): number {
    let free = 0;
    for (let slot = 0; slot < this.#counts.length; slot++) if (Atomics.load(this.#counts, slot) === 0) free++;
    return free;
  }

  /** Takes a free slot, searching from `from` so that slots wear evenly; -1 when there is none. */
  take(from: number): number {
    const count = this.#counts.length;
    for (let step = 0; step < count; step++) {
      const slot = (from + step) % count;
      if (Atomics.compareExchange(this.#counts, slot, 0, 1) === 0) return slot;
    }
    return -1;
  }
}

/** Lends frames from fixed slots; never allocates pixels, never waits. */
export class FramePool {
  readonly layout: SlotLayout;
  readonly counts: SlotCounts;
  readonly #views: Uint8Array[];
  #next = 0;

  constructor(buffer: ArrayBufferLike, layout: SlotLayout) {
    this.layout = layout;
    this.counts = new SlotCounts(buffer, layout);
    this.#views = Array.from(
      { length: layout.slots },
      (_, slot) => new Uint8Array(buffer, slotPixels(layout, slot), layout.slotStride - slotHeadBytes),
    );
  }

  /** A free slot as a frame that the caller owns and must dispose, or undefined when all are held. */
  claim(format: FrameFormat, truth: FrameTruth): PooledFrame | undefined {
    const slot = this.counts.take(this.#next);
    if (slot < 0) return undefined;
    this.#next = (slot + 1) % this.layout.slots;
    const view = this.#views[slot] as Uint8Array;
    const bytes = frameBytes(format);
    if (bytes > view.length) {
      this.counts.release(slot);
      throw new AppError('frame/bad-format', { reason: `${bytes} bytes do not fit a slot of ${view.length}` });
    }
    return new PooledFrame(this.counts, slot, format, truth, view.subarray(0, bytes));
  }
}

/** A handle on a slot; dies with its own dispose, however often the slot is lent afterwards. */
export class PooledFrame implements Frame {
  readonly slot: number;
  readonly format: FrameFormat;
  readonly sequence: number;
  readonly capturedAtNs: bigint;
  readonly rPeak: boolean;
  readonly synthetic: boolean;
  readonly #counts: SlotCounts;
  readonly #pixels: Uint8Array;
  #alive = true;

  constructor(counts: SlotCounts, slot: number, format: FrameFormat, truth: FrameTruth, pixels: Uint8Array) {
    this.#counts = counts;
    this.slot = slot;
    this.format = format;
    this.sequence = truth.sequence;
    this.capturedAtNs = truth.capturedAtNs;
    this.rPeak = truth.rPeak;
    this.synthetic = truth.synthetic;
    this.#pixels = pixels;
  }

  get pixels(): Uint8Array {
    this.#check();
    return this.#pixels;
  }

  get byteOffset(): number {
    this.#check();
    return this.#pixels.byteOffset;
  }

  retain(): PooledFrame {
    this.#check();
    this.#counts.hold(this.slot);
    return new PooledFrame(this.#counts, this.slot, this.format, this, this.#pixels);
  }

  /** Hands the count over to a reader in another thread, who releases it there. */
  giveAway(): number {
    this.#check();
    this.#alive = false;
    return this.slot;
  }

  [Symbol.dispose](): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#counts.release(this.slot);
  }

  #check(): void {
    if (!this.#alive) throw new AppError('frame/loan-ended', { sequence: this.sequence });
  }
}
