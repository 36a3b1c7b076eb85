/** Where a tool is: 4x4, row by row, from its own coordinates to those of the tracker, millimetres. */
export type PoseMatrix = readonly number[];

/** Where a tracked tool was when a picture was captured. */
export interface Pose {
  readonly tool: string;
  /** Absent: the tool was lost, nothing is known of that time. */
  readonly matrix?: PoseMatrix;
  /** Milliseconds between the picture and the measurement next to it. */
  readonly ageMs: number;
  /** `interpolated`: between the measurements on either side of the picture. `measured`: the one next to it. */
  readonly source: 'measured' | 'interpolated' | 'lost';
}

interface Measurement {
  readonly atNs: bigint;
  /** Undefined: the tracker did not see the tool. */
  readonly matrix: PoseMatrix | undefined;
}

/** What is kept of a tool: at 1 kHz still a quarter of a second. */
const kept = 256;
/** What is nearer than this is of the same moment: stamps lose as much on their way through two clocks. */
const sameMomentMs = 1;
/** A time so far before the last is no late message: the clock was set back. */
const setBackNs = 1_000_000_000n;
/** Rotations whose axes are off by more are none: a matrix with scales in it is not interpolated. */
const rigidTolerance = 1e-3;

/** The latest measurements of one tool, in the order of their times, by one clock. */
export class PoseHistory {
  readonly tool: string;
  readonly #measurements: Measurement[] = [];

  constructor(tool: string) {
    this.tool = tool;
  }

  /** Adds a measurement; `matrix` undefined: the tracker says that it does not see the tool. One that is older than the last is left out. */
  add(atNs: bigint, matrix: PoseMatrix | undefined): void {
    const newest = this.#measurements.at(-1)?.atNs ?? atNs;
    if (newest - atNs > setBackNs) this.#measurements.length = 0;
    const last = this.#measurements.at(-1);
    if (last !== undefined && atNs < last.atNs) return;
    if (last?.atNs === atNs) this.#measurements.pop();
    this.#measurements.push({ atNs, matrix });
    if (this.#measurements.length > kept) this.#measurements.shift();
  }

  /** Where the tool was at a time; a measurement that is further away than `mostAgeMs` does not count. */
  at(atNs: bigint, mostAgeMs: number): Pose {
    const after = this.#firstFrom(atNs);
    const [next, before] = [this.#measurements[after], this.#measurements[after - 1]];
    const [nextMs, beforeMs] = [distanceMs(next, atNs), distanceMs(before, atNs)];
    const [nearest, ageMs] = nextMs < beforeMs ? [next, nextMs] : [before, beforeMs];
    if (nearest?.matrix === undefined || ageMs > mostAgeMs) return { tool: this.tool, ageMs, source: 'lost' };
    if (ageMs < sameMomentMs || next?.matrix === undefined || before?.matrix === undefined || nextMs + beforeMs > mostAgeMs) {
      return { tool: this.tool, matrix: nearest.matrix, ageMs, source: 'measured' };
    }
    const matrix = between(before.matrix, next.matrix, beforeMs / (beforeMs + nextMs));
    if (matrix === undefined) return { tool: this.tool, matrix: nearest.matrix, ageMs, source: 'measured' };
    return { tool: this.tool, matrix, ageMs, source: 'interpolated' };
  }

  /** Index of the first measurement that is not before a time; images ask for the end of the list. */
  #firstFrom(atNs: bigint): number {
    let index = this.#measurements.length;
    while (index > 0 && (this.#measurements[index - 1] as Measurement).atNs >= atNs) index--;
    return index;
  }
}

function distanceMs(measurement: Measurement | undefined, atNs: bigint): number {
  if (measurement === undefined) return Number.POSITIVE_INFINITY;
  return Math.abs(Number(measurement.atNs - atNs)) / 1e6;
}

/** A matrix from the rotation (unit quaternion x, y, z, w) and place of a tool. */
export function poseMatrix([qx, qy, qz, qw]: readonly number[], [x, y, z]: readonly number[]): PoseMatrix {
  const [a, b, c, d] = [qx, qy, qz, qw] as [number, number, number, number];
  return [
    1 - 2 * (b * b + c * c),
    2 * (a * b - c * d),
    2 * (a * c + b * d),
    x as number,
    2 * (a * b + c * d),
    1 - 2 * (a * a + c * c),
    2 * (b * c - a * d),
    y as number,
    2 * (a * c - b * d),
    2 * (b * c + a * d),
    1 - 2 * (a * a + b * b),
    z as number,
    0,
    0,
    0,
    1,
  ];
}

/** Part `t` of the way from one pose to another: places along a line, rotations along the shortest arc. Undefined where one is not rigid. */
function between(from: PoseMatrix, to: PoseMatrix, t: number): PoseMatrix | undefined {
  if (!isRigid(from) || !isRigid(to)) return undefined;
  const [a, b] = [quaternionOf(from), quaternionOf(to)];
  const place = [3, 7, 11].map((at) => (1 - t) * (from[at] as number) + t * (to[at] as number));
  return poseMatrix(turnedBetween(a, b, t), place);
}

/** Spherical linear interpolation (Shoemake, "Animating rotation with quaternion curves", 1985). */
function turnedBetween(a: readonly number[], b: readonly number[], t: number): readonly number[] {
  const dot = a.reduce((sum, value, at) => sum + value * (b[at] as number), 0);
  const angle = Math.acos(Math.min(1, Math.abs(dot)));
  const [first, second] = angle < 1e-4 ? [1 - t, t] : [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
  const sign = dot < 0 ? -1 : 1;
  const mixed = a.map((value, at) => first * value + sign * second * (b[at] as number));
  const length = Math.hypot(...mixed);
  return mixed.map((value) => value / length);
}

/** The columns are of length 1, at right angles, and right-handed. */
function isRigid(m: PoseMatrix): boolean {
  const column = (index: number): number[] => [m[index] as number, m[index + 4] as number, m[index + 8] as number];
  const [x, y, z] = [column(0), column(1), column(2)];
  const close = (a: number, b: number): boolean => Math.abs(a - b) < rigidTolerance;
  return close(dot(x, x), 1) && close(dot(y, y), 1) && close(dot(x, y), 0) && close(dot(cross(x, y), z), 1);
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, at) => sum + value * (b[at] as number), 0);

function cross(a: readonly number[], b: readonly number[]): number[] {
  const [ax, ay, az] = a as [number, number, number];
  const [bx, by, bz] = b as [number, number, number];
  return [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
}

/** The rotation of a rigid matrix; from its largest diagonal sum, where nothing is divided by a small number. */
function quaternionOf(m: PoseMatrix): readonly number[] {
  const [xx, xy, xz, , yx, yy, yz, , zx, zy, zz] = m as number[] as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const squares = [1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz, 1 + xx + yy + zz];
  const rows = [
    [squares[0], xy + yx, xz + zx, zy - yz],
    [xy + yx, squares[1], yz + zy, xz - zx],
    [xz + zx, yz + zy, squares[2], yx - xy],
    [zy - yz, xz - zx, yx - xy, squares[3]],
  ] as number[][];
  const row = rows[squares.indexOf(Math.max(...squares))] as number[];
  const length = Math.hypot(...row);
  return row.map((value) => value / length);
}
