/** A place in a picture, in pixels from its upper left corner; the centre of the first pixel is (0.5, 0.5). */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A distance between two points. Its value is never stored: it follows from the calibration of the picture it lies on. */
export interface Caliper {
  readonly kind: 'caliper';
  /** Number on the picture, counted from 1 per stream and not used again. */
  readonly number: number;
  readonly ends: readonly [Point, Point];
}

/** The same caliper with one end elsewhere. */
export function withEnd(caliper: Caliper, end: 0 | 1, at: Point): Caliper {
  return { ...caliper, ends: end === 0 ? [at, caliper.ends[1]] : [caliper.ends[0], at] };
}

/** The nearest place inside a picture of so many pixels. */
export function insidePicture(point: Point, width: number, height: number): Point {
  return { x: Math.min(Math.max(point.x, 0), width), y: Math.min(Math.max(point.y, 0), height) };
}
