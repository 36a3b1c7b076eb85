import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { printable } from '../app-error.ts';
import type { PictureShape } from '../codec/codec.ts';
import { evenSide, i420Bytes, writeI420 } from '../codec/i420.ts';
import { answerBytes, writeOrder } from './video-orders.ts';

const program = fileURLToPath(new URL('./video-process.ts', import.meta.url));
/** A process that has not answered for so long is ended; the first answer waits for it to start. */
const [patienceMs, firstPatienceMs] = [2000, 8000];

export interface EncodedPicture {
  readonly key: boolean;
  readonly bits: Buffer;
}

/** H.264 from a process of its own. One picture at a time. */
export class VideoEncoder implements Disposable {
  /** Tells once why the process is gone, if nobody asked it to go. */
  readonly failed: Promise<string>;
  readonly #process: ChildProcess;
  readonly #orders: Writable;
  readonly #file: number;
  #picture = Buffer.alloc(0);
  #answer: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  #answered = false;
  #said = '';
  #waiting: ((picture: EncodedPicture) => void) | undefined;
  #patience: NodeJS.Timeout | undefined;

  constructor() {
    this.#file = openMemoryFile();
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe', this.#file] });
    this.#process = child;
    const [stdin, stdout, stderr] = child.stdio as unknown as [Writable, Readable, Readable];
    this.#orders = stdin;
    // Its exit tells.
    stdin.on('error', () => undefined);
    stdout.on('data', (data: Buffer) => this.#hear(data));
    stderr.on('data', (data: Buffer) => {
      this.#said = (this.#said + data.toString()).slice(-300);
    });
    this.failed = new Promise((resolve) => {
      child.on('error', ({ message }) => resolve(message));
      child.on('exit', (status, signal) => resolve(`its process ended with ${signal ?? `status ${status}`}: ${printable(this.#said)}`));
    });
  }

  /** The picture as bits; `key`: decodable alone. Never answers where the process is gone. */
  encode(picture: PictureShape, pixels: Uint8Array, bitsPerSecond: number, key: boolean): Promise<EncodedPicture> {
    const bytes = i420Bytes(picture);
    if (this.#picture.length !== bytes) this.#picture = Buffer.alloc(bytes);
    writeI420(picture, pixels, this.#picture);
    writeSync(this.#file, this.#picture, 0, bytes, 0);
    this.#orders.write(writeOrder({ width: evenSide(picture.width), height: evenSide(picture.height), bitsPerSecond, key }));
    this.#patience = setTimeout(() => this.#process.kill('SIGKILL'), this.#answered ? patienceMs : firstPatienceMs);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#patience);
    this.#process.kill('SIGKILL');
    closeSync(this.#file);
  }

  #hear(data: Buffer): void {
    this.#answer = this.#answer.length === 0 ? data : Buffer.concat([this.#answer, data]);
    if (this.#answer.length < answerBytes) return;
    const end = answerBytes + this.#answer.readUInt32LE(0);
    if (this.#answer.length < end) return;
    clearTimeout(this.#patience);
    this.#answered = true;
    const picture = { key: this.#answer.readUInt32LE(4) === 1, bits: this.#answer.subarray(answerBytes, end) };
    this.#answer = this.#answer.subarray(end);
    this.#waiting?.(picture);
  }
}

/** Without a name from the start, so that nothing is left of it whatever happens. */
function openMemoryFile(): number {
  const path = join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `lumencast-${randomUUID()}`);
  const file = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return file;
}
