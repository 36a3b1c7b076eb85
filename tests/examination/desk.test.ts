import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestViewer } from '../broadcast/test-room.ts';
import { asked, caughtUp, line, named, openCompany, outcome, type Told } from './company.ts';

let company: Awaited<ReturnType<typeof openCompany>>;
let operator: TestViewer;
let anna: TestViewer;
let bernd: TestViewer;
let observer: TestViewer;
/** Invited to the second stream alone. */
let elsewhere: TestViewer;
let next = 1;

beforeAll(async () => {
  company = await openCompany();
  operator = company.operator;
  anna = await company.somebody('marker', 'Anna');
  bernd = await company.somebody('marker', 'Bernd');
  observer = await company.somebody('observer', 'Olga');
  elsewhere = await company.somebody('marker', 'Emil', [1]);
});
afterAll(() => company.close());

const everybody = (): TestViewer[] => [operator, anna, bernd, observer];
const toldOf = (viewer: TestViewer, mark: string) =>
  viewer.messages.filter((message) => message.type === 'mark-put' && message.mark.mark === mark) as Told<'mark-put'>[];
const markOf = async (viewer: TestViewer, message: Parameters<typeof asked>[1]) => {
  const answer = await asked(viewer, message);
  if (answer.type !== 'mark-put') throw new Error(JSON.stringify(answer));
  return answer.mark;
};

