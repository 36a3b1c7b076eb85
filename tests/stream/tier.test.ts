import { Subject } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { frameFormat } from '../../src/frame/frame-format.ts';
import { FramePool, SlotCounts, slotLayout } from '../../src/frame/frame-pool.ts';
import { frameFlags, frameHeaderBytes, writeFrameHeader } from '../../src/protocol/frame-header.ts';
import { Losses } from '../../src/stream/losses.ts';
import { SharedFrame } from '../../src/stream/shared-frame.ts';
import { Tier } from '../../src/stream/tier.ts';

const format = frameFormat(64, 48, 'GREY');
const bytes = 64 * 48;

/** A stream's memory, and what its frames become in a tier. */
function scene() {
  const layout = slotLayout(0, 4, bytes);
  const buffer = new SharedArrayBuffer(layout.endOffset);
  const pool = new FramePool(buffer, layout);
  const memory = { buffer, layout, counts: new SlotCounts(buffer, layout) };
  const source$ = new Subject<SharedFrame>();
  const losses = new Losses();
  const tier = new Tier('exact', source$, losses, (reason) => warnings.push(reason));
  const seen: number[] = [];
  const warnings: string[] = [];
  const watch = tier.watch({ ready: () => true, put: ({ header }) => seen.push(header.sequence) });
  return {
    tier,
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
    await vi.waitUntil(() => room.free() === 4);
    expect(room.seen.length).toBe(before);
  });
});
