import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Wall, WallCell } from '../../src/protocol/wall.ts';
import { automaticWall, isEmpty, placed, resized, streamsOn, wallSizes } from '../../web-client/wall-state.ts';

const wall = (columns: number, rows: number, ...cells: WallCell[]): Wall => ({ name: 'W', columns, rows, cells, linked: false });
const [a, b, c] = [{ stream: 0 }, { stream: 1 }, { kept: '0123456789abcdef' }] as const;

describe('a wall', () => {
  it('shows all streams side by side where nobody has said otherwise', () => {
    const of = (count: number) => automaticWall(Array.from({ length: count }, (_, id) => ({ id })));
    expect([1, 2, 3, 4, 5, 9, 12].map((count) => [of(count).columns, of(count).rows])).toEqual([
      [1, 1],
      [2, 1],
      [2, 2],
      [2, 2],
      [3, 2],
      [3, 3],
      [4, 3],
    ]);
    expect(of(3).cells).toEqual([{ stream: 0 }, { stream: 1 }, { stream: 2 }, {}]);
    expect(of(0).cells).toEqual([{}]);
  });

  it('lets two pictures change places', () => {
    expect(placed(wall(2, 1, a, b), 0, b).cells).toEqual([b, a]);
    expect(placed(wall(2, 1, a, {}), 1, a).cells).toEqual([{}, a]);
    expect(placed(wall(2, 1, a, b), 1, c).cells).toEqual([a, c]);
    expect(placed(wall(2, 1, a, b), 0, {}).cells).toEqual([{}, b]);
  });

  it('stays as it is where there is no such place', () => {
    const before = wall(1, 1, a);
    expect(placed(before, 4, b)).toBe(before);
  });

  it('keeps the order when it becomes smaller, and gaps when it becomes larger', () => {
    expect(resized(wall(2, 2, a, {}, b, c), 3, 1).cells).toEqual([a, b, c]);
    expect(resized(wall(2, 2, a, {}, b, c), 1, 1).cells).toEqual([a]);
    expect(resized(wall(2, 1, {}, b), 2, 2).cells).toEqual([{}, b, {}, {}]);
  });

  it('never shows a picture twice, and always has a cell for each place', () => {
    const step = fc.oneof(
      fc.record({ at: fc.nat(8), cell: fc.constantFrom<WallCell>(a, b, c, {}, { stream: 5 }) }),
      fc.constantFrom(...wallSizes).map(([columns, rows]) => ({ columns, rows })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let now = automaticWall([{ id: 0 }, { id: 1 }]);
        for (const made of steps) now = 'at' in made ? placed(now, made.at, made.cell) : resized(now, made.columns, made.rows);
        const shown = now.cells.filter((cell) => !isEmpty(cell)).map((cell) => JSON.stringify(cell));
        expect(new Set(shown).size).toBe(shown.length);
        expect(now.cells.length).toBe(now.columns * now.rows);
        expect(streamsOn(now).every(Number.isInteger)).toBe(true);
      }),
    );
  });
});
