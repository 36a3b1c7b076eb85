import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { hasRoom, type SharedFrame } from '../stream/shared-frame.ts';

/** How frames of one view leave to one viewer, one at a time. */
export interface Wire {
  /** Takes the frame over; `done` when it may be followed by the next, or when the line is gone. */
  send(frame: SharedFrame, done: () => void): void;
}

/** Straight from the slot where its memory can spare it; else a copy, so that no slow line ever starves the capture. */
export class PlainWire implements Wire {
  readonly #socket: WebSocket;
  #copy: Buffer | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  send(frame: SharedFrame, done: () => void): void {
    const direct = hasRoom(frame.memory);
    const bytes = direct ? frame.bytes : this.#copyOf(frame.bytes);
    if (!direct) frame[Symbol.dispose]();
    this.#socket.send(bytes, { binary: true, fin: true }, () => {
      frame[Symbol.dispose]();
      done();
    });
  }

  #copyOf(bytes: Buffer): Buffer {
    if (this.#copy === undefined || this.#copy.length < bytes.length) this.#copy = Buffer.allocUnsafeSlow(bytes.length);
    bytes.copy(this.#copy);
    return this.#copy.subarray(0, bytes.length);
  }
}

/**
 * Through TLS: node joins what comes in two parts (the WebSocket's header and the frame) anew for every viewer before it encrypts, in memory
 * of its own. Joined here once for all viewers it costs half as much (docs/performance.md), and no slot waits for a slow line.
 */
export class SealedWire implements Wire {
  readonly #socket: Duplex;
  readonly #joined: Joined;

  /** `socket`: what the WebSocket writes to; it sends whole messages in one turn, so nothing comes in between. */
  constructor(socket: Duplex, joined: Joined) {
    this.#socket = socket;
    this.#joined = joined;
  }

  send(frame: SharedFrame, done: () => void): void {
    const message = this.#joined.message(frame.bytes);
    frame[Symbol.dispose]();
    this.#socket.write(message, () => done());
  }
}

/** Frames as whole WebSocket messages, each made once for all who get it. */
export class Joined {
  readonly #messages = new WeakMap<Buffer, Buffer>();

  message(payload: Buffer): Buffer {
    const known = this.#messages.get(payload);
    if (known !== undefined) return known;
    const headBytes = payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10;
    const message = Buffer.allocUnsafeSlow(headBytes + payload.length);
    // RFC 6455 §5.2: the only fragment of a binary message, not masked.
    message[0] = 0x82;
    if (headBytes === 2) message[1] = payload.length;
    else if (headBytes === 4) {
      message[1] = 126;
      message.writeUInt16BE(payload.length, 2);
    } else {
      message[1] = 127;
      message.writeBigUInt64BE(BigInt(payload.length), 2);
    }
    payload.copy(message, headBytes);
    this.#messages.set(payload, message);
    return message;
  }
}
