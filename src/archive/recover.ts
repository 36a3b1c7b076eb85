import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { AppError, asAppError } from '../app-error.ts';
import { databaseName } from './file-names.ts';
import { mendReferences } from './mend-references.ts';
import { migrate } from './migrations.ts';
import { readableRows } from './salvage.ts';
import { isSealed } from './seal.ts';
import { type Database, kyselyOn, openDatabase } from './sqlite.ts';
import { syncPath } from './sync-path.ts';
import { type Row, type TableName, tableNames } from './tables.ts';

const unfinishedName = 'archive.db.recovering';
const finishedName = 'archive.db.recovered';
const mendedEnd = '-mended';
const asideName = /^archive\.db\.damaged-[0-9TZ]+$/;
const comparedBytes = 2 ** 20;
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
    syncPath(join(folder, unfinishedName));
    renameSync(join(folder, unfinishedName), join(folder, finishedName));
    syncPath(folder);
    finishRecovery(folder);
    return new AppError('archive/damaged', { rows, file: aside });
  } catch (thrown) {
    throw asAppError(thrown, 'archive/not-mended');
  }
}

/** Puts a store that was recovered whole in the place of the damaged one, also after a power cut. */
export function finishRecovery(folder: string): void {
  for (const name of readdirSync(folder).filter(isMendedCopy)) rmSync(join(folder, name));
  if (!existsSync(join(folder, finishedName))) return;
  // The log of the damaged store must not be taken for that of the new one.
  for (const end of ['-wal', '-shm', '-journal']) rmSync(join(folder, databaseName + end), { force: true });
  syncPath(folder);
  renameSync(join(folder, finishedName), join(folder, databaseName));
  syncPath(folder);
}

const isMendedCopy = (name: string): boolean => name.startsWith(`${databaseName}.damaged-`) && name.includes(mendedEnd);

/** Another name for the same file takes no room on a disk that may be full; what was put aside by a recovery that failed need not be again. */
function putAside(folder: string, nowUs: number): string {
  const isOfNow = (name: string): boolean =>
    ['', '-wal'].every((end) => isSameContent(join(folder, databaseName + end), join(folder, name + end)));
  const before = readdirSync(folder).find((name) => asideName.test(name) && isOfNow(name));
  if (before !== undefined) return before;
  const time = new Date(nowUs / 1000).toISOString().replace(/[-:]/g, '').replace('.', '');
  const aside = `${databaseName}.damaged-${time}`;
  for (const end of ['', '-wal']) {
    const [from, to] = [join(folder, databaseName + end), join(folder, aside + end)];
    if (!existsSync(from)) continue;
    try {
      linkSync(from, to);
    } catch {
      copyWhole(from, to);
    }
  }
  syncPath(folder);
  return aside;
}

function copyWhole(from: string, to: string): void {
  try {
    copyFileSync(from, to);
  } catch (thrown) {
    rmSync(to, { force: true });
    throw thrown;
  }
}

function isSameContent(one: string, other: string): boolean {
  const [first, second] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  const bytes = first?.size ?? 0;
  if (bytes !== (second?.size ?? 0)) return false;
  return bytes === 0 || first?.ino === second?.ino || isSameBytes(one, other, bytes);
}

function isSameBytes(one: string, other: string, bytes: number): boolean {
  const [first, second] = [openSync(one, 'r'), openSync(other, 'r')];
  const [ours, theirs] = [Buffer.alloc(comparedBytes), Buffer.alloc(comparedBytes)];
  try {
    for (let at = 0; at < bytes; at += comparedBytes) {
      const read = readSync(first, ours, 0, comparedBytes, at);
      readSync(second, theirs, 0, comparedBytes, at);
      if (!ours.subarray(0, read).equals(theirs.subarray(0, read))) return false;
    }
    return true;
  } finally {
    closeSync(first);
    closeSync(second);
  }
}

async function copyRows(from: string, to: string, nowUs: number): Promise<number> {
  closeSync(openSync(to, 'wx', 0o600));
  const recovered = openDatabase(to);
  // What rows refer to may be lost; it is mended when all have come. Then the file is synced whole; until then it counts for nothing.
  recovered.exec('pragma foreign_keys=off; pragma synchronous=off; pragma journal_mode=memory');
  const database = kyselyOn(recovered);
  try {
    await migrate(database);
    using damaged = openDamaged(from, to);
    const rows = damaged === undefined ? 0 : await copyTables(damaged.database, database);
    await mendReferences(database, nowUs);
    return rows;
  } finally {
    await database.destroy();
  }
}

interface Reader extends Disposable {
  readonly database: DatabaseSync;
}

/** `fresh`: a new store of the same tables. Undefined: nothing of it can be read. */
function openDamaged(path: string, fresh: string): Reader | undefined {
  return openReader(path, [`${path}-shm`]) ?? openMended(path, fresh);
}

/** `files`: made for it, and gone with it. */
function openReader(path: string, files: readonly string[]): Reader | undefined {
  let database: DatabaseSync | undefined;
  const forget = (): void => {
    database?.close();
    for (const file of files) rmSync(file, { force: true });
    if (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size === 0) rmSync(`${path}-wal`);
  };
  try {
    database = openDatabase(path, true);
    for (const table of tableNames) database.prepare(`select * from ${table} limit 1`);
    return { database, [Symbol.dispose]: forget };
  } catch {
    forget();
    return undefined;
  }
}

/**
 * The first page says where all tables begin. It is the same in every store that the same migrations have made: a copy gets that of a new
 * one. Header: sqlite.org/fileformat2.html#the_database_header.
 */
function openMended(path: string, fresh: string): Reader | undefined {
  const copy = path + mendedEnd;
  const ends = ['', '-wal', '-shm'];
  copyFileSync(path, copy);
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
  const pageBytes = readFileSync(fresh).readUInt16BE(16);
  const page = readFileSync(fresh).subarray(0, pageBytes);
  // Write-ahead log; no free pages are known; as many pages as there are.
  page.fill(2, 18, 20).fill(0, 32, 40);
  page.writeUInt32BE(Math.floor(statSync(copy).size / pageBytes), 28);
  page.copy(page, 92, 24, 28);
  const file = openSync(copy, 'r+');
  writeSync(file, page, 0, page.length, 0);
  closeSync(file);
  return openReader(
    copy,
    ends.map((end) => copy + end),
  );
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
