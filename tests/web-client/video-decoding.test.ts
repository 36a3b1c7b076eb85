import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasWebCodecs, loadWebCodecs } from '../../src/codec/webcodecs.ts';
import { type FrameHeader, frameFlags } from '../../src/protocol/frame-header.ts';
import { type EncodedPicture, VideoEncoder } from '../../src/stream/video-encoder.ts';
import { VideoDecoding } from '../../web-client/video-decoding.ts';
import { seeded } from '../support/mutant.ts';

const picture = { width: 64, height: 48, pixelFormat: 'GREY' } as const;

/** A bright square that moves over noise; the frames 0, 10, 20 … are key frames. */
async function recorded(count: number): Promise<EncodedPicture[]> {
  using encoder = new VideoEncoder();
  const random = seeded(1);
  const noise = Uint8Array.from({ length: 64 * 48 }, () => random(30));
  const pictures: EncodedPicture[] = [];
  for (let index = 0; index < count; index++) {
    const pixels = noise.slice();
    for (let y = 10; y < 20; y++) pixels.fill(200, y * 64 + index, y * 64 + index + 10);
    const { key, bits } = await encoder.encode(picture, pixels, 200_000, index % 10 === 0);
    pictures.push({ key, bits: Buffer.from(bits) });
  }
  return pictures;
}

