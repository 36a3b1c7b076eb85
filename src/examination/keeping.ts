import { auditTime } from 'rxjs';
import { AppError, asAppError } from '../app-error.ts';
import type { Author, Kept } from '../protocol/examination-messages.ts';
import type { StreamDescription } from '../protocol/messages.ts';
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
}

interface Running {
  readonly clip: RunningClip | undefined;
  readonly finished: Promise<Kept>;
}

/** Stills and clips of the examination that is open. */
export class Keeping {
  readonly #settings: KeepingSettings;
  readonly #items = new Map<string, Kept>();
  readonly #discarded = new Map<string, Kept>();
  readonly #running = new Map<string, Running>();
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

  /** Another examination is open. */
  take(items: readonly Kept[]): void {
    this.#items.clear();
    this.#discarded.clear();
    this.#running.clear();
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
    const clips = [...this.#items.values()].filter(({ kind, state }) => kind === 'clip' && state !== 'kept').length;
    if (wish.kind === 'clip' && clips >= mostClips) throw new AppError('examination/too-many-clips', { limit: mostClips });
    const { record } = this.#settings;
    this.#put(first);
    return await new Promise((resolve, reject) => {
      const write = async (path: string): Promise<Kept> => {
        const { clip, written } = this.#write(wish, first, path);
        this.#running.set(wish.kept, { clip, finished });
        if (clip !== undefined) resolve(first);
        const { fromUs, toUs, frames, lost, bytes, error } = await written;
        return { ...first, state: 'kept', fromUs, toUs, frames, lost, bytes, ...(error !== undefined && { error }) };
      };
      const finished = Promise.resolve().then(() => record.keepFile(examination, first, write));
      finished.then(
        (kept) => {
          this.#end(kept);
          resolve(kept);
        },
        (thrown) => {
          const error = asAppError(thrown, 'examination/failed');
          this.#end({ ...(this.#items.get(wish.kept) ?? first), state: 'failed', error: error.toJSON() });
          reject(error);
        },
      );
    });
  }

  /** Ends a clip; resolves when it is on disk. Throws `examination/unknown-kept`, and why it could not be kept. */
  end(id: string, toUs: number | undefined): Promise<Kept> {
    const item = this.#items.get(id);
    const running = this.#running.get(id);
    if (item?.state === 'kept') return Promise.resolve(item);
    if (item === undefined || running === undefined) return Promise.reject(unknownKept(id));
    running.clip?.end(toUs === undefined ? undefined : Math.min(toUs, item.fromUs + longestClipUs));
    if (item.state === 'running' && (toUs ?? 0) <= this.#settings.nowUs()) this.#put({ ...item, state: 'writing' });
    return running.finished;
  }

  /** Whatever runs ends now; waits for the disk, within bounds. */
  async endAll(): Promise<void> {
    const all = [...this.#running.keys()].map((id) => this.end(id, undefined).catch(() => undefined));
    let patience: NodeJS.Timeout | undefined;
    const impatient = new Promise<void>((resolve) => {
      patience = setTimeout(resolve, endMs);
    });
    await Promise.race([Promise.all(all), impatient]);
    clearTimeout(patience);
  }

  /** Takes something away; answers what is left of it. */
  async discard(examination: string, id: string, by: Author): Promise<Kept> {
    const item = this.#items.get(id);
    if (item === undefined) throw unknownKept(id);
    const running = this.#running.get(id);
    running?.clip?.discard();
    await running?.finished.catch(() => undefined);
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
  async replaceAutomatic(examination: string, isUsed: (kept: string) => boolean): Promise<void> {
    const automatic = this.all().filter((item) => item.automatic !== undefined && item.state === 'kept');
    const isNewest = (item: Kept): boolean =>
      automatic.findLast((other) => other.stream === item.stream && other.automatic === item.automatic) === item;
    for (const item of automatic) {
      if (isNewest(item)) continue;
      await (isUsed(item.kept) ? this.#makeOwn(examination, item) : this.#replace(examination, item));
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

  /** It may belong to an examination that was closed meanwhile. */
  #end(item: Kept): void {
    this.#running.delete(item.kept);
    if (!this.#items.has(item.kept)) return;
    if (item.state === 'kept') this.#items.set(item.kept, item);
    else this.#items.delete(item.kept);
    this.#settings.tell(item);
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
