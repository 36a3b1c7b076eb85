import { join } from 'node:path';
import { asAppError } from '../app-error.ts';
import { Archive } from '../archive/archive.ts';
import { closeInTurn } from '../close-in-turn.ts';
import type { Room } from '../config/room.ts';
import { RollingStore } from '../past/rolling-store.ts';
import type { Stream, StreamLog } from '../stream/stream.ts';
import type { ExaminationRecord } from './record.ts';

/** Each ends its threads in its own bounds; the files of the record are many. */
const storePatienceMs = 15_000;

/** Where what is seen and done is kept. */
export interface Stores {
  readonly archive: ExaminationRecord | undefined;
  readonly past: RollingStore | undefined;
}

/** Opens what the room wants, before its streams are started. The live picture needs none of it: what cannot be opened is told of, and left out. */
export async function openStores(
  { archive, past }: Pick<Room, 'archive' | 'past'>,
  dataFolder: string,
  streams: readonly Stream[],
  nowUs: () => number,
  log: StreamLog,
): Promise<Stores & { close(): Promise<void> }> {
  const orElse = (thrown: unknown): undefined => {
    const { code, message, remedy } = asAppError(thrown, 'examination/failed');
    log.warn({ code }, `${code}: ${message} (${remedy}); the live picture goes on without`);
  };
  const rolling =
    past.minutes === 0
      ? undefined
      : await RollingStore.open({ ...past, folder: past.folder ?? join(dataFolder, 'past') }, streams, nowUs, log).catch(orElse);
  const archived = archive.off
    ? undefined
    : await Archive.open({ folder: archive.folder ?? join(dataFolder, 'archive'), nowUs, log }).catch(orElse);
  return {
    archive: archived,
    past: rolling,
    close: () =>
      closeInTurn(
        [
          { what: 'the record', close: () => rolling?.close() },
          { what: 'the archive', close: () => archived?.close() },
        ],
        log,
        storePatienceMs,
      ),
  };
}
