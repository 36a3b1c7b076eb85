import { ellipseOf } from './geometry.ts';
import type { Mark, MarkKind, MarkOf, Point } from './mark.ts';

/**
 * What a mark looks like: the one derivation for screen, canvas and paper, each of which fills and strokes paths in the notation of SVG.
 * All of it is in the coordinates of where it is drawn, which `place` says; `unit` is the length there of one pixel of a desk screen.
 */
export interface MarkDrawing {
  /** Stroked: a thin light line over a wider dark one. */
  readonly line: string;
  /** Dotted, so that the edge which is measured can be seen between: a caliper's line. */
  readonly dotted: boolean;
  /** Stroked a little stronger: crosses at the ends. */
  readonly ends: string;
  /** Filled: the head of an arrow. */
  readonly filled: string;
  /** Where the points of the mark lie. */
  readonly points: readonly Point[];
  /** Places that its value must stay clear of; the value stands beside the outermost. */
  readonly extent: readonly Point[];
}

export interface DrawnAt {
  place(point: Point): Point;
  readonly unit: number;
  /** Side of the pictogram of a body marker; absent: `pictogramSide` units. */
  readonly pictogram?: number;
}

/** Side of the pictogram of a body marker, in units; the mark's point is its middle. */
export const pictogramSide = 84;

export const drawingOf = (mark: Mark, at: DrawnAt): MarkDrawing => drawKind(mark.kind, mark, at);

/** The type of a mark follows its kind, which the compiler sees for a parameter and not for a union. */
function drawKind<Kind extends MarkKind>(
  kind: Kind,
  mark: MarkOf<Kind>,
  { place, unit, pictogram = pictogramSide * unit }: DrawnAt,
): MarkDrawing {
  const points = (mark.points as readonly Point[]).map(place);
  return { line: '', dotted: false, ends: '', filled: '', points, extent: points, ...byKind[kind](points, unit, pictogram) };
}

type Draw = (points: readonly Point[], unit: number, pictogram: number) => Partial<MarkDrawing>;

const byKind: { readonly [Kind in MarkKind]: Draw } = {
  distance: (points, unit) => ({ line: pathThrough(points), dotted: true, ends: crosses(points, unit) }),
  polyline: (points) => ({ line: pathThrough(points) }),
  area: (points) => ({ line: `${pathThrough(points)}Z` }),
  angle: (points, unit) => ({ line: pathThrough(points) + arcBetween(points, unit) }),
  ellipse: ([from, to, conjugate]) => {
    const { centre, u, v } = ellipseOf(from!, to!, conjugate!);
    const around = Array.from({ length: 16 }, (_, step) => {
      const [cos, sin] = [Math.cos((step * Math.PI) / 8), Math.sin((step * Math.PI) / 8)];
      return { x: centre.x + u.x * cos + v.x * sin, y: centre.y + u.y * cos + v.y * sin };
    });
    return { line: ellipsePath(centre, u, v), extent: around };
  },
  point: (points, unit) => ({ ends: crosses(points, unit) }),
  arrow: ([tail, tip], unit) => arrow(tail!, tip!, unit),
  text: () => ({}),
  'body-marker': ([at], _, pictogram) => {
    const half = pictogram / 2;
    const corners = [-half, half].flatMap((dx) => [-half, half].map((dy) => ({ x: at!.x + dx, y: at!.y + dy })));
    return { extent: corners };
  },
};

/** A tenth of a pixel is finer than any screen, and a third of the letters. */
const short = (value: number): string => String(Math.round(value * 10) / 10);
const at = ({ x, y }: Point): string => `${short(x)} ${short(y)}`;

const pathThrough = (points: readonly Point[]): string => points.map((point, index) => `${index === 0 ? 'M' : 'L'}${at(point)}`).join('');

const [crossReach, crossGap] = [11, 4];

/** A cross with a free middle: what is measured stays visible. */
function crosses(points: readonly Point[], unit: number): string {
  const [far, near] = [crossReach * unit, crossGap * unit];
  return points
    .map(
      ({ x, y }) =>
        `M${short(x - far)} ${short(y)}H${short(x - near)}M${short(x + near)} ${short(y)}H${short(x + far)}` +
        `M${short(x)} ${short(y - far)}V${short(y - near)}M${short(x)} ${short(y + near)}V${short(y + far)}`,
    )
    .join('');
}

