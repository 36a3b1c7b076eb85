import type { FrameList } from './frame-list.ts';

/** From the first frame of the loop to its last, by capture time. */
export interface Loop {
  readonly fromUs: number;
  readonly toUs: number;
}

/** At `anchorMs` of this page's clock the moment `anchorUs` of the past is due; from then on time runs at `rate`. */
export interface Pace {
  readonly anchorUs: number;
  readonly anchorMs: number;
  readonly rate: number;
  readonly loop: Loop | undefined;
}

export interface Due {
  /** In the list; -1 where it is empty. */
  readonly position: number;
  /** To go on with: anchored anew where a loop began again or an interruption was cut short. */
  readonly pace: Pace;
  /** Until the next frame is due; undefined: none follows. */
  readonly waitMs: number | undefined;
}

/** The speeds to choose from. */
export const rates = [0.25, 0.5, 1, 2] as const;
export type Rate = (typeof rates)[number];

/** Nobody waits longer for the far side of an interruption; how long it was is told. */
const longestStillUs = 1_000_000;
/** How long the last frame of a loop stands where no other tells. */
const usualUs = 33_333;

/** The frame that is due: at the distances at which the frames were captured, and not at a rate of so many a second. */
export function due(list: FrameList, pace: Pace, nowMs: number): Due {
  if (list.length === 0) return { position: -1, pace, waitMs: undefined };
  const { anchorUs, anchorMs, rate, loop } = pace;
  const last = loop === undefined ? list.length - 1 : list.shownAt(loop.toUs);
  const first = loop === undefined ? 0 : Math.min(list.from(loop.fromUs), last);
  const [firstUs, lastUs] = [timeOf(list, first), timeOf(list, last)];
  const wantedUs = anchorUs + Math.max(0, nowMs - anchorMs) * 1000 * rate;
  const endUs = lastUs + standsUs(list, last);
  if (loop !== undefined && (wantedUs >= endUs || wantedUs < firstUs)) {
    const roundUs = endUs - firstUs;
    const outside = wantedUs < firstUs || anchorUs >= endUs;
    const intoUs = outside ? 0 : (wantedUs - endUs) % roundUs;
    return dueFrom(list, { ...pace, anchorUs: firstUs + intoUs, anchorMs: nowMs }, firstUs + intoUs, last, nowMs);
  }
  return dueFrom(list, pace, Math.max(wantedUs, firstUs), last, nowMs);
}

function dueFrom(list: FrameList, pace: Pace, wantedUs: number, last: number, nowMs: number): Due {
  const position = Math.min(list.shownAt(wantedUs), last);
  const stoodUs = wantedUs - timeOf(list, position);
  if (position >= last) {
    const endsInUs = standsUs(list, last) - stoodUs;
    return { position, pace, waitMs: pace.loop === undefined ? undefined : Math.max(0, endsInUs / 1000 / pace.rate) };
  }
  const nextUs = timeOf(list, position + 1);
  const stillUs = Math.min(longestStillUs, nextUs - timeOf(list, position));
  if (stoodUs < stillUs) return { position, pace, waitMs: (stillUs - stoodUs) / 1000 / pace.rate };
  const cut: Pace = { ...pace, anchorUs: nextUs, anchorMs: nowMs };
  return dueFrom(list, cut, nextUs, last, nowMs);
}

const timeOf = (list: FrameList, position: number): number => list.at(position)?.capturedUs ?? 0;

/** How long the last frame stands before the loop begins again: as long as the one before it. */
function standsUs(list: FrameList, position: number): number {
  const us = timeOf(list, position) - (list.at(position - 1)?.capturedUs ?? timeOf(list, position) - usualUs);
  return Math.min(longestStillUs, Math.max(1000, us));
}
