import { Worker } from 'node:worker_threads';
import { type Observable, Subscription } from 'rxjs';
import { printable } from '../app-error.ts';
import { backOffMs } from '../device/session.ts';
import { SlotCounts } from '../frame/frame-pool.ts';
import { frameFlags } from '../protocol/frame-header.ts';
import { type EncodedTier, isVideoTier } from '../protocol/tiers.ts';
import type { EncoderEvent, EncoderOrder } from './encoder-events.ts';
import type { Losses } from './losses.ts';
import { Newest } from './newest.ts';
import { SharedFrame, type SlotMemory } from './shared-frame.ts';

/** An encoder that has not answered for so long is replaced. */
const patienceMs = 3000;
/** One that has just been started may still be loading: on a starved processor that alone takes seconds, and starting it anew would not help. */
const startingMs = 15_000;
/** An encoder that nobody watches any more stays this long for who comes back. */
const lingerMs = 5000;
/** Between two key frames that somebody asked for: one bad line must not fill those of the others. */
const keyPauseMs = 500;
/** An encoder that was told to end may take so long: where it is ended by force before its own process has been, nobody collects that any more. */
const endMs = 3000;
/** Deaths of an encoder in a row after which it is not counted on. */
const mostDeaths = 3;
/** And for so long, unless it gives a frame before. */
const distrustMs = 300_000;

/** Who takes the frames of a tier. */
export interface TierViewer {
  /** Whether a frame could leave at once. Video is encoded only while that is so for somebody: what is left out then breaks nothing. */
  ready(): boolean;
  /** A frame on loan; of video one that needs the one before, unless it is a key frame. */
  put(frame: SharedFrame): void;
}

export interface TierWatch {
  /** The viewer has become ready. */
  pull(): void;
  /** The viewer cannot go on without a key frame. */
  askKey(): void;
  end(): void;
}

/**
 * One view of a stream in one tier: encoded once for all who watch it, in a thread of its own, and only while somebody does.
 * While the encoder is busy the newest frame waits for it and replaces the one before.
 */
export class Tier {
  readonly #tier: EncodedTier;
  readonly #isVideo: boolean;
  readonly #source$: Observable<SharedFrame>;
  readonly #losses: Losses;
  readonly #warn: (reason: string) => void;
  readonly #waiting = new Newest<SharedFrame>();
  readonly #latest = new Newest<SharedFrame>();
  #source = Subscription.EMPTY;
  #worker: Worker | undefined;
  #sourceMemory: SlotMemory | undefined;
  #ownMemory: SlotMemory | undefined;
  readonly #viewers = new Set<TierViewer>();
  #keyWanted = false;
  #keyAtMs = Number.NEGATIVE_INFINITY;
  #keyTimer: NodeJS.Timeout | undefined;
  /** The frame that the encoder reads; it belongs to this side, so that an encoder that dies takes nothing with it. */
  #underWay: SharedFrame | undefined;
  #capturedUs = 0;
  #offeredMs = Number.NEGATIVE_INFINITY;
  #intervalMs = 33;
  #deaths = 0;
  #failingUntilMs = Number.NEGATIVE_INFINITY;
  #isStarting = true;
  #patience: NodeJS.Timeout | undefined;
  #rebirth: NodeJS.Timeout | undefined;
  #linger: NodeJS.Timeout | undefined;
  #bytes = 0;

  /** `source$`: the frames as they are, the newest one at once. */
  constructor(tier: EncodedTier, source$: Observable<SharedFrame>, losses: Losses, warn: (reason: string) => void) {
    this.#warn = warn;
    this.#tier = tier;
    this.#source$ = source$;
    this.#losses = losses;
    this.#isVideo = isVideoTier(tier);
  }

  /** Encoded frames from now on, and the newest one at once if it can be had. */
  watch(viewer: TierViewer): TierWatch {
    this.#join(viewer);
    return {
      pull: () => this.#encodeNext(),
      askKey: () => this.#askKey(),
      end: () => this.#leave(viewer),
    };
  }

  /** Its encoder has died again and again; remembered for a while where nobody watches it any more. */
  get failing(): boolean {
    return performance.now() < this.#failingUntilMs;
  }

  /** Bytes of a frame, mean of the last ones; 0 before the first. */
  get frameBytes(): number {
    return this.#bytes;
  }

  /** Frames that were replaced by a newer one while they waited for the encoder. */
  get skipped(): number {
    return this.#waiting.skipped;
  }

