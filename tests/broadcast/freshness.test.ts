import { afterEach, describe, expect, it, vi } from 'vitest';
import { hasWebCodecs } from '../../src/codec/webcodecs.ts';
import { codecNames, type TierName } from '../../src/protocol/tiers.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
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

const tierOf = (viewer: TestViewer): TierName | undefined => viewer.last('stats')?.tier;
const ageMs = (viewer: TestViewer): number => Date.now() - (viewer.frames.at(-1)?.header.capturedAtUs ?? 0) / 1000;

describe.skipIf(!hasWebCodecs())('freshness on a line that changes (skipped where H.264 is not installed)', () => {
  const echo = { name: 'Echo', options: { kind: 'ultrasound', width: 640, height: 480, fps: 30 } };

  it('a line that collapses is cut off with what hangs on it; who comes back lightly sees the present', { timeout: 60_000 }, async () => {
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

  it('a thin line carries the rate of the source, and its pictures never get older', { timeout: 40_000 }, async () => {
    room = await openRoom([echo]);
    proxy = await FaultProxy.open(Number(new URL(room.address).port), thin);
    const viewer = await viewerBeyond('video-thin');
    await viewer.until(() => viewer.frames.length > 60);
    const ages: number[] = [];
    const from = viewer.frames.length;
    const fromMs = performance.now();
    viewer.socket.on('message', (_, isBinary) => isBinary && ages.push(ageMs(viewer)));
    await vi.waitUntil(() => performance.now() - fromMs > 4000, 10_000);
    const shown = viewer.frames.length - from;
    const captured = viewer.last('stats')?.fps ?? 0;
    expect(shown / 4 / captured).toBeGreaterThan(0.6);
    expect(ages.toSorted((a, b) => a - b)[Math.floor(ages.length / 2)]).toBeLessThan(400);
    expect(Math.max(...ages)).toBeLessThan(1500);
  });

  it('two viewers of one tier: the one on the bad line takes nothing from the other', { timeout: 40_000 }, async () => {
    room = await openRoom([echo]);
    proxy = await FaultProxy.open(Number(new URL(room.address).port), { bytesPerSecond: 20_000, wayMs: 40 });
    const near = await room.view();
    near.say({ type: 'watch', stream: 0, views: ['processed'], tier: 'video-thin', codecs: [...codecNames] });
    const far = await viewerBeyond('video-thin');
    await near.until(() => near.frames.length > 60 && far.frames.length > 0);
    expect(far.frames.length).toBeGreaterThan(0);
    const keys = near.frames.filter(({ header }) => header.keySequence === header.sequence).length;
    // The far one asks for key frames; at most two a second are made.
    expect(keys).toBeLessThan(2 * (near.frames.length / 30) + 3);
    expect(near.frames.length).toBeGreaterThan(3 * far.frames.length);
  });
});
