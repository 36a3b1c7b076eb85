import { apicalView, ejectionOf, longAxisOf, type NoVolume, type Volume, volumeByDiscs } from '../src/marks/discs.ts';
import { type HeartRate, heartRate } from '../src/marks/heart-rate.ts';
import type { MarkKind, MarkOf } from '../src/marks/mark.ts';
import { measure, type Quantity } from '../src/marks/measure.ts';
import { scaleUnder } from '../src/marks/scale.ts';
import { type NoStenosis, type Stenosis, stenosisOfCalipers } from '../src/marks/stenosis.ts';
import { captionOf } from './mark-texts.ts';
import type { KnownMark } from './marks-state.ts';

/** Measurements that stand on several marks of a stream. Each says what it was taken from, and what is still missing. */

export type Choices = Readonly<Record<string, string>>;

export type MarkWith<Kind extends MarkKind> = KnownMark & { readonly shape: MarkOf<Kind> };

export const marksWith = <Kind extends MarkKind>(marks: readonly KnownMark[], kind: Kind): readonly MarkWith<Kind>[] =>
  marks.filter((mark): mark is MarkWith<Kind> => mark.shape.kind === kind);

export const ventricleSlots = ['a4c-d', 'a4c-s', 'a2c-d', 'a2c-s'] as const;
export type VentricleSlot = (typeof ventricleSlots)[number];

/** Under which a choice is remembered; another stream, another choice. */
export const partName = (stream: number, part: string): string => `${stream} ${part}`;

/** What somebody chose for a part, as long as it is there. */
export function chosen<Kind extends MarkKind>(
  choices: Choices,
  stream: number,
  part: string,
  marks: readonly MarkWith<Kind>[],
): MarkWith<Kind> | undefined {
  const id = choices[partName(stream, part)];
  return marks.find((mark) => mark.id === id);
}

export interface Ventricle {
  readonly slot: VentricleSlot;
  readonly outline: MarkWith<'area'> | undefined;
  /** Chosen; else the axis follows from the outline. */
  readonly axis: MarkWith<'distance'> | undefined;
  readonly volume: Volume | NoVolume | undefined;
}

export interface EjectionFound {
  readonly ventricles: readonly Ventricle[];
  readonly missing: readonly VentricleSlot[];
  readonly planes: 'single' | 'biplane' | undefined;
  /** Undefined where something is missing, a reason where it cannot be said. */
  readonly ejection:
    | { readonly edvMl: number; readonly esvMl: number; readonly strokeVolumeMl: number; readonly efPercent: number }
    | undefined;
  readonly trouble: NoVolume | 'confused' | undefined;
  /** How far the long axes of both planes differ, where that is more than it should be. */
  readonly foreshortenedPercent: number | undefined;
  readonly standsOn: readonly KnownMark[];
}

/** Lang et al. 2015 want the long axes of both views to differ by no more. */
const mostAxesDifferPercent = 10;

/** Biplane where the two-chamber view is there in diastole and systole, else from the four-chamber view alone. */
export function ejectionFrom(marks: readonly KnownMark[], choices: Choices, stream: number): EjectionFound {
  const [areas, distances] = [marksWith(marks, 'area'), marksWith(marks, 'distance')];
  const views = ventricleSlots.map((slot) => {
    const outline = chosen(choices, stream, slot, areas);
    const axis = chosen(choices, stream, `${slot} axis`, distances);
    const view = outline && apicalView(outline.picture, outline.shape, axis?.shape.points ?? longAxisOf(outline.picture, outline.shape));
    return { slot, outline, axis, view };
  });
  const ventricles = views.map(({ slot, outline, axis, view }): Ventricle => {
    const volume = view === undefined || typeof view === 'string' ? view : volumeByDiscs(view);
    return { slot, outline, axis, volume };
  });
  const [d4, s4, d2, s2] = views.map(({ view }) => view);
  const biplane = d2 !== undefined && s2 !== undefined;
  const needed: readonly VentricleSlot[] = d2 !== undefined || s2 !== undefined ? ventricleSlots : ['a4c-d', 'a4c-s'];
  const missing = needed.filter((slot) => ventricles.find((one) => one.slot === slot)?.outline === undefined);
  const standsOn = ventricles.flatMap(({ outline, axis }) => [outline, axis].filter((mark) => mark !== undefined));
  const nothing = { ventricles, missing, standsOn, ejection: undefined, foreshortenedPercent: undefined, planes: undefined };
  const trouble = [d4, s4, d2, s2].find((view) => typeof view === 'string');
  if (trouble !== undefined) return { ...nothing, trouble };
  if (missing.length > 0 || typeof d4 !== 'object' || typeof s4 !== 'object') return { ...nothing, trouble: undefined };
  const diastole = volumeByDiscs(d4, typeof d2 === 'object' ? d2 : d4);
  const systole = volumeByDiscs(s4, typeof s2 === 'object' ? s2 : s4);
  if (typeof diastole === 'string') return { ...nothing, trouble: diastole };
  if (typeof systole === 'string') return { ...nothing, trouble: systole };
  const ejection = ejectionOf(diastole.ml, systole.ml);
  const differ = Math.max(diastole.longAxesDifferPercent, systole.longAxesDifferPercent);
  return {
    ...nothing,
    planes: biplane ? 'biplane' : 'single',
    ejection,
    trouble: ejection === undefined ? 'confused' : undefined,
    foreshortenedPercent: differ > mostAxesDifferPercent ? differ : undefined,
  };
}

