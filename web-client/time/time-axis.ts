import type { PastTruth, Timeline } from '../past/past-messages.ts';

/** What the strip shows from its left end to its right end. */
export interface TimeAxis {
  readonly fromUs: number;
  readonly toUs: number;
}

const shortestUs = 10_000_000;

/** From the oldest frame to now; of what was kept: from its first frame to its last. Undefined: there is nothing to go back to. */
export function axisOf(past: PastTruth | undefined, timeline: Timeline | undefined, nowUs: number | undefined): TimeAxis | undefined {
  if (past?.past.of === 'kept') {
    const { fromUs, toUs } = past.timeline ?? past.past.kept;
    return { fromUs, toUs: Math.max(toUs, fromUs + 1) };
  }
  const known = past?.timeline ?? timeline;
  if (known === undefined) return undefined;
  const toUs = Math.max(known.toUs, nowUs ?? known.toUs);
  return { fromUs: Math.min(known.fromUs, timeline?.fromUs ?? known.fromUs, toUs - shortestUs), toUs };
}

/** 0 at the left end, 1 at the right end. */
export function placeOf({ fromUs, toUs }: TimeAxis, us: number): number {
  return Math.min(1, Math.max(0, (us - fromUs) / (toUs - fromUs)));
}

export function timeAt({ fromUs, toUs }: TimeAxis, place: number): number {
  return Math.round(fromUs + Math.min(1, Math.max(0, place)) * (toUs - fromUs));
}

/** Ticks that fall on round times: at most so many. */
export function ticksOf({ fromUs, toUs }: TimeAxis, most: number): readonly number[] {
  const steps = [1, 5, 10, 30, 60, 300, 600, 1800].map((s) => s * 1_000_000);
  const step = steps.find((us) => (toUs - fromUs) / us <= most) ?? 3_600_000_000;
  const ticks: number[] = [];
  for (let back = step; toUs - back > fromUs; back += step) ticks.push(back);
  return ticks;
}
