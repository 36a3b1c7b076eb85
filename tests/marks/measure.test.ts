import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import { distanceText, type MeasuredPicture, measureDistance } from '../../src/marks/measure.ts';

const tissue: CalibrationRegion = {
  kind: 'tissue',
  x0: 10,
  y0: 20,
  x1: 209,
  y1: 319,
  unitX: 'cm',
  unitY: 'cm',
  deltaX: 0.05,
  deltaY: 0.02,
};
const trace: CalibrationRegion = { ...tissue, kind: 'ecg', y0: 330, y1: 399, unitX: 's', unitY: 'none', deltaX: 0.01, deltaY: 1 };
const picture = (...regions: CalibrationRegion[]): MeasuredPicture => ({ width: 400, height: 400, regions });

describe('measureDistance', () => {
  it('measures each axis by its own delta and answers millimetres', () => {
    // 60 px * 0.05 cm = 3 cm across, 200 px * 0.02 cm = 4 cm along: a 3-4-5 triangle of centimetres.
    const distance = measureDistance(picture(tissue), { x: 50, y: 50 }, { x: 110, y: 250 });
    expect(distance).toMatchObject({ unit: 'mm', value: expect.closeTo(50, 9) });
    expect(distance).toMatchObject({ acrossMm: expect.closeTo(30, 9), alongMm: expect.closeTo(40, 9) });
  });

  it('keeps the sign of the deltas in the parts and out of the length', () => {
    const flipped = { ...tissue, deltaY: -0.02 };
    const distance = measureDistance(picture(flipped), { x: 50, y: 50 }, { x: 110, y: 250 });
    expect(distance).toMatchObject({
      unit: 'mm',
      value: expect.closeTo(50, 9),
      acrossMm: expect.closeTo(30, 9),
      alongMm: expect.closeTo(-40, 9),
    });
  });

  it('counts the last pixel of a region as inside and the next as outside', () => {
    const inside = { x: 100, y: 100 };
    expect(measureDistance(picture(tissue), inside, { x: 209.9, y: 319.9 }).unit).toBe('mm');
    expect(measureDistance(picture(tissue), inside, { x: 210, y: 100 })).toMatchObject({ unit: 'px', reason: 'one end is not calibrated' });
    expect(measureDistance(picture(tissue), inside, { x: 9.9, y: 100 }).unit).toBe('px');
  });

  it('measures to the very edge of a region that fills the picture', () => {
    const whole = { ...tissue, x0: 0, y0: 0, x1: 399, y1: 399 };
    expect(measureDistance(picture(whole), { x: 0, y: 0 }, { x: 400, y: 0 })).toMatchObject({ unit: 'mm', value: expect.closeTo(200, 9) });
  });

  it('answers pixels and the reason where there is no length', () => {
    const [a, b] = [
      { x: 50, y: 50 },
      { x: 53, y: 54 },
    ];
    expect(measureDistance(picture(), a, b)).toEqual({ unit: 'px', value: 5, reason: 'not calibrated' });
    expect(measureDistance(picture(trace), a, b)).toMatchObject({ unit: 'px', reason: 'not calibrated here' });
    expect(measureDistance(picture(tissue, trace), a, { x: 50, y: 350 })).toMatchObject({ reason: 'across two regions' });
    expect(measureDistance(picture(tissue, trace), { x: 50, y: 350 }, { x: 90, y: 350 })).toMatchObject({ reason: 'axes are s and none' });
  });

  it('does not measure across two regions of the same calibration: the gap between them is no anatomy', () => {
    const right = { ...tissue, x0: 220, x1: 390 };
    expect(measureDistance(picture(tissue, right), { x: 100, y: 100 }, { x: 300, y: 100 }).unit).toBe('px');
  });

  it('takes the smaller region where two overlap', () => {
    const inset = { ...tissue, x0: 100, x1: 150, y0: 100, y1: 150, deltaX: 0.1 };
    expect(measureDistance(picture(tissue, inset), { x: 110, y: 120 }, { x: 120, y: 120 })).toMatchObject({ value: expect.closeTo(10, 9) });
  });

  it('ignores regions that leave the picture or carry no number', () => {
    const outside = { ...tissue, x1: 900 };
    const broken = { ...tissue, deltaX: Number.NaN };
    for (const region of [outside, broken]) {
      expect(measureDistance(picture(region), { x: 50, y: 50 }, { x: 60, y: 50 })).toMatchObject({ unit: 'px', reason: 'not calibrated' });
    }
  });

  it('is the same both ways, for any points', () => {
    const point = fc.record({ x: fc.double({ min: 0, max: 400, noNaN: true }), y: fc.double({ min: 0, max: 400, noNaN: true }) });
    fc.assert(
      fc.property(point, point, (a, b) => {
        const [there, back] = [measureDistance(picture(tissue, trace), a, b), measureDistance(picture(tissue, trace), b, a)];
        expect(back.unit).toBe(there.unit);
        expect(back.value).toBeCloseTo(there.value, 9);
      }),
    );
  });
});

describe('distanceText', () => {
  it('names the unit, and the reason where it is not a length', () => {
    expect(distanceText({ unit: 'mm', value: 12.44, acrossMm: 12.44, alongMm: 0 })).toBe('12.4 mm');
    expect(distanceText({ unit: 'px', value: 82.6, reason: 'not calibrated' })).toBe('83 px, not calibrated');
  });
});
