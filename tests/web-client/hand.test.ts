import { describe, expect, it } from 'vitest';
import { ellipseOf } from '../../src/marks/geometry.ts';
import type { Point } from '../../src/marks/mark.ts';
import type { ServerMessage, ViewerMessage } from '../../src/protocol/messages.ts';
import type { Role } from '../../src/protocol/roles.ts';
import { Hand } from '../../web-client/hand.ts';
import { growing, reshaped } from '../../web-client/mark-tools.ts';
import { Marking } from '../../web-client/marking.ts';
import { hasUnkept, isUnkept, type KnownMark } from '../../web-client/marks-state.ts';
import { isPointedAt, type PointedPlace, Pointing } from '../../web-client/pointing.ts';

const at = (x: number, y: number): Point => ({ x, y });
const picture = { width: 400, height: 300, regions: [] };
const steady = { slack: 4, tolerance: 1 };
const author = { name: 'Ada', key: 'aaaa' };

/** A screen whose server is the test. */
function screen(role: Role = 'marker', live = true, kept?: string) {
  const shown = { capturedUs: 5000, epoch: 3, picture, live, kept, earlier: false };
  const sent: ViewerMessage[] = [];
  let request = 0;
  const now = { picture };
  const marking = new Marking({ send: (message) => sent.push(message), nextRequest: () => ++request, epochOf: () => 9 });
  const hand = new Hand({
    marking,
    role: () => role,
    frameOf: () => shown,
    pictureNow: () => now.picture,
  });
  const hear = (message: ServerMessage): void => marking.hear(message);
  hear({ type: 'examination', archive: { state: 'ready' }, author });
  return {
    sent,
    now,
    shown,
    marking,
    hand,
    hear,
    puts: () => sent.filter((message) => message.type === 'put-mark'),
    drag(from: Point, to: Point): void {
      hand.press(0, from);
      hand.move(to, true, steady);
      hand.release(true, steady);
    },
  };
}

