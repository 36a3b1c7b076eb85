import { Subscription } from 'rxjs';
import { AppError, asAppError } from '../app-error.ts';
import { type Mark, parseManualCalibration, parseMark, partOf, refuseMarkup } from '../marks/mark.ts';
import { checkOnPicture } from '../marks/on-picture.ts';
import { endDiastolicParts } from '../marks/parts.ts';
import { manualScale } from '../marks/scale.ts';
import type { ArchiveState, Author, Examination, Kept, SharedMark } from '../protocol/examination-messages.ts';
import type { StreamDescription, ViewerMessage } from '../protocol/messages.ts';
import { isAtLeast } from '../protocol/roles.ts';
import type { Stream, StreamLog } from '../stream/stream.ts';
import { type Asker, Audience, answer, sees, tell } from './audience.ts';
import { Bookmarks } from './bookmarks.ts';
import { Calibrations } from './calibrations.ts';
import { CurrentExamination } from './current-examination.ts';
import { Fleeting } from './fleeting.ts';
import { Keeping } from './keeping.ts';
import { LookedInto } from './looked-into.ts';
import { type Changer, MarksInForce, type MarkWish } from './marks-in-force.ts';
import { authorOf, type Member } from './member.ts';
import { OnWalls, type WallPlaces } from './on-walls.ts';
import { checkPatient } from './patient.ts';
import { calibratedBy, type Picture, Pictures } from './pictures.ts';
import { Presence } from './presence.ts';
import type { ExaminationContent, ExaminationRecord, PastPictures } from './record.ts';
import { type OpenContent, Telling } from './telling.ts';
import { Turns } from './turns.ts';
import { Unasked } from './unasked.ts';
import { Waiting } from './waiting.ts';

/** What viewers say of an examination, by its type. */
type Said<Type extends ViewerMessage['type']> = Extract<ViewerMessage, { type: Type }>;
export type ExaminationMessage = Said<
  | 'put-mark'
  | 'remove-mark'
  | 'draft-mark'
  | 'calibrate'
  | 'point'
  | 'keep'
  | 'keep-until'
  | 'discard-kept'
  | 'bookmark'
  | 'remove-bookmark'
  | 'open-examination'
  | 'name-patient'
  | 'close-examination'
  | 'reopen-examination'
  | 'find-examinations'
  | 'look-into'
>;

export interface DeskSettings {
  readonly streams: readonly Stream[];
  /** Undefined: nothing is kept. */
  readonly record: ExaminationRecord | undefined;
  readonly past: PastPictures;
  readonly walls: WallPlaces;
  nowUs(): number;
  readonly log: StreamLog;
}

interface DraftPlace {
  readonly mark: string;
  readonly stream: number | undefined;
  readonly kept: string | undefined;
  readonly on: { readonly epoch: number } | undefined;
  readonly fromUs: number;
}

/** Capture times of viewers come from frames, whose clock is this one. */
const aheadUs = 1e6;
/** The archive's thread has died, or holds something else than is known here. */
const isDoubt = /^(archive\/(interrupted|failed|row-damaged|not-mended)|examination\/changed-meanwhile)$/;
/** Errors that name folders of this machine, or what the system says of them. */
const tellsOfMachine = /^(archive\/|examination\/failed$)/;
/** More marks that changed together are told as the whole list. */
const mostToldSingly = 100;
/** Of a picture that nobody knows any more. */
const longestSides = { width: 16_384, height: 16_384 } as const;
/** The examination that is open in a room: decides what becomes of marks, in which order, and tells everybody. */
export class ExaminationDesk {
  readonly #settings: DeskSettings;
  readonly #audience = new Audience();
  readonly #fleeting = new Fleeting(this.#audience);
  readonly #presence: Presence;
  readonly #pictures: Pictures;
  readonly #turns = new Turns();
  readonly #subscriptions = new Subscription();
  readonly #waiting = new Waiting();
  readonly #calibrations: Calibrations;
  readonly #telling: Telling;
  readonly #lookedInto = new LookedInto();
  #archive: ArchiveState = { state: 'ready' };
  /** What is known here may not be what is on disk. */
  #isDoubtful = false;
  readonly #current = new CurrentExamination();
  #opening: Promise<Examination> | undefined;
  #marks = new MarksInForce();
  readonly #keeping: Keeping | undefined;
  readonly #onWalls: OnWalls | undefined;
  readonly #bookmarks = new Bookmarks();
  readonly #unasked: Unasked | undefined;

