import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BehaviorSubject } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError, type ErrorCode, type ErrorFields } from '../../src/app-error.ts';
import type { ExaminationRecord } from '../../src/examination/record.ts';
import type { ArchiveState } from '../../src/protocol/examination-messages.ts';
import { asked, caughtUp, instead, named, openCompany, outcome } from './company.ts';

/** The real archive behind a disk that fails as told. */
class Faulty {
  readonly state$ = new BehaviorSubject<ArchiveState>({ state: 'ready' });
  /** What the next change is refused with; `after`: it is on disk all the same. */
  next: { readonly code: ErrorCode; readonly after: boolean; readonly fields?: ErrorFields } | undefined;

  before(archive: ExaminationRecord): ExaminationRecord {
    const failing =
      <Given extends readonly unknown[], Done>(act: (...given: Given) => Promise<Done>) =>
      async (...given: Given): Promise<Done> => {
        const fault = this.next;
        this.next = undefined;
        if (fault?.after === true) await act(...given);
        if (fault !== undefined) throw new AppError(fault.code, fault.fields);
        return await act(...given);
      };
    const { state$ } = this;
    return {
      state$,
      open: () => archive.open(),
      lastClosedUs: () => archive.lastClosedUs(),
      openExamination: failing((patient, by) => archive.openExamination(patient, by)),
      closeExamination: failing((by) => archive.closeExamination(by)),
      reopenExamination: failing((examination, by) => archive.reopenExamination(examination, by)),
      namePatient: failing((examination, patient, by) => archive.namePatient(examination, patient, by)),
      find: (text, beforeUs) => archive.find(text, beforeUs),
      content: (examination) => archive.content(examination),
      keptNamed: (ids) => archive.keptNamed(ids),
      putMarks: failing((examination, marks, by) => archive.putMarks(examination, marks, by)),
      removeMark: failing((examination, mark, by) => archive.removeMark(examination, mark, by)),
      calibrate: failing((examination, calibration, marks) => archive.calibrate(examination, calibration, marks)),
      putBookmark: failing((examination, bookmark) => archive.putBookmark(examination, bookmark)),
      removeBookmark: failing((examination, bookmark, by) => archive.removeBookmark(examination, bookmark, by)),
      keepFile: failing((examination, kept, write) => archive.keepFile(examination, kept, write)),
      putKept: failing((examination, kept, by) => archive.putKept(examination, kept, by)),
      removeKept: failing((examination, kept, by) => archive.removeKept(examination, kept, by)),
      fileOf: (examination, kept) => archive.fileOf(examination, kept),
    };
  }
}

let company: Awaited<ReturnType<typeof openCompany>>;
const faulty = async (): Promise<Faulty> => {
  const faults = new Faulty();
  company = await openCompany(undefined, mkdtempSync(join(tmpdir(), 'lumencast-faulty-')), undefined, ({ archive, past }) => ({
    archive: archive && faults.before(archive),
    past,
  }));
  return faults;
};
afterEach(() => company.close());

