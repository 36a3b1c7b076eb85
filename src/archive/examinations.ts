import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { AppError } from '../app-error.ts';
import type { Author, Examination, Patient } from '../protocol/examination-messages.ts';
import { newDicomUid } from './dicom-uid.ts';
import { intact, type Scope, writeJournal } from './scope.ts';
import { sealed, storable } from './seal.ts';
import { searchTexts, searchWords } from './search-text.ts';
import type { Row } from './tables.ts';

const mostFound = 50;

export interface Done {
  readonly by: Author;
  readonly atUs: number;
}

/** One that is open is closed. */
export async function openExamination(scope: Scope, { patient, by, atUs }: Done & { readonly patient?: Patient }): Promise<Examination> {
  await closeOpen(scope, by, atUs);
  const id = newDicomUid();
  const study = sealed<Row<'study'>>({
    id,
    patient: patient === undefined ? null : await patientRow(scope, patient),
    opened_us: await freeTime(scope, atUs),
    closed_us: null,
  });
  await scope.database.insertInto('study').values(study).execute();
  await writeJournal(scope, by, atUs, { act: 'open-examination', study: id });
  return await examinationOf(scope, id);
}

/** Throws `examination/none-open`. */
export async function closeExamination(scope: Scope, { by, atUs }: Done): Promise<Examination> {
  const id = await closeOpen(scope, by, atUs);
  if (id === undefined) throw new AppError('examination/none-open');
  return await examinationOf(scope, id);
}

/** One that is open is closed. What was calibrated by hand stays with the marks and holds on no picture to come. Throws `examination/unknown`. */
export async function reopen(scope: Scope, { examination, by, atUs }: Done & { readonly examination: string }): Promise<void> {
  const { closed_us } = await studyOf(scope, examination);
  if (closed_us === null) return;
  await closeOpen(scope, by, atUs);
  await changeStudy(scope, examination, { closed_us: null });
  await scope.database.deleteFrom('calibration').where('study', '=', examination).execute();
  await writeJournal(scope, by, atUs, { act: 'reopen-examination', study: examination });
}

/** Throws `examination/unknown`. */
export async function namePatient(
  scope: Scope,
  { examination, patient, by, atUs }: Done & { readonly examination: string; readonly patient: Patient },
): Promise<Examination> {
  const before = (await studyOf(scope, examination)).patient;
  const now = await patientRow(scope, patient);
  if (before !== now) await changeStudy(scope, examination, { patient: now });
  if (before !== null && before !== now) await forgetPatient(scope, before);
  await writeJournal(scope, by, atUs, { act: 'name-patient', study: examination, object: now });
  return await examinationOf(scope, examination);
}

/** Newest first. Every word of the text is somewhere in the name or the number, in whatever order. */
export async function findExaminations(
  scope: Scope,
  { text, beforeUs }: { readonly text: string; readonly beforeUs?: number },
): Promise<{ examinations: Examination[]; more: boolean }> {
  let query = scope.database.selectFrom('study').leftJoin('patient', 'patient.id', 'study.patient').select('study.id');
  if (beforeUs !== undefined) query = query.where('opened_us', '<', beforeUs);
  for (const word of searchWords(text)) {
    const patterns = searchTexts(word).map((wanted) => `%${wanted.replace(/[\\%_]/g, '\\$&')}%`);
    query = query.where(({ or }) => or(patterns.map((pattern) => sql<boolean>`patient.search like ${pattern} escape '\\'`)));
  }
  const found = await query
    .orderBy('opened_us', 'desc')
    .limit(mostFound + 1)
    .execute();
  const examinations: Examination[] = [];
  for (const { id } of found.slice(0, mostFound)) {
    const examination = await examinationOf(scope, id).catch(ignoreUnknown);
    if (examination !== undefined) examinations.push(examination);
  }
  return { examinations, more: found.length > mostFound };
}

export async function openStudy({ database }: Scope): Promise<string | undefined> {
  const open = await database
    .selectFrom('study')
    .select('id')
    .where('closed_us', 'is', null)
    .orderBy('opened_us', 'desc')
    .executeTakeFirst();
  return open?.id;
}

/** Unix µs when an examination was closed last, that one left out; undefined: none was. */
export async function lastClosedUs({ database }: Scope, { but }: { readonly but?: string }): Promise<number | undefined> {
  const closed = database.selectFrom('study').select((e) => e.fn.max('closed_us').as('us'));
  const { us } = await closed.where('id', '!=', but ?? '').executeTakeFirstOrThrow();
  return us === null ? undefined : Number(us);
}

