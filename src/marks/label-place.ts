import type { Point } from './mark.ts';
import type { PictureSize } from './on-picture.ts';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Mean width of a letter in a bold sans-serif face, of its size; wide faces have digits of 0.7. */
const letterEm = 0.64;
const lineEm = 1.2;
const [gap, margin] = [16, 6];
const boxPx = 12;

export const textWidth = (text: string, fontSize: number): number => text.length * letterEm * fontSize;

/** The box of lines of text. */
export function textSize(lines: readonly string[], fontSize: number): PictureSize {
  return { width: Math.max(0, ...lines.map((line) => textWidth(line, fontSize))), height: lines.length * lineEm * fontSize };
}

/**
 * Where the values of a mark stand: beyond its right end, else left, below or above, the first of these that no other text has taken and
 * no other line runs through; where there is none, through a line rather than over a text. Inside the area whatever its length. All in the
 * coordinates of the area; `unit` as in `MarkDrawing`.
 */
export function labelPlace(
  extent: readonly Point[],
  size: PictureSize,
  area: PictureSize,
  unit: number,
  taken: readonly Box[],
  lines: readonly Box[] = [],
): Box {
  const right = outermost(extent, (point) => point.x);
  const left = outermost(extent, (point) => -point.x);
  const lowest = outermost(extent, (point) => point.y);
  const highest = outermost(extent, (point) => -point.y);
  const { width, height } = size;
  const away = (end: Point, other: Point): number => end.y - height / 2 + (end.y >= other.y ? 20 : -20) * unit;
  const middle = (right.x + left.x - width) / 2;
  const wanted: readonly Point[] = [
    { x: right.x + gap * unit, y: away(right, left) },
    { x: left.x - gap * unit - width, y: away(left, right) },
    { x: middle, y: lowest.y + gap * unit },
    { x: middle, y: highest.y - gap * unit - height },
    { x: right.x + gap * unit, y: away(right, left) + height },
    { x: right.x + gap * unit, y: away(right, left) - height },
    { x: left.x - gap * unit - width, y: away(left, right) + height },
    { x: left.x - gap * unit - width, y: away(left, right) - height },
  ];
  const boxes = wanted.map(({ x, y }): Box => ({ left: x, top: y, width, height }));
  const fits = (box: Box): boolean => inside(box, area) === box && !taken.some((other) => overlap(box, other));
  const free = boxes.filter(fits);
  return (
    free.find((box) => !lines.some((line) => overlap(box, line))) ??
    free[0] ??
    clear(boxes[0]!.left + width + margin <= area.width ? boxes : [boxes[1]!, ...boxes], area, taken)
  );
}

/** Small boxes along a line, as far apart as a letter is wide. */
export function boxesAlong(points: readonly Point[], unit: number): Box[] {
  const side = boxPx * unit;
  const boxes: Box[] = [];
  for (const [index, b] of points.entries()) {
    const a = points[index - 1] ?? b;
    const steps = Math.max(1, Math.ceil(Math.hypot(b.x - a.x, b.y - a.y) / (2 * side)));
    for (let step = 1; step <= steps; step++) {
      const share = step / steps;
      boxes.push({ left: a.x + (b.x - a.x) * share - side / 2, top: a.y + (b.y - a.y) * share - side / 2, width: side, height: side });
    }
  }
  return boxes;
}

/** Where all places beside the mark are taken: the nearest free one above or below one of them, else the first of them. */
function clear(boxes: readonly Box[], area: PictureSize, taken: readonly Box[]): Box {
  const near = boxes.map((box) => inside(box, area));
  const isFree = (box: Box): boolean => inside(box, area) === box && !taken.some((other) => overlap(box, other));
  for (let steps = 0; steps * near[0]!.height < area.height; steps++) {
    for (const box of near) {
      const moved = [1, -1].map((sign) => ({ ...box, top: box.top + sign * steps * box.height }));
      const free = moved.find(isFree);
      if (free !== undefined) return free;
    }
  }
  return near[0]!;
}

const outermost = (points: readonly Point[], value: (point: Point) => number): Point =>
  points.reduce((found, point) => (value(point) > value(found) ? point : found));

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;

/** The same box where it lies inside; the lower limit wins where both cannot be kept. */
function inside(box: Box, area: PictureSize): Box {
  const left = Math.max(margin, Math.min(box.left, area.width - margin - box.width));
  const top = Math.max(0, Math.min(box.top, area.height - box.height));
  return left === box.left && top === box.top ? box : { ...box, left, top };
}