  /** Ends the encoder and forgets its frames. */
  close(): void {
    clearTimeout(this.#linger);
    clearTimeout(this.#rebirth);
    clearTimeout(this.#keyTimer);
    this.#keyTimer = undefined;
    this.#deaths = 0;
    this.#stopWorker();
    this.#latest[Symbol.dispose]();
  }

  #join(viewer: TierViewer): void {
    clearTimeout(this.#linger);
    this.#viewers.add(viewer);
    if (this.#deaths === 0) this.#worker ??= this.#startWorker();
    using latest = this.#latest.take();
    if (latest !== undefined) this.#latest.put(latest);
    const shown = latest !== undefined && (latest.header.flags & frameFlags.key) !== 0;
    if (shown) viewer.put(latest);
    else if (this.#isVideo) this.#askKey();
    if (this.#viewers.size === 1) this.#fetch();
  }

  /** Subscribed to, the source gives its newest frame at once. */
  #fetch(): void {
    this.#source.unsubscribe();
    this.#source = this.#source$.subscribe((frame) => this.#offer(frame));
  }

  /** With the next frame; where none comes, because the source is held, with the newest one again. */
  #askKey(): void {
    this.#keyWanted = true;
    this.#keyTimer ??= setTimeout(() => {
      this.#keyTimer = undefined;
      if (!this.#keyWanted || this.#viewers.size === 0) return;
      if (!this.#waiting.waiting && performance.now() - this.#offeredMs > keyPauseMs) this.#fetch();
      this.#askKey();
    }, keyPauseMs).unref();
  }

  #leave(viewer: TierViewer): void {
    if (!this.#viewers.delete(viewer) || this.#viewers.size > 0) return;
    this.#source.unsubscribe();
    this.#waiting[Symbol.dispose]();
    this.#latest[Symbol.dispose]();
    this.#linger = setTimeout(() => this.close(), lingerMs).unref();
  }

  #offer(frame: SharedFrame): void {
    this.#offeredMs = performance.now();
    const { capturedAtUs } = frame.header;
    if (capturedAtUs > this.#capturedUs) this.#intervalMs = (capturedAtUs - this.#capturedUs) / 1000;
    this.#capturedUs = capturedAtUs;
    this.#waiting.put(frame);
    this.#encodeNext();
  }

  #startWorker(): Worker {
    const program = this.#isVideo ? './video-worker.ts' : './encoder-worker.ts';
    this.#isStarting = true;
    const worker = new Worker(new URL(program, import.meta.url), { workerData: { tier: this.#tier }, name: this.#tier });
    this.#sourceMemory = undefined;
    this.#ownMemory = undefined;
    worker.on('message', (event: EncoderEvent) => {
      if (worker === this.#worker) this.#hear(event);
    });
    // `exit` follows.
    worker.on('error', (thrown) =>
      this.#warn(`its encoder failed: ${printable(thrown instanceof Error ? thrown.message : String(thrown))}`),
    );
    worker.on('exit', () => {
      if (worker === this.#worker) this.#replaceWorker();
    });
    return worker;
  }

  #stopWorker(): void {
    clearTimeout(this.#patience);
    this.#waiting[Symbol.dispose]();
    this.#underWay?.[Symbol.dispose]();
    this.#underWay = undefined;
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    worker.postMessage({ order: 'end' } satisfies EncoderOrder);
    const deadline = setTimeout(() => void worker.terminate(), endMs);
    worker.once('exit', () => clearTimeout(deadline));
  }

  #replaceWorker(): void {
    this.#losses.add('encoder/restarts');
    this.#stopWorker();
    this.#deaths++;
    if (this.#deaths >= mostDeaths) this.#failingUntilMs = performance.now() + distrustMs;
    this.#rebirth = setTimeout(() => this.#restart(), backOffMs(this.#deaths)).unref();
  }

  #restart(): void {
    if (this.#viewers.size === 0) {
      this.#deaths = 0;
      return;
    }
    this.#worker ??= this.#startWorker();
    this.#fetch();
  }

  #encodeNext(): void {
    if (this.#underWay !== undefined || this.#worker === undefined) return;
    if (this.#isVideo && !this.#someoneReady()) return;
    const frame = this.#waiting.take();
    if (frame === undefined) return;
    if (frame.memory !== this.#sourceMemory) {
      const { buffer, layout } = frame.memory;
      this.#order({ order: 'memory', place: { buffer, layout } });
      this.#sourceMemory = frame.memory;
    }
    this.#underWay = frame;
    this.#order({ order: 'encode', slot: frame.slot, intervalMs: this.#intervalMs, key: this.#takeKeyWish() });
    this.#patience = setTimeout(() => this.#replaceWorker(), this.#isStarting ? startingMs : patienceMs).unref();
  }

  #hear(event: EncoderEvent): void {
    if (event.event === 'memory') {
      const { buffer, layout } = event.place;
      this.#latest[Symbol.dispose]();
      this.#ownMemory = { buffer, layout, counts: new SlotCounts(buffer, layout) };
      return;
    }
    clearTimeout(this.#patience);
    this.#isStarting = false;
    this.#underWay?.[Symbol.dispose]();
    this.#underWay = undefined;
    if (event.event === 'lost') this.#losses.add(event.place);
    else this.#send(event.slot);
    this.#encodeNext();
  }

  #send(slot: number): void {
    if (this.#ownMemory === undefined) return;
    this.#deaths = 0;
    this.#failingUntilMs = Number.NEGATIVE_INFINITY;
    using frame = SharedFrame.receive(this.#ownMemory, slot);
    this.#bytes += (frame.header.payloadBytes - this.#bytes) * (this.#bytes === 0 ? 1 : 0.2);
    this.#latest.put(frame);
    if (this.#isVideo && (frame.header.flags & frameFlags.key) !== 0) {
      this.#keyAtMs = performance.now();
      // Whoever cannot take this one asks anew.
      this.#keyWanted = false;
    }
    for (const viewer of this.#viewers) viewer.put(frame);
  }

  #someoneReady(): boolean {
    for (const viewer of this.#viewers) if (viewer.ready()) return true;
    return false;
  }

  #takeKeyWish(): boolean {
    if (!this.#keyWanted || performance.now() - this.#keyAtMs < keyPauseMs) return false;
    this.#keyWanted = false;
    return true;
  }

  #order(order: EncoderOrder): void {
    this.#worker?.postMessage(order);
  }
}
