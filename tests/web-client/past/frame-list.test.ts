import { describe, expect, it } from 'vitest';
import { frameFlags } from '../../../src/protocol/frame-header.ts';
import { FrameList, type PastFrame } from '../../../web-client/past/frame-list.ts';

const frame = (capturedUs: number, sequence: number, flags = 0): PastFrame => ({ capturedUs, sequence, epoch: 0, bytes: 100, flags });

describe('frames of the past', () => {
  it('stand by time, each once, in whatever order they come', () => {
    const list = new FrameList();
    list.add([frame(300, 3), frame(400, 4)]);
    list.add([frame(100, 1), frame(200, 2), frame(300, 3)]);
    list.add([frame(500, 5)]);
    expect(list.frames.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
    list.dropBefore(250);
    expect([list.firstUs, list.lastUs, list.length]).toEqual([300, 500, 3]);
  });

  it('know which of them was on the screen at a time', () => {
    const list = new FrameList();
    expect(list.shownAt(5)).toBe(-1);
    list.add([frame(100, 1), frame(200, 2), frame(300, 3)]);
    expect([50, 100, 199, 200, 299, 300, 999].map((us) => list.shownAt(us))).toEqual([0, 0, 0, 1, 1, 2, 2]);
    expect([50, 100, 101, 300, 301].map((us) => list.from(us))).toEqual([0, 0, 1, 2, 3]);
  });

  it('lead from R peak to R peak', () => {
    const list = new FrameList();
    list.add([1, 2, 3, 4, 5].map((n) => frame(n * 100, n, n === 2 || n === 4 ? frameFlags.rPeak : 0)));
    expect([list.peak(200, 1), list.peak(199, 1), list.peak(400, 1)]).toEqual([3, 1, -1]);
    expect([list.peak(400, -1), list.peak(401, -1), list.peak(200, -1)]).toEqual([1, 3, -1]);
  });

  it('say what is missing between two of them', () => {
    const list = new FrameList();
    list.add([
      frame(0, 7),
      frame(33_000, 8),
      frame(99_000, 10),
      frame(130_000, 11, frameFlags.gapBefore),
      frame(5_130_000, 12),
      frame(5_160_000, 0),
    ]);
    expect([0, 1, 2, 3, 4, 5].map((position) => list.gapBefore(position))).toEqual([
      undefined,
      undefined,
      { lost: 1, ms: 66 },
      { lost: 0, ms: 31 },
      { lost: 0, ms: 5000 },
      undefined,
    ]);
  });
});
