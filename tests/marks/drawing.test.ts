import { describe, expect, it } from 'vitest';
import { drawingOf, probeOn } from '../../src/marks/drawing.ts';
import { labelPlace, textSize } from '../../src/marks/label-place.ts';
import type { Mark, MarkOf, Point } from '../../src/marks/mark.ts';

const asItIs = { place: (point: Point) => point, unit: 1 };
const doubled = { place: ({ x, y }: Point) => ({ x: 2 * x + 100, y: 2 * y }), unit: 1 };
const numbers = (path: string): number[] => [...path.matchAll(/-?\d+(\.\d+)?/g)].map(([text]) => Number(text));
const at = (x: number, y: number): Point => ({ x, y });
const mark = <Kind extends Mark['kind']>(kind: Kind, ...points: Point[]): MarkOf<Kind> =>
  ({ kind, number: 1, points }) as unknown as MarkOf<Kind>;

describe('drawingOf', () => {
  it('draws a caliper dotted between crosses with a free middle, where it is placed', () => {
    const { line, dotted, ends, points } = drawingOf(mark('distance', at(10, 20), at(30, 20)), doubled);
    expect(line).toBe('M120 40L160 40');
    expect(dotted).toBe(true);
    expect(points).toEqual([at(120, 40), at(160, 40)]);
    expect(ends).toBe('M109 40H116M124 40H131M120 29V36M120 44V51M149 40H156M164 40H171M160 29V36M160 44V51');
  });

  it('closes an outline and leaves a length open', () => {
    const corners = [at(0, 0), at(9, 0), at(9, 9)] as const;
    expect(drawingOf(mark('area', ...corners), asItIs).line).toBe('M0 0L9 0L9 9Z');
    expect(drawingOf(mark('polyline', ...corners), asItIs).line).toBe('M0 0L9 0L9 9');
  });

  it('draws an ellipse through the ends of both diameters', () => {
    const { line, extent } = drawingOf(mark('ellipse', at(10, 50), at(90, 50), at(50, 70)), asItIs);
    const all = numbers(line);
    // The ends of its four pieces.
    const ends = [0, 6, 12, 18].map((index) => at(all[index]!, all[index + 1]!));
    expect(ends).toEqual([at(90, 50), at(50, 70), at(10, 50), at(50, 30)]);
    expect(Math.min(...extent.map(({ y }) => y))).toBeCloseTo(30, 9);
  });

  it('draws the arc of an angle on the inner side', () => {
    expect(drawingOf(mark('angle', at(90, 0), at(0, 0), at(0, 90)), asItIs).line).toBe('M90 0L0 0L0 90M30 0A30 30 0 0 1 0 30');
    expect(drawingOf(mark('angle', at(0, 90), at(0, 0), at(90, 0)), asItIs).line).toContain('A30 30 0 0 0');
    expect(drawingOf(mark('angle', at(0, 90), at(0, 0), at(0, 0)), asItIs).line).toBe('M0 90L0 0L0 0');
  });

  it('ends an arrow at its tip', () => {
    const { line, filled } = drawingOf(mark('arrow', at(0, 0), at(100, 0)), asItIs);
    expect(line).toBe('M0 0L84 0');
    expect(filled).toBe('M100 0L84 6L84 -6Z');
    expect(drawingOf(mark('arrow', at(5, 5), at(5, 5)), asItIs)).toMatchObject({ line: '', filled: '' });
  });

  it('turns the probe on a pictogram clockwise from above', () => {
    const body = (angleDeg: number): MarkOf<'body-marker'> => ({
      ...mark('body-marker', at(0, 0)),
      body: 'abdomen',
      probe: { x: 0.5, y: 0.5, angleDeg },
    });
    expect(probeOn(body(0)).marked.y).toBeCloseTo(0.37, 9);
    expect(probeOn(body(90)).marked.x).toBeCloseTo(0.63, 9);
  });
});

describe('labelPlace', () => {
  const area = { width: 600, height: 400 };
  const size = textSize(['1 50.0 mm'], 20);

  it('stands beyond the right end, away from the line', () => {
    expect(labelPlace([at(100, 100), at(200, 150)], size, area, 1, [])).toMatchObject({ left: 216, top: 150 + 20 - size.height / 2 });
    expect(labelPlace([at(200, 100), at(100, 150)], size, area, 1, [])).toMatchObject({ left: 216, top: 100 - 20 - size.height / 2 });
  });

  it('stays inside whatever its length and wherever the mark', () => {
    for (const text of ['1 50.0 mm', '1 138 px, not calibrated', 'x'.repeat(80)]) {
      for (const x of [0, 150, 300, 450, 600]) {
        const box = labelPlace([at(x, 0), at(x, 400)], textSize([text], 20), area, 1, []);
        expect(box.left).toBeGreaterThan(0);
        expect(box.top).toBeGreaterThanOrEqual(0);
        expect(box.top + box.height).toBeLessThanOrEqual(area.height);
        if (text.length < 40) expect(box.left + box.width).toBeLessThan(area.width);
      }
    }
  });

  it('takes no place that another has, as long as there is one', () => {
    const taken: ReturnType<typeof labelPlace>[] = [];
    for (let count = 0; count < 12; count++) taken.push(labelPlace([at(290, 200), at(310, 200)], size, area, 1, taken));
    for (const [index, a] of taken.entries()) {
      for (const b of taken.slice(index + 1)) {
        expect(
          a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height - 1e-9 && b.top < a.top + a.height - 1e-9,
        ).toBe(false);
      }
    }
  });
});
