import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Kept } from '../../src/protocol/examination-messages.ts';
import type { FrameHeader } from '../../src/protocol/frame-header.ts';
import { initialExamination, reduceExamination } from '../../web-client/examination/examination-state.ts';
import { initialMarks, reduceMarks } from '../../web-client/marks-state.ts';
import { ask } from '../access/asking.ts';
import type { TestViewer } from '../broadcast/test-room.ts';
import { asked, caughtUp, line, named, openCompany, outcome, type Question, type Told } from './company.ts';

let company: Awaited<ReturnType<typeof openCompany>>;
let operator: TestViewer;
let anna: TestViewer;
let observer: TestViewer;
let elsewhere: TestViewer;
let elsewhereKey: { authorization: string };
let next = 1;

beforeAll(async () => {
  company = await openCompany();
  operator = company.operator;
  anna = await company.somebody('marker', 'Anna');
  observer = await company.somebody('observer', 'Olga');
  elsewhereKey = await company.enterAs('marker', 'Emil', [1]);
  elsewhere = await company.room.view(true, { headers: elsewhereKey });
});
afterAll(() => company.close());

const keep = (more: object = {}) =>
  ({ type: 'keep', kept: named(next++), stream: 0, kind: 'still', ...more }) as Extract<Question, { type: 'keep' }>;
const keptOf = async (viewer: TestViewer, question: Question): Promise<Kept> => {
  const answer = await asked(viewer, question);
  if (answer.type !== 'kept') throw new Error(JSON.stringify(answer));
  return answer.kept;
};
const states = (viewer: TestViewer, kept: string): string[] =>
  viewer.messages.flatMap((message) => (message.type === 'kept' && message.kept.kept === kept ? [message.kept.state] : []));
const isTold = (viewer: TestViewer, kept: string, state: Kept['state']): Promise<void> =>
  viewer.until(() => states(viewer, kept).includes(state));
const framesOf = async (kept: string, headers: Record<string, string> = company.operatorKey): Promise<number[][]> => {
  const { status, text } = await ask(company.room.address, `kept/${kept}/index`, headers);
  if (status !== 200) throw new Error(`${status} ${text}`);
  return (JSON.parse(text) as { frames: number[][] }).frames;
};
const folderOf = (): string => join(company.folder, 'archive', operator.last('examination')?.examination?.examination ?? '');
/** Until the newest frame is that much newer. */
const pass = async (frames: number): Promise<void> => {
  const of = (): number => operator.frames.filter(({ header }) => header.stream === 0).length;
  const from = of();
  await operator.until(() => of() >= from + frames);
};
const newestUs = (): number => operator.frames.findLast(({ header }) => header.stream === 0)?.header.capturedAtUs ?? 0;

