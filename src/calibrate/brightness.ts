import { setTimeout as wait } from 'node:timers/promises';
import type { Subscription } from 'rxjs';
import { frameHeaderBytes } from '../protocol/frame-header.ts';
import type { SharedFrame } from '../stream/shared-frame.ts';
import type { Stream } from '../stream/stream.ts';
import type { Sample } from './step-delay.ts';

/** About so many pixels are looked at in each picture. */
const looked = 4096;
const kept = 2000;

/** Watches how bright a stream's pictures are, as captured. */
export class Brightness {
  readonly samples: Sample[] = [];
  readonly #subscription: Subscription;
  readonly #unixToOwnMs: number;
  #heard = (): void => undefined;

  /** `unixToOwnMs`: what turns Unix milliseconds of capture times into those of this process' `performance` clock. */
  constructor(stream: Stream, unixToOwnMs: number) {
    this.#unixToOwnMs = unixToOwnMs;
    this.#subscription = stream.frames('raw', 'raw').subscribe((frame) => this.#look(frame));
  }

  close(): void {
    this.#subscription.unsubscribe();
  }

  /** The mean of what was captured in the last part of a wait; where a pause of the machine fell into that, the next picture within another wait. */
  async levelAfter(waitMs: number): Promise<number | undefined> {
    const sinceMs = performance.now() + (waitMs * 3) / 4;
    await wait(waitMs);
    return await this.until(() => this.#meanSince(sinceMs), waitMs);
  }

  #meanSince(sinceMs: number): number | undefined {
    const late = this.samples.filter(({ atMs }) => atMs >= sinceMs);
    return late.length === 0 ? undefined : late.reduce((sum, { brightness }) => sum + brightness, 0) / late.length;
  }

  /** The first answer that is not undefined, asked again with every picture; undefined after the wait. */
  until<Value>(ask: () => Value | undefined, waitMs: number): Promise<Value | undefined> {
    return new Promise((resolve) => {
      const give = (value: Value | undefined): void => {
        clearTimeout(timer);
        this.#heard = () => undefined;
        resolve(value);
      };
      const timer = setTimeout(() => give(undefined), waitMs);
      this.#heard = () => {
        const value = ask();
        if (value !== undefined) give(value);
      };
      this.#heard();
    });
  }

  #look({ header, bytes }: SharedFrame): void {
    const sampleBytes = header.pixelFormat === 'Y16' ? 2 : 1;
    // An odd step walks through all columns and channels.
    const step = (Math.floor((bytes.length - frameHeaderBytes) / sampleBytes / looked) | 1) * sampleBytes;
    let sum = 0;
    let count = 0;
    for (let at = frameHeaderBytes; at < bytes.length; at += step) {
      sum += sampleBytes === 2 ? bytes.readUInt16LE(at) : bytes.readUInt8(at);
      count++;
    }
    this.samples.push({ atMs: header.capturedAtUs / 1000 + this.#unixToOwnMs, brightness: count === 0 ? 0 : sum / count });
    if (this.samples.length > kept) this.samples.shift();
    this.#heard();
  }
}
