import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import type { Mark, MarkOf, Point } from '../../src/marks/mark.ts';
import { type Measurement, measure, measurementText } from '../../src/marks/measure.ts';
import type { MeasuredPicture } from '../../src/marks/scale.ts';

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

const p = (x: number, y: number): Point => ({ x, y });
const caliper = (from: Point, to: Point): MarkOf<'distance'> => ({ kind: 'distance', number: 1, points: [from, to] });
const length = (on: MeasuredPicture, from: Point, to: Point): Measurement => measure(on, caliper(from, to));
const values = ({ quantities }: Measurement): Record<string, string> =>
  Object.fromEntries(quantities.map(({ of, value, unit }) => [of, `${Number(value.toPrecision(9))} ${unit}`]));

describe('measure, a distance', () => {
  it('measures each axis by its own delta and answers millimetres', () => {
    // 60 px * 0.05 cm = 3 cm across, 200 px * 0.02 cm = 4 cm along: a 3-4-5 triangle of centimetres.
    expect(values(length(picture(tissue), p(50, 50), p(110, 250)))).toEqual({ length: '50 mm' });
    expect(length(picture(tissue), p(50, 50), p(110, 250)).calibration).toBe('source');
  });

  it('keeps the sign of the deltas out of the length', () => {
    expect(values(length(picture({ ...tissue, deltaY: -0.02 }), p(50, 50), p(110, 250)))).toEqual({ length: '50 mm' });
  });

  it('counts the last pixel of a region as inside and the next as outside', () => {
    const inside = p(100, 100);
    expect(length(picture(tissue), inside, p(209.9, 319.9)).calibration).toBe('source');
    expect(length(picture(tissue), inside, p(210, 100))).toMatchObject({ quantities: [{ unit: 'px' }], reason: 'partly not calibrated' });
    expect(length(picture(tissue), inside, p(9.9, 100)).calibration).toBeUndefined();
  });

  it('measures to the very edge of a region that fills the picture', () => {
    const whole = { ...tissue, x0: 0, y0: 0, x1: 399, y1: 399 };
    expect(values(length(picture(whole), p(0, 0), p(400, 0)))).toEqual({ length: '200 mm' });
  });

  it('answers pixels and the reason where there is no length', () => {
    const [a, b] = [p(50, 50), p(53, 54)];
    expect(length(picture(), a, b)).toEqual({ quantities: [{ of: 'length', value: 5, unit: 'px' }], reason: 'not calibrated' });
    expect(length(picture(trace), a, b)).toMatchObject({ reason: 'not calibrated here' });
    expect(length(picture(tissue, trace), a, p(50, 350))).toMatchObject({ reason: 'across two regions' });
  });

  it('does not measure across two regions of the same calibration: the gap between them is no anatomy', () => {
    const right = { ...tissue, x0: 220, x1: 390 };
    expect(length(picture(tissue, right), p(100, 100), p(300, 100)).reason).toBe('across two regions');
  });

  it('takes the smaller region where two overlap', () => {
    const inset = { ...tissue, x0: 100, x1: 150, y0: 100, y1: 150, deltaX: 0.1 };
    expect(values(length(picture(tissue, inset), p(110, 120), p(120, 120)))).toEqual({ length: '10 mm' });
  });

  it('ignores regions that leave the picture or carry no number', () => {
    for (const region of [
      { ...tissue, x1: 900 },
      { ...tissue, deltaX: Number.NaN },
    ]) {
      expect(length(picture(region), p(50, 50), p(60, 50))).toMatchObject({ quantities: [{ unit: 'px' }], reason: 'not calibrated' });
    }
  });

  it('is time and velocity on a spectrum, and the acceleration between', () => {
    const spectrum: CalibrationRegion = { ...tissue, kind: 'pw-doppler', unitX: 's', unitY: 'cm/s', deltaX: 0.005, deltaY: -0.5 };
    // 40 px to the right, 60 px up: 0.2 s and 30 cm/s faster.
    expect(values(length(picture(spectrum), p(50, 200), p(90, 140)))).toEqual({
      velocity: '30 cm/s',
      time: '0.2 s',
      acceleration: '150 cm/s²',
    });
  });

  it('has no pressure of a trace along mean velocities, which the same line on a spectrum has', () => {
    const axes = { ...tissue, unitX: 's', unitY: 'cm/s', deltaX: 0.005, deltaY: -0.5, referenceY: 200 } as const;
    const flow: Mark = { kind: 'polyline', number: 1, points: [p(50, 200), p(90, 100), p(130, 200)] };
    const of = (kind: 'cw-doppler' | 'doppler-mean-trace'): string[] =>
      measure(picture({ ...axes, kind }), flow).quantities.map((quantity) => quantity.of);
    expect(of('cw-doppler')).toEqual(['velocity', 'vti', 'peak-gradient', 'mean-gradient', 'time']);
    expect(of('doppler-mean-trace')).toEqual(['velocity', 'vti', 'time']);
  });

  it('is depth, time and slope in M-mode', () => {
    const mMode: CalibrationRegion = { ...tissue, unitX: 's', unitY: 'cm', deltaX: 0.01, deltaY: 0.02 };
    expect(values(length(picture(mMode), p(50, 100), p(100, 150)))).toEqual({ depth: '10 mm', time: '0.5 s', slope: '2 cm/s' });
    expect(values(length(picture(mMode), p(50, 100), p(50, 150)))).toEqual({ depth: '10 mm', time: '0 s' });
  });

  it('is the time and the rate from R to R on an ECG', () => {
    expect(values(length(picture(tissue, trace), p(50, 350), p(130, 340)))).toEqual({ time: '0.8 s', rate: '75 /min' });
  });
});

