import type { Transaction } from 'kysely';
import type { Author } from '../protocol/examination-messages.ts';
import { isSealed, sealed } from './seal.ts';
import type { Row, TableName, Tables } from './tables.ts';

/** What an act works in: the transaction that it shares with the others that waited. */
export interface Scope {
  readonly database: Transaction<Tables>;
  readonly folder: string;
  /** Numbers of the journal's lines, each given once. */
  readonly nextLine: () => number;
  /** Rows that were not read, since they are not as they were written. */
  readonly foundDamaged: (table: TableName) => void;
}

export interface JournalLine {
  readonly act: string;
  readonly study?: string;
  /** Id of what it was done to. */
  readonly object?: string;
}

/** Answers the number of the line: later ones are higher. */
export async function writeJournal({ database, nextLine }: Scope, by: Author, atUs: number, line: JournalLine): Promise<number> {
  const id = nextLine();
  const row = sealed<Row<'journal'>>({
    id,
    at_us: atUs,
    author_name: by.name,
    author_key: by.key,
    act: line.act,
    study: line.study ?? null,
    object: line.object ?? null,
  });
  await database.insertInto('journal').values(row).execute();
  return id;
}

/** The rows that are as they were written; the others are told. */
export function intact<Read extends object>(scope: Scope, table: TableName, rows: readonly Read[]): readonly Read[] {
  const good = rows.filter(isSealed);
  for (let missing = good.length; missing < rows.length; missing++) scope.foundDamaged(table);
  return good;
}
