import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseMark } from '../../src/marks/mark.ts';
import type { ViewerMessage } from '../../src/protocol/messages.ts';
import type { TestViewer } from '../broadcast/test-room.ts';
import { mutantOf, type Random, seeded } from '../support/mutant.ts';
import { answerTo, asked, caughtUp, line, named, nextRequest, openCompany, outcome, type Told } from './company.ts';

/** More with LUMENCAST_MUTATIONS=100000. */
const mutations = Number(process.env.LUMENCAST_MUTATIONS ?? 2000);

let company: Awaited<ReturnType<typeof openCompany>>;
const uncaught: unknown[] = [];
const note = (thrown: unknown): void => void uncaught.push(thrown);
process.on('uncaughtException', note).on('unhandledRejection', note);
afterAll(() => void process.off('uncaughtException', note).off('unhandledRejection', note));

beforeEach(async () => {
  company = await openCompany();
});
afterEach(async () => {
  await company.close();
  expect(uncaught).toEqual([]);
});

const patient = { name: 'Example, Erika', id: '4711', born: '1970-01-31', sex: 'female' } as const;
const valid = (random: Random, epoch: number): object[] => [
  company.put(random(40), random(3), random(160)),
  company.put(random(40), 0, 5, { shape: { ...line(5), kind: 'polyline', caption: { text: 'a text' } }, untilUs: 9e15 }),
  { type: 'remove-mark', mark: named(random(40)), revision: random(3) },
  { type: 'draft-mark', mark: named(random(40)), stream: 0, shape: line(random(160)), fromUs: 1 },
  { type: 'point', stream: 0, points: [{ x: 1, y: 2 }], drawing: true },
  { type: 'calibrate', stream: 0, calibration: { points: line(1).points.map(({ x }) => ({ x, y: 40 })), known: { french: 6 } } },
  { type: 'calibrate', stream: 0 },
  { type: 'keep', kept: named(random(40)), stream: 0, kind: 'still' },
  { type: 'keep', kept: named(random(40)), stream: 0, kind: 'clip', fromUs: 1, toUs: 2 },
  { type: 'keep-until', kept: named(random(40)) },
  { type: 'discard-kept', kept: named(random(40)) },
  { type: 'bookmark', bookmark: named(random(40)), stream: 0, atUs: 5, text: 'look' },
  { type: 'name-patient', patient },
  { type: 'find-examinations', text: 'exa', beforeUs: 1e15 },
  { type: 'look-into', examination: '2.25.1' },
  { type: 'reopen-examination', examination: '2.25.1' },
  { type: 'put-mark', mark: named(1), on: { epoch }, kept: named(2), revision: 0, shape: line(5), fromUs: 1 },
];

const deep = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
const odd: readonly unknown[] = [
  null,
  -1,
  0.5,
  1e308,
  -1e308,
  2 ** 53,
  true,
  '',
  'x'.repeat(10_000),
  '<script>alert(1)</script>',
  '\u202e\u0000',
  {},
  [],
  [[]],
  deep(5000),
  { kind: 'distance' },
  { __proto__: null, constructor: 1 },
  Array.from({ length: 5000 }, () => ({ x: 1, y: 1 })),
];

/** A message with one place of it replaced, left out or added. */
function wrong(message: unknown, random: Random): unknown {
  if (typeof message !== 'object' || message === null) return odd[random(odd.length)];
  const keys = Object.keys(message);
  const key = keys[random(keys.length)] ?? 'more';
  const copy = structuredClone(message) as Record<string, unknown>;
  if (key === 'type') return { ...copy, more: odd[random(odd.length)] };
  const act = random(6);
  if (act === 0) delete copy[key];
  else if (act < 3) copy[key] = odd[random(odd.length)];
  else copy[key] = wrong(copy[key], random);
  return Array.isArray(message) ? Object.values(copy) : copy;
}

