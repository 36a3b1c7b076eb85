import { AppError } from '../app-error.ts';
import type { Point } from './mark.ts';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** The nearest place inside a picture of so many pixels. */
export function insidePicture(point: Point, width: number, height: number): Point {
  return { x: Math.min(Math.max(point.x, 0), width), y: Math.min(Math.max(point.y, 0), height) };
}

/** Throws marks/off-picture at the first point that is not on the picture, or is no number. */
export function checkOnPicture(what: string, points: readonly Point[], { width, height }: PictureSize): void {
  for (const [index, { x, y }] of points.entries()) {
    if (x >= 0 && y >= 0 && x <= width && y <= height) continue;
    throw new AppError('marks/off-picture', { what, point: index + 1, x, y, width, height });
  }
}