describe('a mark', () => {
  it('is told to everybody with author, number, time and picture, which are all the server\u2019s', async () => {
    const mark = await markOf(anna, company.put(next, 0, 5, { shape: line(5, 99) }));
    expect(mark).toMatchObject({ mark: named(next), stream: 0, revision: 1, author: { name: 'Anna' }, shape: { kind: 'distance' } });
    expect(mark.picture).toMatchObject({ width: 160, height: 120 });
    expect(mark.picture.regions).toEqual(company.room.streams[0]?.describe().regions);
    expect((mark.shape as { number: number }).number).not.toBe(99);
    for (const viewer of everybody()) {
      await caughtUp(viewer);
      expect(toldOf(viewer, named(next)).map((told) => told.mark)).toEqual([mark]);
    }
    await caughtUp(elsewhere);
    expect(toldOf(elsewhere, named(next))).toEqual([]);
    next++;
  });

  it('has a number that no other has or had on its stream', async () => {
    const first = await markOf(anna, company.put(next++, 0, 5));
    const both = await Promise.all([markOf(anna, company.put(next++, 0, 6)), markOf(bernd, company.put(next++, 0, 6))]);
    expect(await outcome(anna, { type: 'remove-mark', mark: both[0]?.mark ?? '', revision: 1 })).toBe('mark-removed');
    const last = await markOf(bernd, company.put(next++, 0, 7));
    const numbers = [first, ...both, last].map(({ shape }) => (shape as { number: number }).number);
    expect(new Set(numbers).size).toBe(4);
    const other = await markOf(elsewhere, company.put(next++, 0, 7, { stream: 1, on: { epoch: company.epoch(1) } }));
    expect(other.shape).toMatchObject({ number: 1 });
  });

  it('sent twice is one mark, and the others hear of it once', async () => {
    const put = company.put(next++, 0, 8);
    const [once, twice] = [await markOf(anna, put), await markOf(anna, put)];
    expect(twice).toEqual(once);
    await caughtUp(bernd);
    expect(toldOf(bernd, put.mark)).toHaveLength(1);
    // As whose line was down does after a change.
    const change = { ...put, revision: 1, shape: line(9) };
    const changed = await markOf(anna, change);
    expect(await markOf(anna, change)).toEqual(changed);
    expect(changed.revision).toBe(2);
  });

  it('that was changed meanwhile is told to whose change comes too late', async () => {
    const mark = next++;
    await markOf(anna, company.put(mark, 0, 8));
    const changed = await markOf(operator, company.put(mark, 1, 20));
    expect(changed).toMatchObject({ revision: 2, author: { name: 'Anna' }, changedBy: { name: 'Dr Operator' } });
    const from = anna.messages.length;
    expect(await outcome(anna, company.put(mark, 1, 30))).toBe('examination/changed-meanwhile');
    const [told] = anna.messages.slice(from).filter((message) => message.type === 'mark-put');
    expect(told).toMatchObject({ mark: { revision: 2, shape: line(20, (changed.shape as { number: number }).number) } });
    expect(await outcome(anna, { type: 'remove-mark', mark: named(mark), revision: 1 })).toBe('examination/changed-meanwhile');
    expect(await markOf(anna, company.put(mark, 2, 30))).toMatchObject({ revision: 3, author: { name: 'Anna' } });
  });

  it('that was removed does not come back by itself, and does by a change of what was removed', async () => {
    const mark = next++;
    const put = company.put(mark, 0, 8);
    const kept = await markOf(anna, put);
    expect(await asked(operator, { type: 'remove-mark', mark: named(mark), revision: 1 })).toMatchObject({
      revision: 2,
      by: { name: 'Dr Operator' },
    });
    expect(await outcome(operator, { type: 'remove-mark', mark: named(mark), revision: 1 })).toBe('mark-removed');
    const from = anna.messages.length;
    expect(await outcome(anna, put)).toBe('examination/changed-meanwhile');
    expect(anna.messages.slice(from).filter(({ type }) => type === 'mark-removed')).toMatchObject([{ mark: named(mark), revision: 2 }]);
    const restored = await markOf(operator, { ...put, revision: 2 });
    expect(restored).toMatchObject({ revision: 3, author: { name: 'Anna' }, shape: kept.shape });
  });

  it('of somebody else is changed by operators alone', async () => {
    const mark = next++;
    await markOf(anna, company.put(mark, 0, 8));
    expect(await outcome(bernd, company.put(mark, 1, 30))).toBe('examination/not-yours');
    expect(await outcome(bernd, { type: 'remove-mark', mark: named(mark), revision: 1 })).toBe('examination/not-yours');
    expect(await outcome(elsewhere, company.put(mark, 1, 30, { stream: 1, on: { epoch: company.epoch(1) } }))).toBe(
      'examination/elsewhere',
    );
    expect(await outcome(elsewhere, { type: 'remove-mark', mark: named(mark), revision: 1 })).toBe('examination/unknown-mark');
    expect(await outcome(operator, { type: 'remove-mark', mark: named(mark), revision: 1 })).toBe('mark-removed');
  });

  it('keeps the picture that it was drawn on until it is moved to another frame', async () => {
    const mark = next++;
    const put = company.put(mark, 0, 8);
    const { picture } = await markOf(anna, put);
    expect(await markOf(anna, { ...put, revision: 1, on: { epoch: 60_000 }, shape: line(9) })).toMatchObject({ picture });
    expect(await outcome(anna, { ...put, revision: 2, on: { epoch: 60_000 }, fromUs: put.fromUs + 1 })).toBe('examination/no-picture');
  });

  const refused: readonly (readonly [string, object, string])[] = [
    ['with an author of its own', { author: { name: 'Dr Operator', key: '0123456789abcdef' } }, 'examination/bad-message'],
    ['with a picture of its own', { picture: { width: 1e6, height: 1e6, regions: [] } }, 'examination/bad-message'],
    ['off the picture', { shape: line(-5) }, 'marks/off-picture'],
    ['far off the picture', { shape: line(1e300) }, 'marks/off-picture'],
    [
      'at no number',
      {
        shape: {
          ...line(1),
          points: [
            { x: null, y: 1 },
            { x: 2, y: 3 },
          ],
        },
      },
      'marks/bad-mark',
    ],
    ['that is nothing', { shape: null }, 'marks/bad-mark'],
    ['that is a list', { shape: [] }, 'marks/bad-mark'],
    [
      'of ten thousand points',
      { shape: { ...line(1), kind: 'area', points: Array.from({ length: 10_000 }, () => ({ x: 1, y: 1 })) } },
      'marks/too-many-points',
    ],
    ['with markup', { shape: { ...line(1), caption: { text: '<img src=x>' } } }, 'marks/markup'],
    ['with a text of 10,000 characters', { shape: { ...line(1), caption: { text: 'x'.repeat(10_000) } } }, 'marks/text-too-long'],
    ['under a name with markup', { mark: '<b>0123456789abc' }, 'examination/bad-message'],
    ['under a name of 10,000 characters', { mark: 'a'.repeat(10_000) }, 'examination/bad-message'],
    ['on a frame to come', { fromUs: 9e15 }, 'examination/bad-time'],
    ['that ends before it begins', { fromUs: 9, untilUs: 8 }, 'examination/bad-time'],
    ['on a frame of a server before this one', { fromUs: 7 }, 'examination/no-picture'],
    ['on an epoch that never was', { on: { epoch: 60_000 } }, 'examination/no-picture'],
    ['on a stream that is not there', { stream: 7 }, 'protocol/unknown-stream'],
    ['on a clip that is not there', { on: { kept: named(1) } }, 'examination/unknown-kept'],
    ['changed before it was made', { revision: 3 }, 'examination/unknown-mark'],
    ['in the 2^31st revision', { revision: 2 ** 31 }, 'examination/bad-message'],
  ];
  it.each(refused)('%s is refused with a code, and the line stays', async (_what, part, code) => {
    expect(await outcome(anna, { ...company.put(next++, 0, 5), ...part } as never)).toBe(code);
    await caughtUp(anna);
    expect(anna.closed).toBeUndefined();
  });

  it('is not for observers, nor for who may not see the stream', async () => {
    expect(await outcome(observer, company.put(next, 0, 5))).toBe('access/not-permitted');
    expect(await outcome(elsewhere, company.put(next, 0, 5))).toBe('protocol/unknown-stream');
    expect(await outcome(observer, { type: 'calibrate', stream: 0 })).toBe('access/not-permitted');
    expect(await outcome(observer, { type: 'keep', kept: named(1), stream: 0, kind: 'still' })).toBe('access/not-permitted');
    expect(observer.closed).toBeUndefined();
  });
});

