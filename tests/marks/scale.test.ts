import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import type { ManualCalibration, MarkOf, Point } from '../../src/marks/mark.ts';
import { measure, measurementText } from '../../src/marks/measure.ts';
import { frenchToMm, type MeasuredPicture, manualScale, valueAlongY } from '../../src/marks/scale.ts';

const p = (x: number, y: number): Point => ({ x, y });
const caliper = (from: Point, to: Point): MarkOf<'distance'> => ({ kind: 'distance', number: 1, points: [from, to] });
const fluoroscopy: MeasuredPicture = { width: 512, height: 512, regions: [] };
const tissue: CalibrationRegion = {
  kind: 'tissue',
  x0: 0,
  y0: 0,
  x1: 255,
  y1: 511,
  unitX: 'cm',
  unitY: 'cm',
  deltaX: 0.04,
  deltaY: -0.02,
};
const sixFrench = (from: Point, to: Point): ManualCalibration => ({ points: [from, to], known: { french: 6 } });

describe('manual calibration', () => {
  it('knows the French scale: three to a millimetre', () => {
    expect([3, 6, 7.5].map(frenchToMm)).toEqual([1, 2, 2.5]);
  });

  it('gives millimetres where the source has no calibration, and says by whom', () => {
    // A catheter of 2 mm is 10 pixels wide.
    const picture = { ...fluoroscopy, manual: sixFrench(p(100, 100), p(108, 106)) };
    const measured = measure(picture, caliper(p(0, 0), p(30, 40)));
    expect(measured).toEqual({ quantities: [{ of: 'length', value: expect.closeTo(10, 9), unit: 'mm' }], calibration: 'manual' });
    expect(measurementText(measured)).toBe('10.0 mm, calibrated by hand');
    expect(measure(fluoroscopy, caliper(p(0, 0), p(30, 40))).reason).toBe('not calibrated');
  });

  it('measures its own line as what it is known to be, on any pixels', () => {
    const place = fc.record({ x: fc.double({ min: 0, max: 255, noNaN: true }), y: fc.double({ min: 0, max: 511, noNaN: true }) });
    const mm = fc.double({ min: 0.5, max: 300, noNaN: true });
    fc.assert(
      fc.property(place, place, mm, fc.constantFrom([], [tissue]), (from, to, known, regions) => {
        fc.pre(Math.hypot(to.x - from.x, to.y - from.y) >= 5);
        const picture = { ...fluoroscopy, regions, manual: { points: [from, to], known: { mm: known } } as const };
        const { quantities, calibration } = measure(picture, caliper(from, to));
        expect(calibration).toBe('manual');
        expect(quantities[0]?.value).toBeCloseTo(known, 6);
      }),
    );
  });

  it("keeps the aspect and the sign of the source's pixels", () => {
    // 100 px * 0.4 mm = 40 mm by the source, 50 mm by the ruler: everything there grows by a quarter.
    const manual: ManualCalibration = { points: [p(50, 50), p(150, 50)], known: { mm: 50 } };
    const { region, replaces } = manualScale({ ...fluoroscopy, regions: [tissue] }, manual);
    expect(region).toEqual({ ...tissue, deltaX: expect.closeTo(0.05, 12), deltaY: expect.closeTo(-0.025, 12) });
    expect(replaces).toBe(tissue);
  });

  it('holds in its own region only', () => {
    const right = { ...tissue, x0: 256, x1: 511 };
    const picture: MeasuredPicture = {
      ...fluoroscopy,
      regions: [tissue, right],
      manual: { points: [p(50, 50), p(150, 50)], known: { mm: 50 } },
    };
    expect(measure(picture, caliper(p(20, 20), p(40, 20))).calibration).toBe('manual');
    expect(measure(picture, caliper(p(300, 20), p(320, 20)))).toEqual({
      quantities: [{ of: 'length', value: expect.closeTo(8, 9), unit: 'mm' }],
      calibration: 'source',
    });
    expect(measure(picture, caliper(p(20, 20), p(300, 20))).reason).toBe('across two regions');
  });

  it('says how well a short line is known', () => {
    expect(manualScale(fluoroscopy, sixFrench(p(100, 100), p(108, 106))).uncertaintyPercent).toBeCloseTo(10, 9);
    expect(manualScale(fluoroscopy, sixFrench(p(0, 100), p(200, 100))).uncertaintyPercent).toBeCloseTo(0.5, 9);
  });

  it.each([
    ['too short', fluoroscopy, p(100, 100), p(104, 100), 'it has 4.0 pixels, at least 5 are needed'],
    [
      'across regions',
      { ...fluoroscopy, regions: [tissue, { ...tissue, x0: 256, x1: 511 }] },
      p(200, 9),
      p(300, 9),
      'it lies across two regions',
    ],
    [
      'half outside',
      { ...fluoroscopy, regions: [tissue] },
      p(200, 9),
      p(300, 9),
      'one end lies in a region of the source, the other does not',
    ],
    [
      'on a spectrum',
      { ...fluoroscopy, regions: [{ ...tissue, unitX: 's', unitY: 'cm/s' } as const] },
      p(20, 9),
      p(90, 9),
      'the axes under it are s and cm/s',
    ],
  ])('is refused %s', (_, picture, from, to, reason) => {
    expect(() => manualScale(picture, sixFrench(from, to))).toThrow(
      expect.objectContaining({ code: 'marks/bad-calibration', fields: { reason } }),
    );
    // What was accepted before the format changed must not break the picture.
    const measured = measure({ ...picture, manual: sixFrench(from, to) }, caliper(p(20, 20), p(60, 20)));
    expect(measured.calibration).not.toBe('manual');
  });
});

describe('valueAlongY', () => {
  it('counts from the middle of the reference pixel, by the sign of the delta', () => {
    const spectrum: CalibrationRegion = { ...tissue, unitX: 's', unitY: 'cm/s', y0: 100, deltaY: -2, referenceY: 40 };
    expect(valueAlongY(spectrum, p(0, 140.5))).toBeCloseTo(0, 12);
    expect(valueAlongY(spectrum, p(0, 130.5))).toBe(20);
    expect(valueAlongY({ ...spectrum, deltaY: 2 }, p(0, 130.5))).toBe(-20);
    expect(valueAlongY({ ...spectrum, referenceValueY: 5 }, p(0, 130.5))).toBe(25);
    const { referenceY: _, ...silent } = spectrum;
    expect(valueAlongY(silent, p(0, 130.5))).toBeUndefined();
  });
});
