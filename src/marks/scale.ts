import { AppError } from '../app-error.ts';
import { type CalibrationRegion, regionAt, regionFault } from '../frame/calibration.ts';
import { distance } from './geometry.ts';
import type { ManualCalibration, Point } from './mark.ts';

/** The picture that a mark lies on. */
export interface MeasuredPicture {
  readonly width: number;
  readonly height: number;
  readonly regions: readonly CalibrationRegion[];
  /** What somebody calibrated by hand; it holds instead of the source's own where it was drawn. */
  readonly manual?: ManualCalibration | undefined;
}

/** What the pixels under a mark mean. */
export type Scale =
  /** Both axes are lengths; the pixels need not be square. */
  | { readonly of: 'lengths'; readonly region: CalibrationRegion; readonly calibration: Calibration }
  /** At least one axis is something else: time, velocity, frequency. */
  | { readonly of: 'axes'; readonly region: CalibrationRegion; readonly calibration: 'source' }
  | { readonly of: 'pixels'; readonly reason: Uncalibrated };

export type Calibration = 'source' | 'manual';
export type Uncalibrated = 'not calibrated' | 'not calibrated here' | 'partly not calibrated' | 'across two regions';

/** The scale that holds for all points of a mark, or why there is none: (0018,6011) calibrates region by region, PS3.3 C.8.5.5. */
export function scaleUnder(picture: MeasuredPicture, points: readonly Point[]): Scale {
  const { regions: all, manual } = regionsInForce(picture);
  if (all.length === 0) return { of: 'pixels', reason: 'not calibrated' };
  const under = points.map((point) => regionAround(all, picture, point));
  const region = under[0];
  if (under.every((other) => other === undefined)) return { of: 'pixels', reason: 'not calibrated here' };
  if (region === undefined || under.includes(undefined)) return { of: 'pixels', reason: 'partly not calibrated' };
  if (under.some((other) => other !== region)) return { of: 'pixels', reason: 'across two regions' };
  if (!areLengths(region)) return { of: 'axes', region, calibration: 'source' };
  return { of: 'lengths', region, calibration: region === manual ? 'manual' : 'source' };
}

const mmPerCm = 10;

/** Millimetres along the region's own axes, from the corner of the picture. */
export const toMm = ({ deltaX, deltaY }: CalibrationRegion, { x, y }: Point): Point => ({
  x: x * deltaX * mmPerCm,
  y: y * deltaY * mmPerCm,
});

/**
 * Value of the vertical axis at a point, in the axis' unit; the reference pixel of a spectrum is its baseline, and the sign of the
 * delta its direction (PS3.3 C.8.5.5). Undefined where the source names no reference. A pixel's value is that of its centre.
 */
export function valueAlongY({ y0, referenceY, referenceValueY, deltaY }: CalibrationRegion, { y }: Point): number | undefined {
  if (referenceY === undefined) return undefined;
  return (referenceValueY ?? 0) + (y - (y0 + referenceY + 0.5)) * deltaY;
}

/** Outer diameter of a catheter: the French (Charrière) scale counts thirds of a millimetre. */
export const frenchToMm = (french: number): number => french / 3;

/** Shorter lines are known to no better than a fifth: each end is good to half a pixel. */
const leastCalibrationPx = 5;

/** Where a manual calibration holds and how well the length is known: each end of the line is good to half a pixel. */
export interface ManualScale {
  readonly region: CalibrationRegion;
  readonly replaces: CalibrationRegion | undefined;
  readonly uncertaintyPercent: number;
}

/**
 * The region in which a manual calibration holds: that of the source under it, scaled (its pixels keep their aspect), or the whole
 * picture with square pixels. Throws marks/bad-calibration.
 */
export function manualScale(picture: MeasuredPicture, manual: ManualCalibration): ManualScale {
  const found = calibrated(picture, manual);
  if (typeof found === 'string') throw new AppError('marks/bad-calibration', { reason: found });
  return found;
}

/** As `manualScale`, with the reason where there is none. */
function calibrated(picture: MeasuredPicture, { points: [from, to], known }: ManualCalibration): ManualScale | string {
  const knownMm = 'mm' in known ? known.mm : frenchToMm(known.french);
  const lengthPx = distance(from, to);
  if (!(lengthPx >= leastCalibrationPx)) return `it has ${lengthPx.toFixed(1)} pixels, at least ${leastCalibrationPx} are needed`;
  const uncertaintyPercent = 100 / lengthPx;
  const scale = scaleUnder({ ...picture, manual: undefined }, [from, to]);
  if (scale.of === 'axes') return `the axes under it are ${scale.region.unitX} and ${scale.region.unitY}`;
  if (scale.of === 'lengths') {
    const { region } = scale;
    const factor = knownMm / distance(toMm(region, from), toMm(region, to));
    const scaled = { ...region, deltaX: region.deltaX * factor, deltaY: region.deltaY * factor };
    return { region: scaled, replaces: region, uncertaintyPercent };
  }
  if (scale.reason === 'across two regions') return 'it lies across two regions';
  if (scale.reason === 'partly not calibrated') return 'one end lies in a region of the source, the other does not';
  const delta = knownMm / mmPerCm / lengthPx;
  const box = { x0: 0, y0: 0, x1: picture.width - 1, y1: picture.height - 1 };
  // No kind: it is not known to be tissue, and a depth ruler over fluoroscopy would be an invention.
  const whole: CalibrationRegion = { kind: 'none', ...box, unitX: 'cm', unitY: 'cm', deltaX: delta, deltaY: delta };
  return { region: whole, replaces: undefined, uncertaintyPercent };
}

/** The regions that can be measured in, with the one calibrated by hand in the place of the source's own. */
export function regionsInForce(picture: MeasuredPicture): {
  readonly regions: readonly CalibrationRegion[];
  readonly manual: CalibrationRegion | undefined;
} {
  const usable = usableRegions(picture);
  const found = picture.manual === undefined ? undefined : calibrated(picture, picture.manual);
  // A format that came later may leave nothing to calibrate: then what the source says holds, and is said.
  if (found === undefined || typeof found === 'string') return { regions: usable, manual: undefined };
  return { regions: [...usable.filter((region) => region !== found.replaces), found.region], manual: found.region };
}

const usableRegions = ({ regions, width, height }: MeasuredPicture): CalibrationRegion[] =>
  regions.filter((region) => regionFault(region, width, height) === undefined);

/** PS3.3 C.8.5.5.1.15: unit 3 is cm, the only length there is. */
const areLengths = ({ unitX, unitY }: CalibrationRegion): boolean => unitX === 'cm' && unitY === 'cm';

/** Region bounds are whole pixels, both ends inside: a point belongs to the pixel that it lies on. */
function regionAround(regions: readonly CalibrationRegion[], picture: MeasuredPicture, { x, y }: Point): CalibrationRegion | undefined {
  const column = Math.min(Math.floor(x), picture.width - 1);
  const row = Math.min(Math.floor(y), picture.height - 1);
  return regionAt(regions, column, row);
}
