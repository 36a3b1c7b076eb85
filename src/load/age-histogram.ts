/** Fineness and end of what is told apart, milliseconds. */
const stepMs = 0.1;
const longestMs = 60_000;

/** Ages of many frames in bounded memory; quantiles are exact to a tenth of a millisecond. */
export class AgeHistogram {
  readonly #steps = new Uint32Array(longestMs / stepMs + 1);
  #count = 0;
  #max = 0;

  add(ageMs: number): void {
    // A clock that is estimated may be ahead by its error.
    const age = Math.min(Math.max(ageMs, 0), longestMs);
    const step = Math.round(age / stepMs);
    this.#steps[step] = (this.#steps[step] as number) + 1;
    this.#count++;
    this.#max = Math.max(this.#max, age);
  }

  get max(): number {
    return this.#max;
  }

  /** The age that this share of the frames does not exceed, milliseconds; 0 without frames. */
  quantile(share: number): number {
    let left = Math.ceil(share * this.#count);
    if (left === 0) return 0;
    const step = this.#steps.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return step * stepMs;
  }
}
