import { auditTime } from 'rxjs';
import { AppError, asAppError } from '../app-error.ts';
import { peaksAround } from '../marks/heart-rate.ts';
import type { Author, Kept, SharedMark } from '../protocol/examination-messages.ts';
import type { StreamDescription } from '../protocol/messages.ts';
import type { StreamLog } from '../stream/stream.ts';
import type { Picture } from './pictures.ts';
import type { ExaminationRecord, PastPictures, RunningClip, WrittenFrames } from './record.ts';

/** In one examination. */
const mostKept = 2000;
const mostClips = 16;
const longestClipUs = 30 * 60e6;
const progressPeriodMs = 1000;
/** A disk that does not answer must not keep an examination from being closed. */
const endMs = 5000;
/** Files whose calibrations are remembered. */
const mostPictures = 64;
/** Three intervals, however slow. */
const peaksWithinUs = 9e6;

/** What is to be kept of a stream. */
export interface KeepWish {
  readonly kept: string;
  readonly kind: Kept['kind'];
  readonly stream: number;
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
  readonly automatic?: Kept['automatic'];
  readonly author: Author;
}

export interface KeepingSettings {
  readonly record: ExaminationRecord;
  readonly past: PastPictures;
  nowUs(): number;
  /** What was captured before belongs to another examination; undefined: there was none. */
  boundaryUs(): number | undefined;
  describe(stream: number): StreamDescription;
  /** Something is in another state. */
  tell(kept: Kept): void;
  readonly log: StreamLog;
}

/** What is being written, also for an examination that was closed meanwhile. */
interface Running {
  readonly examination: string;
  readonly kind: Kept['kind'];
  /** Undefined until its file is open, and for stills. */
  clip: RunningClip | undefined;
  finished: Promise<Kept>;
  /** What was said before its file was open. */
  end: { readonly toUs: number | undefined } | undefined;
  discarded: boolean;
  /** Nobody waits for it any more: when it is on disk, it goes. */
  goesBy: Author | undefined;
}

/** Stills and clips of the examination that is open. */
export class Keeping {
  readonly #settings: KeepingSettings;
  readonly #items = new Map<string, Kept>();
  readonly #discarded = new Map<string, Kept>();
  readonly #running = new Map<string, Running>();
  #examination: string | undefined;
  readonly #pictures = new Map<string, ReturnType<PastPictures['picturesIn']>>();

  constructor(settings: KeepingSettings) {
    this.#settings = settings;
  }

