/** One answered ping; all times in microseconds. */
interface ClockSample {
  readonly offsetUs: number;
  readonly roundTripUs: number;
}

const keptSamples = 10;
/** A wall clock that goes so far ahead of the own, or behind, at once was set, or the own stood still. */
const mostApartUs = 250_000;

/**
 * The server's clock as seen from here: the offset of the ping with the shortest round trip among the last ten, since the
 * queues that lengthen a round trip are what makes its two halves unequal (RFC 5905 §10, the clock filter).
 */
export class ServerClock {
  #samples: ClockSample[] = [];
  #best: ClockSample | undefined;
  #apartUs: number | undefined;
  /** Of pings from before this nothing is believed. */
  #sinceUs = Number.NEGATIVE_INFINITY;

  /** The clock told by `hello`: no round trip is known, so any ping replaces it. */
  begin(clockUs: number, receivedUs: number): void {
    this.#samples = [];
    this.#best = { offsetUs: clockUs - receivedUs, roundTripUs: Number.POSITIVE_INFINITY };
  }

  /**
   * To be told often what the own clock and the wall clock are. Where a machine sleeps its own clock may stand still, and what was known
   * is wrong by the sleep: true says that it is forgotten, and that the server is to be asked.
   */
  watch(ownUs: number, wallUs: number): boolean {
    const apartUs = wallUs - ownUs;
    const movedUs = Math.abs(apartUs - (this.#apartUs ?? apartUs));
    this.#apartUs = apartUs;
    if (movedUs <= mostApartUs) return false;
    this.#samples = [];
    this.#best = undefined;
    this.#sinceUs = ownUs;
    return true;
  }

  /** `sentUs` and `receivedUs` on the own clock, `clockUs` on the server's while it answered. Impossible answers are ignored. */
  sample(sentUs: number, clockUs: number, receivedUs: number): void {
    const roundTripUs = receivedUs - sentUs;
    if (!(roundTripUs >= 0) || sentUs < this.#sinceUs) return;
    this.#samples.push({ offsetUs: clockUs - (sentUs + roundTripUs / 2), roundTripUs });
    if (this.#samples.length > keptSamples) this.#samples.shift();
    this.#best = this.#samples.reduce((best, next) => (next.roundTripUs <= best.roundTripUs ? next : best));
  }

  /** The server's clock at a time of the own clock; undefined before the server told any. */
  at(ownUs: number): number | undefined {
    return this.#best === undefined ? undefined : ownUs + this.#best.offsetUs;
  }

  /** How far off it can be: half the round trip of the sample in use. */
  get errorUs(): number | undefined {
    const roundTripUs = this.#best?.roundTripUs;
    return roundTripUs === undefined || roundTripUs === Number.POSITIVE_INFINITY ? undefined : roundTripUs / 2;
  }
}
