import { parentPort } from 'node:worker_threads';
import { openRecording } from '../../../device-drivers/replay/open-recording.ts';
import { AppError } from '../../../src/app-error.ts';
import { frameBytes } from '../../../src/frame/frame-format.ts';

export interface FuzzAnswer {
  readonly ms: number;
  /** `frames`, the code of an AppError, or `WRONG` with the stack of anything else. */
  readonly result: string;
}

const mostFrames = 4;

async function tryFile(path: string): Promise<string> {
  try {
    const recording = await openRecording(path);
    const target = new Uint8Array(frameBytes(recording.format));
    let good = 0;
    for (let k = 0; k < Math.min(mostFrames, recording.frames); k++) {
      const frame = Math.floor((k * recording.frames) / Math.min(mostFrames, recording.frames));
      try {
        await recording.decode(frame, target);
        good++;
      } catch (thrown) {
        if (!(thrown instanceof AppError) || thrown.code !== 'replay/damaged-frame') throw thrown;
      }
    }
    return good > 0 ? 'frames' : 'replay/damaged-frame';
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.code;
    return `WRONG ${thrown instanceof Error ? thrown.stack : String(thrown)}`;
  }
}

parentPort?.on('message', async (path: string) => {
  const before = performance.now();
  const result = await tryFile(path);
  parentPort?.postMessage({ ms: performance.now() - before, result } satisfies FuzzAnswer);
});
