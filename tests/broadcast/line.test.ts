import { describe, expect, it } from 'vitest';
import { Line, TierChoice } from '../../src/broadcast/line.ts';
import { isVideoTier, type TierName, tierNames } from '../../src/protocol/tiers.ts';

/** Sends frames of `bytes` every 33 ms over a line of `bytesPerMs` whose way takes `wayMs`. */
function carry(line: Line, bytes: number, bytesPerMs: number, wayMs: number, fromMs = 0): number {
  let freeMs = fromMs;
  let sentMs = fromMs;
  for (let frame = 0; frame < 60; frame++, sentMs += 33) {
    freeMs = Math.max(freeMs, sentMs) + bytes / bytesPerMs;
    line.carried(bytes, sentMs, freeMs + wayMs);
  }
  return sentMs;
}

describe('Line', () => {
  it.each([
    ['a thin one that is full', 20_000, 250],
    ['a thin one with room', 2000, 250],
    ['a thick one', 700_000, 100_000],
  ])('measures what it bears: %s', (_, bytes, bytesPerMs) => {
    const line = new Line();
    line.roundTrip(80, 0);
    line.roundTrip(400, 0);
    carry(line, bytes, bytesPerMs, 40);
    expect((line.bytesPerSecond ?? 0) / (bytesPerMs * 1000)).toBeCloseTo(1, 1);
  });

  it('forgets what it bore before', () => {
    const line = new Line();
    line.roundTrip(2, 0);
    const nowMs = carry(line, 20_000, 250, 1);
    carry(line, 20_000, 20_000, 1, nowMs + 3000);
    expect(line.bytesPerSecond).toBeGreaterThan(5e6);
  });

  it('tells what it bears undisturbed from frames of which some are held up by something else', () => {
    const line = new Line();
    line.roundTrip(2, 0);
    for (let frame = 0; frame < 40; frame++) {
      const heldUpMs = frame % 2 === 0 ? 6 : 0;
      line.carried(30_000, frame * 33, frame * 33 + 1 + 1 + heldUpMs);
    }
    expect((line.burst?.bytesPerSecond ?? 0) / 30e6).toBeCloseTo(1, 1);
    expect(line.bytesPerSecond).toBeLessThan(10e6);
  });

  it('does not take what a stall held up for a quick line', () => {
    const line = new Line();
    line.roundTrip(80, 0);
    // 6 kB at 250 kB/s take 24 ms; every second of frames is held up for 200 ms and comes in one piece.
    for (let frame = 0; frame < 90; frame++) {
      const arrivedMs = frame * 33 + 40 + 24;
      const endOfStallMs = Math.ceil(arrivedMs / 1000) * 1000;
      line.carried(6000, frame * 33, endOfStallMs - arrivedMs < 200 ? endOfStallMs : arrivedMs);
    }
    expect(line.burst?.bytesPerSecond).toBeLessThan(1e6);
  });

  it('says that it may bear more where frames are too light to tell, and believes what heavier ones showed for a while', () => {
    const line = new Line();
    line.roundTrip(2, 0);
    let nowMs = carry(line, 6000, 37_500, 1);
    expect(line.burst).toEqual({ bytesPerSecond: 6e6, orMore: true });
    nowMs = carry(line, 300_000, 37_500, 1, nowMs + 3000);
    expect(line.burst?.orMore).toBe(false);
    nowMs = carry(line, 6000, 37_500, 1, nowMs + 3000);
    expect(line.burst?.orMore).toBe(false);
    expect((line.burst?.bytesPerSecond ?? 0) / 37.5e6).toBeCloseTo(1, 1);
    carry(line, 6000, 37_500, 1, nowMs + 121_000);
    expect(line.burst?.orMore).toBe(true);
  });

  it('lets more frames be under way where the way is long', () => {
    const line = new Line();
    expect(line.window(33)).toBe(2);
    line.roundTrip(100, 0);
    expect(line.window(33)).toBe(5);
    line.roundTrip(2, 0);
    expect(line.window(33)).toBe(2);
  });
});

