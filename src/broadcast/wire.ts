import type { Duplex } from 'node:stream';
import { hasRoom, type SharedFrame } from '../stream/shared-frame.ts';

/**
 * How frames of one view leave to one viewer, one at a time: as whole WebSocket messages, to the connection under the WebSocket. The library
 * writes whole messages in one turn too, as there is no compression, so nothing comes in between.
 */
export class Wire {
  readonly #connection: Duplex;
  #copy: Buffer | undefined;

  /** `connection`: what the WebSocket writes to. */
  constructor(connection: Duplex) {
    this.#connection = connection;
  }

  /** Takes the frame over; `done` when it may be followed by the next, or when the line is gone. */
  send(frame: SharedFrame, done: () => void): void {
    // Straight from the slot where its memory can spare it; else a copy, so that no slow line ever starves the capture.
    const direct = hasRoom(frame.memory);
    const message = direct ? frame.message : this.#copyOf(frame.message);
    if (!direct) frame[Symbol.dispose]();
    this.#connection.write(message, () => {
      frame[Symbol.dispose]();
      done();
    });
  }

  #copyOf(message: Buffer): Buffer {
    if (this.#copy === undefined || this.#copy.length < message.length) this.#copy = Buffer.allocUnsafeSlow(message.length);
    message.copy(this.#copy);
    return this.#copy.subarray(0, message.length);
  }
}
