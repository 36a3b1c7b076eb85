import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ApicalView,
  apicalView,
  discCount,
  discDiametersMm,
  ejectionOf,
  longAxisOf,
  type Volume,
  volumeByDiscs,
} from '../../src/marks/discs.ts';
import type { MarkOf, Point } from '../../src/marks/mark.ts';
import type { MeasuredPicture } from '../../src/marks/scale.ts';

/** A closed form as an outline: half width at a share of the long axis, from the annulus (0) to the apex (1). */
function solid(lengthMm: number, halfWidthMm: (share: number) => number, steps = 2000): ApicalView {
  const shares = Array.from({ length: steps + 1 }, (_, step) => step / steps);
  const left = shares.map((share) => ({ x: -halfWidthMm(share), y: share * lengthMm }));
  const right = shares.map((share) => ({ x: halfWidthMm(share), y: share * lengthMm }));
  const ends: [Point, Point] = [
    { x: 0, y: 0 },
    { x: 0, y: lengthMm },
  ];
  return { outlineMm: [...left, ...right.toReversed()], longAxisMm: ends };
}
const ellipsoid = (lengthMm: number, diameterMm: number): ApicalView =>
  solid(lengthMm, (share) => (diameterMm / 2) * Math.sqrt(1 - (2 * share - 1) ** 2));

