/** What a mark says of the frames that it belongs to. */
export interface Belonging {
  readonly stream?: number | undefined;
  readonly kept?: string | undefined;
  readonly fromUs: number;
  readonly untilUs?: number | undefined;
  readonly picture: { readonly width: number; readonly height: number };
}

/** A frame of a stream, or of a still or clip that was kept of it. */
export interface FramePlace {
  readonly stream?: number | undefined;
  readonly kept?: string | undefined;
  readonly capturedUs: number;
  readonly width: number;
  readonly height: number;
}

/** Whether a mark lies on a frame. What was drawn on the stream lies on what was kept of it too; where the picture has changed its size, nowhere. */
export function belongsTo(mark: Belonging, frame: FramePlace): boolean {
  const { width, height } = mark.picture;
  if (width !== frame.width || height !== frame.height) return false;
  const there = mark.kept === undefined ? mark.stream !== undefined && mark.stream === frame.stream : mark.kept === frame.kept;
  return there && mark.fromUs <= frame.capturedUs && (mark.untilUs === undefined || frame.capturedUs <= mark.untilUs);
}
