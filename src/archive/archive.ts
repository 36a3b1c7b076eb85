import { access, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { BehaviorSubject, filter, firstValueFrom, timeout } from 'rxjs';
import { AppError, asAppError, type ErrorCode, type ErrorReport, errorOf } from '../app-error.ts';
import type { ArchiveState, Author, Bookmark, Examination, Kept, Patient, SharedMark } from '../protocol/examination-messages.ts';
import { type ActName, actsOnFullDisk, actsThatLook, type Given, type Result } from './act-names.ts';
import type { ArchiveNews, ArchiveOrder, ArchiveSetup } from './archive-orders.ts';
import type { ContentPages, NamedKept } from './content.ts';
import { DiskSpace, type Space } from './disk-space.ts';
import { framesFile, partEnd, probeName } from './file-names.ts';
import type { KeptPlace } from './leftovers.ts';
import type { StreamCalibration } from './marks.ts';
import { readPages } from './pages.ts';
import { putInPlace, writeFileWhole } from './write-file.ts';

/** Requests that may wait for the disk. */
const mostWaiting = 10_000;
const usualPatienceMs = 10_000;
const closingMs = 5000;
/** A thread that dies takes an answer with it; it is asked again as long as that. */
const [rowAttempts, rowPatienceMs] = [5, 30_000];
const usualCheckFirstBytes = 64 * 2 ** 20;
const [firstPauseMs, longestPauseMs] = [100, 10_000];

/** After these a row may be kept or not, and may be asked for again. */
const passingTroubles: ReadonlySet<ErrorCode> = new Set([
  'archive/interrupted',
  'archive/failed',
  'archive/row-damaged',
  'archive/opening',
  'archive/silent',
]);
/** After these nobody wants the file. */
const refusalsForGood: ReadonlySet<ErrorCode> = new Set(['examination/unknown', 'examination/unknown-kept', 'record/unreadable']);

export interface ArchiveLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export interface ArchiveSettings {
  readonly folder: string;
  readonly log: ArchiveLog;
  /** Unix µs. */
  readonly nowUs: () => number;
  /** How much room there is, asked now and then; default: that of the folder's disk, every 10 s. */
  readonly space?: { readonly freeBytes: () => Promise<number>; readonly periodMs: number };
  /** A larger store is checked while it is used already; default: 64 MiB. */
  readonly checkFirstBytes?: number;
  /** A disk that takes longer for an answer is said to be silent; one that takes longer to be opened is not waited for. Default: 10 s. */
  readonly patienceMs?: number;
  /**
   * Closes the file of something that was still being written when its process ended, and says what is there of it; undefined: nothing.
   * Default: it is removed.
   */
  readonly adopt?: (path: string, kept: string) => Promise<Kept | undefined>;
}

export interface ArchivedContent {
  readonly examination: Examination;
  readonly kept: Kept[];
  readonly marks: SharedMark[];
  /** Marks that were taken away, with the revision that this was. */
  readonly removed: SharedMark[];
  readonly bookmarks: Bookmark[];
  readonly calibrations: StreamCalibration[];
  /** Unix µs when another examination was closed last; absent: none was. */
  readonly othersClosedUs?: number;
}

interface Waiting {
  readonly act: ActName;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AppError) => void;
  readonly sinceMs: number;
}

type StoreState = Pick<ArchiveState, 'state'> & { readonly error?: ErrorReport };

/**
 * What is kept of examinations, in a store that a thread of its own holds. Promises resolve when it is on disk, and reject with `archive/…`
 * where it is not, or not known to be. The folder holds one `archive.db` and the frames of stills and clips, by examination.
 */
