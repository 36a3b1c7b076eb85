import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Subject, type Subscription } from 'rxjs';
import { AppError, type ErrorReport } from '../app-error.ts';
import { backOffMs } from '../device/session.ts';
import type { FrameHeader, View } from '../protocol/frame-header.ts';
import { Every } from '../stream/every.ts';
import type { SharedFrame, SlotMemory } from '../stream/shared-frame.ts';
import type { Stream, StreamLog } from '../stream/stream.ts';
import { pictureDescription } from './description.ts';
import { DiskTurns } from './disk-turns.ts';
import { Past } from './past.ts';
import type { ClipOrder, ClipProgress, RecorderEvent, RecorderOrder, RecorderSetup } from './recorder-orders.ts';

/** Slots that may be on their way to the thread: it copies them one after the other, between two pictures that it packs. */
const mostUnderWay = 8;
/** What is left to whoever fills the slots: a frame goes to the record sooner than to one more slow viewer, and stays shorter. */
const leftShare = 0.25;
/** Of the memory, for frames that no slot could be spared for. */
const copiedShare = 0.25;
/** A thread that has not taken a frame for so long is replaced. */
const patienceMs = 5000;
const startingMs = 15_000;
const watchPeriodMs = 1000;
const endMs = 3000;
/** Frames captured until a clip's end have come by then. In steps: whoever slept for seconds hears of the timer first, and of the frames then. */
const [graceSteps, graceStepMs] = [4, 250];
/** The last loop of a fluoroscopy. */
const longestLoopUs = 60e6;

/** A clip that is being written. */
export interface RunningClip {
  /** Where it has got to; completes with `written`. */
  readonly progress$: Subject<ClipProgress>;
  /** When it is on disk, synced. Rejects with an AppError where nothing was kept; then there is no file. */
  readonly written: Promise<WrittenClip>;
  /** Nothing captured after that belongs to it; absent: after now. */
  end(toUs?: number): void;
  /** Takes its file away; `written` rejects. */
  discard(): void;
}

/** `error`: what broke it off; the frames before are kept. */
export type WrittenClip = ClipProgress & { readonly path: string; readonly error?: ErrorReport };

/** What should be kept without being asked for. */
export interface AutomaticRange {
  readonly stream: number;
  readonly automatic: 'last-image-hold' | 'last-loop';
  readonly fromUs: number;
  readonly toUs: number;
}

interface OpenClip {
  readonly order: ClipOrder;
  readonly progress$: Subject<ClipProgress>;
  readonly settle: PromiseWithResolvers<WrittenClip>;
  ended: { readonly toUs: number } | undefined;
  discarded: boolean;
  timer: NodeJS.Timeout | undefined;
}

export interface RecorderSettings extends Omit<RecorderSetup, 'stream' | 'segments'> {
  readonly view: View;
  nowUs(): number;
}

/** The record of one stream, seen from the main thread: lends every frame to its thread, knows what is there, replaces the thread when it dies. */
export class Recorder {
  readonly past: Past;
  readonly automatic$ = new Subject<AutomaticRange>();
  readonly #stream: Stream;
  readonly #settings: RecorderSettings;
  readonly #log: StreamLog;
  readonly #underWay: Every<SharedFrame>;
  readonly #clips = new Map<number, OpenClip>();
  readonly #watch: { end(): void };
  readonly #news: Subscription;
  readonly #timer: NodeJS.Timeout;
  #worker: Worker | undefined;
  #isStarting = true;
  #rebirth: NodeJS.Timeout | undefined;
  #deaths = 0;
  #memory: SlotMemory | undefined;
  #slotsUnderWay = 0;
  #copiedBytes = 0;
  /** Since when the oldest of them waits. */
  #waitsSinceMs = 0;
  /** Frames that the thread has, and has neither written nor called lost. */
  #unsettled = 0;
  #last: Pick<FrameHeader, 'capturedAtUs' | 'sequence' | 'epoch'> | undefined;
  #describedEpoch: number | undefined;
  #nextClip = 0;
  #runFromUs: number | undefined;
  #wasStreaming = false;
  #closed = false;
  #trouble: ErrorReport | undefined;

