import type { CalibrationRegion } from '../../src/frame/calibration.ts';

/** One spacing in millimetres that holds everywhere. */
export function wholePicture(width: number, height: number, mmX: number, mmY: number): CalibrationRegion {
  const [deltaX, deltaY] = [centimetres(mmX), centimetres(mmY)];
  return { kind: 'tissue', x0: 0, y0: 0, x1: width - 1, y1: height - 1, unitX: 'cm', unitY: 'cm', deltaX, deltaY };
}

/** Without the last digits that a division adds: 2.26 mm are 0.226 cm, not 0.22599999999999998. */
const centimetres = (mm: number): number => Number((mm / 10).toPrecision(15));
