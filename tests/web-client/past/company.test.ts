import { afterEach, describe, expect, it } from 'vitest';
import { raw } from '../../../src/codec/raw.ts';
import type { PastAct, PastTruth } from '../../../web-client/past/past-messages.ts';
import { Pasts } from '../../../web-client/past/pasts.ts';
import { type HeldFrame, openPastServer } from './past-server.ts';

const startUs = 1_700_000_000_000_000;
/** Two planes that are exposed in turns, the second one half as often. */
const frontal: readonly HeldFrame[] = Array.from({ length: 100 }, (_, at) => ({
  capturedUs: startUs + at * 40_000,
  sequence: at,
  flags: 0,
}));
const lateral: readonly HeldFrame[] = Array.from({ length: 50 }, (_, at) => ({
  capturedUs: startUs + 15_000 + at * 80_000,
  sequence: at,
  flags: 0,
}));

const usOf = (frames: readonly HeldFrame[], sequence: number): number => frames[sequence]?.capturedUs ?? -1;
/** The newest of the second plane that was captured by then. */
const partnerOf = (us: number): number => lateral.findLast(({ capturedUs }) => capturedUs <= us)?.sequence ?? 0;

interface Drawn {
  readonly stream: number;
  readonly value: number;
}

/** Both planes on a screen; canvases write down what is put on them. */
async function biplane(atUs: number) {
  const server = await openPastServer(frontal, 30);
  server.setFrames(lateral, 1);
  const drawn: Drawn[] = [];
  const checks = new Set<() => void>();
  // On a busy machine time would pass frames by: here it goes no further than to the next one.
  let [readMs, clockMs] = [performance.now(), 0];
  const host = {
    codecs: () => ({ raw }),
    paint: (canvas: OffscreenCanvas, _format: unknown, _codec: unknown, payload: Uint8Array) =>
      drawn.push({ stream: (canvas as unknown as { stream: number }).stream, value: payload[0] ?? -1 }),
    nowMs: () => {
      const realMs = performance.now();
      clockMs += Math.min(12, realMs - readMs);
      readMs = realMs;
      return clockMs;
    },
    changed: () => {
      for (const check of checks) check();
    },
  };
  const pasts = new Pasts(host as never, `${server.base.replace('http', 'ws')}ws`, () => undefined);
  for (const stream of [0, 1]) pasts.setCanvas(stream, { stream } as unknown as OffscreenCanvas);
  const truth = (stream: number): PastTruth => pasts.truth(stream) as PastTruth;
  const until = (what: string, condition: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const shown = (): string => JSON.stringify([0, 1].map((stream) => ({ ...pasts.truth(stream), timeline: 0 })));
      const timer = setTimeout(() => reject(new Error(`not ${what}: ${shown()}`)), 20_000);
      const check = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        checks.delete(check);
        resolve();
      };
      checks.add(check);
      check();
    });
  const shows = (stream: number, sequence: number): Promise<void> =>
    until(`${sequence} of ${stream}`, () => truth(stream)?.picture?.sequence === sequence && !truth(stream).waiting);
  const act = (stream: number, what: PastAct): void => pasts.obey(stream, what);
  act(0, { act: 'open', past: { of: 'stream' }, atUs, playing: false });
  act(1, { act: 'open-in-step' });
  return {
    server,
    drawn,
    truth,
    until,
    shows,
    act,
    pasts,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const stream of [0, 1]) act(stream, { act: 'close' });
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('the past of two planes in step', () => {
  let open: Awaited<ReturnType<typeof biplane>> | undefined;
  const enter = async (sequence: number): Promise<Awaited<ReturnType<typeof biplane>>> => {
    open = await biplane(usOf(frontal, sequence));
    return open;
  };
  afterEach(async () => {
    await open?.[Symbol.asyncDispose]();
    open = undefined;
  });

  it('shows of the other plane the newest frame captured by then, wherever one goes, and says how far they are apart', async () => {
    const { act, shows, truth } = await enter(40);
    await shows(0, 40);
    await shows(1, partnerOf(usOf(frontal, 40)));
    expect([truth(0).apartMs, truth(1).apartMs]).toEqual([0, (usOf(lateral, 19) - usOf(frontal, 40)) / 1000]);
    for (const what of [
      { act: 'step', frames: 1 },
      { act: 'step', frames: -3 },
      { act: 'seek', atUs: usOf(frontal, 71) + 9000 },
      { act: 'seek', atUs: usOf(frontal, 5) },
    ] as const) {
      act(0, what);
      const us = truth(0).atUs ?? 0;
      await shows(
        0,
        frontal.findIndex(({ capturedUs }) => capturedUs === us),
      );
      await shows(1, partnerOf(us));
      expect(truth(1).apartMs).toBeLessThanOrEqual(0);
      expect(truth(1).apartMs).toBeGreaterThan(-80);
    }
  });

  it('is led by whoever was touched last', async () => {
    const { act, shows, truth } = await enter(40);
    await shows(1, 19);
    act(1, { act: 'step', frames: 1 });
    await shows(1, 20);
    // 15 + 20 * 80 = 1615 ms: the frame of the first plane at 1600 ms.
    await shows(0, 40);
    act(1, { act: 'step', frames: -5 });
    await shows(1, 15);
    await shows(0, 30);
    expect([truth(0).apartMs, truth(1).apartMs]).toEqual([-15, 0]);
  });

  it('plays a loop of one as a loop of both, and no frame of another time', async () => {
    const { act, shows, truth, until, drawn } = await enter(40);
    await shows(0, 40);
    await shows(1, 19);
    act(0, { act: 'loop', loop: { fromUs: usOf(frontal, 40), toUs: usOf(frontal, 50) } });
    act(0, { act: 'rate', rate: 2 });
    act(0, { act: 'play', playing: true });
    const rounds = (stream: number): number => {
      const values = drawn.filter((one) => one.stream === stream).map(({ value }) => value);
      return values.filter((value, at) => value < (values[at - 1] ?? 0)).length;
    };
    await until('round twice, both', () => rounds(0) >= 2 && rounds(1) >= 2);
    expect([truth(1).playing, truth(1).rate, truth(1).loop]).toEqual([true, 2, truth(0).loop]);
    for (const { stream, value } of drawn) {
      const [least, most] = stream === 0 ? [40, 50] : [19, partnerOf(usOf(frontal, 50))];
      expect(value >= least && value <= most, `${value} of ${stream}`).toBe(true);
    }
    // A hand on the other one stops both.
    act(1, { act: 'play', playing: false });
    await until('standing, both', () => !truth(0).playing && !truth(1).playing);
  });

  it('waits for the other plane while its frames are on their way', async () => {
    const { server, act, shows, until, truth, drawn } = await enter(10);
    await shows(0, 10);
    await shows(1, 4);
    const go = server.stall(1);
    act(0, { act: 'seek', atUs: usOf(frontal, 80) });
    act(0, { act: 'play', playing: true });
    await until('held', () => truth(0).picture?.sequence === 80 && truth(1).waiting);
    const before = drawn.length;
    expect(truth(1).picture?.sequence).toBe(4);
    go();
    await until('going on', () => (truth(0).picture?.sequence ?? 0) > 82);
    // Nothing was drawn of either before the other one had come.
    expect(drawn[before]).toEqual({ stream: 1, value: partnerOf(usOf(frontal, 80)) });
  });

  it('lets each go its own way where that is wanted, and brings them together again', async () => {
    const { pasts, act, shows, truth } = await enter(40);
    await shows(1, 19);
    pasts.inStep = false;
    expect(truth(1).apartMs).toBeUndefined();
    act(0, { act: 'seek', atUs: usOf(frontal, 90) });
    await shows(0, 90);
    expect(truth(1).picture?.sequence).toBe(19);
    act(1, { act: 'step', frames: 1 });
    await shows(1, 20);
    expect(truth(0).picture?.sequence).toBe(90);
    pasts.inStep = true;
    await shows(0, 40);
    expect(truth(1).picture?.sequence).toBe(20);
  });

  it('stays where it is when the one that leads goes back to the live picture', async () => {
    const { act, shows, truth } = await enter(40);
    await shows(1, 19);
    act(0, { act: 'close' });
    expect(truth(1).apartMs).toBeUndefined();
    act(1, { act: 'step', frames: 1 });
    await shows(1, 20);
  });

  it('says that there is nothing where nothing was recorded, and holds nobody up', async () => {
    const { server, act, shows, until, truth } = await enter(40);
    await shows(1, 19);
    act(1, { act: 'close' });
    server.setFrames([], 1);
    act(1, { act: 'open-in-step' });
    await until('known', () => truth(1).nothing);
    act(0, { act: 'play', playing: true });
    await until('going on', () => (truth(0).picture?.sequence ?? 0) > 43);
  });
});