describe('a still', () => {
  it('is the newest frame, on disk when it is answered, and told to everybody who may see its stream', async () => {
    const question = keep();
    const kept = await keptOf(anna, question);
    expect(kept).toMatchObject({
      kind: 'still',
      state: 'kept',
      stream: 0,
      source: 'Echo',
      modality: 'ultrasound',
      frames: 1,
      lost: 0,
      author: { name: 'Anna' },
    });
    expect(readdirSync(folderOf())).toContain(`${kept.kept}.frames`);
    expect((await framesOf(kept.kept)).map(([us]) => us)).toEqual([kept.fromUs]);
    await isTold(observer, kept.kept, 'kept');
    await caughtUp(elsewhere);
    expect(states(elsewhere, kept.kept)).toEqual([]);
    expect(await keptOf(anna, question)).toEqual(kept);
    expect(await outcome(operator, question)).toBe('examination/kept-taken');
  });

  it('of the past is that frame', async () => {
    await pass(10);
    const frame = operator.frames.filter(({ header }) => header.stream === 0).at(-8)?.header;
    const kept = await keptOf(anna, keep({ fromUs: frame?.capturedAtUs }));
    expect(kept).toMatchObject({ fromUs: frame?.capturedAtUs, toUs: frame?.capturedAtUs, frames: 1 });
    expect((await framesOf(kept.kept)).map(([us, sequence]) => [us, sequence])).toEqual([[frame?.capturedAtUs, frame?.sequence]]);
  });

  it('bears marks, with its own picture, on no other frame', async () => {
    const { kept, fromUs } = await keptOf(anna, keep());
    const on = { on: { kept }, fromUs, untilUs: fromUs, stream: undefined };
    const answer = (await asked(anna, company.put(500, 0, 5, on))) as Told<'mark-put'>;
    expect(answer.mark).toMatchObject({ kept, stream: 0, picture: { width: 160, height: 120 } });
    expect(answer.mark.picture.regions).toEqual(company.room.streams[0]?.describe().regions);
    expect(await outcome(anna, company.put(501, 0, 5, { ...on, fromUs: fromUs + 1, untilUs: fromUs + 1 }))).toBe('examination/bad-time');
    expect(await outcome(anna, company.put(501, 0, 500, on))).toBe('marks/off-picture');
    expect(await outcome(elsewhere, company.put(501, 0, 5, on))).toBe('examination/unknown-kept');
    anna.say({ type: 'draft-mark', mark: named(501), kept, shape: line(5), fromUs });
    await observer.until(() => observer.last('mark-drafted')?.kept === kept);
    await caughtUp(elsewhere);
    expect(elsewhere.last('mark-drafted')).toBeUndefined();

    expect(await outcome(anna, { type: 'discard-kept', kept })).toBe('done');
    await isTold(observer, kept, 'discarded');
    // Nor does it stand on the screens that were there all the time.
    const known = observer.messages.reduce((state, message) => reduceMarks(state, { act: 'hear', message, nowMs: 0 }), initialMarks);
    const told = observer.messages.reduce((state, message) => reduceExamination(state, { act: 'hear', message }), initialExamination);
    expect(observer.messages.some((message) => message.type === 'mark-put' && message.mark.kept === kept)).toBe(true);
    expect([...known.shown, ...told.marks.values()].filter((mark) => mark.kept === kept)).toEqual([]);
    expect(existsSync(join(folderOf(), `${kept}.frames`))).toBe(false);
    const late = await company.somebody('observer', 'Late');
    await late.until(() => late.last('bookmarks') !== undefined);
    expect(late.last('marks')?.marks.filter((mark) => mark.kept === kept)).toEqual([]);
    expect(states(late, kept)).toEqual([]);
    expect(await outcome(anna, company.put(500, 1, 5, on))).toBe('examination/unknown-kept');
    late.socket.terminate();
  });
});

