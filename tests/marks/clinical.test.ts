import { describe, expect, it } from 'vitest';
import { clinicalValues, type ExaminedMark, ejectionFrom, envelopeFrom, rateFrom, stenosisFrom } from '../../src/marks/clinical.ts';
import { heartRate, peaksAround } from '../../src/marks/heart-rate.ts';
import { type Mark, type Point, withPart } from '../../src/marks/mark.ts';
import type { Part } from '../../src/marks/parts.ts';
import type { MeasuredPicture } from '../../src/marks/scale.ts';

const tissue = { kind: 'tissue', x0: 0, y0: 0, x1: 599, y1: 399, unitX: 'cm', unitY: 'cm', deltaX: 0.02, deltaY: 0.02 } as const;
const ecg = { kind: 'ecg', x0: 0, y0: 400, x1: 599, y1: 449, unitX: 's', unitY: 'percent', deltaX: 0.01, deltaY: 1 } as const;
const spectrum = {
  kind: 'pw-doppler',
  x0: 0,
  y0: 450,
  x1: 599,
  y1: 599,
  unitX: 's',
  unitY: 'cm/s',
  deltaX: 0.005,
  deltaY: -2,
  referenceY: 100,
} as const;
const picture: MeasuredPicture = { width: 600, height: 600, regions: [tissue, ecg, spectrum] };
/** With half the depth. */
const zoomed: MeasuredPicture = { ...picture, regions: [{ ...tissue, deltaX: 0.01, deltaY: 0.01 }, ecg, spectrum] };
const at = (x: number, y: number): Point => ({ x, y });

let number = 0;
const mark = (shape: object, more: Partial<ExaminedMark> = {}): ExaminedMark => ({
  shape: { number: ++number, ...shape } as Mark,
  picture,
  stream: 0,
  fromUs: 1000,
  untilUs: 1000,
  ...more,
});
const as = (part: Part, { shape, ...rest }: ExaminedMark): ExaminedMark => ({ ...rest, shape: withPart(shape, part) });

/** Half an ellipse from one end of the annulus over the apex to the other: half width and length in pixels. */
const cavity = (halfWidth: number, length: number, more: Partial<ExaminedMark> = {}): ExaminedMark =>
  mark(
    {
      kind: 'area',
      points: Array.from({ length: 181 }, (_, step) =>
        at(300 - halfWidth * Math.cos((step * Math.PI) / 180), 380 - length * Math.sin((step * Math.PI) / 180)),
      ),
    },
    more,
  );

/** 2/3 pi r r' L of a half ellipsoid, in ml, by millimetres of a pixel. */
const halfEllipsoidMl = (a: number, b: number, length: number, mm = 0.2): number => ((2 / 3) * Math.PI * a * b * length * mm ** 3) / 1000;

describe('ejection fraction', () => {
  const [d4, s4] = [as('a4c-ed', cavity(60, 300)), as('a4c-es', cavity(40, 260))];
  const other = { stream: 1, kept: '00000000000000aa', fromUs: 9_000_000, untilUs: 9_000_000 };
  const [d2, s2] = [as('a2c-ed', cavity(50, 300, other)), as('a2c-es', cavity(30, 260, other))];

  it('names what is missing, of one plane or of two', () => {
    expect(ejectionFrom([cavity(60, 300)])).toMatchObject({ missing: ['a4c-ed', 'a4c-es'], ejection: undefined, standsOn: [] });
    expect(ejectionFrom([d4, s2]).missing).toEqual(['a4c-es', 'a2c-ed']);
  });

  it('follows from half ellipsoids as their volumes do, in one plane and in two of different clips', () => {
    const single = ejectionFrom([s4, d4]);
    expect(single.planes).toBe('single');
    expect(single.ejection?.edvMl).toBeCloseTo(halfEllipsoidMl(60, 60, 300), 0);
    const biplane = ejectionFrom([d4, s4, d2, s2]);
    expect(biplane.planes).toBe('biplane');
    const [edv, esv] = [halfEllipsoidMl(60, 50, 300), halfEllipsoidMl(40, 30, 260)];
    expect(biplane.ejection?.edvMl).toBeCloseTo(edv, 0);
    expect(biplane.ejection?.efPercent).toBeCloseTo((100 * (edv - esv)) / edv, 0);
    expect(biplane.standsOn).toEqual([d4, s4, d2, s2]);
  });

  it('measures each outline by the calibration of its own picture', () => {
    const near = as('a4c-es', cavity(80, 360, { picture: zoomed, fromUs: 5000, untilUs: 5000 }));
    expect(ejectionFrom([d4, near]).ejection?.esvMl).toBeCloseTo(halfEllipsoidMl(80, 80, 360, 0.1), 0);
  });

  it('says that frames are confused, and that a view may be foreshortened', () => {
    expect(ejectionFrom([as('a4c-es', d4), as('a4c-ed', s4)]).trouble).toBe('confused');
    const short = ejectionFrom([d4, s4, as('a2c-ed', cavity(50, 240)), s2]);
    expect(short.foreshortenedPercent).toBeCloseTo(20, 0);
    expect(clinicalValues([d4, s4, as('a2c-ed', cavity(50, 240)), s2])[0]?.reason).toBe('one view may be foreshortened');
  });

  it('takes the last of two that would be the same part', () => {
    expect(ejectionFrom([as('a4c-ed', cavity(90, 300)), d4, s4]).ventricles[0]?.outline).toBe(d4);
  });

  it('gives no volume of a trace that goes right round, until its long axis is chosen', () => {
    const { points } = d4.shape as Extract<Mark, { kind: 'area' }>;
    const round = Array.from({ length: 20 }, (_, step) => at(360 - 6 * (step + 1), 380)).slice(0, -1);
    const closed = as('a4c-ed', mark({ kind: 'area', points: [...points, ...round] }));
    const found = ejectionFrom([closed, s4]);
    const reason = 'the outline is closed: choose a caliper as its long axis or trace from annulus to annulus';
    expect([found.trouble, found.ejection, found.ventricles[0]?.volume]).toEqual([reason, undefined, reason]);
    expect(clinicalValues([closed, s4])).toEqual([]);
    const axis = mark({ kind: 'distance', points: [at(300, 380), at(300, 80)], part: 'a4c-ed-axis' });
    expect(ejectionFrom([closed, s4, axis]).ejection?.efPercent).toBeCloseTo(ejectionFrom([d4, s4]).ejection?.efPercent ?? 0, 6);
  });

  it('takes a caliper as long axis where one was chosen, on the same frame alone', () => {
    const axis = { kind: 'distance', points: [at(300, 380), at(300, 200)], part: 'a4c-ed-axis' };
    const [found] = ejectionFrom([d4, s4, mark(axis)]).ventricles;
    expect(typeof found?.volume === 'object' && found.volume.longAxisMm).toBeCloseTo(36, 6);
    for (const elsewhere of [{ fromUs: 2000, untilUs: 2000 }, { stream: 1 }, { picture: zoomed }]) {
      const { trouble, ejection } = ejectionFrom([d4, s4, mark(axis, elsewhere)]);
      expect([trouble, ejection]).toEqual(['outline and long axis lie on different frames', undefined]);
    }
  });
});

