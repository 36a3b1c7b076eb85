import type { ReceivedFrame } from '../broadcast/test-room.ts';

/** Of frames that came in a row: their share of those captured meanwhile, and how fast they were captured. */
export function flow(frames: readonly ReceivedFrame[]): { share: number; capturedPerSecond: number } {
  const [first, last] = [frames[0]?.header, frames.at(-1)?.header];
  const captured = (last?.sequence ?? 0) - (first?.sequence ?? 0);
  const seconds = ((last?.capturedAtUs ?? 0) - (first?.capturedAtUs ?? 0)) / 1e6;
  return { share: (frames.length - 1) / captured, capturedPerSecond: captured / seconds };
}
