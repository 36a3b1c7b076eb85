import { AppError } from '../app-error.ts';
import type { Kept } from '../protocol/examination-messages.ts';
import type { Done } from './examinations.ts';
import { removeMarksOn } from './marks.ts';
import { intact, type Scope, writeJournal } from './scope.ts';
import { sealed } from './seal.ts';
import { seriesOf } from './series.ts';
import type { Row } from './tables.ts';

interface InExamination extends Done {
  readonly examination: string;
}

/** The row of a still or clip whose file is on disk. Throws `examination/unknown-kept` where it was discarded. */
export async function putKept(scope: Scope, { examination, kept, by, atUs }: InExamination & { readonly kept: Kept }): Promise<void> {
  const { kept: id, kind, stream, source, modality, madeUs } = kept;
  const before = await keptOf(scope, examination, id);
  if (before?.removed === 1) throw new AppError('examination/unknown-kept', { kept: id });
  const body = JSON.stringify(kept);
  if (before?.body === body) return;
  const row = sealed<Row<'kept'>>({
    study: examination,
    id,
    series: before?.series ?? (stream === undefined ? null : await seriesOf(scope, examination, { stream, source, modality })),
    kind,
    made_us: madeUs,
    removed: 0,
    body,
  });
  await scope.database
    .insertInto('kept')
    .values(row)
    .onConflict((conflict) => conflict.columns(['study', 'id']).doUpdateSet(row))
    .execute();
  await writeJournal(scope, by, atUs, { act: 'keep', study: examination, object: id });
}

/** With its marks. The file may be unlinked when this is on disk. Throws `examination/unknown-kept`. */
export async function removeKept(scope: Scope, given: InExamination & { readonly kept: string }): Promise<void> {
  const { examination, kept, by, atUs } = given;
  const before = await keptOf(scope, examination, kept);
  if (before === undefined) throw new AppError('examination/unknown-kept', { kept });
  if (before.removed === 1) return;
  await removeMarksOn(scope, given);
  const { seal: _, ...row } = before;
  const gone = sealed<Row<'kept'>>({ ...row, removed: 1 });
  await scope.database.updateTable('kept').set(gone).where('study', '=', examination).where('id', '=', kept).execute();
  await writeJournal(scope, by, atUs, { act: 'discard-kept', study: examination, object: kept });
}

async function keptOf(scope: Scope, study: string, id: string): Promise<Row<'kept'> | undefined> {
  const rows = await scope.database.selectFrom('kept').selectAll().where('study', '=', study).where('id', '=', id).execute();
  return intact(scope, 'kept', rows)[0];
}