const point = fc.record({ x: fc.double({ min: 1000, max: 1100, noNaN: true }), y: fc.double({ min: 1000, max: 1200, noNaN: true }) });
const traced = fc.array(point, { minLength: 3, maxLength: 30 });
/** The direction of an arm shorter than this is noise of the last digit. */
const solidAngles = fc
  .tuple(point, point, point)
  .filter(([arm, vertex, other]) => [arm, other].every(({ x, y }) => Math.hypot(x - vertex.x, y - vertex.y) > 0.1));
const marks: fc.Arbitrary<Mark> = fc.oneof(
  fc.tuple(point, point).map((points) => ({ kind: 'distance' as const, number: 1, points })),
  traced.map((points) => ({ kind: 'polyline' as const, number: 1, points })),
  traced.map((points) => ({ kind: 'area' as const, number: 1, points })),
  solidAngles.map((points) => ({ kind: 'angle' as const, number: 1, points })),
  fc.tuple(point, point, point).map((points) => ({ kind: 'ellipse' as const, number: 1, points })),
);

/** A region over the whole of a picture that holds everything, so that marks may be turned and stretched. */
const vast = (deltaX: number, deltaY: number): MeasuredPicture => ({
  width: 100_000,
  height: 100_000,
  regions: [{ ...tissue, x0: 0, y0: 0, x1: 99_999, y1: 99_999, deltaX, deltaY }],
});
const moved = (mark: Mark, move: (point: Point) => Point): Mark => ({ ...mark, points: mark.points.map(move) }) as Mark;

