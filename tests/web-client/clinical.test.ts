import { describe, expect, it } from 'vitest';
import type { Mark, Point } from '../../src/marks/mark.ts';
import type { MeasuredPicture } from '../../src/marks/scale.ts';
import { ejectionFrom, envelopeFrom, partName, rateFrom, stenosisFrom } from '../../web-client/clinical.ts';
import type { KnownMark } from '../../web-client/marks-state.ts';

const tissue = { kind: 'tissue', x0: 0, y0: 0, x1: 599, y1: 399, unitX: 'cm', unitY: 'cm', deltaX: 0.02, deltaY: 0.02 } as const;
const ecg = { kind: 'ecg', x0: 0, y0: 400, x1: 599, y1: 449, unitX: 's', unitY: 'none', deltaX: 0.01, deltaY: 1 } as const;
const spectrum = {
  kind: 'spectrum-pw',
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
const picture = { width: 600, height: 600, regions: [tissue, ecg, spectrum] } as unknown as MeasuredPicture;
const known = (id: string, shape: object, number = Number(id)): KnownMark => ({
  id,
  stream: 0,
  kept: undefined,
  shape: { number, ...shape } as Mark,
  revision: 1,
  fromUs: 0,
  untilUs: undefined,
  picture,
  epoch: undefined,
  author: undefined,
  changedMs: 0,
});
const at = (x: number, y: number): Point => ({ x, y });
const chosen = (parts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(parts).map(([part, id]) => [partName(0, part), id]));

/** Half an ellipse from one end of the annulus over the apex to the other: half width and length in pixels. */
const cavity = (id: string, halfWidth: number, length: number): KnownMark =>
  known(id, {
    kind: 'area',
    points: Array.from({ length: 181 }, (_, step) =>
      at(300 - halfWidth * Math.cos((step * Math.PI) / 180), 380 - length * Math.sin((step * Math.PI) / 180)),
    ),
  });

describe('ejection fraction', () => {
  const marks = [cavity('1', 60, 300), cavity('2', 40, 260), cavity('3', 50, 300), cavity('4', 30, 260)];

  it('names what is missing, of one plane or of two', () => {
    expect(ejectionFrom(marks, {}, 0)).toMatchObject({ missing: ['a4c-d', 'a4c-s'], ejection: undefined });
    expect(ejectionFrom(marks, chosen({ 'a4c-d': '1', 'a2c-s': '4' }), 0).missing).toEqual(['a4c-s', 'a2c-d']);
  });

  it('follows from half ellipsoids as their volumes do', () => {
    const single = ejectionFrom(marks, chosen({ 'a4c-d': '1', 'a4c-s': '2' }), 0);
    expect(single.planes).toBe('single');
    // 2/3 pi r² L, in ml of 0.2 mm pixels.
    const volume = (a: number, b: number, length: number): number => ((2 / 3) * Math.PI * a * b * length * 0.2 ** 3) / 1000;
    expect(single.ejection?.edvMl).toBeCloseTo(volume(60, 60, 300), 0);
    const biplane = ejectionFrom(marks, chosen({ 'a4c-d': '1', 'a4c-s': '2', 'a2c-d': '3', 'a2c-s': '4' }), 0);
    expect(biplane.planes).toBe('biplane');
    const [edv, esv] = [volume(60, 50, 300), volume(40, 30, 260)];
    expect(biplane.ejection?.efPercent).toBeCloseTo((100 * (edv - esv)) / edv, 0);
    expect(biplane.standsOn.map(({ shape }) => shape.number)).toEqual([1, 2, 3, 4]);
  });

  it('says that frames are confused, and that a view may be foreshortened', () => {
    expect(ejectionFrom(marks, chosen({ 'a4c-d': '2', 'a4c-s': '1' }), 0).trouble).toBe('confused');
    const short = [...marks, cavity('5', 50, 240)];
    const found = ejectionFrom(short, chosen({ 'a4c-d': '1', 'a4c-s': '2', 'a2c-d': '5', 'a2c-s': '4' }), 0);
    expect(found.foreshortenedPercent).toBeCloseTo(20, 0);
  });

  it('takes a caliper as long axis where one was chosen', () => {
    const axis = known('9', { kind: 'distance', points: [at(300, 380), at(300, 200)] });
    const found = ejectionFrom([...marks, axis], chosen({ 'a4c-d': '1', 'a4c-s': '2', 'a4c-d axis': '9' }), 0);
    const volume = found.ventricles[0]?.volume;
    expect(typeof volume === 'object' && volume.longAxisMm).toBeCloseTo(36, 6);
  });
});

describe('heart rate', () => {
  const peak = (id: string, x: number): KnownMark => known(id, { kind: 'point', points: [at(x, 420)] });

  it('follows from R peaks in whatever order they were marked', () => {
    const { rate, standsOn } = rateFrom(
      [peak('1', 250), peak('2', 50), peak('3', 150), known('4', { kind: 'point', points: [at(9, 9)] })],
      false,
    );
    expect(rate).toMatchObject({ perMinute: 60, beats: 2 });
    expect(standsOn.map(({ id }) => id)).toEqual(['2', '3', '1']);
  });

  it('follows from a caliper between two', () => {
    expect(rateFrom([known('1', { kind: 'distance', points: [at(100, 420), at(180, 425)] })], false).rate?.perMinute).toBeCloseTo(75, 9);
  });

  it('is none without an ECG, or of intervals that no heart has', () => {
    expect(rateFrom([], false)).toMatchObject({ rate: undefined, hasEcg: false });
    expect(rateFrom([peak('1', 10), peak('2', 12)], false)).toMatchObject({ rate: undefined, implausible: true });
  });
});

describe('stenosis', () => {
  const caliper = (id: string, length: number, label?: string): KnownMark =>
    known(id, { kind: 'distance', points: [at(100, 100), at(100 + length, 100)], ...(label && { caption: { label } }) });

  it('takes the calipers that are called so, or those that were chosen', () => {
    const marks = [caliper('1', 40, 'reference'), caliper('2', 10, 'lesion'), caliper('3', 20)];
    expect(stenosisFrom(marks, {}, 0).stenosis).toMatchObject({ diameterPercent: expect.closeTo(75, 9) });
    expect(stenosisFrom(marks, chosen({ lesion: '3' }), 0).stenosis).toMatchObject({ diameterPercent: expect.closeTo(50, 9) });
    expect(stenosisFrom(marks, chosen({ lesion: '1' }), 0).stenosis).toBeUndefined();
  });
});

describe('spectral Doppler', () => {
  it('takes the last trace along a flow, or the chosen one, and nothing else', () => {
    const trace = (id: string, peak: number): KnownMark =>
      known(id, { kind: 'polyline', points: [at(100, 550.5), at(150, 550.5 - peak), at(200, 550.5)] });
    const marks = [trace('1', 50), trace('2', 25), known('3', { kind: 'polyline', points: [at(10, 10), at(90, 90)] })];
    const found = envelopeFrom(marks, {}, 0);
    expect(found.all.map(({ id }) => id)).toEqual(['1', '2']);
    expect(found.quantities.find(({ of }) => of === 'velocity')?.value).toBeCloseTo(50, 6);
    expect(found.quantities.find(({ of }) => of === 'vti')?.value).toBeCloseTo((50 * 0.5) / 2, 6);
    expect(envelopeFrom(marks, chosen({ envelope: '1' }), 0).envelope?.id).toBe('1');
  });
});
