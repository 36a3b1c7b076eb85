import { describe, expect, it } from 'vitest';
import type { Mark, Point } from '../../src/marks/mark.ts';
import type { SharedMark } from '../../src/protocol/examination-messages.ts';
import type { ServerMessage } from '../../src/protocol/messages.ts';
import {
  belongs,
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
const examination = (id: string | undefined): MarksAction =>
  hear({
    type: 'examination',
    archive: { state: 'ready' },
    author: me,
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
    expect(belongs({ fromUs: 1000, untilUs: 1000 }, 1000, false)).toBe(true);
    expect(belongs({ fromUs: 1000, untilUs: 1000 }, 1001, true)).toBe(false);
    expect(belongs({ fromUs: 1000, untilUs: undefined }, 5000, false)).toBe(true);
    expect(belongs({ fromUs: 1000, untilUs: undefined }, 500, false)).toBe(false);
    // A screen whose line is longer shows an earlier frame of the same live picture.
    expect(belongs({ fromUs: 1000, untilUs: undefined }, 500, true)).toBe(true);
  });

  it('of another frame are seen while they are new, and while they are selected', () => {
    const mark = drawn('a', line(10), { untilUs: 1000, changedMs: 0 });
    const frame = { capturedUs: 9000, live: true };
    expect(isSeen(initialMarks, mark, frame, 9000)).toBe(true);
    expect(isSeen(initialMarks, mark, frame, 11_000)).toBe(false);
    expect(isSeen({ ...initialMarks, selection: { id: 'a', point: undefined } }, mark, frame, 11_000)).toBe(true);
  });

  it('that were there when this screen came are not new', () => {
    const state = kept(marks(shared('a', line(10), 1, { untilUs: 1000 })));
    expect(isSeen(state, shownMark(state, 'a')!, { capturedUs: 9000, live: true }, 0)).toBe(false);
  });
});

describe('what others do', () => {
  const draft = (shape: Mark | undefined): MarksAction =>
    hear({ type: 'mark-drafted', viewer: 2, name: 'Ben', mark: 'd', stream: 0, fromUs: 0, ...(shape && { shape }) });

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
