import { Subscription } from 'rxjs';
import type { WebSocket } from 'ws';
import type { View } from '../protocol/frame-header.ts';
import type { TierName } from '../protocol/tiers.ts';
import { Every } from '../stream/every.ts';
import { type Edge, Newest } from '../stream/newest.ts';
import { hasRoom, type SharedFrame, type SlotMemory } from '../stream/shared-frame.ts';
import type { Stream } from '../stream/stream.ts';
import { type Line, TierChoice } from './line.ts';

/** Frames that wait for a viewer who asked for every one. */
const everyCapacity = 8;
/** Share of the raw bytes that a tier needs, until it has been seen at work (docs/performance.md). */
const usualShare: Readonly<Record<TierName, number>> = { raw: 1, exact: 0.35, still: 0.15, thin: 0.06 };

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
  readonly #line: Line;
  readonly #edge: Edge<SharedFrame>;
  readonly #choice: TierChoice;
  readonly #lateMs: number;
  readonly #sending: DeliveryWish['sending'];
  readonly #underWay: UnderWay[] = [];
  #frames = Subscription.EMPTY;
  /** The tier whose frames come now. */
  #followed: TierName | undefined;
  /** Where the frames lie that come now. */
  #memory: SlotMemory | undefined;
  /** The viewer's own copy of a frame whose slot the stream could not spare while a slow line swallows it. */
  #copy: Buffer | undefined;
  #writing = false;
  #encoderSkipped = 0;
  #encoderSkippedBefore = 0;
  sent = 0;
  /** Age at drawing of the frame acknowledged last, by the viewer's estimate of the clock. */
  drawnAgeMs: number | undefined;

  constructor(
    socket: WebSocket,
    line: Line,
    stream: Stream,
    { view, delivery, tiers, first, suspectBelow, lateMs, sending }: DeliveryWish,
  ) {
    this.#socket = socket;
    this.#line = line;
    this.stream = stream;
    this.view = view;
    this.#lateMs = lateMs;
    this.#sending = sending;
    this.#choice = new TierChoice(tiers, first, suspectBelow);
    this.#edge =
      delivery === 'every'
        ? new Every(everyCapacity, () => this.#memory === undefined || hasRoom(this.#memory))
        : new Newest<SharedFrame>();
    this.#follow();
  }

  get tier(): TierName {
    return this.#choice.tier;
  }

  /** Frames that were left out for this viewer, or for all of its tier by the encoder. */
  get skipped(): number {
    return this.#edge.skipped + this.#encoderSkippedBefore + this.#skippedByEncoder();
  }

  /** An acknowledgement covers the frame and all sent before it. */
  acknowledge(sequence: number, arrivedMs: number, drawnUs: number | undefined): void {
    const upTo = this.#underWay.findIndex((frame) => frame.sequence === sequence);
    const frame = this.#underWay[upTo];
    if (frame === undefined) return;
    if (drawnUs !== undefined) this.drawnAgeMs = (drawnUs - frame.capturedUs) / 1000;
    this.#line.carried(frame.bytes, frame.sentMs, arrivedMs);
    this.#underWay.splice(0, upTo + 1);
    this.#pump();
  }

  /** A few times a second: another tier where the line bears more or less. */
  review(nowMs: number): void {
    if (!this.#choice.free) return;
    const before = this.tier;
    const { fps } = this.stream;
    const rawBytes = this.stream.tierCounts(this.view, 'raw').frameBytes;
    const needOf = (tier: TierName): number => fps * (this.stream.tierCounts(this.view, tier).frameBytes || usualShare[tier] * rawBytes);
    const stuck = this.#stuckBytesPerSecond(nowMs);
    const [line, burst] = stuck === undefined ? [this.#line.bytesPerSecond, this.#line.burstBytesPerSecond] : [stuck, stuck];
    if (this.#choice.review(line, burst, needOf, nowMs) !== before) this.#follow();
  }

  /** A frame that does not arrive tells too: the line bears less than its bytes in that time. Undefined: none is late. */
  #stuckBytesPerSecond(nowMs: number): number | undefined {
    const waitedMs = nowMs - (this.#underWay[0]?.sentMs ?? nowMs);
    if (waitedMs < this.#lateMs) return undefined;
    return (this.#underWay.reduce((sum, { bytes }) => sum + bytes, 0) * 1000) / waitedMs;
  }

  close(): void {
    this.#frames.unsubscribe();
    this.#edge[Symbol.dispose]();
  }

  #follow(): void {
    this.#encoderSkippedBefore += this.#skippedByEncoder();
    this.#followed = this.tier;
    this.#encoderSkipped = this.stream.tierCounts(this.view, this.#followed).skipped;
    const before = this.#frames;
    this.#frames = this.stream.frames(this.view, this.tier).subscribe((frame) => {
      this.#memory = frame.memory;
      this.#edge.put(frame);
      this.#pump();
    });
    before.unsubscribe();
  }

  #skippedByEncoder(): number {
    return this.#followed === undefined ? 0 : this.stream.tierCounts(this.view, this.#followed).skipped - this.#encoderSkipped;
  }

  #pump(): void {
    const window = this.#line.window(1000 / Math.max(1, this.stream.fps));
    while (!this.#writing && this.#underWay.length < window && this.#socket.readyState === this.#socket.OPEN) {
      const frame = this.#edge.take();
      if (frame === undefined) return;
      this.#send(frame);
    }
  }

  #send(frame: SharedFrame): void {
    const { sequence, capturedAtUs: capturedUs } = frame.header;
    this.#underWay.push({ sequence, capturedUs, bytes: frame.bytes.length, sentMs: performance.now() });
    this.#writing = true;
    this.sent++;
    this.#sending(sequence);
    // Straight from the slot where its memory can spare it; else a copy, so that no slow line ever starves the capture.
    const direct = hasRoom(frame.memory);
    const bytes = direct ? frame.bytes : this.#copyOf(frame.bytes);
    if (!direct) frame[Symbol.dispose]();
    this.#socket.send(bytes, { binary: true, fin: true }, () => {
      frame[Symbol.dispose]();
      this.#writing = false;
      this.#pump();
    });
  }

  #copyOf(bytes: Buffer): Buffer {
    if (this.#copy === undefined || this.#copy.length < bytes.length) this.#copy = Buffer.allocUnsafeSlow(bytes.length);
    bytes.copy(this.#copy);
    return this.#copy.subarray(0, bytes.length);
  }
}
