import type { FrameFormat } from '../../src/frame/frame-format.ts';
import type { SourceFacts } from '../driver.ts';

/** A file that can be played. Everything is bounded by the bytes at hand before it is allocated. */
export interface Recording {
  /** `DICOM US` or `MetaImage`. */
  readonly kind: string;
  readonly frames: number;
  readonly format: FrameFormat;
  readonly facts: SourceFacts;
  /** UID of the DICOM transfer syntax; MetaImage: `raw` or `zlib`. */
  readonly transferSyntax: string;
  readonly photometric: string;
  /** Milliseconds from each frame to the one after it; the last one leads back to the first. */
  readonly intervalsMs: readonly number[];
  /** Frames that mark an R peak of the ECG. */
  readonly rPeaks: ReadonlySet<number>;
  /** Odd things, in words for the user. */
  readonly odd: readonly string[];
  /** Writes the tight pixels of a frame in the format's layout. Rejects with `replay/damaged-frame`. */
  decode(index: number, target: Uint8Array): Promise<void>;
}

/** The largest picture and the most bytes of one decoded frame. */
export const maxFrameBytes = 192 * 2 ** 20;
/** The largest file that is read. */
export const maxFileBytes = 2 * 2 ** 30 - 1;
/** More frames than a day at 90 a second are a lie. */
export const maxFrames = 7_776_000;
