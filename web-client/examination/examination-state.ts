import type { ArchiveState, Author, Bookmark, Examination, Kept, SharedMark } from '../../src/protocol/examination-messages.ts';
import type { ServerMessage } from '../../src/protocol/messages.ts';
import type { WireError } from '../worker-messages.ts';
import { type EarlierExamination, knownMark } from './whose.ts';

/** An examination that is looked into without being open. */
export interface LookedInto {
  readonly examination: Examination;
  readonly kept: readonly Kept[];
  readonly marks: readonly SharedMark[];
  readonly bookmarks: readonly Bookmark[];
}

export interface Found {
  readonly text: string;
  readonly examinations: readonly Examination[];
  readonly more: boolean;
}

/** A bookmark as somebody wrote it. */
export interface WrittenBookmark {
  readonly stream: number;
  readonly atUs: number;
  readonly text: string;
}

/** What was examined and what is kept of it, as the server has told. */
export interface ExaminationState {
  /** False: this server keeps nothing, or has not said yet. */
  readonly told: boolean;
  readonly examination: Examination | undefined;
  /** What was captured before is of an earlier examination; undefined: there was none. */
  readonly boundaryUs: number | undefined;
  readonly archive: ArchiveState | undefined;
  /** Of the examination that is open, as the server keeps them. */
  readonly marks: ReadonlyMap<string, SharedMark>;
  /** Those of which something stands on the layouts of the room. */
  readonly onWalls: readonly EarlierExamination[];
  /** Those that were looked into or open before, as they were then; the last one first. */
  readonly earlier: readonly EarlierExamination[];
  /** Of the examination that is open, by time. */
  readonly kept: readonly Kept[];
  readonly bookmarks: readonly Bookmark[];
  readonly looked: LookedInto | undefined;
  readonly found: Found | undefined;
  /** What was refused last; shown until something succeeds. */
  readonly refusal: WireError | undefined;
  /** Bookmarks that were refused, with what was written: nobody has to write that again. */
  readonly refusedBookmarks: readonly WrittenBookmark[];
  /** What was kept last on this screen's order, so that it can say so. */
  readonly lastKept: string | undefined;
  /** Counts what was opened, named and closed from here. */
  readonly settled: number;
  /** This viewer, as it stands in what it makes. */
  readonly author: Author | undefined;
}

export type ExaminationAction =
  | { readonly act: 'hear'; readonly message: ServerMessage }
  | { readonly act: 'refused'; readonly error: WireError | undefined }
  | { readonly act: 'asked'; readonly kept: string }
  | { readonly act: 'bookmark-refused'; readonly bookmark: WrittenBookmark }
  /** It is asked for again, or given up. */
  | { readonly act: 'bookmark-settled'; readonly atUs: number }
  | { readonly act: 'found'; readonly found: Found | undefined }
  | { readonly act: 'looked'; readonly looked: LookedInto | undefined }
  /** Nobody looks for earlier examinations any more. */
  | { readonly act: 'clear-search' }
  | { readonly act: 'settled' }
  | { readonly act: 'cleared-away'; readonly kept: string }
  | { readonly act: 'clear' };

export const initialExamination: ExaminationState = {
  told: false,
  examination: undefined,
  boundaryUs: undefined,
  marks: new Map(),
  onWalls: [],
  earlier: [],
  archive: undefined,
  kept: [],
  bookmarks: [],
  looked: undefined,
  found: undefined,
  refusal: undefined,
  refusedBookmarks: [],
  lastKept: undefined,
  settled: 0,
  author: undefined,
};

export function reduceExamination(state: ExaminationState, action: ExaminationAction): ExaminationState {
  switch (action.act) {
    case 'hear':
      return hear(state, action.message);
    case 'refused':
      return { ...state, refusal: action.error };
    case 'asked':
      return { ...state, lastKept: action.kept, refusal: undefined };
    case 'bookmark-refused':
      return { ...state, refusedBookmarks: [...state.refusedBookmarks, action.bookmark] };
    case 'bookmark-settled':
      return { ...state, refusedBookmarks: state.refusedBookmarks.filter(({ atUs }) => atUs !== action.atUs) };
    case 'found':
      return { ...state, found: action.found };
    case 'looked':
      return { ...state, looked: action.looked, ...(action.looked && { earlier: withEarlier(state, action.looked) }) };
    case 'clear-search':
      return { ...state, looked: undefined, found: undefined };
    case 'settled':
      return { ...state, settled: state.settled + 1, looked: undefined, found: undefined };
    case 'cleared-away':
      return { ...state, kept: state.kept.filter(({ kept }) => kept !== action.kept) };
    case 'clear':
      return initialExamination;
  }
}

