import type { Point } from './mark.ts';

/** Plane geometry without units: whoever wants millimetres gives millimetres. */

export const distance = (a: Point, b: Point): number => Math.hypot(b.x - a.x, b.y - a.y);

export const midpoint = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

export function pathLength(points: readonly Point[]): number {
  let length = 0;
  for (let i = 1; i < points.length; i++) length += distance(points[i - 1]!, points[i]!);
  return length;
}

export function perimeter(points: readonly Point[]): number {
  const [first, last] = [points[0], points.at(-1)];
  return first === undefined || last === undefined ? 0 : pathLength(points) + distance(last, first);
}

/** Area within a closed outline (Gauss's area formula). Where the outline crosses itself, parts count against each other. */
export function polygonArea(points: readonly Point[]): number {
  const origin = points[0];
  if (origin === undefined) return 0;
  // From a corner of the outline: far from the origin of the picture the products would cost digits.
  let twice = 0;
  for (let i = 1; i + 1 < points.length; i++) {
    const [a, b] = [points[i]!, points[i + 1]!];
    twice += (a.x - origin.x) * (b.y - origin.y) - (b.x - origin.x) * (a.y - origin.y);
  }
  return Math.abs(twice) / 2;
}

/** Degrees from 0 to 180 between the arms of an angle; undefined where an arm has no length. */
export function angleDeg(arm: Point, vertex: Point, otherArm: Point): number | undefined {
  const [ax, ay] = [arm.x - vertex.x, arm.y - vertex.y];
  const [bx, by] = [otherArm.x - vertex.x, otherArm.y - vertex.y];
  if ((ax === 0 && ay === 0) || (bx === 0 && by === 0)) return undefined;
  // The cosine alone loses its digits near 0 and 180 degrees.
  return (Math.atan2(Math.abs(ax * by - ay * bx), ax * bx + ay * by) * 180) / Math.PI;
}

/** An ellipse by two conjugate half diameters: centre + u cos t + v sin t. */
export interface Ellipse {
  readonly centre: Point;
  readonly u: Point;
  readonly v: Point;
}

/** From the ends of a diameter and an end of its conjugate. */
export function ellipseOf(from: Point, to: Point, conjugate: Point): Ellipse {
  const centre = midpoint(from, to);
  return {
    centre,
    u: { x: (to.x - from.x) / 2, y: (to.y - from.y) / 2 },
    v: { x: conjugate.x - centre.x, y: conjugate.y - centre.y },
  };
}

/** The parallelogram of any two conjugate half diameters has the area a b (Apollonius, Conics VII 31). */
export const ellipseArea = ({ u, v }: Ellipse): number => Math.PI * Math.abs(u.x * v.y - u.y * v.x);

/** Half axes, the longer first: a² + b² = |u|² + |v|² and a b = |u x v| (Apollonius, Conics VII 12 and 31). */
export function halfAxes({ u, v }: Ellipse): readonly [number, number] {
  const sum = u.x * u.x + u.y * u.y + v.x * v.x + v.y * v.y;
  const product = Math.abs(u.x * v.y - u.y * v.x);
  const [plus, minus] = [Math.sqrt(sum + 2 * product), Math.sqrt(Math.max(0, sum - 2 * product))];
  return [(plus + minus) / 2, (plus - minus) / 2];
}

/**
 * Ramanujan's second approximation (Modular equations and approximations to pi, Quart. J. Math. 45 (1914), p. 372), never too
 * long; the worst is a flat ellipse, 4 parts in 10 000.
 */
export function ellipseCircumference(ellipse: Ellipse): number {
  const [a, b] = halfAxes(ellipse);
  if (a === 0) return 0;
  const h = ((a - b) / (a + b)) ** 2;
  return Math.PI * (a + b) * (1 + (3 * h) / (10 + Math.sqrt(4 - 3 * h)));
}

/** How far an ellipse reaches from its centre along x and y. */
export const ellipseReach = ({ u, v }: Ellipse): Point => ({ x: Math.hypot(u.x, v.x), y: Math.hypot(u.y, v.y) });

/** Whether any two sides of a closed outline cross or touch that are no neighbours. */
export function crossesItself(points: readonly Point[]): boolean {
  const corners = points.filter(({ x, y }, index) => {
    const next = points[(index + 1) % points.length]!;
    return x !== next.x || y !== next.y;
  });
  const long = longerExtent(corners);
  const sides = corners.map((a, order) => {
    const b = corners[(order + 1) % corners.length]!;
    return { a, b, order, least: Math.min(a[long], b[long]), most: Math.max(a[long], b[long]) };
  });
  sides.sort((one, other) => one.least - other.least);
  // Along the outline's longer extent, sides that begin beyond a side's end cannot meet it: a traced outline compares few of them.
  for (const [place, side] of sides.entries()) {
    for (let next = place + 1; next < sides.length && sides[next]!.least <= side.most; next++) {
      const other = sides[next]!;
      const apart = Math.abs(side.order - other.order);
      if (apart > 1 && apart < sides.length - 1 && sidesMeet(side, other)) return true;
    }
  }
  return false;
}

function longerExtent(points: readonly Point[]): 'x' | 'y' {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return right - left >= bottom - top ? 'x' : 'y';
}

interface Side {
  readonly a: Point;
  readonly b: Point;
}

/** Which side of a line a point is on: positive, negative or 0. */
const turn = (a: Point, b: Point, c: Point): number => Math.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x));

/** Their boxes overlap, and each has its ends on both sides of the other, or on it. */
function sidesMeet(one: Side, other: Side): boolean {
  if (Math.max(one.a.x, one.b.x) < Math.min(other.a.x, other.b.x) || Math.max(other.a.x, other.b.x) < Math.min(one.a.x, one.b.x))
    return false;
  if (Math.max(one.a.y, one.b.y) < Math.min(other.a.y, other.b.y) || Math.max(other.a.y, other.b.y) < Math.min(one.a.y, one.b.y))
    return false;
  if (turn(one.a, one.b, other.a) * turn(one.a, one.b, other.b) > 0) return false;
  return turn(other.a, other.b, one.a) * turn(other.a, other.b, one.b) <= 0;
}
