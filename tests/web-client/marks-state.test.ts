import { describe, expect, it } from 'vitest';
import { belongsTo } from '../../src/marks/belonging.ts';
import { type Mark, type Point, partOf, withPart } from '../../src/marks/mark.ts';
import type { SharedMark } from '../../src/protocol/examination-messages.ts';
import type { ServerMessage } from '../../src/protocol/messages.ts';
import {
  draftOn,
  initialMarks,
  isOwn,
  isSeen,
  type KnownMark,
  type MarksAction,
  type MarksState,
  nextNumber,
  reduceMarks,
  shownMark,
  toSend,
} from '../../web-client/marks-state.ts';

const me = { name: 'Ada', key: 'aaaa' };
const other = { name: 'Ben', key: 'bbbb' };
const picture = { width: 400, height: 300, regions: [] };
const live = { ...picture, stream: 0, capturedUs: 9000, live: true };
const region = { kind: 'tissue', x0: 0, y0: 0, x1: 399, y1: 299, unitX: 'cm', unitY: 'cm', deltaX: 0.02, deltaY: 0.02 } as const;
const line = (x: number, number = 1): Mark => ({
  kind: 'distance',
  number,
  points: [
    { x, y: 10 },
    { x: x + 50, y: 10 },
  ] as [Point, Point],
});
const drawn = (id: string, shape: Mark, rest: Partial<KnownMark> = {}): KnownMark => ({
  id,
  stream: 0,
  kept: undefined,
  shape,
  revision: 0,
  fromUs: 1000,
  untilUs: undefined,
  picture,
  epoch: 3,
  author: me,
  changedMs: 0,
  ...rest,
});
const shared = (id: string, shape: Mark, revision: number, rest: Partial<SharedMark> = {}): SharedMark => ({
  mark: id,
  stream: 0,
  shape,
  revision,
  fromUs: 1000,
  picture,
  author: me,
  madeUs: 0,
  changedUs: 0,
  ...rest,
});
const hear = (message: ServerMessage): MarksAction => ({ act: 'hear', message, nowMs: 0 });
const examination = (id: string | undefined, boundaryUs?: number): MarksAction =>
  hear({
    type: 'examination',
    archive: { state: 'ready' },
    author: me,
    ...(boundaryUs !== undefined && { boundaryUs }),
    ...(id !== undefined && { examination: { examination: id, anonymous: true, openedUs: 0, stills: 0, clips: 0, marks: 0 } }),
  });
const marks = (...told: SharedMark[]): MarksAction => hear({ type: 'marks', marks: told });
const put = (mark: KnownMark, atMs = 0): MarksAction => ({ act: 'put', mark, atMs });
const markPut = (mark: SharedMark, request?: number): MarksAction =>
  hear({ type: 'mark-put', mark, ...(request !== undefined && { request }) });
const refused = (request: number, code: string): MarksAction =>
  hear({ type: 'error', request, error: { code, message: code, remedy: '' } });
const sent = (id: string, request: number): MarksAction => ({ act: 'sent', id, request });

const reached = (...actions: MarksAction[]): MarksState => actions.reduce(reduceMarks, initialMarks);
const kept = (...actions: MarksAction[]): MarksState => reached(examination('2.25.1'), marks(), ...actions);
const xOf = (state: MarksState, id: string): number | undefined => shownMark(state, id)?.shape.points[0]?.x;

