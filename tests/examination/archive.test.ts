import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExaminationRecord } from '../../src/examination/record.ts';
import type { Stores } from '../../src/examination/stores.ts';
import type { SharedMark } from '../../src/protocol/examination-messages.ts';
import type { TestViewer } from '../broadcast/test-room.ts';
import { TestViewer as Viewer } from '../broadcast/test-room.ts';
import { type Random, seeded } from '../support/mutant.ts';
import { startServer } from '../support/running-server.ts';
import { answerTo, asked, caughtUp, instead, line, named, nextRequest, openCompany, outcome, type Told } from './company.ts';

type Company = Awaited<ReturnType<typeof openCompany>>;
const erika = { name: 'Example, Erika', id: '4711', born: '1970-01-31', sex: 'female' } as const;
const max = { name: 'Muster, Max', id: '12' } as const;

let company: Company;
beforeEach(async () => {
  company = await openCompany();
});
afterEach(() => company.close());

/** The same server again, over the same folder. */
async function restart(): Promise<void> {
  const { folder } = company;
  await company.close(true);
  company = await openCompany(undefined, folder);
}

/** The marks as a viewer knows them who has heard everything. */
function heard(viewer: TestViewer): Map<string, SharedMark> {
  const marks = new Map<string, SharedMark>();
  for (const message of viewer.messages) {
    if (message.type === 'marks') {
      marks.clear();
      for (const mark of message.marks) marks.set(mark.mark, mark);
    }
    if (message.type === 'mark-put') marks.set(message.mark.mark, message.mark);
    if (message.type === 'mark-removed') marks.delete(message.mark);
  }
  return marks;
}
const opened = (viewer: TestViewer): string => viewer.last('examination')?.examination?.examination ?? '';

