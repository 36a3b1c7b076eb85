import { isVideoTier, type TierName, type TierReason, tierNames } from '../protocol/tiers.ts';

/** Over so many milliseconds a line is judged by what it carried. */
const judgedMs = 1500;
/** A transfer that no clock can measure counts as this long. */
const shortestMs = 1;
/** What arrives closer together than this came in one piece, e.g. after a packet had to be sent again: alone it would seem to have flown. */
const togetherMs = 3;
/** Pings that tell how long the way is. */
const recentPings = 5;
/** The part of the transfers that something disturbs. */
const undisturbed = 0.85;

interface Transfer {
  readonly beganMs: number;
  readonly bytes: number;
  readonly arrivedMs: number;
}

const tookMs = ({ beganMs, arrivedMs }: Transfer): number => Math.max(shortestMs, arrivedMs - beganMs);

/** What a line to a viewer bears, from the frames that went over it. All times are milliseconds of one clock. */
export class Line {
  readonly #transfers: Transfer[] = [];
  readonly #roundTripsMs: number[] = [];
  #shortestMs: number | undefined;

  /** A ping was answered. */
  roundTrip(tookMs: number): void {
    this.#roundTripsMs.push(tookMs);
    if (this.#roundTripsMs.length > recentPings) this.#roundTripsMs.shift();
    this.#shortestMs = Math.min(...this.#roundTripsMs);
  }

  /** The shortest way there and back of the last pings: a line may become another one. */
  get roundTripMs(): number | undefined {
    return this.#shortestMs;
  }

  /** A frame arrived; one that was sent while another was under way had the line only after that. */
  carried(bytes: number, sentMs: number, arrivedMs: number): void {
    const before = this.#transfers.at(-1);
    const lastMs = before?.arrivedMs ?? 0;
    // A ping may have been answered late; no way is longer than that of a frame.
    const wayMs = Math.min((this.roundTripMs ?? 0) / 2, Math.max(0, arrivedMs - sentMs));
    if (before !== undefined && arrivedMs - lastMs < togetherMs && sentMs + wayMs < lastMs) {
      const together = { beganMs: before.beganMs, bytes: before.bytes + bytes, arrivedMs: Math.max(arrivedMs, lastMs) };
      this.#transfers[this.#transfers.length - 1] = together;
    } else {
      this.#transfers.push({ beganMs: Math.max(sentMs + wayMs, lastMs), bytes, arrivedMs: Math.max(arrivedMs, lastMs) });
    }
    while (arrivedMs - (this.#transfers[0]?.arrivedMs ?? arrivedMs) > judgedMs) this.#transfers.shift();
  }

  /** Bytes per second that went through while there was something to carry; undefined before the first frame. */
  get bytesPerSecond(): number | undefined {
    if (this.#transfers.length === 0) return undefined;
    const bytes = this.#transfers.reduce((sum, transfer) => sum + transfer.bytes, 0);
    return (bytes * 1000) / this.#transfers.reduce((sum, transfer) => sum + tookMs(transfer), 0);
  }

  /**
   * What it bears when nothing disturbs it: a small frame is soon delayed by something else than the line. Undefined before the first frame.
   */
  get burstBytesPerSecond(): number | undefined {
    const rates = this.#transfers.map((transfer) => (transfer.bytes * 1000) / tookMs(transfer)).toSorted((a, b) => a - b);
    return rates[Math.floor(rates.length * undisturbed)];
  }

  /** Frames that may be under way: two, and as many more as the way there and back takes. */
  window(frameIntervalMs: number): number {
    return Math.min(8, 2 + Math.floor((this.roundTripMs ?? 0) / Math.max(1, frameIntervalMs)));
  }
}

/** A tier must need less than this share of the line to be kept, and to be moved up to. */
const keepShare = 0.95;
const riseShare = 0.6;
/** What must hold for so long before a tier is changed: quick to give way, slower to come back. */
const fallAfterMs = 400;
const riseAfterMs = 1500;
/** Where the line seems to bear the next tier only just, it is tried after so long. */
const [tryShare, tryAfterMs] = [0.9, 6000] as const;
/** Who falls so soon after it rose waits twice as long before it rises again, up to so many times. */
const [regretMs, mostPatience] = [8000, 8] as const;

/** What a line bears, in bytes per second: as it is, and undisturbed. */
export interface LineReading {
  readonly now: number | undefined;
  readonly burst: number | undefined;
  /** Something hangs on it: what was seen is no disturbance. */
  readonly stuck: boolean;
}

/** Chooses the tier that a line bears, with hysteresis. */
export class TierChoice {
  readonly #offered: readonly TierName[];
  readonly #suspectBelow: number;
  #tier: TierName;
  #tooMuchSinceMs: number | undefined;
  #roomSinceMs: number | undefined;
  #justSinceMs: number | undefined;
  #reason: TierReason = 'beginning';
  #roseMs = Number.NEGATIVE_INFINITY;
  #patience = 1;

  /**
   * `offered`: what the viewer can decode and asked for; `first`: the one of them that it begins with. A line that bears more than
   * `suspectBelow` bytes per second is never given less: what is slow then is a busy machine, which packing would only make slower.
   */
  constructor(offered: readonly TierName[], first: TierName, suspectBelow = Number.POSITIVE_INFINITY) {
    this.#suspectBelow = suspectBelow;
    this.#offered = tierNames.filter((tier) => offered.includes(tier));
    this.#tier = first;
  }

  get tier(): TierName {
    return this.#tier;
  }

  get reason(): TierReason {
    return this.free ? this.#reason : 'asked';
  }

  /** There is none better to rise to. */
  get atBest(): boolean {
    return this.#offered.indexOf(this.#tier) === 0;
  }

  /** Whether nothing lighter can be had. */
  isLightest(tier: TierName): boolean {
    return !this.free || tier === 'video-thin' || tier === this.#offered.at(-1);
  }

  get free(): boolean {
    return this.#offered.length > 1;
  }

  /** Looks at the line a few times a second, and at tiers whose encoder fails. Answers the tier from now on. */
  review(
    { now: line, burst, stuck }: LineReading,
    needOf: (tier: TierName) => number,
    failing: (tier: TierName) => boolean,
    nowMs: number,
  ): TierName {
    const offered = this.#usable(failing);
    if (!offered.includes(this.#tier)) this.#standIn(offered, (tier) => line === undefined || needOf(tier) <= keepShare * line);
    if (line === undefined) return this.#tier;
    const at = offered.indexOf(this.#tier);
    const tooMuch = line < this.#suspectBelow && needOf(this.#tier) > keepShare * line;
    const shareOf = (tier: TierName): number => needOf(tier) / (burst ?? line);
    const above = at > 0 ? shareOf(offered[at - 1] as TierName) : Number.POSITIVE_INFINITY;
    this.#tooMuchSinceMs = tooMuch ? (this.#tooMuchSinceMs ?? nowMs) : undefined;
    this.#roomSinceMs = above < riseShare ? (this.#roomSinceMs ?? nowMs) : undefined;
    this.#justSinceMs = above < tryShare ? (this.#justSinceMs ?? nowMs) : undefined;
    if (this.#tooMuchSinceMs !== undefined && (stuck || nowMs - this.#tooMuchSinceMs >= fallAfterMs)) {
      const fits = offered.slice(at).find((tier) => needOf(tier) <= keepShare * line);
      this.#fall(fits ?? (offered.at(-1) as TierName), nowMs);
    } else if (nowMs - (this.#roomSinceMs ?? nowMs) >= riseAfterMs * this.#patience) {
      this.#rise(offered.find((tier) => shareOf(tier) < riseShare) as TierName, nowMs);
    } else if (nowMs - (this.#justSinceMs ?? nowMs) >= tryAfterMs * this.#patience) {
      this.#rise(offered[at - 1] as TierName, nowMs);
    }
    return this.#tier;
  }

  /** The encoder of what it had fails; or it had stills, and video can be had again. */
  #standIn(offered: readonly TierName[], fits: (tier: TierName) => boolean): void {
    const from = tierNames.indexOf(standIn(this.#tier));
    const instead = offered.find((tier) => tierNames.indexOf(tier) >= from && fits(tier));
    this.#move(instead ?? (offered.at(-1) as TierName), isStill(this.#tier) ? 'bears' : 'failing');
  }

  /** Video takes the place of stills where it can be had. */
  #usable(failing: (tier: TierName) => boolean): readonly TierName[] {
    const video = this.#offered.some((tier) => isVideoTier(tier) && !failing(tier));
    const usable = this.#offered.filter((tier) => (isVideoTier(tier) ? !failing(tier) : !video || !isStill(tier)));
    return usable.length > 0 ? usable : this.#offered;
  }

  #fall(tier: TierName, nowMs: number): void {
    if (tier !== this.#tier && nowMs - this.#roseMs < regretMs) this.#patience = Math.min(mostPatience, 2 * this.#patience);
    this.#move(tier, 'thin');
  }

  #rise(tier: TierName, nowMs: number): void {
    if (nowMs - this.#roseMs > regretMs) this.#patience = 1;
    this.#roseMs = nowMs;
    this.#move(tier, 'bears');
  }

  #move(tier: TierName, reason: TierReason): void {
    this.#tier = tier;
    this.#reason = reason;
    this.#tooMuchSinceMs = undefined;
    this.#roomSinceMs = undefined;
    this.#justSinceMs = undefined;
  }
}

/** What takes the place of a tier where there is no video, or where there is video again. */
export function standIn(tier: TierName): TierName {
  const others: Partial<Record<TierName, TierName>> = { video: 'still', 'video-thin': 'thin', still: 'video', thin: 'video-thin' };
  return others[tier] ?? tier;
}

const isStill = (tier: TierName): boolean => tier === 'still' || tier === 'thin';
