import { describe, expect, it } from 'vitest';
import type { Point } from '../../src/marks/mark.ts';
import { markTools, type ToolName, toolNames } from '../../web-client/mark-tools.ts';
import { finish, move, type Placed, type Placing, pointsNow, press, release, takeBack } from '../../web-client/placing.ts';

const steadiness = { slack: 4, tolerance: 1 };
const at = (x: number, y: number): Point => ({ x, y });

/** A hand with one tool. */
function hand(name: ToolName) {
  const tool = markTools[name];
  let placing: Placing | undefined;
  let done: readonly Point[] | undefined;
  const settle = (placed: Placed): void => {
    placing = placed.now === 'placing' ? placed.placing : undefined;
    if (placed.now === 'done') done = placed.points;
  };
  return {
    click(...points: Point[]) {
      for (const point of points) {
        placing = placing && move(placing, tool, point, false, steadiness);
        settle(release(press(placing, tool, point), tool, false, steadiness));
      }
      return this;
    },
    drag(...points: Point[]) {
      let held = press(placing, tool, points[0]!);
      for (const point of points.slice(1)) held = move(held, tool, point, true, steadiness);
      settle(release(held, tool, true, steadiness));
      return this;
    },
    finish() {
      if (placing !== undefined) settle(finish(placing, tool, steadiness));
      return this;
    },
    back() {
      placing = placing && takeBack(placing);
      return this;
    },
    get done() {
      return done;
    },
    get placing() {
      return placing;
    },
  };
}

describe('placing', () => {
  it.each([
    ['distance', 2],
    ['arrow', 2],
    ['calibration', 2],
    ['angle', 3],
    ['ellipse', 3],
    ['point', 1],
    ['text', 1],
    ['body-marker', 1],
  ] as const)('ends a mark of kind %s with its last of %i points, by clicks', (name, count) => {
    const points = [at(10, 10), at(50, 10), at(30, 40)].slice(0, count);
    const drawn = hand(name);
    for (const point of points) {
      expect(drawn.done).toBeUndefined();
      drawn.click(point);
    }
    expect(drawn.done).toEqual(points);
    expect(drawn.placing).toBeUndefined();
  });

  it('places the first two points by one drag', () => {
    expect(hand('distance').drag(at(10, 10), at(20, 20), at(50, 30)).done).toEqual([at(10, 10), at(50, 30)]);
    expect(hand('angle').drag(at(10, 10), at(50, 30)).click(at(90, 0)).done).toEqual([at(10, 10), at(50, 30), at(90, 0)]);
  });

  it('moves a single point until it is let go', () => {
    expect(hand('point').drag(at(10, 10), at(12, 14), at(30, 20)).done).toEqual([at(30, 20)]);
  });

  it('takes two clicks at one place as a slip', () => {
    const drawn = hand('distance').click(at(10, 10), at(11, 11));
    expect(drawn.done).toBeUndefined();
    expect(drawn.click(at(50, 50)).done).toEqual([at(10, 10), at(50, 50)]);
  });

  it('goes on by clicks until a place is clicked twice, or the first again', () => {
    const corners = [at(0, 0), at(50, 0), at(50, 50), at(0, 50)];
    expect(hand('polyline').click(...corners, at(1, 51)).done).toEqual(corners);
    expect(hand('area').click(...corners, at(1, 1)).done).toEqual(corners);
    expect(hand('polyline').click(...corners, at(1, 1)).done).toBeUndefined();
    expect(
      hand('area')
        .click(...corners)
        .finish().done,
    ).toEqual(corners);
  });

  it('does not end with fewer points than it needs', () => {
    const drawn = hand('area').click(at(0, 0), at(50, 0)).finish();
    expect(drawn.done).toBeUndefined();
    expect(drawn.placing).toBeDefined();
  });

  it('follows a hand, and leaves out what says nothing', () => {
    const circle = Array.from({ length: 200 }, (_, step) => at(100 + 50 * Math.cos(step / 32), 100 + 50 * Math.sin(step / 32)));
    const { done } = hand('area').drag(...circle);
    expect(done?.length).toBeGreaterThan(15);
    expect(done?.length).toBeLessThan(80);
  });

  it('is nothing where a hand only trembled', () => {
    const drawn = hand('area').drag(at(10, 10), at(11, 10), at(10, 10));
    expect(drawn.done).toBeUndefined();
    expect(drawn.placing).toBeUndefined();
  });

  it('takes points back one by one, at last the mark', () => {
    const drawn = hand('polyline').click(at(0, 0), at(50, 0), at(50, 50)).back();
    expect(drawn.placing?.placed).toEqual([at(0, 0), at(50, 0)]);
    expect(drawn.back().back().placing).toBeUndefined();
  });

  it('shows the point that follows the pointer once', () => {
    const placing = press(undefined, markTools.distance, at(3, 3));
    expect(pointsNow(placing)).toEqual([at(3, 3)]);
    expect(pointsNow(move(placing, markTools.distance, at(9, 9), false, steadiness))).toEqual([at(3, 3), at(9, 9)]);
  });

  it('has a key of its own for every tool', () => {
    expect(new Set(toolNames.map((name) => markTools[name].key)).size).toBe(toolNames.length);
  });
});