  constructor(stream: Stream, settings: RecorderSettings, log: StreamLog) {
    this.#stream = stream;
    this.#settings = settings;
    this.#log = log;
    this.past = new Past(settings.folder);
    this.#underWay = new Every(mostUnderWay, () => this.#memory !== undefined && isRoomLeft(this.#memory));
    this.#startWorker();
    this.#news = stream.news$.subscribe(({ news }) => (news === 'described' ? this.#describe() : this.#noteState()));
    this.#describe();
    this.#noteState();
    this.#watch = stream.watch(settings.view, 'raw', { ready: () => true, put: (frame) => this.#put(frame) });
    this.#timer = setInterval(() => this.#checkPatience(), watchPeriodMs).unref();
  }

  get stream(): Stream {
    return this.#stream;
  }

  /** Why nothing is recorded now; undefined: it is. */
  get trouble(): ErrorReport | undefined {
    return this.#trouble;
  }

  /** Capture time of the newest frame that was handed to the record. */
  get newestUs(): number | undefined {
    return this.#last?.capturedAtUs ?? this.past.newestUs;
  }

  /** Copies one frame, that of `atUs` or the newest one, to a new file; it is synced when this resolves. Throws record/… errors. */
  keepStill(path: string, atUs = this.newestUs): Promise<WrittenClip> {
    if (atUs === undefined) return Promise.reject(new AppError('record/not-there', { stream: this.#stream.name }));
    return this.#begin({ path, still: true, fromUs: atUs, toUs: atUs }).written;
  }

  /** Copies frames to a new file: from then, which may be past, to then, which may be to come; without `toUs` until its `end`. */
  startClip(path: string, fromUs: number, toUs = Number.POSITIVE_INFINITY): RunningClip {
    return this.#begin({ path, still: false, fromUs, toUs });
  }

  /** Ends its thread and what it writes; bounded. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch.end();
    this.#news.unsubscribe();
    clearInterval(this.#timer);
    clearTimeout(this.#rebirth);
    const worker = this.#worker;
    if (worker !== undefined) {
      const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      this.#order({ order: 'end' });
      const deadline = setTimeout(() => void worker.terminate(), endMs);
      // A thread whose disk does not answer cannot even be terminated.
      const givenUp = new AbortController();
      await Promise.race([exited, wait(2 * endMs, undefined, { signal: givenUp.signal }).catch(() => undefined)]);
      givenUp.abort();
      clearTimeout(deadline);
    }
    for (const clip of this.#clips.keys()) {
      this.#settle(clip)?.settle.reject(new AppError('record/clip-not-written', { reason: 'the server ends' }));
    }
    this.#underWay[Symbol.dispose]();
    this.automatic$.complete();
  }

  #put(frame: SharedFrame): void {
    const { header, memory, slot } = frame;
    // Whoever subscribes anew is lent the newest one again.
    if (header.sequence === this.#last?.sequence && header.epoch === this.#last.epoch && header.capturedAtUs === this.#last.capturedAtUs)
      return;
    this.#runFromUs ??= header.capturedAtUs;
    if (this.#worker === undefined) {
      this.#lose('record/failed', 1);
      return;
    }
    if (memory !== this.#memory) {
      this.#memory = memory;
      const { buffer, layout } = memory;
      this.#order({ order: 'memory', place: { buffer, layout } });
    }
    const before = this.#underWay.skipped;
    this.#underWay.put(frame);
    const isInSlot = this.#underWay.skipped === before;
    if (!isInSlot && this.#copiedBytes + frame.bytes.length > this.#settings.memoryBytes * copiedShare) {
      this.#lose('record/no-room', 1);
      return;
    }
    this.#last = header;
    if (this.#slotsUnderWay === 0) this.#waitsSinceMs = performance.now();
    this.#unsettled++;
    if (isInSlot) {
      this.#slotsUnderWay++;
      this.#order(slot);
    } else this.#sendCopy(frame);
  }

  /** Where the thread gets no processor for a while: a copy takes about a millisecond for 2 MB, and a frame of the record is worth that. */
  #sendCopy(frame: SharedFrame): void {
    const bytes = new Uint8Array(frame.bytes);
    this.#copiedBytes += bytes.length;
    this.#worker?.postMessage({ order: 'copied', bytes } satisfies RecorderOrder, [bytes.buffer]);
  }

  #describe(): void {
    const description = pictureDescription(this.#stream.describe(), this.#settings.view);
    if (description.formats === undefined || description.epoch === this.#describedEpoch) return;
    this.#describedEpoch = description.epoch;
    this.past.describe(description);
    this.#order({ order: 'describe', epoch: description.epoch, text: JSON.stringify(description) });
  }

  /** The last picture, and what led to it, when a source stops showing new ones. */
  #noteState(): void {
    const isStreaming = this.#stream.status.state === 'streaming';
    if (isStreaming && !this.#wasStreaming) this.#runFromUs = undefined;
    const hasStopped = this.#wasStreaming && !isStreaming;
    this.#wasStreaming = isStreaming;
    const toUs = this.newestUs;
    if (!hasStopped || toUs === undefined || this.#runFromUs === undefined) return;
    const stream = this.#stream.id;
    this.automatic$.next({ stream, automatic: 'last-image-hold', fromUs: toUs, toUs });
    if (this.#stream.describe().modality !== 'x-ray') return;
    const fromUs = Math.max(this.#runFromUs, toUs - longestLoopUs);
    this.automatic$.next({ stream, automatic: 'last-loop', fromUs, toUs });
  }

  #startWorker(): void {
    const { folder, minutes, mostBytes, reserveBytes, memoryBytes, turns } = this.#settings;
    const setup: RecorderSetup = {
      stream: this.#stream.name,
      folder,
      minutes,
      mostBytes,
      reserveBytes,
      memoryBytes,
      turns,
      segments: this.past.segments,
    };
    const worker = new Worker(new URL('./recorder-worker.ts', import.meta.url), { workerData: setup, name: `record-${this.#stream.id}` });
    this.#worker = worker;
    this.#isStarting = true;
    this.#memory = undefined;
    worker.on('message', (event: RecorderEvent) => {
      if (worker === this.#worker) this.#hear(event);
    });
    // `exit` follows.
    worker.on('error', (thrown) => this.#warn(`its recorder failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`));
    worker.on('exit', () => {
      if (worker === this.#worker) this.#mourn();
    });
    for (const description of this.past.descriptions) {
      this.#order({ order: 'describe', epoch: description.epoch, text: JSON.stringify(description) });
    }
  }

  #mourn(): void {
    this.#worker = undefined;
    this.#underWay[Symbol.dispose]();
    this.#slotsUnderWay = 0;
    this.#copiedBytes = 0;
    const { flags, own } = this.#settings.turns;
    new DiskTurns(flags, own).giveBack();
    if (this.#closed) return;
    if (this.#unsettled > 0) this.#lose('record/failed', this.#unsettled);
    this.#unsettled = 0;
    this.#lose('record/restarts', 1);
    this.#deaths++;
    this.#rebirth = setTimeout(() => {
      this.#startWorker();
      for (const clip of this.#clips.values()) this.#orderClip(clip, true);
    }, backOffMs(this.#deaths));
  }

  #checkPatience(): void {
    if (this.#slotsUnderWay === 0 || performance.now() - this.#waitsSinceMs < (this.#isStarting ? startingMs : patienceMs)) return;
    this.#warn('its recorder does not answer and is replaced');
    void this.#worker?.terminate();
  }

  #hear(event: RecorderEvent): void {
    switch (event.event) {
      case 'taken':
        this.#isStarting = false;
        this.#release();
        break;
      case 'copy-taken':
        this.#copiedBytes -= event.bytes;
        break;
      case 'written':
        this.#deaths = 0;
        this.#unsettled -= this.past.written(event.segment, event.bytes, event.rows);
        break;
      case 'removed':
        this.past.removed(event.segment);
        break;
      case 'lost':
        this.#unsettled -= event.frames;
        this.#lose(event.loss, event.frames);
        break;
      case 'trouble':
        this.#trouble = event.error;
        this.#warn(`${event.error.code}: ${event.error.message} (${event.error.remedy})`);
        break;
      case 'well':
        this.#trouble = undefined;
        this.#log.info({ stream: this.#stream.name }, `${this.#stream.name}: is recorded again`);
        break;
      case 'clip':
        this.#clips.get(event.clip)?.progress$.next(event.progress);
        break;
      case 'clip-written': {
        const clip = this.#settle(event.clip);
        clip?.settle.resolve({ ...event.progress, path: clip.order.path, ...(event.error && { error: event.error }) });
        break;
      }
      case 'clip-failed':
        this.#settle(event.clip)?.settle.reject(new AppError(event.code, event.fields));
        break;
    }
  }

  #release(): void {
    this.#underWay.take()?.[Symbol.dispose]();
    this.#slotsUnderWay--;
    this.#waitsSinceMs = performance.now();
  }

  #begin(wish: Pick<ClipOrder, 'path' | 'still' | 'fromUs' | 'toUs'>): RunningClip {
    const clip: OpenClip = {
      order: { order: 'clip', clip: this.#nextClip++, resumed: false, ...wish },
      progress$: new Subject(),
      settle: Promise.withResolvers(),
      ended: undefined,
      discarded: false,
      timer: undefined,
    };
    const number = clip.order.clip;
    this.#clips.set(number, clip);
    // Who starts a clip may listen later.
    clip.settle.promise.catch(() => undefined);
    if (this.#worker !== undefined) this.#orderClip(clip, false);
    if (Number.isFinite(wish.toUs)) this.#endAt(clip, wish.toUs);
    return {
      progress$: clip.progress$,
      written: clip.settle.promise,
      end: (toUs) => {
        if (toUs === undefined) this.#orderEnd(clip, Number.POSITIVE_INFINITY);
        else this.#endAt(clip, toUs);
      },
      discard: () => {
        clip.discarded = true;
        this.#order({ order: 'clip-discard', clip: number });
      },
    };
  }

  #orderClip(clip: OpenClip, resumed: boolean): void {
    this.#order({ ...clip.order, resumed });
    if (clip.ended !== undefined) this.#order({ order: 'clip-end', clip: clip.order.clip, toUs: clip.ended.toUs });
    if (clip.discarded) this.#order({ order: 'clip-discard', clip: clip.order.clip });
  }

  /** Ends it when its last frame has come, or it is clear that none comes any more. */
  #endAt(clip: OpenClip, toUs: number): void {
    clearTimeout(clip.timer);
    const inMs = Math.max(0, (toUs - this.#settings.nowUs()) / 1000);
    const step = (left: number): void => {
      if (left === 0) this.#orderEnd(clip, toUs);
      else clip.timer = setTimeout(step, graceStepMs, left - 1);
    };
    clip.timer = setTimeout(step, inMs, graceSteps);
  }

  #orderEnd(clip: OpenClip, toUs: number): void {
    clip.ended = { toUs };
    this.#order({ order: 'clip-end', clip: clip.order.clip, toUs });
  }

  #settle(number: number): OpenClip | undefined {
    const clip = this.#clips.get(number);
    this.#clips.delete(number);
    clearTimeout(clip?.timer);
    clip?.progress$.complete();
    return clip;
  }

  #lose(place: string, frames: number): void {
    this.#stream.addLoss(place, frames);
  }

  #warn(text: string): void {
    this.#log.warn({ stream: this.#stream.name }, `${this.#stream.name}: ${text}`);
  }

  #order(order: RecorderOrder): void {
    this.#worker?.postMessage(order);
  }
}

const isRoomLeft = ({ counts, layout }: SlotMemory): boolean => counts.free() > layout.slots * leftShare;
