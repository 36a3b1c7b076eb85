import { describe, expect, it } from 'vitest';
import { ellipseOf } from '../../src/marks/geometry.ts';
import type { Point } from '../../src/marks/mark.ts';
import type { ServerMessage, ViewerMessage } from '../../src/protocol/messages.ts';
import type { Role } from '../../src/protocol/roles.ts';
import { Hand } from '../../web-client/hand.ts';
import { growing, reshaped } from '../../web-client/mark-tools.ts';
import { Marking } from '../../web-client/marking.ts';
import { Pointing } from '../../web-client/pointing.ts';

const at = (x: number, y: number): Point => ({ x, y });
const picture = { width: 400, height: 300, regions: [] };
const steady = { slack: 4, tolerance: 1 };
const author = { name: 'Ada', key: 'aaaa' };

/** A screen whose server is the test. */
function screen(role: Role = 'marker', live = true) {
  const sent: ViewerMessage[] = [];
  let request = 0;
  const marking = new Marking({ send: (message) => sent.push(message), nextRequest: () => ++request, epochOf: () => 9 });
  const hand = new Hand({ marking, role: () => role, frameOf: () => ({ capturedUs: 5000, epoch: 3, picture, live }) });
  const hear = (message: ServerMessage): void => marking.hear(message);
  hear({ type: 'examination', archive: { state: 'ready' }, author });
  return {
    sent,
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

describe('pointing', () => {
  it('tells where it is, joins what comes faster than it may be told, and that it has left', async () => {
    const sent: ViewerMessage[] = [];
    const pointing = new Pointing((message) => sent.push(message));
    pointing.point(0, at(1, 1), true);
    for (let x = 2; x < 20; x++) pointing.point(0, at(x, 1), true);
    await expect.poll(() => sent.length).toBe(2);
    expect(sent[1]).toMatchObject({ type: 'point', drawing: true });
    expect(sent[1]?.type === 'point' && sent[1].points).toHaveLength(18);
    pointing.leave();
    expect(sent.at(-1)).toEqual({ type: 'point', stream: 0, points: [], drawing: false });
  });

  it('shows others until they leave', () => {
    const pointing = new Pointing(() => undefined);
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
