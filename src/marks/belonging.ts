import type { CalibrationRegion } from '../frame/calibration.ts';

/** A picture as far as places on it mean something: of another size, depth or calibration the same pixels are another place. */
export interface MarkedPicture {
  readonly width: number;
  readonly height: number;
  readonly regions: readonly CalibrationRegion[];
}

/** What a mark says of the frames that it belongs to. */
export interface Belonging {
  readonly stream?: number | undefined;
  readonly kept?: string | undefined;
  readonly fromUs: number;
  readonly untilUs?: number | undefined;
  readonly picture: MarkedPicture;
}

/** A frame of a stream, or of a still or clip that was kept of it. */
export interface FramePlace extends MarkedPicture {
  readonly stream?: number | undefined;
  readonly kept?: string | undefined;
  readonly capturedUs: number;
  /** The live picture: what was drawn on a later frame of it by somebody who is ahead lies on this one too. */
  readonly live?: boolean | undefined;
}

/** Every fact of a region: none of them can be another without pixels meaning something else. */
const facts = Object.keys({
  kind: true,
  x0: true,
  y0: true,
  x1: true,
  y1: true,
  unitX: true,
  unitY: true,
  deltaX: true,
  deltaY: true,
  referenceX: true,
  referenceY: true,
  referenceValueX: true,
  referenceValueY: true,
} satisfies Record<keyof CalibrationRegion, true>) as readonly (keyof CalibrationRegion)[];

/** A place or a length on one of them is the same on the other. What somebody calibrated by hand is no part of it. */
export function isSamePicture(a: MarkedPicture, b: MarkedPicture): boolean {
  if (a.width !== b.width || a.height !== b.height || a.regions.length !== b.regions.length) return false;
  return a.regions.every((region, at) => facts.every((fact) => region[fact] === b.regions[at]?.[fact]));
}

/** Whether a mark can be drawn on a frame at all. What was drawn on the stream lies on what was kept of it too; where the picture is another one, nowhere. */
export function fits(mark: Belonging, frame: FramePlace): boolean {
  const there = mark.kept === undefined ? mark.stream !== undefined && mark.stream === frame.stream : mark.kept === frame.kept;
  return there && isSamePicture(mark.picture, frame);
}

/** Whether a mark lies on a frame: on the screen, in what is exported and in what is printed. */
export function belongsTo(mark: Belonging, frame: FramePlace): boolean {
  const { fromUs, untilUs } = mark;
  const begun = fromUs <= frame.capturedUs || (frame.live === true && untilUs === undefined);
  return begun && (untilUs === undefined || frame.capturedUs <= untilUs) && fits(mark, frame);
}