describe('heart rate', () => {
  const peak = (x: number, more: Partial<ExaminedMark> = {}): ExaminedMark => mark({ kind: 'point', points: [at(x, 420)] }, more);
  const perMinute = (marks: readonly ExaminedMark[]): number | undefined => rateFrom(marks).rate?.perMinute;

  it('follows from the R peaks that the source knows around the end-diastolic frame, before any that were placed', () => {
    const outline = as('a4c-ed', cavity(60, 300, { rPeaksUs: [1_000_000, 1_800_000, 2_600_000] }));
    const found = rateFrom([outline, peak(50), peak(150)]);
    expect(found).toMatchObject({ by: 'r-peaks', standsOn: [outline] });
    expect(found.rate?.perMinute).toBeCloseTo(75, 9);
    expect(rateFrom([{ ...outline, rPeaksUs: [1_000_000] }, peak(50), peak(150)])).toMatchObject({ by: 'points', rate: { perMinute: 60 } });
    // Those of the two-chamber view, where the four-chamber view has none.
    const second = as('a2c-ed', cavity(60, 300, { rPeaksUs: [0, 500_000] }));
    expect(perMinute([{ ...outline, rPeaksUs: [] }, second])).toBeCloseTo(120, 9);
  });

  it('follows from R peaks in whatever order they were marked', () => {
    const [third, first, second] = [peak(250), peak(50), peak(150)];
    const { rate, by, standsOn } = rateFrom([third, first, second, mark({ kind: 'point', points: [at(9, 9)] })]);
    expect(rate).toMatchObject({ perMinute: 60, beats: 2 });
    expect(by).toBe('points');
    expect(standsOn).toEqual([first, second, third]);
  });

  it('never mixes points of two freezes, two streams or two traces: 60 and 60 a minute are not 120', () => {
    const freeze = { fromUs: 7_000_000, untilUs: 7_000_000 };
    expect(perMinute([peak(50), peak(150), peak(100, freeze), peak(200, freeze)])).toBe(60);
    expect(perMinute([peak(50), peak(150), peak(100, { stream: 1 }), peak(200, { stream: 1 })])).toBe(60);
    const second = { ...ecg, y0: 455, y1: 500 };
    const two: MeasuredPicture = { ...picture, regions: [tissue, ecg, second] };
    const below = (x: number): ExaminedMark => mark({ kind: 'point', points: [at(x, 470)] }, { picture: two });
    expect(perMinute([peak(50, { picture: two }), peak(150, { picture: two }), below(100), below(200)])).toBe(60);
    // A single point of a newer freeze has no rate.
    expect(rateFrom([peak(50), peak(125), peak(100, freeze)])).toMatchObject({ rate: { perMinute: 80, beats: 1 } });
  });

  it('follows from a caliper between two', () => {
    const between = mark({ kind: 'distance', points: [at(180, 420), at(100, 425)] });
    expect(rateFrom([between])).toMatchObject({ by: 'caliper', rate: { perMinute: expect.closeTo(75, 9) } });
  });

  it('is none without an ECG, or of intervals that no heart has', () => {
    expect(rateFrom([])).toMatchObject({ rate: undefined, hasEcg: false });
    expect(rateFrom([peak(10), peak(12)])).toMatchObject({ rate: undefined, implausible: true });
  });

  it('is that of three beats before and behind, as far as no peak is missing', () => {
    const peaks = [0, 1, 2, 3, 4, 5, 6, 7].map((s) => s * 1e6);
    expect(peaksAround(peaks, 3e6)).toEqual([1e6, 2e6, 3e6, 4e6, 5e6, 6e6]);
    expect(peaksAround([0, 5e6, 6e6, 7e6], 6.5e6)).toEqual([5e6, 6e6, 7e6]);
    expect(peaksAround([0, 9e6], 4.5e6)).toEqual([]);
    expect(heartRate(peaksAround(peaks, 3.5e6).map((us) => us / 1e6))?.perMinute).toBe(60);
  });
});

