import { frameFlags } from '../../src/protocol/frame-header.ts';
import type { Timeline } from './past-messages.ts';
import { type PastSource, pastSummary, Refused, streamPast } from './past-source.ts';
import { pause } from './pause.ts';

const periodMs = 2000;
/** A stream whose past is not recorded, and a line that is down, are asked again. */
const againMs = 10_000;
/** R peaks are looked for so far back at first; all of them are found when the past is entered. */
const firstPeaksUs = 20_000_000;

/** Watches what there is to go back to in one stream, without fetching a picture. Ends when its signal does. */
export async function followPast(
  base: string,
  stream: number,
  tell: (timeline: Timeline | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  const source = streamPast(base, stream);
  let peaks: readonly number[] = [];
  let seenUs: number | undefined;
  while (!signal.aborted) {
    let waitMs = periodMs;
    try {
      const { fromUs, toUs, frames, lost, gaps } = await pastSummary(base, stream, signal);
      if (fromUs === undefined || toUs === undefined) tell(undefined);
      else {
        peaks = [...peaks.filter((us) => us >= fromUs), ...(await peaksSince(source, seenUs ?? toUs - firstPeaksUs, toUs, signal))];
        seenUs = toUs;
        tell({ fromUs, toUs, frames, lost, gaps, rPeaksUs: peaks });
      }
    } catch (thrown) {
      if (signal.aborted) return;
      if (thrown instanceof Refused) tell(undefined);
      waitMs = againMs;
    }
    await pause(waitMs, signal);
  }
}

async function peaksSince(source: PastSource, afterUs: number, toUs: number, signal: AbortSignal): Promise<number[]> {
  if (afterUs >= toUs) return [];
  const { frames } = await source.index(afterUs + 1, toUs, signal);
  return frames.filter(({ flags }) => (flags & frameFlags.rPeak) !== 0).map(({ capturedUs }) => capturedUs);
}
