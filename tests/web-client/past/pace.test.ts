import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameList } from '../../../web-client/past/frame-list.ts';
import { due, type Loop, type Pace, rates } from '../../../web-client/past/pace.ts';

function listAt(...timesMs: number[]): FrameList {
  const list = new FrameList();
  list.add(timesMs.map((ms, sequence) => ({ capturedUs: ms * 1000, sequence, epoch: 0, bytes: 1, flags: 0 })));
  return list;
}
const from = (anchorMs: number, rate = 1, loop?: Loop): Pace => ({ anchorUs: anchorMs * 1000, anchorMs: 0, rate, loop });

/** The positions shown and when, as a player that wakes up when the next one is due sees them. */
function played(list: FrameList, begin: Pace, untilMs: number): [number, number][] {
  const shown: [number, number][] = [];
  let pace = begin;
  let nowMs = begin.anchorMs;
  while (nowMs <= untilMs) {
    const next = due(list, pace, nowMs);
    pace = next.pace;
    if (shown.at(-1)?.[1] !== next.position) shown.push([Math.round(nowMs), next.position]);
    if (next.waitMs === undefined) break;
    nowMs += Math.max(next.waitMs, 0.01);
  }
  return shown;
}

describe('the pace of the past', () => {
  const uneven = listAt(1000, 1033, 1100, 1110, 1200);

  it('shows every frame at the distance at which it was captured', () => {
    expect(played(uneven, from(1000), 1000)).toEqual([
      [0, 0],
      [33, 1],
      [100, 2],
      [110, 3],
      [200, 4],
    ]);
  });

  it('runs slower without leaving anything out', () => {
    expect(played(uneven, from(1000, 0.25), 5000)).toEqual([
      [0, 0],
      [132, 1],
      [400, 2],
      [440, 3],
      [800, 4],
    ]);
  });

  it('goes round, the last frame of a loop standing as long as the one before it did', () => {
    const loop = { fromUs: 1033_000, toUs: 1110_000 };
    expect(played(uneven, from(1033, 1, loop), 180)).toEqual([
      [0, 1],
      [67, 2],
      [77, 3],
      [87, 1],
      [154, 2],
      [164, 3],
      [174, 1],
    ]);
  });

  it('comes to the start of a loop from before it, and from behind it', () => {
    const loop = { fromUs: 1033_000, toUs: 1110_000 };
    expect(due(uneven, from(1000, 1, loop), 0).position).toBe(1);
    expect(due(uneven, from(1200, 1, loop), 0).position).toBe(1);
  });

  it('cuts an interruption short and goes on behind it', () => {
    expect(played(listAt(0, 40, 60_000, 60_040), from(0), 10_000)).toEqual([
      [0, 0],
      [40, 1],
      [1040, 2],
      [1080, 3],
    ]);
  });

  it('catches up with the time where it was woken late, and stays at the end', () => {
    expect(due(uneven, from(1000), 105).position).toBe(2);
    expect(due(uneven, from(1000), 9000)).toMatchObject({ position: 4, waitMs: undefined });
    expect(due(listAt(), from(0), 5)).toMatchObject({ position: -1, waitMs: undefined });
  });

  it('plays any frames in order, whole, and never waits longer than a second', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(gaps, fc.constantFrom(...rates), (distances, rate) => {
        let at = 0;
        const list = listAt(0, ...distances.map((distance) => (at += distance)));
        const shown = played(list, from(0, rate), 1e9);
        expect(shown.map(([, position]) => position)).toEqual(list.frames.map((_, position) => position));
        for (const [step, [ms]] of shown.entries()) expect(ms - (shown[step - 1]?.[0] ?? ms)).toBeLessThanOrEqual(1001 / rate);
      }),
    );
  });
});
