import { describe, expect, it } from 'vitest';
import { axisOf, placeOf, ticksOf, timeAt } from '../../../web-client/time/time-axis.ts';

const s = 1_000_000;
const timeline = { fromUs: 100 * s, toUs: 160 * s, frames: 1800, lost: 0, gaps: [], rPeaksUs: [] };

describe('the axis of the time line', () => {
  it('reaches from the oldest frame to now, at least ten seconds', () => {
    expect(axisOf(undefined, timeline, 161 * s)).toEqual({ fromUs: 100 * s, toUs: 161 * s });
    expect(axisOf(undefined, timeline, undefined)).toEqual({ fromUs: 100 * s, toUs: 160 * s });
    expect(axisOf(undefined, { ...timeline, fromUs: 159 * s }, 160 * s)).toEqual({ fromUs: 150 * s, toUs: 160 * s });
    expect(axisOf(undefined, undefined, 160 * s)).toBeUndefined();
  });

  it('leads from a place to its time and back, within its ends', () => {
    const axis = { fromUs: 100 * s, toUs: 200 * s };
    for (const place of [0, 0.25, 0.999, 1]) expect(placeOf(axis, timeAt(axis, place))).toBeCloseTo(place, 6);
    expect([timeAt(axis, -3), timeAt(axis, 7)]).toEqual([100 * s, 200 * s]);
    expect([placeOf(axis, 0), placeOf(axis, 999 * s)]).toEqual([0, 1]);
  });

  it('has few ticks, on round times', () => {
    expect(ticksOf({ fromUs: 0, toUs: 20 * s }, 6)).toEqual([5 * s, 10 * s, 15 * s]);
    for (const span of [3, 10, 61, 300, 3600, 20_000]) {
      const ticks = ticksOf({ fromUs: 0, toUs: span * s }, 6);
      expect(ticks.length).toBeLessThanOrEqual(6);
      expect(ticks.every((tick) => tick < span * s)).toBe(true);
    }
  });
});
