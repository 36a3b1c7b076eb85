import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { openFrameFile } from '../../src/past/kept-file.ts';
import { segmentName } from '../../src/past/recorder-orders.ts';
import { openRecordedRoom, until } from './recording-room.ts';

const echo = { name: 'Echo', options: { kind: 'ultrasound', width: 160, height: 120, fps: 80 } };
const large = { name: 'Echo', options: { kind: 'ultrasound', width: 640, height: 480, fps: 60 } };

/** Where the record of the first stream lies. */
function recordFolder(folder: string): string {
  const [run = ''] = readdirSync(join(folder, 'past'));
  return join(folder, 'past', run, '0');
}

let room: Awaited<ReturnType<typeof openRecordedRoom>>;
afterEach(() => room.close());

/** Frames that were seen and are neither in the record nor counted as lost: those under way. */
function unaccounted(): number {
  const { lost } = room.stream.counts;
  const counted = ['record/no-room', 'record/disk-slow', 'record/failed', 'record/out-of-order'];
  return room.seen.length - room.past.recorded.frames - counted.reduce((sum, place) => sum + (lost[place] ?? 0), 0);
}

/** With a source that goes on there is always one under way. */
async function allAccounted(): Promise<void> {
  room.stream.setRunning(false);
  await until(() => unaccounted() === 0);
}

/** Everything that was seen until now is settled. */
async function settle(): Promise<void> {
  const { length } = room.seen;
  const last = room.seen.at(-1)?.capturedUs ?? 0;
  await until(() => room.seen.length > length && (room.past.newestUs ?? 0) > last);
}

describe('the disk', () => {
  it('that does not follow loses frames that are counted, and the live picture goes on', async () => {
    const before = await prepared(large, { memoryMebibytes: 1 });
    const { stream, seen } = room;
    // Whoever opens it waits until somebody reads it.
    await until(() => (stream.counts.lost['record/disk-slow'] ?? 0) > 10);
    const { length } = seen;
    await until(() => seen.length > length + 30);
    expect(room.past.recorded.frames).toBe(0);
    const reader = await open(before, 'r');
    await settle();
    await reader.close();
    expect(room.past.recorded.frames).toBeGreaterThan(0);
    expect(room.past.summary().lost + (stream.counts.lost['record/failed'] ?? 0)).toBeGreaterThan(0);
    await allAccounted();
    expect(room.warnings.join()).toContain('record/not-written');
    expect(room.recorder.trouble).toBeUndefined();
  });

  it('that is full or gone is told of once, and recorded to again when it can be', async () => {
    room = await openRecordedRoom([echo], {}, (folder) => {
      const record = recordFolder(folder);
      mkdirSync(join(record, segmentName(0)));
      symlinkSync('/dev/full', join(record, segmentName(1)));
    });
    await settle();
    expect(room.stream.counts.lost['record/failed']).toBeGreaterThanOrEqual(2);
    expect(room.warnings.filter((text) => text.includes('record/not-written'))).toHaveLength(1);
    await allAccounted();
    const clip = room.store.startClip(0, join(room.folder, 'no-such-folder', 'a.frames'), 0);
    await expect(clip.written).rejects.toMatchObject({ code: 'record/clip-not-written' });
  });

  it('is left what others need of it', async () => {
    room = await openRecordedRoom([echo], { reserveBytes: 2 ** 60 });
    await until(() => (room.stream.counts.lost['record/failed'] ?? 0) > 20);
    expect(room.warnings.join()).toContain('are free');
    expect(room.past.recorded.frames).toBe(0);
  });

  /** A record whose first file is a pipe. */
  async function prepared(stream: object, past: object): Promise<string> {
    let pipe = '';
    room = await openRecordedRoom([stream], past, (folder) => {
      pipe = join(recordFolder(folder), segmentName(0));
      execFileSync('mkfifo', [pipe]);
    });
    return pipe;
  }
});

