import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { anna, bert, bookmarkOf, hex, keptOf, markOf, openArchive, temporaryFolder } from './examples.ts';

const patient = { name: 'Müller, Grete', id: 'A-4711', born: '1950-02-28', sex: 'female' } as const;

describe('an examination', () => {
  it('is there again after the archive was opened anew, with everything in it', async () => {
    using folder = temporaryFolder();
    const calibration = { stream: 0, picture: markOf(1).picture, by: anna };
    const still = keptOf(7);
    let examination = '';
    {
      await using archive = await openArchive(folder.path);
      expect(archive.state$.value).toMatchObject({ state: 'ready' });
      expect(await archive.open()).toBeUndefined();
      ({ examination } = await archive.openExamination(patient, anna));
      expect(examination).toMatch(/^2\.25\.[0-9]{1,39}$/);
      await archive.putMarks(examination, [markOf(1), markOf(2), markOf(3)], anna);
      await archive.putMarks(examination, [markOf(1, { revision: 2, changedBy: bert })], bert);
      await archive.removeMark(examination, markOf(2, { revision: 2, changedBy: bert }), bert);
      await archive.calibrate(examination, calibration, [markOf(3, { revision: 2 })]);
      await archive.putBookmark(examination, bookmarkOf(5, 20));
      await archive.putBookmark(examination, bookmarkOf(6, 10));
      const kept = await archive.keepFile(examination, still, async (path) => {
        await writeFile(path, 'abcd');
        return still;
      });
      expect(kept).toEqual(still);
      await archive.putMarks(examination, [markOf(4, { kept: still.kept })], anna);
    }
    await using archive = await openArchive(folder.path);
    const content = await archive.open();
    expect(content).toMatchObject({ examination: { examination, patient, anonymous: false, stills: 1, clips: 0, marks: 3 } });
    expect(content?.examination.closedUs).toBeUndefined();
    expect(content?.marks).toEqual([
      markOf(1, { revision: 2, changedBy: bert }),
      markOf(3, { revision: 2 }),
      markOf(4, { kept: still.kept }),
    ]);
    expect(content?.removed).toEqual([markOf(2, { revision: 2, changedBy: bert })]);
    expect(content?.bookmarks).toEqual([bookmarkOf(6, 10), bookmarkOf(5, 20)]);
    expect(content?.calibrations).toEqual([calibration]);
    expect(content?.kept).toEqual([still]);
    expect(readFileSync(archive.fileOf(examination, still.kept), 'utf8')).toBe('abcd');
  });

  it('keeps of a bookmark that was removed who did that, and brings it back for nobody', async () => {
    using folder = temporaryFolder();
    {
      await using archive = await openArchive(folder.path);
      const { examination } = await archive.openExamination(patient, anna);
      await archive.putBookmark(examination, bookmarkOf(5, 20));
      await archive.putBookmark(examination, bookmarkOf(6, 10));
      await archive.removeBookmark(examination, hex(5), anna);
      await archive.removeBookmark(examination, hex(5), bert);
      await expect(archive.removeBookmark(examination, hex(7), anna)).rejects.toMatchObject({ code: 'examination/unknown-bookmark' });
      await expect(archive.putBookmark(examination, bookmarkOf(5, 20))).rejects.toMatchObject({ code: 'examination/unknown-bookmark' });
    }
    {
      await using archive = await openArchive(folder.path);
      expect((await archive.open())?.bookmarks).toEqual([bookmarkOf(6, 10)]);
    }
    using store = new DatabaseSync(join(folder.path, 'archive.db'));
    const row = store.prepare('select body from bookmark where id = ?').get(hex(5)) as { body: string };
    expect(JSON.parse(row.body)).toEqual({ ...bookmarkOf(5, 20), removed: { by: anna, atUs: expect.any(Number) } });
    const acts = store.prepare("select author_name from journal where act = 'remove-bookmark' and object = ?").all(hex(5));
    expect(acts).toEqual([{ author_name: anna.name }]);
  });

  it('is closed, found again and opened again with every mark editable', async () => {
    using folder = temporaryFolder();
    await using archive = await openArchive(folder.path);
    const { examination } = await archive.openExamination(patient, anna);
    await archive.putMarks(examination, [markOf(1)], anna);
    const closed = await archive.closeExamination(bert);
    expect(closed.closedUs).toBeGreaterThanOrEqual(closed.openedUs);
    await expect(archive.closeExamination(bert)).rejects.toMatchObject({ code: 'examination/none-open' });
    const other = await archive.openExamination(undefined, bert);
    expect(other.anonymous).toBe(true);
    expect((await archive.find('grete')).examinations.map((found) => found.examination)).toEqual([examination]);
    const again = await archive.reopenExamination(examination, bert);
    expect(again.examination.closedUs).toBeUndefined();
    expect((await archive.content(other.examination)).examination.closedUs).toBeDefined();
    await archive.putMarks(examination, [markOf(1, { revision: 2 })], bert);
    expect((await archive.open())?.marks).toEqual([markOf(1, { revision: 2 })]);
    await expect(archive.reopenExamination('2.25.1', bert)).rejects.toMatchObject({ code: 'examination/unknown' });
  });

  it('takes another patient without keeping the one that was mistaken', async () => {
    using folder = temporaryFolder();
    {
      await using archive = await openArchive(folder.path);
      const { examination } = await archive.openExamination(patient, anna);
      const named = await archive.namePatient(examination, { name: 'Ångström, Jo', id: '' }, bert);
      expect(named.patient).toEqual({ name: 'Ångström, Jo', id: '' });
      expect((await archive.find('grete')).examinations).toEqual([]);
      await expect(archive.namePatient('2.25.1', patient, bert)).rejects.toMatchObject({ code: 'examination/unknown' });
    }
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(join(folder.path, 'archive.db'), { readOnly: true });
    expect(database.prepare('select name from patient').all()).toEqual([{ name: 'Ångström, Jo' }]);
    const journal = database.prepare('select act, author_name, object from journal order by id').all();
    expect(journal.map(({ act }) => act)).toEqual(['open-examination', 'name-patient']);
    expect(JSON.stringify(journal)).not.toMatch(/Grete|4711|ngstr/);
    database.close();
  });
});

