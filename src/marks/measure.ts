import { type CalibrationRegion, regionAt, regionFault } from '../frame/calibration.ts';
import type { Point } from './mark.ts';

/** The picture that a mark lies on. */
export interface MeasuredPicture {
  readonly width: number;
  readonly height: number;
  readonly regions: readonly CalibrationRegion[];
}

/** A length on the patient, or only one in the picture together with the reason why it is no more than that. */
export type Distance =
  | {
      readonly unit: 'mm';
      readonly value: number;
      /** From the first end to the second along the region's own axes: the sign is that of the source's deltas. */
      readonly acrossMm: number;
      readonly alongMm: number;
    }
  | { readonly unit: 'px'; readonly value: number; readonly reason: string };

const mmPerCm = 10;

/**
 * Distance between two points of a picture. In millimetres only where both lie in the same region and that region's axes are
 * both lengths (DICOM PS3.3 C.8.5.5.1.15, unit 3 = cm); pixels need not be square.
 */
export function measureDistance(picture: MeasuredPicture, from: Point, to: Point): Distance {
  const pixels = Math.hypot(to.x - from.x, to.y - from.y);
  const inPixels = (reason: string): Distance => ({ unit: 'px', value: pixels, reason });
  const usable = picture.regions.filter((region) => regionFault(region, picture.width, picture.height) === undefined);
  if (usable.length === 0) return inPixels('not calibrated');
  const region = regionAround(usable, picture, from);
  const other = regionAround(usable, picture, to);
  if (region === undefined && other === undefined) return inPixels('not calibrated here');
  if (region === undefined || other === undefined) return inPixels('one end is not calibrated');
  if (region !== other) return inPixels('across two regions');
  if (region.unitX !== 'cm' || region.unitY !== 'cm') return inPixels(`axes are ${region.unitX} and ${region.unitY}`);
  const acrossMm = (to.x - from.x) * region.deltaX * mmPerCm;
  const alongMm = (to.y - from.y) * region.deltaY * mmPerCm;
  return { unit: 'mm', value: Math.hypot(acrossMm, alongMm), acrossMm, alongMm };
}

/** Region bounds are whole pixels, both ends inside: a point belongs to the pixel that it lies on. */
function regionAround(regions: readonly CalibrationRegion[], picture: MeasuredPicture, { x, y }: Point): CalibrationRegion | undefined {
  const column = Math.min(Math.floor(x), picture.width - 1);
  const row = Math.min(Math.floor(y), picture.height - 1);
  return regionAt(regions, column, row);
}

/** `12.4 mm`, or `83 px, not calibrated`. */
export function distanceText(distance: Distance): string {
  return distance.unit === 'mm' ? `${distance.value.toFixed(1)} mm` : `${Math.round(distance.value)} px, ${distance.reason}`;
}
