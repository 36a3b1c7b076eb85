import type { Transaction } from 'kysely';
import { sealed } from './seal.ts';
import type { Database } from './sqlite.ts';
import type { Row, Tables } from './tables.ts';

const tablesOfStudy = ['series', 'kept', 'mark', 'mark_revision', 'bookmark', 'calibration'] as const;
const tablesOfSeries = ['kept', 'mark', 'bookmark'] as const;

/** After rows were lost: what refers to them stands on its own, and a mark is what its newest revision is. */
export async function mendReferences(database: Database, nowUs: number): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    await mendStudies(transaction, nowUs);
    for (const table of tablesOfSeries) await forgetLostSeries(transaction, table);
    await mendMarks(transaction);
  });
}

/** An examination that is lost, with things that are not, has nobody's name and is closed. */
async function mendStudies(database: Transaction<Tables>, nowUs: number): Promise<void> {
  for (const table of tablesOfStudy) {
    const lost = await database
      .selectFrom(table)
      .select('study')
      .distinct()
      .where('study', 'not in', (e) => e.selectFrom('study').select('study.id'))
      .execute();
    for (const [place, { study }] of lost.entries()) {
      const row = sealed<Row<'study'>>({ id: study, patient: null, opened_us: nowUs + place, closed_us: nowUs + place });
      await database.insertInto('study').values(row).execute();
    }
  }
  const nameless = await database
    .selectFrom('study')
    .selectAll()
    .where('patient', 'is not', null)
    .where('patient', 'not in', (e) => e.selectFrom('patient').select('patient.id'))
    .execute();
  for (const { seal: _, ...study } of nameless) {
    const row = sealed<Row<'study'>>({ ...study, patient: null });
    await database.updateTable('study').set(row).where('id', '=', study.id).execute();
  }
}

async function forgetLostSeries(database: Transaction<Tables>, table: (typeof tablesOfSeries)[number]): Promise<void> {
  const rows = await database
    .selectFrom(table)
    .selectAll()
    .where('series', 'is not', null)
    .where('series', 'not in', (e) => e.selectFrom('series').select('series.id'))
    .execute();
  for (const { seal: _, ...rest } of rows) {
    const row = sealed<Row<typeof table>>({ ...rest, series: null });
    await database.updateTable(table).set(row).where('study', '=', row.study).where('id', '=', row.id).execute();
  }
}

async function mendMarks(database: Transaction<Tables>): Promise<void> {
  const newer = await database
    .selectFrom('mark_revision as revision')
    .leftJoin('mark', (join) => join.onRef('mark.study', '=', 'revision.study').onRef('mark.id', '=', 'revision.mark'))
    .selectAll('revision')
    .select(['mark.place as place', 'mark.series as series'])
    .where((e) => e.or([e('mark.revision', 'is', null), e('mark.revision', '<', e.ref('revision.revision'))]))
    .orderBy('revision.revision')
    .execute();
  for (const { study, mark, revision, removed, at_us, body, place, series } of newer) {
    const { kept } = JSON.parse(body) as { kept?: string };
    const row = sealed<Row<'mark'>>({
      ...{ study, id: mark, series, kept: kept ?? null, revision, removed, body },
      // Times are beyond the numbers of all lines of the journal: what lost its place lies on top.
      place: place ?? at_us,
    });
    await database
      .insertInto('mark')
      .values(row)
      .onConflict((conflict) => conflict.columns(['study', 'id']).doUpdateSet(row))
      .execute();
  }
}