describe('a clip', () => {
  it('begins before the press and ends after it, and every frame is in it', async () => {
    await pass(20);
    const fromUs = operator.frames.filter(({ header }) => header.stream === 0).at(-15)?.header.capturedAtUs ?? 0;
    const running = await keptOf(anna, keep({ kind: 'clip', fromUs }));
    expect(running).toMatchObject({ kind: 'clip', state: 'running', fromUs });
    await pass(15);
    const kept = await keptOf(anna, { type: 'keep-until', kept: running.kept });
    expect(kept).toMatchObject({ state: 'kept', fromUs });
    const frames = await framesOf(kept.kept);
    expect(frames.length).toBe(kept.frames);
    // A busy machine may have lost some of the record: then it says how many.
    const [first, last] = [frames.at(0)?.[1] ?? 0, frames.at(-1)?.[1] ?? 0];
    expect(kept.frames + kept.lost).toBe(last - first + 1);
    expect(last - first + 1).toBeGreaterThanOrEqual(30);
    const there = new Set(frames.map(([us]) => us));
    const within = ({ stream, capturedAtUs }: FrameHeader): boolean => stream === 0 && capturedAtUs >= fromUs && capturedAtUs <= kept.toUs;
    const missing = operator.frames.filter(({ header }) => within(header) && !there.has(header.capturedAtUs));
    expect(missing.length).toBeLessThanOrEqual(kept.lost);
    await isTold(observer, kept.kept, 'kept');
    expect(states(observer, kept.kept).at(0)).toBe('running');
    expect(await keptOf(anna, { type: 'keep-until', kept: running.kept })).toEqual(kept);
  });

  it('of the past alone is kept by itself', async () => {
    await pass(20);
    const toUs = newestUs();
    const fromUs = operator.frames.filter(({ header }) => header.stream === 0).at(-10)?.header.capturedAtUs ?? 0;
    const running = await keptOf(anna, keep({ kind: 'clip', fromUs, toUs }));
    expect(running.state).toMatch(/^(writing|running|kept)$/);
    await isTold(anna, running.kept, 'kept');
    const frames = await framesOf(running.kept);
    expect(frames.at(-1)?.[0]).toBe(toUs);
    const told = anna.messages.findLast((message) => message.type === 'kept' && message.kept.kept === running.kept) as Told<'kept'>;
    // Ten of them were seen; what a busy machine did not record is said.
    expect(frames.length + told.kept.lost).toBeGreaterThanOrEqual(10);
    expect(frames.every(([us = 0]) => us >= fromUs && us <= toUs)).toBe(true);
  });

  it('that runs is ended by whoever closes the examination, and belongs to it', async () => {
    const running = await keptOf(anna, keep({ kind: 'clip' }));
    await pass(5);
    const id = operator.last('examination')?.examination?.examination ?? '';
    expect(await outcome(operator, { type: 'close-examination' })).toBe('examination-set');
    await isTold(observer, running.kept, 'kept');
    const inside = (await asked(operator, { type: 'look-into', examination: id })) as Told<'examination-content'>;
    expect(inside.kept.find(({ kept }) => kept === running.kept)).toMatchObject({ state: 'kept', kind: 'clip' });
    expect(inside.examination.clips).toBeGreaterThanOrEqual(3);
    // What was looked into can be seen, by who may look into it.
    expect((await framesOf(running.kept)).length).toBeGreaterThan(3);
    const marker = await company.enterAs('marker', 'Mona');
    expect((await ask(company.room.address, `kept/${running.kept}/index`, marker)).status).toBe(404);
    expect(await outcome(operator, { type: 'reopen-examination', examination: id })).toBe('examination-set');
    await observer.until(() => states(observer, running.kept).filter((state) => state === 'kept').length > 1);
  });

  it('is discarded by its author and by operators', async () => {
    const running = await keptOf(operator, keep({ kind: 'clip' }));
    expect(await outcome(anna, { type: 'discard-kept', kept: running.kept })).toBe('examination/not-your-clip');
    expect(await outcome(elsewhere, { type: 'discard-kept', kept: running.kept })).toBe('examination/unknown-kept');
    expect(await outcome(elsewhere, { type: 'keep-until', kept: running.kept })).toBe('examination/unknown-kept');
    // Before now, an end takes frames away.
    expect(await outcome(anna, { type: 'keep-until', kept: running.kept, toUs: running.fromUs })).toBe('examination/not-your-clip');
    expect(await outcome(operator, { type: 'keep-until', kept: running.kept, toUs: 0 })).toBe('examination/bad-time');
    expect(await outcome(operator, { type: 'discard-kept', kept: running.kept })).toBe('done');
    expect(await outcome(operator, { type: 'discard-kept', kept: running.kept })).toBe('done');
    await isTold(observer, running.kept, 'discarded');
    expect(readdirSync(folderOf()).filter((name) => name.startsWith(running.kept))).toEqual([]);
  });

  it('more than sixteen do not run at the same time', async () => {
    const running: string[] = [];
    for (let clip = 0; clip < 16; clip++) running.push((await keptOf(anna, keep({ kind: 'clip', stream: clip % 2 }))).kept);
    expect(await outcome(operator, keep({ kind: 'clip' }))).toMatch(/too-many-clips$/);
    await Promise.all(running.map((kept) => asked(anna, { type: 'discard-kept', kept })));
    expect((await keptOf(anna, keep())).state).toBe('kept');
  });

  const refused: readonly (readonly [string, () => object, string])[] = [
    ['to come', () => ({ kind: 'clip', fromUs: 9e15 }), 'examination/bad-time'],
    ['that ends before it begins', () => ({ kind: 'clip', fromUs: newestUs(), toUs: newestUs() - 1 }), 'examination/bad-time'],
    ['of more than half an hour', () => ({ kind: 'clip', fromUs: newestUs(), toUs: newestUs() + 1801e6 }), 'examination/bad-time'],
    ['of a time that nobody recorded', () => ({ fromUs: 1 }), 'record/not-there'],
    ['of a stream that is not there', () => ({ stream: 5 }), 'protocol/unknown-stream'],
    ['of a kind that is not known', () => ({ kind: 'film' }), 'examination/bad-message'],
  ];
  it.each(refused)('%s is refused, and nothing is left of it', async (_what, more, code) => {
    const question = keep(more());
    expect(await outcome(anna, question)).toBe(code);
    expect(readdirSync(folderOf()).filter((name) => name.startsWith(question.kept))).toEqual([]);
    expect(await outcome(observer, keep())).toBe('access/not-permitted');
  });
});

