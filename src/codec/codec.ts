import type { FrameFormat } from '../frame/frame-format.ts';

/** How the pixels of a frame travel. One file serves both ends. */
export interface Codec {
  readonly name: string;
  /** Number in the frame header. */
  readonly id: number;
  readonly lossless: boolean;
  /** DICOM transfer syntax whose bits these are, so that an archive can keep them as they are; undefined: none. */
  readonly transferSyntax: string | undefined;
  /** Bytes of the picture as they travel: `pixels` itself where nothing is to be done, else a view into `room`. */
  encode(format: FrameFormat, pixels: Uint8Array, room: Uint8Array): Uint8Array;
  /** Pixels of the picture: `payload` itself where nothing is to be done, else a view into `room`. Throws an AppError on a payload that is not of this format. */
  decode(format: FrameFormat, payload: Uint8Array, room: Uint8Array): Uint8Array;
}