describe('the hand', () => {
  it('draws, keeps and selects, with what the frame under it was', () => {
    const { hand, drag, puts, marking } = screen();
    hand.takeUp('distance');
    drag(at(10, 10), at(60, 10));
    expect(puts()).toMatchObject([
      { stream: 0, on: { epoch: 3 }, revision: 0, fromUs: 5000, shape: { kind: 'distance', number: 1, points: [at(10, 10), at(60, 10)] } },
    ]);
    expect(puts()[0]).not.toHaveProperty('untilUs');
    expect(marking.state.selection?.point).toBe(1);
  });

  it('draws on a frozen picture for that frame alone', () => {
    const { hand, drag, puts } = screen('marker', false);
    hand.takeUp('arrow');
    drag(at(10, 10), at(60, 10));
    expect(puts()).toMatchObject([{ fromUs: 5000, untilUs: 5000 }]);
  });

  it('shows others what it draws, and tells when it came to nothing', async () => {
    const { hand, sent } = screen();
    hand.takeUp('distance');
    hand.press(0, at(10, 10));
    expect(sent).toMatchObject([{ type: 'draft-mark', shape: { points: [at(10, 10), at(10, 10)] } }]);
    hand.cancel();
    await expect.poll(() => sent.at(-1)).not.toHaveProperty('shape');
  });

  it('draws nothing without the right to', () => {
    const { hand, drag, sent, marking } = screen('observer');
    hand.takeUp('distance');
    drag(at(10, 10), at(60, 10));
    expect(marking.state.tool).toBe('pan');
    expect(sent).toEqual([]);
  });

  it('moves a point, or the whole mark as far as the picture goes, and takes it back', () => {
    const { hand, drag, marking } = screen();
    hand.takeUp('distance');
    drag(at(10, 10), at(60, 10));
    const { id } = marking.state.shown[0]!;
    hand.grab({ id, point: 1 }, at(60, 10));
    hand.drag(at(90, 50));
    hand.drop();
    expect(marking.state.shown[0]?.shape.points).toEqual([at(10, 10), at(90, 50)]);
    hand.grab({ id, point: undefined }, at(50, 30));
    hand.drag(at(0, 30));
    hand.drop();
    expect(marking.state.shown[0]?.shape.points).toEqual([at(0, 10), at(80, 50)]);
    marking.undo();
    marking.undo();
    expect(marking.state.shown[0]?.shape.points).toEqual([at(10, 10), at(60, 10)]);
  });

  it('only selects what somebody else has drawn, unless it is an operator', () => {
    for (const [role, moved] of [
      ['marker', false],
      ['operator', true],
    ] as const) {
      const { hand, hear, marking } = screen(role);
      const shape = { kind: 'distance', number: 1, points: [at(10, 10), at(60, 10)] };
      const mark = {
        mark: 'ab',
        stream: 0,
        revision: 1,
        shape,
        fromUs: 0,
        picture,
        author: { name: 'Ben', key: 'b' },
        madeUs: 0,
        changedUs: 0,
      };
      hear({ type: 'mark-put', mark });
      hand.grab({ id: 'ab', point: 1 }, at(60, 10));
      hand.drag(at(90, 50));
      hand.drop();
      expect(marking.state.selection?.id).toBe('ab');
      expect(marking.state.edits.size > 0).toBe(moved);
    }
  });

  it('changes what it took hold of, and not what somebody else has made of it meanwhile', () => {
    const shape = (caption: string, x: number) => ({
      kind: 'distance' as const,
      number: 1,
      points: [at(x, 10), at(60, 10)] as [Point, Point],
      caption: { text: caption },
    });
    const ben = { name: 'Ben', key: 'b' };
    const mark = (revision: number, caption: string, x = 10) => ({
      ...{ mark: 'ab', stream: 0, revision, shape: shape(caption, x), fromUs: 0, picture, author: ben, madeUs: 0, changedUs: 0 },
    });
    const mended: Readonly<Record<string, (one: ReturnType<typeof screen>, meanwhile: () => void) => void>> = {
      dragged: ({ hand }, meanwhile) => {
        hand.grab({ id: 'ab', point: 1 }, at(60, 10));
        hand.drag(at(90, 50));
        meanwhile();
        hand.drop();
      },
      captioned: ({ hand, marking }, meanwhile) => {
        const asked = marking.state.shown[0]!;
        meanwhile();
        hand.caption(asked, { text: 'mine' });
      },
    };
    for (const change of Object.values(mended)) {
      const others = screen('operator');
      others.hear({ type: 'mark-put', mark: mark(1, 'before') });
      change(others, () => others.hear({ type: 'mark-put', mark: mark(2, 'theirs', 30) }));
      expect(others.puts()).toMatchObject([{ revision: 1 }]);
      others.hear({
        type: 'error',
        request: others.puts()[0]!.request,
        error: { code: 'examination/changed-meanwhile', message: '', remedy: '' },
      });
      expect(others.marking.state.shown[0]?.shape).toMatchObject({ caption: { text: 'theirs' } });
      others.marking.settle('ab', 'mine');
      expect(others.puts()[1]).toMatchObject({ revision: 2 });

      // A calibration by hand changes only its values.
      const renewed = screen('operator');
      renewed.hear({ type: 'mark-put', mark: mark(1, 'before') });
      change(renewed, () => renewed.hear({ type: 'mark-put', mark: mark(2, 'before') }));
      expect(renewed.puts()).toMatchObject([{ revision: 2 }]);
    }
  });

  it('does not bring back what somebody else has taken away meanwhile', () => {
    const { hand, drag, hear, marking, puts } = screen();
    hand.takeUp('distance');
    drag(at(10, 10), at(60, 10));
    const { request, mark, ...put } = puts()[0]!;
    const { shape } = put;
    hear({ type: 'mark-put', request, mark: { mark, stream: 0, revision: 1, shape, fromUs: 0, picture, author, madeUs: 0, changedUs: 0 } });
    hand.grab({ id: mark, point: 1 }, at(60, 10));
    hand.drag(at(90, 50));
    hear({ type: 'mark-removed', mark, revision: 2, by: { name: 'Ben', key: 'b' } });
    hand.drop();
    expect(puts()[1]).toMatchObject({ mark, revision: 1 });
    expect(marking.state.edits.get(mark)).toBeDefined();
  });

  it('places points by keys, beginning in the middle', () => {
    const { hand, marking } = screen();
    hand.takeUp('distance');
    expect(hand.step(0, 10, 0)).toBe(false);
    hand.enter(0);
    hand.enter(0);
    hand.step(0, 30, 0);
    hand.enter(0);
    expect(marking.state.shown[0]?.shape.points).toEqual([at(200, 150), at(230, 150)]);
  });

  it('nudges what is selected on its own tile, of a stream or of what was kept', () => {
    const tile = 2 ** 31 + 5;
    for (const [place, kept] of [
      [0, undefined],
      [tile, 'k'],
    ] as const) {
      const { hand, marking, puts } = screen('marker', kept === undefined, kept);
      hand.takeUp('distance');
      hand.press(place, at(10, 10));
      hand.move(at(60, 10), true, steady);
      hand.release(true, steady);
      expect(puts()[0]?.on).toEqual(kept === undefined ? { epoch: 3 } : { kept });
      if (kept === undefined) expect(hand.nudge(1, 0, 10)).toBe(false);
      expect(hand.nudge(place, 0, 10)).toBe(true);
      expect(marking.state.shown[0]?.shape.points[1]?.y).toBe(20);
    }
  });

  it('is asked for the word of a text and keeps none without one', () => {
    const { hand, drag, marking, puts } = screen();
    hand.takeUp('text');
    drag(at(10, 10), at(20, 10));
    const { asking } = marking.state;
    if (asking?.ask !== 'caption') throw new Error('nothing was asked');
    hand.caption(asking.mark, undefined);
    expect(puts()).toEqual([]);
    hand.caption(asking.mark, { label: 'lv' });
    expect(puts()).toMatchObject([{ shape: { kind: 'text', caption: { label: 'lv' } } }]);
  });

  it('calibrates by what is told, and says what was refused', () => {
    const { hand, drag, marking, sent, hear } = screen();
    hand.takeUp('calibration');
    drag(at(10, 10), at(110, 10));
    const { asking } = marking.state;
    if (asking?.ask !== 'length') throw new Error('nothing was asked');
    hand.calibrate(0, { points: asking.points, known: { french: 6 } }, asking);
    const message = sent.at(-1);
    expect(message).toMatchObject({ type: 'calibrate', stream: 0, on: { epoch: 3 }, fromUs: 5000, calibration: { known: { french: 6 } } });
    const request = message?.type === 'calibrate' ? message.request : 0;
    hear({ type: 'error', request, error: { code: 'marks/bad-calibration', message: 'no', remedy: '' } });
    expect(marking.state.calibrationRefusals[0]?.code).toBe('marks/bad-calibration');
    expect(marking.state.tool).toBe('pan');
  });

  it('asks for a length with the picture that it was drawn on, whatever is shown by then', () => {
    const { hand, drag, marking, shown } = screen();
    hand.takeUp('calibration');
    drag(at(10, 10), at(110, 10));
    shown.picture = { ...picture, width: 100 };
    expect(marking.state.asking).toMatchObject({ ask: 'length', picture });
  });

  it('shows others what it draws in tenths of a pixel', () => {
    const { hand, sent } = screen();
    hand.takeUp('distance');
    hand.press(0, at(10.123456789, 1 / 3));
    expect(sent).toMatchObject([{ type: 'draft-mark', shape: { points: [at(10.1, 0.3), at(10.1, 0.3)] } }]);
  });
});

