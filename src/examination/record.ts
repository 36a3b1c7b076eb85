import type { Observable } from 'rxjs';
import type { ErrorReport } from '../app-error.ts';
import type { ArchiveState, Author, Bookmark, Examination, Kept, Patient, SharedMark } from '../protocol/examination-messages.ts';
import type { Picture } from './pictures.ts';

/** A length that somebody knows, on the picture of a stream that it was drawn on. */
export interface StreamCalibration {
  readonly stream: number;
  readonly picture: Picture;
  readonly by: Author;
}

export interface ExaminationContent {
  readonly examination: Examination;
  readonly kept: readonly Kept[];
  readonly marks: readonly SharedMark[];
  /** Marks that were taken away, with the revision that this was. */
  readonly removed: readonly SharedMark[];
  readonly bookmarks: readonly Bookmark[];
  readonly calibrations: readonly StreamCalibration[];
  /** Unix µs when another examination was closed last; absent: none was. */
  readonly othersClosedUs?: number;
}

/** A still or a clip, and where it belongs. */
export interface FoundKept {
  readonly examination: string;
  readonly kept: Kept;
}

/** What the desk needs of the archive. Every promise resolves when it is on disk. */
export interface ExaminationRecord {
  readonly state$: Observable<ArchiveState>;
  /** The examination that is open, e.g. since before a crash. */
  open(): Promise<ExaminationContent | undefined>;
  /** Unix µs when an examination was closed last; undefined: none was. */
  lastClosedUs(): Promise<number | undefined>;
  openExamination(patient: Patient | undefined, by: Author): Promise<Examination>;
  closeExamination(by: Author): Promise<Examination>;
  reopenExamination(examination: string, by: Author): Promise<ExaminationContent>;
  namePatient(examination: string, patient: Patient, by: Author): Promise<Examination>;
  find(text: string, beforeUs: number | undefined): Promise<{ readonly examinations: readonly Examination[]; readonly more: boolean }>;
  content(examination: string): Promise<ExaminationContent>;
  /** Stills and clips of whichever examinations; those that were discarded, or never were, are left out. */
  keptNamed(ids: readonly string[]): Promise<readonly FoundKept[]>;
  putMarks(examination: string, marks: readonly SharedMark[], by: Author): Promise<void>;
  removeMark(examination: string, mark: SharedMark, by: Author): Promise<void>;
  calibrate(examination: string, calibration: StreamCalibration, marks: readonly SharedMark[]): Promise<void>;
  putBookmark(examination: string, bookmark: Bookmark): Promise<void>;
  removeBookmark(examination: string, bookmark: string, by: Author): Promise<void>;
  /** `write` fills a file; when that is on disk, what it answers is kept, and answered. */
  keepFile(examination: string, kept: Kept, write: (path: string) => Promise<Kept>): Promise<Kept>;
  /** Another row for the same file. */
  putKept(examination: string, kept: Kept, by: Author): Promise<void>;
  /** With its marks. */
  removeKept(examination: string, kept: string, by: Author): Promise<void>;
  /** Where the frames of something kept are. */
  fileOf(examination: string, kept: string): string;
}

/** Frames as they were written to a file, which is on disk. */
export interface WrittenFrames {
  readonly fromUs: number;
  readonly toUs: number;
  readonly frames: number;
  readonly lost: number;
  readonly bytes: number;
  /** What broke a clip off; the frames before are kept. */
  readonly error?: ErrorReport;
}

export interface RunningClip {
  /** Where it has got to. */
  readonly progress$: Observable<WrittenFrames>;
  readonly written: Promise<WrittenFrames>;
  /** Nothing is captured for it after that; absent: after now. */
  end(toUs?: number): void;
  /** `written` rejects. */
  discard(): void;
}

/** What should be kept without being asked for. */
export interface AutomaticWish {
  readonly stream: number;
  readonly automatic: NonNullable<Kept['automatic']>;
  readonly fromUs: number;
  readonly toUs: number;
}

/** What the desk needs of the rolling stores of all streams. */
export interface PastPictures {
  readonly automatic$: Observable<AutomaticWish>;
  /** Capture time of the newest frame; undefined: there is none. */
  newestUs(stream: number): number | undefined;
  keepStill(stream: number, path: string, atUs: number | undefined): Promise<WrittenFrames>;
  startClip(stream: number, path: string, fromUs: number, toUs: number | undefined): RunningClip;
  /** Capture times of the R peaks of a time, as far as it is still there. */
  rPeaksUs(stream: number, fromUs: number, toUs: number): readonly number[];
  /** The same in a file. */
  rPeaksIn(path: string, fromUs: number, toUs: number): Promise<readonly number[]>;
  /** The pictures in a file, each from the capture time of its first frame on. */
  picturesIn(path: string): Promise<readonly { readonly fromUs: number; readonly picture: Picture }[]>;
}
