/** Over this time it is looked back how late pictures come. */
const judgedUs = 1_000_000;
/** A stream of which nothing has come for so long does not keep the others waiting. */
const silentUs = 500_000;
/** The longest that a picture is held back for the sake of another. */
const longestWaitUs = 120_000;
/** Less is not worth a timer. */
const shortestWaitUs = 2000;
/** How late streams are is looked at so often. */
const lookPeriodUs = 100_000;

interface Sample {
  readonly atUs: number;
  readonly ageUs: number;
}

/** What is known of one stream's pictures. */
interface Pace {
  readonly arrived: Sample[];
  readonly drawn: Sample[];
}

/** How a picture stands to the others on the screen. */
export interface Skew {
  /** How much later after its capture than the freshest of the others it was drawn, mean of the last second. */
  readonly behindMs: number;
  /** It comes too late to be waited for. */
  readonly left: boolean;
}

/**
 * Keeps the pictures of several streams in step: each is drawn the same time after its capture, the time that the latest of them usually
 * needs to come. The pictures of the latest are drawn as they come: nothing is held back to make up for how evenly they do. A stream that comes much later than the freshest is not waited for, and what is new of it is shown at once. All times are
 * the server's clock, in microseconds.
 */
export class InStep {
  readonly #paces = new Map<number, Pace>();
  #enabled = true;
  /** Age at which half of the pictures of a stream have come, of those of which any come now. */
  #lateness: ReadonlyMap<number, number> = new Map();
  #lookedUs = Number.NEGATIVE_INFINITY;
  /** The age at which the pictures in step are drawn, and the one beyond which a stream is left behind. */
  #commonUs = 0;
  #leftBeyondUs = Number.POSITIVE_INFINITY;

  set enabled(enabled: boolean) {
    this.#enabled = enabled;
  }

  /** A stream has left the screen, or begins anew. */
  forget(stream: number): void {
    this.#paces.delete(stream);
    this.#lookedUs = Number.NEGATIVE_INFINITY;
  }

  /** A picture came; answers the time at which it is to be drawn, which may be past. */
  arrived(stream: number, capturedUs: number, nowUs: number): number {
    const ageUs = nowUs - capturedUs;
    note(this.#paceOf(stream).arrived, nowUs, ageUs);
    this.#look(nowUs);
    const own = this.#lateness.get(stream);
    if (!this.#enabled || this.#lateness.size < 2 || own === undefined) return nowUs;
    if (own >= this.#commonUs) return nowUs;
    const dueUs = capturedUs + this.#commonUs;
    return dueUs - nowUs < shortestWaitUs ? nowUs : Math.min(dueUs, nowUs + longestWaitUs);
  }

  /** A picture is on the canvas. */
  drawn(stream: number, capturedUs: number, nowUs: number): void {
    note(this.#paceOf(stream).drawn, nowUs, nowUs - capturedUs);
  }

  /** Undefined where there is no other picture to compare with. */
  skewOf(stream: number, nowUs: number): Skew | undefined {
    const ages = new Map<number, number>();
    for (const [id, { drawn }] of this.#paces) {
      const lately = drawn.filter(({ atUs }) => nowUs - atUs < judgedUs);
      if (lately.length > 0) ages.set(id, lately.reduce((sum, { ageUs }) => sum + ageUs, 0) / lately.length);
    }
    const own = ages.get(stream);
    if (own === undefined || ages.size < 2) return undefined;
    const left = (this.#lateness.get(stream) ?? Number.POSITIVE_INFINITY) > this.#leftBeyondUs;
    return { behindMs: (own - Math.min(...ages.values())) / 1000, left };
  }

  #look(nowUs: number): void {
    if (nowUs - this.#lookedUs < lookPeriodUs && nowUs >= this.#lookedUs) return;
    this.#lookedUs = nowUs;
    const lateness = new Map<number, number>();
    for (const [stream, { arrived }] of this.#paces) {
      const last = arrived.at(-1);
      if (last === undefined || nowUs - last.atUs > silentUs) continue;
      const ages = arrived.map(({ ageUs }) => ageUs).toSorted((a, b) => a - b);
      lateness.set(stream, ages[ages.length >> 1] as number);
    }
    this.#lateness = lateness;
    this.#leftBeyondUs = Math.min(...lateness.values()) + longestWaitUs;
    this.#commonUs = Math.max(...[...lateness.values()].filter((late) => late <= this.#leftBeyondUs));
  }

  #paceOf(stream: number): Pace {
    const pace = this.#paces.get(stream) ?? { arrived: [], drawn: [] };
    this.#paces.set(stream, pace);
    return pace;
  }
}

function note(samples: Sample[], atUs: number, ageUs: number): void {
  samples.push({ atUs, ageUs });
  while (atUs - (samples[0]?.atUs ?? atUs) > judgedUs) samples.shift();
}
