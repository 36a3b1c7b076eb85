import type { Observable } from 'rxjs';
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
}

/** What the desk needs of the archive. Every promise resolves when it is on disk. */
export interface ExaminationRecord {
  readonly state$: Observable<ArchiveState>;
  /** The examination that is open, e.g. since before a crash. */
  open(): Promise<ExaminationContent | undefined>;
  openExamination(patient: Patient | undefined, by: Author): Promise<Examination>;
  closeExamination(by: Author): Promise<Examination>;
  reopenExamination(examination: string, by: Author): Promise<ExaminationContent>;
  namePatient(examination: string, patient: Patient, by: Author): Promise<Examination>;
  find(text: string, beforeUs: number | undefined): Promise<{ readonly examinations: readonly Examination[]; readonly more: boolean }>;
  content(examination: string): Promise<ExaminationContent>;
  putMarks(examination: string, marks: readonly SharedMark[], by: Author): Promise<void>;
  removeMark(examination: string, mark: SharedMark, by: Author): Promise<void>;
  calibrate(examination: string, calibration: StreamCalibration, marks: readonly SharedMark[]): Promise<void>;
  putBookmark(examination: string, bookmark: Bookmark): Promise<void>;
}