export interface RateFound {
  readonly rate: HeartRate | undefined;
  /** A picture with an ECG is there. */
  readonly hasEcg: boolean;
  /** So many R peaks were marked that are no R peaks. */
  readonly implausible: boolean;
  readonly standsOn: readonly KnownMark[];
}

/** From the points on an ECG, in their order in time; else from the last caliper on one. */
export function rateFrom(marks: readonly KnownMark[], hasEcg: boolean): RateFound {
  const onEcg = (mark: KnownMark): number | undefined => {
    const scale = scaleUnder(mark.picture, mark.shape.points);
    return scale.of === 'axes' && scale.region.kind === 'ecg' && scale.region.unitX === 's' ? scale.region.deltaX : undefined;
  };
  const peaks = marksWith(marks, 'point')
    .flatMap((mark) => {
      const secondsPerPixel = onEcg(mark);
      return secondsPerPixel === undefined ? [] : [{ mark, timeS: mark.shape.points[0].x * secondsPerPixel }];
    })
    .toSorted((a, b) => a.timeS - b.timeS);
  if (peaks.length > 1) {
    const rate = heartRate(peaks.map(({ timeS }) => timeS));
    return { rate, hasEcg: true, implausible: rate === undefined, standsOn: peaks.map(({ mark }) => mark) };
  }
  const between = marksWith(marks, 'distance').findLast((mark) => onEcg(mark) !== undefined);
  if (between === undefined) return { rate: undefined, hasEcg: hasEcg || peaks.length > 0, implausible: false, standsOn: [] };
  const [from, to] = between.shape.points;
  const rate = heartRate([0, Math.abs(to.x - from.x) * (onEcg(between) ?? 0)]);
  return { rate, hasEcg: true, implausible: rate === undefined, standsOn: [between] };
}

export interface StenosisFound {
  readonly lesion: MarkWith<'distance'> | undefined;
  readonly reference: MarkWith<'distance'> | undefined;
  readonly stenosis: Stenosis | NoStenosis | undefined;
}

/** From what was chosen, else from the calipers that are called so. */
export function stenosisFrom(marks: readonly KnownMark[], choices: Choices, stream: number): StenosisFound {
  const distances = marksWith(marks, 'distance');
  const called = (...labels: readonly string[]): MarkWith<'distance'> | undefined =>
    distances.findLast(({ shape }) => {
      const caption = captionOf(shape);
      return caption !== undefined && 'label' in caption && labels.includes(caption.label);
    });
  const lesion = chosen(choices, stream, 'lesion', distances) ?? called('lesion', 'stenosis');
  const reference = chosen(choices, stream, 'reference', distances) ?? called('reference');
  const both = lesion !== undefined && reference !== undefined && lesion.id !== reference.id;
  return { lesion, reference, stenosis: both ? stenosisOfCalipers(lesion.picture, lesion.shape, reference.shape) : undefined };
}

export interface EnvelopeFound {
  readonly envelope: MarkWith<'polyline'> | undefined;
  readonly all: readonly MarkWith<'polyline'>[];
  readonly quantities: readonly Quantity[];
}

/** The trace along a flow that was chosen, else the last one. */
export function envelopeFrom(marks: readonly KnownMark[], choices: Choices, stream: number): EnvelopeFound {
  const all = marksWith(marks, 'polyline').filter((mark) => measure(mark.picture, mark.shape).quantities.some(({ of }) => of === 'vti'));
  const envelope = chosen(choices, stream, 'envelope', all) ?? all.at(-1);
  return { envelope, all, quantities: envelope === undefined ? [] : measure(envelope.picture, envelope.shape).quantities };
}
