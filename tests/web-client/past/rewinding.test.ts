import { describe, expect, it } from 'vitest';
import type { Kept } from '../../../src/protocol/examination-messages.ts';
import type { PastTruth } from '../../../web-client/past/past-messages.ts';
import { Rewinding } from '../../../web-client/past/rewinding.ts';
import type { ShownPicture, StreamTruth, WorkerOrder } from '../../../web-client/worker-messages.ts';

const picture: ShownPicture = { width: 4, height: 3, epoch: 0, sequence: 7, capturedUs: 700, synthetic: true, regions: [] };
const past: PastTruth = {
  past: { of: 'stream' },
  picture,
  exactness: 'exact',
  atUs: 700,
  waiting: false,
  playing: false,
  rate: 1,
  loop: undefined,
  apartMs: undefined,
  gap: undefined,
  rPeak: false,
  frame: undefined,
  timeline: undefined,
  nothing: false,
  error: undefined,
};

/** A hand on the time of one stream, what it orders, and what is true meanwhile. */
function handOn(truth: Partial<StreamTruth>, others: readonly number[] = []) {
  const orders: WorkerOrder[] = [];
  const thawed: number[] = [];
  let now: Partial<StreamTruth> = truth;
  const rewinding = new Rewinding({
    order: (order) => orders.push(order),
    truthOf: () => now as StreamTruth,
    thaw: (stream) => thawed.push(stream),
    inStepWith: () => others,
  });
  const acts = (): unknown[] => orders.map((order) => (order.order === 'past' ? order.act : order));
  return { rewinding, orders, acts, thawed, becomes: (next: Partial<StreamTruth>) => (now = next) };
}

describe('the hand on the time', () => {
  it('enters the past at the frame that is on the screen, and lets go a frozen one', () => {
    const { rewinding, acts, thawed } = handOn({ picture });
    rewinding.step(0, -1);
    expect(acts()).toEqual([
      { act: 'open', past: { of: 'stream' }, atUs: 700, playing: false },
      { act: 'step', frames: -1 },
    ]);
    expect(thawed).toEqual([0]);
  });

  it('goes to a moment, from the live picture and within the past', () => {
    const { rewinding, acts, becomes } = handOn({ picture });
    rewinding.seek(0, 300);
    becomes({ picture, past });
    rewinding.seek(0, 200);
    expect(acts()).toEqual([
      { act: 'open', past: { of: 'stream' }, atUs: 300, playing: false },
      { act: 'seek', atUs: 200 },
    ]);
  });

  it('marks a loop in either direction, plays it, and takes it away', () => {
    const { rewinding, acts, becomes } = handOn({ picture, past });
    rewinding.markLoop(0);
    expect([acts(), rewinding.state.loopStarts]).toEqual([[], { 0: 700 }]);
    becomes({ picture, past: { ...past, atUs: 400 } });
    rewinding.markLoop(0);
    const loop = { fromUs: 400, toUs: 700 };
    expect(acts()).toEqual([
      { act: 'loop', loop },
      { act: 'play', playing: true },
    ]);
    expect(rewinding.state.loopStarts).toEqual({});
    becomes({ picture, past: { ...past, loop } });
    rewinding.markLoop(0);
    expect(acts().at(-1)).toEqual({ act: 'loop', loop: undefined });
  });

  it('changes the speed by one, and not beyond the slowest and the fastest', () => {
    const { rewinding, acts, becomes } = handOn({ picture, past });
    rewinding.changeRate(0, -1);
    becomes({ picture, past: { ...past, rate: 0.25 } });
    rewinding.changeRate(0, -1);
    becomes({ picture, past: { ...past, rate: 2 } });
    rewinding.changeRate(0, 1);
    expect(acts()).toEqual([{ act: 'rate', rate: 0.5 }]);
  });

  it('has nothing to go back from, nothing to play slower and nothing to loop while the live picture is shown', () => {
    const { rewinding, acts } = handOn({ picture });
    expect(rewinding.live(0)).toBe(false);
    rewinding.changeRate(0, 1);
    rewinding.markLoop(0);
    expect(acts()).toEqual([]);
  });

  it('takes those along that go in step, not those that show what was kept, and brings them back', () => {
    const { rewinding, orders, thawed, becomes } = handOn({ picture }, [1, 2]);
    const asked = (): unknown[] => orders.splice(0).map((order) => (order.order === 'past' ? [order.stream, order.act.act] : order));
    rewinding.step(0, -1);
    expect(asked()).toEqual([
      [0, 'open'],
      [1, 'open-in-step'],
      [2, 'open-in-step'],
      [0, 'step'],
    ]);
    expect(thawed).toEqual([0, 1, 2]);
    becomes({ picture, past });
    rewinding.seek(0, 300);
    rewinding.live(0);
    expect(asked()).toEqual([
      [0, 'seek'],
      [0, 'close'],
      [1, 'close'],
      [2, 'close'],
    ]);
    becomes({ picture, past: { ...past, past: { of: 'kept', kept: {} as Kept } } });
    rewinding.seek(0, 300);
    rewinding.live(0);
    expect(asked()).toEqual([
      [0, 'seek'],
      [0, 'close'],
    ]);
  });

  it('follows one stream at a time, and asks a new worker anew', () => {
    const { rewinding, acts } = handOn({ picture });
    rewinding.follow(0);
    rewinding.follow(0);
    rewinding.follow(1);
    rewinding.forget();
    rewinding.follow(1);
    expect(acts()).toEqual([0, 1, 1].map((stream) => ({ order: 'follow-past', stream })));
  });
});
