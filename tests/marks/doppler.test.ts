import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import { type EnvelopePoint, type EnvelopeValues, envelopeOf, gradientMmHg, measureEnvelope } from '../../src/marks/doppler.ts';
import type { Mark } from '../../src/marks/mark.ts';
import { measure } from '../../src/marks/measure.ts';

const curve = (durationS: number, velocityCmS: (share: number) => number, steps = 400): EnvelopePoint[] =>
  Array.from({ length: steps + 1 }, (_, step) => ({ timeS: (step / steps) * durationS, velocityCmS: velocityCmS(step / steps) }));

function valuesOf(envelope: readonly EnvelopePoint[]): EnvelopeValues {
  const values = measureEnvelope(envelope);
  if (typeof values === 'string') throw new Error(values);
  return values;
}

describe('gradientMmHg', () => {
  it('agrees with the worked examples of the simplified Bernoulli equation', () => {
    expect(gradientMmHg(400)).toBeCloseTo(64, 9);
    // Aorta 3 m/s, outflow tract 2 m/s: 4 (9 - 4).
    expect(gradientMmHg(300, 200)).toBeCloseTo(20, 9);
    expect(gradientMmHg(-250)).toBeCloseTo(25, 9);
    expect(gradientMmHg(100, 200)).toBe(0);
  });
});

