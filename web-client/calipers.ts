import type { MarkOf, Point } from '../src/marks/mark.ts';
import { markScale, type Placement, type Size, toTile } from './view-transform.ts';

/** A length between two points; its ends are moved one by one. */
export type Caliper = MarkOf<'distance'>;

/** The caliper end nearest to a point of the tile within `reach` tile pixels; ends drawn later lie on top. */
export function nearestEnd(
  calipers: readonly Caliper[],
  placement: Placement,
  at: Point,
  reach: number,
): { readonly number: number; readonly end: 0 | 1 } | undefined {
  let found: { number: number; end: 0 | 1 } | undefined;
  let nearest = reach;
  for (const { number, points } of calipers) {
    for (const end of [0, 1] as const) {
      const place = toTile(placement, points[end]);
      const distance = Math.hypot(place.x - at.x, place.y - at.y);
      if (distance > nearest) continue;
      nearest = distance;
      found = { number, end };
    }
  }
  return found;
}

/** Mean width of a letter in a bold sans-serif face, of its size; wide faces have digits of 0.7. */
const letterEm = 0.64;
const labelGap = 16;
const labelMargin = 6;

export const labelWidth = (text: string, fontPx: number): number => text.length * letterEm * fontPx;

/**
 * Where a value begins, and its middle line: beyond the right end of its caliper and away from the line, inside the tile
 * whatever its length. `a` and `b` are the ends in tile pixels.
 */
export function labelPlace(a: Point, b: Point, text: string, tile: Size, fontPx: number): Point {
  const end = b.x >= a.x ? b : a;
  const other = end === b ? a : b;
  const grow = markScale(tile);
  const width = labelWidth(text, fontPx);
  const right = end.x + labelGap * grow;
  const x = right + width + labelMargin <= tile.width ? right : end.x - labelGap * grow - width;
  const y = end.y + (end.y >= other.y ? 20 : -20) * grow;
  return { x: inside(x, labelMargin, tile.width - labelMargin - width), y: inside(y, fontPx, tile.height - fontPx) };
}

/** The lower limit wins where both cannot be kept. */
const inside = (value: number, least: number, most: number): number => Math.max(least, Math.min(value, most));
