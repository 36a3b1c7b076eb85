/** Time over which the shortest way is looked for; the clocks of two devices drift by less than a millisecond in it. */
const windowNs = 10_000_000_000n;
/** A clock that jumps by more was set anew. */
const jumpNs = 1_000_000_000n;

/**
 * Maps a device's own time to the host's monotonic clock. What a stamp needs to arrive is never less than the shortest way
 * seen lately; all that is more is jitter of the line, and taken off. The shortest way itself cannot be known from here.
 */
export class DeviceClock {
  /** Shortest (host - device) of the window that runs and of the one before: drift is followed within two windows. */
  #shortest: bigint | undefined;
  #before: bigint | undefined;
  #windowEndsNs = 0n;
  #lastNs = 0n;
  #residualNs = 0n;

  /** When an image with this device time that arrived at `arrivedNs` was captured, by the host's clock: never after its arrival, always after the image before. */
  toHost(deviceNs: bigint, arrivedNs: bigint): bigint {
    const wayNs = arrivedNs - deviceNs;
    const known = this.#least();
    if (known !== undefined && (wayNs - known > jumpNs || known - wayNs > jumpNs)) this.#forget();
    if (arrivedNs >= this.#windowEndsNs) {
      this.#before = this.#shortest;
      this.#shortest = undefined;
      this.#windowEndsNs = arrivedNs + windowNs;
    }
    if (this.#shortest === undefined || wayNs < this.#shortest) this.#shortest = wayNs;
    const least = this.#least() ?? wayNs;
    this.#residualNs = wayNs - least;
    const hostNs = deviceNs + least;
    this.#lastNs = hostNs > this.#lastNs ? hostNs : this.#lastNs + 1n;
    return this.#lastNs;
  }

  /** How much later than by the shortest way the last image came. */
  get residualNs(): bigint {
    return this.#residualNs;
  }

  #least(): bigint | undefined {
    const known = [this.#before, this.#shortest].filter((way) => way !== undefined);
    return known.sort((a, b) => Number(a - b))[0];
  }

  #forget(): void {
    this.#before = undefined;
    this.#shortest = undefined;
  }
}
