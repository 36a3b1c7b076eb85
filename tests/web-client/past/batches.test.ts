import { describe, expect, it } from 'vitest';
import { type Limits, type Need, nextBatch, worthKeeping } from '../../../web-client/past/batches.ts';
import { FrameList } from '../../../web-client/past/frame-list.ts';

const list = new FrameList();
list.add(Array.from({ length: 20 }, (_, at) => ({ capturedUs: at * 1000, sequence: at, epoch: 0, bytes: 100, flags: 0 })));
const limits: Limits = { batchFrames: 4, batchBytes: 10_000, aheadBytes: 1_000_000, aheadFrames: 8 };
const need = (position: number, here: readonly number[], rest: Partial<Need> = {}): Need => ({
  list,
  position,
  direction: 1,
  loop: undefined,
  has: (us) => here.includes(us / 1000),
  ...rest,
});

describe('what is fetched next', () => {
  it('begins with the frame that is wanted and goes in the direction of play', () => {
    expect(nextBatch(need(5, []), limits)).toEqual({ first: 5, last: 8 });
    expect(nextBatch(need(5, [], { direction: -1 }), limits)).toEqual({ first: 2, last: 5 });
    expect(nextBatch(need(5, [5, 6]), limits)).toEqual({ first: 7, last: 10 });
  });

  it('fills a hole without fetching again what is here', () => {
    expect(nextBatch(need(5, [5, 6, 9]), limits)).toEqual({ first: 7, last: 8 });
  });

  it('stops where enough is ahead, at either end, and in an empty list', () => {
    expect(nextBatch(need(5, [5, 6, 7, 8, 9, 10, 11, 12]), limits)).toBeUndefined();
    expect(nextBatch(need(18, []), limits)).toEqual({ first: 18, last: 19 });
    expect(nextBatch(need(1, [1], { direction: -1 }), limits)).toEqual({ first: 0, last: 0 });
    expect(nextBatch(need(-1, [], { list: new FrameList() }), limits)).toBeUndefined();
  });

  it('bounds a request by its bytes, and what is ahead by its bytes', () => {
    expect(nextBatch(need(0, []), { ...limits, batchBytes: 250 })).toEqual({ first: 0, last: 1 });
    expect(nextBatch(need(0, []), { ...limits, batchBytes: 10 })).toEqual({ first: 0, last: 0 });
    expect(nextBatch(need(0, [0, 1]), { ...limits, aheadBytes: 200 })).toBeUndefined();
  });

  it('goes back to the start of a loop in time, in a request of its own', () => {
    const loop = { fromUs: 3000, toUs: 9000 };
    expect(nextBatch(need(8, [], { loop }), limits)).toEqual({ first: 8, last: 9 });
    expect(nextBatch(need(8, [8, 9], { loop }), limits)).toEqual({ first: 3, last: 6 });
    expect(nextBatch(need(3, [3, 4, 5, 6, 7, 8, 9], { loop }), limits)).toBeUndefined();
  });

  it('keeps what comes, and a little of what was', () => {
    expect([...worthKeeping(need(10, []), limits)].map((us) => us / 1000).sort((a, b) => a - b)).toEqual([
      9, 10, 11, 12, 13, 14, 15, 16, 17,
    ]);
  });
});
