import { AppError } from '../../src/app-error.ts';
import { maxSide } from '../../src/frame/frame-format.ts';
import { frameHeaderBytes, frameMagic } from '../../src/protocol/frame-header.ts';

const payloadBytesAt = 36;
const mostBytes = frameHeaderBytes + 2 * maxSide * maxSide * 3;

/** Cuts an answer of wire messages, one after another, at their borders, however it was cut on its way. */
export class WireSplitter {
  #rest: Uint8Array<ArrayBuffer>[] = [];
  #restBytes = 0;
  #neededBytes = frameHeaderBytes;

  /** Whole messages: header and payload, in memory of their own. Throws `protocol/bad-header`. */
  *split(chunk: Uint8Array<ArrayBuffer>): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    while (this.#restBytes >= this.#neededBytes) {
      const bytes = this.#joined();
      const messageBytes = messageBytesOf(bytes);
      if (bytes.length < messageBytes) {
        this.#neededBytes = messageBytes;
        return;
      }
      this.#rest = [bytes.subarray(messageBytes)];
      this.#restBytes -= messageBytes;
      this.#neededBytes = frameHeaderBytes;
      yield bytes.slice(0, messageBytes);
    }
  }

  /** Throws `protocol/bad-header` where the answer ended in the middle of a message. */
  end(): void {
    if (this.#restBytes > 0) throw new AppError('protocol/bad-header', { reason: 'the answer ends in the middle of a frame' });
  }

  #joined(): Uint8Array<ArrayBuffer> {
    const [only] = this.#rest;
    if (only !== undefined && this.#rest.length === 1) return only;
    const joined = new Uint8Array(this.#restBytes);
    let at = 0;
    for (const part of this.#rest) {
      joined.set(part, at);
      at += part.length;
    }
    this.#rest = [joined];
    return joined;
  }
}

function messageBytesOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const messageBytes = frameHeaderBytes + view.getUint32(payloadBytesAt, true);
  if (view.getUint16(0, true) !== frameMagic) throw new AppError('protocol/bad-header', { reason: 'the first two bytes are not LC' });
  if (messageBytes > mostBytes) throw new AppError('protocol/bad-header', { reason: `a frame of ${messageBytes} bytes` });
  return messageBytes;
}