  private constructor(settings: DeskSettings) {
    this.#settings = settings;
    this.#presence = new Presence(
      this.#audience,
      settings.streams.map(({ id }) => id),
    );
    this.#pictures = new Pictures(settings.streams, settings.nowUs());
    this.#calibrations = new Calibrations(this.#pictures, this.#audience);
    this.#telling = new Telling(this.#audience, this.#calibrations, () => this.#content());
    this.#subscriptions.add(this.#pictures.changed$.subscribe((change) => this.#calibrations.pictureChanged(change)));
    const { record, past, walls, nowUs, log } = settings;
    if (record === undefined) return;
    this.#onWalls = new OnWalls(walls, record, this.#audience, () => this.#current.now?.examination);
    const describe = (stream: number): StreamDescription => this.#pictures.describe(stream);
    const boundaryUs = (): number | undefined => this.#current.boundaryUs;
    this.#keeping = new Keeping({ record, past, nowUs, boundaryUs, describe, tell: (kept) => this.#tellKept(kept), log });
    this.#unasked = new Unasked({
      ...{ keeping: this.#keeping, turns: this.#turns, current: this.#current, log },
      openFor: (by) => this.#ensureOpen(by),
      isUsed: (item) => this.#isUsed(item),
    });
  }

  /** Goes on with the examination that was open when the server ended. */
  static async open(settings: DeskSettings): Promise<ExaminationDesk> {
    const desk = new ExaminationDesk(settings);
    await desk.#reload();
    desk.#subscriptions.add(settings.record?.state$.subscribe((state) => desk.#setArchive(state)));
    desk.#subscriptions.add(settings.past.automatic$.subscribe((wish) => desk.#unasked?.keep(wish)));
    return desk;
  }

  /** Unix µs: what was captured before belongs to an earlier examination; undefined: there was none. */
  get boundaryUs(): number | undefined {
    return this.#current.boundaryUs;
  }

  /** Tells a member everything; the answer ends it. */
  join(member: Member): () => void {
    if (this.#settings.record !== undefined) this.#telling.welcome(member);
    this.#onWalls?.tellTo(member);
    this.#audience.add(member);
    this.#presence.changed();
    return () => {
      this.#audience.remove(member);
      this.#fleeting.forget(member);
      this.#presence.changed();
    };
  }

  /** Its id; undefined: none is open. */
  get openExamination(): string | undefined {
    return this.#current.now?.examination;
  }

  /** Where a still or a clip of the open examination lies, or what stands on a layout of the room; `looksInto`: or of one that was looked into lately. */
  keptPlace(id: string, looksInto: boolean): { readonly path: string; readonly examination: string; readonly stream?: number } | undefined {
    const { record } = this.#settings;
    const open = this.openExamination;
    const own = this.#keeping?.get(id);
    const elsewhere = this.#onWalls?.find(id) ?? (looksInto ? this.#lookedInto.find(id) : undefined);
    const found = own !== undefined && open !== undefined ? { examination: open, kept: own } : elsewhere;
    if (record === undefined || found?.kept.state !== 'kept') return undefined;
    const { stream } = found.kept;
    const { examination } = found;
    return { path: record.fileOf(examination, id), examination, ...(stream !== undefined && { stream }) };
  }

  /** Whether something kept is of what somebody may see, or not there any more: then a layout may lose it through them. */
  mayLose(id: string, member: Member): boolean {
    const known = this.#keeping?.get(id) ?? this.#onWalls?.find(id)?.kept;
    const isGone = known === undefined ? this.#onWalls?.isGone(id) === true : known.state === 'discarded';
    return isGone || sees(member, known?.stream);
  }

  /** Throws what is refused at once; what is refused later is told. */
  hear(member: Member, message: ExaminationMessage): void {
    switch (message.type) {
      case 'draft-mark':
        this.#draft(member, message);
        break;
      case 'point':
        this.#point(member, message);
        break;
      case 'put-mark':
        // What becomes part of a measurement takes that from another mark.
        this.#inTurn(member, message, hasPart(message.shape) ? undefined : message.mark, () => this.#putMark(member, message));
        break;
      case 'remove-mark':
        this.#inTurn(member, message, message.mark, () => this.#removeMark(member, message));
        break;
      case 'keep':
        this.#inTurn(member, message, message.kept, () => this.#keep(member, message));
        break;
      case 'keep-until':
        this.#inTurn(member, message, message.kept, () => this.#keepUntil(member, message));
        break;
      case 'discard-kept':
        this.#inTurn(member, message, undefined, () => this.#discard(member, message));
        break;
      case 'bookmark':
        this.#inTurn(member, message, 'bookmarks', () => this.#bookmark(member, message));
        break;
      case 'remove-bookmark':
        this.#inTurn(member, message, 'bookmarks', () => this.#removeBookmark(member, message));
        break;
      case 'calibrate':
        this.#inTurn(member, message, undefined, () => this.#calibrate(member, message));
        break;
      case 'open-examination':
        this.#inTurn(member, message, undefined, () => this.#openFor(member, message));
        break;
      case 'name-patient':
        this.#inTurn(member, message, undefined, () => this.#namePatient(member, message));
        break;
      case 'close-examination':
        this.#inTurn(member, message, undefined, () => this.#close(member, message));
        break;
      case 'reopen-examination':
        this.#inTurn(member, message, undefined, () => this.#reopen(member, message));
        break;
      case 'find-examinations':
        this.#inTurn(member, message, 'looking', () => this.#find(member, message));
        break;
      case 'look-into':
        this.#inTurn(member, message, 'looking', () => this.#lookInto(member, message));
        break;
    }
  }

  async close(): Promise<void> {
    this.#subscriptions.unsubscribe();
    this.#pictures.close();
    this.#fleeting.close();
    this.#presence.close();
    this.#telling.close();
    this.#onWalls?.close();
    await this.#turns.whole(async () => await this.#keeping?.endAll());
  }

  /** `key`: of what waits for each other; undefined: it waits for everything, and everything for it. */
  #inTurn(member: Member, { type, request }: { type: string; request: number }, key: string | undefined, act: () => Promise<void>): void {
    if (this.#settings.record === undefined) throw new AppError('examination/off', { what: type });
    const end = this.#waiting.begin(member.id);
    const unlessOut = async (): Promise<void> => {
      if (!member.access.ended.aborted) await act();
    };
    const turn = key === undefined ? this.#turns.whole(unlessOut) : this.#turns.one(key, unlessOut);
    void turn.catch((thrown) => this.#refuse({ member, request }, thrown)).finally(end);
  }

  #refuse({ member, request }: Asker, thrown: unknown): void {
    const error = asAppError(thrown, 'examination/failed');
    if (error.code === 'examination/failed') this.#settings.log.warn({ code: error.code }, `${error.code}: ${error.message}`);
    const isTold = isAtLeast(member.access.role, 'marker') || !tellsOfMachine.test(error.code);
    tell(member, { type: 'error', request, error: (isTold ? error : withoutFields(error)).toJSON() });
  }

  #content(): OpenContent {
    return {
      archive: this.#archive,
      examination: this.#current.now,
      boundaryUs: this.#current.boundaryUs,
      marks: this.#marks,
      kept: this.#keeping?.all() ?? [],
      bookmarks: this.#bookmarks.all,
    };
  }

  #setArchive(state: ArchiveState): void {
    this.#archive = state;
    if (state.state === 'failed') this.#isDoubtful = true;
    else if (this.#isDoubtful) void this.#turns.whole(() => this.#reload());
    this.#telling.examination();
  }

  /** What the archive holds counts, where it is not known what became of a change. */
  async #reload(): Promise<void> {
    const { record, log } = this.#settings;
    if (record === undefined) return;
    try {
      const content = await record.open();
      const closedUs = content === undefined ? await record.lastClosedUs() : content.othersClosedUs;
      this.#isDoubtful = false;
      // What was another's does not become this one's because the disk has failed.
      const boundaryUs = Math.max(this.#noLaterThanNow(closedUs) ?? 0, this.#current.boundaryUs ?? 0) || undefined;
      if (content === undefined) this.#forget(undefined, boundaryUs);
      else this.#take(content, boundaryUs);
      this.#telling.everything();
    } catch (thrown) {
      this.#isDoubtful = true;
      const { code, message } = asAppError(thrown, 'examination/failed');
      log.warn({ code }, `what is kept is not known yet: ${code}: ${message}`);
    }
  }

  /** Does something that the archive may have done or not where it fails. */
  async #recorded<Done>(act: (record: ExaminationRecord) => Promise<Done>): Promise<Done> {
    try {
      return await act(this.#record);
    } catch (thrown) {
      const { code } = asAppError(thrown, 'examination/failed');
      this.#isDoubtful ||= isDoubt.test(code);
      if (this.#isDoubtful && this.#archive.state !== 'failed') void this.#turns.whole(() => this.#reload());
      throw thrown;
    }
  }

  // Marks

  async #putMark(member: Member, { request, ...message }: Said<'put-mark'>): Promise<void> {
    this.#current.refuseOfAnother(message.examination);
    const wish = this.#wishOf(member, message);
    const changer = this.#changerOf(member);
    const before = this.#marks.get(message.mark);
    const known = before ?? this.#marks.removed(message.mark);
    const isElsewhere = known?.fromUs !== wish.fromUs;
    if (isElsewhere && wish.kept === undefined) this.#refuseEarlier(wish.stream, wish.fromUs);
    const onKept = isElsewhere && wish.kept !== undefined ? await this.#pictureOfKept(wish.kept, wish.fromUs) : undefined;
    const drawnOn = (): Picture => this.#calibrations.applied(wish.stream, onKept ?? this.#pictureAt(wish, message.on));
    const wanted = this.#deciding(member, message.mark, () => this.#marks.put(wish, changer, drawnOn, this.#settings.nowUs()));
    if (wanted === before) {
      answer({ member, request }, { type: 'mark-put', mark: wanted });
      return;
    }
    const released = this.#marks.released(wanted, changer, this.#settings.nowUs(), ({ stream }) => sees(member, stream));
    const { examination } = await this.#ensureOpen(changer.author);
    const mark = await this.#withPeaks(examination, wanted);
    await this.#recorded((record) => record.putMarks(examination, [...released, mark], changer.author));
    for (const other of released) this.#marks.keep(other);
    this.#marks.keep(mark, isElsewhere && 'epoch' in message.on ? message.on.epoch : undefined);
    this.#fleeting.becameMark(member, mark.mark);
    for (const other of released) this.#audience.tellOf(other.stream, { type: 'mark-put', mark: other });
    this.#audience.tellOf(mark.stream, { type: 'mark-put', mark }, { member, request });
    this.#telling.countsChanged();
  }

  /** An end-diastolic outline with the R peaks around its frame; those that were known stay where fewer are there by now. */
  async #withPeaks(examination: string, mark: SharedMark): Promise<SharedMark> {
    const part = partOf(mark.shape as Mark);
    if (part === undefined || !endDiastolicParts.includes(part)) return mark;
    const rPeaksUs = (await this.#keeping?.rPeaksAround(examination, mark)) ?? [];
    return rPeaksUs.length > (mark.rPeaksUs?.length ?? 0) ? { ...mark, rPeaksUs: [...rPeaksUs] } : mark;
  }

  async #removeMark(member: Member, { request, mark: id, revision }: Said<'remove-mark'>): Promise<void> {
    const known = this.#marks.get(id) ?? this.#marks.removed(id);
    // What one may not see is not there.
    if (known !== undefined && !sees(member, known.stream)) throw new AppError('examination/unknown-mark');
    const changer = this.#changerOf(member);
    const mark = this.#deciding(member, id, () => this.#marks.remove(id, revision, changer, this.#settings.nowUs()));
    const told = { type: 'mark-removed', mark: id, revision: mark.revision, by: changer.author } as const;
    if (mark === known) {
      answer({ member, request }, told);
      return;
    }
    const { examination } = this.#current.need();
    await this.#recorded((record) => record.removeMark(examination, mark, changer.author));
    this.#marks.forget(mark);
    this.#audience.tellOf(mark.stream, told, { member, request });
    this.#telling.countsChanged();
  }

  /** Whose change comes too late is told first what holds instead. */
  #deciding<Decided>(member: Member, id: string, decide: () => Decided): Decided {
    try {
      return decide();
    } catch (thrown) {
      if (thrown instanceof AppError && thrown.code === 'examination/changed-meanwhile') this.#tellInForce(member, id);
      throw thrown;
    }
  }

  #tellInForce(member: Member, id: string): void {
    const mark = this.#marks.get(id);
    if (mark !== undefined) {
      tell(member, { type: 'mark-put', mark });
      return;
    }
    const gone = this.#marks.removed(id);
    if (gone !== undefined) tell(member, { type: 'mark-removed', mark: id, revision: gone.revision, by: gone.changedBy ?? gone.author });
  }

  #wishOf(member: Member, { mark, stream: said, on, revision, shape, fromUs, untilUs }: Omit<Said<'put-mark'>, 'request'>): MarkWish {
    const kept = 'kept' in on ? on.kept : undefined;
    const stream = kept === undefined ? said : this.#needWhole(member, kept).stream;
    if (kept === undefined) this.#needFrame(member, { mark, stream, fromUs });
    if (untilUs !== undefined && untilUs < fromUs) throw new AppError('examination/bad-time', { reason: 'it ends before it begins' });
    return { mark, stream, kept, revision, shape, fromUs, untilUs };
  }

  /** What is kept has its own times, and may outlive its stream. */
  #needFrame(member: Member, { mark, stream, fromUs }: Pick<MarkWish, 'mark' | 'stream' | 'fromUs'>): void {
    const before = this.#marks.get(mark) ?? this.#marks.removed(mark);
    // A mark may outlive its stream: who sees all may still change it.
    if (stream !== undefined || before === undefined || before.stream !== undefined || !sees(member, undefined))
      this.#needSeen(member, stream);
    if (fromUs > this.#settings.nowUs() + aheadUs) throw new AppError('examination/bad-time', { reason: 'it is to come' });
  }

  #pictureAt({ stream, fromUs }: MarkWish, on: Said<'put-mark'>['on']): Picture {
    if (stream === undefined || !('epoch' in on)) throw new AppError('examination/no-picture', { stream: 'none', epoch: 0 });
    return this.#pictures.at(stream, on.epoch, fromUs);
  }

  async #pictureOfKept(kept: string, atUs: number): Promise<Picture> {
    const open = this.#current.now;
    if (open === undefined || this.#keeping === undefined) throw new AppError('examination/unknown-kept', { kept });
    return await this.#keeping.pictureAt(open.examination, kept, atUs);
  }

  #changerOf({ access }: Member): Changer {
    return { author: authorOf(access), changesAll: isAtLeast(access.role, 'operator') };
  }

  async #calibrate(
    member: Member,
    { request, stream, examination: during, on, fromUs, calibration: given }: Said<'calibrate'>,
  ): Promise<void> {
    this.#current.refuseOfAnother(during);
    this.#needSeen(member, stream);
    const by = authorOf(member.access);
    const epoch = on?.epoch ?? this.#pictures.describe(stream).epoch;
    const drawnOn = this.#pictures.at(stream, epoch, fromUs ?? this.#settings.nowUs());
    const manual = given === undefined ? undefined : parseManualCalibration(given, drawnOn);
    if (manual !== undefined) manualScale(drawnOn, manual);
    const { examination } = await this.#ensureOpen(by);
    const calibration = { stream, picture: calibratedBy(drawnOn, manual as Picture['manual']), by };
    const renewed = this.#marks.recalibrated({ ...calibration, epoch }, by, this.#settings.nowUs());
    await this.#recorded((record) => record.calibrate(examination, calibration, renewed));
    this.#calibrations.set(calibration);
    for (const mark of renewed) this.#marks.keep(mark);
    this.#audience.tellOf(stream, this.#calibrations.told(calibration), { member, request });
    if (renewed.length > mostToldSingly) this.#telling.marks();
    else for (const mark of renewed) this.#audience.tellOf(stream, { type: 'mark-put', mark });
  }

  // What is not kept

  #draft(member: Member, { mark, stream: said, kept, on, shape, fromUs, untilUs }: Said<'draft-mark'>): void {
    const stream = kept === undefined ? said : this.#needWhole(member, kept).stream;
    if (kept === undefined) this.#needSeen(member, stream);
    const picture = shape === undefined ? undefined : this.#pictureOfDraft({ mark, stream, kept, on, fromUs });
    if (shape !== undefined) parseMark(shape, picture ?? longestSides);
    this.#fleeting.show(member, {
      type: 'mark-drafted',
      viewer: member.id,
      name: authorOf(member.access).name,
      mark,
      ...(stream !== undefined && { stream }),
      ...(kept !== undefined && { kept }),
      ...(shape !== undefined && { shape }),
      ...(picture !== undefined && { picture }),
      fromUs,
      ...(untilUs !== undefined && { untilUs }),
    });
  }

  /** Undefined: of what is kept, on which alone it is seen. */
  #pictureOfDraft({ mark, stream, kept, on, fromUs }: DraftPlace): Picture | undefined {
    const before = this.#marks.get(mark);
    if (before?.fromUs === fromUs && before.stream === stream && before.kept === kept) return before.picture;
    if (stream === undefined || kept !== undefined) return undefined;
    const drawnOn = on === undefined ? this.#pictures.needNow(stream) : this.#pictures.at(stream, on.epoch, fromUs);
    return this.#calibrations.applied(stream, drawnOn);
  }

  #point(member: Member, { stream: said, kept, atUs, points, drawing }: Said<'point'>): void {
    const stream = kept === undefined ? said : this.#needWhole(member, kept).stream;
    if (kept === undefined) this.#needSeen(member, stream);
    // What is past may have had another size.
    const isLive = stream !== undefined && kept === undefined && atUs === undefined;
    checkOnPicture('pointer', points, isLive ? this.#pictures.needNow(stream) : longestSides);
    this.#fleeting.show(member, {
      type: 'pointed',
      viewer: member.id,
      name: authorOf(member.access).name,
      ...(stream !== undefined && { stream }),
      ...(kept !== undefined && { kept }),
      ...(atUs !== undefined && { atUs }),
      points,
      drawing,
    });
  }

  // Stills, clips, bookmarks

  async #keep(member: Member, { request, kept: id, stream, kind, examination: during, fromUs, toUs }: Said<'keep'>): Promise<void> {
    this.#current.refuseOfAnother(during);
    this.#needSeen(member, stream);
    const author = authorOf(member.access);
    const known = this.#keeping?.get(id);
    if (known !== undefined && (known.author.key !== author.key || known.stream !== stream)) throw new AppError('examination/kept-taken');
    if (known !== undefined) {
      this.#answerKept({ member, request }, this.#keeping?.answerOf(known));
      return;
    }
    const wish = { kept: id, kind, stream, fromUs, toUs, author };
    const planned = this.#keeping?.plan(wish);
    const { examination } = await this.#ensureOpen(author);
    if (planned !== undefined) this.#answerKept({ member, request }, this.#keeping?.begin(examination, wish, planned));
  }

  async #keepUntil(member: Member, { request, kept: id, toUs }: Said<'keep-until'>): Promise<void> {
    const item = this.#needKept(member, id);
    // Before now it takes frames away.
    if (toUs !== undefined) this.#needOwn(member, item);
    this.#answerKept({ member, request }, this.#keeping?.end(id, toUs));
  }

  /** Outside of its turn: a clip's end may be to come, and a disk that hangs must not keep the others from marking. */
  #answerKept(asker: Asker, kept: Promise<Kept> | undefined): void {
    kept?.then(
      (item) => answer(asker, { type: 'kept', kept: item }),
      (thrown) => this.#refuse(asker, thrown),
    );
  }

  async #discard(member: Member, { request, kept: id }: Said<'discard-kept'>): Promise<void> {
    const item = this.#needKept(member, id);
    this.#needOwn(member, item);
    const by = authorOf(member.access);
    const { examination } = this.#current.need();
    const kept = item.state === 'discarded' ? undefined : await this.#keeping?.discard(examination, id, by);
    if (kept === undefined) {
      answer({ member, request }, { type: 'done', request });
      return;
    }
    this.#tellKept(kept);
    answer({ member, request }, { type: 'done', request });
  }

  /** What was kept without being asked for stays then. */
  #isUsed(item: Kept): boolean {
    const { kept, stream, fromUs, toUs } = item;
    return this.#marks.isMarked(item) || this.#bookmarks.isAnyIn(stream, fromUs, toUs) || this.#onWalls?.has(kept) === true;
  }

  #tellKept(kept: Kept): void {
    if (kept.state === 'discarded')
      for (const mark of this.#marks.of(kept.kept)) this.#marks.forget({ ...mark, revision: mark.revision + 1 });
    this.#telling.kept(kept);
    if (kept.state !== 'kept' && kept.state !== 'discarded') return;
    this.#telling.countsChanged();
    if (this.#onWalls?.has(kept.kept) === true) void this.#onWalls.renew();
  }

  async #bookmark(member: Member, { request, bookmark: id, stream, atUs, text, examination: during }: Said<'bookmark'>): Promise<void> {
    this.#current.refuseOfAnother(during);
    this.#needSeen(member, stream);
    const author = authorOf(member.access);
    refuseMarkup(text);
    if (this.#bookmarks.get(id) === undefined) {
      const bookmark = { bookmark: id, stream, atUs, text, author };
      const { role } = member.access;
      if (!isAtLeast(role, 'marker') && this.#current.now === undefined) throw new AppError('examination/observer-opens-none');
      this.#bookmarks.needRoomFor(bookmark, role);
      this.#refuseEarlier(stream, atUs);
      const { examination } = await this.#ensureOpen(author);
      await this.#recorded((record) => record.putBookmark(examination, bookmark));
      this.#bookmarks.keep(bookmark);
      this.#telling.bookmarksChanged();
    }
    answer({ member, request }, this.#telling.bookmarksFor(member));
  }

  /** Of one that is gone, or that one may not see, nothing is said but which there are. */
  async #removeBookmark(member: Member, { request, bookmark: id }: Said<'remove-bookmark'>): Promise<void> {
    const bookmark = this.#bookmarks.get(id);
    if (bookmark !== undefined && sees(member, bookmark.stream)) {
      const { author } = bookmark;
      if (!isOwnOf(member, author)) throw new AppError('examination/not-your-bookmark', { author: author.name });
      const { examination } = this.#current.need();
      await this.#recorded((record) => record.removeBookmark(examination, id, authorOf(member.access)));
      this.#bookmarks.forget(bookmark);
      this.#telling.bookmarksChanged();
    }
    answer({ member, request }, this.#telling.bookmarksFor(member));
  }

  // The examination

  async #openFor(member: Member, { request, patient }: Said<'open-examination'>): Promise<void> {
    needEveryStream(member);
    if (patient !== undefined) checkPatient(patient);
    const by = authorOf(member.access);
    await this.#keeping?.endAll();
    const opened = await this.#recorded((record) => record.openExamination(patient, by));
    this.#forget(opened, this.#current.now === undefined ? this.#current.boundaryUs : opened.openedUs);
    this.#telling.everything();
    answer({ member, request }, { type: 'examination-set', request, examination: opened });
  }

  async #namePatient(member: Member, { request, patient }: Said<'name-patient'>): Promise<void> {
    needEveryStream(member);
    checkPatient(patient);
    const { examination } = this.#current.need();
    const by = authorOf(member.access);
    const named = await this.#recorded((record) => record.namePatient(examination, patient, by));
    this.#current.update(named);
    this.#telling.examination();
    answer({ member, request }, { type: 'examination-set', request, examination: named });
  }

  async #close(member: Member, { request }: Said<'close-examination'>): Promise<void> {
    needEveryStream(member);
    this.#current.need();
    await this.#keeping?.endAll();
    const by = authorOf(member.access);
    const closed = await this.#recorded((record) => record.closeExamination(by));
    this.#forget(undefined, closed.closedUs);
    this.#telling.everything();
    answer({ member, request }, { type: 'examination-set', request, examination: closed });
  }

  async #reopen(member: Member, { request, examination }: Said<'reopen-examination'>): Promise<void> {
    needEveryStream(member);
    await this.#keeping?.endAll();
    const by = authorOf(member.access);
    const content = await this.#recorded((record) => record.reopenExamination(examination, by));
    this.#take(content, this.#noLaterThanNow(content.othersClosedUs));
    this.#telling.everything();
    answer({ member, request }, { type: 'examination-set', request, examination: content.examination });
  }

  async #find(member: Member, { request, text, beforeUs }: Said<'find-examinations'>): Promise<void> {
    needEveryStream(member);
    const { examinations, more } = await this.#record.find(text, beforeUs);
    tell(member, { type: 'examinations', request, examinations: [...examinations], more });
  }

  async #lookInto(member: Member, { request, examination }: Said<'look-into'>): Promise<void> {
    needEveryStream(member);
    const content = await this.#record.content(examination);
    const { kept, marks, bookmarks } = content;
    this.#lookedInto.note(examination, kept);
    tell(member, {
      type: 'examination-content',
      request,
      examination: content.examination,
      kept: [...kept],
      marks: [...marks],
      bookmarks: [...bookmarks],
    });
  }

  /** What is kept while none is open opens one without a patient. */
  async #ensureOpen(by: Author): Promise<Examination> {
    if (this.#current.now !== undefined) return this.#current.now;
    this.#opening ??= this.#recorded((record) => record.openExamination(undefined, by)).finally(() => {
      this.#opening = undefined;
    });
    const opened = await this.#opening;
    if (this.#current.now === undefined) {
      this.#current.update(opened);
      this.#telling.examination();
    }
    return this.#current.now ?? opened;
  }

  /** The clock of the machine may have been set back between two starts. */
  #noLaterThanNow(atUs: number | undefined): number | undefined {
    return atUs === undefined ? undefined : Math.min(atUs, this.#settings.nowUs());
  }

  /** What was kept of a time belongs here, whoever was examined since. */
  #refuseEarlier(stream: number | undefined, capturedUs: number): void {
    if (this.#keeping?.holds(stream, capturedUs) !== true) this.#current.refuseEarlier(capturedUs);
  }

  get #record(): ExaminationRecord {
    if (this.#settings.record === undefined) throw new AppError('examination/off', { what: 'this' });
    return this.#settings.record;
  }

  #take({ examination, kept, marks, removed, bookmarks, calibrations }: ExaminationContent, boundaryUs: number | undefined): void {
    const isSame = this.#current.now?.examination === examination.examination;
    if (isSame) this.#keeping?.renew(kept);
    else this.#keeping?.take(kept, examination.examination);
    this.#current.set(examination, boundaryUs);
    this.#marks = new MarksInForce(marks, removed, isSame ? this.#marks : undefined);
    this.#bookmarks.take(bookmarks);
    this.#calibrations.take(calibrations);
    void this.#onWalls?.renew();
  }

  /** Nothing is in what is open now, if anything is. */
  #forget(opened: Examination | undefined, boundaryUs: number | undefined): void {
    this.#current.set(opened, boundaryUs);
    this.#keeping?.take([], opened?.examination);
    this.#marks = new MarksInForce();
    this.#bookmarks.take([]);
    this.#calibrations.take([]);
    void this.#onWalls?.renew();
  }

  #needKept(member: Member, id: string): Kept {
    const kept = this.#keeping?.get(id);
    if (kept !== undefined && sees(member, kept.stream)) return kept;
    const elsewhere = this.#onWalls?.find(id) ?? this.#lookedInto.find(id);
    const isEarlier = kept === undefined && elsewhere !== undefined && sees(member, elsewhere.kept.stream);
    throw isEarlier ? new AppError('examination/earlier-picture') : new AppError('examination/unknown-kept', { kept: id });
  }

  /** Throws `examination/not-your-clip`. */
  #needOwn(member: Member, { author }: Kept): void {
    if (!isOwnOf(member, author)) throw new AppError('examination/not-your-clip', { author: author.name });
  }

  /** Marks lie on what is on disk. */
  #needWhole(member: Member, id: string): Kept {
    const kept = this.#needKept(member, id);
    if (kept.state !== 'kept') throw new AppError('examination/unknown-kept', { kept: id });
    return kept;
  }

  /** What one may not see is not there. */
  #needSeen(member: Member, stream: number | undefined): void {
    if (stream === undefined || this.#settings.streams[stream] === undefined || !sees(member, stream))
      throw new AppError('protocol/unknown-stream', { stream: stream ?? 'none' });
  }
}

/** Whose it is, or an operator. */
const isOwnOf = ({ access }: Member, author: Author): boolean => author.key === authorOf(access).key || isAtLeast(access.role, 'operator');

const hasPart = (shape: unknown): boolean => typeof shape === 'object' && shape !== null && 'part' in shape;

/** An examination is of all streams. */
function needEveryStream({ access }: Member): void {
  if (!access.everyStream) throw new AppError('access/not-all-streams');
}

function withoutFields({ code, fields }: AppError): AppError {
  return new AppError(code, Object.fromEntries(Object.keys(fields).map((name) => [name, '…'])));
}
