import type { Duplex } from 'node:stream';
import { hasRoom, type SharedFrame } from '../stream/shared-frame.ts';

/**
 * How frames of one view leave to one viewer, one at a time: as whole WebSocket messages, to the connection under the WebSocket. The library
 * writes whole messages in one turn too, as there is no compression, so nothing comes in between.
 */
export class Wire {
  readonly #connection: Duplex;
  /** Called when a frame that had to wait has left, or the line is gone; by whoever sends over it now. */
  freed: () => void = () => undefined;
  #copy: Buffer | undefined;
  /** What the connection still holds. */
  #held: SharedFrame | undefined;
  #writesLeft = 0;

  /** `connection`: what the WebSocket writes to. */
  constructor(connection: Duplex) {
    this.#connection = connection;
  }

  /** Whether the frame before has left. */
  get free(): boolean {
    return this.#held === undefined;
  }

  /** Takes the frame over; only while it is free. */
  send(frame: SharedFrame): void {
    // Straight from the slot where its memory can spare it; else a copy, so that no slow line ever starves the capture.
    const direct = hasRoom(frame.memory);
    const message = direct ? frame.message : this.#copyOf(frame.message);
    if (!direct) frame[Symbol.dispose]();
    this.#writesLeft++;
    this.#connection.write(message, this.#written);
    if (this.#connection.writableLength === 0) frame[Symbol.dispose]();
    else this.#held = frame;
  }

  /** One function for all frames: most have left before it is called. */
  readonly #written = (): void => {
    this.#writesLeft--;
    if (this.#writesLeft > 0 || this.#held === undefined) return;
    this.#held[Symbol.dispose]();
    this.#held = undefined;
    this.freed();
  };

  #copyOf(message: Buffer): Buffer {
    if (this.#copy === undefined || this.#copy.length < message.length) this.#copy = Buffer.allocUnsafeSlow(message.length);
    message.copy(this.#copy);
    return this.#copy.subarray(0, message.length);
  }
}
