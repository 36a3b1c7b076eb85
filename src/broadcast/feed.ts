import type { View } from '../protocol/frame-header.ts';
import { isVideoTier, type TierName } from '../protocol/tiers.ts';
import { Every } from '../stream/every.ts';
import { type Edge, Newest } from '../stream/newest.ts';
import { hasRoom, type SharedFrame, type SlotMemory } from '../stream/shared-frame.ts';
import type { Stream } from '../stream/stream.ts';
import type { TierWatch } from '../stream/tier.ts';
import { Unbroken } from '../stream/unbroken.ts';

/** Frames that wait for a viewer who asked for every one. */
const everyCapacity = 8;
/** Frames of video that may wait before a viewer skips to a key frame: as long as it takes to ask for one. */
const videoCapacity = 3;

export interface FeedWish {
  readonly view: View;
  readonly tier: TierName;
  readonly every: boolean;
}

export interface FeedReader {
  /** Whether a frame could leave at once. */
  lineFree(): boolean;
  /** Whether one may be sent now. */
  sends(): boolean;
  /** Sends a frame on loan. */
  send(frame: SharedFrame): void;
  /** A frame waits to be taken. */
  came(): void;
}

/** The frames of one tier as they wait for one viewer. */
export class Feed implements Disposable {
  readonly tier: TierName;
  readonly #stream: Stream;
  readonly #view: View;
  readonly #edge: Edge<SharedFrame>;
  readonly #skippedBefore: number;
  #watch: TierWatch | undefined;
  #memory: SlotMemory | undefined;
  #unbroken: Unbroken | undefined;

  constructor(stream: Stream, { view, tier, every }: FeedWish) {
    this.tier = tier;
    this.#stream = stream;
    this.#view = view;
    this.#edge = this.#edgeFor(every);
    this.#skippedBefore = stream.tierCounts(view, tier).skipped;
  }

  /** From now on; the newest frame may come before this returns. */
  begin({ lineFree, sends, send, came }: FeedReader): void {
    this.#watch = this.#stream.watch(this.#view, this.tier, {
      ready: () => this.#unbroken?.empty !== false && lineFree(),
      put: (frame) => {
        this.#memory = frame.memory;
        // What can go at once is neither held nor kept: that is most frames, and as many times that as there are viewers.
        if (sends() && this.#edge.passes(frame)) {
          send(frame);
          return;
        }
        this.#edge.put(frame);
        came();
      },
    });
  }

  /** Frames that were left out for this viewer, or for all of its tier by the encoder. */
  get skipped(): number {
    return this.#edge.skipped + this.#stream.tierCounts(this.#view, this.tier).skipped - this.#skippedBefore;
  }

  /** Nothing can be taken before a key frame comes. */
  get needsKey(): boolean {
    return this.#unbroken?.needsKey === true;
  }

  take(): SharedFrame | undefined {
    return this.#edge.take();
  }

  /** The line has become free. */
  pull(): void {
    if (this.needsKey) this.#watch?.askKey();
    this.#watch?.pull();
  }

  /** The viewer cannot go on from what it got: nothing more before a key frame. */
  skipToKey(): void {
    this.#unbroken?.skipToKey();
  }

  [Symbol.dispose](): void {
    this.#watch?.end();
    this.#edge[Symbol.dispose]();
  }

  #edgeFor(every: boolean): Edge<SharedFrame> {
    if (isVideoTier(this.tier)) {
      this.#unbroken = new Unbroken(every ? everyCapacity : videoCapacity);
      return this.#unbroken;
    }
    if (!every) return new Newest<SharedFrame>();
    return new Every(everyCapacity, () => this.#memory === undefined || hasRoom(this.#memory));
  }
}
