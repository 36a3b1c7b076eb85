/** Rows of the table that countDifferences fills, and steps in each. */
const [shades, steps] = [16, 64] as const;
/** Levels for a step. */
const stepLevels = 2 / 9;
/** The median of the absolute value of a normal variable, over its deviation. */
const medianOfNormal = 0.6745;
/** With fewer samples a shade's own median says nothing. */
const fewestSamples = 40;
/** Share by which one frame moves the estimate. */
const haste = 0.25;
/** Less is the rounding of eight bits. */
const leastDeviation = 0.15;

/** What differs by so many deviations and so many levels more is no noise. */
const [sceneDeviations, sceneLevels] = [6, 3] as const;

export const differenceTableBytes = shades * steps * 4;

/**
 * How much the picture differs from its history by noise alone, by brightness: quantum noise grows with it. From the counts of
 * the kernel countDifferences, whose medians motion in less than half of a shade does not reach.
 */
export class NoiseTable {
  readonly #counts: Uint32Array<ArrayBufferLike>;
  readonly #thresholds: Uint8Array<ArrayBufferLike>;
  /** Deviation of the mean over 3x3 in levels, by shade; nought: not known yet. */
  readonly #deviations = new Float64Array(shades);
  /** The same over all shades, for pictures too small to tell them apart. */
  #overall = 0;

  /** Byte offsets in `memory` of the counts and of the thresholds that steadyAverage reads. */
  constructor(memory: ArrayBufferLike, counts: number, thresholds: number) {
    this.#counts = new Uint32Array(memory, counts, shades * steps);
    this.#thresholds = new Uint8Array(memory, thresholds, shades);
  }

  /** Over all shades, levels; 1 before the first frame was measured. */
  get deviation(): number {
    return this.#overall === 0 ? 1 : this.#overall;
  }

  forget(): void {
    this.#deviations.fill(0);
    this.#overall = 0;
  }

  /** More than half of the picture lies far beyond its noise, as far as that is known: it is another scene. To be asked before `learn`. */
  sceneChanged(): boolean {
    let [beyond, all] = [0, 0];
    for (let shade = 0; shade < shades; shade++) {
      const deviation = (this.#deviations[shade] as number) || this.#overall;
      if (deviation === 0) return false;
      const limit = Math.min(Math.ceil((sceneDeviations * deviation + sceneLevels) / stepLevels), steps - 1);
      for (let step = 0; step < steps; step++) {
        const count = this.#counts[shade * steps + step] as number;
        all += count;
        if (step >= limit) beyond += count;
      }
    }
    return beyond * 2 > all;
  }

  /** Takes the counts of a frame in. */
  learn(): void {
    for (let shade = 0; shade < shades; shade++) {
      this.#deviations[shade] = moved(this.#deviations[shade] as number, this.#medianOf(shade, shade + 1));
    }
    this.#overall = moved(this.#overall, this.#medianOf(0, shades));
  }

  /** Writes the thresholds: `factor` deviations; a shade without samples takes its nearest neighbour's. */
  writeThresholds(factor: number): void {
    for (let shade = 0; shade < shades; shade++) {
      let deviation = 0;
      for (let away = 0; away < shades && deviation === 0; away++) {
        deviation = this.#deviations[shade - away] || this.#deviations[shade + away] || 0;
      }
      if (deviation === 0) deviation = this.#overall;
      this.#thresholds[shade] = Math.min(Math.round(9 * factor * Math.max(deviation, leastDeviation)), 255);
    }
  }

  /** Deviation that belongs to the median of the differences of some shades; nought where there are too few. */
  #medianOf(first: number, end: number): number {
    let all = 0;
    for (let at = first * steps; at < end * steps; at++) all += this.#counts[at] as number;
    if (all < fewestSamples) return 0;
    let below = 0;
    for (let step = 0; step < steps; step++) {
      let here = 0;
      for (let shade = first; shade < end; shade++) here += this.#counts[shade * steps + step] as number;
      if (2 * (below + here) >= all) {
        const median = (step + (all / 2 - below) / here) * stepLevels;
        return Math.max(median / medianOfNormal, leastDeviation);
      }
      below += here;
    }
    return 0;
  }
}

/** An estimate after one more measurement; nought is none. */
function moved(before: number, measured: number): number {
  if (measured === 0 || before === 0) return before + measured;
  return before + haste * (measured - before);
}
