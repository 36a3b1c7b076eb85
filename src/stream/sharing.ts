/** Pictures over which a decision is measured: long enough for a mean, short enough to help within a second or two. */
const window = 32;
/** Share of the time between two pictures above which one core is regarded as short. */
const demanding = 0.5;
/** Below this share of it (of all cores' time together) one core is enough again. */
const modest = 0.25;
/** Sharing that gains less is not worth the core that it takes from others. */
const worthwhile = 1.3;
/** Pictures until it is tried again. */
const retryAfter = 3600;

/**
 * Decides, from what was measured, on how many cores a stage chain runs: more than one only where the time between two
 * pictures demands it, and only as long as it pays.
 */
export class Sharing {
  readonly #most: number;
  #bands = 1;
  #wanted = 1;
  #aloneMs = 0;
  #sumMs = 0;
  #pictures = 0;
  #notBefore = 0;

  /** `most`: cores, and bands for which there is memory. */
  constructor(most: number) {
    this.#most = most;
  }

  /** After each picture: what the stages took on `bands` cores and how far it lies from the one before. Answers how many should work. */
  next(bands: number, tookMs: number, intervalMs: number): number {
    if (bands !== this.#bands) {
      this.#bands = bands;
      this.restart();
    }
    this.#notBefore--;
    this.#sumMs += tookMs;
    this.#pictures++;
    if (this.#pictures < window) return this.#wanted;
    const meanMs = this.#sumMs / this.#pictures;
    this.restart();
    this.#wanted = bands === 1 ? this.#alone(meanMs, intervalMs) : this.#shared(meanMs, intervalMs);
    return this.#wanted;
  }

  /** Other settings, other times: what was measured so far counts no more. */
  restart(): void {
    this.#sumMs = 0;
    this.#pictures = 0;
  }

  #alone(meanMs: number, intervalMs: number): number {
    this.#aloneMs = meanMs;
    const wanted = Math.ceil(meanMs / (demanding * intervalMs));
    return this.#notBefore > 0 ? 1 : Math.min(this.#most, wanted);
  }

  #shared(meanMs: number, intervalMs: number): number {
    if (meanMs * this.#bands < modest * intervalMs) return 1;
    if (this.#aloneMs >= worthwhile * meanMs) return this.#bands;
    this.#notBefore = retryAfter;
    return 1;
  }
}
