import { isSamePicture } from './belonging.ts';
import { apicalView, ejectionOf, longAxisOf, type NoVolume, type Volume, volumeByDiscs } from './discs.ts';
import { type HeartRate, heartRate } from './heart-rate.ts';
import { type Mark, type MarkKind, type MarkOf, partOf } from './mark.ts';
import { measure, type Quantity } from './measure.ts';
import { endDiastolicParts, type Part, type VentriclePart, ventricleParts } from './parts.ts';
import { type Calibration, type MeasuredPicture, scaleUnder } from './scale.ts';
import { type NoStenosis, type Stenosis, stenosisOfCalipers, stenosisOfDiameters } from './stenosis.ts';

/**
 * Measurements that stand on several marks of an examination, on whichever pictures these lie. Nothing of them is stored but what each mark is a
 * part of. Marks come in the order in which they were made: of several that would be the same part, the last one is.
 */

/** A mark with the picture and the frames that it was drawn on. */
export interface ExaminedMark {
  readonly shape: Mark;
  readonly picture: MeasuredPicture;
  readonly stream?: number | undefined;
  readonly kept?: string | undefined;
  readonly fromUs: number;
  readonly untilUs?: number | undefined;
  /** Capture times of the R peaks around its frame, where its source tells them. */
  readonly rPeaksUs?: readonly number[] | undefined;
}

export type Shaped<Marked extends ExaminedMark, Kind extends MarkKind> = Marked & { readonly shape: MarkOf<Kind> };

export const marksWith = <Marked extends ExaminedMark, Kind extends MarkKind>(
  marks: readonly Marked[],
  kind: Kind,
): readonly Shaped<Marked, Kind>[] => marks.filter((mark): mark is Shaped<Marked, Kind> => mark.shape.kind === kind);

const inPart = <Marked extends ExaminedMark>(marks: readonly Marked[], part: Part): Marked | undefined =>
  marks.findLast(({ shape }) => partOf(shape) === part);

/** Whether there is a frame that both lie on. What was drawn on a stream lies on what was kept of it too. */
function shareFrame(one: ExaminedMark, other: ExaminedMark): boolean {
  if (one.stream !== other.stream || !isSamePicture(one.picture, other.picture)) return false;
  if (one.kept !== other.kept && one.kept !== undefined && other.kept !== undefined) return false;
  if (one.stream === undefined && one.kept !== other.kept) return false;
  const until = Math.min(one.untilUs ?? Number.POSITIVE_INFINITY, other.untilUs ?? Number.POSITIVE_INFINITY);
  return Math.max(one.fromUs, other.fromUs) <= until;
}

export interface Ventricle<Marked extends ExaminedMark> {
  readonly part: VentriclePart;
  readonly outline: Shaped<Marked, 'area'> | undefined;
  /** Chosen; else the axis follows from the outline. */
  readonly axis: Shaped<Marked, 'distance'> | undefined;
  readonly volume: Volume | NoVolume | undefined;
}

export interface EjectionFound<Marked extends ExaminedMark> {
  readonly ventricles: readonly Ventricle<Marked>[];
  readonly missing: readonly VentriclePart[];
  readonly planes: 'single' | 'biplane' | undefined;
  /** Undefined where something is missing, a reason where it cannot be said. */
  readonly ejection:
    | { readonly edvMl: number; readonly esvMl: number; readonly strokeVolumeMl: number; readonly efPercent: number }
    | undefined;
  readonly trouble: NoVolume | 'confused' | undefined;
  /** How far the long axes of both planes differ, where that is more than it should be. */
  readonly foreshortenedPercent: number | undefined;
  readonly standsOn: readonly Marked[];
}

/** Lang et al. 2015 want the long axes of both views to differ by no more. */
const mostAxesDifferPercent = 10;

