import { AppError, printable } from '../../src/app-error.ts';
import { Pic0rickReader, type ProbeEvent } from './pic0rick.ts';
import { openSerialLine, type SerialLine, type SerialListener } from './serial-line.ts';

/** What a probe said until it prompted again. */
export interface Answer {
  readonly texts: readonly string[];
  readonly samples: Uint16Array | undefined;
  /** What was wrong with the samples that came. */
  readonly damaged: string | undefined;
}

const mostTexts = 20;
const quietMs = 50;

/** Commands and answers, one after the other; every wait ends. */
export class Conversation implements SerialListener {
  readonly #path: string;
  readonly #signal: AbortSignal;
  readonly #reader = new Pic0rickReader((event) => this.#hear(event));
  #line: SerialLine | undefined;
  #texts: string[] = [];
  #samples: Uint16Array | undefined;
  #damaged: string | undefined;
  #prompted: (() => void) | undefined;
  #arrived: (() => void) | undefined;
  #fault: AppError | undefined;

  private constructor(path: string, signal: AbortSignal) {
    this.#path = path;
    this.#signal = signal;
  }

  /** Throws `serial-probe/…` where the line cannot be opened. */
  static async open(path: string, baud: number, signal: AbortSignal): Promise<Conversation> {
    const conversation = new Conversation(path, signal);
    conversation.#line = await openSerialLine(path, baud, conversation, signal);
    return conversation;
  }

  received(bytes: Uint8Array): void {
    this.#reader.receive(bytes);
    this.#arrived?.();
  }

  lost(fault: AppError): void {
    this.#fault = fault;
    this.#prompted?.();
    this.#arrived?.();
  }

  /** Sends a command; what came until the next prompt, or undefined where none came in time. Throws when the line is gone. */
  async ask(command: string, patienceMs: number): Promise<Answer | undefined> {
    this.#texts = [];
    this.#samples = undefined;
    this.#damaged = undefined;
    // First, so that no wait is left behind where the line is gone; no prompt can be heard before this call returns.
    this.#send(`${command}\r`);
    if (!(await this.#promptWithin(patienceMs))) return undefined;
    return { texts: this.#texts, samples: this.#samples, damaged: this.#damaged };
  }

  /** Brings both to the same place: an empty command, a prompt, and nothing more. False: it does not prompt. */
  async settle(patienceMs: number): Promise<boolean> {
    if ((await this.ask('', patienceMs)) === undefined) return false;
    return this.#quietWithin(patienceMs);
  }

  close(): void {
    this.#line?.close();
  }

  #send(text: string): void {
    if (this.#fault !== undefined) throw this.#fault;
    this.#line?.write(text);
  }

  async #promptWithin(patienceMs: number): Promise<boolean> {
    let came = false;
    await this.#wait(patienceMs, (done) => {
      this.#prompted = () => {
        came = true;
        done();
      };
    });
    this.#prompted = undefined;
    if (this.#fault !== undefined && !this.#signal.aborted) throw this.#fault;
    return came;
  }

  /** What was still under way has come when nothing has come for a moment. */
  async #quietWithin(patienceMs: number): Promise<boolean> {
    const before = performance.now();
    for (let arrived = true; arrived; ) {
      arrived = false;
      await this.#wait(quietMs, (done) => {
        this.#arrived = () => {
          arrived = true;
          done();
        };
      });
      this.#arrived = undefined;
      if (this.#fault !== undefined && !this.#signal.aborted) throw this.#fault;
      if (performance.now() - before > patienceMs || this.#signal.aborted) return false;
    }
    return true;
  }

  /** Until `done` is called, the time has passed or the signal stops it. */
  #wait(patienceMs: number, begin: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, patienceMs);
      this.#signal.addEventListener('abort', done, { once: true });
      begin(done);
      if (this.#signal.aborted || this.#fault !== undefined) done();
    });
  }

  #hear(event: ProbeEvent): void {
    if (event.kind === 'prompt') this.#prompted?.();
    else if (event.kind === 'samples') this.#samples = event.samples;
    else if (event.kind === 'damaged') this.#damaged = event.reason;
    else if (this.#texts.length < mostTexts) this.#texts.push(printable(event.text, 120));
  }

  /** The error of a probe that does not answer. */
  silence(seconds: number): AppError {
    return new AppError('serial-probe/silent', { device: printable(this.#path, 120), reason: `no prompt for ${seconds} s` });
  }
}
