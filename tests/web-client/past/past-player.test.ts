import { afterEach, describe, expect, it } from 'vitest';
import { raw } from '../../../src/codec/raw.ts';
import type { Kept } from '../../../src/protocol/examination-messages.ts';
import { frameFlags } from '../../../src/protocol/frame-header.ts';
import type { PastAct, PastTruth } from '../../../web-client/past/past-messages.ts';
import { PastPlayer } from '../../../web-client/past/past-player.ts';
import { keptPast, type PastSource, streamPast } from '../../../web-client/past/past-source.ts';
import { type HeldFrame, openPastServer } from './past-server.ts';

const startUs = 1_700_000_000_000_000;
/** At uneven distances, with an R peak on every tenth. */
const held = (count: number, first = 0): HeldFrame[] =>
  Array.from({ length: count }, (_, at) => ({
    capturedUs: startUs + (first + at) * 20_000 + ((first + at) % 3) * 2000,
    sequence: first + at,
    flags: (first + at) % 10 === 0 ? frameFlags.rPeak : 0,
  }));
const usOf = (sequence: number): number => held(1, sequence)[0]?.capturedUs ?? 0;
const kept: Kept = {
  kept: '0123456789abcdef',
  kind: 'clip',
  source: 'Echo',
  modality: 'ultrasound',
  state: 'kept',
  fromUs: startUs,
  toUs: startUs,
  frames: 0,
  lost: 0,
  bytes: 0,
  author: { name: 'Ada', key: '0' },
  madeUs: startUs,
};

