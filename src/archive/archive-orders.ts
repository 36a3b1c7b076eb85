import type { ErrorReport } from '../app-error.ts';
import type { ActName, Given } from './act-names.ts';
import type { KeptPlace } from './leftovers.ts';

/** What the thread of the store is started with. */
export interface ArchiveSetup {
  readonly folder: string;
  readonly nowUs: number;
  /** The first time in this process: nobody writes to files yet. */
  readonly first: boolean;
  /** A larger store is checked while it is used already. */
  readonly checkFirstBytes: number;
  /** What was being written when a process ended is not removed but told. */
  readonly keepsTorn: boolean;
}

export type ArchiveOrder =
  | { [Act in ActName]: { readonly act: Act; readonly number: number; readonly given: Given<Act> } }[ActName]
  | { readonly act: 'close' };

export type ArchiveNews =
  | { readonly news: 'opened'; readonly readOnly: boolean; readonly error?: ErrorReport; readonly torn: readonly KeptPlace[] }
  /** It cannot be opened now. */
  | { readonly news: 'refused'; readonly error: ErrorReport }
  | { readonly news: 'answers'; readonly answers: readonly ArchiveAnswer[] }
  /** Rows were found that are not as they were written, or the disk failed: it is to be opened anew. */
  | { readonly news: 'broken'; readonly error: ErrorReport };

export type ArchiveAnswer = { readonly number: number; readonly value: unknown } | { readonly number: number; readonly error: ErrorReport };
