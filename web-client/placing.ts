import { distance } from '../src/marks/geometry.ts';
import type { Point } from '../src/marks/mark.ts';
import { mostPoints } from '../src/marks/point-counts.ts';
import { simplified } from '../src/marks/simplify.ts';
import type { MarkTool } from './mark-tools.ts';

/** A mark whose points are being placed, by whatever hand: pointer, finger, pen or keys. Places are in pixels of the picture. */
export interface Placing {
  readonly placed: readonly Point[];
  /** Follows the pointer, and is the next to be placed. */
  readonly free: Point;
  /** Since the pointer went down. */
  readonly held: 'no' | 'first' | 'again';
  /** Points are laid along the way of the pointer. */
  readonly tracing: boolean;
}

/** How near two places are the same one for a hand, and how far a line may run from the hand's; in pixels of the picture. */
export interface Steadiness {
  readonly slack: number;
  readonly tolerance: number;
}

/** `done`: all points of the mark; `none`: it came to nothing. */
export type Placed =
  | { readonly now: 'placing'; readonly placing: Placing }
  | { readonly now: 'done'; readonly points: readonly Point[] }
  | { readonly now: 'none' };

const going = (placing: Placing): Placed => ({ now: 'placing', placing });

/** The pointer goes down, or Enter is pressed. */
export function press(placing: Placing | undefined, { points: [least] }: MarkTool, at: Point): Placing {
  if (placing !== undefined) return { ...placing, free: at, held: 'again' };
  return { placed: least === 1 ? [] : [at], free: at, held: 'first', tracing: false };
}

/** The pointer moves; `dragged`: it is down and has left the place where it went down. */
export function move(placing: Placing, { byHand }: MarkTool, at: Point, dragged: boolean, { tolerance }: Steadiness): Placing {
  if (!byHand || !dragged) return { ...placing, free: at };
  const last = placing.placed.at(-1)!;
  const far = distance(last, at) >= tolerance;
  const placed = far ? [...placing.placed, at].slice(0, mostPoints) : placing.placed;
  return { ...placing, placed, free: at, tracing: true };
}

/** The pointer comes up. */
export function release(placing: Placing, tool: MarkTool, dragged: boolean, steadiness: Steadiness): Placed {
  const { placed, free, held, tracing } = placing;
  const [, most] = tool.points;
  const lifted: Placing = { ...placing, held: 'no', tracing: false };
  if (tracing) return held === 'first' ? finish(lifted, tool, steadiness) : going(lifted);
  if (most === 1) return { now: 'done', points: [free] };
  if (held === 'first' && !dragged) return going(lifted);
  const again = distance(placed.at(-1)!, free) <= steadiness.slack;
  if (tool.byHand && (again || (tool.closed && placed.length > 2 && distance(placed[0]!, free) <= steadiness.slack))) {
    return finish(lifted, tool, steadiness);
  }
  // A second click at the same place was a slip of the hand.
  if (again) return going(lifted);
  const points = [...placed, free];
  return points.length >= most ? { now: 'done', points } : going({ ...lifted, placed: points });
}

/** Ends a mark of as many points as one likes; where it has too few of them it goes on. */
export function finish(placing: Placing, { points: [least], byHand }: MarkTool, { tolerance, slack }: Steadiness): Placed {
  if (!byHand) return going(placing);
  const points = simplified(placing.placed, tolerance / 2);
  if (points.every((point) => distance(point, points[0]!) <= slack)) return { now: 'none' };
  return points.length >= least ? { now: 'done', points } : going({ ...placing, placed: points });
}

/** Takes the last point back. */
export function takeBack(placing: Placing): Placing | undefined {
  return placing.placed.length < 2 ? undefined : { ...placing, placed: placing.placed.slice(0, -1), tracing: false };
}

/** The points as they look now: those that are placed, and the one that follows the pointer. */
export function pointsNow({ placed, free, tracing }: Placing): readonly Point[] {
  const last = placed.at(-1);
  const apart = last === undefined || last.x !== free.x || last.y !== free.y;
  return tracing || !apart || placed.length >= mostPoints ? placed : [...placed, free];
}
