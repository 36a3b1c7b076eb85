import { AppError } from '../app-error.ts';
import type { Author, Bookmark, SharedMark } from '../protocol/examination-messages.ts';
import type { Done } from './examinations.ts';
import { intact, type Scope, writeJournal } from './scope.ts';
import { sealed, storable } from './seal.ts';
import { seriesOf } from './series.ts';
import type { Row } from './tables.ts';

/** As of what is kept. */
const longestSource = 80;

/** A length that somebody knows, on the picture of a stream that it was drawn on. */
export interface StreamCalibration {
  readonly stream: number;
  readonly picture: SharedMark['picture'];
  readonly by: Author;
}

/** What belongs to a stream goes with the name of that: another start of the server may have other streams. */
interface Placed {
  readonly stream?: number;
  readonly source?: string;
}

interface InExamination extends Done {
  readonly examination: string;
}

/** Throws `examination/changed-meanwhile`. The same revision again changes nothing. */
export async function putMarks(scope: Scope, given: InExamination & { readonly marks: readonly SharedMark[] }): Promise<void> {
  for (const mark of given.marks) await putRevision(scope, given, mark, 'put-mark');
}

/** `mark`: with the revision that taking it away is. Throws `examination/changed-meanwhile`. */
export async function removeMark(scope: Scope, given: InExamination & { readonly mark: SharedMark }): Promise<void> {
  await putRevision(scope, given, given.mark, 'remove-mark');
}

/** Marks of something that is gone. */
export async function removeMarksOn(scope: Scope, given: InExamination & { readonly kept: string }): Promise<void> {
  const { examination, kept, by, atUs } = given;
  const rows = await scope.database
    .selectFrom('mark')
    .select('body')
    .where('study', '=', examination)
    .where('kept', '=', kept)
    .where('removed', '=', 0)
    .execute();
  for (const { body } of rows) {
    const mark = JSON.parse(body) as SharedMark;
    const gone = { ...mark, revision: mark.revision + 1, changedUs: atUs, changedBy: by };
    await putRevision(scope, given, gone, 'remove-mark');
  }
}

/** With the marks that change by it. */
export async function calibrate(
  scope: Scope,
  given: InExamination & { readonly calibration: StreamCalibration; readonly marks: readonly SharedMark[] },
): Promise<void> {
  const { examination, calibration, by, atUs } = given;
  const body = JSON.stringify(calibration);
  const row = sealed<Row<'calibration'>>({ study: examination, stream: await calibrationPlace(scope, examination, calibration), body });
  await scope.database
    .insertInto('calibration')
    .values(row)
    .onConflict((conflict) => conflict.columns(['study', 'stream']).doUpdateSet(row))
    .execute();
  await writeJournal(scope, by, atUs, { act: 'calibrate', study: examination, object: String(calibration.stream) });
  await putMarks(scope, given);
}

/** Throws `examination/unknown-bookmark` where it was removed. */
export async function putBookmark(scope: Scope, given: Omit<InExamination, 'by'> & { readonly bookmark: Bookmark }): Promise<void> {
  const { examination, bookmark, atUs } = given;
  const { bookmark: id, stream, author } = bookmark;
  const before = await bookmarkOf(scope, examination, id);
  if (before !== undefined && isRemoved(before)) throw new AppError('examination/unknown-bookmark');
  const row = sealed<Row<'bookmark'>>({
    study: examination,
    id,
    series: await seriesOf(scope, examination, { stream, source: sourceOf(bookmark) }),
    at_us: bookmark.atUs,
    body: JSON.stringify(bookmark),
  });
  await scope.database
    .insertInto('bookmark')
    .values(row)
    .onConflict((conflict) => conflict.columns(['study', 'id']).doUpdateSet(row))
    .execute();
  await writeJournal(scope, author, atUs, { act: 'bookmark', study: examination, object: id });
}