describe('whatever somebody says of an examination', () => {
  it(`${mutations} wrong messages: each is answered, the line stays, the others see only what is right`, { timeout: 900_000 }, async () => {
    const random = seeded(20261121);
    const good = await company.somebody('observer', 'Olga');
    const bad = company.operator;
    const epoch = company.epoch();
    for (let sent = 0; sent < mutations; ) {
      const open: number[] = [];
      for (let batch = 0; batch < 40 && sent < mutations; batch++, sent++) {
        const messages = valid(random, epoch);
        const message = wrong(messages[random(messages.length)], random) as Record<string, unknown>;
        const request = nextRequest(bad);
        const answered = !['draft-mark', 'point'].includes(String(message.type));
        bad.socket.send(JSON.stringify({ ...message, ...(answered && { request }) }));
        if (answered) open.push(request);
      }
      for (const request of open) await answerTo(bad, request);
      bad.messages.length = 0;
    }
    expect(bad.closed).toBeUndefined();
    await caughtUp(good);
    expect(good.closed).toBeUndefined();
    for (const message of good.messages) {
      if (message.type === 'mark-put') parseMark(message.mark.shape, message.mark.picture);
      if (message.type === 'examination') expect(message.examination?.patient).toBeUndefined();
    }
    expect(await outcome(bad, company.put(1_000_000, 0, 5))).toBe('mark-put');
    await good.until(() => good.last('mark-put')?.mark.mark === named(1_000_000));
  });

  it(`${mutations} messages with bytes turned over: refused or obeyed`, { timeout: 900_000 }, async () => {
    const random = seeded(7);
    const key = await company.enterAs('operator', 'Bad');
    const good = await company.somebody('marker', 'Good');
    let bad: TestViewer | undefined;
    for (let sent = 0; sent < mutations; sent++) {
      if (bad === undefined || bad.closed !== undefined) bad = await company.room.view(true, { headers: key });
      const [one, other] = [valid(random, 1), valid(random, 1)].map((all) =>
        Buffer.from(JSON.stringify({ ...all[random(all.length)], request: 1 })),
      ) as [Buffer, Buffer];
      bad.socket.send(mutantOf(one, other, random), { binary: false });
      if (sent % 10 === 9) await Promise.race([caughtUp(bad).catch(() => undefined), bad.until(() => bad?.closed !== undefined)]);
    }
    expect(await outcome(good, company.put(2_000_000, 0, 5))).toBe('mark-put');
    expect(good.closed).toBeUndefined();
  });

  it('nothing of a patient is repeated when it is refused', async () => {
    const { operator } = company;
    for (const wrongPatient of [
      { ...patient, name: `Secret ${'x'.repeat(10_000)}` },
      { ...patient, born: 'Secret' },
      'Secret',
      { name: 'Secret' },
    ]) {
      const answer = await asked(operator, { type: 'open-examination', patient: wrongPatient } as never);
      expect(answer).toMatchObject({ type: 'error', error: { code: 'examination/bad-message' } });
      expect(JSON.stringify(answer)).not.toContain('Secret');
    }
    expect(await asked(operator, { type: 'find-examinations', text: `Secret ${'x'.repeat(100)}` })).not.toMatchObject({
      error: { message: expect.stringContaining('Secret') },
    });
  });
});

describe('a long time of it', () => {
  const collect = (): number => {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    return process.memoryUsage().heapUsed;
  };

  it('two people change two hundred marks thousands of times: neither memory nor messages grow', { timeout: 120_000 }, async () => {
    const both = [company.operator, await company.somebody('operator', 'Second')] as const;
    const revisions = new Map<number, number>();
    const round = async (): Promise<void> => {
      await Promise.all(
        Array.from({ length: 200 }, async (_, mark) => {
          const revision = revisions.get(mark) ?? 0;
          const x = (mark + revision) % 160;
          expect(await outcome(both[mark % 2] as TestViewer, company.put(mark, revision, x))).toBe('mark-put');
          revisions.set(mark, revision + 1);
        }),
      );
      for (const viewer of both) await caughtUp(viewer);
    };
    const tidy = (): void => {
      for (const viewer of both) {
        viewer.messages.length = 0;
        viewer.frames.length = 0;
      }
    };
    for (let warm = 0; warm < 4; warm++) await round();
    tidy();
    const before = collect();
    for (let time = 0; time < 12; time++) {
      await round();
      const told = both.map((viewer) => viewer.messages.filter(({ type }) => type === 'mark-put').length);
      expect(told).toEqual([200, 200]);
      expect(both[0].messages.filter(({ type }) => type === 'examination').length).toBeLessThan(10);
      tidy();
    }
    expect(collect() - before).toBeLessThan(4e6);
  });

  it('marks that were sent again over a new line, all at once, are what they were', async () => {
    const key = await company.enterAs('marker', 'Anna');
    const first = await company.room.view(true, { headers: key });
    const puts = Array.from({ length: 200 }, (_, mark) => company.put(mark, 0, mark % 160));
    const messages = puts.map((put) => ({ ...put, request: nextRequest(first) }) as ViewerMessage);
    for (const message of messages) first.say(message);
    // Some have been answered, others are on their way.
    await first.until(() => first.messages.filter(({ type }) => type === 'mark-put').length > 20);
    first.socket.terminate();
    const second = await company.room.view(true, { headers: key });
    const answers = (await Promise.all(puts.map((put) => asked(second, put)))) as Told<'mark-put'>[];
    expect(answers.map(({ type }) => type)).toEqual(puts.map(() => 'mark-put'));
    expect(answers.map(({ mark }) => [mark.mark, mark.revision])).toEqual(puts.map(({ mark }) => [mark, 1]));
    expect(new Set(answers.map(({ mark }) => (mark.shape as { number: number }).number)).size).toBe(200);
    const late = await company.somebody('observer', 'Late');
    await late.until(() => late.last('marks') !== undefined);
    expect(late.last('marks')?.marks).toHaveLength(200);
  });
});
