import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { merge, type Observable } from 'rxjs';
import { isRunning, startOf } from '../access/data-folder.ts';
import { AppError, asAppError } from '../app-error.ts';
import type { Room } from '../config/room.ts';
import { frameFlags } from '../protocol/frame-header.ts';
import type { StreamDescription } from '../protocol/messages.ts';
import type { Stream, StreamLog } from '../stream/stream.ts';
import type { IndexRow } from './frame-index.ts';
import { openFrameFile } from './kept-file.ts';
import type { Past } from './past.ts';
import { type AutomaticRange, Recorder, type RunningClip, type WrittenClip } from './recorder.ts';

const mebibyte = 2 ** 20;
/** Left free on the disk: the archive goes first. */
const reserveBytes = 512 * mebibyte;
const usualPatienceMs = 10_000;
/** That are looked through for R peaks. */
const mostRows = 10_000;

export interface RollingStoreSettings extends Omit<Room['past'], 'folder'> {
  readonly folder: string;
  readonly reserveBytes?: number;
  /** A disk that takes longer to make a few folders is not recorded on. Default: 10 s. */
  readonly patienceMs?: number;
}

/** The size of a picture, and what its pixels mean. */
export interface PictureFrom {
  /** Capture time of the first frame that it holds for. */
  readonly fromUs: number;
  readonly picture: { readonly width: number; readonly height: number; readonly regions: StreamDescription['regions'] };
}

/** The last minutes of every stream of a room, and what is cut out of them. */
export class RollingStore {
  readonly automatic$: Observable<AutomaticRange>;
  readonly recorders: readonly Recorder[];
  readonly #folder: string;

  private constructor(folder: string, recorders: readonly Recorder[]) {
    this.#folder = folder;
    this.recorders = recorders;
    this.automatic$ = merge(...recorders.map(({ automatic$ }) => automatic$));
  }

  /**
   * Begins to record, before the streams are started. What servers that are no more have left in the folder is removed meanwhile: it is no archive.
   * Throws `record/folder-unusable`.
   */
  static async open(
    settings: RollingStoreSettings,
    streams: readonly Stream[],
    nowUs: () => number,
    log: StreamLog,
  ): Promise<RollingStore> {
    const folder = resolve(settings.folder);
    try {
      const own = await makeRun(folder, streams, settings.patienceMs ?? usualPatienceMs);
      // Gigabytes on a slow disk: nobody waits for that.
      removeLeftovers(folder).catch((thrown) => log.warn({ code: 'record/folder-unusable' }, `${folder}: ${(thrown as Error).message}`));
      const share = {
        mostBytes: Math.floor((settings.mebibytes * mebibyte) / streams.length),
        memoryBytes: Math.floor((settings.memoryMebibytes * mebibyte) / streams.length),
        reserveBytes: settings.reserveBytes ?? reserveBytes,
        minutes: settings.minutes,
        view: settings.view,
        nowUs,
      };
      const flags = new SharedArrayBuffer(4 * streams.length);
      return new RollingStore(
        own,
        streams.map(
          (stream, place) => new Recorder(stream, { ...share, turns: { flags, own: place }, folder: join(own, String(stream.id)) }, log),
        ),
      );
    } catch (thrown) {
      throw asAppError(thrown, 'record/folder-unusable', { folder });
    }
  }

  /** What was, of a stream. Throws `protocol/unknown-stream`. */
  past(stream: number): Past {
    return this.recorder(stream).past;
  }

  recorder(stream: number): Recorder {
    const recorder = this.recorders[stream];
    if (recorder === undefined) throw new AppError('protocol/unknown-stream', { stream });
    return recorder;
  }

  newestUs(stream: number): number | undefined {
    return this.recorder(stream).newestUs;
  }

  keepStill(stream: number, path: string, atUs?: number): Promise<WrittenClip> {
    return this.recorder(stream).keepStill(path, atUs);
  }

  startClip(stream: number, path: string, fromUs: number, toUs?: number): RunningClip {
    return this.recorder(stream).startClip(path, fromUs, toUs);
  }

  picturesIn(path: string): Promise<readonly PictureFrom[]> {
    return picturesIn(path);
  }

  rPeaksUs(stream: number, fromUs: number, toUs: number): readonly number[] {
    return peaksOf(this.past(stream).range(fromUs, toUs, mostRows).frames);
  }

  rPeaksIn(path: string, fromUs: number, toUs: number): Promise<readonly number[]> {
    return rPeaksIn(path, fromUs, toUs);
  }

  /** Ends the record and removes it. */
  async close(): Promise<void> {
    await Promise.all(this.recorders.map((recorder) => recorder.close()));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The pictures in a still or a clip. Throws `record/unreadable`. */
export async function picturesIn(path: string): Promise<readonly PictureFrom[]> {
  await using file = await openFrameFile(path);
  const descriptions = await file.descriptions();
  const pictures: PictureFrom[] = [];
  let epoch: number | undefined;
  for (let row = 0; row < file.index.length; row++) {
    const frame = file.index.at(row);
    const description = frame.epoch === epoch ? undefined : descriptions[frame.epoch];
    const format = description?.formats?.[description.view];
    epoch = frame.epoch;
    if (description === undefined || format === undefined) continue;
    const { width, height } = format;
    pictures.push({ fromUs: frame.capturedUs, picture: { width, height, regions: description.regions } });
  }
  return pictures;
}

/** Capture times of the frames of a still or a clip that an R peak came just before. Throws `record/unreadable`. */
export async function rPeaksIn(path: string, fromUs: number, toUs: number): Promise<readonly number[]> {
  await using file = await openFrameFile(path);
  const { index } = file;
  const from = index.firstFrom(fromUs);
  const rows = Math.min(Math.max(0, index.firstAfter(toUs) - from), mostRows);
  return peaksOf(Array.from({ length: rows }, (_, row) => index.at(from + row)));
}

const peaksOf = (frames: readonly IndexRow[]): number[] =>
  frames.filter(({ flags }) => (flags & frameFlags.rPeak) !== 0).map(({ capturedUs }) => capturedUs);

/** A folder with one for each stream, for this user alone (mkdtemp); where that comes too late, it goes again. */
async function makeRun(folder: string, streams: readonly Stream[], patienceMs: number): Promise<string> {
  const making = mkdir(folder, { recursive: true, mode: 0o700 }).then(async () => {
    const own = await mkdtemp(join(folder, runName(process.pid)));
    for (const { id } of streams) await mkdir(join(own, String(id)), { mode: 0o700 });
    return own;
  });
  const made = new AbortController();
  const late = wait(patienceMs, undefined, { signal: made.signal }).catch(() => undefined);
  const own = await Promise.race([making, late]).finally(() => made.abort());
  if (own !== undefined) return own;
  making.then((unwanted) => rm(unwanted, { recursive: true, force: true })).catch(() => undefined);
  throw new Error('the disk does not answer');
}

const runName = (pid: number): string => `run-${pid}-${startOf(pid)}-`;

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, pid, start = ''] = /^run-(\d+)-(\d*)-/.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid), start)) await rm(join(folder, name), { recursive: true, force: true });
  }
}
