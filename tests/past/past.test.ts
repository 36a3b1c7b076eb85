import { describe, expect, it } from 'vitest';
import { FrameIndex } from '../../src/past/frame-index.ts';
import { Past } from '../../src/past/past.ts';

/** Frames of 100 bytes by their sequence, one a millisecond. */
function rowsOf(sequences: readonly number[], offset = 0): Uint8Array {
  const index = new FrameIndex();
  sequences.forEach((sequence, at) => {
    index.add(sequence * 1000, offset + at * 100, 80, sequence, 1, 0);
  });
  return index.rows();
}

describe('what there is of the past', () => {
  const written = (): Past => {
    const past = new Past('nowhere');
    past.written(0, 200, rowsOf([10, 11]));
    // In two steps, with one missing between them and two inside.
    past.written(0, 400, rowsOf([13, 16], 200));
    past.written(1, 300, rowsOf([17, 20, 21]));
    return past;
  };
  const gaps = [
    { fromUs: 11_000, toUs: 13_000, lost: 1 },
    { fromUs: 13_000, toUs: 16_000, lost: 2 },
    { fromUs: 17_000, toUs: 20_000, lost: 2 },
  ];

  it('is summed up with every gap, also between files', () => {
    const past = written();
    expect(past.summary()).toEqual({ fromUs: 10_000, toUs: 21_000, frames: 7, lost: 5, bytes: 700, gaps });
    past.written(3, 100, rowsOf([30]));
    expect(past.summary()).toMatchObject({ lost: 13, gaps: [...gaps, { fromUs: 21_000, toUs: 30_000, lost: 8 }] });
    past.removed(0);
    expect(past.summary()).toMatchObject({ fromUs: 17_000, frames: 4, lost: 10, bytes: 400 });
    past.removed(1);
    expect(past.summary()).toEqual({ fromUs: 30_000, toUs: 30_000, frames: 1, lost: 0, bytes: 100, gaps: [] });
    past.removed(3);
    expect(past.summary()).toEqual({ frames: 0, lost: 0, bytes: 0, gaps: [] });
  });

  it('is summed up from a time on', () => {
    const past = written();
    expect(past.summary(13_000)).toEqual({ fromUs: 13_000, toUs: 21_000, frames: 5, lost: 4, bytes: 500, gaps: gaps.slice(1) });
    expect(past.summary(17_000)).toMatchObject({ fromUs: 17_000, frames: 3, lost: 2, gaps: gaps.slice(2) });
    expect(past.summary(21_001)).toEqual({ frames: 0, lost: 0, bytes: 0, gaps: [] });
  });

  it('looks at no frame anew that was counted before', () => {
    const past = new Past('nowhere');
    const sequences = Array.from({ length: 5400 }, (_, sequence) => sequence);
    past.written(0, 540_000, rowsOf(sequences));
    let looks = 0;
    const { sequence } = FrameIndex.prototype;
    FrameIndex.prototype.sequence = function (row) {
      looks++;
      return sequence.call(this, row);
    };
    try {
      expect(past.summary().frames).toBe(5400);
    } finally {
      FrameIndex.prototype.sequence = sequence;
    }
    expect(looks).toBe(0);
  });
});
