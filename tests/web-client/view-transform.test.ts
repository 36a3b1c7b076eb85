import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contain,
  largestZoom,
  markScale,
  panBy,
  pictogramPx,
  place,
  toPicture,
  toTile,
  unmoved,
  zoomAt,
} from '../../web-client/view-transform.ts';

const picture = { width: 1024, height: 768 };
const tile = { width: 800, height: 900 };

describe('view transform', () => {
  it('fits the whole picture into the middle of its tile', () => {
    expect(place(picture, tile, unmoved)).toEqual({ scale: 0.78125, left: 0, top: 150 });
  });

  it('goes from picture to tile and back', () => {
    const placement = place(picture, tile, { zoom: 3, panX: 40, panY: -7 });
    const there = toTile(placement, { x: 123.5, y: 456 });
    expect(toPicture(placement, there).x).toBeCloseTo(123.5, 9);
    expect(toPicture(placement, there).y).toBeCloseTo(456, 9);
  });

  it('zooms about the point under the pointer', () => {
    const at = { x: 400, y: 450 };
    const before = toPicture(place(picture, tile, unmoved), at);
    const view = zoomAt(picture, tile, unmoved, 4, at);
    const after = toPicture(place(picture, tile, view), at);
    expect(after.x).toBeCloseTo(before.x, 9);
    expect(after.y).toBeCloseTo(before.y, 9);
  });

  it('zooms no further out than the whole picture and no further in than the limit', () => {
    expect(zoomAt(picture, tile, unmoved, 0.5, { x: 10, y: 10 })).toEqual(unmoved);
    expect(zoomAt(picture, tile, unmoved, 1000, { x: 10, y: 10 }).zoom).toBe(largestZoom);
  });

  it('never lets go of the picture, whatever is done to it', () => {
    const step = fc.record({
      factor: fc.double({ min: 0.2, max: 5, noNaN: true }),
      x: fc.integer({ min: 0, max: tile.width }),
      y: fc.integer({ min: 0, max: tile.height }),
      dx: fc.integer({ min: -2000, max: 2000 }),
      dy: fc.integer({ min: -2000, max: 2000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const view = steps.reduce(
          (now, { factor, x, y, dx, dy }) => panBy(picture, tile, zoomAt(picture, tile, now, factor, { x, y }), dx, dy),
          unmoved,
        );
        const { scale, left, top } = place(picture, tile, view);
        const [right, bottom] = [left + picture.width * scale, top + picture.height * scale];
        const wider = picture.width * scale >= tile.width - 1e-6;
        const higher = picture.height * scale >= tile.height - 1e-6;
        if (wider) expect(left <= 1e-6 && right >= tile.width - 1e-6).toBe(true);
        else expect(left).toBeCloseTo(tile.width - right, 6);
        if (higher) expect(top <= 1e-6 && bottom >= tile.height - 1e-6).toBe(true);
        else expect(top).toBeCloseTo(tile.height - bottom, 6);
      }),
    );
  });

  it('draws marks larger on tiles of many pixels, never smaller', () => {
    expect([400, 900, 1800, 9000].map((side) => markScale({ width: side, height: side }))).toEqual([1, 1, 2, 3]);
  });

  it('draws the body smaller where a whole one would cover the picture', () => {
    const sides = [60, 192, 240, 480, 900, 1800].map((side) => pictogramPx({ width: 2 * side, height: side }));
    expect(sides).toEqual([33.6, 33.6, 42, 84, 84, 168]);
  });

  it('keeps a contained view as it is', () => {
    const view = contain(picture, tile, { zoom: 5, panX: 9999, panY: -9999 });
    expect(contain(picture, tile, view)).toEqual(view);
  });
});
