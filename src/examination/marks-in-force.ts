import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../app-error.ts';
import { isSamePicture } from '../marks/belonging.ts';
import { type Mark, parseMark, partOf, withPart } from '../marks/mark.ts';
import type { Author, Kept, SharedMark } from '../protocol/examination-messages.ts';
import { calibratedBy, type Picture } from './pictures.ts';

/** Marks of one examination, those that were taken away among them. */
const mostMarks = 10_000;
/** As JSON: whoever comes in is told all of them at once. */
const mostMebibytes = 16;

/** What somebody wants a mark to be; where it lies was checked. */
export interface MarkWish {
  readonly mark: string;
  readonly stream: number | undefined;
  readonly kept: string | undefined;
  readonly revision: number;
  readonly shape: unknown;
  readonly fromUs: number;
  readonly untilUs: number | undefined;
}

/** The picture that somebody has calibrated by hand, or has taken that back of. */
export interface CalibratedPicture {
  readonly stream: number;
  readonly epoch: number;
  readonly picture: Picture;
}

export interface Changer {
  readonly author: Author;
  /** May change marks of others. */
  readonly changesAll: boolean;
}

/**
 * The marks of the examination that is open. What is decided here takes effect by `keep` and `forget`, once it is on disk. A mark that
 * was taken away is remembered: sent again by somebody whose line was down, it must not come back.
 */
export class MarksInForce {
  readonly #marks = new Map<string, SharedMark>();
  readonly #removed = new Map<string, SharedMark>();
  /** Highest number that a mark of a stream has had. */
  readonly #numbers = new Map<number | undefined, number>();
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  /** Of the frames that marks were drawn on since the server was started. */
  readonly #epochs: Map<string, number>;

  /** Counts them. */
  changes = 0;

  /** `before`: as they were known until now. */
  constructor(marks: Iterable<SharedMark> = [], removed: Iterable<SharedMark> = [], before?: MarksInForce) {
    this.#epochs = new Map(before === undefined ? [] : before.#epochs);
    for (const mark of removed) this.forget(mark);
    for (const mark of marks) this.keep(mark);
  }

  get size(): number {
    return this.#marks.size;
  }