  all(): Kept[] {
    return [...this.#items.values()];
  }

  /** Also what was discarded, which says so. */
  get(kept: string): Kept | undefined {
    return this.#items.get(kept) ?? this.#discarded.get(kept);
  }

  /** What is on disk of the examination that is open; what runs goes on. */
  renew(items: readonly Kept[]): void {
    for (const [id, { state }] of this.#items) if (state === 'kept') this.#items.delete(id);
    for (const item of items) this.#items.set(item.kept, item);
  }

  /** Another examination is open, or none. What runs goes on, for the one that it belongs to. */
  take(items: readonly Kept[], examination: string | undefined): void {
    this.#examination = examination;
    this.#items.clear();
    this.#discarded.clear();
    this.#pictures.clear();
    for (const item of items) this.#items.set(item.kept, item);
  }

  /** Whether something of that time is kept in this examination. */
  holds(stream: number | undefined, capturedUs: number): boolean {
    const items = [...this.#items.values()];
    return items.some((item) => item.state === 'kept' && item.stream === stream && item.fromUs <= capturedUs && capturedUs <= item.toUs);
  }

  /**
   * Begins to keep what was planned: resolves when a clip runs, or a still is on disk. Throws examination/too-many-kept, too-many-clips,
   * and what the archive and the record refuse.
   */
  async begin(examination: string, wish: KeepWish, first: Kept): Promise<Kept> {
    if (this.#items.size >= mostKept) throw new AppError('examination/too-many-kept', { limit: mostKept });
    const clips = [...this.#running.values()].filter(({ kind }) => kind === 'clip').length;
    if (wish.kind === 'clip' && clips >= mostClips) throw new AppError('examination/too-many-clips', { limit: mostClips });
    this.#examination = examination;
    this.#put(first);
    const { promise: runs, resolve: isRunning } = Promise.withResolvers<Kept>();
    const none = { clip: undefined, end: undefined, discarded: false, goesBy: undefined };
    const running: Running = { examination, kind: wish.kind, finished: runs, ...none };
    const write = async (path: string): Promise<Kept> => {
      const { clip, written } = this.#write(wish, first, path);
      running.clip = clip;
      if (running.end !== undefined) clip?.end(running.end.toUs);
      if (running.discarded) clip?.discard();
      if (clip !== undefined) isRunning(first);
      const { fromUs, toUs, frames, lost, bytes, error } = await written;
      return { ...first, state: 'kept', fromUs, toUs, frames, lost, bytes, ...(error !== undefined && { error }) };
    };
    running.finished = this.#finish(running, first, write);
    this.#running.set(wish.kept, running);
    return await Promise.race([runs, running.finished]);
  }

  /** What is kept under that name, when it is; a clip also while it runs. Throws why it could not be kept. */
  async answerOf(known: Kept): Promise<Kept> {
    const running = known.state === 'writing' ? this.#running.get(known.kept) : undefined;
    return running === undefined ? known : await running.finished;
  }

  /** Ends a clip; resolves when it is on disk. Throws `examination/bad-time`, `examination/unknown-kept`, and why it could not be kept. */
  async end(id: string, toUs: number | undefined): Promise<Kept> {
    const item = this.#items.get(id);
    const running = this.#running.get(id);
    if (item?.state === 'kept') return item;
    if (item === undefined || running === undefined) throw unknownKept(id);
    if (toUs !== undefined && toUs < item.fromUs) throw new AppError('examination/bad-time', { reason: 'it ends before it begins' });
    running.end = { toUs: toUs === undefined ? undefined : Math.min(toUs, item.fromUs + longestClipUs) };
    running.clip?.end(running.end.toUs);
    if (item.state === 'running' && (toUs ?? 0) <= this.#settings.nowUs()) this.#put({ ...item, state: 'writing' });
    return await running.finished;
  }

  /** Whatever runs ends now; waits for the disk, within bounds. */
  async endAll(): Promise<void> {
    const all = [...this.#running].map(async ([id, { finished }]) => {
      await this.end(id, undefined).catch(() => finished.catch(() => undefined));
    });
    await withinBounds(Promise.all(all));
  }

  /** Takes something away; answers what is left of it. */
  async discard(examination: string, id: string, by: Author): Promise<Kept> {
    const item = this.#items.get(id);
    if (item === undefined) throw unknownKept(id);
    const running = this.#running.get(id);
    if (running !== undefined) {
      running.discarded = true;
      running.clip?.discard();
      await withinBounds(running.finished.catch(() => undefined));
      if (this.#running.get(id) === running) running.goesBy = by;
    }
    // What was still being written when it was taken away may be complete all the same.
    if (this.#items.get(id)?.state === 'kept') await this.#settings.record.removeKept(examination, id, by);
    const discarded: Kept = { ...item, state: 'discarded' };
    this.#items.delete(id);
    this.#pictures.delete(id);
    this.#discarded.set(id, discarded);
    return discarded;
  }

  /** Resolves when it is on disk. */
  async keepWhole(examination: string, wish: KeepWish): Promise<void> {
    const { kept } = await this.begin(examination, wish, this.plan(wish));
    await this.#running.get(kept)?.finished;
  }

  /** What was kept without being asked for gives way to the next of its kind, unless somebody uses it. */
  async replaceAutomatic(examination: string, isUsed: (item: Kept) => boolean): Promise<void> {
    const automatic = this.all().filter((item) => item.automatic !== undefined && item.state === 'kept');
    const isNewest = (item: Kept): boolean =>
      automatic.findLast((other) => other.stream === item.stream && other.automatic === item.automatic) === item;
    for (const item of automatic) {
      if (isNewest(item)) continue;
      await (isUsed(item) ? this.#makeOwn(examination, item) : this.#replace(examination, item));
    }
  }

  /** The picture of a frame of something kept. Throws `examination/no-picture`, `examination/unknown-kept`. */
  async pictureAt(examination: string, id: string, atUs: number): Promise<Picture> {
    const item = this.#items.get(id);
    if (item?.state !== 'kept') throw unknownKept(id);
    if (atUs < item.fromUs || atUs > item.toUs) throw new AppError('examination/bad-time', { reason: 'it lies outside the clip' });
    const known = this.#pictures.get(id) ?? this.#settings.past.picturesIn(this.#settings.record.fileOf(examination, id));
    this.#pictures.delete(id);
    this.#pictures.set(id, known);
    const [oldest] = this.#pictures.keys();
    if (this.#pictures.size > mostPictures && oldest !== undefined) this.#pictures.delete(oldest);
    const pictures = await known.catch((thrown) => {
      this.#pictures.delete(id);
      throw thrown;
    });
    const found = pictures.findLast(({ fromUs }) => fromUs <= atUs);
    if (found === undefined) throw new AppError('examination/no-picture', { stream: item.source, epoch: 0 });
    return found.picture;
  }

  /** Of a mark that is wanted at the end of diastole: the R peaks around its frame, as far as they are known. */
  async rPeaksAround(examination: string, { stream, kept, fromUs: atUs }: SharedMark): Promise<readonly number[]> {
    const { past, record, boundaryUs } = this.#settings;
    const [fromUs, toUs] = [Math.max(atUs - peaksWithinUs, boundaryUs() ?? 0), atUs + peaksWithinUs];
    const inFile = kept === undefined ? [] : await past.rPeaksIn(record.fileOf(examination, kept), fromUs, toUs).catch(() => []);
    // A still has one frame: the stream that it was taken from may know more.
    const inPast = stream === undefined ? [] : past.rPeaksUs(stream, fromUs, toUs);
    return peaksAround(
      [...new Set([...inFile, ...inPast])].sort((a, b) => a - b),
      atUs,
    );
  }

  /**
   * What it will be at first. A clip that would begin in an earlier examination begins with this one. Throws examination/bad-time,
   * examination/earlier-picture, record/not-there.
   */
  plan(wish: KeepWish): Kept {
    const { kept, kind, stream, toUs, automatic, author } = wish;
    const { nowUs, describe, past } = this.#settings;
    const { name, modality } = describe(stream);
    const newestUs = past.newestUs(stream);
    if (newestUs === undefined && wish.fromUs === undefined) throw new AppError('record/not-there', { stream: name });
    const wantedUs = wish.fromUs ?? (newestUs as number);
    const boundaryUs = this.#settings.boundaryUs() ?? 0;
    const lastUs = kind === 'still' ? wantedUs : (toUs ?? Number.POSITIVE_INFINITY);
    if (toUs !== undefined && toUs < wantedUs) throw new AppError('examination/bad-time', { reason: 'it ends before it begins' });
    if (lastUs < boundaryUs) throw new AppError('examination/earlier-picture');
    const fromUs = Math.max(wantedUs, boundaryUs);
    if (fromUs > nowUs()) throw new AppError('examination/bad-time', { reason: 'it is to come' });
    if (Math.max(toUs ?? 0, nowUs()) - fromUs > longestClipUs && kind === 'clip')
      throw new AppError('examination/bad-time', { reason: 'a clip lasts half an hour at most' });
    const none = { frames: 0, lost: 0, bytes: 0 };
    const runs = kind === 'clip' && (toUs === undefined || toUs > nowUs());
    return {
      ...{ kept, kind, stream, source: name.slice(0, 80), modality, state: runs ? 'running' : 'writing', fromUs, toUs: fromUs, ...none },
      ...(automatic !== undefined && { automatic }),
      author,
      madeUs: nowUs(),
    };
  }

  #write(
    { kind, stream, fromUs, toUs }: KeepWish,
    first: Kept,
    path: string,
  ): { clip: RunningClip | undefined; written: Promise<WrittenFrames> } {
    const { past } = this.#settings;
    if (kind === 'still') return { clip: undefined, written: past.keepStill(stream, path, fromUs) };
    const clip = past.startClip(stream, path, first.fromUs, Math.min(toUs ?? Number.POSITIVE_INFINITY, first.fromUs + longestClipUs));
    clip.progress$.pipe(auditTime(progressPeriodMs)).subscribe((progress) => {
      const item = this.#items.get(first.kept);
      const { fromUs, toUs, frames, lost, bytes } = progress;
      if (item?.state === 'running') this.#put({ ...item, fromUs, toUs, frames, lost, bytes });
    });
    return { clip, written: clip.written };
  }

  #put(item: Kept): void {
    this.#items.set(item.kept, item);
    this.#settings.tell(item);
  }

  async #finish(running: Running, first: Kept, write: (path: string) => Promise<Kept>): Promise<Kept> {
    try {
      const kept = await this.#settings.record.keepFile(running.examination, first, write);
      this.#end(running, kept);
      return kept;
    } catch (thrown) {
      const error = asAppError(thrown, 'examination/failed');
      this.#end(running, { ...(this.#items.get(first.kept) ?? first), state: 'failed', error: error.toJSON() });
      throw error;
    }
  }

  /** It may belong to an examination that was closed meanwhile, or have been discarded. */
  #end({ examination, goesBy }: Running, item: Kept): void {
    const { kept: id, kind, state, error } = item;
    this.#running.delete(id);
    if (goesBy !== undefined) {
      if (state === 'kept')
        void this.#settings.record
          .removeKept(examination, id, goesBy)
          .catch((thrown) => this.#warn(kind, asAppError(thrown, 'examination/failed')));
      return;
    }
    if (examination !== this.#examination) {
      if (error !== undefined) this.#warn(kind, error);
      return;
    }
    if (state === 'kept') this.#items.set(id, item);
    else this.#items.delete(id);
    this.#settings.tell(item);
  }

  /** There is nobody to be told. */
  #warn(kind: Kept['kind'], { code, message }: { readonly code: string; readonly message: string }): void {
    this.#settings.log.warn({ code }, `a ${kind} of an earlier examination: ${code}: ${message}`);
  }

  async #makeOwn(examination: string, { automatic: _, ...item }: Kept): Promise<void> {
    await this.#settings.record.putKept(examination, item, item.author);
    this.#put(item);
  }

  async #replace(examination: string, item: Kept): Promise<void> {
    this.#settings.tell(await this.discard(examination, item.kept, item.author));
  }
}

const unknownKept = (kept: string): AppError => new AppError('examination/unknown-kept', { kept });

/** Waits no longer than an examination may be kept from being closed. */
async function withinBounds(done: Promise<unknown>): Promise<void> {
  let patience: NodeJS.Timeout | undefined;
  const impatient = new Promise<void>((resolve) => {
    patience = setTimeout(resolve, endMs);
  });
  await Promise.race([done, impatient]);
  clearTimeout(patience);
}
