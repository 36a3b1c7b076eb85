import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { filter, firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Archive, ArchivedContent } from '../../src/archive/archive.ts';
import { recover } from '../../src/archive/recover.ts';
import { type Random, seeded } from '../support/mutant.ts';
import { anna, bert, bookmarkOf, hex, markOf, openArchive, temporaryFolder, untilState } from './examples.ts';

const variants = Number(process.env.LUMENCAST_DAMAGES ?? 30);
const studies = 4;
const marksEach = 60;
const marksBefore = Array.from({ length: marksEach }, (_, number) => markOf(number));

async function fillArchive(archive: Archive): Promise<void> {
  for (let study = 0; study < studies; study++) {
    const { examination } = await archive.openExamination({ name: `Patient ${study}`, id: `N-${study}` }, anna);
    const marks = Array.from({ length: marksEach }, (_, number) => markOf(number));
    await archive.putMarks(examination, marks, anna);
    await archive.putMarks(
      examination,
      marks.slice(0, 10).map((mark) => ({ ...mark, revision: 2 })),
      bert,
    );
    await archive.putBookmark(examination, bookmarkOf(study, study));
  }
}

async function everything(archive: Archive): Promise<ArchivedContent[]> {
  const { examinations } = await archive.find('');
  return await Promise.all(examinations.map(({ examination }) => archive.content(examination)));
}

/** Marks and bookmarks with the examination that they belong to. */
function entriesOf(contents: readonly ArchivedContent[]): string[] {
  return contents.flatMap(({ examination, marks, bookmarks }) =>
    [...marks, ...bookmarks].map((entry) => `${examination.examination} ${JSON.stringify(entry)}`),
  );
}

describe('a recovery that keeps failing', () => {
  it('puts aside only what was not put aside before', async () => {
    using folder = temporaryFolder();
    await (await openArchive(folder.path)).close();
    const path = join(folder.path, 'archive.db');
    writeFileSync(path, Buffer.alloc(3 * 2 ** 20, 7));
    // In the way of the new store.
    mkdirSync(join(folder.path, 'archive.db.recovering', 'in-the-way'), { recursive: true });
    const asides = (): string[] => readdirSync(folder.path).filter((name) => name.includes('.damaged-'));
    const fail = async (hour: number): Promise<void> => {
      await expect(recover(folder.path, hour * 3600e6)).rejects.toMatchObject({ code: 'archive/not-mended' });
    };
    await fail(1);
    await fail(2);
    expect(asides()).toEqual(['archive.db.damaged-19700101T010000000Z']);
    // As where there is no second name for a file.
    const [aside = ''] = asides();
    rmSync(join(folder.path, aside));
    cpSync(path, join(folder.path, aside));
    await fail(3);
    expect(asides()).toEqual([aside]);
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] = 8;
    writeFileSync(path, bytes);
    await fail(4);
    expect(asides()).toEqual([aside, 'archive.db.damaged-19700101T040000000Z']);
  });
});

type Damage = (bytes: Buffer, random: Random) => Buffer;

const cutOff: Damage = (bytes, random) => bytes.subarray(0, random(bytes.length));

/** Bytes that became others, pages that were never written, an end that is missing, and the first page. */
const damages: readonly Damage[] = [
  (bytes, random) => {
    for (let places = 1 + random(6); places > 0; places--) bytes[random(bytes.length)] = random(256);
    return bytes;
  },
  (bytes, random) => {
    const at = random(bytes.length);
    return bytes.fill(random(256), at, at + 1 + random(300));
  },
  (bytes, random) => {
    const at = 4096 * (1 + random(bytes.length / 4096 - 1));
    return bytes.fill(0, at, at + 4096 * (1 + random(3)));
  },
  cutOff,
  (bytes, random) => {
    for (let places = 3; places > 0; places--) bytes[random(110)] = random(256);
    return bytes;
  },
];

