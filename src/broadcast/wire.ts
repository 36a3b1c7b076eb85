import type { Duplex } from 'node:stream';
import { hasRoom, type SharedFrame } from '../stream/shared-frame.ts';

/**
 * How frames of one view leave to one viewer, one at a time: as whole WebSocket messages, to the connection under the WebSocket. The library
 * writes whole messages in one turn too, as there is no compression, so nothing comes in between.
 */
export class Wire {
  readonly #connection: Duplex;
  #copy: Buffer | undefined;
  /** What the connection still holds, and whom to tell when it does not any more. */
  #held: { readonly frame: SharedFrame; readonly done: () => void } | undefined;
  #writesLeft = 0;

  /** `connection`: what the WebSocket writes to. */
  constructor(connection: Duplex) {
    this.#connection = connection;
  }

  /** Takes the frame over. Answers whether it has left and the next may follow; if not, `done` says when, or that the line is gone. */
  send(frame: SharedFrame, done: () => void): boolean {
    // Straight from the slot where its memory can spare it; else a copy, so that no slow line ever starves the capture.
    const direct = hasRoom(frame.memory);
    const message = direct ? frame.message : this.#copyOf(frame.message);
    if (!direct) frame[Symbol.dispose]();
    this.#writesLeft++;
    this.#connection.write(message, this.#written);
    const left = this.#connection.writableLength === 0;
    if (left) frame[Symbol.dispose]();
    else this.#held = { frame, done };
    return left;
  }

  /** One function for all frames: most have left before it is called. */
  readonly #written = (): void => {
    this.#writesLeft--;
    if (this.#writesLeft > 0 || this.#held === undefined) return;
    const { frame, done } = this.#held;
    this.#held = undefined;
    frame[Symbol.dispose]();
    done();
  };

  #copyOf(message: Buffer): Buffer {
    if (this.#copy === undefined || this.#copy.length < message.length) this.#copy = Buffer.allocUnsafeSlow(message.length);
    message.copy(this.#copy);
    return this.#copy.subarray(0, message.length);
  }
}
