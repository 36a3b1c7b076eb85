import type { DataSet } from 'dicom-parser';
import { reading, uint16 } from './dicom-elements.ts';

/**
 * Frames (from 0) before which, or in which, an R wave of the ECG lies: those that R Wave Pointer (0028,6040) numbers from 1
 * (X-Ray Image module), and the first ones at or after the times of R Wave Time Vector (0018,6060, US Image module: ms from the first frame).
 */
export function rWaveFrames(dataSet: DataSet, intervalsMs: readonly number[], warn: (text: string) => void): ReadonlySet<number> {
  const frames = new Set<number>();
  let outside = 0;
  const add = (frame: number): void => {
    if (frame >= 0 && frame < intervalsMs.length) frames.add(frame);
    else outside++;
  };
  for (let index = 0; index < valuesIn(dataSet, 'x00286040', 2); index++) add((uint16(dataSet, 'x00286040', index) ?? 0) - 1);
  const times = Array.from(
    { length: valuesIn(dataSet, 'x00186060', 4) },
    (_, index) => reading(() => dataSet.float('x00186060', index)) ?? Number.NaN,
  );
  for (const frame of framesAt(times, intervalsMs)) add(frame);
  if (outside > 0) warn(`${outside} ${outside === 1 ? 'R wave is' : 'R waves are'} marked outside the recording`);
  return frames;
}

const valuesIn = (dataSet: DataSet, tag: string, bytes: number): number => Math.floor((dataSet.elements[tag]?.length ?? 0) / bytes);

/** The first frame at or after each time, which may be written a little later than it; -1 for what lies outside. */
function framesAt(timesMs: readonly number[], intervalsMs: readonly number[]): number[] {
  const toleranceMs = 0.5;
  const sorted = timesMs.filter((ms) => ms >= 0).sort((a, b) => a - b);
  const found = timesMs.slice(sorted.length).map(() => -1);
  let [frame, atMs] = [0, 0];
  for (const ms of sorted) {
    while (frame < intervalsMs.length && atMs < ms - toleranceMs) atMs += intervalsMs[frame++] as number;
    found.push(frame < intervalsMs.length ? frame : -1);
  }
  return found;
}
