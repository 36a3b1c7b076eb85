import type { Caliper, Point } from '../src/marks/mark.ts';
import { type Placement, toTile } from './view-transform.ts';

/** The caliper end nearest to a point of the tile within `reach` tile pixels; ends drawn later lie on top. */
export function nearestEnd(
  calipers: readonly Caliper[],
  placement: Placement,
  at: Point,
  reach: number,
): { readonly number: number; readonly end: 0 | 1 } | undefined {
  let found: { number: number; end: 0 | 1 } | undefined;
  let nearest = reach;
  for (const { number, ends } of calipers) {
    for (const end of [0, 1] as const) {
      const place = toTile(placement, ends[end]);
      const distance = Math.hypot(place.x - at.x, place.y - at.y);
      if (distance > nearest) continue;
      nearest = distance;
      found = { number, end };
    }
  }
  return found;
}
