import { Worker } from 'node:worker_threads';
import type { FrameTruth } from '../frame/frame.ts';
import type { FrameFormat } from '../frame/frame-format.ts';
import { type Band, type BandCrew, type BandWork, StageChain, type StageSettings } from '../stage/chain.ts';

/** What the thread of a band is started with. */
export interface BandSetup {
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  readonly format: FrameFormat;
  readonly band: Band;
  /** Byte offset of the band's own `StageChain.scratchBytes(format)`. */
  readonly scratch: number;
  readonly settings: readonly StageSettings[];
}

/** A change that was made to the stream's own chain, for the chains of the bands. */
export interface BandOrder {
  readonly stage: string;
  readonly enabled?: boolean;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Longer than any picture takes; a thread that needs more is lost. */
const patienceMs = 1000;

/** Some 50 microseconds. */
const mostLooks = 10_000;

/** Words of the control memory, by which the threads meet once a picture: no message, no allocation. */
const word = {
  turn: 0,
  stop: 1,
  source: 2,
  target: 3,
  sequence: 4,
  flags: 5,
  capturedAt: 6,
  measured: 8,
  segment: 10,
  firstDone: 11,
} as const;
const flag = { rPeak: 1, synthetic: 2 } as const;
/** In a band's word before its thread has opened its stages. */
const opening = -1;
/** In a band's word after an error. */
const failed = -2;

/** The meeting place of a stream's thread and the threads of its bands. */
export class BandControl {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #times: BigInt64Array<SharedArrayBuffer>;
  readonly #measures: Float64Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    this.#times = new BigInt64Array(buffer, word.capturedAt * 4, 1);
    this.#measures = new Float64Array(buffer, word.measured * 4, 1);
  }

  static make(bands: number): SharedArrayBuffer {
    const buffer = new SharedArrayBuffer((word.firstDone + bands) * 4);
    new Int32Array(buffer).fill(opening, word.firstDone);
    return buffer;
  }

  begin({ segment, source, target, measured }: BandWork, { sequence, capturedAtNs, rPeak, synthetic }: FrameTruth): void {
    const words = this.#words;
    words[word.segment] = segment;
    words[word.source] = source;
    words[word.target] = target;
    words[word.sequence] = sequence;
    words[word.flags] = (rPeak ? flag.rPeak : 0) | (synthetic ? flag.synthetic : 0);
    this.#times[0] = capturedAtNs;
    this.#measures[0] = measured;
    this.#nextTurn();
  }

  stop(): void {
    Atomics.store(this.#words, word.stop, 1);
    this.#nextTurn();
  }

  /** Waits for the turn after `turn`; undefined: stop. */
  waitForTurn(turn: number): number | undefined {
    this.#lookOut(word.turn, turn);
    Atomics.wait(this.#words, word.turn, turn);
    return Atomics.load(this.#words, word.stop) === 1 ? undefined : Atomics.load(this.#words, word.turn);
  }

  take(): { work: BandWork; truth: FrameTruth } {
    const words = this.#words;
    const flags = words[word.flags] as number;
    const work = {
      segment: words[word.segment] as number,
      source: (words[word.source] as number) >>> 0,
      target: (words[word.target] as number) >>> 0,
      measured: this.#measures[0] as number,
    };
    const truth = {
      sequence: words[word.sequence] as number,
      capturedAtNs: this.#times[0] as bigint,
      rPeak: (flags & flag.rPeak) !== 0,
      synthetic: (flags & flag.synthetic) !== 0,
    };
    return { work, truth };
  }

  /** Says that a band has done the turn, or is ready for the first. */
  done(band: number, turn: number): void {
    Atomics.store(this.#words, word.firstDone + band, turn);
    Atomics.notify(this.#words, word.firstDone + band);
  }

  fail(band: number): void {
    this.done(band, failed);
  }

  isReady(band: number): boolean {
    return Atomics.load(this.#words, word.firstDone + band) >= 0;
  }

  hasFailed(band: number): boolean {
    return Atomics.load(this.#words, word.firstDone + band) === failed;
  }

  /** False: the band failed or took longer than all patience. */
  waitForDone(band: number): boolean {
    const turn = Atomics.load(this.#words, word.turn);
    this.#lookOut(word.firstDone + band, Atomics.load(this.#words, word.firstDone + band));
    for (;;) {
      const done = Atomics.load(this.#words, word.firstDone + band);
      if (done === turn || done === failed) return done === turn;
      if (Atomics.wait(this.#words, word.firstDone + band, done, patienceMs) === 'timed-out') return false;
    }
  }

  /** Between two segments of a picture, and at its end, the others are due at once: to be woken by the kernel takes longer than to look. */
  #lookOut(at: number, value: number): void {
    for (let looks = 0; looks < mostLooks && Atomics.load(this.#words, at) === value; looks++);
  }

  #nextTurn(): void {
    // Kept below 2^30: negative words have a meaning of their own.
    Atomics.store(this.#words, word.turn, (Atomics.load(this.#words, word.turn) + 1) & 0x3fffffff);
    Atomics.notify(this.#words, word.turn);
  }
}

/** Threads that take bands 1, 2, … of every picture of a stream; band 0 is the stream's own thread. */
export class Bands implements BandCrew, Disposable {
  readonly count: number;
  readonly #control: BandControl;
  readonly #workers: readonly Worker[];

  /** `scratch`: byte offset of `Bands.scratchBytes(format, count)` in `memory`. */
  constructor(count: number, memory: WebAssembly.Memory, scratch: number, format: FrameFormat, settings: readonly StageSettings[]) {
    this.count = count;
    const control = BandControl.make(count);
    this.#control = new BandControl(control);
    this.#workers = Array.from({ length: count - 1 }, (_, other) => {
      const band = { index: other + 1, count };
      const own = scratch + other * StageChain.scratchBytes(format);
      const workerData: BandSetup = { memory, control, format, band, scratch: own, settings };
      const worker = new Worker(new URL('./band-worker.ts', import.meta.url), { workerData, name: `band-${band.index}` });
      // Its word tells what became of it; an exit without one is found by patience.
      worker.on('error', () => this.#control.fail(band.index));
      return worker;
    });
  }

  static scratchBytes(format: FrameFormat, count: number): number {
    return (count - 1) * StageChain.scratchBytes(format);
  }

  /** All have opened their stages. */
  get ready(): boolean {
    return this.#others.every((band) => this.#control.isReady(band));
  }

  get failed(): boolean {
    return this.#others.some((band) => this.#control.hasFailed(band));
  }

  /** Before the next picture. */
  set(order: BandOrder): void {
    for (const worker of this.#workers) worker.postMessage(order);
  }

  begin(work: BandWork, truth: FrameTruth): void {
    this.#control.begin(work, truth);
  }

  finish(): boolean {
    for (let band = 1; band < this.count; band++) if (!this.#control.waitForDone(band)) return false;
    return true;
  }

  [Symbol.dispose](): void {
    this.#control.stop();
  }

  get #others(): number[] {
    return Array.from({ length: this.count - 1 }, (_, other) => other + 1);
  }
}
