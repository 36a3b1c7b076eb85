import { describe, expect, it } from 'vitest';
import { type Caliper, insidePicture, withEnd } from '../../src/marks/mark.ts';

describe('withEnd', () => {
  it('moves one end and leaves the caliper that it was given', () => {
    const caliper: Caliper = {
      kind: 'caliper',
      number: 3,
      ends: [
        { x: 1, y: 2 },
        { x: 3, y: 4 },
      ],
    };
    expect(withEnd(caliper, 1, { x: 9, y: 9 })).toEqual({ ...caliper, ends: [caliper.ends[0], { x: 9, y: 9 }] });
    expect(withEnd(caliper, 0, { x: 9, y: 9 }).ends[1]).toEqual({ x: 3, y: 4 });
    expect(caliper.ends[0]).toEqual({ x: 1, y: 2 });
  });
});

describe('insidePicture', () => {
  it('brings a point back to the nearest edge', () => {
    expect(insidePicture({ x: -3, y: 70 }, 100, 50)).toEqual({ x: 0, y: 50 });
    expect(insidePicture({ x: 12.5, y: 7 }, 100, 50)).toEqual({ x: 12.5, y: 7 });
  });
});
