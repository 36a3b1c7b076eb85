import type { WebSocket } from 'ws';
import type { View } from '../protocol/frame-header.ts';
import { isVideoTier, type TierName, type TierReason } from '../protocol/tiers.ts';
import type { SharedFrame } from '../stream/shared-frame.ts';
import type { Stream } from '../stream/stream.ts';
import { thinBitsPerSecond } from '../stream/video-orders.ts';
import { Feed } from './feed.ts';
import { type Line, TierChoice } from './line.ts';
import type { Wire } from './wire.ts';

/** Share of the raw bytes that a tier needs, until it has been seen at work (docs/performance.md). */
const usualShare: Readonly<Record<TierName, number>> = {
  raw: 1,
  exact: 0.35,
  video: 0.04,
  'video-thin': 0.04,
  still: 0.15,
  thin: 0.06,
};
/** A frame is late after so long where the line carries nothing else either. */
const silentLateMs = 550;
/** A picture that comes alone, or again because it is held, should cross the line within a third of a second. */
const leastFps = 3;
/** Between two key frames that a viewer asks for; who asks again soon waits twice as long, up to the second. */
const [keyPauseMs, longestKeyPauseMs] = [500, 8000] as const;

export interface DeliveryWish {
  readonly view: View;
  readonly delivery: 'newest' | 'every';
  /** Tiers that may be sent; the line decides among several. */
  readonly tiers: readonly TierName[];
  readonly first: TierName;
  /** See TierChoice. */
  readonly suspectBelow: number;
  /** A frame that was not acknowledged for so long is late, and its line bears less than it takes. */
  readonly lateMs: number;
  /** Is told of every frame just before it leaves. */
  sending(sequence: number): void;
}

interface UnderWay {
  readonly sequence: number;
  readonly capturedUs: number;
  readonly bytes: number;
  readonly tier: TierName;
  readonly sentMs: number;
}

/**
 * Frames of one view on their way to one viewer. Frames under way and not yet acknowledged are bounded: the socket's own buffers
 * hide seconds of backlog (megabytes in the kernel before `bufferedAmount` moves), so only acknowledgements tell what a line can take.
 */
export class Delivery {
  readonly stream: Stream;
  readonly view: View;
  readonly #socket: WebSocket;
  readonly #wire: Wire;
  readonly #line: Line;
  readonly #choice: TierChoice;
  readonly #lateMs: number;
  readonly #sending: DeliveryWish['sending'];
  readonly #underWay: UnderWay[] = [];
  readonly #every: boolean;
  #feed: Feed;
  /** Of the tier that was chosen and has no frame yet. */
  #nextFeed: Feed | undefined;
  #skippedBefore = 0;
  /** An acknowledgement may come so much later than its frame. */
  #paceMs = 0;
  #keyAtMs = Number.NEGATIVE_INFINITY;
  #keyPauseMs: number = keyPauseMs;
  /** When the key frame that a viewer asked for may be had. */
  #keyDueMs: number | undefined;
  sent = 0;
  /** Age at drawing of the frame acknowledged last, by the viewer's estimate of the clock. */
  drawnAgeMs: number | undefined;

  constructor(
    socket: WebSocket,
    wire: Wire,
    line: Line,
    stream: Stream,
    { view, delivery, tiers, first, suspectBelow, lateMs, sending }: DeliveryWish,
  ) {
    this.#socket = socket;
    this.#wire = wire;
    this.#line = line;
    this.stream = stream;
    this.view = view;
    this.#lateMs = lateMs;
    this.#sending = sending;
    this.#choice = new TierChoice(tiers, first, suspectBelow);
    this.#every = delivery === 'every';
    this.#feed = this.#open(this.#choice.tier);
    wire.freed = () => this.#pumpAndPull();
    this.#begin(this.#feed);
  }

  /** In which frames come now. */
  get tier(): TierName {
    return this.#feed.tier;
  }

  get tierReason(): TierReason {
    return this.#choice.reason;
  }

  get tierBytesPerSecond(): number {
    return this.stream.fps * this.stream.tierCounts(this.view, this.tier).frameBytes;
  }

  /** Frames that were left out for this viewer, or for all of its tier by the encoder. */
  get skipped(): number {
    return this.#skippedBefore + this.#feed.skipped;
  }

  /** An acknowledgement covers the frame, all sent before it, and it again: a held picture comes anew with the same sequence. */
  acknowledge(sequence: number, arrivedMs: number, drawnUs: number | undefined): void {
    const upTo = this.#underWay.findLastIndex((frame) => frame.sequence === sequence);
    const frame = this.#underWay.find((one) => one.sequence === sequence);
    if (frame === undefined) return;
    if (drawnUs !== undefined) this.drawnAgeMs = (drawnUs - frame.capturedUs) / 1000;
    // Nothing arrives before it was sent, whatever a viewer's clock says.
    this.#line.carried(frame.bytes, frame.sentMs, Math.max(frame.sentMs, arrivedMs));
    this.#underWay.splice(0, upTo + 1);
    this.#pumpAndPull();
  }

