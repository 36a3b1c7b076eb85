import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { AppError } from '../app-error.ts';
import type { Database } from './sqlite.ts';

/** In the order of their names. What was released is never changed: a change is a new one. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-examinations': { up: createExaminations },
};

/** Names of migrations that were done in this store and are not known here. */
export async function unknownMigrations(database: Database): Promise<readonly string[]> {
  const tables = await database.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(database);
  return rows.map(({ name }) => name).filter((name) => !(name in migrations));
}

/** Throws `archive/newer`, or what the database says. */
export async function migrate(database: Database): Promise<void> {
  const unknown = await unknownMigrations(database);
  if (unknown.length > 0) throw new AppError('archive/newer', { version: unknown.at(-1) ?? '' });
  const { error } = await new Migrator({ db: database, provider: { getMigrations: async () => migrations } }).migrateToLatest();
  if (error !== undefined) throw error;
}

async function createExaminations(database: Kysely<unknown>): Promise<void> {
  const { schema } = database;
  await table(schema.createTable('patient'))
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('number', 'text', (column) => column.notNull())
    .addColumn('born', 'text')
    .addColumn('sex', 'text')
    .addColumn('search', 'text', (column) => column.notNull())
    .execute();
  await table(schema.createTable('study'))
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('patient', 'text', (column) => column.references('patient.id'))
    .addColumn('opened_us', 'bigint', (column) => column.notNull())
    .addColumn('closed_us', 'bigint')
    .execute();
  await table(ofStudy(schema.createTable('series')))
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('stream', 'bigint', (column) => column.notNull())
    .addColumn('source', 'text')
    .addColumn('modality', 'text')
    .execute();
  await table(ofStudy(schema.createTable('kept')))
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('series', 'text', (column) => column.references('series.id'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('made_us', 'bigint', (column) => column.notNull())
    .addColumn('removed', 'integer', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('kept_key', ['study', 'id'])
    .execute();
  await table(ofStudy(schema.createTable('mark')))
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('series', 'text', (column) => column.references('series.id'))
    .addColumn('kept', 'text')
    .addColumn('place', 'bigint', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('removed', 'integer', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('mark_key', ['study', 'id'])
    .execute();
  await table(ofStudy(schema.createTable('mark_revision')))
    .addColumn('mark', 'text', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('removed', 'integer', (column) => column.notNull())
    .addColumn('at_us', 'bigint', (column) => column.notNull())
    .addColumn('author_name', 'text', (column) => column.notNull())
    .addColumn('author_key', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('mark_revision_key', ['study', 'mark', 'revision'])
    .execute();
  await table(ofStudy(schema.createTable('bookmark')))
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('series', 'text', (column) => column.references('series.id'))
    .addColumn('at_us', 'bigint', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('bookmark_key', ['study', 'id'])
    .execute();
  await table(ofStudy(schema.createTable('calibration')))
    .addColumn('stream', 'bigint', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('calibration_key', ['study', 'stream'])
    .execute();
  await table(schema.createTable('journal'))
    .addColumn('id', 'bigint', (column) => column.primaryKey())
    .addColumn('at_us', 'bigint', (column) => column.notNull())
    .addColumn('author_name', 'text', (column) => column.notNull())
    .addColumn('author_key', 'text', (column) => column.notNull())
    .addColumn('act', 'text', (column) => column.notNull())
    .addColumn('study', 'text')
    .addColumn('object', 'text')
    .execute();
  await schema.createIndex('study_by_time').on('study').column('opened_us').execute();
  await schema.createIndex('study_by_patient').on('study').column('patient').execute();
  await schema.createIndex('series_by_study').on('series').columns(['study', 'stream']).execute();
  await schema.createIndex('patient_by_number').on('patient').column('number').execute();
}

const table = <Name extends string, Columns extends string>(builder: CreateTableBuilder<Name, Columns>) =>
  builder.addColumn('seal', 'bigint', (column) => column.notNull());

const ofStudy = <Name extends string, Columns extends string>(builder: CreateTableBuilder<Name, Columns>) =>
  builder.addColumn('study', 'text', (column) => column.notNull().references('study.id'));