describe('what was calibrated by hand', () => {
  it('holds under the hand on the picture that it was drawn on, and on no other', () => {
    const { hand, hear, drag, now, marking } = screen('marker', false);
    const calibration = { points: [at(10, 10), at(110, 10)] as [Point, Point], known: { mm: 20 } };
    hear({ type: 'calibrated', stream: 0, calibration, by: author });
    hand.takeUp('distance');
    drag(at(10, 10), at(60, 10));
    now.picture = { ...picture, width: 500 };
    drag(at(10, 30), at(60, 30));
    expect(marking.state.shown.map((mark) => mark.picture.manual)).toEqual([calibration, undefined]);
  });
});

describe('a picture of an earlier examination', () => {
  it('is not drawn on, which is said at the first press, and until something is drawn', () => {
    const { hand, drag, marking, sent, shown } = screen('marker', false, 'k');
    shown.earlier = true;
    hand.takeUp('distance');
    expect(hand.press(0, at(10, 10))).toBe(false);
    expect(marking.state).toMatchObject({ own: undefined, asking: { ask: 'nothing', error: { code: 'examination/earlier-picture' } } });
    expect(sent).toEqual([]);
    shown.earlier = false;
    drag(at(10, 10), at(60, 10));
    expect([marking.state.asking, marking.state.shown.length]).toEqual([undefined, 1]);
  });
});

