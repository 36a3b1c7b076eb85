import { Worker } from 'node:worker_threads';
import { Observable, Subject, Subscription } from 'rxjs';
import { printable } from '../app-error.ts';
import { backOffMs } from '../device/session.ts';
import { SlotCounts } from '../frame/frame-pool.ts';
import type { EncodedTier } from '../protocol/tiers.ts';
import type { EncoderEvent, EncoderOrder } from './encoder-events.ts';
import type { Losses } from './losses.ts';
import { Newest } from './newest.ts';
import { SharedFrame, type SlotMemory } from './shared-frame.ts';

/** An encoder that has not answered for so long is replaced. */
const patienceMs = 3000;
/** An encoder that nobody watches any more stays this long for who comes back. */
const lingerMs = 5000;

/**
 * One view of a stream in one tier: encoded once for all who watch it, in a thread of its own, and only while somebody does.
 * While the encoder is busy the newest frame waits for it and replaces the one before.
 */
export class Tier {
  /** Encoded frames, lent for the length of the call; the newest one at once. */
  readonly frames$: Observable<SharedFrame>;
  readonly #tier: EncodedTier;
  readonly #source$: Observable<SharedFrame>;
  readonly #losses: Losses;
  readonly #warn: (reason: string) => void;
  readonly #encoded$ = new Subject<SharedFrame>();
  readonly #waiting = new Newest<SharedFrame>();
  readonly #latest = new Newest<SharedFrame>();
  #source = Subscription.EMPTY;
  #worker: Worker | undefined;
  #sourceMemory: SlotMemory | undefined;
  #ownMemory: SlotMemory | undefined;
  #viewers = 0;
  /** The frame that the encoder reads; it belongs to this side, so that an encoder that dies takes nothing with it. */
  #underWay: SharedFrame | undefined;
  #capturedUs = 0;
  #intervalMs = 33;
  #deaths = 0;
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
    this.frames$ = new Observable((viewer) => {
      const subscription = this.#encoded$.subscribe(viewer);
      this.#join((frame) => viewer.next(frame));
      return () => {
        subscription.unsubscribe();
        this.#leave();
      };
    });
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
    this.#deaths = 0;
    this.#stopWorker();
    this.#latest[Symbol.dispose]();
  }

  #join(show: (frame: SharedFrame) => void): void {
    clearTimeout(this.#linger);
    this.#viewers++;
    if (this.#deaths === 0) this.#worker ??= this.#startWorker();
    if (this.#viewers === 1) this.#source = this.#source$.subscribe((frame) => this.#offer(frame));
    using latest = this.#latest.take();
    if (latest === undefined) return;
    this.#latest.put(latest);
    show(latest);
  }

  #leave(): void {
    this.#viewers--;
    if (this.#viewers > 0) return;
    this.#source.unsubscribe();
    this.#waiting[Symbol.dispose]();
    this.#latest[Symbol.dispose]();
    this.#linger = setTimeout(() => this.close(), lingerMs).unref();
  }

  #offer(frame: SharedFrame): void {
    const { capturedAtUs } = frame.header;
    if (capturedAtUs > this.#capturedUs) this.#intervalMs = (capturedAtUs - this.#capturedUs) / 1000;
    this.#capturedUs = capturedAtUs;
    this.#waiting.put(frame);
    this.#encodeNext();
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('./encoder-worker.ts', import.meta.url), { workerData: { tier: this.#tier }, name: this.#tier });
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
    const deadline = setTimeout(() => void worker.terminate(), 500);
    worker.once('exit', () => clearTimeout(deadline));
  }

  #replaceWorker(): void {
    this.#losses.add('encoder/restarts');
    void this.#worker?.terminate();
    this.#stopWorker();
    this.#deaths++;
    this.#rebirth = setTimeout(() => this.#restart(), backOffMs(this.#deaths)).unref();
  }

  #restart(): void {
    if (this.#viewers === 0) {
      this.#deaths = 0;
      return;
    }
    this.#worker ??= this.#startWorker();
    // Asked for again, the source gives its newest frame at once.
    this.#source.unsubscribe();
    this.#source = this.#source$.subscribe((frame) => this.#offer(frame));
  }

  #encodeNext(): void {
    if (this.#underWay !== undefined || this.#worker === undefined) return;
    const frame = this.#waiting.take();
    if (frame === undefined) return;
    if (frame.memory !== this.#sourceMemory) {
      const { buffer, layout } = frame.memory;
      this.#order({ order: 'memory', place: { buffer, layout } });
      this.#sourceMemory = frame.memory;
    }
    this.#underWay = frame;
    this.#order({ order: 'encode', slot: frame.slot, intervalMs: this.#intervalMs });
    this.#patience = setTimeout(() => this.#replaceWorker(), patienceMs).unref();
  }

  #hear(event: EncoderEvent): void {
    if (event.event === 'memory') {
      const { buffer, layout } = event.place;
      this.#latest[Symbol.dispose]();
      this.#ownMemory = { buffer, layout, counts: new SlotCounts(buffer, layout) };
      return;
    }
    clearTimeout(this.#patience);
    this.#underWay?.[Symbol.dispose]();
    this.#underWay = undefined;
    if (event.event === 'lost') this.#losses.add(event.place);
    else this.#send(event.slot);
    this.#encodeNext();
  }

  #send(slot: number): void {
    if (this.#ownMemory === undefined) return;
    this.#deaths = 0;
    using frame = SharedFrame.receive(this.#ownMemory, slot);
    this.#bytes += (frame.header.payloadBytes - this.#bytes) * (this.#bytes === 0 ? 1 : 0.2);
    this.#latest.put(frame);
    this.#encoded$.next(frame);
  }

  #order(order: EncoderOrder): void {
    this.#worker?.postMessage(order);
  }
}
