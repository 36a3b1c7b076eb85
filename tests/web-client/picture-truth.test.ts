import { describe, expect, it } from 'vitest';
import { pictureTruth, staleMs } from '../../web-client/picture-truth.ts';
import type { StreamTruth } from '../../web-client/worker-messages.ts';

const live: StreamTruth = {
  stream: 3,
  state: 'live',
  ageMs: 40,
  meanAgeMs: 38,
  worstAgeMs: 60,
  fps: 30,
  shown: 'processed',
  paired: false,
  frozen: false,
  reprocessable: false,
  reprocessed: false,
  picture: undefined,
  refused: 0,
  overtaken: 0,
  skew: undefined,
};
const heard = (silentMs: number) => ({ byStream: new Map([[3, live]]), silentMs });

describe('pictureTruth', () => {
  it('passes on what the worker says while it is heard', () => {
    expect(pictureTruth(heard(staleMs - 1), 3)).toMatchObject({ state: 'live', meanAgeMs: 38, unanswered: false });
  });

  it('overrules a worker that has fallen silent, and lets the age grow by the silence', () => {
    expect(pictureTruth(heard(staleMs), 3)).toMatchObject({
      state: 'not-live',
      unanswered: true,
      ageMs: 40 + staleMs,
      meanAgeMs: undefined,
      fps: undefined,
    });
  });

  it('knows no picture of a stream that the worker has not mentioned', () => {
    expect(pictureTruth(heard(0), 4)).toMatchObject({ state: 'waiting', picture: undefined });
    expect(pictureTruth(heard(staleMs), 4).state).toBe('not-live');
  });
});
