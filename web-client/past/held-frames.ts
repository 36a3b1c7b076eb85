import { frameFlags, readFrameHeader } from '../../src/protocol/frame-header.ts';

type Message = Uint8Array<ArrayBuffer>;

/** As they were captured, or lighter ones with loss for lines that bear no more. */
export type Exactness = 'exact' | 'light';

const mostLight = 300;

/** Frames of the past that are here, as they came, by capture time. */
export class HeldFrames {
  readonly #exact = new Map<number, Message>();
  readonly #light = new Map<number, Message>();
  /** Of frames that were asked for and did not come: the store has given them up, or they are damaged. */
  readonly #missing = new Set<number>();
  #exactBytes = 0;

  get exactBytes(): number {
    return this.#exactBytes;
  }

  exact(us: number): Message | undefined {
    return this.#exact.get(us);
  }

  light(us: number): Message | undefined {
    return this.#light.get(us);
  }

  isMissing(us: number): boolean {
    return this.#missing.has(us);
  }

  /** It is here as good as that, or it does not come. */
  isSettled(us: number, exactness: Exactness): boolean {
    return this.#exact.has(us) || this.#missing.has(us) || (exactness === 'light' && this.#light.has(us));
  }

  /** `asked`: as what it was asked for; what comes without loss is exact all the same. Answers its capture time. */
  take(message: Message, asked: Exactness): number {
    const { capturedAtUs, flags } = readFrameHeader(new DataView(message.buffer));
    if (asked === 'light' && (flags & frameFlags.lossless) === 0) {
      this.#light.set(capturedAtUs, message);
      const [oldest] = this.#light.keys();
      if (this.#light.size > mostLight && oldest !== undefined) this.#light.delete(oldest);
      return capturedAtUs;
    }
    this.#exactBytes += message.length - (this.#exact.get(capturedAtUs)?.length ?? 0);
    this.#exact.set(capturedAtUs, message);
    this.#light.delete(capturedAtUs);
    return capturedAtUs;
  }

  miss(us: number): void {
    this.#missing.add(us);
  }

  keepOnly(worth: ReadonlySet<number>): void {
    for (const [us, message] of this.#exact) {
      if (worth.has(us)) continue;
      this.#exact.delete(us);
      this.#exactBytes -= message.length;
    }
  }

  clear(): void {
    this.#exact.clear();
    this.#light.clear();
    this.#exactBytes = 0;
  }
}