export class Archive implements AsyncDisposable {
  readonly state$: BehaviorSubject<ArchiveState>;
  readonly #settings: ArchiveSettings;
  readonly #folder: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #space = new DiskSpace();
  readonly #patienceMs: number;
  readonly #ticking: NodeJS.Timeout;
  #worker: Worker | undefined;
  #store: StoreState = { state: 'failed', error: new AppError('archive/opening').toJSON() };
  #room: Space | undefined;
  /** The disk has refused a write for want of room. */
  #wasFull = false;
  #isSilent = false;
  #isOpen = false;
  #adopting: Promise<void> = Promise.resolve();
  /** It has been opened for longer than anybody should wait. */
  #isLate = false;
  #late: NodeJS.Timeout | undefined;
  /** While the disk is asked what it bears. */
  #looking: Promise<void> | undefined;
  #isFirst = true;
  /** It was found damaged while it was used. */
  #wasBroken = false;
  #isClosed = false;
  #orders = 0;
  #failures = 0;
  #pause: NodeJS.Timeout | undefined;
  #told: (() => void) | undefined;

  /** Resolves when it is known whether things can be kept; where they cannot, `state$` says why, and it is tried again and again. */
  static async open(settings: ArchiveSettings): Promise<Archive> {
    const archive = new Archive(settings);
    const told = new Promise<void>((resolve) => {
      archive.#told = resolve;
      archive.#start();
    });
    const late = new AbortController();
    const isLate = setTimeout(archive.#patienceMs, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([told.then(() => archive.#tick()), isLate]);
    late.abort();
    return archive;
  }

  private constructor(settings: ArchiveSettings) {
    this.#settings = settings;
    this.#folder = resolve(settings.folder);
    this.#patienceMs = settings.patienceMs ?? usualPatienceMs;
    this.state$ = new BehaviorSubject<ArchiveState>(this.#store);
    this.#ticking = setInterval(() => void this.#tick(), settings.space?.periodMs ?? 10_000);
    this.#ticking.unref();
  }

  /** The examination that is open, e.g. since before a crash. */
  async open(): Promise<ArchivedContent | undefined> {
    const pages = await this.#ask('openContent', {});
    return pages && (await contentOf(pages));
  }

  /** An examination that is open is closed. */
  openExamination(patient: Patient | undefined, by: Author): Promise<Examination> {
    return this.#ask('openExamination', { ...(patient && { patient }), by, atUs: this.#nowUs() });
  }

  /** Throws `examination/none-open`. */
  closeExamination(by: Author): Promise<Examination> {
    return this.#ask('closeExamination', { by, atUs: this.#nowUs() });
  }

  /** An examination that is open is closed. Throws `examination/unknown`. */
  async reopenExamination(examination: string, by: Author): Promise<ArchivedContent> {
    return await contentOf(await this.#ask('reopen', { examination, by, atUs: this.#nowUs() }));
  }

  /** Throws `examination/unknown`. */
  namePatient(examination: string, patient: Patient, by: Author): Promise<Examination> {
    return this.#ask('namePatient', { examination, patient, by, atUs: this.#nowUs() });
  }

  /** Fifty at most, newest first. `text`: part of the name or the number of the patient, in any case, with or without dots on letters. */
  find(text: string, beforeUs?: number): Promise<{ examinations: Examination[]; more: boolean }> {
    return this.#ask('findExaminations', { text, ...(beforeUs !== undefined && { beforeUs }) });
  }

  /** Unix µs when an examination was closed last; undefined: none was. */
  lastClosedUs(): Promise<number | undefined> {
    return this.#ask('lastClosedUs', {});
  }

  /** Throws `examination/unknown`. */
  async content(examination: string): Promise<ArchivedContent> {
    return await contentOf(await this.#ask('contentOf', { examination }));
  }

  /** Stills and clips of whichever examinations; those that were discarded, or never were, are left out. */
  async keptNamed(ids: readonly string[]): Promise<readonly NamedKept[]> {
    return await readPages(await this.#ask('keptNamed', { ids }));
  }

  /** All or none. A revision that is there already changes nothing; another content of it is refused: `examination/changed-meanwhile`. */
  putMarks(examination: string, marks: readonly SharedMark[], by: Author): Promise<void> {
    return this.#ask('putMarks', { examination, marks, by, atUs: this.#nowUs() });
  }

  /** `mark`: with the revision that taking it away is. */
  removeMark(examination: string, mark: SharedMark, by: Author): Promise<void> {
    return this.#ask('removeMark', { examination, mark, by, atUs: this.#nowUs() });
  }

  /** With the marks that change by it. */
  calibrate(examination: string, calibration: StreamCalibration, marks: readonly SharedMark[]): Promise<void> {
    return this.#ask('calibrate', { examination, calibration, marks, by: calibration.by, atUs: this.#nowUs() });
  }

  /** Throws `examination/unknown-bookmark` where it was removed. */
  putBookmark(examination: string, bookmark: Bookmark): Promise<void> {
    return this.#ask('putBookmark', { examination, bookmark, atUs: this.#nowUs() });
  }

  /** One that was removed is left as it is. Throws `examination/unknown-bookmark`. */
  removeBookmark(examination: string, bookmark: string, by: Author): Promise<void> {
    return this.#ask('removeBookmark', { examination, bookmark, by, atUs: this.#nowUs() });
  }

  /** `write` fills a file; when that is on disk, what it answers is kept, and answered. */
  async keepFile(examination: string, kept: Kept, write: (path: string) => Promise<Kept>): Promise<Kept> {
    this.#mustTake('putKept');
    this.#mustHaveRoom('putKept');
    // Until then nobody knows which files are left over.
    if (!this.#isOpen) throw this.#trouble();
    const path = this.fileOf(examination, kept.kept);
    const part = framesFile(this.#folder, examination, kept.kept, partEnd);
    const written = await writeFileWhole(part, path, write).catch((error: AppError) => {
      this.#noteRefusal(error);
      throw error;
    });
    await this.#putRow(examination, written, path);
    return written;
  }

  /** Another row for a file that is there. */
  putKept(examination: string, kept: Kept, by: Author): Promise<void> {
    return this.#ask('putKept', { examination, kept, by, atUs: this.#nowUs() });
  }

  /** With its marks. Throws `examination/unknown-kept`. */
  async removeKept(examination: string, kept: string, by: Author): Promise<void> {
    await this.#ask('removeKept', { examination, kept, by, atUs: this.#nowUs() });
    // Where that fails, the next start does it: the row says that it is gone.
    await rm(this.fileOf(examination, kept), { force: true }).catch(() => undefined);
  }

  fileOf(examination: string, kept: string): string {
    return framesFile(this.#folder, examination, kept);
  }

  /** What was asked before is still done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#ticking);
    clearTimeout(this.#pause);
    this.#endOpening();
    const worker = this.#worker;
    if (worker !== undefined) {
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      worker.once('exit', resolve);
      worker.postMessage({ act: 'close' } satisfies ArchiveOrder);
      // A thread that waits for a disk cannot be ended before that answers: it is not waited for.
      const late = globalThis.setTimeout(() => {
        void worker.terminate();
        resolve();
      }, closingMs);
      await ended;
      clearTimeout(late);
    }
    this.#rejectAll(new AppError('archive/closed'));
    this.state$.complete();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Of a file that is on disk: it is given up only where nobody wants it any more. Else it stays, for whoever opens the archive next. */
  async #putRow(examination: string, kept: Kept, path: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const refused = await this.putKept(examination, kept, kept.author).catch((error: AppError) => error);
      if (refused === undefined) return;
      if (refusalsForGood.has(refused.code)) await rm(path, { force: true }).catch(() => undefined);
      if (!passingTroubles.has(refused.code) || attempt === rowAttempts) throw refused;
      const isBack = this.state$.pipe(filter(({ state }) => state !== 'failed'));
      await firstValueFrom(isBack.pipe(timeout(rowPatienceMs))).catch(() => undefined);
    }
  }

  #trouble(): AppError {
    return errorOf(this.#store.error ?? new AppError('archive/interrupted').toJSON());
  }

  #nowUs(): number {
    return this.#settings.nowUs();
  }

  #ask<Act extends ActName>(act: Act, given: Given<Act>): Promise<Result<Act>> {
    return new Promise<Result<Act>>((resolve, reject) => {
      this.#mustTake(act);
      const number = this.#orders++;
      this.#waiting.set(number, { act, resolve: resolve as (value: unknown) => void, reject, sinceMs: performance.now() });
      this.#worker?.postMessage({ act, number, given });
    });
  }

  /** Throws what keeps this from being done. */
  #mustTake(act: ActName): void {
    if (this.#isClosed) throw new AppError('archive/closed');
    if (this.#worker === undefined) throw this.#trouble();
    if (this.#isLate) throw new AppError('archive/opening');
    if (this.#isSilent) throw this.#silence();
    if (this.#store.state === 'read-only' && !actsThatLook.has(act)) throw new AppError('archive/read-only');
    // A file that is on disk only wants its row; how many there are is bounded by who writes them.
    if (act !== 'putKept') this.#mustHaveRoom(act);
  }

  #mustHaveRoom(act: ActName): void {
    if (this.#waiting.size >= mostWaiting) throw new AppError('archive/busy', { waiting: mostWaiting });
    if (this.#isFull && !actsOnFullDisk.has(act)) throw new AppError('archive/full');
  }

  #silence(): AppError {
    return new AppError('archive/silent', { seconds: this.#patienceMs / 1000 });
  }

  get #isFull(): boolean {
    return this.#wasFull || this.#room?.level === 'full';
  }

  #start(): void {
    const { checkFirstBytes = usualCheckFirstBytes } = this.#settings;
    const setup: ArchiveSetup = {
      folder: this.#folder,
      nowUs: this.#nowUs(),
      first: this.#isFirst,
      keepsTorn: this.#settings.adopt !== undefined,
      checkFirstBytes: this.#wasBroken ? Number.POSITIVE_INFINITY : checkFirstBytes,
    };
    const worker = new Worker(new URL('./archive-worker.ts', import.meta.url), { workerData: setup, name: 'archive' });
    this.#worker = worker;
    this.#isOpen = false;
    this.#beginOpening();
    worker.on('message', (news: ArchiveNews) => {
      if (worker === this.#worker) this.#hear(news, worker);
    });
    worker.on('error', (thrown) =>
      this.#settings.log.warn({ code: 'archive/interrupted' }, `archive: its thread failed: ${textOf(thrown)}`),
    );
    worker.on('exit', () => {
      if (worker !== this.#worker) return;
      if (this.#isClosed) this.#worker = undefined;
      else this.#mourn(new AppError('archive/interrupted'));
    });
  }

  #beginOpening(): void {
    this.#endOpening();
    this.#late = globalThis.setTimeout(() => {
      this.#isLate = true;
      // Who asked just before need not wait either. What is to be changed may be done when the disk answers.
      for (const { act, reject } of this.#waiting.values()) if (actsThatLook.has(act)) reject(new AppError('archive/opening'));
    }, this.#patienceMs);
    this.#late.unref();
  }

  #endOpening(): void {
    clearTimeout(this.#late);
    this.#isLate = false;
  }

  #hear(news: ArchiveNews, worker: Worker): void {
    switch (news.news) {
      case 'opened':
        if (news.torn.length === 0) this.#opened(news);
        // After those of a thread that died meanwhile: one at a time has its hands on a file.
        else
          this.#adopting = this.#adopting
            .then(() => this.#adopt(news.torn, worker))
            .then(() => {
              if (worker === this.#worker) this.#opened(news);
            });
        break;
      case 'refused':
        this.#warn(news.error);
        void worker.terminate();
        this.#mourn(errorOf(news.error));
        break;
      case 'answers':
        this.#failures = 0;
        for (const answer of news.answers) this.#settle(answer.number, answer);
        this.#listen();
        break;
      case 'broken':
        this.#warn(news.error);
        // Nothing can be mended there, and the rest can be read.
        if (this.#store.state === 'read-only') break;
        this.#wasBroken = true;
        void worker.terminate();
        this.#mourn(errorOf(news.error));
        break;
    }
  }

  #opened(news: Extract<ArchiveNews, { news: 'opened' }>): void {
    this.#isOpen = true;
    this.#endOpening();
    this.#isFirst = false;
    this.#wasBroken = false;
    this.#store = openedState(news);
    if (news.error !== undefined) this.#warn(news.error);
    this.#tell();
    this.#told?.();
  }

  /** What cannot be kept now is tried again by the next start. */
  async #adopt(torn: readonly KeptPlace[], worker: Worker): Promise<void> {
    for (const { study, id } of torn) {
      if (worker !== this.#worker) return;
      const [part, path] = [framesFile(this.#folder, study, id, partEnd), this.fileOf(study, id)];
      // It was, before the thread died that was told of it first.
      const isThere = await access(part).then(
        () => true,
        () => false,
      );
      if (!isThere) continue;
      const error = await this.#adoptOne(study, id, part, path).catch((thrown) => asAppError(thrown, 'archive/file-not-written'));
      if (error === undefined) continue;
      this.#warn(error.toJSON());
      if (refusalsForGood.has(error.code)) for (const file of [part, path]) await rm(file, { force: true }).catch(() => undefined);
      else await rename(path, part).catch(() => undefined);
    }
  }

  async #adoptOne(study: string, id: string, part: string, path: string): Promise<undefined> {
    const kept = await this.#settings.adopt?.(part, id);
    if (kept === undefined) {
      await rm(part, { force: true });
      return;
    }
    await putInPlace(part, path);
    if (!this.#isOpen && !this.#isClosed) this.#beginOpening();
    await this.putKept(study, kept, kept.author);
    this.#settings.log.info({}, `a ${kept.kind} of ${kept.frames} frames is kept that was being written when the server ended`);
  }

  #settle(number: number, answer: { readonly value?: unknown; readonly error?: ErrorReport }): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (answer.error === undefined) {
      waiting?.resolve(answer.value);
      return;
    }
    const error = errorOf(answer.error);
    this.#noteRefusal(error);
    waiting?.reject(error);
  }

  #noteRefusal({ code }: AppError): void {
    if (code !== 'archive/full') return;
    this.#wasFull = true;
    this.#tell();
  }

  /** The thread is gone: what waits may be on disk or not, and may be asked again. */
  #mourn(error: AppError): void {
    this.#worker = undefined;
    this.#isOpen = false;
    this.#endOpening();
    this.#isSilent = false;
    this.#store = { state: stateBy(error), error: error.toJSON() };
    this.#rejectAll(error);
    this.#tell();
    this.#told?.();
    if (this.#isClosed) return;
    this.#pause = globalThis.setTimeout(() => this.#start(), Math.min(firstPauseMs * 2 ** this.#failures++, longestPauseMs));
    this.#pause.unref();
  }

  #rejectAll(error: AppError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }

  /** Silence is heard at once; a disk that does not even say how much room it has is asked only once. */
  #tick(): Promise<void> {
    this.#listen();
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Whoever only looks need not wait for a disk that does not answer; what becomes of a change is not known yet. */
  #listen(): void {
    const beforeMs = performance.now() - this.#patienceMs;
    const [oldest] = this.#waiting.values();
    const wasSilent = this.#isSilent;
    this.#isSilent = this.#isOpen && oldest !== undefined && oldest.sinceMs < beforeMs;
    if (this.#isSilent !== wasSilent) this.#tell();
    for (const { act, reject, sinceMs } of this.#waiting.values()) {
      if (sinceMs >= beforeMs) break;
      // It stays among what waits: its answer is what says that the disk is back.
      if (actsThatLook.has(act)) reject(this.#silence());
    }
  }

  async #look(): Promise<void> {
    const free = this.#settings.space?.freeBytes ?? (() => freeBytesOf(this.#folder));
    const freeBytes = await free().catch(() => undefined);
    if (this.#isClosed) return;
    if (freeBytes !== undefined) this.#room = this.#space.note(freeBytes, performance.now());
    // The next write tells whether there is room again.
    this.#wasFull = this.#wasFull && this.#room?.level === 'full';
    this.#tell();
    if (this.#store.state === 'read-only' && this.#isOpen && (await mayWrite(this.#folder))) this.#reopen();
  }

  /** The disk takes writes again. */
  #reopen(): void {
    const worker = this.#worker;
    if (worker === undefined || this.#isClosed) return;
    this.#worker = undefined;
    void worker.terminate().then(() => {
      this.#rejectAll(new AppError('archive/interrupted'));
      if (!this.#isClosed) this.#start();
    });
  }

  #tell(): void {
    const state = this.#state();
    const before = this.state$.value;
    const isSame =
      before.state === state.state && before.error?.message === state.error?.message && before.minutesLeft === state.minutesLeft;
    if (isSame && isNear(before.freeBytes, state.freeBytes)) return;
    if (before.state !== state.state) this.#settings.log.info({ state: state.state }, `archive: ${state.state}`);
    this.state$.next(state);
  }

  #state(): ArchiveState {
    const { freeBytes, minutesLeft } = this.#room ?? {};
    const room = { ...(freeBytes !== undefined && { freeBytes }), ...(minutesLeft !== undefined && { minutesLeft }) };
    if (this.#isSilent) return { state: 'failed', ...room, error: this.#silence().toJSON() };
    const { state, error } = this.#store;
    if (state === 'failed' || state === 'read-only') return { state, ...room, ...(error && { error }) };
    if (this.#isFull) return { state: 'full', ...room, error: new AppError('archive/full').toJSON() };
    if (state === 'ready' && this.#room?.level === 'low') return { state: 'low', ...room };
    return { state, ...room, ...(error && { error }) };
  }

  #warn({ code, message, remedy }: ErrorReport): void {
    this.#settings.log.warn({ code }, `${code}: ${message} (${remedy}); the live picture goes on`);
  }
}

async function contentOf(pages: ContentPages): Promise<ArchivedContent> {
  return {
    examination: pages.examination,
    kept: await readPages(pages.kept),
    marks: await readPages(pages.marks),
    removed: await readPages(pages.removed),
    bookmarks: await readPages(pages.bookmarks),
    calibrations: await readPages(pages.calibrations),
    ...(pages.othersClosedUs !== undefined && { othersClosedUs: pages.othersClosedUs }),
  };
}

function openedState({ readOnly, error }: Extract<ArchiveNews, { news: 'opened' }>): StoreState {
  if (readOnly) return { state: 'read-only', error: new AppError('archive/read-only').toJSON() };
  return error === undefined ? { state: 'ready' } : { state: 'damaged', error };
}

function stateBy({ code }: AppError): ArchiveState['state'] {
  if (code === 'archive/row-damaged' || code === 'archive/not-mended') return 'damaged';
  return code === 'archive/full' ? 'full' : 'failed';
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder).catch(() => statfs(dirname(folder)));
  return bavail * bsize;
}

async function mayWrite(folder: string): Promise<boolean> {
  const probe = join(folder, probeName);
  try {
    await writeFile(probe, '');
    await rm(probe);
    return true;
  } catch {
    return false;
  }
}

/** Everybody is told of changes of a twentieth. */
function isNear(before: number | undefined, now: number | undefined): boolean {
  if (before === undefined || now === undefined) return before === now;
  return Math.abs(before - now) < before / 20;
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