describe('whoever comes later', () => {
  it('is told what holds: the examination, every mark of streams that it may see, and who it is itself', async () => {
    const late = await company.somebody('marker', 'Late');
    await late.until(() => late.last('bookmarks') !== undefined);
    const types = late.messages.map(({ type }) => type).filter((type) => ['examination', 'marks', 'bookmarks'].includes(type));
    // Somebody who keeps something meanwhile adds to it.
    expect(types.slice(0, 3)).toEqual(['examination', 'marks', 'bookmarks']);
    const told = late.messages.find((message): message is Told<'examination'> => message.type === 'examination');
    expect(told?.author).toMatchObject({ name: 'Late', key: expect.stringMatching(/^[0-9a-f]{16}$/) });
    const [marks, seen] = [late.last('marks')?.marks ?? [], new Map<string, unknown>()];
    for (const message of anna.messages) {
      if (message.type === 'mark-put') seen.set(message.mark.mark, message.mark);
      if (message.type === 'mark-removed') seen.delete(message.mark);
    }
    expect(new Map(marks.map((mark) => [mark.mark, mark]))).toEqual(seen);
    expect(told?.examination).toMatchObject({ marks: marks.length, anonymous: true });
    const guest = await company.somebody('marker', 'Late and elsewhere', [1]);
    await guest.until(() => guest.last('marks') !== undefined);
    expect(guest.last('marks')?.marks.map(({ stream }) => stream)).toEqual([1]);
    for (const viewer of [late, guest]) viewer.socket.terminate();
  });

  it('is known to everybody, and so is that it left', async () => {
    const late = await company.somebody('observer', 'Passing');
    const isThere = (): boolean =>
      anna.last('present')?.viewers.some(({ name, role }) => name === 'Passing' && role === 'observer') === true;
    await anna.until(isThere);
    await late.until(() => late.last('present') !== undefined);
    late.socket.terminate();
    await anna.until(() => !isThere());
  });
});