describe('an examination', () => {
  it('is opened for a patient, closed, found again, looked into, and reopened with every mark editable', async () => {
    const { operator } = company;
    const anna = await company.somebody('marker', 'Anna');
    const observer = await company.somebody('observer', 'Olga');
    const first = (await asked(operator, { type: 'open-examination', patient: erika })) as Told<'examination-set'>;
    expect(first.examination).toMatchObject({ patient: erika, anonymous: false, marks: 0 });
    await asked(anna, company.put(1, 0, 5));
    await asked(anna, { type: 'bookmark', bookmark: named(9), stream: 0, atUs: 5, text: 'look here' });
    await asked(anna, { type: 'calibrate', stream: 1, calibration: { points: line(1).points, known: { french: 6 } } });
    const second = (await asked(operator, { type: 'open-examination', patient: max })) as Told<'examination-set'>;
    await caughtUp(anna);
    expect(heard(anna).size).toBe(0);
    expect(anna.last('bookmarks')?.bookmarks).toEqual([]);
    expect(anna.last('calibrated')).not.toHaveProperty('calibration');
    const closed = (await asked(operator, { type: 'close-examination' })) as Told<'examination-set'>;

    const found = async (text: string) =>
      ((await asked(operator, { type: 'find-examinations', text })) as Told<'examinations'>).examinations;
    expect((await found('eRIK')).map(({ examination }) => examination)).toEqual([first.examination?.examination]);
    expect((await found('')).map(({ patient }) => patient?.name)).toEqual([max.name, erika.name]);
    const id = first.examination?.examination ?? '';
    const inside = (await asked(operator, { type: 'look-into', examination: id })) as Told<'examination-content'>;
    expect(inside).toMatchObject({ marks: [{ mark: named(1) }], bookmarks: [{ text: 'look here' }], examination: { marks: 1 } });

    expect(await outcome(operator, { type: 'reopen-examination', examination: id })).toBe('examination-set');
    await caughtUp(anna);
    expect(heard(anna).get(named(1))).toMatchObject({ revision: 1, author: { name: 'Anna' } });
    // It was of the picture of that time.
    expect(anna.last('calibrated')).not.toHaveProperty('calibration');
    expect(await asked(anna, company.put(1, 1, 50))).toMatchObject({ mark: { revision: 2 } });
    const later = { fromUs: closed.examination?.closedUs };
    expect(await asked(anna, company.put(2, 0, 50, later))).toMatchObject({ mark: { shape: { number: 2 } } });
    expect(second.examination?.examination).not.toBe(id);

    // Observers know that there is one, and nothing of whom.
    await caughtUp(observer);
    expect(observer.last('examination')?.examination).toMatchObject({ examination: id });
    expect(JSON.stringify(observer.messages)).not.toMatch(/Erika|Muster|4711/);
    expect(anna.last('examination')?.examination?.patient).toEqual(erika);
  });

  it('is opened without a patient by the first mark, once, and gets one later', async () => {
    const both = [await company.somebody('marker', 'Anna'), await company.somebody('marker', 'Bernd')] as const;
    await Promise.all(both.map((viewer, at) => asked(viewer, company.put(at, 0, 5))));
    const id = opened(both[0]);
    expect(both[0].last('examination')?.examination).toMatchObject({ anonymous: true });
    const all = (await asked(company.operator, { type: 'find-examinations', text: '' })) as Told<'examinations'>;
    expect(all.examinations.map(({ examination }) => examination)).toEqual([id]);
    expect(await asked(company.operator, { type: 'name-patient', patient: erika })).toMatchObject({
      examination: { examination: id, patient: erika, anonymous: false },
    });
  });

  it('what was made in another one is refused', async () => {
    const { operator } = company;
    await asked(operator, { type: 'open-examination', patient: erika });
    const before = opened(operator);
    await asked(operator, { type: 'open-examination', patient: max });
    const late = { examination: before };
    expect(await outcome(operator, company.put(1, 0, 5, late))).toBe('examination/another');
    expect(await outcome(operator, { type: 'bookmark', bookmark: named(9), stream: 0, atUs: 5, text: '', ...late })).toBe(
      'examination/another',
    );
    expect(await outcome(operator, { type: 'keep', kept: named(9), stream: 0, kind: 'still', ...late })).toBe('examination/another');
    expect(await outcome(operator, { type: 'calibrate', stream: 0, ...late })).toBe('examination/another');
    await caughtUp(operator);
    const now = { examination: opened(operator), fromUs: operator.last('examination')?.examination?.openedUs };
    expect(await outcome(operator, company.put(1, 0, 5, now))).toBe('mark-put');
  });

  it.each([
    ['markup', { name: 'Erika <b>Example</b>', id: '' }, 'marks/markup'],
    ['nothing', { name: '   ', id: '' }, 'examination/bad-message'],
    ['10,000 characters', { name: 'x'.repeat(10_000), id: '' }, 'examination/bad-message'],
    ['a day that never was', { name: 'Erika', id: '', born: '1970-02-31' }, 'examination/bad-message'],
    ['something else beside', { name: 'Erika', id: '', insurance: 'x' }, 'examination/bad-message'],
  ])('a patient of %s is refused', async (_what, patient, code) => {
    expect(await outcome(company.operator, { type: 'open-examination', patient } as never)).toBe(code);
    await caughtUp(company.operator);
    expect(company.operator.last('examination')?.examination).toBeUndefined();
  });

  it('is not for markers to open, nor for who may not see all streams', async () => {
    const marker = await company.somebody('marker', 'Anna');
    const some = await company.somebody('operator', 'Emil', [1]);
    for (const message of [
      { type: 'open-examination', patient: erika },
      { type: 'close-examination' },
      { type: 'find-examinations', text: '' },
      { type: 'look-into', examination: '2.25.1' },
      { type: 'reopen-examination', examination: '2.25.1' },
      { type: 'name-patient', patient: erika },
    ] as const) {
      expect(await outcome(marker, message)).toBe('access/not-permitted');
      expect(await outcome(some, message)).toBe('access/not-all-streams');
    }
    expect(await outcome(company.operator, { type: 'look-into', examination: '2.25.1' })).toBe('examination/unknown');
  });
});