describe('measureEnvelope', () => {
  it('knows a triangle: VTI half of peak times duration, mean gradient a third of the peak', () => {
    const values = valuesOf([
      { timeS: 0, velocityCmS: 0 },
      { timeS: 0.15, velocityCmS: 100 },
      { timeS: 0.3, velocityCmS: 0 },
    ]);
    expect(values).toEqual({
      peakCmS: 100,
      vtiCm: expect.closeTo(15, 9),
      peakGradientMmHg: expect.closeTo(4, 9),
      meanGradientMmHg: expect.closeTo(4 / 3, 9),
      durationS: 0.3,
    });
  });

  it('knows a half sine: VTI 2/pi, mean gradient a half', () => {
    const { vtiCm, meanGradientMmHg } = valuesOf(curve(0.32, (share) => 450 * Math.sin(Math.PI * share)));
    expect(vtiCm).toBeCloseTo((2 / Math.PI) * 450 * 0.32, 2);
    expect(meanGradientMmHg).toBeCloseTo((4 * 4.5 ** 2) / 2, 2);
  });

  it('knows a parabola: VTI 2/3, mean gradient 8/15', () => {
    const { vtiCm, meanGradientMmHg } = valuesOf(curve(0.3, (share) => 500 * (1 - (2 * share - 1) ** 2)));
    expect(vtiCm).toBeCloseTo((2 / 3) * 500 * 0.3, 2);
    expect(meanGradientMmHg).toBeCloseTo((8 / 15) * 100, 2);
  });

  it('keeps the direction of the flow in the peak, and is the same towards and away, forwards and backwards', () => {
    const towards = curve(0.3, (share) => 90 * Math.sin(Math.PI * share), 37);
    const away = towards.map(({ timeS, velocityCmS }) => ({ timeS, velocityCmS: -velocityCmS }));
    const { peakCmS, ...rest } = valuesOf(towards);
    expect(valuesOf(away)).toEqual({ ...rest, peakCmS: -peakCmS });
    expect(valuesOf(towards.toReversed())).toMatchObject({ peakCmS, vtiCm: expect.closeTo(rest.vtiCm, 9) });
  });

  it('does not count what lies beyond the baseline', () => {
    const values = valuesOf([
      { timeS: 0, velocityCmS: -50 },
      { timeS: 0.1, velocityCmS: 50 },
      { timeS: 0.2, velocityCmS: 100 },
      { timeS: 0.3, velocityCmS: -100 },
      { timeS: 0.4, velocityCmS: -20 },
    ]);
    // 0.05 s under 50, 0.1 s from 50 to 100, 0.05 s under 100.
    expect(values.vtiCm).toBeCloseTo(1.25 + 7.5 + 2.5, 9);
  });

  it('lets a hand tremble and refuses a trace that runs back', () => {
    const straight = curve(0.3, () => 80, 20);
    const trembling = straight.with(10, { timeS: straight[9]!.timeS - 0.003, velocityCmS: 80 });
    expect(valuesOf(trembling).vtiCm).toBeCloseTo(24, 9);
    expect(measureEnvelope(straight.with(10, { timeS: straight[9]!.timeS - 0.01, velocityCmS: 80 }))).toBe('the trace runs back in time');
    expect(measureEnvelope([])).toBe('the trace has no duration');
    expect(measureEnvelope([straight[0]!, { ...straight[0]!, velocityCmS: 3 }])).toBe('the trace has no duration');
  });

  it('has a mean gradient between 0 and the peak, and never below that of the mean velocity', () => {
    const velocities = fc.array(fc.double({ min: 0, max: 600, noNaN: true }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(velocities, (all) => {
        const values = valuesOf(all.map((velocityCmS, step) => ({ timeS: step * 0.01, velocityCmS })));
        const ofMean = gradientMmHg(values.vtiCm / values.durationS);
        expect(values.meanGradientMmHg).toBeLessThanOrEqual(values.peakGradientMmHg + 1e-9);
        expect(values.meanGradientMmHg).toBeGreaterThanOrEqual(ofMean - 1e-9);
      }),
    );
  });
});

describe('envelopes on a spectrum', () => {
  // Baseline in the 60th row of the region, velocities upwards.
  const region: CalibrationRegion = {
    kind: 'cw-doppler',
    x0: 0,
    y0: 100,
    x1: 399,
    y1: 299,
    unitX: 's',
    unitY: 'cm/s',
    deltaX: 0.005,
    deltaY: -2,
    referenceY: 150,
    referenceValueY: 0,
  };
  const picture = (...regions: CalibrationRegion[]) => ({ width: 400, height: 300, regions });
  const baseline = 100 + 150 + 0.5;
  const triangle: Mark = {
    kind: 'polyline',
    number: 1,
    points: [
      { x: 100, y: baseline },
      { x: 130, y: baseline - 100 },
      { x: 160, y: baseline },
    ],
  };

  it('are measured from the baseline, by the sign of the delta', () => {
    // 2 m/s, 0.3 s: VTI 30 cm, 16 mmHg.
    expect(measure(picture(region), triangle)).toEqual({
      calibration: 'source',
      quantities: [
        { of: 'velocity', value: expect.closeTo(200, 9), unit: 'cm/s' },
        { of: 'vti', value: expect.closeTo(30, 9), unit: 'cm' },
        { of: 'peak-gradient', value: expect.closeTo(16, 9), unit: 'mmHg' },
        { of: 'mean-gradient', value: expect.closeTo(16 / 3, 9), unit: 'mmHg' },
        { of: 'time', value: expect.closeTo(0.3, 9), unit: 's' },
      ],
    });
    const inverted = measure(picture({ ...region, deltaY: 2 }), triangle);
    expect(inverted.quantities[0]).toMatchObject({ of: 'velocity', value: expect.closeTo(-200, 9) });
  });

  it('follow a baseline whose value is not 0', () => {
    const envelope = envelopeOf({ ...region, referenceValueY: 10 }, [{ x: 5, y: baseline - 10 }]);
    expect(envelope).toEqual([{ timeS: 0, velocityCmS: expect.closeTo(30, 9) }]);
  });

  it('are none without baseline or on other axes', () => {
    const { referenceY: _, ...silent } = region;
    expect(measure(picture(silent), triangle)).toMatchObject({ quantities: [{ unit: 'px' }], reason: 'no baseline is named' });
    const mMode: CalibrationRegion = { ...region, kind: 'tissue', unitY: 'cm' };
    expect(measure(picture(mMode), triangle)).toMatchObject({ quantities: [{ unit: 'px' }], reason: 'axes are s and cm' });
  });

  it('have a velocity and the gradient that drives it at every point: 4 v², as 10 mmHg at 1.58 m/s', () => {
    const point: Mark = { kind: 'point', number: 1, points: [{ x: 120, y: baseline - 79 }] };
    const velocity = { of: 'velocity', value: expect.closeTo(158, 9), unit: 'cm/s' };
    const gradient = { of: 'peak-gradient', value: expect.closeTo(4 * 1.58 ** 2, 9), unit: 'mmHg' };
    expect(measure(picture(region), point).quantities).toEqual([velocity, gradient]);
    // Away from the probe the flow is as fast.
    const below: Mark = { ...point, points: [{ x: 120, y: baseline + 79 }] };
    expect(measure(picture(region), below).quantities[1]).toEqual(gradient);
    const colour: CalibrationRegion = { ...region, kind: 'colour-flow' };
    expect(measure(picture(colour), point).quantities).toEqual([velocity]);
    const { referenceY: _, ...silent } = region;
    expect(measure(picture(silent), point)).toEqual({ quantities: [], reason: 'no baseline is named' });
  });
});
