import type { Point } from './mark.ts';

/**
 * A line drawn by hand with fewer points, none of those left out further than `tolerance` from it (Douglas and Peucker, Cartographica
 * 1973;10:112-122). The ends stay.
 */
export function simplified(points: readonly Point[], tolerance: number): readonly Point[] {
  const kept = new Uint8Array(points.length);
  kept[0] = 1;
  kept[points.length - 1] = 1;
  // A stack of its own: a spiral of two thousand points would go as deep.
  const pieces: [number, number][] = [[0, points.length - 1]];
  for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) {
    const [from, to] = piece;
    const farthest = farthestBetween(points, from, to);
    if (farthest === undefined || farthest.away <= tolerance) continue;
    kept[farthest.index] = 1;
    pieces.push([from, farthest.index], [farthest.index, to]);
  }
  return points.filter((_, index) => kept[index] === 1);
}

function farthestBetween(points: readonly Point[], from: number, to: number): { index: number; away: number } | undefined {
  let found: { index: number; away: number } | undefined;
  for (let index = from + 1; index < to; index++) {
    const away = distanceToSegment(points[index]!, points[from]!, points[to]!);
    if (found === undefined || away > found.away) found = { index, away };
  }
  return found;
}

/** How far a point is from the nearest place of a straight line between two others. */
export function distanceToSegment({ x, y }: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / squared));
  return Math.hypot(a.x + along * dx - x, a.y + along * dy - y);
}