  /**
   * A few times a second: another tier where the line bears more or less. `silent`: nothing else crosses it either, so that what is late
   * hangs on the line and not on the viewer. `others`: bytes per second that the viewer's other pictures need of the same line.
   */
  review(nowMs: number, silent: boolean, others: number): void {
    this.#grantKey(nowMs);
    if (!this.#choice.free) return;
    const before = this.#choice.tier;
    const failing = (tier: TierName): boolean => this.stream.tierCounts(this.view, tier).failing;
    const late = this.lateMs(nowMs) > (silent ? silentLateMs : this.#lateMs) + this.#paceMs;
    const stuck = late ? (this.underWayBytes * 1000) / this.lateMs(nowMs) : undefined;
    const burst = stuck === undefined ? this.#line.burst : { bytesPerSecond: stuck, orMore: false };
    const line = { now: stuck ?? this.#line.bytesPerSecond, burst, stuck: late };
    // What is stuck tells of this picture's share alone.
    const beside = stuck === undefined ? others : 0;
    const chosen = this.#choice.review(line, (tier) => beside + this.#needOf(tier), failing, nowMs);
    if (chosen !== before) this.#follow(chosen);
  }

  /** Bytes per second of the tier that was chosen. */
  get needBytesPerSecond(): number {
    return this.#needOf(this.#choice.tier);
  }

  #needOf(tier: TierName): number {
    const seen = this.stream.tierCounts(this.view, tier).frameBytes;
    const rawBytes = this.stream.tierCounts(this.view, 'raw').frameBytes;
    const usual = Math.max(leastFps, this.stream.fps) * (seen > 0 ? seen : usualShare[tier] * rawBytes);
    return tier === 'video-thin' ? Math.min(usual, thinBitsPerSecond / 8) : usual;
  }

  /** Whether each frame's fate decides something. */
  get curious(): boolean {
    return this.#every || this.#nextFeed !== undefined || isVideoTier(this.tier) || !this.#choice.atBest;
  }

  setPace(withinMs: number): void {
    this.#paceMs = withinMs;
  }

  /** How long the oldest frame under way has been that; 0: none is. */
  lateMs(nowMs: number): number {
    return nowMs - (this.#underWay[0]?.sentMs ?? nowMs);
  }

  get underWayBytes(): number {
    return this.#underWay.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Bytes under way of frames that could be had lighter. */
  get heavyBytesUnderWay(): number {
    return this.#underWay.reduce((sum, { bytes, tier }) => sum + (this.#choice.isLightest(tier) ? 0 : bytes), 0);
  }

  close(): void {
    this.#feed[Symbol.dispose]();
    this.#nextFeed?.[Symbol.dispose]();
  }

  /** The viewer cannot decode what it got. Key frames cost everybody of its tier: who asks again and again waits for them. */
  skipToKey(nowMs: number): void {
    this.#keyDueMs ??= Math.max(nowMs, this.#keyAtMs + this.#keyPauseMs);
    this.#grantKey(nowMs);
  }

  #grantKey(nowMs: number): void {
    if (this.#keyDueMs === undefined || nowMs < this.#keyDueMs) return;
    const soon = nowMs - this.#keyAtMs < 2 * this.#keyPauseMs;
    this.#keyPauseMs = soon ? Math.min(longestKeyPauseMs, 2 * this.#keyPauseMs) : keyPauseMs;
    this.#keyAtMs = nowMs;
    this.#keyDueMs = undefined;
    this.#feed.skipToKey();
    this.#pumpAndPull();
  }

  /** Frames of another tier from its first one on; until then those of the one before go on. */
  #follow(tier: TierName): void {
    this.#nextFeed?.[Symbol.dispose]();
    this.#nextFeed = undefined;
    if (tier === this.#feed.tier) return;
    this.#nextFeed = this.#open(tier);
    this.#begin(this.#nextFeed);
  }

  #open(tier: TierName): Feed {
    return new Feed(this.stream, { view: this.view, tier, every: this.#every });
  }

  #begin(feed: Feed): void {
    feed.begin({
      // One that has not begun is not held back by what the tier before has under way.
      lineFree: () => feed !== this.#feed || this.#lineFree(),
      // What waits of another tier goes first, or it would be drawn after something newer.
      sends: () => feed === this.#feed && this.#nextFeed === undefined && this.#lineFree(),
      send: (frame) => this.#send(frame),
      came: () => {
        this.#pump();
        if (feed.needsKey && this.#lineFree()) feed.pull();
      },
    });
  }

  #lineFree(): boolean {
    return this.#wire.free && this.#underWay.length < this.#window() && this.#socket.readyState === this.#socket.OPEN;
  }

  /** Frames of video are small and each is needed: two more keep the line busy through a stall, or while the machines at its ends are not ready. */
  #window(): number {
    const intervalMs = 1000 / Math.max(1, this.stream.fps);
    const unheard = this.#paceMs === 0 ? 0 : Math.ceil(this.#paceMs / intervalMs) + 1;
    return this.#line.window(intervalMs, this.#every) + (isVideoTier(this.#feed.tier) ? 2 : 0) + unheard;
  }

  #take(): SharedFrame | undefined {
    const first = this.#nextFeed?.take();
    if (first === undefined || this.#nextFeed === undefined) return this.#feed.take();
    this.#skippedBefore += this.#feed.skipped;
    this.#feed[Symbol.dispose]();
    this.#feed = this.#nextFeed;
    this.#nextFeed = undefined;
    return first;
  }

  #pump(): void {
    while (this.#lineFree()) {
      using frame = this.#take();
      if (frame === undefined) return;
      this.#send(frame);
    }
  }

  /** The line has become free: what waits goes, and what waits for the encoder is encoded. */
  #pumpAndPull(): void {
    this.#pump();
    if (!this.#lineFree()) return;
    this.#feed.pull();
    this.#nextFeed?.pull();
  }

  /** `frame`: on loan. */
  #send(frame: SharedFrame): void {
    const { sequence, capturedAtUs: capturedUs } = frame.header;
    this.#underWay.push({ sequence, capturedUs, bytes: frame.bytes.length, tier: this.tier, sentMs: performance.now() });
    this.sent++;
    this.#sending(sequence);
    this.#wire.send(frame);
  }
}
