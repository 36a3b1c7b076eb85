/** Acknowledgements of a calm line may wait so long for the next one, the longer the lighter its frames: reading them costs a server more than the frames do. */
const calmMs = [400, 200] as const;
/** A line is calm that bears so many times what it carries, */
const manyTimes = 3;
/** whose way there and back is short, */
const shortWayMs = 50;
/** of which nothing is late by more than this, */
const lateMs = 200;
/** and which has been so for this long. */
const calmAfterMs = 2000;
/** What may be under way unheard, so that a line that breaks down is not buried. */
const mostBytes = 512 * 1024;

export interface PaceReading {
  /** All frames of this viewer together. */
  readonly needBytesPerSecond: number;
  readonly lineBytesPerSecond: number | undefined;
  readonly roundTripMs: number | undefined;
  /** How long the oldest frame under way has been that. */
  readonly lateMs: number;
  /** Somebody wants to know of each frame how it fared: a tier is being chosen, or none may be left out. */
  readonly curious: boolean;
}

/** Decides how often a viewer is to acknowledge. */
export class Pace {
  #withinMs = 0;
  #calmSinceMs: number | undefined;

  get withinMs(): number {
    return this.#withinMs;
  }

  /** Answers whether it has changed. */
  review({ needBytesPerSecond, lineBytesPerSecond = 0, roundTripMs, lateMs: late, curious }: PaceReading, nowMs: number): boolean {
    const bearable = calmMs.find((ms) => (needBytesPerSecond * ms) / 1000 < mostBytes);
    const calm =
      !curious &&
      needBytesPerSecond * manyTimes < lineBytesPerSecond &&
      bearable !== undefined &&
      (roundTripMs ?? Number.POSITIVE_INFINITY) < shortWayMs &&
      late < this.#withinMs + lateMs;
    this.#calmSinceMs = calm ? (this.#calmSinceMs ?? nowMs) : undefined;
    const before = this.#withinMs;
    this.#withinMs = this.#calmSinceMs !== undefined && nowMs - this.#calmSinceMs >= calmAfterMs ? (bearable ?? 0) : 0;
    return this.#withinMs !== before;
  }
}
