import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hasWebCodecs } from '../../src/codec/webcodecs.ts';
import { frameFlags } from '../../src/protocol/frame-header.ts';
import { codecNames } from '../../src/protocol/tiers.ts';
import { openRoom, type TestViewer } from '../broadcast/test-room.ts';
import { flow } from '../support/flow.ts';

/** Processes below this one that encode video, and what nobody has collected of them (state Z, proc(5)); Linux tells them. */
function encoders(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === process.pid && (readProc(pid, 'cmdline').includes('video-process') || isRemnant(pid)));
}

const isRemnant = (pid: number): boolean => readProc(pid, 'stat').includes(') Z ');

const parentOf = (pid: number): number => Number(/\) \S (\d+)/.exec(readProc(pid, 'stat'))?.[1]);

/** Empty where the process has ended meanwhile. */
function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

let room: Awaited<ReturnType<typeof openRoom>> | undefined;
afterEach(async () => {
  await room?.close();
  room = undefined;
  // The encoder of one test is none of the next one's.
  await vi.waitUntil(() => encoders().length === 0, 30_000);
});

async function watching(tier: 'raw' | 'video'): Promise<TestViewer> {
  const viewer = (await room?.view()) as TestViewer;
  viewer.say({ type: 'watch', stream: 0, views: ['processed'], tier, codecs: [...codecNames] });
  return viewer;
}

describe.skipIf(!hasWebCodecs())('the process that encodes video (skipped where H.264 is not installed)', () => {
  const echo = { name: 'Echo', options: { kind: 'ultrasound', width: 160, height: 120, fps: 30 } };

  it.each([
    ['is killed', 'SIGKILL'],
    ['stops answering', 'SIGSTOP'],
  ] as const)('%s: others go on, and the picture comes back with a key frame', { timeout: 120_000 }, async (_, signal) => {
    room = await openRoom([echo]);
    const video = await watching('video');
    const raw = await watching('raw');
    await video.until(() => video.frames.length > 5);
    await raw.until(() => raw.frames.length > 30);
    const [pid] = encoders();
    process.kill(pid as number, signal);
    const [seen, others] = [video.frames.length, raw.frames.length];
    await video.until(() => video.frames.length > seen + 5, 20_000);
    await raw.until(() => raw.frames.length > others + 30);
    // All the time without video the others got what was captured, and it was captured as before.
    const [before, meanwhile] = [flow(raw.frames.slice(0, others)), flow(raw.frames.slice(others))];
    expect(meanwhile.share).toBeGreaterThanOrEqual(0.4);
    expect(meanwhile.capturedPerSecond).toBeGreaterThan(before.capturedPerSecond / 3);
    const back = video.frames.findIndex(
      ({ header }, index) => index >= seen && header.keySequence !== video.frames[seen - 1]?.header.keySequence,
    );
    expect((video.frames[back]?.header.flags ?? 0) & frameFlags.key).toBeTruthy();
    await video.until(() => (video.last('stats')?.lost['encoder/restarts'] ?? 0) >= 1);
    expect(raw.closed ?? video.closed).toBeUndefined();
    await vi.waitUntil(() => encoders().length === 1, 30_000);
    expect(encoders()).not.toContain(pid);
  });

  it('runs only while somebody watches, and ends with the stream', async () => {
    room = await openRoom([echo]);
    const raw = await watching('raw');
    await raw.until(() => raw.frames.length > 3);
    expect(encoders()).toEqual([]);
    const video = await watching('video');
    await video.until(() => video.frames.length > 3);
    await vi.waitUntil(() => encoders().length === 1, 30_000);
    await room.close();
    room = undefined;
    await vi.waitUntil(() => encoders().length === 0, 30_000);
  });
});
