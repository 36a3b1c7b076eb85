import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { codecByNumber } from '../../src/codec/codecs.ts';
import { openCodecs } from '../../src/codec/node-codecs.ts';
import { openFrameFile } from '../../src/past/kept-file.ts';
import { frameHeaderBytes, readFrameHeader } from '../../src/protocol/frame-header.ts';
import { openRecordedRoom, type Seen, until } from './recording-room.ts';

const codecs = await openCodecs();
const echo = { name: 'Echo', options: { kind: 'ultrasound', width: 160, height: 120, fps: 80 } };

function decoded(message: Buffer): Seen {
  const header = readFrameHeader(new DataView(message.buffer, message.byteOffset, message.length));
  const payload = message.subarray(frameHeaderBytes);
  expect(crc32(payload)).toBe(header.crc32);
  const pixels = codecByNumber(codecs, header.codec).decode(header, payload);
  return { capturedUs: header.capturedAtUs, sequence: header.sequence, epoch: header.epoch, checksum: crc32(pixels) };
}

async function collected(messages: AsyncIterable<Buffer>): Promise<Seen[]> {
  const frames: Seen[] = [];
  for await (const message of messages) frames.push(decoded(message));
  return frames;
}

/** What a busy machine did not even capture. */
const missing = (frames: readonly Seen[]): number => (frames.at(-1)?.sequence ?? 0) - (frames[0]?.sequence ?? 0) + 1 - frames.length;

describe('the record', () => {
  let room: Awaited<ReturnType<typeof openRecordedRoom>>;
  afterEach(() => room.close());

  it('has every frame that a viewer got, bit for bit, over files and epochs', { timeout: 90_000 }, async () => {
    room = await openRecordedRoom([echo]);
    const { past, seen, stream } = room;
    await until(() => seen.length >= 200, 40_000);
    await stream.setStage('median', true, undefined);
    await until(() => seen.length >= 420, 40_000);
    const last = seen.at(-1)?.capturedUs ?? 0;
    await until(() => (past.newestUs ?? 0) >= last);
    const wanted = seen.filter(({ capturedUs }) => capturedUs <= last);
    const kept = await collected(past.frames(0, last, 10_000));
    expect(kept).toEqual(wanted);
    const { descriptions, frames } = past.range(0, last, 10_000);
    expect(new Set(frames.map(({ epoch }) => epoch)).size).toBe(2);
    expect(Object.values(descriptions).map(({ stages }) => stages.find(({ stage }) => stage === 'median')?.enabled)).toEqual([false, true]);
    expect(past.segments.length).toBeGreaterThan(1);
    const { frames: all, lost, gaps } = past.summary();
    expect(all).toBe(past.recorded.frames);
    expect(lost).toBe(gaps.reduce((sum, gap) => sum + gap.lost, 0));
    expect(lost).toBeGreaterThanOrEqual(missing(wanted));
  });

  it.skipIf(process.platform !== 'linux')('gives way to what is live where cores are short', async () => {
    room = await openRecordedRoom([echo]);
    await until(() => room.past.newestUs !== undefined);
    const nicenessOf = new Map(
      readdirSync('/proc/self/task').map((thread) => {
        const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
        const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
        // Field 19 of proc_pid_stat(5).
        return [name, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])];
      }),
    );
    const live = nicenessOf.get('stream-0') ?? Number.NaN;
    expect(nicenessOf.get('record-0')).toBe(Math.min(19, live + 5));
  });

  it('gives a clip that began before it was asked for and ends afterwards', async () => {
    room = await openRecordedRoom([echo]);
    const { store, seen, folder, nowUs } = room;
    await until(() => seen.length >= 100);
    const fromUs = seen[20]?.capturedUs ?? 0;
    const pressedUs = nowUs();
    const toUs = pressedUs + 3_000_000;
    const path = join(folder, 'clip.frames');
    const clip = store.startClip(0, path, fromUs, toUs);
    const still = store.keepStill(0, join(folder, 'still.frames'), seen[50]?.capturedUs);
    const written = await clip.written;
    const wanted = seen.filter(({ capturedUs }) => capturedUs >= fromUs && capturedUs <= toUs);
    await using file = await openFrameFile(path);
    expect([file.complete, file.damaged, file.tornBytes, file.lost]).toEqual([true, 0, 0, missing(wanted)]);
    expect(await collected(file.frames())).toEqual(wanted);
    expect(written).toMatchObject({ path, fromUs, toUs: wanted.at(-1)?.capturedUs, frames: wanted.length, lost: missing(wanted) });
    expect(wanted.at(-1)?.capturedUs).toBeGreaterThan(pressedUs);
    await still;
    await using one = await openFrameFile(join(folder, 'still.frames'));
    expect(await collected(one.frames())).toEqual([seen[50]]);
    expect(Object.values(await one.descriptions())).toMatchObject([{ name: 'Echo', formats: { processed: { width: 160, height: 120 } } }]);
  });

  it('gives a clip its last frames also where the server slept past its end', async () => {
    room = await openRecordedRoom([echo]);
    const { store, seen, folder, nowUs } = room;
    await until(() => seen.length >= 40);
    const [fromUs, sleptUs] = [seen[20]?.capturedUs ?? 0, nowUs()];
    const clip = store.startClip(0, join(folder, 'slept.frames'), fromUs, sleptUs + 100_000);
    // Behind what has come: its timers are the first thing that it sees when it wakes.
    await new Promise((done) => setImmediate(done));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);
    const { frames, lost, toUs } = await clip.written;
    const wanted = seen.filter(({ capturedUs }) => capturedUs >= fromUs && capturedUs <= sleptUs + 100_000);
    expect(wanted.at(-1)?.capturedUs).toBeGreaterThan(sleptUs);
    expect([frames + lost, toUs]).toEqual([wanted.length + missing(wanted), wanted.at(-1)?.capturedUs]);
  });

  it('keeps of a held picture, shown again with another setting, what was seen last', async () => {
    room = await openRecordedRoom([{ name: 'C-arm', options: { kind: 'fluoroscopy', width: 160, height: 120, fps: 15, frames: 12 } }]);
    const { seen, stream, store, past, folder } = room;
    await until(() => stream.status.state === 'held');
    const epoch = await stream.setStage('median', true, undefined);
    await until(() => seen.at(-1)?.epoch === epoch);
    const [held, again] = seen.slice(-2) as [Seen, Seen];
    expect(again.capturedUs).toBe(held.capturedUs);
    await until(() => past.recorded.frames === seen.length);
    await store.keepStill(0, join(folder, 'still.frames'));
    await using one = await openFrameFile(join(folder, 'still.frames'));
    expect(await collected(one.frames())).toEqual([again]);
    expect(await collected(past.frames(held.capturedUs, held.capturedUs, 10))).toEqual([held, again]);
  });

  it('is of what was captured where the room wants that', async () => {
    room = await openRecordedRoom([echo], { view: 'raw' });
    const { past, store, folder } = room;
    await until(() => past.recorded.frames > 10);
    for await (const message of past.frames(0, Number.MAX_SAFE_INTEGER, 10)) {
      expect(readFrameHeader(new DataView(message.buffer, message.byteOffset, message.length)).view).toBe('raw');
    }
    await store.keepStill(0, join(folder, 'raw.frames'));
    expect(await store.picturesIn(join(folder, 'raw.frames'))).toMatchObject([{ picture: { width: 160, height: 120 } }]);
  });
});
