import { midpoint } from '../src/marks/geometry.ts';
import type { Mark, MarkKind, Point } from '../src/marks/mark.ts';
import { insidePicture } from '../src/marks/on-picture.ts';
import { pointCounts } from '../src/marks/point-counts.ts';
import { type MeasuredPicture, scaleUnder, toMm } from '../src/marks/scale.ts';

/** What is told from a tool's entry here is all that tells it from the others. */
export interface MarkTool {
  /** What comes of it; a calibration is a length like a caliper's until its length is told. */
  readonly draws: MarkKind | 'calibration';
  readonly points: readonly [least: number, most: number];
  readonly key: string;
  /** Drawn by hand while the pointer is held; else a drag stretches from one point to the next. */
  readonly byHand: boolean;
  /** A click on the first point ends it. */
  readonly closed: boolean;
  /** What has to be told before it is kept, or may be told of it at once. */
  readonly asks: 'nothing' | 'caption' | 'body' | 'length';
}

const tool = (draws: MarkKind, key: string, rest: Partial<MarkTool> = {}): MarkTool => ({
  draws,
  points: pointCounts[draws],
  key,
  byHand: false,
  closed: false,
  asks: 'nothing',
  ...rest,
});

/** In the order of the flyout. */
export const markTools = {
  distance: tool('distance', 'c'),
  polyline: tool('polyline', 'z', { byHand: true }),
  area: tool('area', 'a', { byHand: true, closed: true }),
  ellipse: tool('ellipse', 'o'),
  angle: tool('angle', 'g'),
  point: tool('point', 'i'),
  arrow: tool('arrow', 'y'),
  text: tool('text', 't', { asks: 'caption' }),
  'body-marker': tool('body-marker', 'm', { asks: 'body' }),
  calibration: { ...tool('distance', 'k', { asks: 'length' }), draws: 'calibration' },
} as const satisfies Readonly<Record<MarkKind | 'calibration', MarkTool>>;

export type ToolName = keyof typeof markTools;
export const toolNames = Object.keys(markTools) as readonly ToolName[];
/** What the pointer does on a picture. */
export type Tool = 'pan' | 'pointer' | ToolName;

export const isMarkTool = (name: Tool): name is ToolName => name !== 'pan' && name !== 'pointer';
export const toolOf = (name: ToolName): MarkTool => markTools[name];

/** What a mark has beside its points, until somebody says otherwise. */
const besidePoints: { readonly [Kind in MarkKind]?: object } = {
  text: { caption: { text: '…' } },
  'body-marker': { body: 'chest-front', probe: { x: 0.5, y: 0.5, angleDeg: 0 } },
};

/** A mark of a kind through points of which the last may be missing yet: it is drawn, measured and shown to others as it grows. */
export function growing(kind: MarkKind, number: number, points: readonly Point[], picture: MeasuredPicture): Mark {
  const last = points.at(-1)!;
  const missing = Math.max(0, pointCounts[kind][0] - points.length);
  const whole = [...points, ...Array.from({ length: missing }, () => last)];
  // The number of points, and with it the type, follows the kind.
  const mark = { kind, number, points: whole, ...besidePoints[kind] } as Mark;
  return reshaped(mark, kind === 'ellipse' && missing === 1 ? 0 : 2, picture);
}

/**
 * A mark after one of its points was moved. The diameters of an ellipse stay at right angles in the patient: the moved one turns, the
 * other follows; where only one is known yet, the other is half as long. Where it would end off the picture its other end
 * stands for it, and what is too long for the picture at both is shorter; the end under the hand stays on its side.
 */
export function reshaped(mark: Mark, moved: number, picture: MeasuredPicture, before: Mark = mark): Mark {
  if (mark.kind !== 'ellipse') return mark;
  const [from, to, conjugate] = mark.points;
  const { square, back } = squarePixels(picture, mark.points);
  const [a, b] = [square(from), square(to)];
  const centre = midpoint(a, b);
  const half = Math.hypot(b.x - a.x, b.y - a.y) / 2;
  if (half === 0) return mark;
  const across = { x: -(b.y - a.y) / (2 * half), y: (b.x - a.x) / (2 * half) };
  const side = (points: readonly Point[]): number => {
    const [one, other, end] = points.map(square) as [Point, Point, Point];
    const middle = midpoint(one, other);
    const length = Math.hypot(other.x - one.x, other.y - one.y);
    return ((end.x - middle.x) * -(other.y - one.y) + (end.y - middle.y) * (other.x - one.x)) / length;
  };
  const kept = before === mark ? half / 2 : side(before.points);
  const wide = moved === 2 ? side([from, to, conjugate]) : kept;
  const middle = back(centre);
  const [end, other] = [wide, -wide].map((by) => back({ x: centre.x + across.x * by, y: centre.y + across.y * by })) as [Point, Point];
  const [room, otherRoom] = [end, other].map((to) => shareInside(middle, to, picture)) as [number, number];
  const [far, share] = moved === 2 || room >= otherRoom ? [end, room] : [other, otherRoom];
  const inside = { x: middle.x + (far.x - middle.x) * share, y: middle.y + (far.y - middle.y) * share };
  return { ...mark, points: [from, to, insidePicture(inside, picture.width, picture.height)] };
}

/** How much of the way from a place on a picture to another one lies on it, up to 1. */
function shareInside(from: Point, to: Point, { width, height }: MeasuredPicture): number {
  const along = (begin: number, end: number, most: number): number =>
    end < 0 ? begin / (begin - end) : end > most ? (most - begin) / (end - begin) : 1;
  return Math.min(along(from.x, to.x, width), along(from.y, to.y, height));
}

/** Places as they lie in the patient, and back; pixels where nothing is calibrated. */
function squarePixels(picture: MeasuredPicture, points: readonly Point[]): { square(point: Point): Point; back(point: Point): Point } {
  const scale = scaleUnder(picture, points);
  if (scale.of !== 'lengths') return { square: (point) => point, back: (point) => point };
  const one = toMm(scale.region, { x: 1, y: 1 });
  return { square: (point) => toMm(scale.region, point), back: ({ x, y }) => ({ x: x / one.x, y: y / one.y }) };
}
