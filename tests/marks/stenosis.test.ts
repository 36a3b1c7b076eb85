import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import { heartRate } from '../../src/marks/heart-rate.ts';
import type { MarkOf } from '../../src/marks/mark.ts';
import { stenosisOfAreas, stenosisOfCalipers, stenosisOfDiameters } from '../../src/marks/stenosis.ts';

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

describe('stenosisOfCalipers', () => {
  const caliper = (x0: number, y0: number, x1: number, y1: number): MarkOf<'distance'> => ({
    kind: 'distance',
    number: 1,
    points: [
      { x: x0, y: y0 },
      { x: x1, y: y1 },
    ],
  });
  const region: CalibrationRegion = {
    kind: 'tissue',
    x0: 0,
    y0: 0,
    x1: 199,
    y1: 399,
    unitX: 'cm',
    unitY: 'cm',
    deltaX: 0.04,
    deltaY: 0.02,
  };
  const picture = (...regions: CalibrationRegion[]) => ({ width: 400, height: 400, regions });

  it('measures both on the patient: pixels that are not square count by direction', () => {
    // 10 px across are 4 mm, 40 px along are 8 mm.
    expect(stenosisOfCalipers(picture(region), caliper(50, 50, 60, 50), caliper(90, 50, 90, 90))).toMatchObject({ diameterPercent: 50 });
  });

  it('needs no calibration for a ratio', () => {
    expect(stenosisOfCalipers(picture(), caliper(0, 0, 3, 4), caliper(9, 9, 19, 9))).toMatchObject({ diameterPercent: 50 });
  });

  it('says why there is none', () => {
    const [narrow, wide] = [caliper(50, 50, 60, 50), caliper(50, 90, 90, 90)];
    expect(stenosisOfCalipers(picture(region), wide, narrow)).toBe('the lesion is wider than the reference');
    const other = { ...region, x0: 200, x1: 399 };
    expect(stenosisOfCalipers(picture(region, other), narrow, caliper(250, 90, 290, 90))).toBe(
      'lesion and reference lie in different regions',
    );
    expect(stenosisOfCalipers(picture(region), narrow, caliper(250, 90, 290, 90))).toBe('lesion and reference lie in different regions');
    expect(stenosisOfCalipers(picture({ ...region, unitX: 's', unitY: 'cm/s' }), narrow, wide)).toBe('the axes are no lengths');
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
