import type { Kept } from '../protocol/examination-messages.ts';
import { newDicomUid } from './dicom-uid.ts';
import type { Scope } from './scope.ts';
import { sealed, storable } from './seal.ts';
import type { Row } from './tables.ts';

interface Source {
  readonly stream: number;
  /** Its name; without one the number alone counts. */
  readonly source?: string | undefined;
  /** Not known yet where only marks were made. */
  readonly modality?: Kept['modality'];
}

/** Id of the series; a stream that has become another source, e.g. before an examination was reopened, begins a new one. */
export async function seriesOf({ database }: Scope, study: string, { stream, source, modality }: Source): Promise<string> {
  const name = source === undefined ? null : storable(source);
  const known = await database.selectFrom('series').selectAll().where('study', '=', study).where('stream', '=', stream).execute();
  const same = known.find((row) => row.source === name) ?? known.find((row) => name === null || row.source === null);
  const isKnown = same !== undefined && (name === null || same.source === name) && (modality === undefined || same.modality !== null);
  if (isKnown) return same.id;
  const row = sealed<Row<'series'>>({ id: same?.id ?? newDicomUid(), study, stream, source: name, modality: modality ?? null });
  if (same === undefined) await database.insertInto('series').values(row).execute();
  else await database.updateTable('series').set(row).where('id', '=', row.id).execute();
  return row.id;
}
