import type { ViewerMessage } from './messages.ts';

type Acknowledgement = Extract<ViewerMessage, { type: 'ack' }>;

/** Sends acknowledgements at the pace that the server asked for: one covers all frames of its view before it. */
export class Acknowledger {
  readonly #send: (acknowledgement: Acknowledgement) => void;
  readonly #waiting = new Map<string, Acknowledgement>();
  #withinMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (acknowledgement: Acknowledgement) => void) {
    this.#send = send;
  }

  /** The longest that one may wait for the next; 0: each goes at once. What waits goes now. */
  setPace(withinMs: number): void {
    this.#withinMs = withinMs;
    this.#flush();
  }

  acknowledge(acknowledgement: Acknowledgement): void {
    if (this.#withinMs === 0) {
      this.#send(acknowledgement);
      return;
    }
    this.#waiting.set(`${acknowledgement.stream}/${acknowledgement.view}`, acknowledgement);
    this.#timer ??= setTimeout(() => this.#flush(), this.#withinMs);
  }

  /** Another line begins: what waited was of the one before. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
    this.#withinMs = 0;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const acknowledgement of this.#waiting.values()) this.#send(acknowledgement);
    this.#waiting.clear();
  }
}
