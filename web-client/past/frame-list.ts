import { frameFlags } from '../../src/protocol/frame-header.ts';

/** A frame as the server's index names it. */
export interface PastFrame {
  /** Unix time in microseconds on the server's clock; known by it. */
  readonly capturedUs: number;
  readonly sequence: number;
  readonly epoch: number;
  /** Header and payload. */
  readonly bytes: number;
  /** As in the frame header. */
  readonly flags: number;
  /** How often it is there: a held picture was processed anew. The last one counts; absent: once. */
  readonly copies?: number;
}

/** What is missing in front of a frame. */
export interface Gap {
  readonly lost: number;
  readonly ms: number;
}

/** A source that stood still for so long was interrupted, whatever it counts. */
const interruptedUs = 1_000_000;

/** Frames of the past by time. Positions move when older ones are dropped: what must stay is known by its capture time. */
export class FrameList {
  #frames: readonly PastFrame[] = [];

  get length(): number {
    return this.#frames.length;
  }

  get frames(): readonly PastFrame[] {
    return this.#frames;
  }

  get firstUs(): number | undefined {
    return this.#frames[0]?.capturedUs;
  }

  get lastUs(): number | undefined {
    return this.#frames.at(-1)?.capturedUs;
  }

  at(position: number): PastFrame | undefined {
    return this.#frames[position];
  }

  /** Frames that are there already are not added again; the order does not matter. */
  add(frames: readonly PastFrame[]): void {
    const { lastUs } = this;
    const sorted = frames.every((frame, at) => frame.capturedUs > (frames[at - 1]?.capturedUs ?? lastUs ?? Number.NEGATIVE_INFINITY));
    if (sorted) {
      this.#frames = [...this.#frames, ...frames];
      return;
    }
    const byTime = new Map([...this.#frames, ...frames].map((frame) => [frame.capturedUs, frame]));
    this.#frames = [...byTime.values()].sort((a, b) => a.capturedUs - b.capturedUs);
  }

  dropBefore(us: number): void {
    const keep = this.from(us);
    if (keep > 0) this.#frames = this.#frames.slice(keep);
  }

  /** The first frame captured at that time or later; `length` where there is none. */
  from(us: number): number {
    let [low, high] = [0, this.#frames.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#frames[middle]?.capturedUs ?? 0) < us) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The frame that was on the screen at that time; the first one where there was none yet, -1 in an empty list. */
  shownAt(us: number): number {
    const next = this.from(us);
    if (this.#frames[next]?.capturedUs === us) return next;
    return Math.min(Math.max(0, next - 1), this.#frames.length - 1);
  }

  /** The nearest frame behind (1) or before (-1) a time with an R peak; -1: there is none. */
  peak(us: number, direction: 1 | -1): number {
    const isPeak = ({ flags }: PastFrame): boolean => (flags & frameFlags.rPeak) !== 0;
    if (direction < 0) return this.#frames.findLastIndex((frame) => frame.capturedUs < us && isPeak(frame));
    return this.#frames.findIndex((frame) => frame.capturedUs > us && isPeak(frame));
  }

  /** What is missing between a frame and the one before it; undefined: nothing. */
  gapBefore(position: number): Gap | undefined {
    const [before, frame] = [this.#frames[position - 1], this.#frames[position]];
    if (before === undefined || frame === undefined) return undefined;
    const step = (frame.sequence - before.sequence) >>> 0;
    // A source that was opened anew counts from the beginning.
    const lost = step === 0 || step >= 0x8000_0000 ? 0 : step - 1;
    const us = frame.capturedUs - before.capturedUs;
    const met = lost > 0 || us > interruptedUs || (frame.flags & frameFlags.gapBefore) !== 0;
    return met ? { lost, ms: us / 1000 } : undefined;
  }
}