describe('looking for examinations', () => {
  it('knows names and numbers in any case, with their dots or as they are written without', async () => {
    using folder = temporaryFolder();
    await using archive = await openArchive(folder.path);
    const names = ['Müller, Grete', 'MUELLER, Hans', 'Weiß, Zoë', 'Straße_100%, A', 'Sørensen, Bo'];
    const ids: Record<string, string> = {};
    for (const [number, name] of names.entries()) {
      ids[(await archive.openExamination({ name, id: `X-${number}00` }, anna)).examination] = name;
    }
    const found = async (text: string) => (await archive.find(text)).examinations.map(({ examination }) => ids[examination]);
    expect(await found('MÜLLER')).toEqual(['MUELLER, Hans', 'Müller, Grete']);
    expect(await found('mueller')).toEqual(['MUELLER, Hans', 'Müller, Grete']);
    expect(await found('muller')).toEqual(['Müller, Grete']);
    expect(await found('WEISS zoe')).toEqual(['Weiß, Zoë']);
    expect(await found('Zoë Weiß')).toEqual(['Weiß, Zoë']);
    expect(await found('hans, mueller')).toEqual(['MUELLER, Hans']);
    expect(await found('x-200 weiss')).toEqual(['Weiß, Zoë']);
    expect(await found('Grete Weiß')).toEqual([]);
    expect(await found('_100%')).toEqual(['Straße_100%, A']);
    expect(await found('%')).toEqual(['Straße_100%, A']);
    expect(await found('sörensen')).toEqual(['Sørensen, Bo']);
    expect(await found('x-200')).toEqual(['Weiß, Zoë']);
    expect(await found("' or 1=1 --")).toEqual([]);
    expect(await found('')).toHaveLength(5);
  });

  it('answers fifty at a time, newest first, each once', async () => {
    using folder = temporaryFolder();
    await using archive = await openArchive(folder.path, { nowUs: () => 1_700_000_000_000_000 });
    await Promise.all(Array.from({ length: 120 }, () => archive.openExamination(undefined, anna)));
    const seen: string[] = [];
    let beforeUs: number | undefined;
    for (let more = true; more; ) {
      const page = await archive.find('', beforeUs);
      expect(page.examinations.length).toBeLessThanOrEqual(50);
      seen.push(...page.examinations.map(({ examination }) => examination));
      beforeUs = page.examinations.at(-1)?.openedUs;
      more = page.more;
    }
    expect(new Set(seen).size).toBe(120);
    expect(seen).toHaveLength(120);
  });
});

describe('marks', () => {
  it('sent twice are kept once; another content of a revision is refused', async () => {
    using folder = temporaryFolder();
    await using archive = await openArchive(folder.path);
    const { examination } = await archive.openExamination(undefined, anna);
    await archive.putMarks(examination, [markOf(1)], anna);
    await archive.putMarks(examination, [markOf(1)], anna);
    await archive.putMarks(examination, [markOf(1, { madeUs: 9, changedUs: 9 })], anna);
    const other = markOf(1, { shape: { kind: 'point', points: [{ x: 1, y: 1 }] } });
    await expect(archive.putMarks(examination, [markOf(2), other], bert)).rejects.toMatchObject({
      code: 'examination/changed-meanwhile',
      message: 'Anna has changed this mark meanwhile',
    });
    await expect(archive.putMarks('2.25.1', [markOf(1)], anna)).rejects.toMatchObject({ code: 'examination/unknown' });
    expect((await archive.open())?.marks).toEqual([markOf(1)]);
  });

  it('a thousand at once are all kept, in few transactions, while others of them are refused', async () => {
    using folder = temporaryFolder();
    await using archive = await openArchive(folder.path);
    const { examination } = await archive.openExamination(undefined, anna);
    const puts = Array.from({ length: 1000 }, (_, number) => archive.putMarks(examination, [markOf(number)], anna));
    const bad = archive.putMarks('2.25.1', [markOf(1)], anna).catch(({ code }) => code);
    await Promise.all(puts);
    expect(await bad).toBe('examination/unknown');
    expect((await archive.open())?.marks.map(({ mark }) => mark)).toEqual(Array.from({ length: 1000 }, (_, number) => hex(number)));
  });
});

