import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { codecNames } from '../../src/protocol/tiers.ts';
import { openRoom, type TestViewer } from '../broadcast/test-room.ts';
import { flow } from '../support/flow.ts';

const stopThread = resolve(import.meta.dirname, '../support/stop-thread.py');

/** Threads of this process by their name, which for an encoder is its tier. */
const threads = (name: string): string[] => readdirSync('/proc/self/task').filter((id) => nameOf(id) === name);

/** Empty where the thread has ended meanwhile. */
function nameOf(id: string): string {
  try {
    return readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

let room: Awaited<ReturnType<typeof openRoom>> | undefined;
afterEach(async () => {
  await room?.close();
  room = undefined;
});

async function watching(tier: 'raw' | 'still' | 'exact'): Promise<TestViewer> {
  const viewer = (await room?.view()) as TestViewer;
  viewer.say({ type: 'watch', stream: 0, views: ['processed'], tier, codecs: [...codecNames] });
  return viewer;
}

const told = (viewer: TestViewer): number => viewer.messages.filter(({ type }) => type === 'stats').length;

describe.skipIf(process.platform !== 'linux')('the thread of an encoder hangs (skipped without Linux)', () => {
  it.for(['still', 'exact'] as const)('%s: others go on, and a new one takes its place', { timeout: 120_000 }, async (tier, { skip }) => {
    room = await openRoom([{ name: 'Echo', options: { kind: 'ultrasound', width: 160, height: 120, fps: 30 } }]);
    const [stream] = room.streams;
    const packed = await watching(tier);
    const raw = await watching('raw');
    await packed.until(() => packed.frames.length > 5);
    await raw.until(() => raw.frames.length > 60);
    const before = flow(raw.frames.slice(30));

    // It is stopped while it waits for work, when it holds no lock that others need.
    stream?.setRunning(false);
    await vi.waitUntil(() => stream?.status.state === 'stopped', 10_000);
    const [thread] = threads(tier);
    const since = told(packed);
    await packed.until(() => told(packed) > since + 2);
    const stopper = spawn('python3', [stopThread, thread ?? ''], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [said] = await Promise.race([once(stopper.stdout, 'data'), once(stopper, 'exit'), once(stopper, 'error')]);
    if (String(said).trim() !== 'stopped') skip(`no thread can be stopped here: ${String(said)}`);
    try {
      const [seen, others] = [packed.frames.length, raw.frames.length];
      stream?.setRunning(true);
      await packed.until(() => (packed.last('stats')?.lost['encoder/restarts'] ?? 0) >= 1, 60_000);
      const meanwhile = flow(raw.frames.slice(others + 1));
      expect(meanwhile.share).toBeGreaterThanOrEqual(0.6);
      expect(meanwhile.capturedPerSecond).toBeGreaterThan(before.capturedPerSecond / 3);
      await packed.until(() => packed.frames.length > seen + 5);
      expect(threads(tier)).toContain(thread);
    } finally {
      stopper.stdin.end();
    }
    // What hung has nothing more to say once it goes on.
    await vi.waitUntil(() => !threads(tier).includes(thread ?? ''), 20_000);
    const later = packed.frames.length;
    await packed.until(() => packed.frames.length > later + 5);
    const sequences = packed.frames.map(({ header }) => header.sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    expect(threads(tier).length).toBe(1);
    expect(raw.closed ?? packed.closed).toBeUndefined();
  });
});