describe.skipIf(!hasWebCodecs())('VideoDecoding (skipped where H.264 is not installed)', () => {
  let frames: EncodedPicture[] = [];
  beforeAll(async () => {
    // The decoder that comes with the encoder stands in for the browser's: the same interface, but two pictures behind.
    const { VideoDecoder, EncodedVideoChunk } = loadWebCodecs();
    Object.assign(globalThis, { VideoDecoder, EncodedVideoChunk });
    frames = await recorded(25);
  });
  afterAll(() => {
    Object.assign(globalThis, { VideoDecoder: undefined, EncodedVideoChunk: undefined });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  function scene() {
    const shown: number[] = [];
    const leftOut: number[] = [];
    const passedOver: number[] = [];
    const errors: string[] = [];
    let asked = 0;
    let nowUs = 0;
    let sent = 0;
    let damaged = false;
    const decoding = new VideoDecoding({
      openReader: () => ({
        async read(frame) {
          const bytes = new Uint8Array(frame.allocationSize());
          await frame.copyTo(bytes);
          return bytes;
        },
      }),
      picture: ({ sequence }) => shown.push(sequence),
      passedOver: ({ sequence }) => passedOver.push(sequence),
      leftOut({ sequence }, _, error) {
        leftOut.push(sequence);
        if (error !== undefined) errors.push(error.code);
      },
      askKey: () => asked++,
      ownUs: () => nowUs,
    });
    const headerOf = (sequence: number): FrameHeader => ({
      codec: 4,
      flags: frames[sequence]?.key ? frameFlags.key : 0,
      pixelFormat: 'GREY',
      view: 'processed',
      stream: 0,
      sequence,
      capturedAtUs: 0,
      processingUs: 0,
      width: 64,
      height: 48,
      keySequence: frames.findLastIndex(({ key }, index) => key && index <= sequence),
      payloadBytes: 0,
      crc32: 0,
      epoch: 0,
    });
    return {
      decoding,
      shown,
      leftOut,
      passedOver,
      errors,
      asked: () => asked,
      /** Needs timers that are not real. */
      wait(forMs: number): void {
        for (let passedMs = 0; passedMs < forMs; passedMs += 100) {
          nowUs += 100_000;
          vi.advanceTimersByTime(100);
        }
      },
      /** The thread stands still for so long. */
      hang(forMs: number): void {
        nowUs += forMs * 1000;
      },
      /** As they come after a stall. */
      burst(from: number, to: number): void {
        for (let sequence = from; sequence < to; sequence++) {
          sent++;
          decoding.receive(headerOf(sequence), frames[sequence]?.bits as Buffer, undefined);
        }
      },
      /** As the server sends them, as long as the decoder keeps up. */
      async send(from: number, to: number, damage?: (bits: Buffer) => Buffer): Promise<void> {
        damaged ||= damage !== undefined;
        for (let sequence = from; sequence < to; sequence++) {
          nowUs += 33_000;
          sent++;
          const bits = frames[sequence]?.bits as Buffer;
          decoding.receive(headerOf(sequence), damage?.(bits) ?? bits, undefined);
          // A decoder may swallow what is damaged and say nothing; a server with a wide window goes on sending.
          await vi.waitUntil(() => shown.length + leftOut.length >= sent - 2, damaged ? 1000 : 10_000).catch(() => undefined);
        }
      },
    };
  }

  it('shows every picture in order', async () => {
    const { send, shown, leftOut, decoding } = scene();
    await send(0, 25);
    expect(shown).toEqual(Array.from({ length: 23 }, (_, index) => index));
    decoding.reset();
    // What was under way is acknowledged too.
    expect(leftOut).toEqual([23, 24]);
  });

  it('decodes all that a stall held back, to the newest, and asks for nothing', async () => {
    const { burst, shown, leftOut, passedOver, asked, decoding } = scene();
    burst(0, 10);
    // This decoder is two behind.
    await vi.waitUntil(() => shown.at(-1) === 7, 10_000);
    burst(10, 20);
    await vi.waitUntil(() => shown.at(-1) === 17, 10_000);
    expect([...shown, ...passedOver].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 18 }, (_, index) => index));
    expect([leftOut, asked()]).toEqual([[], 0]);
    decoding.reset();
  });

  it('leaves out what it cannot decode, asks for a key frame now and then, and goes on with the next one', async () => {
    const { send, shown, leftOut, asked, decoding } = scene();
    await send(3, 15);
    expect(leftOut).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(shown).toEqual([10, 11, 12]);
    expect(asked()).toBe(1);
    decoding.reset();
    await send(15, 24);
    expect(shown).toEqual([10, 11, 12, 20, 21]);
    decoding.reset();
  });

  it('survives any damage, and is whole again with the next whole key frame', async () => {
    const random = seeded(3);
    for (let round = 0; round < 10; round++) {
      const { send, shown, leftOut, decoding } = scene();
      await send(0, 1);
      await send(1, 8, (bits) => {
        const copy = Buffer.from(bits);
        for (let at = 0; at < 5; at++) copy[random(copy.length)] = random(256);
        return copy.subarray(0, round % 2 === 0 ? copy.length : random(copy.length));
      });
      await send(10, 17);
      // What it has swallowed is given up at a key frame: this one, or the next.
      if (!shown.some((sequence) => sequence >= 10)) await send(20, 23);
      decoding.reset();
      expect(shown.some((sequence) => sequence >= 10) || leftOut.length > 10).toBe(true);
      expect(shown.length + leftOut.length).toBeGreaterThanOrEqual(15);
    }
  });

  it('gives up a decoder that keeps its first pictures, although nothing else comes: all are acknowledged, in order', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { decoding, burst, leftOut, errors, asked, wait, hang } = scene();
    // All that a server sends before it is answered.
    burst(0, 4);
    // The decoder could not be heard for so long either.
    hang(5000);
    wait(2900);
    expect(leftOut).toEqual([]);
    wait(100);
    expect([leftOut, errors, asked()]).toEqual([[0, 1, 2, 3], ['codec/damaged'], 1]);
    wait(5000);
    expect(leftOut).toHaveLength(4);
    decoding.reset();
  });

  it('does not let pictures queue in front of a decoder that is behind', () => {
    const { decoding, leftOut, asked } = scene();
    const header = (sequence: number, key: boolean): FrameHeader =>
      ({ sequence, keySequence: 0, flags: key ? frameFlags.key : 0, width: 64, height: 48, pixelFormat: 'GREY' }) as FrameHeader;
    const queue = (from: number, to: number): void => {
      for (let sequence = from; sequence < to; sequence++) {
        decoding.receive(header(sequence, sequence === 0), frames[sequence]?.bits as Buffer, undefined);
      }
    };
    queue(0, 16);
    expect(leftOut).toEqual([]);
    queue(16, 18);
    expect(leftOut).toEqual([16, 17]);
    expect(asked()).toBe(1);
    decoding.reset();
    expect(leftOut).toEqual([16, 17, ...Array.from({ length: 16 }, (_, index) => index)]);
  });
});