describe('what is on disk', () => {
  it('loses a bookmark when its author or an operator takes it away, for everybody, once and for good', async () => {
    const { operator } = company;
    const anna = await company.somebody('marker', 'Anna');
    const olga = await company.somebody('observer', 'Olga');
    await asked(operator, { type: 'open-examination' });
    for (const number of [1, 2]) await asked(anna, { type: 'bookmark', bookmark: named(number), stream: 0, atUs: number, text: '' });
    await asked(olga, { type: 'bookmark', bookmark: named(3), stream: 0, atUs: 3, text: '' });
    const remove = (number: number) => ({ type: 'remove-bookmark', bookmark: named(number) }) as const;
    expect(await outcome(olga, remove(1))).toBe('examination/not-your-bookmark');
    expect(await outcome(anna, remove(3))).toBe('examination/not-your-bookmark');
    expect(await asked(anna, remove(1))).toMatchObject({ bookmarks: [{ bookmark: named(2) }, { bookmark: named(3) }] });
    expect(await asked(anna, remove(1))).toMatchObject({ bookmarks: [{ bookmark: named(2) }, { bookmark: named(3) }] });
    expect(await asked(olga, remove(3))).toMatchObject({ bookmarks: [{ bookmark: named(2) }] });
    expect(await asked(operator, remove(2))).toMatchObject({ bookmarks: [] });
    await olga.until(() => olga.last('bookmarks')?.bookmarks.length === 0 && olga.last('bookmarks')?.request === undefined);
    // Sent again since an answer was lost, also over a restart.
    await restart();
    await company.operator.until(() => company.operator.last('bookmarks') !== undefined);
    expect(company.operator.last('bookmarks')?.bookmarks).toEqual([]);
    const again = { type: 'bookmark', bookmark: named(2), stream: 0, atUs: 2, text: '' } as const;
    expect(await outcome(company.operator, again)).toBe('examination/unknown-bookmark');
  });

  it('is there after a restart: marks, what was removed, numbers, calibration, bookmarks', async () => {
    const { operator } = company;
    await asked(operator, { type: 'open-examination', patient: erika });
    const calibration = { points: line(40).points.map(({ x }) => ({ x, y: 40 })), known: { mm: 20 } };
    expect(await outcome(operator, { type: 'calibrate', stream: 0, calibration })).toBe('calibrated');
    for (let mark = 0; mark < 5; mark++) await asked(operator, company.put(mark, 0, mark));
    await asked(operator, { type: 'remove-mark', mark: named(4), revision: 1 });
    await asked(operator, { type: 'bookmark', bookmark: named(9), stream: 0, atUs: 5, text: '' });
    const before = heard(operator);
    await restart();
    await company.operator.until(() => company.operator.last('bookmarks') !== undefined);
    expect(heard(company.operator)).toEqual(before);
    expect(company.operator.last('examination')?.examination).toMatchObject({ patient: erika, marks: 4 });
    expect(company.operator.last('calibrated')).toMatchObject({ calibration: { known: { mm: 20 } } });
    expect(company.operator.last('bookmarks')?.bookmarks).toMatchObject([{ bookmark: named(9) }]);
    expect(await outcome(company.operator, company.put(4, 0, 4))).toBe('examination/changed-meanwhile');
    expect(await asked(company.operator, company.put(5, 0, 5))).toMatchObject({ mark: { shape: { number: 6 } } });
  });

  it('three people change marks at once, at random: all end with the same, and so does the archive', { timeout: 120_000 }, async () => {
    const people = await Promise.all(['Anna', 'Bernd', 'Clara'].map((name) => company.somebody('operator', name)));
    const random = seeded(31);
    const change = (viewer: TestViewer, draw: Random): object => {
      const mark = draw(12);
      const known = heard(viewer).get(named(mark));
      // Some are out of date on purpose.
      const revision = Math.max(0, (known?.revision ?? 0) - (draw(8) === 0 ? 1 : 0));
      if (known !== undefined && draw(5) === 0) return { type: 'remove-mark', mark: named(mark), revision };
      return company.put(mark, revision, draw(160));
    };
    let [accepted, refused] = [0, 0];
    for (let round = 0; round < 40; round++) {
      const requests = people.flatMap((viewer) =>
        Array.from({ length: 1 + random(3) }, () => {
          const request = nextRequest(viewer);
          viewer.say({ ...change(viewer, random), request } as never);
          return [viewer, request] as const;
        }),
      );
      for (const [viewer, request] of requests) {
        if ((await answerTo(viewer, request)).type === 'error') refused++;
        else accepted++;
      }
    }
    expect(Math.min(accepted, refused)).toBeGreaterThan(10);
    for (const viewer of people) await caughtUp(viewer);
    const [first, ...others] = people.map(heard);
    for (const other of others) expect(other).toEqual(first);
    const ordered = people.map((viewer) =>
      viewer.messages
        .flatMap((message) => (message.type === 'mark-put' ? [`${message.mark.mark} ${message.mark.revision}`] : []))
        // Told again to whose change came too late.
        .filter((told, at, all) => all.indexOf(told) === at),
    );
    for (const other of ordered.slice(1)) expect(new Set(other)).toEqual(new Set(ordered[0]));
    await restart();
    await company.operator.until(() => company.operator.last('marks') !== undefined);
    expect(heard(company.operator)).toEqual(first);
  });

  it('marks of a stream that is no more are no other stream’s', async () => {
    const { operator, folder } = company;
    await asked(operator, company.put(1, 0, 5));
    await asked(operator, company.put(2, 0, 5, { stream: 1, on: { epoch: company.epoch(1) } }));
    await company.close(true);
    company = await openCompany(undefined, folder, ['Angiogram', 'Something else']);
    await company.operator.until(() => company.operator.last('marks') !== undefined);
    const marks = heard(company.operator);
    expect(marks.get(named(1))?.stream).toBeUndefined();
    expect(marks.get(named(2))?.stream).toBe(0);
    const guest = await company.somebody('marker', 'Guest', [0]);
    await guest.until(() => guest.last('marks') !== undefined);
    expect([...heard(guest).keys()]).toEqual([named(2)]);
    // Who sees everything may still change it, and it finds back to its stream.
    const { stream: _, ...put } = company.put(1, 1, 9, { fromUs: marks.get(named(1))?.fromUs });
    expect(await outcome(company.operator, put)).toBe('mark-put');
    await restart();
    await company.operator.until(() => company.operator.last('marks') !== undefined);
    expect(heard(company.operator).get(named(1))).toMatchObject({ stream: 0, revision: 2 });
  });

  it('what is kept bears marks whatever the clock says, and while its stream is not there', { timeout: 120_000 }, async () => {
    const { operator, folder } = company;
    const { kept } = (await asked(operator, { type: 'keep', kept: named(9), stream: 0, kind: 'still' })) as Told<'kept'>;
    const on = (fromUs: number) => ({ on: { kept: kept.kept }, fromUs, untilUs: fromUs, stream: undefined });
    // As after a restart with a clock that was set back by an hour.
    const laterUs = 3600e6;
    const later = (archive: ExaminationRecord): ExaminationRecord =>
      instead(archive, {
        open: async () => {
          const open = await archive.open();
          const items = open?.kept.map((item) => ({ ...item, fromUs: item.fromUs + laterUs, toUs: item.toUs + laterUs }));
          return open && { ...open, kept: items ?? [] };
        },
      });
    await company.close(true);
    const between = ({ archive, past }: Stores): Stores => ({ archive: archive && later(archive), past });
    company = await openCompany(undefined, folder, ['Something else', 'Angiogram'], between);
    const atUs = kept.fromUs + laterUs;
    expect(await outcome(company.operator, company.put(1, 0, 5, { ...on(atUs), on: { epoch: company.epoch() }, stream: 0 }))).toBe(
      'examination/bad-time',
    );
    const put = await asked(company.operator, company.put(1, 0, 5, on(atUs)));
    expect(put).toMatchObject({ type: 'mark-put', mark: { kept: kept.kept } });
    expect((put as Told<'mark-put'>).mark).not.toHaveProperty('stream');
    const guest = await company.somebody('marker', 'Guest', [0]);
    expect(await outcome(guest, company.put(2, 0, 5, on(atUs)))).toBe('examination/unknown-kept');
    // It finds back to its stream with what it lies on.
    await company.close(true);
    company = await openCompany(undefined, folder, undefined, between);
    expect(await asked(company.operator, company.put(1, 1, 9, on(atUs)))).toMatchObject({ mark: { revision: 2, stream: 0 } });
  });
});

