import { execFileSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { filter, firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Archive } from '../../src/archive/archive.ts';
import { framesFile, partEnd } from '../../src/archive/file-names.ts';
import type { Kept } from '../../src/protocol/examination-messages.ts';
import { WritingProcess } from './acknowledged.ts';
import { anna, keptOf, markOf, openArchive, silentLog, temporaryFolder, untilState } from './examples.ts';
import { LoopDisk, whyNoDisks } from './loop-disk.ts';

const mebibyte = 2 ** 20;
const reason = whyNoDisks();
if (reason !== undefined) console.warn(`some tests of tests/archive/faults.test.ts are skipped: ${reason}`);
const code = (expected: string) => ({ code: expected });
const often = { freeBytes: async () => 100_000 * mebibyte, periodMs: 20 };

/** Transactions in the log of the store: frames that end one carry the size of the database (sqlite.org/fileformat2.html#walformat). */
function transactionsIn(folder: string): number {
  const log = readFileSync(join(folder, 'archive.db-wal'));
  const frameBytes = 24 + log.readUInt32BE(8);
  let transactions = 0;
  for (let at = 32; at + frameBytes <= log.length; at += frameBytes) {
    const isOfThisLog = log.compare(log, 16, 24, at + 8, at + 16) === 0;
    if (isOfThisLog && log.readUInt32BE(at + 4) !== 0) transactions++;
  }
  return transactions;
}

describe('what waits together', () => {
  it('is committed together, and one after the other what does not', async () => {
    using folder = temporaryFolder();
    await using archive = await openArchive(folder.path);
    const { examination } = await archive.openExamination(undefined, anna);
    const before = transactionsIn(folder.path);
    await Promise.all(Array.from({ length: 200 }, (_, number) => archive.putMarks(examination, [markOf(number)], anna)));
    const together = transactionsIn(folder.path) - before;
    expect(together).toBeGreaterThan(0);
    expect(together).toBeLessThan(20);
    for (let number = 200; number < 210; number++) await archive.putMarks(examination, [markOf(number)], anna);
    expect(transactionsIn(folder.path) - before - together).toBe(10);
  });

  it('is bounded', async () => {
    using folder = temporaryFolder();
    await using archive = await openArchive(folder.path);
    const asked = await Promise.allSettled(Array.from({ length: 10_001 }, () => archive.find('')));
    expect(asked.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: code('archive/busy') }]);
  });
});

describe('room on the disk', () => {
  it('is told when it ends; then nothing is kept, but what is there can be seen, closed and taken away', async () => {
    using folder = temporaryFolder();
    let freeBytes = 3000 * mebibyte;
    await using archive = await openArchive(folder.path, { space: { freeBytes: async () => freeBytes, periodMs: 10 } });
    expect(archive.state$.value).toEqual({ state: 'ready', freeBytes });
    const { examination } = await archive.openExamination(undefined, anna);
    await archive.putMarks(examination, [markOf(1)], anna);
    freeBytes = 2047 * mebibyte;
    expect(await untilState(archive, 'low')).toEqual({ state: 'low', freeBytes });
    await archive.putMarks(examination, [markOf(2)], anna);
    freeBytes = 255 * mebibyte;
    expect(await untilState(archive, 'full')).toMatchObject({ freeBytes, error: code('archive/full') });
    await expect(archive.putMarks(examination, [markOf(3)], anna)).rejects.toMatchObject(code('archive/full'));
    const write = () => Promise.reject(new Error('nothing is to be written'));
    await expect(archive.keepFile(examination, keptOf(1), write)).rejects.toMatchObject(code('archive/full'));
    await archive.removeMark(examination, markOf(1, { revision: 2 }), anna);
    expect((await archive.open())?.marks).toEqual([markOf(2)]);
    await archive.closeExamination(anna);
    freeBytes = 3000 * mebibyte;
    await untilState(archive, 'ready');
    await archive.openExamination(undefined, anna);
  });

  it.skipIf(reason !== undefined)(`that really ends loses nothing acknowledged${reason === undefined ? '' : ` (${reason})`}`, async () => {
    using disk = new LoopDisk(16);
    const ballast = join(disk.path, 'ballast');
    await using archive = await openArchive(disk.path, { space: often });
    const { examination } = await archive.openExamination(undefined, anna);
    const acknowledged: string[] = [];
    fillUp(ballast, 1 * mebibyte);
    const big = markOf(0, { shape: { kind: 'trace', text: 'x'.repeat(100_000) } });
    let refused: unknown;
    for (let number = 0; refused === undefined && number < 1000; number++) {
      const mark = { ...big, mark: markOf(number).mark };
      await archive.putMarks(examination, [mark], anna).then(
        () => acknowledged.push(mark.mark),
        (thrown) => {
          refused = thrown;
        },
      );
    }
    expect(refused).toMatchObject(code('archive/full'));
    const file = archive.keepFile(examination, keptOf(1), async (path) => {
      await writeFile(path, Buffer.alloc(8 * mebibyte));
      return keptOf(1);
    });
    await expect(file).rejects.toMatchObject(code('archive/full'));
    expect((await archive.open())?.marks.map(({ mark }) => mark)).toEqual(acknowledged);
    rmSync(ballast);
    await untilState(archive, 'ready');
    await archive.putMarks(examination, [markOf(5000)], anna);
    expect((await archive.open())?.marks).toHaveLength(acknowledged.length + 1);
  });
});

