import { isVideoTier, type TierName, type TierReason, tierNames } from '../protocol/tiers.ts';

/** Over so many milliseconds a line is judged by what it carried. */
const judgedMs = 1500;
/** And by so many transfers at most. */
const mostTransfers = 256;
/** A transfer that no clock can measure counts as this long. */
const shortestMs = 1;
/** What arrives closer together than this came in one piece, e.g. after a packet had to be sent again: alone it would seem to have flown. */
const togetherMs = 3;
/** The shortest ping of so long tells how long the way is: others had to wait behind pictures. */
const pingsMs = 120_000;
/** A line that carries something for this share of the time is full, and one whose way is so much shorter than its transfers needs nothing to wait in it. */
const [fullShare, shortWayShare] = [0.85, 0.25] as const;
/** The part of the transfers that something disturbs. */
const undisturbed = 0.85;
/** What took no longer tells only how much the line bears at least: the clocks and the way's length are not known better. */
const unmeasuredMs = 3;
/** What heavier frames showed of a line is believed for so long. */
const rememberedMs = 120_000;

interface Transfer {
  readonly beganMs: number;
  readonly bytes: number;
  readonly arrivedMs: number;
}

const tookMs = ({ beganMs, arrivedMs }: Transfer): number => Math.max(shortestMs, arrivedMs - beganMs);
const rateOf = (transfer: Transfer): number => (transfer.bytes * 1000) / tookMs(transfer);

/** What a line bears undisturbed. */
export interface Burst {
  readonly bytesPerSecond: number;
  /** It may bear more: what it carried was too light to tell. */
  readonly orMore: boolean;
}

/** What a line to a viewer bears, from the frames that went over it. All times are milliseconds of one clock. */
export class Line {
  readonly #transfers: Transfer[] = [];
  readonly #pings: { readonly tookMs: number; readonly atMs: number }[] = [];
  /** What transfers showed that could be measured. */
  #measured = { bytesPerSecond: 0, atMs: Number.NEGATIVE_INFINITY };
  #shortestMs: number | undefined;
  /** All transfers together. */
  #busyMs = 0;
  #full = false;