describe('kill -9 in the middle', () => {
  it('loses nothing that was acknowledged', { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lumencast-killed-'));
    const acknowledged = new Map<string, number>();
    try {
      for (let time = 0; time < 4; time++) {
        await using server = await startServer(['--data', folder, '--no-past']);
        const viewer = new Viewer(server.address, true);
        // On a busy machine the server listens before its source has said what it is.
        const described = () => viewer.last('stream')?.stream ?? viewer.last('hello')?.streams[0];
        await viewer.until(() => described()?.formats !== undefined);
        await caughtUp(viewer);
        const there = heard(viewer);
        for (const [mark, revision] of acknowledged) expect(there.get(mark)?.revision ?? -1, mark).toBeGreaterThanOrEqual(revision);
        const epoch = described()?.epoch ?? 0;
        const fromUs = viewer.last('hello')?.clockUs ?? 0;
        for (let mark = 0; mark < 300; mark++) {
          const own = mark % 60;
          const put = { type: 'put-mark', mark: named(time * 1000 + own), stream: 0, on: { epoch }, shape: line(mark), fromUs } as const;
          viewer.say({ ...put, revision: Math.floor(mark / 60), request: nextRequest(viewer) });
        }
        await viewer.until(() => viewer.messages.filter(({ type }) => type === 'mark-put').length > 60 + time * 25);
        const killed = once(server.process, 'exit');
        server.process.kill('SIGKILL');
        await killed;
        for (const message of viewer.messages) {
          if (message.type === 'mark-put') acknowledged.set(message.mark.mark, message.mark.revision);
        }
        viewer.socket.terminate();
      }
      expect(acknowledged.size).toBeGreaterThan(200);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('what stands on the layouts of the room', () => {
  const wallOf = (...kept: readonly string[]) => ({
    name: 'Compared',
    columns: 2,
    rows: 1,
    cells: [{ stream: 0 }, ...kept.map((one) => ({ kept: one }))],
    linked: false,
  });
  const onWalls = (viewer: TestViewer): readonly string[] | undefined => viewer.last('kept-on-walls')?.kept.map(({ kept }) => kept);
  const status = async (path: string, headers: object): Promise<number> =>
    (await fetch(new URL(path, company.room.address), { headers: { ...headers } })).status;
  /** A still of stream 0, of an examination that is closed then; a layout names it. */
  const hang = async (kept: string): Promise<void> => {
    const { operator } = company;
    await asked(operator, { type: 'open-examination', patient: erika });
    operator.say({ type: 'keep', request: nextRequest(operator), kept, kind: 'still', stream: 0 });
    await operator.until(() => operator.messages.some((heard) => heard.type === 'kept' && heard.kept.state === 'kept'));
    const whole = operator.messages.flatMap((heard) => (heard.type === 'kept' && heard.kept.state === 'kept' ? [heard.kept] : []));
    const fromUs = whole.find((one) => one.kept === kept)?.fromUs;
    const onIt = company.put(5, 0, 5, { on: { kept }, fromUs, untilUs: fromUs });
    expect(await outcome(operator, onIt)).toBe('mark-put');
    expect(await outcome(operator, company.put(6, 0, 5, { stream: 1, on: { epoch: company.epoch(1) } }))).toBe('mark-put');
    expect(await outcome(operator, { type: 'save-wall', wall: wallOf(kept) })).toBe('done');
    expect(await outcome(operator, { type: 'close-examination' })).toBe('examination-set');
  };

  it('is told after a restart, and can be looked at, although nobody has looked into its examination', async () => {
    const kept = named(77);
    await hang(kept);
    await restart();
    const { operator } = company;
    await operator.until(() => onWalls(operator)?.length === 1);
    expect(operator.last('kept-on-walls')?.kept).toMatchObject([{ kept, kind: 'still', stream: 0, state: 'kept' }]);
    const key = await company.enterAs('marker', 'Anna');
    const anna = await company.room.view(true, { headers: key });
    await anna.until(() => onWalls(anna)?.length === 1);
    expect(await status(`kept/${kept}/index`, key)).toBe(200);
    expect(await status(`kept/${named(78)}/index`, key)).toBe(404);
    // Nothing of the patient goes with it, but to operators; what was drawn on it does.
    const [of] = operator.last('kept-on-walls')?.earlier ?? [];
    expect(of).toMatchObject({ patient: erika, anonymous: false, kept: [kept], marks: [{ mark: named(5), kept }] });
    expect(anna.last('kept-on-walls')?.earlier).toMatchObject([
      { examination: of?.examination, kept: [kept], marks: [{ mark: named(5) }] },
    ]);
    expect(JSON.stringify(anna.messages)).not.toContain('Example');
    await asked(operator, { type: 'reopen-examination', examination: of?.examination ?? '' });
    await operator.until(() => operator.last('kept-on-walls')?.earlier.length === 0);
  });

  it('is not there for who may not see its stream, for observers, and once it is discarded or has no place any more', async () => {
    const kept = named(79);
    await hang(kept);
    const { operator } = company;
    await operator.until(() => onWalls(operator)?.length === 1);
    const [other, watching] = [await company.enterAs('marker', 'Bert', [1]), await company.enterAs('observer', 'Olga')];
    for (const headers of [other, watching]) {
      const viewer = await company.room.view(true, { headers });
      await viewer.until(() => onWalls(viewer) !== undefined);
      expect(onWalls(viewer)).toEqual([]);
    }
    expect(await status(`kept/${kept}/index`, other)).toBe(404);
    expect(await status(`kept/${kept}/index`, watching)).toBe(403);
    expect(await outcome(operator, { type: 'discard-wall', name: 'Compared' })).toBe('done');
    await operator.until(() => onWalls(operator)?.length === 0);
    expect(await status(`kept/${kept}/index`, company.operatorKey)).toBe(404);
    expect(await outcome(operator, { type: 'save-wall', wall: wallOf(kept) })).toBe('done');
    await operator.until(() => onWalls(operator)?.length === 1);
    const { examinations } = (await asked(operator, { type: 'find-examinations', text: '' })) as Told<'examinations'>;
    await asked(operator, { type: 'reopen-examination', examination: examinations[0]?.examination ?? '' });
    expect(await outcome(operator, { type: 'discard-kept', kept })).toBe('done');
    await operator.until(() => onWalls(operator)?.length === 0);
  });

  it('keeps its place from an operator who may not see its stream, until it is not there any more', async () => {
    const kept = named(80);
    await hang(kept);
    const { operator } = company;
    const alone = { name: 'Alone', columns: 1, rows: 1, cells: [{ kept }], linked: false };
    expect(await outcome(operator, { type: 'save-wall', wall: alone })).toBe('done');
    await operator.until(() => operator.last('walls')?.walls.length === 2 && onWalls(operator)?.length === 1);
    const limited = await company.room.view(true, { headers: await company.enterAs('operator', 'Bert', [1]) });
    const empty = { ...alone, cells: [{}] };
    expect(await outcome(limited, { type: 'save-wall', wall: empty })).toBe('wall/not-all-seen');
    expect(await outcome(limited, { type: 'discard-wall', name: 'Alone' })).toBe('wall/not-all-seen');
    const { examinations } = (await asked(operator, { type: 'find-examinations', text: '' })) as Told<'examinations'>;
    await asked(operator, { type: 'reopen-examination', examination: examinations[0]?.examination ?? '' });
    expect(await outcome(operator, { type: 'discard-kept', kept })).toBe('done');
    await operator.until(() => onWalls(operator)?.length === 0);
    expect(await outcome(limited, { type: 'save-wall', wall: empty })).toBe('done');
  });
});