describe('a range of frames', () => {
  it('lasts until the frame that is shown, later or earlier than it did, on a clip as on a stream', () => {
    for (const kept of [undefined, 'k']) {
      const { hand, drag, marking, shown, puts } = screen('marker', false, kept);
      const tile = kept === undefined ? 0 : 2 ** 31 + 5;
      hand.takeUp('arrow');
      hand.press(tile, at(10, 10));
      hand.move(at(60, 10), true, steady);
      hand.release(true, steady);
      const mark = (): KnownMark => marking.state.shown[0]!;
      expect(hand.mayEnd(tile, mark())).toBe(false);
      for (const [capturedUs, may] of [
        [9000, true],
        [7000, true],
        [4000, false],
      ] as const) {
        shown.capturedUs = capturedUs;
        expect(hand.mayEnd(tile, mark())).toBe(may);
        if (may) hand.endHere(tile, mark());
        if (may) expect(mark()).toMatchObject({ fromUs: 5000, untilUs: capturedUs, kept });
        if (may) expect(hand.mayEnd(tile, mark())).toBe(false);
      }
      shown.capturedUs = 9000;
      // Another depth, or another clip.
      shown.picture = { ...picture, width: 500 };
      expect(hand.mayEnd(tile, mark())).toBe(false);
      shown.picture = picture;
      shown.kept = 'another';
      expect(hand.mayEnd(tile, mark())).toBe(kept === undefined);
      marking.undo();
      marking.undo();
      expect(mark().untilUs).toBe(5000);
      expect(puts()[0]).toMatchObject({ fromUs: 5000, untilUs: 5000 });
      drag(at(1, 1), at(2, 2));
    }
  });
});

describe('what is kept', () => {
  it('is not calibrated, which is said where a length is begun on it', () => {
    const { hand, drag, marking, sent } = screen('marker', false, 'k');
    hand.takeUp('calibration');
    drag(at(10, 10), at(110, 10));
    expect(marking.state).toMatchObject({
      asking: undefined,
      own: undefined,
      calibrationRefusals: { 0: { code: 'marks/calibrates-kept' } },
    });
    expect(sent).toEqual([]);
  });
});

describe('without a line', () => {
  const calibration = { points: [at(10, 10), at(110, 10)] as [Point, Point], known: { mm: 20 } };
  const asks = (sent: readonly ViewerMessage[]) => sent.filter((message) => message.type === 'calibrate');

  it('a calibration by hand is asked for when there is one again, until it is answered', () => {
    const { hand, marking, sent, hear } = screen();
    marking.lost(false);
    hand.calibrate(0, calibration, { epoch: 3, fromUs: 5000 });
    expect(asks(sent)).toEqual([]);
    expect(hasUnkept(marking.state)).toBe(true);
    hear({ type: 'marks', marks: [] });
    expect(asks(sent)).toMatchObject([{ stream: 0, on: { epoch: 3 }, fromUs: 5000, calibration }]);
    // It was cut before the answer came.
    marking.lost(false);
    hear({ type: 'marks', marks: [] });
    expect(asks(sent)).toHaveLength(2);
    hear({ type: 'calibrated', request: asks(sent)[1]!.request, stream: 0, calibration, by: author });
    marking.lost(false);
    hear({ type: 'marks', marks: [] });
    expect(asks(sent)).toHaveLength(2);
    expect(hasUnkept(marking.state)).toBe(false);
    expect(marking.state.calibrations[0]).toEqual(calibration);
  });

  it('marks are said to be kept nowhere, and sent once when there is one again', () => {
    const { hand, drag, marking, puts, hear } = screen();
    marking.lost(false);
    hand.takeUp('distance');
    for (let y = 10; y < 60; y += 10) drag(at(10, y), at(60, y));
    const unkept = (): boolean[] => marking.state.shown.map((mark) => isUnkept(marking.state, mark, performance.now()));
    expect(unkept()).toEqual(Array(5).fill(true));
    expect(hasUnkept(marking.state)).toBe(true);
    hear({ type: 'marks', marks: [] });
    expect(puts().map(({ shape }) => (shape as { points: Point[] }).points[0]?.y)).toEqual([10, 20, 30, 40, 50]);
    // On their way, which takes a moment.
    expect(unkept()).toEqual(Array(5).fill(false));
    expect(isUnkept(marking.state, marking.state.shown[0]!, performance.now() + 60_000)).toBe(true);
  });
});