/** A player whose canvas writes down the value of the pixels that it was given, and when. */
function watched(source: PastSource, atUs: number | undefined, play = false) {
  const drawn: { value: number; ms: number }[] = [];
  const checks = new Set<() => void>();
  // On a busy machine time would pass frames by: here it goes no further than to the next one.
  let [readMs, clockMs, lateMs] = [performance.now(), 0, 0];
  const nowMs = (): number => {
    const realMs = performance.now();
    clockMs += Math.min(12, realMs - readMs) + lateMs;
    readMs = realMs;
    return clockMs;
  };
  const player = new PastPlayer(
    {
      codecs: () => ({ raw }),
      paint: (_canvas, _format, _codec, payload) => drawn.push({ value: payload[0] ?? -1, ms: performance.now() }),
      nowMs,
      changed: () => {
        for (const check of checks) check();
      },
      othersHave: () => true,
      apartMs: () => undefined,
    },
    source.rolling ? { of: 'stream' } : { of: 'kept', kept },
    source,
    atUs,
    play,
  );
  player.setCanvas({} as OffscreenCanvas);
  const until = (what: string, condition: (truth: PastTruth) => boolean): Promise<PastTruth> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not ${what}: ${JSON.stringify({ ...player.truth(), timeline: 0 })}`)), 30_000);
      const check = (): void => {
        if (!condition(player.truth())) return;
        clearTimeout(timer);
        checks.delete(check);
        resolve(player.truth());
      };
      checks.add(check);
      check();
    });
  const shows = (sequence: number): Promise<PastTruth> =>
    until(`showing ${sequence}`, ({ picture, waiting }) => picture?.sequence === sequence && !waiting);
  /** Every answer takes a minute. */
  const thin = (isThin: boolean): void => {
    lateMs = isThin ? 60_000 : 0;
  };
  return { player, drawn, until, shows, thin, act: (act: PastAct) => player.obey(act) };
}

describe('a player of the past', () => {
  const players: PastPlayer[] = [];
  const watch = (...order: Parameters<typeof watched>): ReturnType<typeof watched> => {
    const one = watched(...order);
    players.push(one.player);
    return one;
  };
  afterEach(() => {
    for (const player of players.splice(0)) player.close();
  });

  it('shows the very frame of a moment, steps by one, and goes from R peak to R peak', async () => {
    await using server = await openPastServer(held(200), 30);
    const { act, shows, drawn } = watch(streamPast(server.base, 0), usOf(57) + 5000);
    await shows(57);
    expect(drawn.at(-1)?.value).toBe(57);
    for (const [frames, sequence] of [
      [1, 58],
      [1, 59],
      [-1, 58],
      [-10, 48],
    ] as const) {
      act({ act: 'step', frames });
      await shows(sequence);
      expect(drawn.at(-1)?.value).toBe(sequence);
    }
    act({ act: 'peak', direction: 1 });
    expect((await shows(50)).rPeak).toBe(true);
    act({ act: 'peak', direction: -1 });
    await shows(40);
    act({ act: 'seek', atUs: usOf(0) });
    await shows(0);
    act({ act: 'step', frames: -1 });
    expect((await shows(0)).picture?.capturedUs).toBe(startUs);
  });

  it('plays every frame once, at the distances at which they were captured', async () => {
    await using server = await openPastServer(held(60));
    const { drawn, until } = watch(keptPast(server.base, kept.kept), undefined, true);
    const end = await until('at the end', ({ picture, playing }) => picture?.sequence === 59 && !playing);
    expect(drawn.map(({ value }) => value)).toEqual(held(60).map(({ sequence }) => sequence));
    expect(end.frame).toEqual({ number: 60, of: 60 });
    const tookMs = (drawn.at(-1)?.ms ?? 0) - (drawn[0]?.ms ?? 0);
    expect(tookMs).toBeGreaterThan((usOf(59) - startUs) / 1000 - 5);
  });

  it('goes round between two marks', async () => {
    await using server = await openPastServer(held(100));
    const { act, drawn, until, shows } = watch(streamPast(server.base, 0), usOf(20));
    await shows(20);
    act({ act: 'loop', loop: { fromUs: usOf(20), toUs: usOf(25) } });
    act({ act: 'rate', rate: 2 });
    act({ act: 'play', playing: true });
    await until('round twice', () => drawn.length > 13);
    // The machine may be busy: frames may be passed over to hold the time, the order never changes.
    for (const { value } of drawn) expect(value >= 20 && value <= 25).toBe(true);
    expect(drawn.filter(({ value }, at) => value < (drawn[at - 1]?.value ?? 0)).length).toBeGreaterThanOrEqual(2);
  });

  it('waits for a frame that is on its way instead of passing it over, and says that it waits', async () => {
    await using server = await openPastServer(held(80));
    const { act, drawn, shows, until } = watch(streamPast(server.base, 0), usOf(10));
    await shows(10);
    const go = server.stall();
    act({ act: 'seek', atUs: usOf(70) });
    act({ act: 'play', playing: true });
    expect((await until('waiting', ({ waiting }) => waiting)).picture?.sequence).toBe(10);
    go();
    await until('at the end', ({ picture }) => picture?.sequence === 79);
    expect(drawn.slice(1).map(({ value }) => value)).toEqual([70, 71, 72, 73, 74, 75, 76, 77, 78, 79]);
  });

  it('goes on with what has been captured meanwhile, and forgets what the store has given up', async () => {
    await using server = await openPastServer(held(50));
    const { act, shows, until } = watch(streamPast(server.base, 0), usOf(49));
    await shows(49);
    server.setFrames(held(70, 20));
    await until('longer', ({ timeline }) => timeline?.toUs === usOf(89) && timeline.fromUs === usOf(20));
    act({ act: 'step', frames: 1 });
    await shows(50);
    act({ act: 'seek', atUs: usOf(3) });
    await shows(20);
  });

  it('stands still while the line is down, says so, and goes on', async () => {
    await using server = await openPastServer(held(120));
    const { act, shows, until } = watch(streamPast(server.base, 0), usOf(5));
    await shows(5);
    await server.cut();
    act({ act: 'seek', atUs: usOf(100) });
    const down = await until('told', ({ error }) => error !== undefined);
    expect(down).toMatchObject({ waiting: true, error: { message: 'the server does not answer' } });
    await server.mend();
    expect((await shows(100)).error).toBeUndefined();
  });

  it('tells what is missing before the frame that it shows', async () => {
    await using server = await openPastServer([...held(10), ...held(10, 14)]);
    const { act, shows } = watch(streamPast(server.base, 0), usOf(9));
    expect((await shows(9)).gap).toBeUndefined();
    act({ act: 'step', frames: 1 });
    const { gap, timeline } = await shows(14);
    expect(gap?.lost).toBe(4);
    expect(timeline).toMatchObject({ lost: 4, gaps: [{ fromUs: usOf(9), toUs: usOf(14), lost: 4 }] });
  });

  it('shows a held picture as it was processed last, and every one behind it', async () => {
    const twice = held(12).flatMap((frame) => (frame.sequence % 3 === 0 ? [frame, { ...frame, sequence: frame.sequence + 100 }] : [frame]));
    await using server = await openPastServer(twice);
    const { act, drawn, shows } = watch(keptPast(server.base, kept.kept), undefined);
    act({ act: 'seek', atUs: usOf(0) });
    for (const sequence of [100, 1, 2, 103, 4, 5, 106, 7, 8, 109, 10, 11]) {
      await shows(sequence);
      expect(drawn.at(-1)?.value).toBe(sequence);
      act({ act: 'step', frames: 1 });
    }
  });

  it('looks at lighter pictures while a hand moves on a thin line, and at the exact one when it rests', async () => {
    await using server = await openPastServer(held(400));
    const { act, drawn, shows, until, thin } = watch(streamPast(server.base, 0), usOf(5));
    expect((await shows(5)).exactness).toBe('exact');
    // A line that is not known to be thin gives what was captured.
    act({ act: 'seek', atUs: usOf(30) });
    expect((await shows(30)).exactness).toBe('exact');
    thin(true);
    act({ act: 'step', frames: 40 });
    await shows(70);
    const before = server.asked.length;
    for (const sequence of [120, 100]) {
      drawn.splice(0);
      act({ act: 'seek', atUs: usOf(sequence) });
      const light = await shows(sequence);
      expect([light.exactness, light.picture?.capturedUs]).toEqual(['light', usOf(sequence)]);
      await until('exact', ({ exactness, picture }) => exactness === 'exact' && picture?.sequence === sequence);
      expect(drawn.map(({ value }) => value)).toEqual([sequence + 100, sequence]);
    }
    expect(server.asked.slice(before).filter((url) => url.includes('quality=still')).length).toBeGreaterThan(1);
    // Whoever steps has no hand on the time, and wants what was captured.
    act({ act: 'step', frames: 60 });
    expect((await shows(160)).exactness).toBe('exact');
    // The line has become a good one: what comes next says so.
    thin(false);
    act({ act: 'step', frames: 140 });
    await shows(300);
    act({ act: 'seek', atUs: usOf(350) });
    expect((await shows(350)).exactness).toBe('exact');
  });

  it('asks for what it needs and no more while a frame is looked at', async () => {
    await using server = await openPastServer(held(5000));
    const { shows, until } = watch(streamPast(server.base, 0), usOf(2500));
    await shows(2500);
    await until('indexed', ({ timeline }) => timeline?.frames === 5000);
    const frames = server.asked.filter((url) => url.includes('/frames'));
    const limits = frames.map((url) => Number(new URL(url, server.base).searchParams.get('limit')));
    expect(limits.reduce((sum, limit) => sum + limit, 0)).toBeLessThanOrEqual(40);
    expect(new Set(frames).size).toBe(frames.length);
  });
});
