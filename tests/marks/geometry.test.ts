import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  angleDeg,
  crossesItself,
  ellipseArea,
  ellipseCircumference,
  ellipseOf,
  ellipseReach,
  halfAxes,
  pathLength,
  perimeter,
  polygonArea,
} from '../../src/marks/geometry.ts';
import type { Point } from '../../src/marks/mark.ts';

const p = (x: number, y: number): Point => ({ x, y });
const square = [p(0, 0), p(4, 0), p(4, 4), p(0, 4)];

/** An ellipse with these half axes, as an outline of many sides. */
const outline = (a: number, b: number, sides: number): Point[] =>
  Array.from({ length: sides }, (_, side) => p(a * Math.cos((2 * Math.PI * side) / sides), b * Math.sin((2 * Math.PI * side) / sides)));

const ellipse = (a: number, b: number) => ellipseOf(p(-a, 0), p(a, 0), p(0, b));

describe('paths and outlines', () => {
  it('have the lengths and areas of plain figures', () => {
    expect(pathLength(square)).toBe(12);
    expect(perimeter(square)).toBe(16);
    expect(polygonArea(square)).toBe(16);
    expect(polygonArea([p(0, 0), p(6, 0), p(0, 8)])).toBe(24);
    expect([pathLength([]), perimeter([p(1, 1)]), polygonArea([p(0, 0), p(5, 5)])]).toEqual([0, 0, 0]);
  });

  it('lose no digits far from the corner of the picture', () => {
    const far = square.map(({ x, y }) => p(x * 1e-4 + 1e6, y * 1e-4 + 1e6));
    expect(polygonArea(far) / 16e-8).toBeCloseTo(1, 5);
  });

  it('come to a circle with many sides', () => {
    expect(polygonArea(outline(5, 5, 3000))).toBeCloseTo(Math.PI * 25, 3);
    expect(perimeter(outline(5, 5, 3000))).toBeCloseTo(Math.PI * 10, 4);
  });
});

describe('angleDeg', () => {
  it.each([
    [p(1, 0), p(0, 1), 90],
    [p(1, 0), p(-1, 0), 180],
    [p(1, 0), p(2, 0), 0],
    [p(1, 0), p(-1, -Math.sqrt(3)), 120],
  ])('between %o and %o is %d', (arm, other, degrees) => {
    expect(angleDeg(arm, p(0, 0), other)).toBeCloseTo(degrees, 9);
  });

  it('keeps its digits where the arms are nearly one line', () => {
    expect(angleDeg(p(1, 0), p(0, 0), p(1, 1e-9))).toBeCloseTo((1e-9 * 180) / Math.PI, 12);
  });
});

describe('ellipses', () => {
  it('have area, reach and half axes of the closed forms', () => {
    expect(ellipseArea(ellipse(5, 3))).toBeCloseTo(Math.PI * 15, 9);
    expect(halfAxes(ellipse(3, 5))).toEqual([expect.closeTo(5, 9), expect.closeTo(3, 9)]);
    expect(ellipseReach(ellipse(5, 3))).toEqual(p(5, 3));
  });

  it('have the circumference of the elliptic integral: 4 a E(e), from tables', () => {
    // E(k) for a = 1 and b = 0.5, and for b = 0.1: Abramowitz and Stegun, table 17.1, m = 1 - b².
    expect(ellipseCircumference(ellipse(1, 0.5))).toBeCloseTo(4 * 1.2110560276, 7);
    expect(ellipseCircumference(ellipse(1, 1))).toBeCloseTo(2 * Math.PI, 12);
    const [flat, line] = [ellipseCircumference(ellipse(1, 0.1)), ellipseCircumference(ellipse(1, 0))];
    const flatness = flat / perimeter(outline(1, 0.1, 20_000));
    expect(flatness).toBeLessThan(1);
    expect(flatness).toBeGreaterThan(1 - 2e-5);
    expect(line / 4).toBeGreaterThan(1 - 5e-4);
    expect(line / 4).toBeLessThan(1);
    expect(ellipseCircumference(ellipse(0, 0))).toBe(0);
  });

  it('is the same ellipse by any two conjugate diameters', () => {
    const size = fc.double({ min: 0.5, max: 50, noNaN: true });
    fc.assert(
      fc.property(size, size, fc.double({ min: 0, max: 6.28, noNaN: true }), (a, b, turn) => {
        const at = (t: number): Point => p(a * Math.cos(t), b * Math.sin(t));
        const other = ellipseOf(at(turn), at(turn + Math.PI), at(turn + Math.PI / 2));
        expect(ellipseArea(other)).toBeCloseTo(Math.PI * a * b, 6);
        expect(ellipseCircumference(other) / ellipseCircumference(ellipse(a, b))).toBeCloseTo(1, 6);
        expect(ellipseReach(other).x).toBeCloseTo(a, 6);
      }),
    );
  });
});

