/** More addresses than this forget the one that began first. */
const mostAddresses = 10_000;

interface Counted {
  count: number;
  readonly sinceMs: number;
}

/** Requests of each address in its window, for @fastify/rate-limit, whose own store stands still while the calendar is set back. */
export class RequestCounts {
  /** In the order in which they began. */
  readonly #counts = new Map<string, Counted>();

  /** One more; answers how many there are and how long the window still lasts, milliseconds. */
  incr(address: string, answer: (error: null, counted: { current: number; ttl: number }) => void, windowMs: number): void {
    const nowMs = performance.now();
    let counted = this.#counts.get(address);
    if (counted === undefined || nowMs - counted.sinceMs >= windowMs) {
      this.#counts.delete(address);
      const [oldest] = this.#counts.keys();
      if (this.#counts.size >= mostAddresses && oldest !== undefined) this.#counts.delete(oldest);
      counted = { count: 0, sinceMs: nowMs };
      this.#counts.set(address, counted);
    }
    counted.count++;
    answer(null, { current: counted.count, ttl: windowMs - (nowMs - counted.sinceMs) });
  }

  /** For routes with a rate of their own. */
  child(): RequestCounts {
    return new RequestCounts();
  }
}