/** The clip of a stream that is being kept, of this screen's order or of somebody else's. */
export function runningClip(state: ExaminationState, stream: number): Kept | undefined {
  return state.kept.findLast(({ kind, state: now, stream: of }) => kind === 'clip' && now === 'running' && of === stream);
}

/** The last loop of a stream: the one kept automatically, or the newest clip. */
export function lastLoop(state: ExaminationState, stream: number): Kept | undefined {
  const loops = state.kept.filter(({ kind, state: now, stream: of }) => kind === 'clip' && now === 'kept' && of === stream);
  return loops.toSorted((a, b) => a.toUs - b.toUs).at(-1);
}

function hear(state: ExaminationState, message: ServerMessage): ExaminationState {
  switch (message.type) {
    case 'hello':
      return { ...initialExamination, lastKept: state.lastKept, refusedBookmarks: state.refusedBookmarks, earlier: withOpen(state) };
    case 'examination': {
      const { examination, boundaryUs, archive, author = state.author } = message;
      const same = examination?.examination === state.examination?.examination;
      const anew = !same && { kept: [], bookmarks: [], marks: new Map<string, SharedMark>(), earlier: withOpen(state) };
      return { ...state, told: true, examination, boundaryUs, archive, author, ...anew };
    }
    case 'marks':
      return { ...state, marks: new Map(message.marks.map((mark) => [mark.mark, mark])) };
    case 'mark-put':
      return { ...state, marks: new Map(state.marks).set(message.mark.mark, message.mark) };
    case 'mark-removed':
      return { ...state, marks: new Map([...state.marks].filter(([id]) => id !== message.mark)) };
    case 'kept-on-walls':
      return {
        ...state,
        onWalls: message.earlier.map(({ kept, marks, ...examination }) => ({
          examination,
          kept: message.kept.filter((one) => kept.includes(one.kept)),
          marks: marks.flatMap(knownMark),
        })),
      };
    case 'kept': {
      const marks =
        message.kept.state === 'discarded' ? new Map([...state.marks].filter(([, { kept }]) => kept !== message.kept.kept)) : state.marks;
      return { ...state, marks, kept: withKept(state.kept, message.kept), looked: lookedWith(state.looked, message.kept) };
    }
    case 'bookmarks':
      return { ...state, bookmarks: message.bookmarks };
    default:
      return state;
  }
}

/** A picture of one may stand on the screen for as long as nobody takes it away. */
const mostEarlier = 32;

function withEarlier({ earlier }: ExaminationState, { examination, kept, marks }: Pick<LookedInto, 'examination' | 'kept' | 'marks'>) {
  const others = earlier.filter((one) => one.examination.examination !== examination.examination);
  return [{ examination, kept, marks: marks.flatMap(knownMark) }, ...others].slice(0, mostEarlier);
}

/** The open one, before another is opened or the line was cut. */
const withOpen = (state: ExaminationState): readonly EarlierExamination[] =>
  state.examination === undefined
    ? state.earlier
    : withEarlier(state, { examination: state.examination, kept: state.kept, marks: [...state.marks.values()] });

function withKept(all: readonly Kept[], kept: Kept): readonly Kept[] {
  const others = all.filter((other) => other.kept !== kept.kept);
  return kept.state === 'discarded' ? others : [...others, kept].sort((a, b) => a.fromUs - b.fromUs || a.madeUs - b.madeUs);
}

function lookedWith(looked: LookedInto | undefined, kept: Kept): LookedInto | undefined {
  if (looked?.kept.every((other) => other.kept !== kept.kept) !== false) return looked;
  return { ...looked, kept: withKept(looked.kept, kept) };
}