describe('a part of a measurement', () => {
  const partsIn = ({ shown }: MarksState): (string | undefined)[] => shown.map(({ shape }) => partOf(shape));
  const choose = (id: string | undefined): MarksAction => ({ act: 'choose', part: 'reference', id, atMs: 0 });
  const two = [shared('a', withPart(line(10, 1), 'reference'), 1), shared('b', line(60, 2), 1, { rPeaksUs: [5, 7] })];

  it('is let go by the mark that was it before the next one is it, and both are taken back as one', () => {
    const chosen = [examination('2.25.1'), marks(...two), choose('b')].reduce(reduceMarks, initialMarks);
    expect(partsIn(chosen)).toEqual([undefined, 'reference']);
    expect(toSend(chosen).map(([id, { base, want }]) => [id, base, want && partOf(want.shape)])).toEqual([
      ['a', 1, undefined],
      ['b', 1, 'reference'],
    ]);
    const back = reduceMarks(chosen, { act: 'undo', atMs: 1 });
    expect(partsIn(back)).toEqual(['reference', undefined]);
    expect(partsIn(reduceMarks(back, { act: 'redo', atMs: 2 }))).toEqual([undefined, 'reference']);
    expect(partsIn(reduceMarks(chosen, choose(undefined)))).toEqual([undefined, undefined]);
  });

  it('comes from the server with what is known around its frame, and is nobody’s choice of this screen alone', () => {
    const told = [examination('2.25.1'), marks(...two)].reduce(reduceMarks, initialMarks);
    expect(partsIn(told)).toEqual(['reference', undefined]);
    expect(shownMark(told, 'b')?.rPeaksUs).toEqual([5, 7]);
    const again = reduceMarks(told, choose('a'));
    expect([again, toSend(again)]).toEqual([told, []]);
    // Somebody else has chosen meanwhile.
    const others = reduceMarks(told, markPut(shared('a', line(10, 1), 2)));
    expect(partsIn(others)).toEqual([undefined, undefined]);
  });
});