/** Biplane where the two-chamber view is there in diastole and systole, else from the four-chamber view alone. */
export function ejectionFrom<Marked extends ExaminedMark>(marks: readonly Marked[]): EjectionFound<Marked> {
  const [areas, distances] = [marksWith(marks, 'area'), marksWith(marks, 'distance')];
  const views = ventricleParts.map((part) => {
    const outline = inPart(areas, part);
    const axis = outline && inPart(distances, `${part}-axis`);
    return { part, outline, axis, view: outline && viewOf(outline, axis) };
  });
  const ventricles = views.map(({ part, outline, axis, view }): Ventricle<Marked> => {
    const volume = view === undefined || typeof view === 'string' ? view : volumeByDiscs(view);
    return { part, outline, axis, volume };
  });
  const [d4, s4, d2, s2] = views.map(({ view }) => view);
  const biplane = d2 !== undefined && s2 !== undefined;
  const needed: readonly VentriclePart[] = d2 !== undefined || s2 !== undefined ? ventricleParts : ['a4c-ed', 'a4c-es'];
  const missing = needed.filter((part) => ventricles.find((one) => one.part === part)?.outline === undefined);
  const standsOn = ventricles.flatMap(({ outline, axis }): Marked[] => [outline, axis].filter((mark) => mark !== undefined));
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

function viewOf(outline: Shaped<ExaminedMark, 'area'>, axis: Shaped<ExaminedMark, 'distance'> | undefined) {
  const { picture, shape } = outline;
  if (axis === undefined) {
    const found = longAxisOf(picture, shape);
    return typeof found === 'string' ? found : apicalView(picture, shape, found);
  }
  return shareFrame(outline, axis) ? apicalView(picture, shape, axis.shape.points) : 'outline and long axis lie on different frames';
}

export interface RateFound<Marked extends ExaminedMark> {
  readonly rate: HeartRate | undefined;
  /** From the R peaks that the source knows, around the end-diastolic frame; from points or a caliper that somebody placed. */
  readonly by: 'r-peaks' | 'points' | 'caliper' | undefined;
  /** Somebody has measured on an ECG. */
  readonly hasEcg: boolean;
  /** So many R peaks were marked that are no R peaks. */
  readonly implausible: boolean;
  readonly standsOn: readonly Marked[];
}

/** What was placed by hand counts by frame and trace: those of two frames have no common time. The newest counts. */
export function rateFrom<Marked extends ExaminedMark>(marks: readonly Marked[]): RateFound<Marked> {
  for (const part of endDiastolicParts) {
    const outline = inPart(marks, part);
    const peaksUs = outline?.rPeaksUs ?? [];
    // In seconds since 1970 there would be no room for microseconds.
    const rate = heartRate(peaksUs.map((us) => (us - peaksUs[0]!) / 1e6));
    if (outline !== undefined && rate !== undefined) return { rate, by: 'r-peaks', hasEcg: true, implausible: false, standsOn: [outline] };
  }
  const placed = marks.flatMap((mark) => onEcg(mark));
  const points = placed.filter(({ mark }) => mark.shape.kind === 'point');
  const newest = points.findLast((one) => points.some((other) => other !== one && other.trace === one.trace));
  if (newest !== undefined) {
    const peaks = points.filter(({ trace }) => trace === newest.trace).toSorted((a, b) => a.timesS[0]! - b.timesS[0]!);
    const rate = heartRate(peaks.map(({ timesS }) => timesS[0]!));
    return { rate, by: 'points', hasEcg: true, implausible: rate === undefined, standsOn: peaks.map(({ mark }) => mark) };
  }
  const between = placed.findLast(({ mark }) => mark.shape.kind === 'distance');
  if (between === undefined) return { rate: undefined, by: undefined, hasEcg: points.length > 0, implausible: false, standsOn: [] };
  const rate = heartRate(between.timesS.toSorted((a, b) => a - b));
  return { rate, by: 'caliper', hasEcg: true, implausible: rate === undefined, standsOn: [between.mark] };
}

interface OnEcg<Marked extends ExaminedMark> {
  readonly mark: Marked;
  /** Frame and region. */
  readonly trace: string;
  readonly timesS: readonly number[];
}

function onEcg<Marked extends ExaminedMark>(mark: Marked): OnEcg<Marked>[] {
  const { shape, picture, stream, kept, fromUs } = mark;
  const scale = scaleUnder(picture, shape.points);
  if (scale.of !== 'axes' || scale.region.kind !== 'ecg' || scale.region.unitX !== 's') return [];
  const { x0, y0, deltaX } = scale.region;
  return [{ mark, trace: [stream, kept, fromUs, x0, y0].join(' '), timesS: shape.points.map(({ x }) => x * deltaX) }];
}

export interface StenosisFound<Marked extends ExaminedMark> {
  readonly lesion: Shaped<Marked, 'distance'> | undefined;
  readonly reference: Shaped<Marked, 'distance'> | undefined;
  readonly stenosis: Stenosis | NoStenosis | undefined;
}

/** From the calipers that were chosen, else from those that are called so. */
export function stenosisFrom<Marked extends ExaminedMark>(marks: readonly Marked[]): StenosisFound<Marked> {
  const distances = marksWith(marks, 'distance');
  const called = (...labels: readonly string[]): Shaped<Marked, 'distance'> | undefined =>
    distances.findLast(
      ({ shape: { caption, part } }) => part === undefined && caption !== undefined && 'label' in caption && labels.includes(caption.label),
    );
  const lesion = inPart(distances, 'lesion') ?? called('lesion', 'stenosis');
  const reference = inPart(distances, 'reference') ?? called('reference');
  return { lesion, reference, stenosis: lesion && reference && stenosisOfMarks(lesion, reference) };
}

type Caliper = Shaped<ExaminedMark, 'distance'>;

/** On different frames only lengths can be compared: what a pixel is may have changed. */
function stenosisOfMarks(lesion: Caliper, reference: Caliper): Stenosis | NoStenosis {
  if (shareFrame(lesion, reference)) return stenosisOfCalipers(lesion.picture, lesion.shape, reference.shape);
  const [narrow, wide] = [lesion, reference].map(({ picture, shape }) => measure(picture, shape).quantities[0]);
  if (narrow?.of !== 'length' || wide?.of !== 'length') return 'the axes are no lengths';
  if (narrow.unit !== 'mm' || wide.unit !== 'mm') return 'lesion and reference lie on different frames';
  return stenosisOfDiameters(narrow.value, wide.value) ?? 'the lesion is wider than the reference';
}

export interface EnvelopeFound<Marked extends ExaminedMark> {
  readonly envelope: Shaped<Marked, 'polyline'> | undefined;
  readonly all: readonly Shaped<Marked, 'polyline'>[];
  readonly quantities: readonly Quantity[];
}

/** The trace along a flow that was chosen, else the last one. */
export function envelopeFrom<Marked extends ExaminedMark>(marks: readonly Marked[]): EnvelopeFound<Marked> {
  const all = marksWith(marks, 'polyline').filter((mark) => measure(mark.picture, mark.shape).quantities.some(({ of }) => of === 'vti'));
  const envelope = inPart(all, 'envelope') ?? all.at(-1);
  return { envelope, all, quantities: envelope === undefined ? [] : measure(envelope.picture, envelope.shape).quantities };
}

/** By what a measurement was made. */
export type Method = 'biplane-discs' | 'single-plane-discs' | 'r-peaks' | 'ecg-points' | 'ecg-caliper' | 'diameters' | 'trace';

/** A measurement as it is written down: its leading value first. */
export interface ClinicalValues<Marked extends ExaminedMark> {
  readonly measurement: 'ejection-fraction' | 'heart-rate' | 'stenosis' | 'doppler';
  readonly method: Method;
  readonly quantities: readonly Quantity[];
  /** By a hand, where one of the marks was. */
  readonly calibration: Calibration | undefined;
  /** What must be known of it. */
  readonly reason: string | undefined;
  readonly standsOn: readonly Marked[];
}

/** All measurements that the marks of an examination make, in the order in which they are read. */
export function clinicalValues<Marked extends ExaminedMark>(marks: readonly Marked[]): ClinicalValues<Marked>[] {
  return [...ejectionValues(marks), ...rateValues(marks), ...stenosisValues(marks), ...envelopeValues(marks)];
}

function ejectionValues<Marked extends ExaminedMark>(marks: readonly Marked[]): ClinicalValues<Marked>[] {
  const { ejection, planes, foreshortenedPercent, standsOn } = ejectionFrom(marks);
  if (ejection === undefined) return [];
  const { efPercent, edvMl, esvMl, strokeVolumeMl } = ejection;
  return [
    {
      measurement: 'ejection-fraction',
      method: planes === 'biplane' ? 'biplane-discs' : 'single-plane-discs',
      quantities: [
        { of: 'ejection-fraction', value: efPercent, unit: '%' },
        { of: 'end-diastolic-volume', value: edvMl, unit: 'ml' },
        { of: 'end-systolic-volume', value: esvMl, unit: 'ml' },
        { of: 'stroke-volume', value: strokeVolumeMl, unit: 'ml' },
      ],
      calibration: calibrationOf(standsOn),
      reason: foreshortenedPercent === undefined ? undefined : 'one view may be foreshortened',
      standsOn,
    },
  ];
}

const rateMethods = { 'r-peaks': 'r-peaks', points: 'ecg-points', caliper: 'ecg-caliper' } as const;

function rateValues<Marked extends ExaminedMark>(marks: readonly Marked[]): ClinicalValues<Marked>[] {
  const { rate, by, standsOn } = rateFrom(marks);
  if (rate === undefined || by === undefined) return [];
  const quantities: Quantity[] = [{ of: 'heart-rate', value: rate.perMinute, unit: '/min' }];
  return [{ measurement: 'heart-rate', method: rateMethods[by], quantities, calibration: 'source', reason: undefined, standsOn }];
}

function stenosisValues<Marked extends ExaminedMark>(marks: readonly Marked[]): ClinicalValues<Marked>[] {
  const { lesion, reference, stenosis } = stenosisFrom(marks);
  if (lesion === undefined || reference === undefined || typeof stenosis !== 'object') return [];
  const standsOn: Marked[] = [reference, lesion];
  return [
    {
      measurement: 'stenosis',
      method: 'diameters',
      quantities: [
        { of: 'diameter-stenosis', value: stenosis.diameterPercent, unit: '%' },
        { of: 'area-stenosis', value: stenosis.areaPercent, unit: '%' },
      ],
      calibration: calibrationOf(standsOn),
      reason: undefined,
      standsOn,
    },
  ];
}

function envelopeValues<Marked extends ExaminedMark>(marks: readonly Marked[]): ClinicalValues<Marked>[] {
  const { envelope, quantities } = envelopeFrom(marks);
  if (envelope === undefined) return [];
  const leading = quantities.toSorted((a, b) => Number(b.of === 'vti') - Number(a.of === 'vti'));
  return [{ measurement: 'doppler', method: 'trace', quantities: leading, calibration: 'source', reason: undefined, standsOn: [envelope] }];
}

/** Undefined where one is not calibrated, whose pixels may do for a ratio. */
function calibrationOf(marks: readonly ExaminedMark[]): Calibration | undefined {
  const each = marks.map(({ picture, shape }) => measure(picture, shape).calibration);
  if (each.includes(undefined)) return undefined;
  return each.includes('manual') ? 'manual' : 'source';
}