  all(): SharedMark[] {
    return [...this.#marks.values()];
  }

  /** On a still or a clip. */
  of(kept: string): SharedMark[] {
    return this.all().filter((mark) => mark.kept === kept);
  }

  /** Whether something lies on it, or was drawn on the stream in its time. */
  isMarked({ kept, stream, fromUs, toUs }: Kept): boolean {
    const isThere = (mark: SharedMark): boolean => mark.stream === stream && fromUs <= mark.fromUs && mark.fromUs <= toUs;
    return this.all().some((mark) => (mark.kept === undefined ? isThere(mark) : mark.kept === kept));
  }

  get(mark: string): SharedMark | undefined {
    return this.#marks.get(mark);
  }

  /** What was taken away, with the revision that this was. */
  removed(mark: string): SharedMark | undefined {
    return this.#removed.get(mark);
  }

  /**
   * The mark as it would be kept; the very one in force where nothing would change. Throws examination/unknown-mark, not-yours,
   * elsewhere, changed-meanwhile, too-many-marks, marks-too-large and what `parseMark` throws.
   */
  put(wish: MarkWish, { author, changesAll }: Changer, drawnOn: () => Picture, nowUs: number): SharedMark {
    const inForce = this.#marks.get(wish.mark);
    const before = inForce ?? this.#removed.get(wish.mark);
    if (before === undefined) return this.#new(wish, author, drawnOn(), nowUs);
    if (inForce !== undefined && isWhatIsAsked(inForce, wish) && madeBy(inForce, author)) return inForce;
    if (before.stream !== wish.stream || before.kept !== wish.kept) throw new AppError('examination/elsewhere');
    refuseOthers(before, author, changesAll);
    if (wish.revision !== before.revision) throw new AppError('examination/changed-meanwhile', { by: lastChanger(before).name });
    // It stays on the picture that it was drawn on, whatever the stream has become, until it is moved to another frame.
    const picture = wish.fromUs === before.fromUs ? before.picture : drawnOn();
    const { number } = before.shape as { readonly number: number };
    return this.#fitting({
      ...placeOf(wish),
      revision: before.revision + 1,
      shape: parseMark(numbered(wish.shape, number), picture),
      picture,
      ...(wish.fromUs === before.fromUs && before.rPeaksUs && { rPeaksUs: before.rPeaksUs }),
      author: before.author,
      madeUs: before.madeUs,
      changedUs: nowUs,
      ...(author.key !== before.author.key && { changedBy: author }),
    });
  }

  /**
   * New revisions of the marks that were the part of a measurement that another one is now: one mark at most is each. Throws
   * `examination/not-yours`, and `access/not-all-streams` for what somebody does not even see.
   */
  released(by: SharedMark, { author, changesAll }: Changer, nowUs: number, isSeen: (mark: SharedMark) => boolean): SharedMark[] {
    const part = partOf(by.shape as Mark);
    if (part === undefined) return [];
    const others = this.all().filter(({ mark, shape }) => mark !== by.mark && partOf(shape as Mark) === part);
    if (!others.every(isSeen)) throw new AppError('access/not-all-streams');
    for (const mark of others) refuseOthers(mark, author, changesAll);
    return others.map(({ changedBy: _, ...mark }) => ({
      ...mark,
      revision: mark.revision + 1,
      shape: withPart(mark.shape as Mark, undefined),
      changedUs: nowUs,
      ...(author.key !== mark.author.key && { changedBy: author }),
    }));
  }

  /** What is left of a mark that is taken away; the very thing that is left where it was by the same person. Throws as `put`. */
  remove(mark: string, revision: number, { author, changesAll }: Changer, nowUs: number): SharedMark {
    const inForce = this.#marks.get(mark);
    const gone = this.#removed.get(mark);
    if (inForce === undefined) {
      if (gone !== undefined && lastChanger(gone).key === author.key) return gone;
      throw new AppError(gone === undefined ? 'examination/unknown-mark' : 'examination/changed-meanwhile', {
        by: gone === undefined ? '' : lastChanger(gone).name,
      });
    }
    refuseOthers(inForce, author, changesAll);
    if (revision !== inForce.revision) throw new AppError('examination/changed-meanwhile', { by: lastChanger(inForce).name });
    const { changedBy: _, ...left } = inForce;
    return { ...left, revision: revision + 1, changedUs: nowUs, ...(author.key !== inForce.author.key && { changedBy: author }) };
  }

  /**
   * New revisions of the marks on a picture that is calibrated otherwise now: those of its stream and epoch. In another epoch the same length
   * may be another one, although the picture has its size, and what is kept stays as it was measured.
   */
  recalibrated({ stream, epoch, picture }: CalibratedPicture, author: Author, nowUs: number): SharedMark[] {
    const { manual } = picture;
    const isOnIt = (mark: SharedMark): boolean =>
      mark.stream === stream && mark.kept === undefined && this.#epochs.get(mark.mark) === epoch;
    return this.all()
      .filter((mark) => isOnIt(mark) && isSamePicture(mark.picture, picture) && !isDeepStrictEqual(mark.picture.manual, manual))
      .map(({ changedBy: _, ...mark }) => ({
        ...mark,
        revision: mark.revision + 1,
        picture: calibratedBy(mark.picture, manual),
        changedUs: nowUs,
        ...(author.key !== mark.author.key && { changedBy: author }),
      }));
  }

  /** `epoch`: of the frame that it was drawn on, where that is another one than before. */
  keep(mark: SharedMark, epoch?: number): void {
    this.changes++;
    if (epoch !== undefined) this.#epochs.set(mark.mark, epoch);
    this.#noteNumber(mark);
    this.#noteSize(mark);
    this.#removed.delete(mark.mark);
    this.#marks.set(mark.mark, mark);
  }

  forget(mark: SharedMark): void {
    this.changes++;
    this.#noteNumber(mark);
    this.#noteSize(mark);
    this.#marks.delete(mark.mark);
    this.#removed.set(mark.mark, mark);
  }

  #new(wish: MarkWish, author: Author, picture: Picture, nowUs: number): SharedMark {
    if (wish.revision !== 0) throw new AppError('examination/unknown-mark');
    if (this.#marks.size + this.#removed.size >= mostMarks) throw new AppError('examination/too-many-marks', { limit: mostMarks });
    const number = (this.#numbers.get(wish.stream) ?? 0) + 1;
    const shape = parseMark(numbered(wish.shape, number), picture);
    const mark = this.#fitting({ ...placeOf(wish), revision: 1, shape, picture, author, madeUs: nowUs, changedUs: nowUs });
    // Taken now: two may be on their way to the disk at the same time.
    this.#numbers.set(wish.stream, number);
    return mark;
  }

  /** Throws `examination/marks-too-large`. */
  #fitting(mark: SharedMark): SharedMark {
    const before = this.#sizes.get(mark.mark) ?? 0;
    const size = sizeOf(mark);
    if (size > before && this.#bytes - before + size > mostMebibytes * 2 ** 20)
      throw new AppError('examination/marks-too-large', { limitMiB: mostMebibytes });
    return mark;
  }

  #noteSize(mark: SharedMark): void {
    const size = sizeOf(mark);
    this.#bytes += size - (this.#sizes.get(mark.mark) ?? 0);
    this.#sizes.set(mark.mark, size);
  }

  #noteNumber({ stream, shape }: SharedMark): void {
    const { number } = shape as { readonly number: number };
    this.#numbers.set(stream, Math.max(this.#numbers.get(stream) ?? 0, number));
  }
}

const sizeOf = (mark: SharedMark): number => JSON.stringify(mark).length;

export const lastChanger = ({ author, changedBy }: SharedMark): Author => changedBy ?? author;

const madeBy = (mark: SharedMark, { key }: Author): boolean => mark.author.key === key || lastChanger(mark).key === key;

function isWhatIsAsked(mark: SharedMark, wish: MarkWish): boolean {
  const { number } = mark.shape as { readonly number: number };
  return (
    mark.stream === wish.stream &&
    mark.kept === wish.kept &&
    mark.fromUs === wish.fromUs &&
    mark.untilUs === wish.untilUs &&
    isDeepStrictEqual(mark.shape, numbered(wish.shape, number))
  );
}

function refuseOthers(mark: SharedMark, { key }: Author, changesAll: boolean): void {
  if (mark.author.key !== key && !changesAll) throw new AppError('examination/not-yours', { author: mark.author.name });
}

/** Numbers are given here; what is no mark at all is left to the parser. */
const numbered = (shape: unknown, number: number): unknown =>
  typeof shape === 'object' && shape !== null && !Array.isArray(shape) ? { ...shape, number } : shape;

const placeOf = ({ mark, stream, kept, fromUs, untilUs }: MarkWish) => ({
  mark,
  ...(stream !== undefined && { stream }),
  ...(kept !== undefined && { kept }),
  fromUs,
  ...(untilUs !== undefined && { untilUs }),
});
