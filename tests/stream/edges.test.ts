import { describe, expect, it } from 'vitest';
import { frameFormat } from '../../src/frame/frame-format.ts';
import { FramePool, type PooledFrame, slotLayout } from '../../src/frame/frame-pool.ts';
import { Every } from '../../src/stream/every.ts';
import { type Edge, Newest } from '../../src/stream/newest.ts';

const format = frameFormat(4, 4, 'GREY');

function feed(edge: Edge<PooledFrame>, pool: FramePool, sequences: readonly number[]): void {
  for (const sequence of sequences) {
    using frame = pool.claim(format, { sequence, capturedAtNs: 0n, rPeak: false, synthetic: true });
    if (frame !== undefined) edge.put(frame);
  }
}

function drain(edge: Edge<PooledFrame>): number[] {
  const taken: number[] = [];
  for (let frame = edge.take(); frame !== undefined; frame = edge.take()) {
    using held = frame;
    taken.push(held.sequence);
  }
  return taken;
}

function pool(): FramePool {
  const layout = slotLayout(0, 6, 16);
  return new FramePool(new SharedArrayBuffer(layout.endOffset), layout);
}

describe('newest', () => {
  it('keeps the newest frame only, counts what it replaced, and holds one slot', () => {
    const frames = pool();
    const edge = new Newest<PooledFrame>();
    feed(edge, frames, [0, 1, 2, 3]);
    expect(frames.counts.free()).toBe(5);
    expect(drain(edge)).toEqual([3]);
    expect(edge.skipped).toBe(3);
    expect(frames.counts.free()).toBe(6);
    feed(edge, frames, [4]);
    edge[Symbol.dispose]();
    expect(frames.counts.free()).toBe(6);
  });
});

describe('every', () => {
  it('keeps all in order up to its bound, and counts the rest', () => {
    const frames = pool();
    const edge = new Every<PooledFrame>(3, () => true);
    feed(edge, frames, [0, 1, 2, 3, 4]);
    expect(edge.skipped).toBe(2);
    expect(drain(edge)).toEqual([0, 1, 2]);
    expect(frames.counts.free()).toBe(6);
  });

  it('takes no slot that the pool cannot spare', () => {
    const frames = pool();
    const edge = new Every<PooledFrame>(100, () => frames.counts.free() > 3);
    feed(edge, frames, [0, 1, 2, 3, 4, 5, 6]);
    expect(edge.skipped).toBeGreaterThan(0);
    expect(frames.counts.free()).toBeGreaterThanOrEqual(3);
    edge[Symbol.dispose]();
    expect(frames.counts.free()).toBe(6);
  });
});
