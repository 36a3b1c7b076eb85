import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/app-error.ts';
import { applyEdit, type MarkEdit, moveMark, movePoint } from '../../src/marks/edit.ts';
import { type Mark, type MarkOf, parseMark } from '../../src/marks/mark.ts';

const picture = { width: 100, height: 80 };
const p = (x: number, y: number) => ({ x, y });
const caliper: MarkOf<'distance'> = { kind: 'distance', number: 1, points: [p(10, 10), p(30, 10)] };
const area: MarkOf<'area'> = { kind: 'area', number: 2, points: [p(10, 10), p(30, 10), p(30, 40), p(10, 40)] };
const note: MarkOf<'text'> = { kind: 'text', number: 3, points: [p(50, 50)], caption: { label: 'lv' } };
const marks: readonly Mark[] = [caliper, area, note];

describe('applyEdit', () => {
  it('draws, moves, grows, shrinks and removes, and leaves what it was given', () => {
    const before = structuredClone(marks);
    const drawn = applyEdit(marks, { edit: 'put', mark: { ...caliper, number: 7 } }, picture).marks;
    expect(drawn.map(({ number }) => number)).toEqual([1, 2, 3, 7]);
    const moved = applyEdit(marks, { edit: 'move-point', number: 1, index: 1, to: p(99, 1) }, picture).marks;
    expect(moved[0]).toEqual({ ...caliper, points: [p(10, 10), p(99, 1)] });
    const grown = applyEdit(marks, { edit: 'insert-point', number: 2, index: 4, at: p(5, 25) }, picture).marks;
    expect(grown[1]?.points.at(-1)).toEqual(p(5, 25));
    const shrunk = applyEdit(marks, { edit: 'remove-point', number: 2, index: 0 }, picture).marks;
    expect(shrunk[1]?.points).toEqual([p(30, 10), p(30, 40), p(10, 40)]);
    expect(applyEdit(marks, { edit: 'remove', number: 2 }, picture).marks).toEqual([caliper, note]);
    expect(marks).toEqual(before);
  });

  it('puts a mark in the place of the one with its number', () => {
    const renamed: Mark = { ...area, caption: { label: 'la' } };
    expect(applyEdit(marks, { edit: 'put', mark: renamed }, picture).marks).toEqual([caliper, renamed, note]);
  });

  it.each<[string, MarkEdit]>([
    ['a mark that is gone', { edit: 'remove', number: 9 }],
    ['a point that is not there', { edit: 'move-point', number: 1, index: 2, to: p(1, 1) }],
    ['a point before the first', { edit: 'remove-point', number: 2, index: -1 }],
    ['a place beyond the end', { edit: 'insert-point', number: 2, index: 5, at: p(1, 1) }],
    ['half a place', { edit: 'insert-point', number: 2, index: 0.5, at: p(1, 1) }],
    ['a third end of a caliper', { edit: 'insert-point', number: 1, index: 1, at: p(1, 1) }],
    ['the end of a caliper', { edit: 'remove-point', number: 1, index: 0 }],
  ])('refuses %s', (_, edit) => {
    expect(() => applyEdit(marks, edit, picture)).toThrow(expect.objectContaining({ code: 'marks/cannot-edit' }));
  });

  it('keeps an area at three points and every point on the picture', () => {
    const triangle = applyEdit(marks, { edit: 'remove-point', number: 2, index: 0 }, picture).marks;
    expect(() => applyEdit(triangle, { edit: 'remove-point', number: 2, index: 0 }, picture)).toThrow(
      expect.objectContaining({ code: 'marks/cannot-edit' }),
    );
    for (const to of [p(101, 1), p(Number.NaN, 1)]) {
      expect(() => applyEdit(marks, { edit: 'move-point', number: 1, index: 0, to }, picture)).toThrow(
        expect.objectContaining({ code: 'marks/off-picture' }),
      );
    }
  });

  it('is undone to the bit, step by step, however long the row of edits was', () => {
    const place = fc.record({ x: fc.double({ min: -5, max: 105, noNaN: true }), y: fc.double({ min: 0, max: 80, noNaN: true }) });
    const number = fc.integer({ min: 1, max: 5 });
    const index = fc.integer({ min: -1, max: 6 });
    const edit: fc.Arbitrary<MarkEdit> = fc.oneof(
      fc.record({ edit: fc.constant('remove' as const), number }),
      fc.record({ edit: fc.constant('move-point' as const), number, index, to: place }),
      fc.record({ edit: fc.constant('insert-point' as const), number, index, at: place }),
      fc.record({ edit: fc.constant('remove-point' as const), number, index }),
      fc.record({
        edit: fc.constant('put' as const),
        mark: fc.tuple(number, place, place).map(([n, a, b]): Mark => ({ kind: 'polyline', number: n, points: [a, b] })),
      }),
    );
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
        let now = marks;
        const undo: MarkEdit[] = [];
        for (const next of edits) {
          try {
            const done = applyEdit(now, next, picture);
            now = done.marks;
            undo.push(done.inverse);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(AppError);
          }
          // Whatever was done, each of them is still one that the border would let in.
          for (const mark of now) expect(parseMark(mark, picture)).toEqual(mark);
        }
        for (const inverse of undo.toReversed()) now = applyEdit(now, inverse, picture).marks;
        expect(now).toEqual(marks);
      }),
    );
  });
});

describe('movePoint', () => {
  it('moves one end and leaves the caliper that it was given', () => {
    expect(movePoint(caliper, 1, p(9, 9))).toEqual({ ...caliper, points: [p(10, 10), p(9, 9)] });
    expect(movePoint(caliper, 0, p(9, 9)).points[1]).toEqual(p(30, 10));
    expect(caliper.points).toEqual([p(10, 10), p(30, 10)]);
  });
});

describe('moveMark', () => {
  it('moves all points, as far as the mark stays on the picture in its own shape', () => {
    expect(moveMark(area, 5, -3, picture).points[0]).toEqual(p(15, 7));
    expect(moveMark(area, 500, 500, picture).points).toEqual([p(80, 50), p(100, 50), p(100, 80), p(80, 80)]);
    expect(moveMark(area, -500, -500, picture).points).toEqual([p(0, 0), p(20, 0), p(20, 30), p(0, 30)]);
  });
});