describe('a length that somebody knows', () => {
  const known = {
    points: [
      { x: 10, y: 40 },
      { x: 110, y: 40 },
    ],
    known: { mm: 50 },
  };

  it('calibrates every mark of the stream anew, those to come, and is taken back', async () => {
    const [mark, put] = [next, company.put(next++, 0, 8)];
    const before = await markOf(bernd, put);
    const from = bernd.messages.length;
    expect(await asked(anna, { type: 'calibrate', stream: 0, calibration: known })).toMatchObject({
      calibration: known,
      by: { name: 'Anna' },
    });
    await caughtUp(bernd);
    const renewed = toldOf(bernd, named(mark)).at(-1)?.mark;
    expect(renewed).toMatchObject({ revision: before.revision + 1, picture: { manual: known }, shape: before.shape });
    expect(bernd.messages.slice(from).findIndex(({ type }) => type === 'calibrated')).toBeLessThan(
      bernd.messages.slice(from).findIndex(({ type }) => type === 'mark-put'),
    );
    expect(await markOf(anna, company.put(next++, 0, 9))).toMatchObject({ picture: { manual: known } });
    const late = await company.somebody('observer', 'Late');
    await late.until(() => late.last('calibrated') !== undefined);
    expect(late.last('calibrated')).toMatchObject({ stream: 0, calibration: known });
    expect(await outcome(anna, { type: 'calibrate', stream: 0 })).toBe('calibrated');
    await caughtUp(bernd);
    expect(toldOf(bernd, named(mark)).at(-1)?.mark.picture).toEqual(before.picture);
    late.socket.terminate();
  });

  it('holds on pictures of the same size alone: it is told when they are others, and when they are back', async () => {
    const isTold = (holds: boolean, from: number): Promise<void> =>
      bernd.until(() =>
        bernd.messages.slice(from).some((message) => message.type === 'calibrated' && (message.calibration !== undefined) === holds),
      );
    expect(await outcome(anna, { type: 'calibrate', stream: 0, calibration: known })).toBe('calibrated');
    await isTold(true, 0);
    const scaled = (scale: number) => ({ type: 'set-stage', stream: 0, stage: 'orientation', options: { scale } }) as const;
    const [before, mark] = [bernd.messages.length, await markOf(anna, company.put(next++, 0, 8))];
    expect(await outcome(operator, scaled(0.5))).toBe('stage-set');
    await isTold(false, before);
    await bernd.until(() => company.room.streams[0]?.describe().formats?.processed.width === 80);
    const small = await markOf(anna, company.put(next++, 0, 8));
    expect(small.picture).toMatchObject({ width: 80 });
    expect(small.picture.manual).toBeUndefined();
    expect(mark.picture.manual).toEqual(known);
    const from = bernd.messages.length;
    expect(await outcome(operator, scaled(1))).toBe('stage-set');
    await isTold(true, from);
    expect(await markOf(anna, company.put(next++, 0, 8))).toMatchObject({ picture: { width: 160, manual: known } });
    expect(await outcome(anna, { type: 'calibrate', stream: 0 })).toBe('calibrated');
  });

  const scale = async (scale: number): Promise<void> => {
    expect(await outcome(operator, { type: 'set-stage', stream: 0, stage: 'orientation', options: { scale } })).toBe('stage-set');
    const told = () => bernd.messages.findLast((heard) => heard.type === 'stream' && heard.stream.id === 0) as Told<'stream'> | undefined;
    await bernd.until(() => told()?.stream.formats?.processed.width === 160 * scale);
  };

  it('is that of the frame that it was drawn on, whatever the stream shows by now', async () => {
    const { fromUs, on } = company.put(next, 0, 8);
    await scale(0.5);
    // Its points lie beyond the picture of now.
    const answer = await asked(anna, { type: 'calibrate', stream: 0, on, fromUs, calibration: known });
    expect(answer).toMatchObject({ type: 'calibrated', stream: 0 });
    expect(answer).not.toHaveProperty('calibration');
    expect((await markOf(anna, company.put(next++, 0, 8))).picture.manual).toBeUndefined();
    await scale(1);
    expect((await markOf(anna, company.put(next++, 0, 8))).picture.manual).toEqual(known);
    expect(await outcome(anna, { type: 'calibrate', stream: 0 })).toBe('calibrated');
    expect(await outcome(anna, { type: 'calibrate', stream: 0, on: { epoch: 60_000 }, fromUs, calibration: known })).toBe(
      'examination/no-picture',
    );
  });

  it('renews no mark of another epoch, and none on what is kept', async () => {
    const earlier = await markOf(anna, company.put(next++, 0, 8));
    await scale(0.5);
    await scale(1);
    const { kept } = (await asked(anna, { type: 'keep', kept: named(next++), stream: 0, kind: 'still' })) as Told<'kept'>;
    const still = { on: { kept: kept.kept }, fromUs: kept.fromUs, untilUs: kept.fromUs, stream: undefined };
    const onKept = await markOf(anna, company.put(next++, 0, 8, still));
    const now = await markOf(anna, company.put(next++, 0, 8));
    expect(await outcome(anna, { type: 'calibrate', stream: 0, calibration: known })).toBe('calibrated');
    await caughtUp(bernd);
    const revisions = [earlier, onKept, now].map(({ mark }) => toldOf(bernd, mark).at(-1)?.mark);
    expect(revisions.map((mark) => [mark?.revision, mark?.picture.manual])).toEqual([
      [1, undefined],
      [1, undefined],
      [2, known],
    ]);
    expect(await outcome(anna, { type: 'calibrate', stream: 0 })).toBe('calibrated');
  });

  it.each([
    ['too short', { ...known, points: [known.points[0], { x: 11, y: 40 }] }, 'marks/bad-calibration'],
    ['off the picture', { ...known, points: [known.points[0], { x: 1100, y: 40 }] }, 'marks/off-picture'],
    ['without a length', { points: known.points }, 'marks/bad-mark'],
    ['of nothing', null, 'marks/bad-mark'],
  ])('%s is refused', async (_what, calibration, code) => {
    expect(await outcome(anna, { type: 'calibrate', stream: 0, calibration })).toBe(code);
  });
});