/** Between the arms, at a third of the shorter one. */
function arcBetween([arm, vertex, otherArm]: readonly Point[], unit: number): string {
  const toward = (end: Point): { x: number; y: number; length: number } => {
    const [x, y] = [end.x - vertex!.x, end.y - vertex!.y];
    return { x, y, length: Math.hypot(x, y) };
  };
  const [one, other] = [toward(arm!), toward(otherArm!)];
  if (one.length === 0 || other.length === 0) return '';
  const radius = Math.min(36 * unit, one.length / 3, other.length / 3);
  const on = ({ x, y, length }: typeof one): Point => ({ x: vertex!.x + (x * radius) / length, y: vertex!.y + (y * radius) / length });
  const clockwise = one.x * other.y - one.y * other.x > 0 ? 1 : 0;
  return `M${at(on(one))}A${short(radius)} ${short(radius)} 0 0 ${clockwise} ${at(on(other))}`;
}

/** Control points of a quarter of a circle, as share of the radius; the image of a circle is an ellipse whatever its diameters. */
const quarter = (4 / 3) * (Math.SQRT2 - 1);

function ellipsePath(c: Point, u: Point, v: Point): string {
  const on = (a: number, b: number): string => at({ x: c.x + a * u.x + b * v.x, y: c.y + a * u.y + b * v.y });
  const q = quarter;
  return (
    `M${on(1, 0)}C${on(1, q)} ${on(q, 1)} ${on(0, 1)}C${on(-q, 1)} ${on(-1, q)} ${on(-1, 0)}` +
    `C${on(-1, -q)} ${on(-q, -1)} ${on(0, -1)}C${on(q, -1)} ${on(1, -q)} ${on(1, 0)}Z`
  );
}

const [headLength, headHalfWidth] = [16, 6];

function arrow(tail: Point, tip: Point, unit: number): Partial<MarkDrawing> {
  const length = Math.hypot(tip.x - tail.x, tip.y - tail.y);
  if (length === 0) return {};
  const along = { x: (tip.x - tail.x) / length, y: (tip.y - tail.y) / length };
  const head = Math.min(headLength * unit, length);
  const neck = { x: tip.x - along.x * head, y: tip.y - along.y * head };
  const wide = (head * headHalfWidth) / headLength;
  const side = (sign: number): Point => ({ x: neck.x - sign * along.y * wide, y: neck.y + sign * along.x * wide });
  return { line: pathThrough([tail, neck]), filled: `${pathThrough([tip, side(1), side(-1)])}Z` };
}

/** A path in shares of a square's side, from its upper left corner: to, line to, curve to (two control points first), close. */
export type Step = readonly ['M' | 'L', number, number] | readonly ['C', number, number, number, number, number, number] | readonly ['Z'];
export type Path = readonly Step[];

/** A path of a square, in the notation of SVG, where the square's upper left corner and side are. */
export function pathIn(path: Path, corner: Point, side: number): string {
  return path
    .map(([letter, ...shares]) => {
      const places = shares.map((share, index) => short((index % 2 === 0 ? corner.x : corner.y) + share * side));
      return letter + places.join(' ');
    })
    .join('');
}

/** The probe on a pictogram: where it stands, and a tick at its marker's side. In shares of the pictogram's side from its upper left corner. */
export function probeOn({ probe }: MarkOf<'body-marker'>): { readonly from: Point; readonly to: Point; readonly marked: Point } {
  const turn = (probe.angleDeg * Math.PI) / 180;
  const [dx, dy] = [Math.sin(turn), -Math.cos(turn)];
  const half = 0.13;
  return {
    from: { x: probe.x - dx * half, y: probe.y - dy * half },
    to: { x: probe.x + dx * half, y: probe.y + dy * half },
    marked: { x: probe.x + dx * half, y: probe.y + dy * half },
  };
}
