import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PoseHistory, poseMatrix } from '../../src/frame/pose.ts';

const ms = (value: number): bigint => BigInt(Math.round(value * 1e6));
/** Turned about z by degrees, at x. */
const turned = (degrees: number, x = 0) => {
  const half = (degrees * Math.PI) / 360;
  return poseMatrix([0, 0, Math.sin(half), Math.cos(half)], [x, 0, 0]);
};
const angleOf = (matrix: readonly number[] = []): number => (Math.atan2(matrix[4] ?? 0, matrix[0] ?? 0) * 180) / Math.PI;

describe('PoseHistory', () => {
  it('turns along the shortest arc and moves along a line between two measurements', () => {
    const history = new PoseHistory('Probe');
    history.add(ms(0), turned(170, 0));
    history.add(ms(40), turned(-170, 8));
    const { matrix, source, ageMs } = history.at(ms(10), 200);
    expect(source).toBe('interpolated');
    expect(ageMs).toBe(10);
    expect(angleOf(matrix)).toBeCloseTo(175, 6);
    expect(matrix?.[3]).toBeCloseTo(2, 9);
  });

  it('gives the measurement itself at its time, after it, and where a matrix holds scales', () => {
    const history = new PoseHistory('Image');
    const scaled = turned(10).map((value) => 0.2 * value);
    history.add(ms(0), scaled);
    history.add(ms(40), turned(20));
    expect(history.at(ms(40), 200)).toEqual({ tool: 'Image', matrix: turned(20), ageMs: 0, source: 'measured' });
    expect(history.at(ms(70), 200)).toMatchObject({ ageMs: 30, source: 'measured' });
    expect(history.at(ms(10), 200)).toMatchObject({ matrix: scaled, ageMs: 10, source: 'measured' });
  });

  it('is lost when nothing was measured near enough, or the tracker said that it does not see the tool', () => {
    const history = new PoseHistory('Probe');
    history.add(ms(0), turned(0));
    expect(history.at(ms(201), 200)).toEqual({ tool: 'Probe', ageMs: 201, source: 'lost' });
    history.add(ms(300), undefined);
    expect(history.at(ms(290), 1000).source).toBe('lost');
    expect(history.at(ms(100), 1000).source).toBe('measured');
  });

  it('leaves late measurements out, and begins anew when the clock was set back', () => {
    const history = new PoseHistory('Probe');
    history.add(ms(5000), turned(0, 1));
    history.add(ms(4990), turned(0, 2));
    expect(history.at(ms(4990), 200).matrix?.[3]).toBe(1);
    history.add(ms(1000), turned(0, 3));
    expect(history.at(ms(1000), 200).matrix?.[3]).toBe(3);
    expect(history.at(ms(5000), 200).source).toBe('lost');
  });

  it('keeps a rotation a rotation, whatever lies between', () => {
    const quaternion = fc
      .tuple(...[0, 1, 2, 3].map(() => fc.double({ min: -1, max: 1, noNaN: true })))
      .filter((parts) => Math.hypot(...parts) > 0.1)
      .map((parts) => parts.map((part) => part / Math.hypot(...parts)));
    fc.assert(
      fc.property(quaternion, quaternion, fc.double({ min: 0.03, max: 0.97, noNaN: true }), (a, b, t) => {
        const history = new PoseHistory('Probe');
        history.add(ms(0), poseMatrix(a, [0, 0, 0]));
        history.add(ms(100), poseMatrix(b, [0, 0, 0]));
        const m = history.at(ms(100 * t), 1000).matrix ?? [];
        for (const row of [0, 4, 8]) expect(Math.hypot(m[row] ?? 0, m[row + 1] ?? 0, m[row + 2] ?? 0)).toBeCloseTo(1, 6);
      }),
      { numRuns: 300 },
    );
  });
});
