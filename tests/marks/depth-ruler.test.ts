import { describe, expect, it } from 'vitest';
import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import { depthRulers } from '../../src/marks/depth-ruler.ts';

const region: CalibrationRegion = {
  kind: 'tissue',
  x0: 0,
  y0: 40,
  x1: 299,
  y1: 339,
  unitX: 'cm',
  unitY: 'cm',
  deltaX: 0.02,
  deltaY: 0.02,
};
const rulers = (...regions: CalibrationRegion[]) => depthRulers({ width: 400, height: 400, regions });

describe('depthRulers', () => {
  it('has a tick per centimetre from the upper edge where the source names no reference', () => {
    const [ruler] = rulers(region);
    expect(ruler?.x).toBe(300);
    expect(ruler?.ticks).toEqual([0, 1, 2, 3, 4, 5, 6].map((depthCm) => ({ depthCm, y: 40 + depthCm * 50 })));
  });

  it('counts from the reference pixel and its value', () => {
    const [ruler] = rulers({ ...region, referenceY: 25, referenceValueY: 1 });
    expect(ruler?.ticks[0]).toEqual({ depthCm: 1, y: 65 });
  });

  it('reads the same depths from negative deltas', () => {
    const [up, down] = [rulers({ ...region, deltaY: -0.02 })[0], rulers(region)[0]];
    expect(up?.ticks).toEqual(down?.ticks);
  });

  it('exists for tissue in centimetres only', () => {
    expect(rulers()).toEqual([]);
    expect(rulers({ ...region, kind: 'pw-doppler', unitX: 's', unitY: 'cm/s' })).toEqual([]);
    expect(rulers({ ...region, unitY: 's' })).toEqual([]);
    expect(rulers({ ...region, y1: 4000 })).toEqual([]);
  });

  it('gives each of two pictures side by side its own', () => {
    expect(rulers({ ...region, x1: 149 }, { ...region, x0: 150, deltaY: 0.03 })).toHaveLength(2);
  });

  it('follows a calibration by hand, which invents no depth where the source has none', () => {
    const manual = {
      points: [
        { x: 0, y: 100 },
        { x: 0, y: 200 },
      ],
      known: { mm: 40 },
    } as const;
    // 100 px are 4 cm by hand and 2 cm by the source: 6 cm of depth become 12.
    const [ruler] = depthRulers({ width: 400, height: 400, regions: [region], manual });
    expect(ruler?.ticks).toHaveLength(13);
    expect(depthRulers({ width: 400, height: 400, regions: [], manual })).toEqual([]);
  });
});