describe('what is not kept', () => {
  it('a mark is seen while it is drawn, with the name of who draws it, and gone when it has become one', async () => {
    const mark = next++;
    const from = bernd.messages.length;
    anna.say({ type: 'draft-mark', mark: named(mark), stream: 0, shape: line(5), fromUs: 1 });
    const heard = () => bernd.messages.slice(from).filter((message) => message.type === 'mark-drafted' || message.type === 'mark-put');
    await bernd.until(() => heard().length > 0);
    expect(heard()[0]).toMatchObject({ type: 'mark-drafted', name: 'Anna', mark: named(mark), shape: line(5) });
    expect(heard()[0]).toHaveProperty('picture.regions');
    await markOf(anna, company.put(mark, 0, 5));
    await bernd.until(() => heard().length > 2);
    expect(heard().map(({ type }) => type)).toEqual(['mark-drafted', 'mark-drafted', 'mark-put']);
    expect(heard()[1]).not.toHaveProperty('shape');
    await caughtUp(elsewhere);
    expect(elsewhere.last('mark-drafted')).toBeUndefined();
  });

  it('a pointer is seen by those who may see the stream, and gone with its owner', async () => {
    const guest = await company.somebody('marker', 'Guest');
    const from = bernd.messages.length;
    const heard = () => bernd.messages.slice(from).filter((message) => message.type === 'pointed') as Told<'pointed'>[];
    guest.say({ type: 'point', stream: 0, points: [{ x: 1, y: 2 }], drawing: true });
    await bernd.until(() => heard().length > 0);
    expect(heard()[0]).toMatchObject({ name: 'Guest', stream: 0, points: [{ x: 1, y: 2 }], drawing: true });
    // Of a past frame: with its time, and whatever its size was.
    guest.say({ type: 'point', stream: 0, atUs: 77, points: [{ x: 5000, y: 2 }], drawing: true });
    await bernd.until(() => heard().length > 2);
    expect(heard().slice(1)).toMatchObject([{ points: [] }, { stream: 0, atUs: 77, points: [{ x: 5000, y: 2 }] }]);
    guest.socket.terminate();
    await bernd.until(() => heard().length > 3);
    expect(heard()[3]).toMatchObject({ atUs: 77, points: [] });
    await caughtUp(elsewhere);
    expect(elsewhere.last('pointed')).toBeUndefined();
  });

  it('thirty a second of it are told, the newest, and all of a pointer\u2019s way', async () => {
    const from = bernd.messages.length;
    const heard = () => bernd.messages.slice(from).filter((message) => message.type === 'pointed') as Told<'pointed'>[];
    const points = Array.from({ length: 60 }, (_, x) => ({ x, y: 1 }));
    for (const point of points) anna.say({ type: 'point', stream: 0, points: [point], drawing: false });
    await bernd.until(() => heard().at(-1)?.points.at(-1)?.x === 59);
    expect(heard().length).toBeLessThan(20);
    expect(heard().flatMap(({ points: told }) => told)).toEqual(points);
    anna.say({ type: 'point', stream: 0, points: [], drawing: false });
    await bernd.until(() => heard().at(-1)?.points.length === 0);
  });

  it('off the picture, or without the right: refused, and nobody sees it', async () => {
    const from = bernd.messages.length;
    for (const viewer of [anna, observer]) viewer.say({ type: 'draft-mark', mark: named(next), stream: 0, shape: line(-5), fromUs: 1 });
    for (const viewer of [elsewhere, observer]) viewer.say({ type: 'point', stream: 0, points: [{ x: 1, y: 1 }], drawing: false });
    for (const viewer of [anna, observer, elsewhere]) {
      await caughtUp(viewer);
      expect(viewer.last('error')?.error.code).toMatch(/^(marks\/off-picture|access\/not-permitted|protocol\/unknown-stream)$/);
      expect(viewer.closed).toBeUndefined();
    }
    await caughtUp(bernd);
    expect(bernd.messages.slice(from).filter(({ type }) => type === 'mark-drafted' || type === 'pointed')).toEqual([]);
  });
});