describe.skipIf(reason !== undefined)(`a disk that takes no writes${reason === undefined ? '' : ` (${reason})`}`, () => {
  it('can be read, also what a killed process left there; when it takes them again, things are kept again', async () => {
    using disk = new LoopDisk(32);
    const writer = new WritingProcess(disk.path);
    await writer.read(50);
    await writer.kill();
    disk.remount('ro');
    await using archive = await openArchive(disk.path, { space: often });
    expect(archive.state$.value).toMatchObject({ state: 'read-only', error: code('archive/read-only') });
    const content = await archive.open();
    expect(content?.marks.length).toBeGreaterThan(5);
    await expect(archive.closeExamination(anna)).rejects.toMatchObject(code('archive/read-only'));
    disk.remount('rw');
    await untilState(archive, 'ready');
    expect((await archive.open())?.marks).toEqual(content?.marks);
    await archive.closeExamination(anna);
  });

  it('can be read where it was closed in order, and where nothing was kept yet', async () => {
    using disk = new LoopDisk(32);
    {
      await using archive = await openArchive(disk.path);
      const { examination } = await archive.openExamination(undefined, anna);
      await archive.putMarks(examination, [markOf(1)], anna);
    }
    disk.remount('ro');
    {
      await using archive = await openArchive(disk.path);
      expect(archive.state$.value.state).toBe('read-only');
      expect((await archive.open())?.marks).toEqual([markOf(1)]);
    }
    disk.remount('rw');
    for (const name of readdirSync(disk.path)) if (name.startsWith('archive.')) rmSync(join(disk.path, name));
    disk.remount('ro');
    await using archive = await openArchive(disk.path);
    expect(archive.state$.value.state).toBe('read-only');
    expect(await archive.find('')).toEqual({ examinations: [], more: false });
  });

  it('from one moment to the next is told, and what was acknowledged is there', async () => {
    using disk = new LoopDisk(32);
    await using archive = await openArchive(disk.path, { space: often });
    const { examination } = await archive.openExamination(undefined, anna);
    await archive.putMarks(examination, [markOf(1)], anna);
    disk.fail();
    const refused = await archive.putMarks(examination, [markOf(2)], anna).catch((thrown) => thrown);
    expect(refused).toMatchObject({ name: 'AppError', code: expect.stringMatching(/^archive\//) });
    expect((await untilState(archive, 'read-only')).error).toMatchObject(code('archive/read-only'));
    expect((await archive.open())?.marks).toEqual([markOf(1)]);
  });
});

describe('a store that is not for this program', () => {
  it('is left as it is where a later version wrote it', async () => {
    using folder = temporaryFolder();
    await (await openArchive(folder.path)).close();
    const database = new DatabaseSync(join(folder.path, 'archive.db'));
    database.exec("insert into kysely_migration values ('9999-later', '2099-01-01T00:00:00.000Z'); create table later (id text)");
    database.close();
    const before = readFileSync(join(folder.path, 'archive.db'));
    await using archive = await openArchive(folder.path);
    expect(archive.state$.value).toMatchObject({ state: 'failed', error: code('archive/newer') });
    await expect(archive.find('')).rejects.toMatchObject(code('archive/newer'));
    expect(readFileSync(join(folder.path, 'archive.db'))).toEqual(before);
  });

  it('is refused while another process has it, and opened when that is gone', async () => {
    using folder = temporaryFolder();
    await using writer = new WritingProcess(folder.path);
    await writer.read(2);
    await using archive = await openArchive(folder.path);
    expect(archive.state$.value).toMatchObject({ state: 'failed', error: code('archive/in-use') });
    await expect(archive.openExamination(undefined, anna)).rejects.toMatchObject(code('archive/in-use'));
    await writer.read(5);
    await writer.kill();
    await untilState(archive, 'ready');
    expect((await archive.open())?.marks.length).toBeGreaterThan(0);
  });

  it('is refused where the folder is a file', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'file');
    writeFileSync(path, '');
    await using archive = await openArchive(path);
    expect(archive.state$.value).toMatchObject({ state: 'failed', error: code('archive/folder-unusable') });
  });
});

describe('a disk that does not answer', () => {
  /** An archive whose thread gets no order until `answers`, as if the disk kept it waiting. */
  async function openStalled(folder: string, freeBytes = often.freeBytes) {
    const threads: Worker[] = [];
    const note = (message: unknown): number => threads.push((message as { worker: Worker }).worker);
    subscribe('worker_threads', note);
    const archive = await openArchive(folder, { space: { freeBytes, periodMs: 10 }, patienceMs: 300 });
    unsubscribe('worker_threads', note);
    await untilState(archive, 'ready');
    const { examination } = await archive.openExamination(undefined, anna);
    const [thread] = threads as [Worker];
    const held: unknown[] = [];
    return {
      archive,
      examination,
      stall: () => Object.assign(thread, { postMessage: (order: unknown) => held.push(order) }),
      answers: () => {
        Reflect.deleteProperty(thread, 'postMessage');
        for (const order of held.splice(0)) thread.postMessage(order);
      },
      async [Symbol.asyncDispose]() {
        this.answers();
        await archive.close();
      },
    };
  }
  const untilSilent = (archive: Archive): Promise<unknown> =>
    firstValueFrom(archive.state$.pipe(filter(({ error }) => error?.code === 'archive/silent')));

  it('is heard to be silent also where it does not say how much room it has, and is asked for that once', async () => {
    using folder = temporaryFolder();
    let isHung = false;
    let askedInVain = 0;
    const freeBytes = (): Promise<number> => {
      if (!isHung) return often.freeBytes();
      askedInVain++;
      return new Promise(() => undefined);
    };
    await using disk = await openStalled(folder.path, freeBytes);
    const { archive } = disk;
    disk.stall();
    isHung = true;
    const put = archive.putMarks(disk.examination, [markOf(1)], anna);
    await untilSilent(archive);
    expect(askedInVain).toBeLessThan(2);
    await expect(archive.find('')).rejects.toMatchObject(code('archive/silent'));
    disk.answers();
    await put;
    await untilState(archive, 'ready');
  });

  it('lets nobody wait who only wants to look', async () => {
    using folder = temporaryFolder();
    await using disk = await openStalled(folder.path);
    disk.stall();
    await expect(disk.archive.content(disk.examination)).rejects.toMatchObject(code('archive/silent'));
  });

  it('while a clip is written keeps the clip until it answers', async () => {
    using folder = temporaryFolder();
    await using disk = await openStalled(folder.path);
    const { archive, examination } = disk;
    const path = archive.fileOf(examination, keptOf(1).kept);
    let isRefused = false;
    archive.putKept = async (...given) => {
      await Archive.prototype.putKept.apply(archive, given).catch((thrown) => {
        isRefused = true;
        disk.answers();
        throw thrown;
      });
    };
    const write = async (part: string): Promise<Kept> => {
      await writeFile(part, 'abcd');
      disk.stall();
      void archive.putMarks(examination, [markOf(1)], anna);
      await untilSilent(archive);
      return keptOf(1);
    };
    expect(await archive.keepFile(examination, keptOf(1), write)).toEqual(keptOf(1));
    expect([isRefused, readFileSync(path, 'utf8')]).toEqual([true, 'abcd']);
    await expect.poll(async () => (await archive.open().catch(() => undefined))?.kept).toEqual([keptOf(1)]);
  });

  it('when it is opened is not waited for, and is asked again', async () => {
    using folder = temporaryFolder();
    const pipe = join(folder.path, 'archive.db');
    execFileSync('mkfifo', [pipe]);
    await using archive = await openArchive(folder.path, { patienceMs: 300 });
    expect(archive.state$.value).toMatchObject({ state: 'failed', error: code('archive/opening') });
    await expect(archive.open()).rejects.toMatchObject(code('archive/opening'));
    // The name goes first: whoever was blocked goes on at once, and must not find the pipe again.
    const unnamed = join(folder.path, 'unnamed');
    renameSync(pipe, unnamed);
    const end = openSync(unnamed, constants.O_RDWR);
    await untilState(archive, 'ready');
    closeSync(end);
    expect((await archive.openExamination(undefined, anna)).anonymous).toBe(true);
  });
});

describe('a clip that is whole', () => {
  const whole = async (path: string): Promise<Kept> => {
    await writeFile(path, 'abcd');
    return keptOf(1);
  };

  it('gets its row where the disk has become full while it was written', async () => {
    using folder = temporaryFolder();
    let freeBytes = 3000 * mebibyte;
    await using archive = await openArchive(folder.path, { space: { freeBytes: async () => freeBytes, periodMs: 10 } });
    const { examination } = await archive.openExamination(undefined, anna);
    await archive.keepFile(examination, keptOf(1), async (path) => {
      freeBytes = 255 * mebibyte;
      await untilState(archive, 'full');
      return await whole(path);
    });
    expect((await archive.open())?.kept).toEqual([keptOf(1)]);
  });

  it('stays where its row is refused, unless the examination is not there', async () => {
    using folder = temporaryFolder();
    const archive = await openArchive(folder.path);
    const { examination } = await archive.openExamination(undefined, anna);
    await expect(archive.keepFile('2.25.1', keptOf(1), whole)).rejects.toMatchObject(code('examination/unknown'));
    expect(existsSync(archive.fileOf('2.25.1', keptOf(1).kept))).toBe(false);
    const late = archive.keepFile(examination, keptOf(1), async (path) => {
      await archive.close();
      return await whole(path);
    });
    await expect(late).rejects.toMatchObject(code('archive/closed'));
    expect(existsSync(archive.fileOf(examination, keptOf(1).kept))).toBe(true);
  });
});

describe('the thread of the store', () => {
  it('is closed once, however often', async () => {
    using folder = temporaryFolder();
    const states: string[] = [];
    const archive = await openArchive(folder.path);
    archive.state$.subscribe(({ state }) => states.push(state));
    const found = archive.find('');
    await Promise.all([archive.close(), archive.close()]);
    await archive.close();
    expect(await found).toEqual({ examinations: [], more: false });
    await expect(archive.find('')).rejects.toMatchObject(code('archive/closed'));
    expect(states).toEqual(['ready']);
    expect(readdirSync(folder.path).sort()).toEqual(['archive.db', 'archive.lock']);
  });

  it('that dies is replaced; what waited is refused, and what was acknowledged is there', async () => {
    using folder = temporaryFolder();
    const threads: Worker[] = [];
    const note = (message: unknown): number => threads.push((message as { worker: Worker }).worker);
    subscribe('worker_threads', note);
    const warned: object[] = [];
    await using archive = await openArchive(folder.path, { log: { ...silentLog, warn: (fields) => warned.push(fields) } });
    const { examination } = await archive.openExamination(undefined, anna);
    await archive.putMarks(examination, [markOf(1)], anna);
    const marks = Array.from({ length: 500 }, (_, number) => markOf(number + 2));
    const waiting = Promise.allSettled(marks.map((mark) => archive.putMarks(examination, [mark], anna)));
    await threads[0]?.terminate();
    expect(await untilState(archive, 'failed')).toMatchObject({ error: code('archive/interrupted') });
    const refused = (await waiting).filter((answer) => answer.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.reason).toMatchObject(code('archive/interrupted'));
    await expect(archive.find('')).rejects.toMatchObject(code('archive/interrupted'));
    await untilState(archive, 'ready');
    unsubscribe('worker_threads', note);
    expect(threads).toHaveLength(2);
    await archive.putMarks(examination, marks, anna);
    expect((await archive.open())?.marks).toHaveLength(501);
  });

  it('that dies while a still is written takes nothing of it along', async () => {
    using folder = temporaryFolder();
    const threads: Worker[] = [];
    const note = (message: unknown): number => threads.push((message as { worker: Worker }).worker);
    subscribe('worker_threads', note);
    await using archive = await openArchive(folder.path);
    unsubscribe('worker_threads', note);
    const { examination } = await archive.openExamination(undefined, anna);
    const kept = await archive.keepFile(examination, keptOf(1), async (path) => {
      await writeFile(path, 'abcd');
      await threads[0]?.terminate();
      return keptOf(1);
    });
    expect(kept).toEqual(keptOf(1));
    expect((await archive.open())?.kept).toEqual([keptOf(1)]);
  });

  it('that dies while a clip of before is adopted leaves the clip to the next one, and waits for no patience afterwards', async () => {
    using folder = temporaryFolder();
    const before = await openArchive(folder.path);
    const { examination } = await before.openExamination(undefined, anna);
    await before.close();
    const clip = keptOf(1, { kind: 'clip' });
    const part = framesFile(folder.path, examination, clip.kept, partEnd);
    mkdirSync(dirname(part), { recursive: true });
    writeFileSync(part, 'abcd');
    const threads: Worker[] = [];
    const note = (message: unknown): number => threads.push((message as { worker: Worker }).worker);
    subscribe('worker_threads', note);
    let adoptions = 0;
    const adopt = async (): Promise<Kept> => {
      if (++adoptions === 1) {
        await threads[0]?.terminate();
        await expect.poll(() => threads.length).toBe(2);
        // Long enough for the second thread to have opened the store and told of the clip again.
        await setTimeout(1000);
      }
      return clip;
    };
    const patienceMs = 2000;
    await using archive = await openArchive(folder.path, { adopt, patienceMs });
    await untilState(archive, 'ready');
    unsubscribe('worker_threads', note);
    expect((await archive.open())?.kept).toEqual([clip]);
    expect(readFileSync(archive.fileOf(examination, clip.kept), 'utf8')).toBe('abcd');
    await setTimeout(patienceMs + 200);
    expect((await archive.open())?.kept).toEqual([clip]);
  });

  it('holds up nothing else while the disk works', async () => {
    using folder = temporaryFolder();
    await using archive = await openArchive(folder.path);
    const { examination } = await archive.openExamination(undefined, anna);
    const marks = Array.from({ length: 3000 }, (_, number) => markOf(number, { shape: { kind: 'trace', text: 'x'.repeat(2000) } }));
    await archive.putMarks(examination, marks, anna);
    const turns = countTurns();
    expect((await archive.content(examination)).marks).toEqual(marks);
    // 6 MB come in pages of 64 KiB, with a turn of the event loop after each.
    expect(turns()).toBeGreaterThan(90);
  });
});

/** Turns of the event loop until it is asked. */
function countTurns(): () => number {
  let turns = 0;
  let counts = true;
  const count = (): void => {
    turns++;
    if (counts) setImmediate(count);
  };
  setImmediate(count);
  return () => {
    counts = false;
    return turns;
  };
}

function fillUp(path: string, leaveBytes: number): void {
  const file = openSync(path, 'w');
  const block = Buffer.alloc(64 * 1024);
  let bytes = 0;
  try {
    for (;;) bytes += writeSync(file, block);
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'ENOSPC' });
  } finally {
    closeSync(file);
  }
  truncateSync(path, bytes - leaveBytes);
}