describe('marks that grow', () => {
  it('are whole marks from the first point on', () => {
    expect(growing('angle', 1, [at(1, 1)], picture).points).toHaveLength(3);
    expect(growing('area', 1, [at(1, 1), at(2, 2)], picture).points).toHaveLength(3);
  });

  it('an ellipse begins half as wide as it is long, at right angles in the patient', () => {
    const region = { kind: 'tissue', x0: 0, y0: 0, x1: 399, y1: 299, unitX: 'cm', unitY: 'cm', deltaX: 0.01, deltaY: 0.02 } as const;
    const calibrated = { ...picture, regions: [region] };
    const [from, to, conjugate] = growing('ellipse', 1, [at(100, 100), at(200, 150)], calibrated).points as [Point, Point, Point];
    const { u, v } = ellipseOf(from, to, conjugate);
    const inCm = ({ x, y }: Point): Point => at(x * 0.01, y * 0.02);
    const [a, b] = [inCm(u), inCm(v)];
    expect(a.x * b.x + a.y * b.y).toBeCloseTo(0, 9);
    expect(Math.hypot(b.x, b.y) / Math.hypot(a.x, a.y)).toBeCloseTo(0.5, 9);
  });

  it('an ellipse keeps its width where its length is changed', () => {
    const before = growing('ellipse', 1, [at(100, 100), at(200, 100), at(150, 130)], picture);
    const moved = { ...before, points: [at(100, 100), at(100, 300), before.points[2]!] } as typeof before;
    const { u, v } = ellipseOf(...(reshaped(moved, 1, picture, before).points as [Point, Point, Point]));
    expect(Math.hypot(v.x, v.y)).toBeCloseTo(30, 9);
    expect(u.x * v.x + u.y * v.y).toBeCloseTo(0, 9);
  });
});

describe('an ellipse at the edge of a picture', () => {
  const inside = ({ x, y }: Point): boolean => x >= 0 && y >= 0 && x <= picture.width && y <= picture.height;
  /** Of its second half diameter, in pixels. */
  const width = (points: readonly Point[]): number => {
    const { v } = ellipseOf(...(points as [Point, Point, Point]));
    return Math.hypot(v.x, v.y);
  };

  it('is drawn and kept with its other end on the picture, as wide as everywhere', () => {
    for (const y of [0, 5, 295, 300]) {
      const { hand, drag, puts } = screen();
      hand.takeUp('ellipse');
      drag(at(100, y), at(200, y));
      hand.move(at(150, y < 150 ? 25 : 275), false, steady);
      hand.press(0, at(150, y < 150 ? 25 : 275));
      hand.release(false, steady);
      const { points } = puts()[0]!.shape as { points: Point[] };
      expect(points.every(inside)).toBe(true);
      expect(width(points)).toBeCloseTo(Math.abs((y < 150 ? 25 : 275) - y), 6);
    }
    for (const [from, to] of [
      [at(100, 5), at(200, 5)],
      [at(200, 5), at(100, 5)],
    ] as const) {
      const { points } = growing('ellipse', 1, [from, to], picture);
      expect(points.every(inside)).toBe(true);
      expect(width(points)).toBeCloseTo(25, 6);
    }
  });

  it('turned where there is no room for it is narrower, and is kept', () => {
    for (const nudged of [false, true]) {
      const { hand, marking } = screen();
      // Wider than the picture is high, once it lies across.
      const shape = growing('ellipse', 1, [at(200, 140), at(200, 160), at(380, 150)], picture);
      marking.put({
        ...{ id: 'e', stream: 0, kept: undefined, shape, revision: 0, fromUs: 5000, untilUs: undefined },
        ...{ picture, epoch: 3, author, changedMs: 0 },
      });
      hand.grab({ id: 'e', point: 1 }, at(200, 160));
      if (nudged) {
        marking.act({ act: 'select', selection: { id: 'e', point: 1 } });
        hand.nudge(0, 20, -10);
      } else {
        hand.drag(at(220, 145));
        hand.drop();
      }
      const { points } = marking.state.shown[0]!.shape;
      expect(points[1]).toEqual(nudged ? at(220, 150) : at(220, 145));
      expect(points.every(inside)).toBe(true);
      expect(width(points)).toBeGreaterThan(140);
      expect(marking.state.stepRefusal).toBeUndefined();
    }
  });

  it('is refused where somebody can see it, and nothing is lost, when a mark does not lie on its picture', () => {
    const { hand, drag, marking, puts } = screen();
    hand.takeUp('distance');
    drag(at(10, 10), at(60, 10));
    const mark = marking.state.shown[0]!;
    marking.put({ ...mark, shape: { ...mark.shape, points: [at(10, 10), at(600, 10)] } as typeof mark.shape });
    expect(marking.state.stepRefusal?.code).toBe('marks/off-picture');
    expect(marking.state.shown).toEqual([mark]);
    expect([puts().length, marking.state.undoSteps.length]).toEqual([1, 1]);
  });
});

