import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Subscription } from 'rxjs';
import { parseRoom } from '../../src/config/room.ts';
import { anchorClock, monotonicNs, unixUs } from '../../src/device/clock.ts';
import { RollingStore, type RollingStoreSettings } from '../../src/past/rolling-store.ts';
import { frameHeaderBytes } from '../../src/protocol/frame-header.ts';
import { Stream } from '../../src/stream/stream.ts';

export interface Seen {
  readonly capturedUs: number;
  readonly sequence: number;
  readonly epoch: number;
  /** Of the pixels. */
  readonly checksum: number;
}

/** Real streams that are recorded; `seen`: what a viewer in the tier raw got of the first. `prepare` and `follow` come before the first frame. */
export async function openRecordedRoom(
  streams: readonly object[],
  past: Partial<RollingStoreSettings> = {},
  prepare?: (folder: string) => void,
  follow?: (store: RollingStore) => void,
) {
  const folder = mkdtempSync(join(tmpdir(), 'lumencast-past-'));
  const room = parseRoom({ port: 0, streams }, 'test');
  const clock = anchorClock();
  const warnings: string[] = [];
  const log = { info: () => undefined, warn: (_fields: object, text: string) => void warnings.push(text) };
  const nowUs = (): number => unixUs(clock, monotonicNs());
  const running = room.streams.map((settings, id) => new Stream(id, settings, room.limits, clock, log));
  const settings = { ...room.past, folder: join(folder, 'past'), reserveBytes: 0, ...past };
  const store = await RollingStore.open(settings, running, nowUs, log);
  prepare?.(folder);
  follow?.(store);
  const seen: Seen[] = [];
  const stream = running[0] as Stream;
  const viewing: Subscription = stream.frames('processed', 'raw').subscribe(({ header, bytes }) => {
    const { capturedAtUs, sequence, epoch } = header;
    seen.push({ capturedUs: capturedAtUs, sequence, epoch, checksum: crc32(bytes.subarray(frameHeaderBytes)) });
  });
  for (const started of running) started.start();
  return {
    folder,
    store,
    stream,
    seen,
    warnings,
    nowUs,
    past: store.past(0),
    recorder: store.recorder(0),
    async close() {
      viewing.unsubscribe();
      await store.close();
      await Promise.all(running.map((started) => started.close()));
      rmSync(folder, { recursive: true });
    },
  };
}

/** Resolves when it holds; looks after every turn of the loop that some time has passed in. */
export function until(condition: () => boolean, timeoutMs = 20_000): Promise<void> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const look = setInterval(() => {
      const isLate = performance.now() - startMs > timeoutMs;
      if (!isLate && !condition()) return;
      clearInterval(look);
      if (condition()) resolve();
      else reject(new Error(`not within ${timeoutMs} ms`));
    }, 5);
  });
}
