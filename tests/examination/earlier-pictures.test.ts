import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ExaminationRecord } from '../../src/examination/record.ts';
import type { Kept } from '../../src/protocol/examination-messages.ts';
import { ask } from '../access/asking.ts';
import type { TestViewer } from '../broadcast/test-room.ts';
import { asked, caughtUp, instead, named, openCompany, outcome, type Question, type Told } from './company.ts';

type Company = Awaited<ReturnType<typeof openCompany>>;
let company: Company;
afterEach(() => company.close());

const [erika, max] = [
  { name: 'Example, Erika', id: '4711' },
  { name: 'Muster, Max', id: '12' },
];
/** Capture time of the newest frame that has come, of one that comes now. */
const nextFrameUs = async (stream = 0): Promise<number> => {
  const { operator } = company;
  const frames = () => operator.frames.filter(({ header }) => header.stream === stream);
  const before = frames().length;
  await operator.until(() => frames().length > before + 1);
  return frames().at(-1)?.header.capturedAtUs ?? 0;
};
const open = async (patient: typeof erika): Promise<{ readonly id: string; readonly openedUs: number }> => {
  const { examination } = (await asked(company.operator, { type: 'open-examination', patient })) as Told<'examination-set'>;
  return { id: examination?.examination ?? '', openedUs: examination?.openedUs ?? 0 };
};
const still = (kept: number, fromUs?: number): Question => ({
  type: 'keep',
  kept: named(kept),
  stream: 0,
  kind: 'still',
  ...(fromUs !== undefined && { fromUs }),
});
const bookmark = (number: number, atUs: number): Question => ({ type: 'bookmark', bookmark: named(number), stream: 0, atUs, text: '' });
const put = (mark: number, fromUs: number): Question =>
  company.put(mark, 0, 5, { fromUs, untilUs: fromUs, on: { epoch: company.epoch() } });
const everythingOn = (number: number, us: number): readonly Question[] => [put(number, us), still(number, us), bookmark(number, us)];
const keptOf = (viewer: TestViewer): Kept[] => viewer.messages.flatMap((message) => (message.type === 'kept' ? [message.kept] : []));