  /** A ping was answered. Of a full line it tells only what waits there: then what was known before is believed. */
  roundTrip(tookMs: number, nowMs: number): void {
    if (this.#full && tookMs > (this.#shortestMs ?? Number.POSITIVE_INFINITY)) return;
    this.#pings.push({ tookMs, atMs: nowMs });
    while (nowMs - (this.#pings[0]?.atMs ?? nowMs) > pingsMs) this.#pings.shift();
    this.#shortestMs = Math.min(...this.#pings.map((ping) => ping.tookMs));
  }

  /** The shortest way there and back of the last minutes: a line may become another one, and what waits in it is no way. */
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
      this.#busyMs += tookMs(together) - tookMs(before);
    } else {
      const alone = { beganMs: Math.max(sentMs + wayMs, lastMs), bytes, arrivedMs: Math.max(arrivedMs, lastMs) };
      this.#transfers.push(alone);
      this.#busyMs += tookMs(alone);
    }
    while (arrivedMs - (this.#transfers[0] as Transfer).arrivedMs > judgedMs || this.#transfers.length > mostTransfers)
      this.#busyMs -= tookMs(this.#transfers.shift() as Transfer);
    this.#full = this.#busyMs > fullShare * (arrivedMs - (this.#transfers[0] as Transfer).beganMs);
  }

  /** Bytes per second that went through while there was something to carry; undefined before the first frame. */
  get bytesPerSecond(): number | undefined {
    if (this.#transfers.length === 0) return undefined;
    const bytes = this.#transfers.reduce((sum, transfer) => sum + transfer.bytes, 0);
    return (bytes * 1000) / this.#busyMs;
  }

  /**
   * What it bears when nothing disturbs it: a small frame is soon delayed by something else than the line. Undefined before the first frame.
   */
  get burst(): Burst | undefined {
    const sorted = this.#transfers.toSorted((a, b) => rateOf(a) - rateOf(b));
    const transfer = sorted[Math.floor(sorted.length * undisturbed)];
    if (transfer === undefined) return undefined;
    const { arrivedMs } = transfer;
    const bytesPerSecond = rateOf(transfer);
    if (tookMs(transfer) > unmeasuredMs) {
      this.#measured = { bytesPerSecond, atMs: arrivedMs };
      return { bytesPerSecond, orMore: false };
    }
    const known = arrivedMs - this.#measured.atMs < rememberedMs && this.#measured.bytesPerSecond >= bytesPerSecond;
    return known ? { bytesPerSecond: this.#measured.bytesPerSecond, orMore: false } : { bytesPerSecond, orMore: true };
  }

  /**
   * Frames that may be under way: two, and as many more as the way there and back takes. One where the line, or whoever reads, is busy all
   * the time anyway: a second would only wait, and get old. But where `every` frame counts, the line is kept busy.
   */
  window(frameIntervalMs: number, every = false): number {
    const roundTripMs = this.roundTripMs ?? 0;
    if (!every && this.#full && roundTripMs < (this.#busyMs / this.#transfers.length) * shortWayShare) return 1;
    return Math.min(8, 2 + Math.floor(roundTripMs / Math.max(1, frameIntervalMs)));
  }
}

/** A tier must need less than this share of the line to be kept, and to be moved up to. */
const keepShare = 0.95;
const riseShare = 0.6;
/** What must hold for so long before a tier is changed: quick to give way, slower to come back. */
const fallAfterMs = 400;
const riseAfterMs = 1500;
/** Where the line seems to bear the next tier only just, it is tried after so long. */
const [tryShare, tryAfterMs] = [0.9, 2000] as const;
/** Where it may bear more than could be measured, what would delay a picture by no more than three others is tried. */
const leapShare = 3;
/** Who falls so soon after it rose waits twice as long before it rises again, up to so many times. */
const [regretMs, mostPatience] = [8000, 16] as const;
/** And half as long again after each such time without a fall. */
const forgivenMs = 10_000;

/** What a line bears: as it is, in bytes per second, and undisturbed. */
export interface LineReading {
  readonly now: number | undefined;
  readonly burst: Burst | undefined;
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
  #fellMs = Number.NEGATIVE_INFINITY;
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
    const shareOf = (tier: TierName): number => needOf(tier) / (burst?.bytesPerSecond ?? line);
    const above = at > 0 ? shareOf(offered[at - 1] as TierName) : Number.POSITIVE_INFINITY;
    const roomShare = burst?.orMore === true ? leapShare : riseShare;
    this.#tooMuchSinceMs = tooMuch ? (this.#tooMuchSinceMs ?? nowMs) : undefined;
    this.#roomSinceMs = above < roomShare ? (this.#roomSinceMs ?? nowMs) : undefined;
    this.#justSinceMs = above < tryShare ? (this.#justSinceMs ?? nowMs) : undefined;
    if (this.#tooMuchSinceMs !== undefined && (stuck || nowMs - this.#tooMuchSinceMs >= fallAfterMs)) {
      const fits = offered.slice(at).find((tier) => needOf(tier) <= keepShare * line);
      this.#fall(fits ?? (offered.at(-1) as TierName), nowMs);
    } else if (nowMs - (this.#roomSinceMs ?? nowMs) >= riseAfterMs * this.#patienceAt(nowMs)) {
      this.#rise(offered.find((tier) => shareOf(tier) < roomShare) as TierName, nowMs);
    } else if (nowMs - (this.#justSinceMs ?? nowMs) >= tryAfterMs * this.#patienceAt(nowMs)) {
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
    if (tier !== this.#tier) {
      const soon = nowMs - this.#roseMs < regretMs;
      this.#patience = soon ? Math.min(mostPatience, 2 * this.#patienceAt(nowMs)) : 1;
      this.#fellMs = nowMs;
    }
    this.#move(tier, 'thin');
  }

  #patienceAt(nowMs: number): number {
    return Math.max(1, this.#patience / 2 ** Math.floor((nowMs - this.#fellMs) / forgivenMs));
  }

  #rise(tier: TierName, nowMs: number): void {
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