describe('pointing', () => {
  it('tells where it is, joins what comes faster than it may be told, and that it has left', async () => {
    const sent: ViewerMessage[] = [];
    const pointing = new Pointing(
      (message) => sent.push(message),
      (stream) => ({ stream }),
    );
    pointing.point(0, at(1, 1), true);
    for (let x = 2; x < 20; x++) pointing.point(0, at(x, 1), true);
    await expect.poll(() => sent.length).toBe(2);
    expect(sent[1]).toMatchObject({ type: 'point', drawing: true });
    expect(sent[1]?.type === 'point' && sent[1].points).toHaveLength(18);
    pointing.leave();
    expect(sent.at(-1)).toEqual({ type: 'point', stream: 0, points: [], drawing: false });
  });

  it('is seen on the frame that is pointed at, and on no other', async () => {
    const sent: ViewerMessage[] = [];
    let place: PointedPlace = { stream: 0, atUs: 5000 };
    const pointing = new Pointing(
      (message) => sent.push(message),
      () => place,
    );
    pointing.point(0, at(1, 1), true);
    place = { kept: 'k', atUs: 7000 };
    pointing.point(2 ** 31, at(2, 2), true);
    await expect.poll(() => sent.length).toBe(2);
    expect(sent).toMatchObject([{ stream: 0, atUs: 5000 }, { kept: 'k' }]);
    expect(sent[1]).not.toHaveProperty('stream');
    const live = { stream: 0, kept: undefined, live: true, capturedUs: 5000 };
    const past = { ...live, live: false };
    const seen = (where: PointedPlace): boolean[] =>
      [live, past, { ...past, capturedUs: 6000 }, { ...past, kept: 'k' }].map((frame) => isPointedAt(where, frame));
    expect(seen({ stream: 0 })).toEqual([true, false, false, false]);
    expect(seen({ stream: 0, atUs: 5000 })).toEqual([false, true, false, false]);
    expect(seen({ stream: 0, kept: 'k', atUs: 5000 })).toEqual([false, false, false, true]);
    expect(seen({ stream: 1 })).toEqual([false, false, false, false]);
  });

  it('shows others until they leave', () => {
    const pointing = new Pointing(
      () => undefined,
      (stream) => ({ stream }),
    );
    const pointed = (...points: Point[]): void =>
      pointing.hear({ type: 'pointed', viewer: 4, name: 'Ben', stream: 0, points, drawing: points.length > 1 });
    pointed(at(5, 5), at(6, 6));
    expect(pointing.others$.value.get(4)).toMatchObject({ name: 'Ben', at: at(6, 6) });
    expect(pointing.others$.value.get(4)?.trail.map(({ begins }) => begins)).toEqual([true, false]);
    pointed();
    expect(pointing.others$.value.get(4)?.at).toBeUndefined();
    pointing.hear({ type: 'present', viewers: [] });
    expect(pointing.others$.value.size).toBe(0);
  });
});
