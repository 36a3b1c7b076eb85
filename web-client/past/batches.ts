import type { FrameList } from './frame-list.ts';
import type { Loop } from './pace.ts';

/** Where the player stands and what it has. */
export interface Need {
  readonly list: FrameList;
  /** The frame that is shown, or wanted and not here yet. */
  readonly position: number;
  readonly direction: 1 | -1;
  readonly loop: Loop | undefined;
  has(capturedUs: number): boolean;
}

export interface Limits {
  /** Frames in one request. */
  readonly batchFrames: number;
  readonly batchBytes: number;
  /** Fetched ahead of the position at most. */
  readonly aheadBytes: number;
  readonly aheadFrames: number;
}

/** Frames from `first` to `last`, both in it. */
export interface Batch {
  readonly first: number;
  readonly last: number;
}

/** The next frames to fetch: those that will be needed first and are not here; undefined: enough is here. */
export function nextBatch(need: Need, limits: Limits): Batch | undefined {
  const order = upcoming(need, limits);
  const begin = order.findIndex((position) => !need.has(timeOf(need.list, position)));
  const from = order[begin];
  if (from === undefined) return undefined;
  let [to, bytes, frames] = [from, need.list.at(from)?.bytes ?? 0, 1];
  for (const position of order.slice(begin + 1)) {
    bytes += need.list.at(position)?.bytes ?? 0;
    frames++;
    // One request asks for one run of frames: it ends where a loop goes back to its start, and where frames are here already.
    const follows = position === to + need.direction && !need.has(timeOf(need.list, position));
    if (!follows || frames > limits.batchFrames || bytes > limits.batchBytes) break;
    to = position;
  }
  return { first: Math.min(from, to), last: Math.max(from, to) };
}

/** Frames that are kept although memory is short, most needed first: those to come, then those just seen. */
export function worthKeeping(need: Need, limits: Limits): Set<number> {
  const ahead = upcoming(need, limits);
  const back: Need = { ...need, direction: need.direction === 1 ? -1 : 1, loop: undefined };
  const behind = upcoming(back, { ...limits, aheadBytes: limits.aheadBytes / 4, aheadFrames: limits.aheadFrames / 4 });
  return new Set([...ahead, ...behind].map((position) => timeOf(need.list, position)));
}

/** Positions in the order in which they will be shown, the wanted one first, as far as the limits reach. */
function upcoming({ list, position, direction, loop }: Need, { aheadBytes, aheadFrames }: Limits): number[] {
  const lowest = loop === undefined ? 0 : Math.min(list.from(loop.fromUs), list.length - 1);
  const highest = loop === undefined ? list.length - 1 : list.shownAt(loop.toUs);
  const order: number[] = [];
  const seen = new Set<number>();
  let bytes = 0;
  let next = position;
  while (next >= 0 && next < list.length && !seen.has(next) && order.length < aheadFrames && bytes < aheadBytes) {
    seen.add(next);
    order.push(next);
    bytes += list.at(next)?.bytes ?? 0;
    next += direction;
    if (loop !== undefined && direction === 1 && next > highest) next = lowest;
    if (loop !== undefined && direction === -1 && next < lowest) next = highest;
  }
  return order;
}

const timeOf = (list: FrameList, position: number): number => list.at(position)?.capturedUs ?? Number.NaN;