/** It stays as a row that says who did that when. One that was removed is left as it is. Throws `examination/unknown-bookmark`. */
export async function removeBookmark(scope: Scope, given: InExamination & { readonly bookmark: string }): Promise<void> {
  const { examination, bookmark: id, by, atUs } = given;
  const before = await bookmarkOf(scope, examination, id);
  if (before === undefined) throw new AppError('examination/unknown-bookmark');
  if (isRemoved(before)) return;
  const { seal: _, ...row } = before;
  const body = JSON.stringify({ ...(JSON.parse(row.body) as Bookmark), removed: { by, atUs } });
  const gone = sealed<Row<'bookmark'>>({ ...row, body });
  await scope.database.updateTable('bookmark').set(gone).where('study', '=', examination).where('id', '=', id).execute();
  await writeJournal(scope, by, atUs, { act: 'remove-bookmark', study: examination, object: id });
}

export const isRemoved = ({ body }: Pick<Row<'bookmark'>, 'body'>): boolean => 'removed' in (JSON.parse(body) as object);

async function bookmarkOf(scope: Scope, study: string, id: string): Promise<Row<'bookmark'> | undefined> {
  const rows = await scope.database.selectFrom('bookmark').selectAll().where('study', '=', study).where('id', '=', id).execute();
  return intact(scope, 'bookmark', rows)[0];
}

/** Of several streams of one name, the name. */
const sourceOf = ({ source }: Placed): string | undefined => source?.split('\n')[0]?.slice(0, longestSource);

/** The number that the row of its source has; else that of its stream, or where another source has that, the next one that is free. */
async function calibrationPlace(scope: Scope, study: string, { stream, source }: StreamCalibration & Placed): Promise<number> {
  const rows = await scope.database.selectFrom('calibration').selectAll().where('study', '=', study).execute();
  const sourceIn = ({ body }: { readonly body: string }): string | undefined => (JSON.parse(body) as Placed).source;
  const own = intact(scope, 'calibration', rows).find((row) => (source === undefined ? row.stream === stream : sourceIn(row) === source));
  if (own !== undefined) return own.stream;
  const taken = new Set(rows.map((row) => row.stream));
  let place = stream;
  while (taken.has(place)) place++;
  return place;
}

async function putRevision(scope: Scope, given: InExamination, mark: SharedMark, act: 'put-mark' | 'remove-mark'): Promise<void> {
  const { examination: study, by, atUs } = given;
  const { database } = scope;
  const [id, removed, body] = [mark.mark, act === 'remove-mark' ? 1 : 0, JSON.stringify(mark)];
  const before = await database.selectFrom('mark').selectAll().where('study', '=', study).where('id', '=', id).executeTakeFirst();
  if (before !== undefined && before.revision >= mark.revision) {
    if (before.revision === mark.revision && before.removed === removed && isSame(before.body, body)) return;
    throw new AppError('examination/changed-meanwhile', { by: lastAuthor(before.body) });
  }
  const line = await writeJournal(scope, by, atUs, { act, study, object: id });
  const row = sealed<Row<'mark'>>({
    study,
    id,
    series:
      before?.series ?? (mark.stream === undefined ? null : await seriesOf(scope, study, { stream: mark.stream, source: sourceOf(mark) })),
    kept: mark.kept ?? null,
    place: before?.place ?? line,
    revision: mark.revision,
    removed,
    body,
  });
  const revision = sealed<Row<'mark_revision'>>({
    study,
    mark: id,
    revision: mark.revision,
    removed,
    at_us: atUs,
    author_name: storable(by.name),
    author_key: by.key,
    body,
  });
  if (before === undefined) await database.insertInto('mark').values(row).execute();
  else await database.updateTable('mark').set(row).where('study', '=', study).where('id', '=', id).execute();
  await database.insertInto('mark_revision').values(revision).execute();
}

/** Asked again, e.g. since an answer was lost, it is the same at another time. */
function isSame(before: string, now: string): boolean {
  const [one, other] = [before, now].map((body) => JSON.stringify({ ...(JSON.parse(body) as SharedMark), madeUs: 0, changedUs: 0 }));
  return one === other;
}

function lastAuthor(body: string): string {
  const { author, changedBy } = JSON.parse(body) as SharedMark;
  return (changedBy ?? author).name;
}
