import { Worker } from 'node:worker_threads';
import { AppError, asAppError, errorOf } from '../app-error.ts';
import type { PrintAnswer, PrintTask } from './print-worker.ts';

/** Prints that may wait for their turn, the one that is made included. */
const mostWaiting = 4;
const usualLimitMs = 60_000;

/** Makes prints one after another, each in a thread of its own: neither its work nor its memory is the live path's. */
export class Printer {
  readonly #limitMs: number;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(limitMs = usualLimitMs) {
    this.#limitMs = limitMs;
  }

  /** The PDF. Throws print/busy, print/too-slow, print/not-there, print/failed, record/… and codec/…; `signal`: nobody wants it any more. */
  async print(task: PrintTask, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#waiting >= mostWaiting) throw new AppError('print/busy', { waiting: this.#waiting });
    this.#waiting++;
    const before = this.#last;
    const made = before.then(() => this.#make(task, signal));
    this.#last = made.catch(() => undefined);
    try {
      return await made;
    } finally {
      this.#waiting--;
    }
  }

  #make(task: PrintTask, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
    const worker = new Worker(new URL('./print-worker.ts', import.meta.url), { name: 'printer' });
    const timer = setTimeout(() => reject(new AppError('print/too-slow', { seconds: this.#limitMs / 1000 })), this.#limitMs);
    const giveUp = (): void => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    worker.once('message', (answer: PrintAnswer) => (answer.answer === 'pdf' ? resolve(answer.pdf) : reject(errorOf(answer.error))));
    worker.once('error', (thrown) => reject(asAppError(thrown, 'print/failed')));
    worker.once('exit', () => reject(new AppError('print/failed', { reason: 'its thread ended' })));
    worker.postMessage(task);
    return promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      void worker.terminate();
    });
  }
}
