import type { CalibrationRegion } from '../frame/calibration.ts';
import { type MeasuredPicture, regionsInForce } from './scale.ts';

/** A tick of a depth ruler: `y` in pixels of the picture. */
export interface DepthTick {
  readonly y: number;
  readonly depthCm: number;
}

export interface DepthRuler {
  readonly region: CalibrationRegion;
  /** Right edge of the region, pixels. */
  readonly x: number;
  /** One per whole centimetre inside the region, from above. */
  readonly ticks: readonly DepthTick[];
}

/** A ruler for each region that shows tissue in centimetres; none where the picture is not calibrated. */
export function depthRulers(picture: MeasuredPicture): DepthRuler[] {
  return regionsInForce(picture)
    .regions.filter(isTissue)
    .map((region) => ({ region, x: region.x1 + 1, ticks: ticksOf(region) }));
}

const isTissue = ({ kind, unitY }: CalibrationRegion): boolean => (kind === 'tissue' || kind === 'colour-flow') && unitY === 'cm';

/** Depth counts from the reference pixel (PS3.3 C.8.5.5.1.6), or from the upper edge where the source names none. */
function ticksOf(region: CalibrationRegion): DepthTick[] {
  const cmPerPixel = Math.abs(region.deltaY);
  const zeroY = region.y0 + (region.referenceY ?? 0);
  const zeroCm = (region.referenceValueY ?? 0) * Math.sign(region.deltaY);
  const depthAt = (y: number): number => zeroCm + (y - zeroY) * cmPerPixel;
  const first = Math.max(0, Math.ceil(depthAt(region.y0)));
  const last = Math.floor(depthAt(region.y1 + 1));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
    const depthCm = first + index;
    return { y: zeroY + (depthCm - zeroCm) / cmPerPixel, depthCm };
  });
}
