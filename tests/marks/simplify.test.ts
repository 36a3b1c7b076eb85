import { describe, expect, it } from 'vitest';
import { distanceToSegment, simplified } from '../../src/marks/simplify.ts';

const wave = Array.from({ length: 2000 }, (_, index) => ({ x: index / 4, y: 40 * Math.sin(index / 60) }));

describe('simplified', () => {
  it('leaves out nothing that lies further from the line than the tolerance, and keeps the ends', () => {
    const fewer = simplified(wave, 0.5);
    expect(fewer.length).toBeLessThan(wave.length / 10);
    expect([fewer[0], fewer.at(-1)]).toEqual([wave[0], wave.at(-1)]);
    const away = wave.map((point) => Math.min(...fewer.slice(1).map((to, index) => distanceToSegment(point, fewer[index]!, to))));
    expect(Math.max(...away)).toBeLessThanOrEqual(0.5);
  });

  it('leaves a straight line its ends, and a corner its place', () => {
    const corner = [0, 1, 2, 3].map((x) => ({ x, y: 0 })).concat([1, 2, 3].map((y) => ({ x: 3, y })));
    expect(simplified(corner, 0.1)).toEqual([corner[0], corner[3], corner[6]]);
  });

  it('answers with what it got where there is nothing to leave out', () => {
    for (const few of [
      [],
      [{ x: 1, y: 1 }],
      [
        { x: 1, y: 1 },
        { x: 1, y: 1 },
      ],
    ])
      expect(simplified(few, 1)).toEqual(few);
  });
});
