import { setTimeout as wait } from 'node:timers/promises';

/**
 * Writes that may be under way at the same time, of all streams: the process has four threads for whatever waits for a disk, and a record
 * whose disk does not answer must leave some to the others.
 */
const mostWrites = 2;
const pauseMs = 5;

/** Takes turns with the other streams' threads: one flag for each stream in memory that all share. */
export class DiskTurns {
  readonly #flags: Int32Array<ArrayBufferLike>;
  readonly #own: number;

  constructor(flags: ArrayBufferLike, own: number) {
    this.#flags = new Int32Array(flags);
    this.#own = own;
  }

  /** Two that look at the same moment may both go: one write more does no harm. */
  async take(): Promise<void> {
    while (this.#taken() >= mostWrites) await wait(pauseMs);
    Atomics.store(this.#flags, this.#own, 1);
  }

  giveBack(): void {
    Atomics.store(this.#flags, this.#own, 0);
  }

  #taken(): number {
    let taken = 0;
    for (let stream = 0; stream < this.#flags.length; stream++) taken += Atomics.load(this.#flags, stream);
    return taken;
  }
}
