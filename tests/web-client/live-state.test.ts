import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sourceStates } from '../../src/protocol/messages.ts';
import { judge, type LiveFacts, liveStates } from '../../web-client/live-state.ts';
import { inLanguage } from '../../web-client/words/words.ts';

const live: LiveFacts = {
  connected: true,
  source: 'streaming',
  nowUs: 1_000_000,
  clockErrorUs: 0,
  unsureMs: 0,
  capturedUs: 960_000,
  notLiveMs: 400,
  condemnedUs: undefined,
};

describe('judge', () => {
  it('finds a fresh frame of a streaming source live and tells its age', () => {
    expect(judge(live)).toEqual({ state: 'live', ageMs: 40, condemnedUs: undefined });
  });

  it('finds a picture not live one microsecond past the limit', () => {
    expect(judge({ ...live, nowUs: 1_360_000 }).state).toBe('live');
    expect(judge({ ...live, nowUs: 1_360_001 }).state).toBe('not-live');
  });

  it('keeps a picture condemned until another frame is drawn, also when the clock is corrected', () => {
    const late = judge({ ...live, nowUs: 2_000_000 });
    expect(late).toMatchObject({ state: 'not-live', condemnedUs: 960_000 });
    const corrected = judge({ ...live, condemnedUs: late.condemnedUs });
    expect(corrected.state).toBe('not-live');
    expect(judge({ ...live, capturedUs: 980_000, condemnedUs: corrected.condemnedUs }).state).toBe('live');
  });

  it('says reconnecting without a line, and condemns the picture that was there', () => {
    const lost = judge({ ...live, connected: false });
    expect(lost).toMatchObject({ state: 'reconnecting', ageMs: 40 });
    expect(judge({ ...live, condemnedUs: lost.condemnedUs }).state).toBe('not-live');
  });

  it('is calm while the source holds its picture, and strict when it goes on without a frame', () => {
    const held = judge({ ...live, source: 'held', nowUs: 9_000_000 });
    expect(held).toEqual({ state: 'held', ageMs: 8040, condemnedUs: undefined });
    expect(judge({ ...live, nowUs: 9_100_000, condemnedUs: held.condemnedUs }).state).toBe('not-live');
  });

  it('does not wait for the limit when the source is known to be broken or stopped', () => {
    for (const source of ['faulted', 'lost', 'stopped', 'closed', undefined] as const) {
      expect(judge({ ...live, source }).state).toBe('not-live');
    }
  });

  it('has no picture before the first frame, whatever the source says', () => {
    expect(judge({ ...live, capturedUs: undefined }).state).toBe('waiting');
    expect(judge({ ...live, capturedUs: undefined, source: 'held' }).state).toBe('waiting');
  });

  it('counts what the clock may be off against the picture', () => {
    expect(judge({ ...live, clockErrorUs: 360_000 }).state).toBe('live');
    expect(judge({ ...live, clockErrorUs: 360_001 }).state).toBe('not-live');
  });

  it('does not call a picture live before a ping was answered, and calls it not live where none is', () => {
    const unsure = { ...live, clockErrorUs: undefined };
    expect(judge(unsure)).toEqual({ state: 'waiting', ageMs: 40, condemnedUs: undefined });
    expect(judge({ ...unsure, nowUs: 2_000_000 }).state).toBe('not-live');
    expect(judge({ ...unsure, condemnedUs: 960_000 }).state).toBe('not-live');
    expect(judge({ ...unsure, source: 'lost' }).state).toBe('not-live');
    expect(judge({ ...unsure, unsureMs: 999 }).state).toBe('waiting');
    expect(judge({ ...unsure, unsureMs: 1000 }).state).toBe('not-live');
  });

  it('tells that a frame comes from the future, and believes it no more than one as old', () => {
    expect(judge({ ...live, capturedUs: 1_000_500 })).toMatchObject({ state: 'live', ageMs: -0.5 });
    expect(judge({ ...live, capturedUs: 1_400_001 })).toMatchObject({ state: 'not-live', ageMs: -400.001 });
  });

  it('says live only with a line, a clock, a streaming source and a fresh frame that was not condemned', () => {
    const instant = fc.option(fc.integer({ min: 0, max: 2_000_000 }), { nil: undefined });
    const facts = fc.record({
      connected: fc.boolean(),
      source: fc.option(fc.constantFrom(...sourceStates), { nil: undefined }),
      nowUs: instant,
      clockErrorUs: fc.option(fc.integer({ min: 0, max: 500_000 }), { nil: undefined }),
      unsureMs: fc.integer({ min: 0, max: 2000 }),
      capturedUs: instant,
      notLiveMs: fc.constant(400),
      condemnedUs: instant,
    });
    fc.assert(
      fc.property(facts, (given) => {
        if (judge(given).state !== 'live') return;
        expect(given.connected).toBe(true);
        expect(['streaming', 'opening']).toContain(given.source);
        expect(given.nowUs).toBeDefined();
        const offUs = Math.abs((given.nowUs ?? Number.NaN) - (given.capturedUs ?? Number.NaN));
        expect(offUs + (given.clockErrorUs ?? Number.NaN)).toBeLessThanOrEqual(400_000);
        expect(given.condemnedUs).not.toBe(given.capturedUs);
      }),
    );
  });

  it.each(Object.values(inLanguage))('has a word for every state, and no two alike: $language', ({ say }) => {
    const words = [...liveStates, 'frozen' as const, 'past' as const].map((state) => say(`state.${state}`));
    expect(new Set(words).size).toBe(words.length);
  });
});
