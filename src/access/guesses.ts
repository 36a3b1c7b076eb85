import { AppError } from '../app-error.ts';

const mostInWindow = 10;
const windowMs = 60_000;
const mostAddresses = 10_000;

interface Failures {
  count: number;
  readonly sinceMs: number;
}

/** Wrong invitations from one address: after ten in a minute not even a right one is looked at until the minute is over. */
export class Guesses {
  /** In the order in which they began. */
  readonly #failures = new Map<string, Failures>();

  /** Throws `access/too-many-requests`. `nowMs` is of a clock that only runs forward. */
  refuse(address: string, nowMs: number): void {
    const known = this.#current(address, nowMs);
    if (known === undefined || known.count < mostInWindow) return;
    throw new AppError('access/too-many-requests', { seconds: Math.ceil((known.sinceMs + windowMs - nowMs) / 1000) });
  }

  failed(address: string, nowMs: number): void {
    const known = this.#current(address, nowMs);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= mostAddresses && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(address, { count: 1, sinceMs: nowMs });
  }

  #current(address: string, nowMs: number): Failures | undefined {
    const known = this.#failures.get(address);
    if (known === undefined || nowMs - known.sinceMs < windowMs) return known;
    this.#failures.delete(address);
    return undefined;
  }
}
