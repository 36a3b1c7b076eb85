import { existsSync } from 'node:fs';
import { AppError } from '../app-error.ts';
import type { Examination, Kept } from '../protocol/examination-messages.ts';
import { examinationOf, lastClosedUs, openStudy } from './examinations.ts';
import { framesFile } from './file-names.ts';
import { isRemoved } from './marks.ts';
import { pagesOf } from './pages.ts';
import { intact, type Scope } from './scope.ts';

/** An examination whole, as pages of JSON. */
export interface ContentPages {
  readonly examination: Examination;
  readonly kept: readonly string[];
  readonly marks: readonly string[];
  readonly removed: readonly string[];
  readonly bookmarks: readonly string[];
  readonly calibrations: readonly string[];
  readonly othersClosedUs?: number;
}

/** A still or a clip, and where it belongs. */
export interface NamedKept {
  readonly examination: string;
  readonly kept: Kept;
}

/** Throws `examination/unknown`. */
export async function contentOf(scope: Scope, { examination }: { readonly examination: string }): Promise<ContentPages> {
  const { database } = scope;
  const of = <Column extends string>(column: Column) => [column, '=', examination] as const;
  const marks = intact(
    scope,
    'mark',
    await database
      .selectFrom('mark')
      .selectAll()
      .where(...of('study'))
      .orderBy('place')
      .execute(),
  );
  const kept = await database
    .selectFrom('kept')
    .selectAll()
    .where(...of('study'))
    .where('removed', '=', 0)
    .orderBy('made_us')
    .execute();
  const bookmarks = await database
    .selectFrom('bookmark')
    .selectAll()
    .where(...of('study'))
    .orderBy('at_us')
    .execute();
  const calibrations = await database
    .selectFrom('calibration')
    .selectAll()
    .where(...of('study'))
    .orderBy('stream')
    .execute();
  const othersClosedUs = await lastClosedUs(scope, { but: examination });
  return {
    examination: await examinationOf(scope, examination),
    kept: pagesOf(intact(scope, 'kept', kept).map((row) => bodyOfKept(scope.folder, row))),
    marks: bodyPages(marks.filter(({ removed }) => removed === 0)),
    removed: bodyPages(marks.filter(({ removed }) => removed === 1)),
    bookmarks: bodyPages(intact(scope, 'bookmark', bookmarks).filter((row) => !isRemoved(row))),
    calibrations: bodyPages(intact(scope, 'calibration', calibrations)),
    ...(othersClosedUs !== undefined && { othersClosedUs }),
  };
}

/** Stills and clips of whichever examinations, each as a `NamedKept`, as pages of JSON. */
export async function keptNamed(scope: Scope, { ids }: { readonly ids: readonly string[] }): Promise<readonly string[]> {
  const rows = await scope.database.selectFrom('kept').selectAll().where('id', 'in', ids).where('removed', '=', 0).execute();
  const texts = intact(scope, 'kept', rows).map((row) => `{"examination":"${row.study}","kept":${bodyOfKept(scope.folder, row)}}`);
  return pagesOf(texts);
}

export async function openContent(scope: Scope): Promise<ContentPages | undefined> {
  const examination = await openStudy(scope);
  return examination === undefined ? undefined : await contentOf(scope, { examination });
}

const bodyPages = (rows: readonly { readonly body: string }[]): string[] => pagesOf(rows.map(({ body }) => body));

/** What lost its file is said to have failed. */
function bodyOfKept(folder: string, { study, id, body }: { readonly study: string; readonly id: string; readonly body: string }): string {
  if (existsSync(framesFile(folder, study, id))) return body;
  const lost: Kept = { ...(JSON.parse(body) as Kept), state: 'failed', error: new AppError('archive/file-missing').toJSON() };
  return JSON.stringify(lost);
}