describe('an archive that fails', () => {
  it('full: everybody is told, each thing is refused with its code, and the picture goes on', async () => {
    const faults = await faulty();
    const { operator } = company;
    faults.state$.next({ state: 'full', freeBytes: 1000, error: new AppError('archive/full').toJSON() });
    const observer = await company.somebody('observer', 'Olga');
    await operator.until(() => operator.last('examination')?.archive.state === 'full');
    expect(operator.last('examination')?.archive.error?.code).toBe('archive/full');
    await observer.until(() => observer.last('examination') !== undefined);
    expect(observer.last('examination')?.archive).toEqual({ state: 'full' });
    for (const question of [
      company.put(1, 0, 5),
      { type: 'keep', kept: named(1), stream: 0, kind: 'still' },
      { type: 'open-examination' },
      { type: 'bookmark', bookmark: named(2), stream: 0, atUs: 5, text: '' },
    ] as const) {
      faults.next = { code: 'archive/full', after: false };
      expect(await outcome(operator, question)).toBe('archive/full');
    }
    const seen = operator.frames.length;
    await operator.until(() => operator.frames.length > seen + 10);
    expect(operator.closed).toBeUndefined();
    faults.state$.next({ state: 'ready' });
    expect(await outcome(operator, company.put(1, 0, 5))).toBe('mark-put');
    expect(await outcome(operator, { type: 'keep', kept: named(1), stream: 0, kind: 'still' })).toBe('kept');
  });

  it('a still that could not be kept is told as failed, and is not there', async () => {
    const faults = await faulty();
    const observer = await company.somebody('observer', 'Olga');
    const marker = await company.somebody('marker', 'Max');
    await asked(company.operator, { type: 'open-examination' });
    faults.next = { code: 'archive/full', after: false };
    expect(await outcome(company.operator, { type: 'keep', kept: named(1), stream: 0, kind: 'still' })).toBe('archive/full');
    await observer.until(() => observer.last('kept')?.kept.state === 'failed');
    await marker.until(() => marker.last('kept')?.kept.state === 'failed');
    expect(marker.last('kept')?.kept.error?.code).toBe('archive/full');
    // Why tells of this machine's folders.
    expect(observer.last('kept')?.kept.error).toBeUndefined();
    const late = await company.somebody('observer', 'Late');
    await caughtUp(late);
    expect(late.last('kept')).toBeUndefined();
    expect(await outcome(company.operator, { type: 'keep', kept: named(1), stream: 0, kind: 'still' })).toBe('kept');
  });

  it.each([true, false])(
    'interrupted, and the mark is on disk: %s. What is there holds, and the same put again is right',
    async (after) => {
      const faults = await faulty();
      const { operator } = company;
      const observer = await company.somebody('observer', 'Olga');
      await asked(operator, company.put(1, 0, 5));
      faults.next = { code: 'archive/interrupted', after };
      const change = company.put(1, 1, 50);
      expect(await outcome(operator, change)).toBe('archive/interrupted');
      await observer.until(() => (observer.last('marks')?.marks[0]?.revision ?? 0) === (after ? 2 : 1));
      expect(await asked(operator, change)).toMatchObject({ type: 'mark-put', mark: { revision: 2, shape: change.shape } });
      expect(await asked(operator, company.put(1, 2, 60))).toMatchObject({ type: 'mark-put', mark: { revision: 3 } });
    },
  );

  it('interrupted while an examination was opened: the one on disk is the one that is open', async () => {
    const faults = await faulty();
    const { operator } = company;
    await asked(operator, { type: 'open-examination', patient: { name: 'First', id: '' } });
    faults.next = { code: 'archive/interrupted', after: true };
    expect(await outcome(operator, { type: 'open-examination', patient: { name: 'Second', id: '' } })).toBe('archive/interrupted');
    await operator.until(() => operator.last('examination')?.examination?.patient?.name === 'Second');
    const fromUs = operator.last('examination')?.examination?.openedUs;
    expect(await outcome(operator, company.put(1, 0, 5, { fromUs }))).toBe('mark-put');
  });

  it('what failed for a while is read anew when it is back', async () => {
    const faults = await faulty();
    const { operator } = company;
    await asked(operator, company.put(1, 0, 5));
    faults.state$.next({ state: 'failed', error: new AppError('archive/interrupted').toJSON() });
    await operator.until(() => operator.last('examination')?.archive.state === 'failed');
    const told = operator.messages.filter(({ type }) => type === 'marks').length;
    faults.state$.next({ state: 'ready' });
    await operator.until(() => operator.messages.filter(({ type }) => type === 'marks').length > told);
    expect(operator.last('marks')?.marks).toMatchObject([{ mark: named(1) }]);
  });

  it('tells observers that it has, and nothing of this machine; they open no examination and fill none', { timeout: 60_000 }, async () => {
    const faults = await faulty();
    const observer = await company.somebody('observer', 'Olga');
    const bookmark = (number: number) => ({ type: 'bookmark', bookmark: named(number), stream: 0, atUs: 5, text: '' }) as const;
    expect(await outcome(observer, bookmark(0))).toBe('examination/observer-opens-none');
    expect(await outcome(company.operator, { type: 'open-examination' })).toBe('examination-set');
    const secret = { folder: '/srv/secret', reason: 'EACCES /srv/secret' };
    for (const viewer of [company.operator, observer]) {
      faults.next = { code: 'archive/folder-unusable', after: false, fields: secret };
      const told = JSON.stringify(await asked(viewer, bookmark(0)));
      expect(told).toContain('archive/folder-unusable');
      expect(told.includes('secret')).toBe(viewer === company.operator);
    }
    for (let number = 1; number <= 100; number++) expect(await outcome(observer, bookmark(number))).toBe('bookmarks');
    expect(await outcome(observer, bookmark(101))).toBe('examination/too-many-of-observer');
    expect(await outcome(observer, bookmark(100))).toBe('bookmarks');
    expect(await outcome(company.operator, bookmark(101))).toBe('bookmarks');
  });
});

describe('a disk of the past that does not answer', () => {
  it('keeps nobody from marking: neither a still that somebody wants, nor one that nobody asked for', async () => {
    let asks = 0;
    const hung = (): Promise<never> => {
      asks++;
      return new Promise(() => undefined);
    };
    const folder = mkdtempSync(join(tmpdir(), 'lumencast-hung-'));
    company = await openCompany(undefined, folder, undefined, ({ archive, past }) => ({
      archive,
      past: past && instead(past, { keepStill: hung }),
    }));
    const { operator } = company;
    operator.say({ type: 'keep', request: 1000, kept: named(1), stream: 0, kind: 'still' });
    operator.say({ type: 'set-source', request: 1001, stream: 1, running: false });
    await operator.until(() => operator.messages.filter((heard) => heard.type === 'kept' && heard.kept.state === 'writing').length > 1);
    // Waits for everything that came before, and all marks for it.
    expect(await outcome(operator, { type: 'calibrate', stream: 0 })).toBe('calibrated');
    expect(await outcome(operator, company.put(1, 0, 5))).toBe('mark-put');
    await expect.poll(() => asks, { timeout: 30_000 }).toBe(2);
    expect(operator.messages.filter((heard) => heard.type === 'kept' && heard.kept.state === 'kept')).toEqual([]);
  });
});