describe('a mark drawn here', () => {
  it('is shown at once, sent once, and then as the server keeps it', () => {
    const drawing = kept(put(drawn('a', line(10))));
    expect(xOf(drawing, 'a')).toBe(10);
    expect(toSend(drawing).map(([id, { base }]) => [id, base])).toEqual([['a', 0]]);
    const underWay = reduceMarks(drawing, sent('a', 7));
    expect(toSend(underWay)).toEqual([]);
    const done = reduceMarks(underWay, markPut(shared('a', line(10, 4), 1), 7));
    expect(done.edits.size).toBe(0);
    expect(shownMark(done, 'a')).toMatchObject({ revision: 1, shape: { number: 4 } });
    expect(nextNumber(done, 0)).toBe(5);
  });

  it('is sent again as it was changed meanwhile, upon the answer', () => {
    const state = kept(put(drawn('a', line(10))), sent('a', 7), put(drawn('a', line(20)), 5000), markPut(shared('a', line(10, 4), 1), 7));
    expect(xOf(state, 'a')).toBe(20);
    expect(toSend(state)).toMatchObject([['a', { base: 1, want: { shape: { number: 4 } } }]]);
  });

  it('is not sent before the server has told what there is', () => {
    const early = reached(put(drawn('a', line(10))));
    expect(toSend(early)).toEqual([]);
    expect(toSend(reduceMarks(reduceMarks(early, examination('2.25.1')), marks()))).toHaveLength(1);
  });

  it('waits while the line is down and is sent again after it; what had arrived is not', () => {
    const cut = kept(put(drawn('a', line(10))), put(drawn('b', line(60))), sent('a', 7), { act: 'ready', ready: false });
    expect(toSend(cut)).toEqual([]);
    const back = [examination('2.25.1'), marks(shared('a', line(10, 2), 1))].reduce(reduceMarks, cut);
    expect(toSend(back).map(([id]) => id)).toEqual(['b']);
    expect(back.shown.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('changed after it was sent, with the answer lost: the change follows upon what arrived', () => {
    const cut = kept(put(drawn('a', line(10))), sent('a', 7), { act: 'ready', ready: false }, put(drawn('a', line(30)), 9000));
    const back = [examination('2.25.1'), marks(shared('a', line(10, 2), 1))].reduce(reduceMarks, cut);
    expect(toSend(back)).toMatchObject([['a', { base: 1 }]]);
    expect(xOf(back, 'a')).toBe(30);
  });

  it('names the examination that it was made in', () => {
    const cut = kept(put(drawn('a', line(10))), { act: 'ready', ready: false });
    const back = [examination('2.25.2'), marks()].reduce(reduceMarks, cut);
    expect(toSend(back)).toMatchObject([['a', { examination: '2.25.1' }]]);
    const again = reduceMarks(reduceMarks(reduceMarks(back, sent('a', 8)), refused(8, 'examination/another')), {
      act: 'settle',
      id: 'a',
      take: 'mine',
      newId: 'n',
    });
    expect(toSend(again)).toMatchObject([['n', { examination: '2.25.2' }]]);
  });

  it('counts for nobody else, and lies on no picture of who is examined next, but stays to be seen', () => {
    const one = drawn('a', withPart(line(10, 7), 'reference'));
    const cut = kept(put(one), { act: 'ready', ready: false });
    expect(cut.counted).toHaveLength(1);
    const next = [examination('2.25.2', 5000), marks()].reduce(reduceMarks, cut);
    const refusedThere = [sent('a', 8), refused(8, 'examination/another')].reduce(reduceMarks, next);
    for (const state of [next, refusedThere]) {
      expect([state.counted, state.shown.length, nextNumber(state, 0)]).toEqual([[], 1, 1]);
      const mark = { ...shownMark(state, 'a')!, changedMs: 0 };
      const seen = (capturedUs: number, isLive: boolean): boolean => isSeen(state, mark, { ...live, capturedUs, live: isLive }, 0);
      expect([seen(4000, false), seen(5000, true), seen(9000, false)]).toEqual([true, false, false]);
    }
    // No choice for the next patient makes it one of theirs.
    expect(reduceMarks(refusedThere, { act: 'choose', part: 'reference', id: undefined, atMs: 1 })).toEqual(refusedThere);
    const dragged = reduceMarks(refusedThere, put(drawn('a', line(30, 7))));
    expect(toSend(dragged)).toMatchObject([['a', { examination: '2.25.1' }]]);

    // Drawn while none was open, on what is of an earlier one by now.
    const early = reached(examination(undefined), put(drawn('b', line(10))), examination('2.25.2', 5000), marks());
    expect([early.counted, isSeen(early, shownMark(early, 'b')!, live, 0)]).toEqual([[], false]);
  });

  it('and refused counts for nothing; where a change was refused, what is in force counts', () => {
    const state = kept(put(drawn('a', line(10))), sent('a', 1), refused(1, 'examination/too-many-marks'));
    expect([state.counted, state.shown.length]).toEqual([[], 1]);
    const conflict = kept(
      markPut(shared('a', line(10), 1)),
      put(drawn('a', line(20))),
      sent('a', 1),
      refused(1, 'examination/changed-meanwhile'),
    );
    expect(conflict.counted.map(({ shape }) => shape.points[0]?.x)).toEqual([10]);
  });

  it('stays on this screen where the server keeps nothing', () => {
    const off = reached({ act: 'ready', ready: true }, put(drawn('a', line(10))), sent('a', 1), refused(1, 'examination/off'));
    expect(off).toMatchObject({ keeping: 'off' });
    const more = [put(drawn('b', line(20, 2))), { act: 'remove', ids: ['a'], atMs: 1 } as MarksAction].reduce(reduceMarks, off);
    expect(more.shown.map(({ id }) => id)).toEqual(['b']);
    expect(toSend(more)).toEqual([]);
    expect(reduceMarks(more, { act: 'undo', atMs: 2 }).shown.map(({ id }) => id)).toEqual(['b', 'a']);
    // A server that keeps them after all gets them.
    const back = [
      hear({ type: 'hello', protocol: 1, server: '', room: '', viewer: 1, role: 'marker', invited: true, clockUs: 0, streams: [] }),
      examination(undefined),
    ].reduce(reduceMarks, more);
    expect(toSend(back).map(([id]) => id)).toEqual(['b']);
  });

  it('that was refused is shown with the reason until somebody decides', () => {
    const state = kept(put(drawn('a', line(10))), sent('a', 1), refused(1, 'marks/off-picture'));
    expect(state.edits.get('a')?.error?.code).toBe('marks/off-picture');
    expect(xOf(state, 'a')).toBe(10);
    expect(toSend(state)).toEqual([]);
    expect(reduceMarks(state, { act: 'settle', id: 'a', take: 'theirs', newId: 'n' }).shown).toEqual([]);
  });
});

describe('marks on a clip', () => {
  const of = (state: 'kept' | 'discarded'): MarksAction =>
    hear({
      type: 'kept',
      kept: {
        ...{ kept: 'k', kind: 'clip', stream: 0, source: '', modality: 'other', state, fromUs: 0, toUs: 9 },
        ...{ frames: 9, lost: 0, bytes: 9, author: other, madeUs: 0 },
      },
    });
  const on = { kept: 'k', untilUs: 1000 };

  it('go with it, and what was still wanted there is refused where it is seen', () => {
    const told = marks(shared('a', withPart(line(10), 'reference'), 1, on), shared('b', line(20, 2), 1, on), shared('c', line(30, 3), 1));
    const before = kept(told, put(drawn('b', line(25, 2), on)), put(drawn('c', line(35, 3))), { act: 'remove', ids: ['a'], atMs: 1 });
    expect(reduceMarks(before, of('kept'))).toEqual(before);
    const after = [sent('b', 5), of('discarded')].reduce(reduceMarks, before);
    expect([...after.inForce.keys()]).toEqual(['c']);
    expect(after.undoSteps.flatMap(({ parts }) => parts.map(({ mark }) => mark.id))).toEqual(['c']);
    const refusedThere = reduceMarks(after, refused(5, 'examination/unknown-kept'));
    expect([refusedThere.shown.map(({ id }) => id), refusedThere.counted.map(({ id }) => id)]).toEqual([['c', 'b'], ['c']]);
    expect(reduceMarks(refusedThere, { act: 'settle', id: 'b', take: 'theirs', newId: 'n' }).shown).toHaveLength(1);
    expect(reduceMarks(kept(told), of('discarded')).counted.map(({ id }) => id)).toEqual(['c']);
  });
});

describe('two who change one mark', () => {
  const both = kept(
    markPut(shared('a', line(10), 1)),
    put(drawn('a', line(20))),
    sent('a', 5),
    markPut(shared('a', line(90), 2, { changedBy: other })),
  );

  it('see what the server has kept, and the own change is offered again', () => {
    const refusedMine = reduceMarks(both, refused(5, 'examination/changed-meanwhile'));
    expect(xOf(refusedMine, 'a')).toBe(90);
    const mine = reduceMarks(refusedMine, { act: 'settle', id: 'a', take: 'mine', newId: 'n' });
    expect(xOf(mine, 'a')).toBe(20);
    expect(toSend(mine)).toMatchObject([['a', { base: 2 }]]);
    const theirs = reduceMarks(refusedMine, { act: 'settle', id: 'a', take: 'theirs', newId: 'n' });
    expect(xOf(theirs, 'a')).toBe(90);
    expect(theirs.edits.size).toBe(0);
  });

  it('whoever goes on from what is shown goes on from that revision', () => {
    const after = reduceMarks(reduceMarks(both, refused(5, 'examination/changed-meanwhile')), put(drawn('a', line(95))));
    expect(toSend(after)).toMatchObject([['a', { base: 2 }]]);
  });

  it('do not take back what the other did', () => {
    const changed = kept(
      put(drawn('a', line(10))),
      sent('a', 1),
      markPut(shared('a', line(10), 1), 1),
      markPut(shared('a', line(40), 2, { changedBy: other })),
    );
    expect(changed.undoSteps).toEqual([]);
  });

  it('only renewed values by a calibration do not disturb', () => {
    const manual = {
      points: [
        { x: 0, y: 0 },
        { x: 100, y: 0 },
      ] as [Point, Point],
      known: { mm: 10 },
    };
    const renewed = shared('a', line(10), 2, { picture: { ...picture, manual } });
    const state = kept(put(drawn('a', line(10))), sent('a', 1), markPut(shared('a', line(10), 1), 1), markPut(renewed));
    expect(state.undoSteps).toHaveLength(1);
    expect(shownMark(state, 'a')?.picture.manual).toEqual(manual);
  });

  it('one of whom removes it: it is gone, with what could be undone of it', () => {
    const gone = kept(
      put(drawn('a', line(10))),
      sent('a', 1),
      markPut(shared('a', line(10), 1), 1),
      hear({ type: 'mark-removed', mark: 'a', revision: 2, by: other }),
    );
    expect(gone).toMatchObject({ shown: [], undoSteps: [] });
  });
});

describe('undo and redo', () => {
  const undo: MarksAction = { act: 'undo', atMs: 99 };
  const redo: MarksAction = { act: 'redo', atMs: 99 };
  const two = kept(put(drawn('a', line(10))), put(drawn('a', line(20)), 3000), put(drawn('b', line(30, 2)), 6000));

  it('go step by step and back', () => {
    const steps = [undo, undo, undo].map((_, count) => [undo, undo, undo].slice(0, count + 1).reduce(reduceMarks, two));
    expect(steps.map((state) => state.shown.map(({ id, shape }) => [id, shape.points[0]?.x]))).toEqual([[['a', 20]], [['a', 10]], []]);
    const again = [redo, redo, redo].reduce(reduceMarks, steps[2]!);
    expect(again.shown.map(({ id, shape }) => [id, shape.points[0]?.x])).toEqual([
      ['a', 20],
      ['b', 30],
    ]);
    expect(again.redoSteps).toEqual([]);
  });

  it('bring back marks that were removed together, together', () => {
    const removed = reduceMarks(two, { act: 'remove', ids: ['a', 'b'], atMs: 9000 });
    expect(removed.shown).toEqual([]);
    expect(
      reduceMarks(removed, undo)
        .shown.map(({ id }) => id)
        .sort(),
    ).toEqual(['a', 'b']);
  });

  it('end with the examination: nothing of one patient is undone for the next', () => {
    const kept1 = kept(put(drawn('a', line(10))), sent('a', 1), markPut(shared('a', line(10), 1), 1));
    // Nor are they there until the marks of the next are told.
    expect(reduceMarks(kept1, examination('2.25.2')).shown).toEqual([]);
    const next = [examination(undefined), undo].reduce(reduceMarks, kept1);
    expect(next).toMatchObject({ shown: [], undoSteps: [], redoSteps: [], stepRefusal: undefined });
    const own = [examination('2.25.2'), marks(), put(drawn('b', line(20))), undo].reduce(reduceMarks, next);
    expect(own.shown).toEqual([]);
  });

  it('leave alone what somebody else has changed or removed while the line was down', () => {
    const before = kept(
      put(drawn('a', line(10))),
      put(drawn('a', line(20)), 3000),
      sent('a', 1),
      markPut(shared('a', line(20), 1), 1),
      put(drawn('b', line(30, 2)), 6000),
      sent('b', 2),
      markPut(shared('b', line(30, 2), 1), 2),
      put(drawn('c', line(50, 3)), 9000),
      sent('c', 3),
      { act: 'ready', ready: false },
    );
    const back = (...told: SharedMark[]): MarksState => [examination('2.25.1'), marks(...told)].reduce(reduceMarks, before);
    const stepsOf = ({ undoSteps }: MarksState): string[] => undoSteps.flatMap(({ parts }) => parts.map(({ mark }) => mark.id));
    const [a, b, c] = [shared('a', line(20), 1), shared('b', line(30, 2), 1), shared('c', line(50, 3), 1)];
    // The answer to the third was lost, it itself was not.
    expect(stepsOf(back(a, b, c))).toEqual(['a', 'a', 'b', 'c']);
    expect(stepsOf(back(a, b))).toEqual(['a', 'a', 'b', 'c']);
    expect(stepsOf(back({ ...a, shape: line(25), revision: 2, changedBy: other }, b, c))).toEqual(['b', 'c']);
    expect(stepsOf(back(a, c))).toEqual(['a', 'a', 'c']);
    // Calibrated by hand meanwhile: the same mark.
    expect(stepsOf(back({ ...a, revision: 2 }, b, c))).toEqual(['a', 'a', 'b', 'c']);
    const removed = reduceMarks(reduceMarks(back(a, c), undo), undo);
    expect(xOf(removed, 'a')).toBe(10);
  });

  it('that cannot be taken are dropped and told, and those before them can', () => {
    const off = { edit: 'move-point', number: 2, index: 7, to: { x: 0, y: 0 } } as const;
    const last = { atMs: 9000, mends: false, parts: [{ mark: shownMark(two, 'b')!, inverse: off }] };
    const refusedStep = reduceMarks({ ...two, undoSteps: [...two.undoSteps, last] }, undo);
    expect(refusedStep.stepRefusal).toMatchObject({ code: 'marks/cannot-edit' });
    expect(refusedStep.undoSteps).toEqual(two.undoSteps);
    expect(reduceMarks(refusedStep, undo)).toMatchObject({ stepRefusal: undefined, shown: [{ id: 'a' }] });
  });

  it('are edits like any other: what is back is sent upon the revision of its removal', () => {
    const state = kept(
      put(drawn('a', line(10))),
      sent('a', 1),
      markPut(shared('a', line(10), 1), 1),
      { act: 'remove', ids: ['a'], atMs: 5 },
      sent('a', 2),
      hear({ type: 'mark-removed', request: 2, mark: 'a', revision: 2, by: me }),
      undo,
    );
    expect(toSend(state)).toMatchObject([['a', { base: 2, want: { shape: line(10) } }]]);
  });

  it('end somewhere, and with them what is remembered of what was taken away', () => {
    const state = Array.from({ length: 300 }, (_, at) => `mark ${at}`).reduce(
      (before, id, at) =>
        [
          put(drawn(id, line(at)), at),
          sent(id, 2 * at),
          markPut(shared(id, line(at), 1), 2 * at),
          { act: 'remove', ids: [id], atMs: at } as const,
          sent(id, 2 * at + 1),
          hear({ type: 'mark-removed', request: 2 * at + 1, mark: id, revision: 2, by: me }),
        ].reduce(reduceMarks, before),
      kept(),
    );
    expect(state).toMatchObject({ shown: [], inForce: new Map(), edits: new Map() });
    expect(state.undoSteps.length).toBe(200);
    expect([...state.gone.keys()]).toEqual(Array.from({ length: 100 }, (_, at) => `mark ${200 + at}`));
  });

  it('of what nobody was told of tells nobody', () => {
    expect(toSend(reduceMarks(reached(put(drawn('a', line(10)))), undo))).toEqual([]);
  });

  it('take presses of a key that follow each other as one', () => {
    const moves = [20, 21, 22].map(
      (x, index): MarksAction => ({ act: 'put', mark: drawn('a', line(x)), atMs: 50 + index * 100, mends: true }),
    );
    const moved = moves.reduce(reduceMarks, kept(put(drawn('a', line(10)))));
    expect(moved.undoSteps).toHaveLength(2);
    expect(xOf(reduceMarks(moved, undo), 'a')).toBe(10);
  });

  it('forget what was undone as soon as something else is done', () => {
    expect([undo, put(drawn('c', line(70, 3)))].reduce(reduceMarks, two).redoSteps).toEqual([]);
  });
});

describe('marks and frames', () => {
  it('drawn on a frozen picture belong to that frame, on a live one to all from then on', () => {
    const lies = (untilUs: number | undefined, capturedUs: number, isLive: boolean): boolean =>
      belongsTo(drawn('a', line(10), { fromUs: 1000, untilUs }), { ...live, capturedUs, live: isLive });
    expect(lies(1000, 1000, false)).toBe(true);
    expect(lies(1000, 1001, true)).toBe(false);
    expect(lies(undefined, 5000, false)).toBe(true);
    expect(lies(undefined, 500, false)).toBe(false);
    // A screen whose line is longer shows an earlier frame of the same live picture.
    expect(lies(undefined, 500, true)).toBe(true);
  });

  it('lie on no picture of another size, depth or calibration, new and selected or not', () => {
    const shallow = { ...live, regions: [region] };
    const mark = drawn('a', line(10), { picture: { ...picture, regions: [{ ...region }] } });
    const selected = { ...initialMarks, selection: { id: 'a', point: undefined } };
    expect(isSeen(selected, mark, shallow, 0)).toBe(true);
    for (const other of [
      { ...shallow, regions: [{ ...region, deltaX: 0.05, deltaY: 0.05 }] },
      { ...shallow, regions: [{ ...region, referenceY: 12 }] },
      { ...shallow, regions: [] },
      { ...shallow, width: 401 },
    ]) {
      expect(belongsTo(mark, other)).toBe(false);
      expect(isSeen(selected, mark, other, 0)).toBe(false);
    }
  });

  it('end where somebody says so, which is sent and can be taken back', () => {
    const mark = shared('a', line(10), 1);
    const ended = kept(marks(mark), put(drawn('a', line(10), { revision: 1, untilUs: 7000 })));
    expect(toSend(ended)).toMatchObject([['a', { base: 1, want: { untilUs: 7000 } }]]);
    expect(isSeen(ended, shownMark(ended, 'a')!, { ...live, capturedUs: 9000 }, 20_000)).toBe(false);
    // The line was cut: the same shape is not the same mark.
    const cut = [{ act: 'ready', ready: false } as MarksAction, examination('2.25.1'), marks(mark)].reduce(reduceMarks, ended);
    expect(toSend(cut)).toMatchObject([['a', { want: { untilUs: 7000 } }]]);
    const back = reduceMarks(ended, { act: 'undo', atMs: 1 });
    expect(shownMark(back, 'a')?.untilUs).toBeUndefined();
    expect(shownMark(reduceMarks(back, { act: 'redo', atMs: 2 }), 'a')?.untilUs).toBe(7000);
  });

  it('of another frame are seen while they are new, and while they are selected', () => {
    const mark = drawn('a', line(10), { untilUs: 1000, changedMs: 0 });
    const frame = live;
    expect(isSeen(initialMarks, mark, frame, 9000)).toBe(true);
    expect(isSeen(initialMarks, mark, frame, 11_000)).toBe(false);
    expect(isSeen({ ...initialMarks, selection: { id: 'a', point: undefined } }, mark, frame, 11_000)).toBe(true);
  });

  it('that were there when this screen came are not new', () => {
    const state = kept(marks(shared('a', line(10), 1, { untilUs: 1000 })));
    expect(isSeen(state, shownMark(state, 'a')!, live, 0)).toBe(false);
  });
});

describe('what others do', () => {
  const draft = (shape: Mark | undefined): MarksAction =>
    hear({ type: 'mark-drafted', viewer: 2, name: 'Ben', mark: 'd', stream: 0, fromUs: 0, ...(shape && { shape }) });

  it('is shown on what it is drawn on, by the calibration of that', () => {
    const calibrated = { ...picture, regions: [region] };
    const drafted = (more: object): KnownMark | undefined => {
      const state = kept(
        hear({
          type: 'mark-drafted',
          viewer: 2,
          name: 'Ben',
          mark: 'd',
          stream: 0,
          shape: line(1),
          fromUs: 9000,
          ...more,
        } as ServerMessage),
      );
      return draftOn({ ...live, ...calibrated }, 2, state.drafts.get(2)!, 0);
    };
    expect(drafted({ picture: { ...calibrated, manual: { points: line(5).points, known: { mm: 3 } } } })?.picture.manual).toBeDefined();
    // At another depth, e.g. in the past.
    expect(drafted({ picture: { ...picture, regions: [{ ...region, deltaX: 0.04 }] } })).toBeUndefined();
    expect(drafted({ kept: 'k' })).toBeUndefined();
    const onKept = kept(hear({ type: 'mark-drafted', viewer: 2, name: 'Ben', mark: 'd', stream: 0, kept: 'k', shape: line(1), fromUs: 1 }));
    const still = { ...calibrated, stream: 2 ** 31, kept: 'k', capturedUs: 1 };
    expect(draftOn(still, 2, onKept.drafts.get(2)!, 0)?.picture.regions).toEqual([region]);
    expect(draftOn({ ...still, kept: 'other' }, 2, onKept.drafts.get(2)!, 0)).toBeUndefined();
  });

  it('is shown while they draw, until it is kept or comes to nothing', () => {
    const drawing = kept(draft(line(1)), draft(line(2)));
    expect([...drawing.drafts.values()]).toMatchObject([{ name: 'Ben', shape: line(2) }]);
    expect(reduceMarks(drawing, draft(undefined)).drafts.size).toBe(0);
    expect(reduceMarks(drawing, markPut(shared('d', line(2), 1, { author: other }))).drafts.size).toBe(0);
    expect(reduceMarks(drawing, hear({ type: 'present', viewers: [{ viewer: 1, name: 'Ada', role: 'marker' }] })).drafts.size).toBe(0);
    expect(reduceMarks(drawing, { act: 'ready', ready: false }).drafts.size).toBe(0);
  });

  it('is theirs, by key and not by name', () => {
    const state = kept(markPut(shared('a', line(10), 1)), markPut(shared('b', line(10, 2), 1, { author: { ...other, name: me.name } })));
    expect(state.shown.map((mark) => isOwn(mark, state))).toEqual([true, false]);
  });

  it('of a kind that this page does not know is left out', () => {
    const odd = shared('a', { kind: 'spiral', number: 1, points: [] } as unknown as Mark, 1);
    expect(kept(marks(odd)).shown).toEqual([]);
  });
});

describe('streams that are gone', () => {
  it('take their marks, steps and numbers with them', () => {
    const state = kept(put(drawn('a', line(10))), put(drawn('b', line(10, 5), { stream: 1 })), { act: 'forget', streams: [1] });
    expect(state.shown.map(({ id }) => id)).toEqual(['a']);
    expect(state.undoSteps).toHaveLength(1);
    expect(nextNumber(state, 1)).toBe(1);
  });
});
