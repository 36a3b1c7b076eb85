import { createRandom, mix, type Random } from './random.ts';

/**
 * A right coronary artery as it projects in a left anterior oblique view, with the guide catheter that leads to it.
 * Field units: 1 is the shorter side of the picture (about 15 cm), 0,0 its middle, y down.
 */
export interface Branch {
  /** x and y in turn, at end diastole. */
  readonly points: Float64Array;
  /** One radius per point. */
  readonly radii: Float64Array;
  /** Length of vessel from the ostium to each point. */
  readonly fromOstium: Float64Array;
}

/** The course of the RCA: drop from the right sinus, bend round the margin of the heart, run to the crux and on. */
const trunkCourse = [
  [-0.046, -0.201],
  [-0.095, -0.178],
  [-0.148, -0.139],
  [-0.195, -0.09],
  [-0.226, -0.031],
  [-0.247, 0.037],
  [-0.265, 0.105],
  [-0.272, 0.164],
  [-0.26, 0.213],
  [-0.225, 0.252],
  [-0.187, 0.272],
  [-0.129, 0.278],
  [-0.061, 0.275],
] as const;

const posterolateralCourse = [
  [-0.061, 0.275],
  [-0.02, 0.248],
  [0.022, 0.207],
  [0.045, 0.16],
  [0.056, 0.115],
  [0.085, 0.098],
  [0.135, 0.108],
  [0.18, 0.103],
] as const;

const descendingCourse = [
  [-0.187, 0.272],
  [-0.15, 0.298],
  [-0.09, 0.318],
  [-0.02, 0.33],
  [0.06, 0.338],
  [0.13, 0.336],
] as const;

const guideCourse = [
  [0.02, -0.56],
  [0.012, -0.47],
  [0.006, -0.4],
  [-0.004, -0.33],
  [-0.014, -0.27],
  [-0.026, -0.225],
  [-0.046, -0.201],
  [-0.072, -0.19],
] as const;

/** Where side branches leave, as share of the trunk; the turn is in radians from the trunk's direction, right-handed in the picture. */
const sideBranches = [
  { at: 0.05, turn: 2.2, length: 0.13, radius: 0.005, curl: -9 },
  { at: 0.11, turn: -1.9, length: 0.15, radius: 0.005, curl: 7 },
  { at: 0.24, turn: 1.3, length: 0.2, radius: 0.0066, curl: -15 },
  { at: 0.33, turn: -1.1, length: 0.16, radius: 0.0044, curl: 3 },
  { at: 0.5, turn: -0.9, length: 0.15, radius: 0.004, curl: 4 },
  { at: 0.6, turn: 0.75, length: 0.19, radius: 0.0062, curl: -5 },
  { at: 0.74, turn: 0.6, length: 0.16, radius: 0.005, curl: 3 },
] as const;

const spacing = 0.006;

/** Radius of the artery at its origin: a calibre of 4 mm. */
const trunkRadius = 0.0132;

export function createCoronaryTree(seed: number): {
  readonly branches: readonly Branch[];
  readonly trunk: Branch;
  readonly distal: Branch;
} {
  const random = createRandom(mix(seed, 21));
  const trunk = branchAlong(spline(trunkCourse), trunkRadius, 0.0094, 0, random);
  const crux = trunk.fromOstium.at(-1) as number;
  const distal = branchAlong(spline(posterolateralCourse), 0.0078, 0.0026, crux, random);
  const descending = branchAlong(spline(descendingCourse), 0.0072, 0.0024, crux * 0.86, random);
  const large = [trunk, distal, descending];
  const sides = sideBranches.map((side) => sprout(trunk, side, random));
  const twigs = [...large, ...sides].flatMap((parent, index) =>
    Array.from({ length: index < 3 ? 6 : 3 }, () =>
      sprout(
        parent,
        {
          at: 0.2 + 0.75 * random.uniform(),
          turn: (random.uniform() < 0.5 ? -1 : 1) * (0.6 + 0.7 * random.uniform()),
          length: 0.04 + 0.08 * random.uniform(),
          radius: 0.0021 + 0.0014 * random.uniform(),
          curl: 10 * random.gaussian(),
        },
        random,
      ),
    ),
  );
  return { branches: [...large, ...sides, ...twigs], trunk, distal };
}

