import { join } from 'node:path';
import { AppError, asAppError } from '../app-error.ts';
import { Archive } from '../archive/archive.ts';
import { closeInTurn } from '../close-in-turn.ts';
import type { Room } from '../config/room.ts';
import { RollingStore } from '../past/rolling-store.ts';
import { closeTornClip } from '../past/torn-clip.ts';
import type { Author, Kept } from '../protocol/examination-messages.ts';
import type { Stream, StreamLog } from '../stream/stream.ts';
import type { ExaminationRecord } from './record.ts';

/** Each ends its threads in its own bounds; the files of the record are many. */
const storePatienceMs = 15_000;

/** Where what is seen and done is kept. */
export interface Stores {
  readonly archive: ExaminationRecord | undefined;
  readonly past: RollingStore | undefined;
}

/** Whose it was is not known any more. */
const nobody: Author = { name: 'Lumencast', key: '0000000000000000' };

async function adoptTorn(path: string, kept: string): Promise<Kept | undefined> {
  const torn = await closeTornClip(path);
  if (torn === undefined) return undefined;
  const kind = torn.frames > 1 ? 'clip' : 'still';
  return { kept, kind, ...torn, state: 'kept', author: nobody, madeUs: torn.toUs, error: new AppError('record/cut-short').toJSON() };
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
  // Side by side: each has a disk to wait for.
  const [rolling, archived] = await Promise.all([
    past.minutes === 0
      ? undefined
      : RollingStore.open({ ...past, folder: past.folder ?? join(dataFolder, 'past') }, streams, nowUs, log).catch(orElse),
    archive.off
      ? undefined
      : Archive.open({ folder: archive.folder ?? join(dataFolder, 'archive'), nowUs, log, adopt: adoptTorn }).catch(orElse),
  ]);
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
