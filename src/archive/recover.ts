import { closeSync, copyFileSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { AppError, asAppError } from '../app-error.ts';
import { databaseName } from './file-names.ts';
import { mendReferences } from './mend-references.ts';
import { migrate } from './migrations.ts';
import { readableRows } from './salvage.ts';
import { isSealed } from './seal.ts';
import { type Database, kyselyOn, openDatabase } from './sqlite.ts';
import { type Row, type TableName, tableNames } from './tables.ts';

const unfinishedName = 'archive.db.recovering';
const finishedName = 'archive.db.recovered';
const sqliteFiles = ['', '-wal', '-shm', '-journal'];

/**
 * Puts the damaged store aside and what can be read of it into a new one. A power cut at any moment leaves the damaged store or the new one
 * in its place, and the copy put aside in both cases. Answers what to tell. Throws `archive/not-mended`.
 */
export async function recover(folder: string, nowUs: number): Promise<AppError> {
  try {
    const aside = putAside(folder, nowUs);
    for (const end of sqliteFiles) rmSync(join(folder, unfinishedName + end), { force: true });
    const rows = await copyRows(join(folder, aside), join(folder, unfinishedName), nowUs);
    sync(join(folder, unfinishedName));
    renameSync(join(folder, unfinishedName), join(folder, finishedName));
    sync(folder);
    finishRecovery(folder);
    return new AppError('archive/damaged', { rows, file: aside });
  } catch (thrown) {
    throw asAppError(thrown, 'archive/not-mended');
  }
}

/** Puts a store that was recovered whole in the place of the damaged one, also after a power cut. */
export function finishRecovery(folder: string): void {
  if (!existsSync(join(folder, finishedName))) return;
  // The log of the damaged store must not be taken for that of the new one.
  for (const end of ['-wal', '-shm', '-journal']) rmSync(join(folder, databaseName + end), { force: true });
  sync(folder);
  renameSync(join(folder, finishedName), join(folder, databaseName));
  sync(folder);
}

/** Another name for the same file takes no room on a disk that may be full. */
function putAside(folder: string, nowUs: number): string {
  const time = new Date(nowUs / 1000).toISOString().replace(/[-:]/g, '').replace('.', '');
  const aside = `${databaseName}.damaged-${time}`;
  for (const end of ['', '-wal']) {
    const [from, to] = [join(folder, databaseName + end), join(folder, aside + end)];
    if (!existsSync(from)) continue;
    try {
      linkSync(from, to);
    } catch {
      copyFileSync(from, to);
    }
  }
  sync(folder);
  return aside;
}

async function copyRows(from: string, to: string, nowUs: number): Promise<number> {
  closeSync(openSync(to, 'wx', 0o600));
  const recovered = openDatabase(to);
  // What rows refer to may be lost; it is mended when all have come.
  recovered.exec('pragma foreign_keys=off');
  const database = kyselyOn(recovered);
  try {
    await migrate(database);
    const damaged = openDamaged(from);
    const rows = damaged === undefined ? 0 : await copyTables(damaged, database).finally(() => damaged.close());
    forgetReader(from);
    await mendReferences(database, nowUs);
    return rows;
  } finally {
    await database.destroy();
  }
}

/** Undefined: nothing of it can be read. */
function openDamaged(path: string): DatabaseSync | undefined {
  try {
    return openDatabase(path, true);
  } catch {
    return undefined;
  }
}

async function copyTables(damaged: DatabaseSync, database: Database): Promise<number> {
  let rows = 0;
  await database.transaction().execute(async (transaction) => {
    for (const table of tableNames) {
      for (const row of readableRows(damaged, table)) {
        if (!isSealed(row)) continue;
        const { numInsertedOrUpdatedRows = 0n } = await transaction
          .insertInto(table)
          .values(row as unknown as Row<TableName>)
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow();
        rows += Number(numInsertedOrUpdatedRows);
      }
    }
  });
  return rows;
}

/** Files that reading makes beside it. */
function forgetReader(path: string): void {
  rmSync(`${path}-shm`, { force: true });
  if (existsSync(`${path}-wal`) && statSync(`${path}-wal`).size === 0) rmSync(`${path}-wal`);
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
