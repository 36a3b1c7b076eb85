import { defer, Subject } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hasWebCodecs } from '../../src/codec/webcodecs.ts';
import { frameFormat } from '../../src/frame/frame-format.ts';
import { FramePool, SlotCounts, slotLayout } from '../../src/frame/frame-pool.ts';
import { frameFlags, frameHeaderBytes, writeFrameHeader } from '../../src/protocol/frame-header.ts';
import type { EncodedTier } from '../../src/protocol/tiers.ts';
import { Losses } from '../../src/stream/losses.ts';
import { SharedFrame } from '../../src/stream/shared-frame.ts';
import { Tier, type TierViewer } from '../../src/stream/tier.ts';

const format = frameFormat(64, 48, 'GREY');
const bytes = 64 * 48;

/** A stream's memory, and what its frames become in a tier. */
function scene(name: EncodedTier = 'exact', ready = true) {
  const layout = slotLayout(0, 4, bytes);
  const buffer = new SharedArrayBuffer(layout.endOffset);
  const pool = new FramePool(buffer, layout);
  const memory = { buffer, layout, counts: new SlotCounts(buffer, layout) };
  const source$ = new Subject<SharedFrame>();
  const losses = new Losses();
  let sendHeld = (): void => undefined;
  const fromNewest$ = defer(() => {
    queueMicrotask(() => sendHeld());
    return source$;
  });
  const tier = new Tier(name, fromNewest$, losses, (reason) => warnings.push(reason));
  const seen: number[] = [];
  const warnings: string[] = [];
  const viewer: TierViewer = { ready: () => ready, put: ({ header }) => seen.push(header.sequence) };
  const watch = tier.watch(viewer);
  return {
    tier,
    viewer,
    /** From now on the source gives a picture only to who comes. */
    hold(send: () => void): void {
      sendHeld = send;
    },
    losses,
    seen,
    warnings,
    watch,
    free: () => memory.counts.free(),
    /** `width`: what the header claims; a smaller picture than the payload is one that no codec takes. */
    send(sequence: number, width = 64): void {
      using claimed = pool.claim(format, { sequence, capturedAtNs: 0n, rPeak: false, synthetic: true });
      if (claimed === undefined) return;
      writeFrameHeader(new DataView(buffer, claimed.byteOffset - frameHeaderBytes, frameHeaderBytes), {
        codec: 0,
        flags: frameFlags.key | frameFlags.lossless,
        pixelFormat: 'GREY',
        view: 'processed',
        stream: 0,
        sequence,
        capturedAtUs: sequence * 33_000,
        processingUs: 0,
        width,
        height: 48,
        keySequence: sequence,
        payloadBytes: bytes,
        crc32: 0,
        epoch: 0,
      });
      using frame = SharedFrame.receive(memory, claimed.retain().giveAway());
      source$.next(frame);
    },
    [Symbol.dispose]: () => {
      watch.end();
      tier.close();
    },
  };
}

describe('Tier', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('goes on with a new encoder where one fails, counts it, and holds no frame of the stream', async () => {
    using room = scene();
    let sequence = 0;
    await vi.waitUntil(() => {
      room.send(sequence++, 16);
      return (room.losses.all()['encoder/restarts'] ?? 0) >= 1;
    }, 20_000);
    expect(room.warnings.join()).toContain('its encoder failed');
    expect(room.losses.all()['encoder/failed']).toBeGreaterThanOrEqual(3);
    expect(room.seen).toEqual([]);
    const good = sequence;
    await vi.waitUntil(() => {
      room.send(sequence++);
      return room.seen.length >= 3;
    }, 20_000);
    expect(Math.min(...room.seen)).toBeGreaterThanOrEqual(good);
    room.watch.end();
    room.tier.close();
    expect(room.free()).toBe(4);
  });

  it('remembers an encoder that fails after the last viewer has left, until it gives a frame', { timeout: 40_000 }, async () => {
    using room = scene();
    let sequence = 0;
    await vi.waitUntil(() => {
      room.send(sequence++, 16);
      return room.tier.failing;
    }, 30_000);
    expect(room.losses.all()['encoder/restarts']).toBe(3);
    room.watch.end();
    room.tier.close();
    expect(room.tier.failing).toBe(true);
    const again = room.tier.watch(room.viewer);
    await vi.waitUntil(() => {
      room.send(sequence++);
      return room.seen.length > 0;
    }, 20_000);
    expect(room.tier.failing).toBe(false);
    again.end();
  });

  it.skipIf(!hasWebCodecs())(
    'counts nothing as skipped while a held picture waits for a viewer (skipped where H.264 is not installed)',
    async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
      using room = scene('video', false);
      room.hold(() => room.send(7));
      await vi.advanceTimersByTimeAsync(3000);
      expect(room.tier.skipped).toBe(0);
      expect(room.free()).toBe(3);
    },
  );

  it('encodes nothing that nobody watches', async () => {
    using room = scene();
    await vi.waitUntil(() => {
      room.send(room.seen.length);
      return room.seen.length > 0;
    }, 20_000);
    room.watch.end();
    const before = room.seen.length;
    room.send(100);
    // The encoder gives back what it was reading.
    await vi.waitUntil(() => room.free() === 4, 10_000);
    expect(room.seen.length).toBe(before);
  });
});