describe('what is kept', () => {
  it('is given to markers who may see its stream, and to nobody else', async () => {
    const { kept } = await keptOf(anna, keep());
    const url = company.room.address;
    expect((await ask(url, `kept/${kept}/frames`, company.operatorKey)).status).toBe(200);
    for (const route of ['index', 'frames']) {
      expect((await ask(url, `kept/${kept}/${route}`)).status).toBe(401);
      expect((await ask(url, `kept/${kept}/${route}`, elsewhereKey)).status).toBe(404);
      expect((await ask(url, `kept/${kept}/${route}`, await company.enterAs('observer', 'Olga'))).status).toBe(403);
      expect((await ask(url, `kept/..%2f..%2farchive.db/${route}`, company.operatorKey)).status).toBe(404);
    }
  });
});

describe('without being asked', () => {
  it('the last image is kept when a source stops, and replaces the one before unless somebody uses that', {
    timeout: 120_000,
  }, async () => {
    const automatic = (): Kept[] =>
      observer.messages.flatMap((message) =>
        message.type === 'kept' && message.kept.automatic === 'last-image-hold' && message.kept.state === 'kept' ? [message.kept] : [],
      );
    const stopped = async (): Promise<Kept> => {
      const before = automatic().length;
      operator.say({ type: 'set-source', request: 1, stream: 0, running: false });
      await observer.until(() => automatic().length > before);
      operator.say({ type: 'set-source', request: 1, stream: 0, running: true });
      await pass(5);
      return automatic().at(-1) as Kept;
    };
    const first = await stopped();
    expect(first).toMatchObject({ kind: 'still', author: { name: 'Lumencast' } });
    let last = await stopped();
    await isTold(observer, first.kept, 'discarded');
    const put = (on: object, { fromUs }: Kept) => company.put(next++, 0, 5, { on, fromUs, untilUs: fromUs });
    const uses: readonly ((item: Kept) => readonly [Question, string])[] = [
      (item) => [put({ kept: item.kept }, item), 'mark-put'],
      // As on the picture of the stream, which is held.
      (item) => [put({ epoch: company.epoch() }, item), 'mark-put'],
      ({ fromUs }) => [{ type: 'bookmark', bookmark: named(next++), stream: 0, atUs: fromUs, text: '' }, 'bookmarks'],
      ({ kept }) => [{ type: 'save-wall', wall: { name: 'Held', columns: 1, rows: 1, cells: [{ kept }], linked: false } }, 'done'],
    ];
    for (const use of uses) {
      const used = last;
      const [question, answer] = use(used);
      expect(await outcome(operator, question)).toBe(answer);
      last = await stopped();
      const isOwn = (item: Kept): boolean => item.kept === used.kept && item.automatic === undefined;
      const tellsWhatBecame = ({ state, ...item }: Kept): boolean =>
        isOwn({ state, ...item }) || (item.kept === used.kept && state === 'discarded');
      const told = (): Kept[] => observer.messages.flatMap((message) => (message.type === 'kept' ? [message.kept] : []));
      await observer.until(() => told().some(tellsWhatBecame));
      expect(told().find(tellsWhatBecame)?.state, answer).toBe('kept');
      expect(states(observer, last.kept).at(-1)).toBe('kept');
    }
  });
});
