import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FrameHeader, frameFlags } from '../../src/protocol/frame-header.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { VideoPixels } from '../../web-client/video-pixels.ts';
import { VideoStreams } from '../../web-client/video-streams.ts';

const [width, height] = [8, 4];
const kernelsOn = await compileKernels();
/** A key frame as far as its parameter sets; what follows them is the grey level of the picture. */
const bitsOf = (grey: number): Uint8Array => Uint8Array.of(0, 0, 1, 0x67, 0x64, 0x00, 0x28, grey);

/** A browser's decoder: writes the pixels when it is asked for them, and says so when the test lets it. */
class BrowserDouble {
  swallows = false;
  readonly #copies: (() => void)[] = [];
  closed = 0;

  /** Lets the copies go on that were asked for, first to last. */
  finishCopies(): void {
    for (const finish of this.#copies.splice(0)) finish();
  }

  frame(timestamp: number, grey: number) {
    const allocationSize = () => (width * height * 3) / 2;
    const copyTo = (target: Uint8Array) => {
      target.fill(grey, 0, width * height);
      const planes = [0, 1, 2].map((plane) => ({ offset: plane === 0 ? 0 : width * height + plane * 8 - 8, stride: plane === 0 ? 8 : 4 }));
      return new Promise((resolve) => this.#copies.push(() => resolve(planes)));
    };
    const close = (): void => void this.closed++;
    return { timestamp, displayWidth: width, displayHeight: height, format: 'I420', allocationSize, copyTo, close };
  }

  get decoder() {
    const browser = this;
    return class {
      state = 'unconfigured';
      readonly #output: (frame: ReturnType<BrowserDouble['frame']>) => void;
      constructor({ output }: { output: (frame: ReturnType<BrowserDouble['frame']>) => void }) {
        this.#output = output;
      }
      configure(): void {
        this.state = 'configured';
      }
      decode({ timestamp, data }: { timestamp: number; data: Uint8Array }): void {
        if (!browser.swallows) this.#output(browser.frame(timestamp, data.at(-1) as number));
      }
      close(): void {
        this.state = 'closed';
      }
    };
  }
}

describe('VideoStreams', () => {
  let browser: BrowserDouble;
  beforeEach(() => {
    browser = new BrowserDouble();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    vi.stubGlobal('VideoDecoder', browser.decoder);
    vi.stubGlobal(
      'EncodedVideoChunk',
      class {
        constructor(chunk: object) {
          Object.assign(this, chunk);
        }
      },
    );
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  function scene() {
    const shown: { stream: number; sequence: number; grey: number }[] = [];
    const leftOut: number[] = [];
    const passedOver: number[] = [];
    let nowUs = 0;
    const errors: string[] = [];
    let givenUp = 0;
    const videos = new VideoStreams({
      openReader: () => new VideoPixels(kernelsOn),
      passedOver: ({ sequence }) => passedOver.push(sequence),
      picture: ({ stream, sequence }, pixels) => shown.push({ stream, sequence, grey: pixels[0] as number }),
      leftOut({ sequence }, _, error) {
        leftOut.push(sequence);
        if (error !== undefined) errors.push(error.code);
      },
      askKey: () => undefined,
      ownUs: () => nowUs,
      giveUp: () => givenUp++,
    });
    return {
      videos,
      shown,
      leftOut,
      passedOver,
      errors,
      givenUp: () => givenUp,
      send(stream: number, sequence: number, keySequence: number, grey: number): void {
        const flags = sequence === keySequence ? frameFlags.key : 0;
        const header = { stream, view: 'processed', sequence, keySequence, flags, width, height, pixelFormat: 'GREY' } as FrameHeader;
        videos.receive(header, bitsOf(grey), undefined);
      },
      wait(forMs: number): void {
        for (let passedMs = 0; passedMs < forMs; passedMs += 100) {
          nowUs += 100_000;
          vi.advanceTimersByTime(100);
        }
      },
    };
  }
  /** Longer than any decoder may take. */
  const longMs = 3500;
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('shows each stream its own picture, also where two are read out at the same time', async () => {
    const { send, shown } = scene();
    send(0, 0, 0, 16);
    send(1, 0, 0, 235);
    await settled();
    browser.finishCopies();
    await settled();
    expect(shown).toEqual([
      { stream: 0, sequence: 0, grey: 0 },
      { stream: 1, sequence: 0, grey: 255 },
    ]);
  });

  it('reads out only the newest of the pictures that wait decoded', async () => {
    const { send, shown, passedOver, leftOut } = scene();
    send(0, 0, 0, 16);
    await settled();
    send(0, 1, 0, 100);
    send(0, 2, 0, 235);
    await settled();
    browser.finishCopies();
    await settled();
    browser.finishCopies();
    await settled();
    expect(shown.map(({ sequence, grey }) => [sequence, grey])).toEqual([
      [0, 0],
      [2, 255],
    ]);
    expect([passedOver, leftOut]).toEqual([[1], []]);
  });

  it('goes on with the next key frame where a picture is never read out, and closes what waited behind it', async () => {
    const { send, shown, leftOut, errors, wait } = scene();
    for (const sequence of [0, 1, 2, 3]) {
      send(0, sequence, 0, 16);
      await settled();
    }
    wait(longMs);
    expect(browser.closed).toBe(3);
    expect(leftOut).toEqual([0, 1, 2, 3]);
    expect(errors).toEqual(['codec/damaged']);
    send(0, 4, 4, 235);
    await settled();
    // The copy of the old picture ends too, after all: nothing of it is seen.
    browser.finishCopies();
    await settled();
    expect(shown).toEqual([{ stream: 0, sequence: 4, grey: 255 }]);
    expect(browser.closed).toBe(5);
  });

  it('gives up a decoder that keeps what it is given: the window opens each time, another stream shows its pictures', async () => {
    const { send, shown, leftOut, errors, givenUp, wait } = scene();
    for (let key = 0; key < 20; key += 4) {
      expect([leftOut.length, givenUp()]).toEqual([key, 0]);
      browser.swallows = true;
      // As many as a server has under way; it sends no more before they are acknowledged.
      for (let sequence = key; sequence < key + 4; sequence++) send(0, sequence, key, 16);
      browser.swallows = false;
      send(1, key, key, 235);
      await settled();
      browser.finishCopies();
      await settled();
      wait(longMs);
    }
    expect(errors).toHaveLength(5);
    expect(givenUp()).toBe(1);
    expect(leftOut).toEqual(Array.from({ length: 20 }, (_, sequence) => sequence));
    expect(shown.map(({ stream }) => stream)).toEqual([1, 1, 1, 1, 1]);
  });

  it('shows nothing that was made from a picture that the decoder left out', async () => {
    const { send, shown, leftOut, errors } = scene();
    const show = async (sequence: number, keySequence: number): Promise<void> => {
      send(0, sequence, keySequence, 16);
      await settled();
      browser.finishCopies();
      await settled();
    };
    await show(0, 0);
    browser.swallows = true;
    send(0, 1, 0, 16);
    browser.swallows = false;
    for (const sequence of [2, 3]) await show(sequence, 0);
    await show(4, 4);
    expect(shown.map(({ sequence }) => sequence)).toEqual([0, 4]);
    expect(leftOut).toEqual([1, 2, 3]);
    expect(errors).toEqual(['codec/damaged']);
  });

  it('does not give up one that shows pictures in between', async () => {
    const { send, givenUp, errors, wait } = scene();
    for (let round = 0; round < 8; round++) {
      const key = round * 10;
      browser.swallows = false;
      send(0, key, key, 16);
      await settled();
      browser.finishCopies();
      await settled();
      browser.swallows = true;
      for (const sequence of [key + 1, key + 2, key + 3]) send(0, sequence, key, 16);
      wait(longMs);
    }
    expect(errors).toHaveLength(8);
    expect(givenUp()).toBe(0);
  });
});
