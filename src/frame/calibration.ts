/**
 * Calibration of a picture: what a pixel means, region by region.
 * Model and numbers: DICOM PS3.3 C.8.5.5 (US Region Calibration Module).
 */

/** Physical units of an axis in the order of PS3.3 C.8.5.5.1.15 (0018,6024): the index is the DICOM code. */
export const unitNames = ['none', 'percent', 'dB', 'cm', 's', 'Hz', 'dB/s', 'cm/s', 'cm2', 'cm2/s', 'cm3', 'cm3/s', 'deg'] as const;
export type Unit = (typeof unitNames)[number];

/** Data types of PS3.3 C.8.5.5.1.2 (0018,6014): the index is the DICOM code. */
export const regionKinds = [
  'none',
  'tissue',
  'colour-flow',
  'pw-doppler',
  'cw-doppler',
  'doppler-mean-trace',
  'doppler-mode-trace',
  'doppler-max-trace',
  'volume-trace',
  'dmode-trace',
  'ecg',
  'pulse',
  'phonocardiogram',
  'grey-bar',
  'colour-bar',
  'integrated-backscatter',
  'area-trace',
  'darea-trace',
  'reserved',
] as const;
export type RegionKind = (typeof regionKinds)[number];

/** A rectangle of the picture in which one calibration holds. Bounds are pixels, both ends inside. */
export interface CalibrationRegion {
  readonly kind: RegionKind;
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly unitX: Unit;
  readonly unitY: Unit;
  /** Units per pixel, as the source gave it: signed, X and Y may differ. */
  readonly deltaX: number;
  readonly deltaY: number;
  /** Pixel at which the physical value is the reference value, relative to (x0, y0); absent when the source is silent. */
  readonly referenceX?: number;
  readonly referenceY?: number;
  readonly referenceValueX?: number;
  readonly referenceValueY?: number;
}

/** The smallest region around a pixel; where regions overlap (a trace laid over tissue) the smaller one was drawn on top. */
export function regionAt(regions: readonly CalibrationRegion[], x: number, y: number): CalibrationRegion | undefined {
  let found: CalibrationRegion | undefined;
  for (const region of regions) {
    if (x < region.x0 || x > region.x1 || y < region.y0 || y > region.y1) continue;
    if (found === undefined || area(region) < area(found)) found = region;
  }
  return found;
}

const area = (r: CalibrationRegion): number => (r.x1 - r.x0 + 1) * (r.y1 - r.y0 + 1);

/**
 * Why a region cannot be measured in, or undefined when it can.
 * A box that leaves the picture was written for other pixels (a rescaled copy that kept the old region): its deltas are wrong too.
 * One pixel over the edge is the exclusive end that some vendors write.
 */
export function regionFault(region: CalibrationRegion, width: number, height: number): string | undefined {
  const { x0, y0, x1, y1, deltaX, deltaY, unitX, unitY, kind } = region;
  if (![x0, y0, x1, y1].every(Number.isInteger) || x1 < x0 || y1 < y0) return 'its box is empty or not in whole pixels';
  if (x0 < 0 || y0 < 0 || x1 > width || y1 > height) return `its box ${x0},${y0}–${x1},${y1} leaves the picture of ${width}x${height}`;
  if (!Number.isFinite(deltaX) || !Number.isFinite(deltaY) || deltaX === 0 || deltaY === 0) return 'its delta is zero or not a number';
  if (kind === 'none' || (unitX === 'none' && unitY === 'none')) return 'it carries no unit';
  return undefined;
}
