const windowUs = 500_000;
const rateWindowUs = 2_000_000;

/** Age of a picture over a window: what the eye had in front of it, not only what the frame had when it came. */
export interface AgeReading {
  readonly meanMs: number;
  readonly worstMs: number;
}

/**
 * Age of the shown picture, averaged over time in windows of half a second so that the number does not dance.
 * Between two frames the age grows with the clock, so the mean over a stretch is the mean of its two ends.
 */
export class AgeMeter {
  #shownSinceUs: number | undefined;
  #capturedUs = 0;
  #startUs = 0;
  #ageTimeSum = 0;
  #worstUs = Number.NEGATIVE_INFINITY;
  #reading: AgeReading | undefined;

  /** A frame captured at `capturedUs` came onto the screen at `nowUs`, both on the server's clock. */
  drawn(capturedUs: number, nowUs: number): void {
    this.advance(nowUs);
    if (this.#shownSinceUs === undefined) this.#startUs = nowUs;
    this.#shownSinceUs = nowUs;
    this.#capturedUs = capturedUs;
  }

  /** Accounts for the time since the last call. */
  advance(nowUs: number): void {
    const sinceUs = this.#shownSinceUs;
    // The estimate of the clock may step back by a fraction of a round trip.
    if (sinceUs === undefined || nowUs <= sinceUs) return;
    const atStart = sinceUs - this.#capturedUs;
    const atEnd = nowUs - this.#capturedUs;
    this.#ageTimeSum += ((atStart + atEnd) / 2) * (nowUs - sinceUs);
    this.#worstUs = Math.max(this.#worstUs, atEnd);
    this.#shownSinceUs = nowUs;
    const elapsedUs = nowUs - this.#startUs;
    if (elapsedUs < windowUs) return;
    this.#reading = { meanMs: this.#ageTimeSum / elapsedUs / 1000, worstMs: this.#worstUs / 1000 };
    this.#startUs = nowUs;
    this.#ageTimeSum = 0;
    this.#worstUs = Number.NEGATIVE_INFINITY;
  }

  /** The last complete window; undefined before the first. */
  get reading(): AgeReading | undefined {
    return this.#reading;
  }
}

/** Frames drawn per second over the last two seconds. */
export class FrameRate {
  readonly #drawnUs: number[] = [];

  drawn(nowUs: number): void {
    this.#drawnUs.push(nowUs);
    this.#forget(nowUs);
  }

  /** Undefined until two frames lie in the window. */
  at(nowUs: number): number | undefined {
    this.#forget(nowUs);
    const count = this.#drawnUs.length;
    if (count < 2) return undefined;
    return ((count - 1) * 1e6) / ((this.#drawnUs[count - 1] as number) - (this.#drawnUs[0] as number));
  }

  #forget(nowUs: number): void {
    while (this.#drawnUs.length > 0 && (this.#drawnUs[0] as number) < nowUs - rateWindowUs) this.#drawnUs.shift();
  }
}
