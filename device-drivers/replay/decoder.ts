import { Worker } from 'node:worker_threads';
import { AppError, asAppError, type ErrorReport } from '../../src/app-error.ts';
import { frameBytes } from '../../src/frame/frame-format.ts';
import type { DecodeNews, DecodeSetup, Opened } from './decode-worker.ts';

/** A frame that takes longer than this hangs its decoder. */
const patienceMs = 5000;

/** The thread that decodes a recording ahead of its play-out. A decoder that hangs or dies is replaced behind the frame that did it. */
export class Decoder {
  readonly #path: string;
  readonly #file: string;
  #worker: Worker;
  #opened: Opened | undefined;
  /** What is known of positions (of frames, once all are kept): true for decoded, the error of a damaged one. */
  readonly #known = new Map<number, true | ErrorReport>();
  #failure: ErrorReport | undefined;
  #wake: (() => void) | undefined;

  constructor(path: string, file: string) {
    this.#path = path;
    this.#file = file;
    this.#worker = this.#start(0);
  }

  /** Resolves when the recording is open; throws what it was refused with. */
  async open(signal: AbortSignal): Promise<Opened> {
    await this.#until(() => this.#opened !== undefined, signal, 0);
    return this.#opened as Opened;
  }

  /** The decoded pixels of a position, or the error of a damaged frame. Valid until `done`. */
  async picture(position: number, signal: AbortSignal): Promise<Uint8Array | ErrorReport> {
    const { format, frames, slots, ring } = this.#opened as Opened;
    const key = slots === frames ? position % frames : position;
    await this.#until(() => this.#known.has(key), signal, position);
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
    const setup: DecodeSetup = { path: this.#path, from };
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

  async #until(condition: () => boolean, signal: AbortSignal, position: number): Promise<void> {
    while (!condition()) {
      signal.throwIfAborted();
      if (this.#failure !== undefined)
        throw Object.assign(new AppError('replay/not-readable', { file: this.#file, reason: '' }), this.#failure);
      const woken = await this.#nap(signal);
      if (!woken && !condition()) await this.#replace(position);
    }
  }

  /** True when something happened, false when patience ran out. */
  #nap(signal: AbortSignal): Promise<boolean> {
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

  async #replace(position: number): Promise<void> {
    await this.#worker.terminate();
    const error = new AppError('replay/decoder-silent', { file: this.#file, frame: position, seconds: patienceMs / 1000 });
    if (this.#opened === undefined) throw error;
    // The ring of the new thread is another one: what the old one had decoded is gone with it.
    this.#known.clear();
    this.#opened = undefined;
    this.#worker = this.#start(position + 1);
    throw error;
  }
}
