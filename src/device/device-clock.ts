/** Time over which the shortest way is looked for; the clocks of two devices drift by less than a millisecond in it. */
const windowNs = 10_000_000_000n;
/** A clock that jumps by more was set anew. */
const jumpNs = 1_000_000_000n;
/** Before so long a time the jitter of the line would pass for drift. */
const driftAfterNs = 60_000_000_000n;
/** No quartz is off by more; what seems to is something else. */
const mostDriftPpm = 1000;

interface Way {
  /** Host time minus device time. */
  readonly ns: bigint;
  readonly arrivedNs: bigint;
}

/**
 * Maps a device's own time to the host's monotonic clock. What a stamp needs to arrive is never less than the shortest way
 * seen lately; all that is more is jitter of the line, and taken off. The shortest way itself cannot be known from here.
 */
export class DeviceClock {
  /** Shortest of the window that runs, of the one before, and of the first: drift is what lies between. */
  #shortest: Way | undefined;
  #before: Way | undefined;
  #first: Way | undefined;
  #windowEndsNs = 0n;
  #lastNs = 0n;
  #residualNs = 0n;
  #driftPpm: number | undefined;

  /** When an image with this device time that arrived at `arrivedNs` was captured, by the host's clock: never after its arrival, always after the image before. */
  toHost(deviceNs: bigint, arrivedNs: bigint): bigint {
    const hostNs = this.hostOf(deviceNs, arrivedNs);
    this.#lastNs = hostNs > this.#lastNs ? hostNs : this.#lastNs + 1n;
    return this.#lastNs;
  }

  /** The same for what comes beside the images, of which several may have one time. */
  hostOf(deviceNs: bigint, arrivedNs: bigint): bigint {
    const wayNs = arrivedNs - deviceNs;
    if (!this.agrees(deviceNs, arrivedNs)) this.#forget();
    if (arrivedNs >= this.#windowEndsNs) this.#nextWindow(arrivedNs);
    if (this.#shortest === undefined || wayNs < this.#shortest.ns) this.#shortest = { ns: wayNs, arrivedNs };
    const least = this.#least(arrivedNs) ?? wayNs;
    const lateNs = wayNs - least;
    this.#residualNs = lateNs > 0n ? lateNs : 0n;
    return arrivedNs - this.#residualNs;
  }

  /** What the device's clock shows at a time of the host's; the same where nothing of it was seen. */
  deviceOf(hostNs: bigint): bigint {
    return hostNs - (this.#least(hostNs) ?? 0n);
  }

  /** Whether a stamp can be of the clock that was seen so far. */
  agrees(deviceNs: bigint, arrivedNs: bigint): boolean {
    const known = this.#least(arrivedNs);
    if (known === undefined) return true;
    const differs = arrivedNs - deviceNs - known;
    return differs <= jumpNs && differs >= -jumpNs;
  }

  /** How much later than by the shortest way the last stamp came. */
  get residualMs(): number {
    return Number(this.#residualNs) / 1e6;
  }

  /** How much too slow the device's clock runs, parts per million; undefined before it has been watched for a minute. */
  get driftPpm(): number | undefined {
    return this.#driftPpm;
  }

  #least(arrivedNs: bigint): bigint | undefined {
    const [before, shortest] = [this.#carried(this.#before, arrivedNs), this.#carried(this.#shortest, arrivedNs)];
    if (before === undefined || shortest === undefined) return before ?? shortest;
    return before - shortest < 0n ? before : shortest;
  }

  /** A way that was seen a while ago, as long as it has become by drift since. */
  #carried(way: Way | undefined, arrivedNs: bigint): bigint | undefined {
    if (way === undefined || this.#driftPpm === undefined) return way?.ns;
    return way.ns + BigInt(Math.round((Number(arrivedNs - way.arrivedNs) * this.#driftPpm) / 1e6));
  }

  #nextWindow(arrivedNs: bigint): void {
    this.#before = this.#shortest;
    this.#first ??= this.#shortest;
    this.#shortest = undefined;
    this.#windowEndsNs = arrivedNs + windowNs;
    if (this.#first === undefined || this.#before === undefined) return;
    const overNs = this.#before.arrivedNs - this.#first.arrivedNs;
    if (overNs < driftAfterNs) return;
    const ppm = (Number(this.#before.ns - this.#first.ns) * 1e6) / Number(overNs);
    this.#driftPpm = Math.max(-mostDriftPpm, Math.min(mostDriftPpm, ppm));
  }

  #forget(): void {
    this.#before = undefined;
    this.#shortest = undefined;
    this.#first = undefined;
    this.#driftPpm = undefined;
  }
}