describe('stenosis', () => {
  const caliper = (length: number, label?: string, more: Partial<ExaminedMark> = {}): ExaminedMark =>
    mark({ kind: 'distance', points: [at(100, 100), at(100 + length, 100)], ...(label && { caption: { label } }) }, more);

  it('takes the calipers that are called so, or those that were chosen', () => {
    const called = [caliper(40, 'reference'), caliper(10, 'lesion')];
    expect(stenosisFrom(called).stenosis).toMatchObject({ diameterPercent: expect.closeTo(75, 9) });
    expect(stenosisFrom([...called, as('lesion', caliper(20))]).stenosis).toMatchObject({ diameterPercent: expect.closeTo(50, 9) });
    expect(stenosisFrom([caliper(40, 'reference')]).stenosis).toBeUndefined();
  });

  it('compares lengths on different frames, and pixels on one alone', () => {
    const later = { fromUs: 5000, untilUs: 5000 };
    const narrow = as('lesion', caliper(20, undefined, { ...later, picture: zoomed }));
    // 2 mm by half the depth, beside 8 mm.
    expect(stenosisFrom([as('reference', caliper(40)), narrow]).stenosis).toMatchObject({ diameterPercent: expect.closeTo(75, 9) });
    const bare: MeasuredPicture = { width: 600, height: 600, regions: [] };
    const [wide, lesion] = [
      as('reference', caliper(40, undefined, { picture: bare })),
      as('lesion', caliper(20, undefined, { picture: bare })),
    ];
    expect(stenosisFrom([wide, lesion]).stenosis).toMatchObject({ diameterPercent: expect.closeTo(50, 9) });
    expect(stenosisFrom([wide, { ...lesion, ...later }]).stenosis).toBe('lesion and reference lie on different frames');
  });
});

describe('spectral Doppler', () => {
  it('takes the last trace along a flow, or the chosen one, and nothing else', () => {
    const trace = (peak: number): ExaminedMark =>
      mark({ kind: 'polyline', points: [at(100, 550.5), at(150, 550.5 - peak), at(200, 550.5)] });
    const [one, two] = [trace(50), trace(25)];
    const found = envelopeFrom([one, two, mark({ kind: 'polyline', points: [at(10, 10), at(90, 90)] })]);
    expect(found.all).toEqual([one, two]);
    expect(found.quantities.find(({ of }) => of === 'velocity')?.value).toBeCloseTo(50, 6);
    expect(found.quantities.find(({ of }) => of === 'vti')?.value).toBeCloseTo((50 * 0.5) / 2, 6);
    const chosen = as('envelope', one);
    expect(envelopeFrom([chosen, two]).envelope).toBe(chosen);
  });
});

describe('what is written down', () => {
  it('is every measurement that the marks make, by which method, and from which of them', () => {
    const [d, s] = [as('a4c-ed', cavity(60, 300, { rPeaksUs: [0, 1e6] })), as('a4c-es', cavity(40, 260))];
    const manual = { points: [at(0, 0), at(100, 0)], known: { mm: 20 } } as const;
    const [wide, narrow] = [40, 10].map((length) =>
      mark({ kind: 'distance', points: [at(100, 100), at(100 + length, 100)] }, { picture: { ...picture, manual } }),
    );
    const values = clinicalValues([d, s, as('reference', wide!), as('lesion', narrow!)]);
    expect(values.map(({ measurement, method, calibration }) => [measurement, method, calibration])).toEqual([
      ['ejection-fraction', 'single-plane-discs', 'source'],
      ['heart-rate', 'r-peaks', 'source'],
      ['stenosis', 'diameters', 'manual'],
    ]);
    expect(values[0]?.quantities.map(({ of, unit }) => `${of} ${unit}`)).toEqual([
      'ejection-fraction %',
      'end-diastolic-volume ml',
      'end-systolic-volume ml',
      'stroke-volume ml',
    ]);
    expect(values[0]?.standsOn).toEqual([d, s]);
    expect(clinicalValues([d])).toHaveLength(1);
    expect(clinicalValues([])).toEqual([]);
  });
});