/** Both say the same, to the digits that a flat or tiny shape leaves. */
function expectSame(one: Measurement, other: Measurement): void {
  expect(other.quantities.map(({ of, unit }) => [of, unit])).toEqual(one.quantities.map(({ of, unit }) => [of, unit]));
  expect(other.calibration).toBe('source');
  for (const [index, { value }] of one.quantities.entries()) {
    expect(Math.abs(other.quantities[index]!.value - value)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
  }
}

describe('measure, any shape', () => {
  it('says the same wherever it lies and however it is turned', () => {
    const angle = fc.double({ min: 0, max: 6.28, noNaN: true });
    const far = fc.double({ min: 10_000, max: 50_000, noNaN: true });
    fc.assert(
      fc.property(marks, angle, far, far, (mark, turn, dx, dy) => {
        const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
        const turned = moved(mark, ({ x, y }) => p(dx + cos * x - sin * y, dy + sin * x + cos * y));
        expectSame(measure(vast(0.02, 0.02), mark), measure(vast(0.02, 0.02), turned));
      }),
    );
  });

  it('says the same on pixels of any shape, since it measures the patient', () => {
    const aspect = fc.double({ min: 0.2, max: 5, noNaN: true });
    fc.assert(
      fc.property(marks, aspect, fc.constantFrom(1, -1), (mark, wide, sign) => {
        const stretched = moved(mark, ({ x, y }) => p(20_000 + x / wide, y));
        expectSame(measure(vast(0.02, 0.02), mark), measure(vast(0.02 * wide * sign, 0.02), stretched));
      }),
    );
  });

  it('says the same from either end', () => {
    fc.assert(
      fc.property(traced, (points) => {
        const area: Mark = { kind: 'area', number: 1, points };
        expectSame(measure(vast(0.03, 0.02), area), measure(vast(0.03, 0.02), { ...area, points: points.toReversed() }));
      }),
    );
  });

  it('follows a picture that is twice as fine: lengths twice, areas four times', () => {
    fc.assert(
      fc.property(marks, (mark) => {
        const [coarse, fine] = [measure(vast(0.02, 0.03), mark), measure(vast(0.01, 0.015), mark)];
        for (const [index, { of, value }] of coarse.quantities.entries()) {
          const times = { area: 4, angle: 1 }[of as string] ?? 2;
          expect(fine.quantities[index]!.value * times).toBeCloseTo(value, 5);
        }
      }),
    );
  });
});

describe('measure, areas and angles', () => {
  it('knows a rectangle', () => {
    // 40 px * 0.05 = 2 cm by 150 px * 0.02 = 3 cm.
    const points = [p(50, 50), p(90, 50), p(90, 200), p(50, 200)];
    expect(values(measure(picture(tissue), { kind: 'area', number: 1, points }))).toEqual({ area: '6 cm²', circumference: '10 cm' });
  });

  it('knows a circle on pixels that are not square', () => {
    // Radius 2 cm: 40 px across, 100 px along.
    const ellipse: Mark = { kind: 'ellipse', number: 1, points: [p(70, 170), p(150, 170), p(110, 70)] };
    expect(values(measure(picture(tissue), ellipse))).toEqual({ area: '12.5663706 cm²', circumference: '12.5663706 cm' });
  });

  it('has no value for an ellipse that leaves its region though its points do not', () => {
    const ellipse: Mark = { kind: 'ellipse', number: 1, points: [p(20, 40), p(120, 140), p(70, 60)] };
    expect(measure(picture(tissue), ellipse)).toMatchObject({ calibration: 'source' });
    const touching: Mark = { kind: 'ellipse', number: 1, points: [p(110, 20.5), p(110, 319.5), p(209.9, 170)] };
    expect(measure(picture(tissue), touching)).toMatchObject({ calibration: 'source' });
    const leaving: Mark = { kind: 'ellipse', number: 1, points: [p(20, 100), p(20, 200), p(180, 150)] };
    expect(measure(picture(tissue), leaving)).toMatchObject({
      quantities: [{ unit: 'px²' }, { unit: 'px' }],
      reason: 'partly not calibrated',
    });
  });

  it('says that an outline crosses itself', () => {
    const bow: Mark = { kind: 'area', number: 1, points: [p(50, 50), p(90, 90), p(90, 50), p(50, 90)] };
    expect(measure(picture(tissue), bow).reason).toBe('the outline crosses itself');
    expect(measure(picture(), bow).reason).toBe('not calibrated, the outline crosses itself');
  });

  it('measures angles on the patient and not on the pixels', () => {
    // 20 px * 0.05 = 1 cm and 50 px * 0.02 = 1 cm: 45 degrees, which are 68 in pixels.
    const points = [p(120, 100), p(100, 100), p(120, 150)] as const;
    expect(values(measure(picture(tissue), { kind: 'angle', number: 1, points }))).toEqual({ angle: '45 °' });
    const uncalibrated = measure(picture(), { kind: 'angle', number: 1, points });
    expect(uncalibrated).toMatchObject({ quantities: [{ value: expect.closeTo(68.2, 1) }], reason: 'not calibrated' });
    expect(measure(picture(trace), { kind: 'angle', number: 1, points: [p(20, 340), p(30, 340), p(30, 350)] })).toEqual({
      quantities: [],
      reason: 'axes are s and none',
    });
  });

  it('has no angle where an arm has no length', () => {
    const mark: Mark = { kind: 'angle', number: 1, points: [p(100, 100), p(100, 100), p(120, 150)] };
    expect(measure(picture(tissue), mark).quantities).toEqual([]);
  });

  it('measures nothing where a mark only shows', () => {
    expect(measure(picture(tissue), { kind: 'arrow', number: 1, points: [p(50, 50), p(60, 60)] })).toEqual({ quantities: [] });
  });
});

describe('measurementText', () => {
  it('writes an area below 10 cm² to its hundredths', () => {
    const text = (value: number): string => measurementText({ quantities: [{ of: 'area', value, unit: 'cm²' }], calibration: 'source' });
    expect([0.06, 1.045, 9.99, 9.996, 10, 31.27].map(text)).toEqual([
      '0.06 cm²',
      '1.04 cm²',
      '9.99 cm²',
      '10.0 cm²',
      '10.0 cm²',
      '31.3 cm²',
    ]);
  });

  it('names the unit, and the reason where it is not a length', () => {
    expect(measurementText({ quantities: [{ of: 'length', value: 12.44, unit: 'mm' }], calibration: 'source' })).toBe('12.4 mm');
    expect(measurementText({ quantities: [{ of: 'length', value: 12.44, unit: 'mm' }], calibration: 'manual' })).toBe(
      '12.4 mm, calibrated by hand',
    );
    expect(measurementText({ quantities: [{ of: 'length', value: 82.6, unit: 'px' }], reason: 'not calibrated' })).toBe(
      '83 px, not calibrated',
    );
  });
});
