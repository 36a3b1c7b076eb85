import { AppError } from '../app-error.ts';
import { type CalibrationRegion, regionFault } from './calibration.ts';

/** Pixel formats of lent frames, by their V4L2 names. `Y16` is little-endian, larger is brighter. */
export const bytesPerPixel = { GREY: 1, Y16: 2, RGB24: 3 } as const;
export type PixelFormat = keyof typeof bytesPerPixel;

/** Grey window over stored values, as in DICOM PS3.3 C.11.2.1.2.1 (LINEAR): `width` ≥ 1. */
export interface GreyWindow {
  readonly centre: number;
  readonly width: number;
}

/** Everything about a stream's frames that stays constant until the device says otherwise. */
export interface FrameFormat {
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: PixelFormat;
  /** At least width * bytesPerPixel; lent frames are tight. */
  readonly bytesPerLine: number;
  /** Regions that may be measured in; empty: pixels only. */
  readonly regions: readonly CalibrationRegion[];
  /** The source's own window; a `Y16` format always has one. */
  readonly window?: GreyWindow;
  /** Longest interval between two frames that the source regards as normal. Absent: unknown. */
  readonly frameIntervalMs?: number;
}

/** The largest picture of any source; 8192 x 8192 covers every detector and screen in the field. */
export const maxSide = 8192;

/** A tight format; regions that cannot be measured in are refused here rather than passed on. */
export function frameFormat(
  width: number,
  height: number,
  pixelFormat: PixelFormat,
  rest: Partial<Pick<FrameFormat, 'regions' | 'window' | 'frameIntervalMs'>> = {},
): FrameFormat {
  if (![width, height].every((side) => Number.isInteger(side) && side >= 1 && side <= maxSide)) {
    throw new AppError('frame/bad-format', { reason: `size ${width}x${height}, allowed 1x1 to ${maxSide}x${maxSide}` });
  }
  if (pixelFormat === 'Y16' && rest.window === undefined) throw new AppError('frame/bad-format', { reason: 'Y16 without a window' });
  for (const region of rest.regions ?? []) {
    const fault = regionFault(region, width, height);
    if (fault !== undefined) throw new AppError('frame/bad-format', { reason: `calibration region: ${fault}` });
  }
  return { width, height, pixelFormat, bytesPerLine: width * bytesPerPixel[pixelFormat], regions: [], ...rest };
}

/** Bytes of a whole picture. */
export function frameBytes(format: FrameFormat): number {
  return format.bytesPerLine * format.height;
}
