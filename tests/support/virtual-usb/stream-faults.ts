import type { Fault } from './virtual-device.ts';

/** The faults that a stream still has to show, one per transfer. */
export class StreamFaults {
  readonly #waiting: Fault[] = [];
  #quietUntilMs = 0;

  add(fault: Fault): void {
    if (fault.fault === 'silence') this.#quietUntilMs = performance.now() + fault.milliseconds;
    else this.#waiting.push(fault);
  }

  isQuiet(): boolean {
    return performance.now() < this.#quietUntilMs;
  }

  next(): Exclude<Fault, { fault: 'silence' }> | undefined {
    return this.#waiting.shift() as Exclude<Fault, { fault: 'silence' }> | undefined;
  }
}

/** Bytes that look like nothing, the same for the same seed (xorshift32: Marsaglia 2003). */
export function fillWithNoise(into: Uint8Array, seed: number): void {
  let state = seed | 1;
  for (let at = 0; at < into.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    into[at] = state & 255;
  }
}