/** The guide catheter from outside the picture to its tip in the ostium: x and y in turn. */
export function guideCatheter(): Float64Array {
  return spline(guideCourse);
}

function branchAlong(points: Float64Array, first: number, last: number, start: number, random: Random): Branch {
  const count = points.length / 2;
  const radii = new Float64Array(count);
  const fromOstium = new Float64Array(count);
  // Plaque: the calibre of an artery that is worth a catheter is never even.
  const phase = 6 * random.uniform();
  for (let index = 0; index < count; index++) {
    const share = index / Math.max(1, count - 1);
    const uneven = 1 + 0.06 * Math.sin(phase + 23 * share) + 0.05 * Math.sin(2 * phase + 61 * share);
    radii[index] = (first + (last - first) * share) * uneven;
    fromOstium[index] = start + index * spacing;
  }
  return { points, radii, fromOstium };
}

interface Sprout {
  readonly at: number;
  readonly turn: number;
  readonly length: number;
  readonly radius: number;
  readonly curl: number;
}

/** A branch that wanders: its direction turns by `curl` radians per unit, and at random as tortuous vessels do. */
function sprout(parent: Branch, { at, turn, length, radius, curl }: Sprout, random: Random): Branch {
  const last = parent.points.length / 2 - 2;
  const from = Math.max(0, Math.min(last, Math.round(at * last)));
  let x = parent.points[2 * from]!;
  let y = parent.points[2 * from + 1]!;
  let heading = Math.atan2(parent.points[2 * from + 3]! - y, parent.points[2 * from + 2]! - x) + turn;
  const count = Math.max(3, Math.round(length / spacing));
  const points = new Float64Array(2 * count);
  let bend = 0;
  for (let index = 0; index < count; index++) {
    points[2 * index] = x;
    points[2 * index + 1] = y;
    bend = 0.8 * bend + 0.13 * random.gaussian();
    heading += curl * spacing + bend;
    x += spacing * Math.cos(heading);
    y += spacing * Math.sin(heading);
  }
  return branchAlong(points, radius, radius * 0.35, parent.fromOstium[from]!, random);
}

/** A Catmull-Rom curve through the course, in steps of equal length: x and y in turn. */
function spline(course: readonly (readonly [number, number])[]): Float64Array {
  const fine: [number, number][] = [];
  for (let index = 0; index < course.length - 1; index++) {
    const [a, b, c, d] = [
      course[Math.max(0, index - 1)]!,
      course[index]!,
      course[index + 1]!,
      course[Math.min(course.length - 1, index + 2)]!,
    ];
    for (let step = 0; step < 32; step++) {
      const t = step / 32;
      fine.push([catmullRom(a[0], b[0], c[0], d[0], t), catmullRom(a[1], b[1], c[1], d[1], t)]);
    }
  }
  const [endX, endY] = course.at(-1)!;
  fine.push([endX, endY]);
  return evenly(fine);
}

const catmullRom = (a: number, b: number, c: number, d: number, t: number): number =>
  b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));

function evenly(fine: readonly (readonly [number, number])[]): Float64Array {
  const points: number[] = [...fine[0]!];
  let left = spacing;
  for (let index = 1; index < fine.length; index++) {
    const [x0, y0] = fine[index - 1]!;
    const [x1, y1] = fine[index]!;
    const length = Math.hypot(x1 - x0, y1 - y0);
    let done = 0;
    while (length - done >= left) {
      done += left;
      points.push(x0 + ((x1 - x0) * done) / length, y0 + ((y1 - y0) * done) / length);
      left = spacing;
    }
    left -= length - done;
  }
  return Float64Array.from(points);
}
