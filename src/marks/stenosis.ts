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
