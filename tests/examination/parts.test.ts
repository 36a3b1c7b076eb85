import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ejectionFrom, rateFrom } from '../../src/marks/clinical.ts';
import { type Mark, parseMark } from '../../src/marks/mark.ts';
import type { SharedMark } from '../../src/protocol/examination-messages.ts';
import { frameFlags } from '../../src/protocol/frame-header.ts';
import type { TestViewer } from '../broadcast/test-room.ts';
import { asked, caughtUp, named, openCompany, outcome } from './company.ts';

let company: Awaited<ReturnType<typeof openCompany>>;
let anna: TestViewer;
let bernd: TestViewer;

beforeAll(async () => {
  company = await openCompany();
  anna = await company.somebody('marker', 'Anna');
  bernd = await company.somebody('marker', 'Bernd');
});
afterAll(() => company.close());

const outline = (halfWidth: number, part?: string) => ({
  kind: 'area',
  number: 1,
  points: Array.from({ length: 19 }, (_, step) => {
    const angle = (step * Math.PI) / 18;
    return { x: 80 - halfWidth * Math.cos(angle), y: 100 - 60 * Math.sin(angle) };
  }),
  ...(part !== undefined && { part }),
});
async function put(viewer: TestViewer, mark: number, revision: number, shape: object, more: object = {}): Promise<SharedMark> {
  const answer = await asked(viewer, company.put(mark, revision, 0, { shape, ...more }));
  if (answer.type !== 'mark-put') throw new Error(JSON.stringify(answer));
  return answer.mark;
}
/** The marks as a viewer knows them who has heard everything. */
async function known(viewer: TestViewer): Promise<Map<string, SharedMark>> {
  await caughtUp(viewer);
  const marks = new Map<string, SharedMark>();
  for (const message of viewer.messages) {
    if (message.type === 'marks') for (const mark of message.marks) marks.set(mark.mark, mark);
    if (message.type === 'mark-put') marks.set(message.mark.mark, message.mark);
  }
  return marks;
}

describe('what a mark is part of', () => {
  it('is one of its kind, and nothing else', async () => {
    for (const part of ['a4c', 'lesion', 7, null, 'a4c-ed-axis'])
      expect(await outcome(anna, company.put(90, 0, 0, { shape: { ...outline(20), part } }))).toBe('marks/bad-mark');
    const point = { kind: 'point', number: 1, points: [{ x: 5, y: 5 }], part: 'envelope' };
    expect(await outcome(anna, company.put(90, 0, 0, { shape: point }))).toBe('marks/bad-mark');
    expect(await outcome(anna, { type: 'draft-mark', mark: named(90), stream: 0, shape: outline(20, 'x'), fromUs: 1 } as never)).not.toBe(
      'mark-put',
    );
  });

  it('reaches whoever watches, and is taken from the mark that was it before, in one step', async () => {
    await put(anna, 1, 0, outline(30, 'a4c-ed'));
    await put(anna, 2, 0, outline(35));
    const chosen = await put(anna, 2, 1, outline(35, 'a4c-ed'));
    expect(chosen).toMatchObject({ revision: 2, shape: { part: 'a4c-ed' } });
    const marks = await known(bernd);
    expect(marks.get(named(1))).toMatchObject({ revision: 2, author: { name: 'Anna' } });
    expect(marks.get(named(1))?.shape).not.toHaveProperty('part');
    expect(marks.get(named(2))).toEqual(chosen);
    // As whoever chooses sends it: let go here, taken there; what has come about already is no conflict.
    expect(await put(anna, 1, 1, outline(30))).toMatchObject({ revision: 2 });
  });

  it('is taken from a mark of somebody else by operators alone', async () => {
    expect(await outcome(bernd, company.put(3, 0, 0, { shape: outline(40, 'a4c-ed') }))).toBe('examination/not-yours');
    expect((await known(anna)).get(named(2))?.shape).toHaveProperty('part', 'a4c-ed');
    await put(company.operator, 3, 0, outline(40, 'a4c-ed'));
    const taken = (await known(anna)).get(named(2));
    expect(taken).toMatchObject({ revision: 3, author: { name: 'Anna' }, changedBy: { name: 'Dr Operator' } });
  });

  it('is one mark’s, whichever two choose at the same time', async () => {
    const { operator } = company;
    await Promise.all([4, 5, 6].map((mark) => put(operator, mark, 0, outline(20 + mark, 'a2c-ed'))));
    const holders = [...(await known(anna)).values()].filter(({ shape }) => (shape as { part?: string }).part === 'a2c-ed');
    expect(holders).toHaveLength(1);
  });

  it('survives the server, with the ejection fraction and the rate that follow from it', async () => {
    const { operator, room } = company;
    // As the record is told of them: a viewer's line leaves frames out.
    const peaks: number[] = [];
    const watching = room.streams[0]?.frames('processed', 'raw').subscribe(({ header: { flags, capturedAtUs } }) => {
      if ((flags & frameFlags.rPeak) === 0 || capturedAtUs <= (peaks.at(-1) ?? 0)) return;
      // Whoever slept for seconds has no heartbeats in a row.
      if (capturedAtUs - (peaks.at(-1) ?? 0) > 2e6) peaks.length = 0;
      peaks.push(capturedAtUs);
    });
    await operator.until(() => peaks.length >= 4, 60_000);
    watching?.unsubscribe();
    const fromUs = peaks[2] ?? 0;
    const more = { fromUs, untilUs: fromUs };
    await operator.until(() => (room.stores.past?.past(0).newestUs ?? 0) >= (peaks[3] ?? 0));
    const diastole = await put(operator, 7, 0, outline(40, 'a4c-ed'), more);
    expect(diastole.rPeaksUs?.filter((us) => us >= (peaks[0] ?? 0)).slice(0, 4)).toEqual(peaks.slice(0, 4));
    await put(operator, 8, 0, outline(25, 'a4c-es'), more);
    const clip = { type: 'keep', kept: named(9), stream: 0, kind: 'clip', fromUs: peaks[1] ?? 0, toUs: peaks[3] ?? 0 } as const;
    await asked(operator, clip);
    await operator.until(() => operator.messages.some((told) => told.type === 'kept' && told.kept.state === 'kept'));
    const before = await measured(operator);
    expect(before.efPercent).toBeGreaterThan(50);
    expect(before.perMinute).toBeGreaterThan(30);

    const { folder } = company;
    await company.close(true);
    company = await openCompany(undefined, folder);
    await company.operator.until(() => company.operator.last('marks') !== undefined);
    expect(await measured(company.operator)).toEqual(before);
    // Drawn anew its frame is the same, and what was known around it stays.
    const moved = await put(company.operator, 7, 1, outline(41, 'a4c-ed'), more);
    expect(moved.rPeaksUs).toEqual(diastole.rPeaksUs);
    // The record of that time is gone, the clip is not.
    const onClip = { on: { kept: named(9) }, fromUs: peaks[2] ?? 0, untilUs: peaks[2] ?? 0 };
    expect((await put(company.operator, 10, 0, outline(40, 'a2c-ed'), onClip)).rPeaksUs).toEqual(peaks.slice(1, 4));
  }, 120_000);
});

async function measured(viewer: TestViewer): Promise<{ efPercent: number | undefined; perMinute: number | undefined }> {
  const marks = [...(await known(viewer)).values()]
    .filter(({ mark }) => mark === named(7) || mark === named(8))
    .map((mark) => ({ ...mark, shape: parseMark(mark.shape, mark.picture) satisfies Mark }));
  return { efPercent: ejectionFrom(marks).ejection?.efPercent, perMinute: rateFrom(marks).rate?.perMinute };
}
