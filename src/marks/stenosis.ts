import { distance } from './geometry.ts';
import type { MarkOf } from './mark.ts';
import { type MeasuredPicture, scaleUnder, toMm } from './scale.ts';

/** How much narrower a vessel is at a lesion than at its reference. */
export interface Stenosis {
  readonly diameterPercent: number;
  /** Measured, or that of a round lumen where only diameters are known. */
  readonly areaPercent: number;
}

/**
 * From diameters: (1 - lesion / reference) * 100, as NASCET with the reference beyond the lesion (N Engl J Med 1991;325:445-453); the
 * area as that of a round lumen, which an eccentric plaque is not. Undefined where the lesion is not the narrower one.
 */
export function stenosisOfDiameters(lesionMm: number, referenceMm: number): Stenosis | undefined {
  if (!isNarrowing(lesionMm, referenceMm)) return undefined;
  const ratio = lesionMm / referenceMm;
  return { diameterPercent: 100 * (1 - ratio), areaPercent: 100 * (1 - ratio * ratio) };
}

/** From areas traced in cross-section; the diameter as that of round lumens of these areas. */
export function stenosisOfAreas(lesionCm2: number, referenceCm2: number): Stenosis | undefined {
  if (!isNarrowing(lesionCm2, referenceCm2)) return undefined;
  const ratio = lesionCm2 / referenceCm2;
  return { diameterPercent: 100 * (1 - Math.sqrt(ratio)), areaPercent: 100 * (1 - ratio) };
}

const isNarrowing = (lesion: number, reference: number): boolean => lesion >= 0 && reference > 0 && lesion <= reference;

export type NoStenosis =
  | 'lesion and reference lie in different regions'
  | 'lesion and reference lie on different frames'
  | 'the axes are no lengths'
  | 'the lesion is wider than the reference';

/** From a caliper across the lesion and one across the reference. A ratio needs no calibration where none is: the pixels are taken as square. */
export function stenosisOfCalipers(
  picture: MeasuredPicture,
  lesion: MarkOf<'distance'>,
  reference: MarkOf<'distance'>,
): Stenosis | NoStenosis {
  const scale = scaleUnder(picture, [...lesion.points, ...reference.points]);
  if (scale.of === 'axes') return 'the axes are no lengths';
  if (scale.of === 'pixels' && scale.reason !== 'not calibrated' && scale.reason !== 'not calibrated here') {
    return 'lesion and reference lie in different regions';
  }
  const length = ({ points: [from, to] }: MarkOf<'distance'>): number =>
    scale.of === 'lengths' ? distance(toMm(scale.region, from), toMm(scale.region, to)) : distance(from, to);
  return stenosisOfDiameters(length(lesion), length(reference)) ?? 'the lesion is wider than the reference';
}