function volume(view: ApicalView, second?: ApicalView): Volume {
  const found = volumeByDiscs(view, second);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

describe('volumeByDiscs', () => {
  it('knows a cylinder, an elliptic one with two views', () => {
    const [wide, narrow] = [solid(80, () => 25), solid(80, () => 20)];
    expect(volume(wide).ml).toBeCloseTo((Math.PI * 25 * 25 * 80) / 1000, 9);
    expect(volume(wide, narrow).ml).toBeCloseTo((Math.PI * 25 * 20 * 80) / 1000, 9);
  });

  it('knows an ellipsoid to what twenty slices leave: one part in 2 n² too much', () => {
    const exact = ((4 / 3) * Math.PI * 25 * 20 * 45) / 1000;
    const { ml } = volume(ellipsoid(90, 50), ellipsoid(90, 40));
    // The midpoint rule over 1 - u²: 2/3 + 1/(3 n²) against 2/3.
    expect(ml / exact).toBeCloseTo(1 + 1 / (2 * discCount ** 2), 5);
    expect(volume(ellipsoid(90, 50)).ml).toBeCloseTo((4 / 3) * Math.PI * 25 * 25 * 0.045 * (1 + 1 / 800), 2);
  });

  it('knows a cone to what twenty slices leave: one part in 4 n² too little', () => {
    const exact = ((1 / 3) * Math.PI * 30 * 30 * 90) / 1000;
    expect(volume(solid(90, (share) => 30 * (1 - share))).ml / exact).toBeCloseTo(1 - 1 / (4 * discCount ** 2), 9);
  });

  it('knows the hemiellipsoid that a ventricle is likened to: 5/6 of area times length (bullet: cylinder and half ellipsoid)', () => {
    // Half the length cylinder, half half-ellipsoid: area 2 r (l/2) + pi r (l/2) / 2, volume pi r² (l/2) + 2/3 pi r² (l/2).
    const bullet = solid(80, (share) => (share < 0.5 ? 24 : 24 * Math.sqrt(1 - (2 * share - 1) ** 2)));
    expect(volume(bullet).ml / (Math.PI * 24 * 24 * 80 * (5 / 6) * 0.001)).toBeCloseTo(1, 3);
  });

  it('takes the longer of two long axes and says by how much they differ', () => {
    const { longAxisMm, longAxesDifferPercent, ml } = volume(
      solid(80, () => 20),
      solid(72, () => 20),
    );
    expect(longAxisMm).toBe(80);
    expect(
      volume(
        solid(72, () => 20),
        solid(80, () => 20),
      ),
    ).toEqual({ longAxisMm, longAxesDifferPercent, ml: expect.closeTo(ml, 9) });
    expect(longAxesDifferPercent).toBeCloseTo(10, 9);
    expect(ml).toBeCloseTo((Math.PI * 20 * 20 * 80) / 1000, 9);
    expect(volume(solid(80, () => 20)).longAxesDifferPercent).toBe(0);
  });

  it('pairs the discs of two views from the annulus on', () => {
    const pear = solid(80, (share) => 30 - 20 * share);
    const [base, apex] = pear.longAxisMm;
    const drawnTheOtherWay: ApicalView = { ...pear, longAxisMm: [apex, base] };
    expect(volume(pear, pear).ml).toBeGreaterThan(volume(pear, drawnTheOtherWay).ml * 1.05);
  });

  it('does not depend on where the heart lies and how it is turned', () => {
    const pear = solid(85, (share) => 8 + 22 * Math.sqrt(1 - share * share), 60);
    const upright = volume(pear).ml;
    const any = fc.double({ min: -300, max: 300, noNaN: true });
    fc.assert(
      fc.property(any, any, fc.double({ min: 0, max: 6.28, noNaN: true }), fc.constantFrom(1, -1), (dx, dy, turn, mirror) => {
        const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
        const move = ({ x, y }: Point): Point => ({ x: dx + mirror * (cos * x - sin * y), y: dy + sin * x + cos * y });
        const [base, apex] = pear.longAxisMm;
        const moved = { outlineMm: pear.outlineMm.map(move), longAxisMm: [move(base), move(apex)] as const };
        expect(volume(moved).ml).toBeCloseTo(upright, 6);
      }),
    );
  });

  it('says what is wrong with an outline', () => {
    const cylinder = solid(80, () => 25, 10);
    const [base, apex] = cylinder.longAxisMm;
    expect(volumeByDiscs({ ...cylinder, longAxisMm: [base, base] })).toBe('the long axis has no length');
    expect(volumeByDiscs({ ...cylinder, longAxisMm: [base, { x: 0, y: 120 }] })).toBe('the long axis reaches beyond the outline');
    const crossed = [base, apex, { x: 20, y: 0 }, { x: -20, y: 80 }];
    expect(volumeByDiscs({ ...cylinder, outlineMm: crossed })).toBe('the outline crosses itself');
    expect(volumeByDiscs(cylinder, { ...cylinder, outlineMm: crossed })).toBe('the outline crosses itself');
  });
});

describe('discDiametersMm', () => {
  it('has twenty, across the middle of each disc, from the annulus on', () => {
    const diameters = discDiametersMm(solid(80, (share) => 30 * (1 - share)));
    expect(diameters).toHaveLength(discCount);
    expect((diameters as number[])[0]).toBeCloseTo(60 * (1 - 0.5 / 20), 9);
    expect((diameters as number[])[19]).toBeCloseTo(60 * (0.5 / 20), 9);
  });

  it('leaves out a notch', () => {
    const corners: readonly (readonly [number, number])[] = [
      [-20, 0],
      [20, 0],
      [20, 80],
      [5, 80],
      [5, 30],
      [-5, 30],
      [-5, 80],
      [-20, 80],
    ];
    const view = { ...solid(80, () => 1), outlineMm: corners.map(([x, y]) => ({ x, y })) };
    const diameters = discDiametersMm(view) as number[];
    expect(diameters[0]).toBeCloseTo(40, 9);
    expect(diameters[19]).toBeCloseTo(30, 9);
  });
});

describe('apicalView', () => {
  const region = { kind: 'tissue', x0: 0, y0: 0, x1: 399, y1: 399, unitX: 'cm', unitY: 'cm', deltaX: 0.04, deltaY: -0.02 } as const;
  const picture: MeasuredPicture = { width: 800, height: 400, regions: [region] };
  const outline: MarkOf<'area'> = {
    kind: 'area',
    number: 1,
    points: [
      { x: 50, y: 50 },
      { x: 150, y: 50 },
      { x: 150, y: 350 },
      { x: 50, y: 350 },
    ],
  };
  const axis = [
    { x: 100, y: 350 },
    { x: 100, y: 50 },
  ] as const;

  it('takes millimetres from the region, whose pixels need not be square', () => {
    const view = apicalView(picture, outline, axis);
    // 100 px * 0.4 mm wide, 300 px * 0.2 mm long.
    expect(volume(view as ApicalView).ml).toBeCloseTo((Math.PI * 20 * 20 * 60) / 1000, 9);
  });

  it('has none without calibration or across regions', () => {
    expect(apicalView({ ...picture, regions: [] }, outline, axis)).toBe('the outline is not calibrated');
    const halves = [
      { ...region, x1: 119 },
      { ...region, x0: 120 },
    ];
    expect(apicalView({ ...picture, regions: halves }, outline, axis)).toBe('outline and long axis lie in different regions');
  });
});

describe('longAxisOf', () => {
  const region = { kind: 'tissue', x0: 0, y0: 0, x1: 399, y1: 399, unitX: 'cm', unitY: 'cm', deltaX: 0.04, deltaY: 0.02 } as const;
  const outline: MarkOf<'area'> = {
    kind: 'area',
    number: 1,
    points: [
      { x: 100, y: 300 },
      { x: 60, y: 200 },
      { x: 120, y: 60 },
      { x: 250, y: 200 },
      { x: 140, y: 300 },
    ],
  };

  it('runs from the middle of the side that closes the outline to what lies farthest from it', () => {
    expect(longAxisOf({ width: 400, height: 400, regions: [] }, outline)).toEqual([
      { x: 120, y: 300 },
      { x: 120, y: 60 },
    ]);
  });

  it('measures how far in the patient and not in pixels', () => {
    // 240 px * 0.2 mm up, but 130 px * 0.4 mm and 100 px * 0.2 mm aside.
    expect(longAxisOf({ width: 400, height: 400, regions: [region] }, outline)[1]).toEqual({ x: 250, y: 200 });
  });
});

describe('an outline that goes right round', () => {
  const region = { kind: 'tissue', x0: 0, y0: 0, x1: 399, y1: 399, unitX: 'cm', unitY: 'cm', deltaX: 0.03, deltaY: 0.03 } as const;
  const picture: MeasuredPicture = { width: 400, height: 400, regions: [region] };
  /** A bullet 80 px wide and 300 px long, standing on its annulus from (160, 350) to (240, 350), begun anywhere around it. */
  const bullet = [
    ...Array.from({ length: 61 }, (_, step) => ({ x: 160 + (80 / 60) * step, y: 350 })).toReversed(),
    ...Array.from({ length: 60 }, (_, step) => ({ x: 160, y: 350 - 2.5 * (step + 1) })),
    ...Array.from({ length: 60 }, (_, step) => {
      const angle = (Math.PI * (step + 1)) / 60;
      return { x: 200 - 40 * Math.cos(angle), y: 200 - 150 * Math.sin(angle) };
    }),
    ...Array.from({ length: 59 }, (_, step) => ({ x: 240, y: 200 + 2.5 * (step + 1) })),
  ];
  const begunAt = (start: number): MarkOf<'area'> => ({
    kind: 'area',
    number: 1,
    points: [...bullet.slice(start), ...bullet.slice(0, start)],
  });
  const closed = 'the outline is closed: choose a caliper as its long axis or trace from annulus to annulus';

  it('has no long axis of its own, wherever it begins', () => {
    for (let start = 0; start < bullet.length; start++) expect(longAxisOf(picture, begunAt(start))).toBe(closed);
    const back = begunAt(0);
    expect(longAxisOf(picture, { ...back, points: [...back.points, back.points[0]!] })).toBe(closed);
  });

  it('has the volume of the same outline left open, once its long axis is chosen', () => {
    const open: MarkOf<'area'> = { ...begunAt(0), points: bullet.slice(60) };
    const axis = longAxisOf(picture, open);
    expect(axis).toEqual([
      { x: 200, y: expect.closeTo(350, -1) },
      { x: expect.closeTo(200, 6), y: 50 },
    ]);
    if (typeof axis === 'string') throw new Error(axis);
    const whole = volume(apicalView(picture, begunAt(100), axis) as ApicalView).ml;
    expect(whole).toBeCloseTo(volume(apicalView(picture, open, axis) as ApicalView).ml, 1);
  });

  it('gapes as little as an annulus does not: a dilated ventricle on a narrow one is still open', () => {
    const wide = (gap: number): MarkOf<'area'> => ({
      kind: 'area',
      number: 1,
      points: [
        { x: 200 - gap / 2, y: 350 },
        { x: 120, y: 200 },
        { x: 200, y: 50 },
        { x: 280, y: 200 },
        { x: 200 + gap / 2, y: 350 },
      ],
    });
    expect(longAxisOf(picture, wide(0.18 * 300))).toEqual([
      { x: 200, y: 350 },
      { x: 200, y: 50 },
    ]);
    expect(longAxisOf(picture, wide(0.09 * 300))).toBe(closed);
  });
});

describe('ejectionOf', () => {
  it('agrees with the textbook: 120 ml and 50 ml are 58.3 %', () => {
    expect(ejectionOf(120, 50)).toEqual({ edvMl: 120, esvMl: 50, strokeVolumeMl: 70, efPercent: expect.closeTo(58.333, 3) });
  });

  it('is none where the frames are confused', () => {
    expect(ejectionOf(50, 120)).toBeUndefined();
    expect(ejectionOf(0, 0)).toBeUndefined();
    expect(ejectionOf(Number.NaN, 50)).toBeUndefined();
  });

  it('is that of given contours: two ellipsoids', () => {
    const [edv, esv] = [volume(ellipsoid(90, 50)), volume(ellipsoid(75, 36))];
    // The slices' error is the same share of both, so the fraction is exact.
    expect(ejectionOf(edv.ml, esv.ml)?.efPercent).toBeCloseTo(100 * (1 - (75 * 36 * 36) / (90 * 50 * 50)), 3);
  });
});
