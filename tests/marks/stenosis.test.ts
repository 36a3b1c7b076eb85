import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heartRate } from '../../src/marks/heart-rate.ts';
import { stenosisOfAreas, stenosisOfDiameters } from '../../src/marks/stenosis.ts';

describe('stenosisOfDiameters', () => {
  it('agrees with the worked examples: 1.2 of 4.0 mm are 70 %, half the diameter is a quarter of the area', () => {
    expect(stenosisOfDiameters(1.2, 4)?.diameterPercent).toBeCloseTo(70, 9);
    expect(stenosisOfDiameters(2, 4)).toEqual({ diameterPercent: 50, areaPercent: 75 });
    expect(stenosisOfDiameters(0, 3)).toEqual({ diameterPercent: 100, areaPercent: 100 });
    expect(stenosisOfDiameters(3, 3)).toEqual({ diameterPercent: 0, areaPercent: 0 });
  });

  it('is none where the lesion is wider than the reference, or nothing was measured', () => {
    for (const [lesion, reference] of [
      [3.1, 3],
      [0, 0],
      [-1, 3],
      [Number.NaN, 3],
      [1, Number.NaN],
    ] as const) {
      expect(stenosisOfDiameters(lesion, reference)).toBeUndefined();
      expect(stenosisOfAreas(lesion, reference)).toBeUndefined();
    }
  });

  it('is the same from the areas of round lumens, whatever the magnification', () => {
    const size = fc.double({ min: 0.1, max: 20, noNaN: true });
    fc.assert(
      fc.property(size, fc.double({ min: 0, max: 1, noNaN: true }), size, (reference, share, magnified) => {
        const lesion = reference * share;
        const byDiameter = stenosisOfDiameters(lesion * magnified, reference * magnified);
        const byArea = stenosisOfAreas((Math.PI / 4) * lesion * lesion, (Math.PI / 4) * reference * reference);
        // Rounding may lift a ratio of 1 just above it.
        fc.pre(byDiameter !== undefined && byArea !== undefined);
        expect(byArea?.areaPercent).toBeCloseTo(byDiameter?.areaPercent ?? Number.NaN, 6);
        expect(byArea?.diameterPercent).toBeCloseTo(byDiameter?.diameterPercent ?? Number.NaN, 5);
      }),
    );
  });
});

describe('heartRate', () => {
  it('is 60 over the mean R-R interval', () => {
    expect(heartRate([10, 10.8])).toEqual({
      perMinute: expect.closeTo(75, 9),
      beats: 1,
      shortestS: expect.closeTo(0.8, 9),
      longestS: expect.closeTo(0.8, 9),
    });
    // 0.6 and 1.4 s: 60 beats a minute, not the mean of 100 and 43.
    expect(heartRate([0, 0.6, 2])).toMatchObject({ perMinute: expect.closeTo(60, 9), beats: 2, longestS: expect.closeTo(1.4, 9) });
  });

  it('is none without two peaks, or where one was missed or doubled', () => {
    for (const peaks of [[], [1], [2, 1], [0, 0.1], [0, 0.8, 4.2], [0, Number.NaN]]) expect(heartRate(peaks), `${peaks}`).toBeUndefined();
  });
});
