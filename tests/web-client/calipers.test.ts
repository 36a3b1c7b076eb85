import { describe, expect, it } from 'vitest';
import { type Caliper, labelPlace, labelWidth, nearestEnd } from '../../web-client/calipers.ts';

const caliper = (number: number, x0: number, y0: number, x1: number, y1: number): Caliper => ({
  kind: 'distance',
  number,
  points: [
    { x: x0, y: y0 },
    { x: x1, y: y1 },
  ],
});
const placement = { scale: 2, left: 100, top: 0 };

describe('nearestEnd', () => {
  const calipers = [caliper(1, 10, 10, 50, 10), caliper(2, 60, 10, 60, 40)];

  it('finds the end under the pointer in tile pixels', () => {
    expect(nearestEnd(calipers, placement, { x: 121, y: 19 }, 18)).toEqual({ number: 1, end: 0 });
    expect(nearestEnd(calipers, placement, { x: 218, y: 82 }, 18)).toEqual({ number: 2, end: 1 });
  });

  it('takes the nearer of two within reach', () => {
    expect(nearestEnd(calipers, placement, { x: 208, y: 20 }, 34)).toEqual({ number: 1, end: 1 });
    expect(nearestEnd(calipers, placement, { x: 212, y: 20 }, 34)).toEqual({ number: 2, end: 0 });
  });

  it('takes the one on top where ends coincide', () => {
    expect(nearestEnd([caliper(1, 0, 0, 9, 9), caliper(2, 9, 9, 0, 0)], placement, { x: 100, y: 0 }, 10)).toEqual({ number: 2, end: 1 });
  });

  it('finds nothing out of reach', () => {
    expect(nearestEnd(calipers, placement, { x: 160, y: 60 }, 18)).toBeUndefined();
  });
});

describe('labelPlace', () => {
  const tile = { width: 600, height: 400 };
  const place = (ax: number, ay: number, bx: number, by: number, text: string): { x: number; y: number } =>
    labelPlace({ x: ax, y: ay }, { x: bx, y: by }, text, tile, 20);

  it('stands beyond the right end, away from the line', () => {
    expect(place(100, 100, 200, 150, '1 50.0 mm')).toEqual({ x: 216, y: 170 });
    expect(place(200, 100, 100, 150, '1 50.0 mm')).toEqual({ x: 216, y: 80 });
  });

  it('stays inside the tile wherever the ends are and however long the text is', () => {
    const text = '1 138 px, not calibrated';
    for (const x of [0, 150, 300, 450, 600]) {
      const { x: left, y } = place(x, 0, x, 400, text);
      expect(left).toBeGreaterThanOrEqual(0);
      expect(left + labelWidth(text, 20)).toBeLessThanOrEqual(tile.width);
      expect(y).toBeLessThanOrEqual(tile.height - 20);
    }
  });

  it('begins inside where there is no room for all', () => {
    expect(place(300, 200, 300, 200, 'x'.repeat(80)).x).toBeGreaterThanOrEqual(0);
  });
});
