/** Blocks of samples that stand for a line where lines are compared. */
const blocks = 128;
/** Lines on either side of a turning point that are compared. */
const reach = 8;
/** Lines at a turning point are alike to their speckle; structure that happens to be symmetric stays below 0.6. */
const alike = 0.8;
/** Likenesses that are remembered, two for every line: more than a turn of the motor has. */
const remembered = 1024;

/**
 * Finds where a mechanical probe turns round: the lines behind that point are those in front of it, in reverse. In the recording of
 * an Interson probe their correlation is 0.92 to 0.99 there, and 0.4 to 0.6 in the middle of a sweep over a symmetric phantom.
 */
export class MirrorPoint {
  readonly #samples: number;
  /** The last lines, as blocks, in a ring; and the mean line that all have in common. */
  readonly #ring = Array.from({ length: 2 * reach + 1 }, () => new Float32Array(blocks));
  readonly #mean = new Float32Array(blocks);
  #lines = 0;
  /** How much the lines around each half line are each other's mirror image: at twice its number. */
  readonly #likeness = new Float32Array(remembered);

  constructor(samples: number) {
    this.#samples = samples;
  }

  /** So many lines have to come behind a point before it can be told. */
  static readonly reach = reach;

  /** Takes the line of that number, the next one. */
  take(number: number, bytes: Uint8Array, at: number): void {
    this.#blocksOf(bytes, at, this.#ring[number % this.#ring.length] as Float32Array);
    this.#lines++;
    const isKnown = this.#lines >= this.#ring.length;
    for (const half of [0, 1] as const) {
      const left = number - reach;
      this.#likeness[(2 * left + half) & (remembered - 1)] = isKnown ? this.#likenessAround(left, left + half) : 0;
    }
  }

  /** The point between two places where the probe most likely turned round; undefined where nothing looks like it. */
  between(from: number, to: number): number | undefined {
    const at = (half: number): number => this.#likeness[half & (remembered - 1)] as number;
    let best = Math.ceil(2 * from);
    for (let half = best; half <= 2 * to; half++) if (at(half) > at(best)) best = half;
    return at(best) < alike ? undefined : best / 2 + peakOffset(at(best - 1), at(best), at(best + 1));
  }

  /** Mean correlation of pairs of lines around the point between these two. */
  #likenessAround(left: number, right: number): number {
    let sum = 0;
    const pairs = reach - 1;
    const first = left === right ? 1 : 0;
    for (let pair = first; pair < first + pairs; pair++) sum += this.#correlation(left - pair, right + pair);
    return sum / pairs;
  }

  #correlation(left: number, right: number): number {
    const { length } = this.#ring;
    const a = this.#ring[((left % length) + length) % length] as Float32Array;
    const b = this.#ring[right % length] as Float32Array;
    let [ab, aa, bb] = [0, 1e-6, 1e-6];
    for (let block = 0; block < blocks; block++) {
      const mean = this.#mean[block] as number;
      const [x, y] = [(a[block] as number) - mean, (b[block] as number) - mean];
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    return ab / Math.sqrt(aa * bb);
  }

  /** From a tenth to four fifths of the line: neither the transmitted burst nor the noise of the depth. */
  #blocksOf(bytes: Uint8Array, at: number, target: Float32Array): void {
    const size = Math.max(1, Math.floor((this.#samples * 0.7) / blocks));
    const weight = 1 / Math.min(this.#lines + 1, 100);
    let from = at + Math.floor(this.#samples / 10);
    for (let block = 0; block < blocks; block++) {
      let sum = 0;
      for (let sample = 0; sample < size; sample++) sum += bytes[from + sample] as number;
      from += size;
      const value = sum / size;
      target[block] = value;
      this.#mean[block] = (this.#mean[block] as number) * (1 - weight) + value * weight;
    }
  }
}

/** Where the parabola through three values half a line apart is highest. */
function peakOffset(before: number, best: number, after: number): number {
  const bend = before - 2 * best + after;
  return bend >= 0 ? 0 : Math.max(-0.25, Math.min(0.25, (0.25 * (before - after)) / bend));
}
