import type { ArchiveState, Bookmark, Examination, Kept } from '../protocol/examination-messages.ts';
import type { ServerMessage } from '../protocol/messages.ts';
import { isAtLeast } from '../protocol/roles.ts';
import { type Audience, sees, tell } from './audience.ts';
import type { Calibrations } from './calibrations.ts';
import type { MarksInForce } from './marks-in-force.ts';
import { authorOf, type Member } from './member.ts';

type Told<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;

/** Counts of an examination change with every mark. */
const countsPeriodMs = 1000;
/** Bookmarks are told as a list. */
const bookmarksPeriodMs = 100;

/** What there is to be told. */
export interface OpenContent {
  readonly archive: ArchiveState;
  readonly examination: Examination | undefined;
  readonly boundaryUs: number | undefined;
  readonly marks: MarksInForce;
  readonly kept: readonly Kept[];
  readonly bookmarks: Iterable<Bookmark>;
}

/** Tells members what is open, to each what it may know. */
export class Telling {
  readonly #audience: Audience;
  readonly #calibrations: Calibrations;
  readonly #content: () => OpenContent;
  #countsTimer: NodeJS.Timeout | undefined;
  #bookmarksTimer: NodeJS.Timeout | undefined;
  /** Many come at once after a line was down: what is the same for all is written once. */
  #allMarks: { readonly marks: MarksInForce; readonly changes: number; readonly text: string } | undefined;

  constructor(audience: Audience, calibrations: Calibrations, content: () => OpenContent) {
    this.#audience = audience;
    this.#calibrations = calibrations;
    this.#content = content;
  }

  welcome(member: Member): void {
    const { examination, kept } = this.#content();
    tell(member, { ...this.#examinationFor(member), author: authorOf(member.access) });
    if (examination === undefined) return;
    this.#tellMarksTo(member);
    this.#calibrations.tellTo(member);
    for (const item of kept) if (sees(member, item.stream)) tell(member, keptFor(member, item));
    tell(member, this.bookmarksFor(member));
  }

  /** Why it failed tells of this machine's folders: that is for who may keep. */
  kept(kept: Kept): void {
    const kind = (member: Member): string | undefined =>
      sees(member, kept.stream) ? String(isAtLeast(member.access.role, 'marker')) : undefined;
    this.#audience.tellEach(kind, (member) => keptFor(member, kept));
  }

  everything(): void {
    this.examination();
    this.marks();
    this.#calibrations.tellAll();
    for (const kept of this.#content().kept) this.kept(kept);
    this.#bookmarks();
  }

  examination(): void {
    clearTimeout(this.#countsTimer);
    this.#countsTimer = undefined;
    this.#audience.tellEach(
      (member) => `${isAtLeast(member.access.role, 'marker')} ${whole(member)}`,
      (member) => this.#examinationFor(member),
    );
  }

  marks(): void {
    this.#audience.tellEach(whole, (member) => this.#marksFor(member));
  }

  countsChanged(): void {
    this.#countsTimer ??= setTimeout(() => this.examination(), countsPeriodMs);
  }

  bookmarksChanged(): void {
    this.#bookmarksTimer ??= setTimeout(() => this.#bookmarks(), bookmarksPeriodMs);
  }

  bookmarksFor(member: Member): Told<'bookmarks'> {
    const own = [...this.#content().bookmarks].filter(({ stream }) => sees(member, stream));
    return { type: 'bookmarks', bookmarks: own.sort((a, b) => a.atUs - b.atUs) };
  }

  close(): void {
    clearTimeout(this.#countsTimer);
    clearTimeout(this.#bookmarksTimer);
  }

  #bookmarks(): void {
    clearTimeout(this.#bookmarksTimer);
    this.#bookmarksTimer = undefined;
    this.#audience.tellEach(whole, (member) => this.bookmarksFor(member));
  }

  #examinationFor(member: Member): Told<'examination'> {
    const { examination, boundaryUs, archive } = this.#content();
    // Errors name folders of this machine.
    const told = isAtLeast(member.access.role, 'marker') ? archive : { state: archive.state };
    return {
      type: 'examination',
      ...(examination && { examination: this.#counted(examination, member) }),
      ...(boundaryUs !== undefined && { boundaryUs }),
      archive: told,
    };
  }

  /** With what this member may know of it. */
  #counted({ patient, ...open }: Examination, member: Member): Examination {
    const content = this.#content();
    const marks = member.access.everyStream ? content.marks.size : this.#marksFor(member).marks.length;
    const kept = content.kept.filter(({ state, stream }) => state === 'kept' && sees(member, stream));
    const stills = kept.filter(({ kind }) => kind === 'still').length;
    const knowsPatient = patient !== undefined && isAtLeast(member.access.role, 'marker');
    return { ...open, marks, stills, clips: kept.length - stills, ...(knowsPatient && { patient }) };
  }

  #marksFor(member: Member): Told<'marks'> {
    const marks = this.#content().marks.all();
    return { type: 'marks', marks: marks.filter(({ stream }) => sees(member, stream)) };
  }

  #tellMarksTo(member: Member): void {
    if (!member.access.everyStream) {
      tell(member, this.#marksFor(member));
      return;
    }
    const { marks } = this.#content();
    const { changes } = marks;
    if (this.#allMarks?.marks !== marks || this.#allMarks.changes !== changes)
      this.#allMarks = { marks, changes, text: JSON.stringify(this.#marksFor(member)) };
    member.tellText(this.#allMarks.text);
  }
}

const whole = ({ id, access }: Member): string => (access.everyStream ? 'all' : String(id));

function keptFor({ access }: Member, { error, ...kept }: Kept): Told<'kept'> {
  const told = error !== undefined && isAtLeast(access.role, 'marker');
  return { type: 'kept', kept: { ...kept, ...(told && { error }) } };
}