describe('crossesItself', () => {
  it('sees crossings and touches, also at the side that closes the outline', () => {
    expect(crossesItself(square)).toBe(false);
    expect(crossesItself([p(0, 0), p(4, 4), p(4, 0), p(0, 4)])).toBe(true);
    expect(crossesItself([p(0, 0), p(4, 0), p(2, 3), p(2, -1)])).toBe(true);
    // A corner on another side.
    expect(crossesItself([p(0, 0), p(8, 0), p(8, 4), p(4, 0), p(0, 4)])).toBe(true);
    expect(crossesItself([p(0, 0), p(8, 0), p(5, 4), p(5, 0), p(3, 4)])).toBe(true);
    expect(crossesItself([p(0, 4), p(0, -4), p(8, -4), p(0, 0), p(8, 4)])).toBe(true);
    expect(crossesItself([p(-20, 5), p(3, 0), p(-20, -5), p(3, -5), p(3, 5)])).toBe(true);
    expect(crossesItself([p(2, 5), p(-3, 0), p(2, -5), p(-3, -5), p(-3, 5)])).toBe(true);
    // Two sides on one line that overlap.
    expect(crossesItself([p(0, 0), p(6, 0), p(6, 2), p(4, 0), p(2, 0), p(0, 2)])).toBe(true);
  });

  it('does not mind a point that was given twice, a triangle, or nothing', () => {
    expect(crossesItself([p(0, 0), p(4, 0), p(4, 0), p(4, 4), p(0, 4), p(0, 0)])).toBe(false);
    expect(crossesItself([p(0, 0), p(4, 0), p(0, 4)])).toBe(false);
    expect(crossesItself([])).toBe(false);
    expect(crossesItself([p(1, 1), p(1, 1), p(1, 1)])).toBe(false);
  });

  it('finds no crossing in an outline round a centre, and one where two of its corners change places', () => {
    const radii = fc.array(fc.double({ min: 10, max: 40, noNaN: true }), { minLength: 8, maxLength: 60 });
    fc.assert(
      fc.property(radii, fc.double({ min: 0, max: 6.28, noNaN: true }), (all, turn) => {
        const corners = all.map((radius, index) => {
          const t = turn + (2 * Math.PI * index) / all.length;
          return p(radius * Math.cos(t), radius * Math.sin(t));
        });
        expect(crossesItself(corners)).toBe(false);
        const half = Math.floor(corners.length / 2);
        // Opposite corners swapped: both pairs of sides now run across the middle.
        const swapped = corners.with(0, corners[half]!).with(half, corners[0]!);
        expect(crossesItself(swapped)).toBe(true);
      }),
    );
  });

  it('compares few sides of a long outline, whichever way it lies', () => {
    // Reads of a corner tell how many comparisons were made, whatever the machine is doing.
    let reads = 0;
    const counted = ({ x, y }: Point): Point => ({
      get x() {
        reads++;
        return x;
      },
      y,
    });
    const count = (points: readonly Point[]): number => {
      reads = 0;
      expect(crossesItself(points.map(counted))).toBe(false);
      return reads;
    };
    // A vessel along the picture, straight to the pixel: half of its sides share one place on the other axis.
    const walls = Array.from({ length: 1000 }, (_, x) => x);
    const lying = [...walls.map((x) => p(x, 0)), ...walls.map((x) => p(999 - x, 40))];
    const standing = lying.map(({ x, y }) => p(y, x));
    for (const points of [lying, standing]) expect(count(points)).toBeLessThan(2000 * 50);
  });
});