describe('a damaged store', () => {
  it(`is told, put aside, and recovered without one wrong value, ${variants} times`, { timeout: 60_000 + variants * 4000 }, async () => {
    using folder = temporaryFolder(true);
    const whole = join(folder.path, 'whole');
    {
      await using archive = await openArchive(whole);
      await fillArchive(archive);
    }
    const original = await openArchive(whole);
    const before = await everything(original);
    await original.close();
    const known = new Set(entriesOf(before));
    // Where the row that was in force is lost with its revision, the one before is what is left.
    const earlier = new Set(entriesOf(before.map((content) => ({ ...content, marks: marksBefore }))));
    const bytes = readFileSync(join(whole, 'archive.db'));
    const seen = { whole: 0, damaged: 0 };
    for (let variant = 0; variant < variants; variant++) {
      const random = seeded(Math.imul(variant + 1, 0x9e37_79b1));
      const damage = damages[variant % damages.length] as Damage;
      const place = join(folder.path, `${variant}`);
      cpSync(whole, place, { recursive: true });
      const damaged = damage(Buffer.from(bytes), random);
      writeFileSync(join(place, 'archive.db'), damaged);
      await using archive = await openArchive(place);
      const { state, error } = archive.state$.value;
      const now = await everything(archive);
      if (state === 'ready') {
        expect([variant, now]).toEqual([variant, before]);
        seen.whole++;
      } else {
        expect([variant, state, error?.code]).toEqual([variant, 'damaged', 'archive/damaged']);
        const aside = readdirSync(place).filter((name) => name.startsWith('archive.db.damaged-'));
        expect(aside.map((name) => readFileSync(join(place, name)))).toEqual([damaged]);
        const entries = entriesOf(now);
        expect([variant, entries.filter((entry) => !known.has(entry) && !earlier.has(entry))]).toEqual([variant, []]);
        seen.damaged++;
        if (damage !== cutOff) expect([variant, entries.length > known.size * 0.8]).toEqual([variant, true]);
      }
      const { examination } = await archive.openExamination(undefined, anna);
      await archive.putMarks(examination, [markOf(1)], anna);
      await archive.close();
      const looked = new DatabaseSync(join(place, 'archive.db'));
      expect(looked.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
      expect(looked.prepare('pragma foreign_key_check').all()).toEqual([]);
      looked.close();
    }
    expect(seen.damaged).toBeGreaterThan(variants / 2);
  });

  it('whose value became another one, which SQLite cannot see, gives all but that', async () => {
    using folder = temporaryFolder(true);
    {
      await using archive = await openArchive(folder.path);
      const { examination } = await archive.openExamination(undefined, anna);
      await archive.putMarks(examination, [markOf(1), markOf(2), markOf(3)], anna);
      await archive.putMarks(examination, [markOf(3, { revision: 2 })], anna);
    }
    const database = new DatabaseSync(join(folder.path, 'archive.db'));
    // A measured point moves; of another mark the newest row is gone, but not its revision.
    database.exec(`update mark set body = replace(body, '10.25', '70.25') where id = '${hex(1)}'`);
    database.exec(`update mark_revision set body = replace(body, '10.25', '70.25') where mark = '${hex(1)}'`);
    database.exec(`delete from mark where id in ('${hex(3)}')`);
    expect(database.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    database.close();
    await using archive = await openArchive(folder.path);
    expect(archive.state$.value).toMatchObject({ state: 'damaged', error: { code: 'archive/damaged' } });
    expect((await archive.open())?.marks).toEqual([markOf(2), markOf(3, { revision: 2 })]);
  });

  it('that is too large to be checked first is checked while it is used, and recovered', async () => {
    using folder = temporaryFolder(true);
    const archived = { checkFirstBytes: 0 };
    {
      await using archive = await openArchive(folder.path, archived);
      await fillArchive(archive);
    }
    {
      await using archive = await openArchive(folder.path, archived);
      expect((await archive.open())?.marks).toHaveLength(marksEach);
    }
    const database = new DatabaseSync(join(folder.path, 'archive.db'));
    database.exec(`update mark set revision = 3 where id = '${hex(20)}'`);
    database.close();
    await using archive = await openArchive(folder.path, archived);
    expect((await untilState(archive, 'damaged')).error).toMatchObject({ code: expect.stringMatching(/^archive\/(row-)?damaged$/) });
    await firstValueFrom(archive.state$.pipe(filter(({ error }) => error?.code === 'archive/damaged')));
    expect((await archive.open())?.marks.find(({ mark }) => mark === hex(20))).toEqual(markOf(20));
  });

  it('that has lost its first page, where everything begins, gives all that stands on the others', async () => {
    using folder = temporaryFolder(true);
    const path = join(folder.path, 'archive.db');
    let before: ArchivedContent[] = [];
    {
      await using archive = await openArchive(folder.path);
      await fillArchive(archive);
      before = await everything(archive);
    }
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xa5, 0, 4096));
    await using archive = await openArchive(folder.path);
    expect(archive.state$.value).toMatchObject({ state: 'damaged', error: { code: 'archive/damaged' } });
    expect(await everything(archive)).toEqual(before);
    const left = readdirSync(folder.path).filter((name) => /mended|recover|damaged.*-(shm|wal)/.test(name));
    expect(left).toEqual([]);
  });

  it('that lost a patient, an examination and a stream keeps what referred to them', async () => {
    using folder = temporaryFolder(true);
    let examination = '';
    {
      await using archive = await openArchive(folder.path);
      ({ examination } = await archive.openExamination({ name: 'A', id: '1' }, anna));
      await archive.putMarks(examination, [markOf(1)], anna);
      await archive.openExamination({ name: 'B', id: '2' }, anna);
    }
    const database = new DatabaseSync(join(folder.path, 'archive.db'), { enableForeignKeyConstraints: false });
    database.exec(`delete from series; delete from patient; delete from study where id = '${examination}'; update study set closed_us = 7`);
    database.close();
    await using archive = await openArchive(folder.path);
    expect(archive.state$.value.state).toBe('damaged');
    const content = await archive.content(examination);
    expect(content).toMatchObject({ examination: { anonymous: true, marks: 1 }, marks: [markOf(1)] });
    expect(await archive.open()).toBeUndefined();
  });

  it('that was being put aside when the power failed is put aside by the next start', async () => {
    using folder = temporaryFolder(true);
    {
      await using archive = await openArchive(folder.path);
      const { examination } = await archive.openExamination(undefined, anna);
      await archive.putMarks(examination, [markOf(1)], anna);
    }
    // As it stands when a recovered store is complete and not yet in its place.
    cpSync(join(folder.path, 'archive.db'), join(folder.path, 'archive.db.recovered'));
    writeFileSync(join(folder.path, 'archive.db'), 'damaged');
    writeFileSync(join(folder.path, 'archive.db-wal'), 'of the damaged one');
    await using archive = await openArchive(folder.path);
    expect(archive.state$.value.state).toBe('ready');
    expect((await archive.open())?.marks).toEqual([markOf(1)]);
    expect(existsSync(join(folder.path, 'archive.db.recovered'))).toBe(false);
  });
});
