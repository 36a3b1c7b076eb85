import { afterEach, describe, expect, it } from 'vitest';
import { hasWebCodecs } from '../../src/codec/webcodecs.ts';
import { codecNames, type TierName } from '../../src/protocol/tiers.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { flow } from '../support/flow.ts';
import { openRoom, TestViewer } from './test-room.ts';

/** 2 Mbit/s, 80 ms there and back, and now and then a lost packet. */
const thin = { bytesPerSecond: 250_000, wayMs: 40, stall: { everyMs: 2000, forMs: 200 } };
const wide = { bytesPerSecond: 37_500_000, wayMs: 1 };

let room: Awaited<ReturnType<typeof openRoom>> | undefined;
let proxy: FaultProxy | undefined;
afterEach(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await room?.close();
  room = undefined;
});

/** A viewer beyond a line whose faults change; its clock is the server's. */
async function viewerBeyond(first?: TierName): Promise<TestViewer> {
  const viewer = new TestViewer(`http://127.0.0.1:${proxy?.port}/`, true);
  await viewer.until(() => viewer.messages.length > 0);
  const beginning = first === undefined ? {} : { first };
  viewer.say({ type: 'watch', stream: 0, views: ['processed'], tier: 'auto', codecs: [...codecNames], ...beginning });
  return viewer;
}

/** What the machine encodes just now, of what it captures: on a busy one less than all. */
async function shareOfNear(): Promise<{ readonly near: TestViewer; readonly share: number }> {
  const near = (await room?.view()) as TestViewer;
  near.say({ type: 'watch', stream: 0, views: ['processed'], tier: 'video-thin', codecs: [...codecNames] });
  await near.until(() => near.frames.length > 60, 60_000);
  return { near, share: flow(near.frames).share };
}

const tierOf = (viewer: TestViewer): TierName | undefined => viewer.last('stats')?.tier;
const ageMs = (viewer: TestViewer): number => Date.now() - (viewer.frames.at(-1)?.header.capturedAtUs ?? 0) / 1000;

describe.skipIf(!hasWebCodecs())('freshness on a line that changes (skipped where H.264 is not installed)', () => {
  const echo = { name: 'Echo', options: { kind: 'ultrasound', width: 640, height: 480, fps: 30 } };

  it('a line that collapses is cut off with what hangs on it; who comes back lightly sees the present', { timeout: 120_000 }, async () => {
    room = await openRoom([echo]);
    proxy = await FaultProxy.open(Number(new URL(room.address).port), wide);
    const viewer = await viewerBeyond();
    await viewer.until(() => tierOf(viewer) === 'raw' && viewer.frames.length > 30);
    // So thin that two pictures as they are would take 5 s.
    proxy.set({ ...thin, bytesPerSecond: 120_000 });
    await viewer.until(() => viewer.closed !== undefined);
    const again = await viewerBeyond('video-thin');
    await again.until(() => again.frames.length > 0 && ageMs(again) < 700);
    expect(again.frames.every(({ header }) => codecNames[header.codec] === 'h264')).toBe(true);

    proxy.set(wide);
    await again.until(() => codecNames[again.frames.at(-1)?.header.codec ?? 0] !== 'h264');
  });

  it('a thin line carries the rate of the source, and its pictures never get older', { timeout: 240_000 }, async () => {
    room = await openRoom([echo]);
    proxy = await FaultProxy.open(Number(new URL(room.address).port), thin);
    const { near, share } = await shareOfNear();
    near.socket.terminate();
    const viewer = await viewerBeyond('video-thin');
    await viewer.until(() => viewer.frames.length > 60, 60_000);
    const ages: number[] = [];
    const from = viewer.frames.length;
    viewer.socket.on('message', (_, isBinary) => isBinary && ages.push(ageMs(viewer)));
    await viewer.until(() => ages.length >= 160, 60_000);
    expect(flow(viewer.frames.slice(from)).share).toBeGreaterThan(0.4 * share);
    const median = (some: readonly number[]): number => some.toSorted((a, b) => a - b)[some.length >> 1] as number;
    expect(median(ages.slice(-40))).toBeLessThan(median(ages.slice(0, 40)) + 500);
  });

  it('two viewers of one tier: the one on the bad line takes nothing from the other', { timeout: 240_000 }, async () => {
    room = await openRoom([echo]);
    proxy = await FaultProxy.open(Number(new URL(room.address).port), { bytesPerSecond: 20_000, wayMs: 40 });
    const { near, share } = await shareOfNear();
    const far = await viewerBeyond('video-thin');
    const from = near.frames.length;
    await near.until(() => near.frames.length > from + 60 && far.frames.length > 0, 60_000);
    const beside = near.frames.slice(from);
    const keys = beside.filter(({ header }) => header.keySequence === header.sequence).length;
    const [first, last] = [beside[0]?.header.capturedAtUs ?? 0, beside.at(-1)?.header.capturedAtUs ?? 0];
    // The far one asks for key frames; at most two a second are made.
    expect(keys).toBeLessThan(2 * ((last - first) / 1e6) + 5);
    expect(flow(beside).share).toBeGreaterThan(0.4 * share);
  });

  it('a held picture stays as light as a thin line bears, and the line stays up', { timeout: 120_000 }, async () => {
    room = await openRoom([{ name: 'Echo', options: { kind: 'ultrasound', width: 1024, height: 768, fps: 30, frames: 5 } }]);
    proxy = await FaultProxy.open(Number(new URL(room.address).port), thin);
    const viewer = await viewerBeyond('video-thin');
    await viewer.until(() => viewer.last('state')?.source.state === 'held' || viewer.last('hello')?.streams[0]?.status.state === 'held');
    const stats = (): number => viewer.messages.filter(({ type }) => type === 'stats').length;
    const from = stats();
    await viewer.until(() => viewer.closed !== undefined || stats() >= from + 8, 60_000);
    expect(viewer.closed).toBeUndefined();
    expect(viewer.frames.some(({ header }) => codecNames[header.codec] === 'raw')).toBe(false);
  });

  it('two pictures that a line bears each alone, and not together, become lighter', { timeout: 120_000 }, async () => {
    room = await openRoom([echo]);
    // A picture as it is takes 9.2 MB/s.
    proxy = await FaultProxy.open(Number(new URL(room.address).port), { bytesPerSecond: 11_000_000, wayMs: 1 });
    const viewer = new TestViewer(`http://127.0.0.1:${proxy.port}/`, true);
    await viewer.until(() => viewer.messages.length > 0);
    viewer.say({ type: 'watch', stream: 0, views: ['processed', 'raw'], tier: 'auto', first: 'raw', codecs: [...codecNames] });
    const isLighter = (): boolean => viewer.frames.some(({ header }) => codecNames[header.codec] !== 'raw');
    // A machine that is too busy to capture so many needs no lighter ones.
    const fits = (): boolean => viewer.frames.length > 60 && 2 * 307_200 * (viewer.last('stats')?.fps ?? 30) < 10_000_000;
    await viewer.until(() => isLighter() || fits(), 90_000);
  });
});