describe('what was captured during another examination', () => {
  it('is not marked, kept or bookmarked in this one; what was captured before there was any is', async () => {
    company = await openCompany();
    const { operator } = company;
    const before = await nextFrameUs();
    await open(erika);
    const allowed = ['mark-put', 'kept', 'bookmarks'];
    expect(await Promise.all(everythingOn(1, before).map((question) => outcome(operator, question)))).toEqual(allowed);
    const ofErika = await nextFrameUs();
    const second = await open(max);
    for (const question of everythingOn(2, ofErika)) expect(await outcome(operator, question)).toBe('examination/earlier-picture');
    const ofMax = await nextFrameUs();
    expect(ofMax).toBeGreaterThanOrEqual(second.openedUs);
    expect(await Promise.all(everythingOn(3, ofMax).map((question) => outcome(operator, question)))).toEqual(allowed);

    await asked(operator, { type: 'close-examination' });
    for (const question of everythingOn(4, ofMax)) expect(await outcome(operator, question)).toBe('examination/earlier-picture');
    await caughtUp(operator);
    expect(operator.last('examination')?.examination).toBeUndefined();
    expect(await outcome(operator, put(5, await nextFrameUs()))).toBe('mark-put');
  });

  it('and kept is not marked either, which is said to who may know of it', async () => {
    company = await openCompany();
    const { operator } = company;
    const { id } = await open(erika);
    const { kept } = (await asked(operator, still(1))) as Told<'kept'>;
    await open(max);
    const on = company.put(1, 0, 5, { on: { kept: kept.kept }, fromUs: kept.fromUs, untilUs: kept.fromUs, stream: undefined });
    expect(await outcome(operator, on)).toBe('examination/unknown-kept');
    await asked(operator, { type: 'look-into', examination: id });
    expect(await outcome(operator, on)).toBe('examination/earlier-picture');
    const elsewhere = await company.somebody('marker', 'Emil', [1]);
    expect(await outcome(elsewhere, on)).toBe('examination/unknown-kept');
  });

  it('a clip leaves out, and says so by its beginning', async () => {
    company = await openCompany();
    const { operator } = company;
    await open(erika);
    const ofErika = await nextFrameUs();
    const { openedUs } = await open(max);
    const clip = { type: 'keep', kept: named(1), stream: 0, kind: 'clip', fromUs: ofErika } as const;
    expect(await outcome(operator, { ...clip, toUs: openedUs - 1 })).toBe('examination/earlier-picture');
    expect(await asked(operator, clip)).toMatchObject({ kept: { state: 'running', fromUs: openedUs } });
    await nextFrameUs();
    const { kept } = (await asked(operator, { type: 'keep-until', kept: clip.kept })) as Told<'kept'>;
    expect(kept.state).toBe('kept');
    expect(kept.fromUs).toBeGreaterThanOrEqual(openedUs);
    const { text } = await ask(company.room.address, `kept/${kept.kept}/index`, company.operatorKey);
    const times = (JSON.parse(text) as { frames: number[][] }).frames.map(([us]) => us ?? 0);
    expect(Math.min(...times)).toBe(kept.fromUs);
  });

  it('belongs to it again when it is reopened, as far as nobody else was examined then; what it holds stays its own', async () => {
    company = await openCompany();
    const { operator } = company;
    const { id } = await open(erika);
    const ofErika = await nextFrameUs();
    expect(await outcome(operator, put(1, ofErika))).toBe('mark-put');
    expect(await outcome(operator, still(2, ofErika))).toBe('kept');
    await asked(operator, { type: 'close-examination' });
    expect(await outcome(operator, { type: 'reopen-examination', examination: id })).toBe('examination-set');
    expect(await outcome(operator, put(3, ofErika))).toBe('mark-put');

    await open(max);
    const ofMax = await nextFrameUs();
    expect(await outcome(operator, { type: 'reopen-examination', examination: id })).toBe('examination-set');
    for (const question of everythingOn(4, ofMax)) expect(await outcome(operator, question)).toBe('examination/earlier-picture');
    const change = company.put(1, 1, 9, { fromUs: ofErika, untilUs: ofErika });
    expect(await outcome(operator, change)).toBe('mark-put');
    expect(await outcome(operator, bookmark(5, ofErika))).toBe('bookmarks');
  });

  it('is known after a restart', { timeout: 120_000 }, async () => {
    company = await openCompany();
    const { folder } = company;
    await open(erika);
    const ofErika = await nextFrameUs();
    await asked(company.operator, { type: 'close-examination' });
    await company.close(true);
    company = await openCompany(undefined, folder);
    expect(await outcome(company.operator, bookmark(1, ofErika))).toBe('examination/earlier-picture');
    await open(max);
    const ofMax = await nextFrameUs();
    await company.close(true);
    company = await openCompany(undefined, folder);
    expect(await outcome(company.operator, bookmark(1, ofErika))).toBe('examination/earlier-picture');
    expect(await outcome(company.operator, bookmark(1, ofMax))).toBe('bookmarks');
  });
});

describe('without being asked', () => {
  it('nothing of another examination is kept: a loop begins with this one', async () => {
    company = await openCompany();
    const { operator } = company;
    await open(erika);
    await nextFrameUs(1);
    const { openedUs } = await open(max);
    await nextFrameUs(1);
    operator.say({ type: 'set-source', request: 1, stream: 1, running: false });
    const isKept = (automatic: Kept['automatic']) => (kept: Kept) => kept.automatic === automatic && kept.state === 'kept';
    await operator.until(() => keptOf(operator).some(isKept('last-loop')) && keptOf(operator).some(isKept('last-image-hold')));
    expect(keptOf(operator).find(isKept('last-loop'))?.fromUs).toBeGreaterThanOrEqual(openedUs);
  });

  it('the last picture of a source that stopped while another examination was being opened is not kept in that', async () => {
    const { promise: isHeld, resolve: release } = Promise.withResolvers<void>();
    let asks = 0;
    const late = (archive: ExaminationRecord): ExaminationRecord =>
      instead(archive, {
        openExamination: async (...given) => {
          if (++asks === 2) await isHeld;
          return await archive.openExamination(...given);
        },
      });
    const folder = mkdtempSync(join(tmpdir(), 'lumencast-late-'));
    company = await openCompany(undefined, folder, undefined, ({ archive, past }) => ({ archive: archive && late(archive), past }));
    const { operator } = company;
    await open(erika);
    await nextFrameUs(1);
    const opening = open(max);
    operator.say({ type: 'set-source', request: 1000, stream: 1, running: false });
    await operator.until(() => company.room.streams[1]?.status.state === 'stopped');
    await caughtUp(operator);
    release();
    const { id } = await opening;
    // Waits for everything that came before.
    expect(await outcome(operator, { type: 'name-patient', patient: max })).toBe('examination-set');
    const inside = (await asked(operator, { type: 'look-into', examination: id })) as Told<'examination-content'>;
    expect(inside.kept).toEqual([]);
    expect(keptOf(operator)).toEqual([]);
  });
});
