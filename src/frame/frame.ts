import type { FrameFormat } from './frame-format.ts';

/** What the device says of one image, beside its format. */
export interface FrameTruth {
  /** Counted at capture, from 0; a gap is a frame that was captured and lost. */
  readonly sequence: number;
  /** Host's monotonic clock (CLOCK_MONOTONIC, the same in every thread), nanoseconds. */
  readonly capturedAtNs: bigint;
  /** An R peak of the ECG lies between the frame before and this one. */
  readonly rPeak: boolean;
  /** Made by a simulator: never a patient. */
  readonly synthetic: boolean;
}

/**
 * One image, lent for the length of the `next()` call that delivers it.
 * To keep it, `using held = frame.retain()`; `pixels` and `byteOffset` throw `frame/loan-ended` afterwards.
 */
export interface Frame extends FrameTruth, Disposable {
  readonly format: FrameFormat;
  /** height * bytesPerLine bytes. */
  readonly pixels: Uint8Array;
  /** Where the pixels start in the kernels' memory. */
  readonly byteOffset: number;
  retain(): Frame;
}
