import type { DatabaseSync } from 'node:sqlite';
import { isSealed } from './seal.ts';
import { type TableName, tableNames } from './tables.ts';

type Values = Record<string, unknown>;

/** A number far beyond all rows that a store has. */
const mostRows = 2 ** 40;

/** Rows that are not as they were written. Throws where a table cannot be read. */
export function countBroken(database: DatabaseSync): number {
  const present = new Set(
    database
      .prepare("select name from sqlite_schema where type = 'table'")
      .all()
      .map(({ name }) => name),
  );
  let broken = 0;
  for (const table of tableNames) {
    if (!present.has(table)) continue;
    for (const row of database.prepare(`select * from ${table}`).iterate()) if (!isSealed(row)) broken++;
  }
  return broken;
}

/** The rows of a table that can still be read, around the places that cannot. */
export function* readableRows(database: DatabaseSync, table: TableName): Generator<Values, void, undefined> {
  let after = 0;
  let step = 1;
  while (after < mostRows) {
    const seen = yield* rowsAfter(database, table, after);
    if (seen === 'end') return;
    // The place that cannot be read is left out by steps that grow until something answers again.
    step = seen > after ? 1 : step * 2;
    after = Math.max(seen, after) + step;
  }
}

/** Answers the last row's number where reading failed behind it. */
function* rowsAfter(database: DatabaseSync, table: TableName, after: number): Generator<Values, number | 'end', undefined> {
  let last = after;
  try {
    for (const read of database.prepare(`select rowid as row_number, * from ${table} where rowid > ? order by rowid`).iterate(after)) {
      const { row_number, ...row } = read;
      // A page that is found twice leads round in a circle.
      if (typeof row_number !== 'number' || row_number <= last) return last;
      last = row_number;
      yield row;
    }
    return 'end';
  } catch {
    return last;
  }
}
