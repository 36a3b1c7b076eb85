/** Counts of everything that was lost, by the name of the place. */
export class Losses {
  readonly #counts: Record<string, number> = {};

  add(place: string, count = 1): void {
    this.#counts[place] = (this.#counts[place] ?? 0) + count;
  }

  /** A copy. */
  all(): Record<string, number> {
    return { ...this.#counts };
  }
}
