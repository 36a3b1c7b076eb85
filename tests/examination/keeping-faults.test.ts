import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Archive } from '../../src/archive/archive.ts';
import { Keeping, type KeepWish } from '../../src/examination/keeping.ts';
import { noPast } from '../../src/examination/past-pictures.ts';
import type { WrittenFrames } from '../../src/examination/record.ts';
import type { Kept } from '../../src/protocol/examination-messages.ts';
import type { StreamDescription } from '../../src/protocol/messages.ts';
import { anna, bert, hex, openArchive, temporaryFolder } from '../archive/examples.ts';

const polled = (look: () => unknown) => expect.poll(look, { timeout: 30_000 });
const description = { name: 'Echo', modality: 'ultrasound' } as StreamDescription;
const frames: WrittenFrames = { fromUs: 1000, toUs: 2000, frames: 2, lost: 0, bytes: 4 };

/** Stills and clips of a record whose disk answers when it is told to. */
function keepingOn(archive: Archive) {
  const disk: { path: string; answer(thrown?: Error): void }[] = [];
  const [told, warned]: [Kept[], string[]] = [[], []];
  const write = async (path: string): Promise<WrittenFrames> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    disk.push({ path, answer: (thrown) => (thrown === undefined ? resolve() : reject(thrown)) });
    await promise;
    await writeFile(path, 'abcd');
    return frames;
  };
  const keeping = new Keeping({
    record: archive,
    past: {
      ...noPast,
      newestUs: () => 2000,
      keepStill: (_stream, path) => write(path),
      startClip: (_stream, path) => ({ progress$: NEVER, written: write(path), end: () => undefined, discard: () => undefined }),
    },
    nowUs: () => 3000,
    boundaryUs: () => undefined,
    describe: () => description,
    tell: (kept) => void told.push(kept),
    log: { info: () => undefined, warn: (_fields, text) => void warned.push(text) },
  });
  const begin = (examination: string, number: number, more: Partial<KeepWish> = {}): Promise<Kept> => {
    const wish: KeepWish = { kept: hex(number), kind: 'clip', stream: 0, author: anna, ...more };
    return keeping.begin(examination, wish, keeping.plan(wish));
  };
  return { keeping, begin, disk, told, warned };
}

describe('a clip whose end is said to be', () => {
  it('before its beginning goes on', async () => {
    using folder = temporaryFolder(true);
    await using archive = await openArchive(folder.path);
    const { examination } = await archive.openExamination(undefined, anna);
    const { keeping, begin, disk } = keepingOn(archive);
    const { kept, fromUs } = await begin(examination, 1, { fromUs: 1000 });
    for (const toUs of [0, fromUs - 1]) await expect(keeping.end(kept, toUs)).rejects.toMatchObject({ code: 'examination/bad-time' });
    expect(keeping.get(kept)?.state).toBe('running');
    const ended = keeping.end(kept, fromUs);
    disk[0]?.answer();
    await expect(ended).resolves.toMatchObject({ state: 'kept' });
  });
});

describe('a disk that does not answer', { timeout: 60_000 }, () => {
  it('keeps nobody from discarding what is being written: that goes when it is there', async () => {
    using folder = temporaryFolder(true);
    await using archive = await openArchive(folder.path);
    const { examination } = await archive.openExamination(undefined, anna);
    const { keeping, begin, disk } = keepingOn(archive);
    const still = begin(examination, 1, { kind: 'still' });
    await polled(() => disk.length).toBe(1);
    await expect(keeping.discard(examination, hex(1), bert)).resolves.toMatchObject({ state: 'discarded' });
    disk[0]?.answer();
    await expect(still).resolves.toMatchObject({ state: 'kept' });
    await polled(() => existsSync(archive.fileOf(examination, hex(1)))).toBe(false);
    expect((await archive.content(examination)).kept).toEqual([]);
    expect(keeping.get(hex(1))?.state).toBe('discarded');
  });

  it('counts with what it has not written of an examination that was closed meanwhile', async () => {
    using folder = temporaryFolder(true);
    await using archive = await openArchive(folder.path);
    const { examination } = await archive.openExamination(undefined, anna);
    const { keeping, begin, disk } = keepingOn(archive);
    for (let clip = 0; clip < 16; clip++) await begin(examination, clip);
    const next = (await archive.openExamination(undefined, anna)).examination;
    keeping.take([], next);
    await expect(begin(next, 16)).rejects.toMatchObject({ code: 'examination/too-many-clips' });
    for (const { answer } of disk) answer();
    await polled(async () => (await archive.content(examination)).kept.length).toBe(16);
    await expect(begin(next, 17)).resolves.toMatchObject({ state: 'running' });
    expect(keeping.all().map(({ kept }) => kept)).toEqual([hex(17)]);
  });

  it('and fails at last, after the examination was closed: that is told', async () => {
    using folder = temporaryFolder(true);
    await using archive = await openArchive(folder.path);
    const { examination } = await archive.openExamination(undefined, anna);
    const { keeping, begin, disk, told, warned } = keepingOn(archive);
    await begin(examination, 1);
    keeping.take([], undefined);
    disk[0]?.answer(new Error('the disk is gone'));
    await polled(() => warned).toHaveLength(1);
    expect(warned[0]).toMatch(/clip.*archive\/file-not-written.*the disk is gone/);
    expect(told.map(({ state }) => state)).toEqual(['running']);
  });
});
