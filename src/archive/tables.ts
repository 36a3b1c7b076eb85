/**
 * Patient, study, series: the levels of DICOM (PS3.3 A.1.2), so that what is kept here can be sent on. Texts, whole numbers and JSON as text
 * only, which PostgreSQL knows too. Times are Unix µs of the server's clock, truths 0 and 1.
 *
 * `seal` is a checksum over the other columns of its row: SQLite finds broken pages, but not a number that has become another one.
 */
export interface Tables {
  patient: {
    id: string;
    name: string;
    /** Of the hospital; empty: not known. */
    number: string;
    born: string | null;
    sex: string | null;
    /** Name and number as they are looked for. */
    search: string;
    seal: number;
  };
  /** An examination. */
  study: {
    /** DICOM UID. */
    id: string;
    patient: string | null;
    opened_us: number;
    /** Null: it is open. */
    closed_us: number | null;
    seal: number;
  };
  /** What came from one stream in a study. */
  series: {
    /** DICOM UID. */
    id: string;
    study: string;
    stream: number;
    /** Name of the stream; null where that was not known. */
    source: string | null;
    modality: string | null;
    seal: number;
  };
  /** Marks as they are in force. */
  mark: {
    study: string;
    id: string;
    series: string | null;
    /** The still or clip that it lies on. */
    kept: string | null;
    /** Grows with every mark: the order in which they lie over each other. */
    place: number;
    revision: number;
    removed: number;
    body: string;
    seal: number;
  };
  /** Every revision of every mark, for the record. */
  mark_revision: {
    study: string;
    mark: string;
    revision: number;
    removed: number;
    at_us: number;
    author_name: string;
    author_key: string;
    body: string;
    seal: number;
  };
  /** Stills and clips; one that was discarded stays as a row without a file. */
  kept: {
    study: string;
    id: string;
    series: string | null;
    kind: string;
    made_us: number;
    removed: number;
    body: string;
    seal: number;
  };
  bookmark: {
    study: string;
    id: string;
    series: string | null;
    at_us: number;
    body: string;
    seal: number;
  };
  /** Lengths that somebody knew, by stream. */
  calibration: {
    study: string;
    /** Where another source has had its number, a free one: what counts is in the body. */
    stream: number;
    body: string;
    seal: number;
  };
  /** Who did what when. Names objects by their ids and no patient. */
  journal: {
    id: number;
    at_us: number;
    author_name: string;
    author_key: string;
    act: string;
    study: string | null;
    object: string | null;
    seal: number;
  };
}

export type TableName = keyof Tables;
export type Row<Name extends TableName> = Tables[Name];

/** Referred-to tables first; with the columns that tell rows apart. */
export const tableKeys = {
  patient: ['id'],
  study: ['id'],
  series: ['id'],
  kept: ['study', 'id'],
  mark: ['study', 'id'],
  mark_revision: ['study', 'mark', 'revision'],
  bookmark: ['study', 'id'],
  calibration: ['study', 'stream'],
  journal: ['id'],
} as const satisfies { [Name in TableName]: readonly (keyof Tables[Name])[] };

export const tableNames = Object.keys(tableKeys) as readonly TableName[];
