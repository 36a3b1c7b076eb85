import type { Duplex } from 'node:stream';
import type { SharedFrame } from '../stream/shared-frame.ts';

const nothing = Buffer.alloc(0);

/**
 * How frames of one view leave to one viewer, one at a time: as whole WebSocket messages, to the connection under the WebSocket. The library
 * writes whole messages in one turn too, as there is no compression, so nothing comes in between.
 */
export class Wire {
  readonly #connection: Duplex;
  /** Called when a frame that had to wait has left, or the line is gone; by whoever sends over it now. */
  freed: () => void = () => undefined;
  #copy: Buffer | undefined;
  /** The connection has not let go of the last frame: of its slot, or of the copy. */
  #waits = false;
  #held: SharedFrame | undefined;
  /** The last frame left at once: a callback for the next one would be for nothing. */
  #prompt = true;
  #callsLeft = 0;

  /** `connection`: what the WebSocket writes to. */
  constructor(connection: Duplex) {
    this.#connection = connection;
  }

  /** Whether the frame before has left. */
  get free(): boolean {
    return !this.#waits;
  }

  /** Sends a frame on loan, and holds it where it does not leave at once. Only while it is free. */
  send(frame: SharedFrame): void {
    // Straight from the slot where its memory can spare it; else a copy, so that no slow line ever starves the capture.
    const direct = frame.spare;
    const calls = !this.#prompt;
    this.#write(direct ? frame.message : this.#copyOf(frame.message), calls);
    this.#prompt = this.#connection.writableLength === 0;
    if (this.#prompt) return;
    this.#waits = true;
    if (direct) this.#held = frame.retain();
    // It is called back when all before it has left.
    if (!calls) this.#write(nothing, true);
  }

  #write(message: Buffer, calls: boolean): void {
    if (!calls) {
      this.#connection.write(message);
      return;
    }
    this.#callsLeft++;
    this.#connection.write(message, this.#written);
  }

  /** One function for all frames; some have left before it is called. */
  readonly #written = (): void => {
    this.#callsLeft--;
    if (this.#callsLeft > 0 || !this.#waits) return;
    this.#waits = false;
    this.#held?.[Symbol.dispose]();
    this.#held = undefined;
    this.freed();
  };

  #copyOf(message: Buffer): Buffer {
    if (this.#copy === undefined || this.#copy.length < message.length) this.#copy = Buffer.allocUnsafeSlow(message.length);
    message.copy(this.#copy);
    return this.#copy.subarray(0, message.length);
  }
}