describe('the bounds', () => {
  it('hold: old files go, clips that need them have their frames', { timeout: 90_000 }, async () => {
    room = await openRecordedRoom([echo], { mebibytes: 2, minutes: 0.2 });
    const { past, folder, store, seen } = room;
    await until(() => seen.length > 20);
    const clip = store.startClip(0, join(folder, 'long.frames'), 0);
    let most = 0;
    await until(() => {
      const files = readdirSync(recordFolder(folder)).map((name) => join(recordFolder(folder), name));
      most = Math.max(
        most,
        files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0),
      );
      return seen.length > 1000;
    }, 60_000);
    expect(most).toBeGreaterThan(1.5 * 2 ** 20);
    expect(most).toBeLessThanOrEqual(2 * 2 ** 20);
    clip.end();
    const written = await clip.written;
    const first = past.summary().fromUs ?? 0;
    expect(written.fromUs).toBeLessThan(first);
    expect(written.fromUs).toBe(seen[0]?.capturedUs);
    expect(written.frames).toBe(seen.filter(({ capturedUs }) => capturedUs <= written.toUs).length);
    await expect(store.keepStill(0, join(folder, 'gone.frames'), seen[5]?.capturedUs)).rejects.toMatchObject({ code: 'record/not-there' });
  });
});

describe('the thread', () => {
  it('that dies is replaced: what was written stays, the gap is counted, clips go on', async () => {
    const workers: Worker[] = [];
    const note = (worker: Worker): void => void workers.push(worker);
    process.on('worker', note);
    room = await openRecordedRoom([echo]);
    const { past, store, folder, seen, stream } = room;
    await until(() => past.recorded.frames > 80);
    process.off('worker', note);
    const clip = store.startClip(0, join(folder, 'clip.frames'), seen[10]?.capturedUs ?? 0);
    const reached = Promise.withResolvers<void>();
    clip.progress$.subscribe(({ frames }) => frames > 60 && reached.resolve());
    await reached.promise;
    const before = past.summary();
    await workers.find((worker) => worker.threadName === 'record-0')?.terminate();
    await until(() => (stream.counts.lost['record/restarts'] ?? 0) === 1);
    await settle();
    expect(past.summary().fromUs).toBe(before.fromUs);
    expect(past.summary().lost).toBeGreaterThan(0);
    await allAccounted();
    clip.end();
    const written = await clip.written;
    await using file = await openFrameFile(written.path);
    expect([file.complete, file.damaged, file.tornBytes]).toEqual([true, 0, 0]);
    expect(file.index.firstUs).toBe(seen[10]?.capturedUs);
    expect(file.lost).toBe(written.lost);
    const { frames } = past.range(file.index.firstUs, file.index.lastUs, 10_000);
    expect(frames.map(({ capturedUs }) => capturedUs)).toEqual(
      Array.from({ length: file.index.length }, (_, row) => file.index.capturedUs(row)),
    );
  });
});

describe('the folder', () => {
  it('is for this user alone, and what a server that is no more has left is removed', async () => {
    const past = mkdtempSync(join(tmpdir(), 'lumencast-left-'));
    mkdirSync(join(past, 'run-999999999-1-abc'));
    mkdirSync(join(past, `run-${process.pid}-1-abc`));
    writeFileSync(join(past, 'somebody-elses'), '');
    room = await openRecordedRoom([echo], { folder: past });
    await until(() => room.past.recorded.frames > 0);
    const runs = (): string[] => readdirSync(past).filter((name) => name.startsWith('run-'));
    await until(() => runs().length === 1);
    const [run = ''] = runs();
    expect(statSync(join(past, run)).mode & 0o777).toBe(0o700);
    expect(statSync(join(past, run, '0', segmentName(0))).mode & 0o777).toBe(0o600);
    await room.store.close();
    expect(readdirSync(past)).toEqual(['somebody-elses']);
    rmSync(past, { recursive: true });
  });
});

describe('without being asked', () => {
  it('the last picture, and the last loop of a fluoroscopy, are to be kept when it is held', async () => {
    const options = { kind: 'fluoroscopy', width: 160, height: 120, fps: 15, frames: 20 };
    const wishes: object[] = [];
    room = await openRecordedRoom([{ name: 'C-arm', options }], {}, undefined, (store) =>
      store.automatic$.subscribe((wish) => wishes.push(wish)),
    );
    await until(() => wishes.length === 2);
    const [first, last] = [room.seen[0]?.capturedUs, room.seen.at(-1)?.capturedUs];
    expect(wishes).toEqual([
      { stream: 0, automatic: 'last-image-hold', fromUs: last, toUs: last },
      { stream: 0, automatic: 'last-loop', fromUs: first, toUs: last },
    ]);
    const path = join(room.folder, 'hold.frames');
    expect(await room.store.keepStill(0, path, last)).toMatchObject({ frames: 1, fromUs: last });
    expect(await room.store.picturesIn(path)).toEqual([{ fromUs: last, picture: expect.objectContaining({ width: 160, height: 120 }) }]);
  });
});