describe('TierChoice', () => {
  const measured = (bytesPerSecond: number) => ({ bytesPerSecond, orMore: false });
  const needs: Record<TierName, number> = { raw: 24e6, exact: 8e6, video: 1e6, 'video-thin': 2e5, still: 3e6, thin: 1e6 };
  const needOf = (tier: TierName): number => needs[tier];
  const steady = (bytesPerSecond: number) => ({ now: bytesPerSecond, burst: measured(bytesPerSecond), stuck: false });
  const stills: readonly TierName[] = ['raw', 'exact', 'still', 'thin'];
  /** The tiers that are chosen while the line bears so much for so long. */
  function run(choice: TierChoice, bytesPerSecond: number, fromMs: number, forMs: number): TierName[] {
    const chosen: TierName[] = [];
    for (let nowMs = fromMs; nowMs <= fromMs + forMs; nowMs += 200) {
      const tier = choice.review(steady(bytesPerSecond), needOf, () => false, nowMs);
      if (chosen.at(-1) !== tier) chosen.push(tier);
    }
    return chosen;
  }

  it('gives way at once to what fits, and comes back within five seconds when the line recovers', () => {
    const choice = new TierChoice(stills, 'raw');
    expect(run(choice, 4e6, 0, 1000)).toEqual(['raw', 'still']);
    expect(run(choice, 100e6, 1200, 4400)).toEqual(['still', 'raw']);
  });

  it('falls at once where something hangs on the line', () => {
    const choice = new TierChoice(tierNames, 'raw');
    expect(choice.review({ now: 6e5, burst: measured(6e5), stuck: true }, needOf, () => false, 0)).toBe('video-thin');
  });

  it('takes stills only where no video can be had, and leaves an encoder that fails', () => {
    expect(run(new TierChoice(tierNames, 'raw'), 4e6, 0, 1000)).toEqual(['raw', 'video']);
    const choice = new TierChoice(tierNames, 'video');
    expect(choice.review(steady(4e6), needOf, isVideoTier, 0)).toBe('still');
    expect(choice.reason).toBe('failing');
    expect(choice.review(steady(4e6), needOf, () => false, 200)).toBe('video');
    expect(choice.reason).toBe('bears');
    expect(new TierChoice(['video'], 'video').review(steady(4e6), needOf, isVideoTier, 0)).toBe('video');
  });

  it('gives as much in the place of an encoder that fails as the line bears', () => {
    const instead = (tier: TierName, bytesPerSecond: number) =>
      new TierChoice(tierNames, tier).review(steady(bytesPerSecond), needOf, isVideoTier, 0);
    expect(instead('video', 2e6)).toBe('thin');
    expect(instead('video-thin', 100e6)).toBe('thin');
    const back = new TierChoice(tierNames, 'thin');
    expect(back.review({ now: undefined, burst: undefined, stuck: false }, needOf, () => false, 0)).toBe('video-thin');
    expect(new TierChoice(tierNames, 'still').review(steady(5e5), needOf, () => false, 0)).toBe('video-thin');
  });

  it('waits longer before it rises again to what did not hold', () => {
    const choice = new TierChoice(['video', 'video-thin'], 'video-thin');
    const patience: number[] = [];
    let nowMs = 0;
    for (let round = 0; round < 3; round++) {
      const fromMs = nowMs;
      while (choice.review(steady(10e6), needOf, () => false, nowMs) === 'video-thin') nowMs += 200;
      patience.push(nowMs - fromMs);
      choice.review({ now: 3e5, burst: measured(3e5), stuck: true }, needOf, () => false, nowMs + 200);
      nowMs += 400;
    }
    expect(patience).toEqual([1600, 3000, 6000]);
  });

  it('forgives: after a while without a fall it rises as soon as before', () => {
    const choice = new TierChoice(['video', 'video-thin'], 'video-thin');
    let nowMs = 0;
    for (let round = 0; round < 5; round++) {
      while (choice.review(steady(10e6), needOf, () => false, nowMs) === 'video-thin') nowMs += 200;
      choice.review({ now: 3e5, burst: measured(3e5), stuck: true }, needOf, () => false, nowMs + 200);
      nowMs += 400;
    }
    const thinUntilMs = nowMs + 60_000;
    for (; nowMs < thinUntilMs; nowMs += 200) choice.review(steady(3e5), needOf, () => false, nowMs);
    const fromMs = nowMs;
    while (choice.review(steady(10e6), needOf, () => false, nowMs) === 'video-thin') nowMs += 200;
    expect(nowMs - fromMs).toBeLessThan(2000);
  });

  it('does not swing on a line that bears a tier just so', () => {
    const choice = new TierChoice(stills, 'still');
    expect(run(choice, 8.5e6, 0, 60_000)).toEqual(['still']);
    expect(run(choice, 3.2e6, 60_200, 60_000)).toEqual(['still']);
  });

  it('takes the least where nothing fits, and stays where only one is offered', () => {
    expect(run(new TierChoice(stills, 'raw'), 1000, 0, 2000).at(-1)).toBe('thin');
    const pinned = new TierChoice(['exact'], 'exact');
    expect(pinned.free).toBe(false);
    expect(run(pinned, 1000, 0, 5000)).toEqual(['exact']);
  });

  it('does not take a busy machine for a thin line', () => {
    const choice = new TierChoice(stills, 'raw', 12.5e6);
    expect(run(choice, 15e6, 0, 5000)).toEqual(['raw']);
    expect(run(choice, 4e6, 5200, 1000).at(-1)).toBe('still');
  });

  it('rises by what the line bears undisturbed, and keeps a tier by what it bears', () => {
    const choice = new TierChoice(stills, 'still');
    expect(choice.review({ now: 4e6, burst: measured(20e6), stuck: false }, needOf, () => false, 0)).toBe('still');
    expect(choice.review({ now: 4e6, burst: measured(20e6), stuck: false }, needOf, () => false, 2000)).toBe('exact');
    expect(choice.review({ now: 4e6, burst: measured(20e6), stuck: false }, needOf, () => false, 2200)).toBe('exact');
    expect(choice.review({ now: 4e6, burst: measured(20e6), stuck: false }, needOf, () => false, 2600)).toBe('still');
  });

  it('tries the next tier after a while where the line seems to bear it only just', () => {
    expect(run(new TierChoice(stills, 'still'), 9.5e6, 0, 1800)).toEqual(['still']);
    expect(run(new TierChoice(stills, 'still'), 9.5e6, 0, 60_000)).toEqual(['still', 'exact']);
  });

  it('leaps where the line may bear more than could be measured, but never to what would be late by pictures', () => {
    const seen = { bytesPerSecond: 6e6, orMore: true };
    const choice = new TierChoice(tierNames, 'video-thin');
    const review = (nowMs: number) => choice.review({ now: 6e6, burst: seen, stuck: false }, needOf, () => false, nowMs);
    expect([0, 1400, 1600].map(review)).toEqual(['video-thin', 'video-thin', 'exact']);
  });

  it('stays where nothing was seen of the line yet', () => {
    expect(
      new TierChoice(stills, 'still').review(
        { now: undefined, burst: undefined, stuck: false },
        () => 1,
        () => false,
        0,
      ),
    ).toBe('still');
  });
});