describe('stills and clips', () => {
  it('that were not written whole leave nothing', async () => {
    using folder = temporaryFolder();
    await using archive = await openArchive(folder.path);
    const { examination } = await archive.openExamination(undefined, anna);
    const failing = archive.keepFile(examination, keptOf(1), async (path) => {
      await writeFile(path, 'half');
      throw new Error('the recorder is gone');
    });
    await expect(failing).rejects.toMatchObject({ code: 'archive/file-not-written' });
    expect(readdirSync(join(folder.path, examination))).toEqual([]);
    expect((await archive.open())?.kept).toEqual([]);
  });

  it('are taken away with their marks and their file', async () => {
    using folder = temporaryFolder();
    await using archive = await openArchive(folder.path);
    const { examination } = await archive.openExamination(undefined, anna);
    const keep = (number: number) =>
      archive.keepFile(examination, keptOf(number), async (path) => {
        await writeFile(path, 'abcd');
        return keptOf(number);
      });
    await Promise.all([keep(1), keep(2)]);
    await archive.putMarks(examination, [markOf(1, { kept: hex(1) }), markOf(2, { kept: hex(2) })], anna);
    await archive.removeKept(examination, hex(1), bert);
    await archive.removeKept(examination, hex(1), bert);
    await expect(archive.removeKept(examination, hex(3), bert)).rejects.toMatchObject({ code: 'examination/unknown-kept' });
    await expect(archive.putKept(examination, keptOf(1), anna)).rejects.toMatchObject({ code: 'examination/unknown-kept' });
    const content = await archive.content(examination);
    expect(content.kept).toEqual([keptOf(2)]);
    expect(content.marks).toEqual([markOf(2, { kept: hex(2) })]);
    expect(content.removed).toMatchObject([{ mark: hex(1), revision: 2, changedBy: bert }]);
    expect(content.examination).toMatchObject({ stills: 1, marks: 1 });
    expect(readdirSync(join(folder.path, examination))).toEqual([`${hex(2)}.frames`]);
  });

  it('that lost their file say so; what was begun and not finished is cleared at the start', async () => {
    using folder = temporaryFolder();
    let examination = '';
    {
      await using archive = await openArchive(folder.path);
      ({ examination } = await archive.openExamination(undefined, anna));
      await archive.putKept(examination, keptOf(1), anna);
      await archive.keepFile(examination, keptOf(2), async (path) => {
        await writeFile(path, 'abcd');
        return keptOf(2);
      });
    }
    const place = join(folder.path, examination);
    writeFileSync(join(place, `${hex(3)}.frames.part`), 'half');
    writeFileSync(join(place, `${hex(4)}.frames`), 'not acknowledged');
    await using archive = await openArchive(folder.path);
    expect(archive.state$.value).toMatchObject({ state: 'damaged', error: { code: 'archive/files-missing' } });
    expect((await archive.open())?.kept).toMatchObject([
      { kept: hex(1), state: 'failed', error: { code: 'archive/file-missing' } },
      { kept: hex(2), state: 'kept' },
    ]);
    expect(existsSync(join(place, `${hex(3)}.frames.part`))).toBe(false);
    expect(existsSync(join(place, `${hex(4)}.frames`))).toBe(true);
    await archive.putBookmark(examination, bookmarkOf(1, 1));
  });

  it('have no names but those of the protocol', async () => {
    using folder = temporaryFolder();
    await using archive = await openArchive(folder.path);
    expect(() => archive.fileOf('../x', hex(1))).toThrow(RangeError);
    expect(() => archive.fileOf('2.25.1', '../../etc/passwd')).toThrow(RangeError);
  });
});

it('nobody else may read what is kept', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'archive');
  await using archive = await openArchive(path);
  const { examination } = await archive.openExamination(undefined, anna);
  await archive.keepFile(examination, keptOf(2), async (file) => {
    await writeFile(file, 'abcd');
    return keptOf(2);
  });
  const files = readdirSync(path, { recursive: true, withFileTypes: true });
  expect(files.map(({ name }) => name)).toContain('archive.db-wal');
  expect(statSync(path).mode & 0o077).toBe(0);
  for (const file of files.filter((entry) => entry.name !== `${hex(2)}.frames`))
    expect([file.name, statSync(join(file.parentPath, file.name)).mode & 0o077]).toEqual([file.name, 0]);
});