/** Throws `examination/unknown`. */
export async function examinationOf(scope: Scope, id: string): Promise<Examination> {
  const study = await studyOf(scope, id);
  const patient = study.patient === null ? undefined : await patientOf(scope, study.patient);
  const { stills, clips, marks } = await countsOf(scope, id);
  return {
    examination: id,
    ...(patient !== undefined && { patient }),
    anonymous: study.patient === null,
    openedUs: study.opened_us,
    ...(study.closed_us !== null && { closedUs: study.closed_us }),
    stills,
    clips,
    marks,
  };
}

async function studyOf(scope: Scope, id: string): Promise<Row<'study'>> {
  const rows = await scope.database.selectFrom('study').selectAll().where('id', '=', id).execute();
  const [study] = intact(scope, 'study', rows);
  if (study === undefined) throw new AppError('examination/unknown', { examination: id });
  return study;
}

async function patientOf(scope: Scope, id: string): Promise<Patient | undefined> {
  const rows = await scope.database.selectFrom('patient').selectAll().where('id', '=', id).execute();
  const [patient] = intact(scope, 'patient', rows);
  if (patient === undefined) return undefined;
  const { name, number, born, sex } = patient;
  return { name, id: number, ...(born !== null && { born }), ...(sex !== null && { sex: sex as NonNullable<Patient['sex']> }) };
}

async function countsOf({ database }: Scope, study: string): Promise<{ stills: number; clips: number; marks: number }> {
  const inForce = database.selectFrom('mark').where('study', '=', study).where('removed', '=', 0);
  const { marks } = await inForce.select((e) => e.fn.countAll<number>().as('marks')).executeTakeFirstOrThrow();
  const kinds = await database
    .selectFrom('kept')
    .where('study', '=', study)
    .where('removed', '=', 0)
    .groupBy('kind')
    .select((e) => ['kind', e.fn.countAll<number>().as('number')])
    .execute();
  const count = (kind: string): number => Number(kinds.find((row) => row.kind === kind)?.number ?? 0);
  return { stills: count('still'), clips: count('clip'), marks: Number(marks) };
}

/** Id of a patient with exactly these data. Without a number nobody is taken for another of the same name. */
async function patientRow(scope: Scope, patient: Patient): Promise<string> {
  const [name, number, born, sex] = [storable(patient.name), storable(patient.id), patient.born ?? null, patient.sex ?? null];
  const known = await scope.database.selectFrom('patient').selectAll().where('number', '=', number).where('number', '!=', '').execute();
  const same = intact(scope, 'patient', known).find((row) => row.name === name && row.born === born && row.sex === sex);
  if (same !== undefined) return same.id;
  const id = randomUUID();
  const search = [...searchTexts(name), ...searchTexts(number)].join('\n');
  await scope.database.insertInto('patient').values(sealed<Row<'patient'>>({ id, name, number, born, sex, search })).execute();
  return id;
}

/** What was mistaken about a patient is not kept. */
async function forgetPatient({ database }: Scope, id: string): Promise<void> {
  const used = await database.selectFrom('study').select('id').where('patient', '=', id).limit(1).executeTakeFirst();
  if (used === undefined) await database.deleteFrom('patient').where('id', '=', id).execute();
}

async function closeOpen(scope: Scope, by: Author, atUs: number): Promise<string | undefined> {
  const open = await openStudy(scope);
  if (open === undefined) return undefined;
  await changeStudy(scope, open, { closed_us: atUs });
  await writeJournal(scope, by, atUs, { act: 'close-examination', study: open });
  return open;
}

async function changeStudy(scope: Scope, id: string, change: Partial<Row<'study'>>): Promise<void> {
  const { seal: _, ...before } = await studyOf(scope, id);
  const study = sealed<Row<'study'>>({ ...before, ...change });
  await scope.database.updateTable('study').set(study).where('id', '=', id).execute();
}

/** Pages of examinations go by the time of opening: no two have the same. */
async function freeTime({ database }: Scope, atUs: number): Promise<number> {
  for (let time = atUs; ; time++) {
    const taken = await database.selectFrom('study').select('id').where('opened_us', '=', time).executeTakeFirst();
    if (taken === undefined) return time;
  }
}

function ignoreUnknown(thrown: unknown): undefined {
  if (thrown instanceof AppError && thrown.code === 'examination/unknown') return undefined;
  throw thrown;
}
