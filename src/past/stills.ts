import { Worker } from 'node:worker_threads';
import type { StillAnswer } from './still-worker.ts';

/** A thread that nobody needs any more stays this long. */
const lingerMs = 10_000;

/** Makes JPEG of frames of the past for lines that bear no more, in a thread of its own, while somebody asks. */
export class Stills {
  #worker: Worker | undefined;
  readonly #waiting: ((answer: StillAnswer) => void)[] = [];
  #linger: NodeJS.Timeout | undefined;

  /** Of frames as they are kept, in order; one that cannot be decoded is left out. */
  async *of(messages: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const message of messages) {
      const still = await this.#make(message);
      if (still !== undefined) yield still;
    }
  }

  close(): void {
    clearTimeout(this.#linger);
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
    for (const answer of this.#waiting.splice(0)) answer(undefined);
  }

  #make(message: Buffer): Promise<StillAnswer> {
    clearTimeout(this.#linger);
    this.#worker ??= this.#start();
    const own = new Uint8Array(message);
    this.#worker.postMessage(own, [own.buffer]);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #start(): Worker {
    const worker = new Worker(new URL('./still-worker.ts', import.meta.url), { name: 'past-stills' });
    worker.on('message', (answer: StillAnswer) => {
      if (worker !== this.#worker) return;
      this.#waiting.shift()?.(answer);
      if (this.#waiting.length === 0) this.#linger = setTimeout(() => this.close(), lingerMs).unref();
    });
    // `exit` follows.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      if (worker === this.#worker) this.close();
    });
    return worker;
  }
}
