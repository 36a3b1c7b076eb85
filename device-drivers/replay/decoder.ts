import { Worker } from 'node:worker_threads';
import { AppError, asAppError, type ErrorReport, errorOf } from '../../src/app-error.ts';
import { frameBytes } from '../../src/frame/frame-format.ts';
import type { DecodeNews, DecodeSetup, Opened } from './decode-worker.ts';

export interface Patience {
  /** A recording of gigabytes may take its time to be read and inflated. */
  readonly openMs: number;
  /** A frame that takes longer than this hangs its decoder. */
  readonly frameMs: number;
}
const usualPatience: Patience = { openMs: 60_000, frameMs: 5000 };

/** The thread that decodes a recording ahead of its play-out. A decoder that hangs is replaced, and its frame not tried again. */
export class Decoder {
  readonly #path: string;
  readonly #file: string;
  #worker: Worker;
  #opened: Opened | undefined;
  /** What is known of positions (of frames, once all are kept): true for decoded, the error of a damaged one. */
  readonly #known = new Map<number, true | ErrorReport>();
  #failure: ErrorReport | undefined;
  #wake: (() => void) | undefined;
  readonly #patience: Patience;
  readonly #given = new Map<number, ErrorReport>();

  constructor(path: string, file: string, patience = usualPatience) {
    this.#path = path;
    this.#file = file;
    this.#patience = patience;
    this.#worker = this.#start(0);
  }

  /** Resolves when the recording is open; throws what it was refused with. */
  async open(signal: AbortSignal): Promise<Opened> {
    if (await this.#until(() => this.#opened !== undefined, signal, this.#patience.openMs)) return this.#opened as Opened;
    throw new AppError('replay/decoder-silent', { file: this.#file, frame: 0, seconds: this.#patience.openMs / 1000 });
  }

  /** The decoded pixels of a position, or the error of a damaged frame. Valid until `done`. */
  async picture(position: number, signal: AbortSignal): Promise<Uint8Array | ErrorReport> {
    const { format, frames, slots, ring } = this.#opened as Opened;
    const key = slots === frames ? position % frames : position;
    if (!(await this.#until(() => this.#known.has(key), signal, this.#patience.frameMs)))
      return await this.#replace(position, frames, signal);
    const known = this.#known.get(key);
    if (known !== true) return known as ErrorReport;
    const bytes = frameBytes(format);
    return new Uint8Array(ring, (position % slots) * bytes, bytes);
  }

  /** The picture of this position will not be asked for again, except where all are kept. */
  done(position: number): void {
    const { frames, slots, consumed } = this.#opened as Opened;
    if (slots === frames) return;
    this.#known.delete(position);
    const count = new Int32Array(consumed);
    Atomics.store(count, 0, position + 1);
    Atomics.notify(count, 0);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #start(from: number): Worker {
    const setup: DecodeSetup = { path: this.#path, from, given: this.#given };
    const worker = new Worker(new URL('./decode-worker.ts', import.meta.url), {
      workerData: setup,
      name: 'replay-decoder',
      resourceLimits: { maxOldGenerationSizeMb: 1024 },
    });
    worker.on('message', (news: DecodeNews) => this.#hear(news));
    worker.on('error', (thrown) => this.#fail(asAppError(thrown, 'replay/not-readable', { file: this.#file }).toJSON()));
    worker.on('exit', () => this.#wake?.());
    return worker;
  }

  #hear(news: DecodeNews): void {
    if (news.news === 'failed') this.#fail(news.error);
    else if (news.news === 'opened') this.#opened = news.opened;
    else {
      const { frames, slots } = this.#opened as Opened;
      const key = slots === frames ? news.position % frames : news.position;
      this.#known.set(key, news.news === 'decoded' ? true : news.error);
    }
    this.#wake?.();
  }

  #fail(error: ErrorReport): void {
    this.#failure = error;
    this.#wake?.();
  }

  /** True when the condition holds, false when nothing has happened for so long. */
  async #until(condition: () => boolean, signal: AbortSignal, patienceMs: number): Promise<boolean> {
    while (!condition()) {
      signal.throwIfAborted();
      if (this.#failure !== undefined) throw errorOf(this.#failure);
      const woken = await this.#nap(signal, patienceMs);
      if (!woken && !condition()) return false;
    }
    return true;
  }

  /** True when something happened, false when patience ran out. */
  #nap(signal: AbortSignal, patienceMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (woken: boolean): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.#wake = undefined;
        resolve(woken);
      };
      const wake = (): void => end(true);
      const timer = setTimeout(() => end(false), patienceMs);
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  /** A new thread for what comes behind the frame that hung the old one; its ring is another one: what was decoded ahead is gone. */
  async #replace(position: number, frames: number, signal: AbortSignal): Promise<ErrorReport> {
    await this.#worker.terminate();
    const fields = { file: this.#file, frame: position % frames, seconds: this.#patience.frameMs / 1000 };
    const error = new AppError('replay/decoder-silent', fields).toJSON();
    this.#given.set(position % frames, error);
    this.#known.clear();
    this.#opened = undefined;
    this.#worker = this.#start(position + 1);
    await this.open(signal);
    return error;
  }
}
