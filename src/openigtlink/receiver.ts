import { Crc64 } from '../../wasm/crc64.ts';
import { headerBytes, type MessageHeader, readHeader } from './header.ts';

/** What is done with messages; `body` is valid for the length of the call. */
export interface MessageSink {
  message(header: MessageHeader, body: Uint8Array): void;
  /** The body is not the one that was sent. */
  damaged(header: MessageHeader): void;
}

/**
 * Cuts a byte stream into messages and checks each body. Bytes are copied once, into memory that was reserved at open:
 * what a header announces is bounded before anything is received.
 */
export class Receiver {
  readonly #room: Crc64;
  readonly #mostBodyBytes: number;
  readonly #sink: MessageSink;
  #header: MessageHeader | undefined;
  #filled = 0;

  /** `room` has as many bytes as the longest body. */
  constructor(room: Crc64, mostBodyBytes: number, sink: MessageSink) {
    this.#room = room;
    this.#mostBodyBytes = mostBodyBytes;
    this.#sink = sink;
  }

  static async open(mostBodyBytes: number, sink: MessageSink): Promise<Receiver> {
    return new Receiver(await Crc64.open(Math.max(headerBytes, mostBodyBytes)), mostBodyBytes, sink);
  }

  /** Takes what the line brought. Throws `openigtlink/not-a-header`: the line is then of no use any more. */
  receive(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      const wanted = (this.#header?.bodyBytes ?? headerBytes) - this.#filled;
      const part = chunk.subarray(at, at + wanted);
      this.#room.bytes.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (part.length === wanted) this.#complete();
    }
  }

  #complete(): void {
    const { bytes } = this.#room;
    this.#filled = 0;
    if (this.#header === undefined) {
      this.#header = readHeader(bytes.subarray(0, headerBytes), this.#mostBodyBytes);
      if (this.#header.bodyBytes > 0) return;
    }
    const header = this.#header;
    this.#header = undefined;
    if (this.#room.over(0, header.bodyBytes) === header.crc) this.#sink.message(header, bytes.subarray(0, header.bodyBytes));
    else this.#sink.damaged(header);
  }
}
