import type { ArchiveState, Author, Bookmark, Examination, Kept, SharedMark } from '../../src/protocol/examination-messages.ts';
import type { ServerMessage } from '../../src/protocol/messages.ts';
import type { WireError } from '../worker-messages.ts';

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
  readonly archive: ArchiveState | undefined;
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
  | { readonly act: 'clear' };

export const initialExamination: ExaminationState = {
  told: false,
  examination: undefined,
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
      return { ...state, looked: action.looked };
    case 'clear-search':
      return { ...state, looked: undefined, found: undefined };
    case 'settled':
      return { ...state, settled: state.settled + 1, looked: undefined, found: undefined };
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
      return { ...initialExamination, lastKept: state.lastKept, refusedBookmarks: state.refusedBookmarks };
    case 'examination': {
      const { examination, archive, author = state.author } = message;
      const same = examination?.examination === state.examination?.examination;
      return { ...state, told: true, examination, archive, author, ...(!same && { kept: [], bookmarks: [] }) };
    }
    case 'kept':
      return { ...state, kept: withKept(state.kept, message.kept), looked: lookedWith(state.looked, message.kept) };
    case 'bookmarks':
      return { ...state, bookmarks: message.bookmarks };
    default:
      return state;
  }
}

function withKept(all: readonly Kept[], kept: Kept): readonly Kept[] {
  const others = all.filter((other) => other.kept !== kept.kept);
  return kept.state === 'discarded' ? others : [...others, kept].sort((a, b) => a.fromUs - b.fromUs || a.madeUs - b.madeUs);
}

function lookedWith(looked: LookedInto | undefined, kept: Kept): LookedInto | undefined {
  if (looked?.kept.every((other) => other.kept !== kept.kept) !== false) return looked;
  return { ...looked, kept: withKept(looked.kept, kept) };
}
