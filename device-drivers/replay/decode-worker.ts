import { parentPort, workerData } from 'node:worker_threads';
import { asAppError, type ErrorReport } from '../../src/app-error.ts';
import type { FrameFormat } from '../../src/frame/frame-format.ts';
import { frameBytes } from '../../src/frame/frame-format.ts';
import type { SourceFacts } from '../driver.ts';
import { openRecording } from './open-recording.ts';

/** Decoded pictures wait in at most so many bytes; a recording that fits is decoded once and kept. */
export const aheadBytes = 192 * 2 ** 20;
const longestRing = 4096;

export interface DecodeSetup {
  readonly path: string;
  /** Position in the play-out at which to go on. */
  readonly from: number;
  /** Frames at which a decoder was given up, and what is said of them: not tried again. */
  readonly given: ReadonlyMap<number, ErrorReport>;
}

export interface Opened {
  readonly format: FrameFormat;
  readonly facts: SourceFacts;
  readonly frames: number;
  readonly intervalsMs: readonly number[];
  readonly rPeaks: ReadonlySet<number>;
  readonly odd: readonly string[];
  /** Slots of `frameBytes(format)` bytes each. */
  readonly ring: SharedArrayBuffer;
  readonly slots: number;
  /** Int32: positions below this one are done with. */
  readonly consumed: SharedArrayBuffer;
}

export type DecodeNews =
  | { readonly news: 'opened'; readonly opened: Opened }
  | { readonly news: 'decoded'; readonly position: number }
  | { readonly news: 'damaged'; readonly position: number; readonly error: ErrorReport }
  | { readonly news: 'failed'; readonly error: ErrorReport };

/** Decodes ahead of the play-out, position after position: frame `position % frames` into slot `position % slots`. */
async function decodeAhead({ path, from, given }: DecodeSetup): Promise<void> {
  const recording = await openRecording(path);
  const { format, facts, frames, intervalsMs, rPeaks, odd } = recording;
  const bytes = frameBytes(format);
  const slots = Math.min(frames, longestRing, Math.max(2, Math.floor(aheadBytes / bytes)));
  const ring = new SharedArrayBuffer(slots * bytes);
  const consumed = new SharedArrayBuffer(4);
  const done = new Int32Array(consumed);
  done[0] = from;
  tell({ news: 'opened', opened: { format, facts, frames, intervalsMs, rPeaks, odd, ring, slots, consumed } });
  // Where all frames fit, one round is enough.
  const end = slots === frames ? from + frames : Number.POSITIVE_INFINITY;
  for (let position = from; position < end; position++) {
    for (let now = Atomics.load(done, 0); position - now >= slots; now = Atomics.load(done, 0)) Atomics.wait(done, 0, now, 1000);
    const hung = given.get(position % frames);
    if (hung !== undefined) {
      tell({ news: 'damaged', position, error: hung });
      continue;
    }
    try {
      await recording.decode(position % frames, new Uint8Array(ring, (position % slots) * bytes, bytes));
      tell({ news: 'decoded', position });
    } catch (thrown) {
      tell({ news: 'damaged', position, error: asAppError(thrown, 'replay/not-readable', { file: 'the recording' }).toJSON() });
    }
  }
}

function tell(news: DecodeNews): void {
  parentPort?.postMessage(news);
}

if (parentPort !== null && workerData !== null) {
  decodeAhead(workerData as DecodeSetup).catch((thrown) =>
    tell({ news: 'failed', error: asAppError(thrown, 'replay/not-readable', { file: 'the recording' }).toJSON() }),
  );
}
