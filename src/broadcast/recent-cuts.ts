const rememberedMs = 60_000;
const mostAddresses = 1024;

/** Addresses whose line had to be given up a moment ago: what it was given then, it does not bear. */
export class RecentCuts {
  /** When, by address; the oldest first. */
  readonly #cutMs = new Map<string, number>();

  note(address: string): void {
    this.#cutMs.delete(address);
    this.#cutMs.set(address, performance.now());
    const [oldest] = this.#cutMs.keys();
    if (this.#cutMs.size > mostAddresses && oldest !== undefined) this.#cutMs.delete(oldest);
  }

  has(address: string): boolean {
    return performance.now() - (this.#cutMs.get(address) ?? Number.NEGATIVE_INFINITY) < rememberedMs;
  }
}
