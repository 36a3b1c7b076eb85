import { accessSync, chmodSync, closeSync, constants, existsSync, mkdirSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import { AppError, asAppError } from '../app-error.ts';
import { databaseName, lockName, probeName } from './file-names.ts';
import { migrate, unknownMigrations } from './migrations.ts';
import { finishRecovery, recover } from './recover.ts';
import { countBroken } from './salvage.ts';
import { type Database, isDamage, kyselyOn, openDatabase, resultCode, resultCodes } from './sqlite.ts';
import { syncPath } from './sync-path.ts';

export interface Store extends AsyncDisposable {
  readonly database: Database;
  readonly readOnly: boolean;
  /** Every row was looked at. */
  readonly isChecked: boolean;
  /** What was found wrong when it was opened, and mended as far as that can be. */
  readonly damage: AppError | undefined;
}

/**
 * Opens the store of a folder, mends it where it is damaged, and keeps other processes from it. Where the disk refuses to write, it can be
 * read. A store of more than `checkFirstBytes` is not checked. Throws `archive/in-use`, `archive/newer`, `archive/folder-unusable`, `archive/not-durable`, `archive/not-mended`.
 */
export async function openStore(path: string, nowUs: number, checkFirstBytes: number): Promise<Store> {
  const folder = resolve(path);
  if (!mayWrite(folder)) return await openToRead(folder);
  const lock = takeLock(folder);
  if (lock === undefined) return await openToRead(folder);
  try {
    finishRecovery(folder);
    const isChecked = bytesOf(folder) <= checkFirstBytes;
    const whole = await openWhole(folder, isChecked).catch(unlessDamaged);
    const damage = whole === undefined ? await recover(folder, nowUs) : undefined;
    const database = whole ?? (await openWhole(folder, true));
    return {
      database,
      readOnly: false,
      isChecked: isChecked || whole === undefined,
      damage,
      [Symbol.asyncDispose]: () => database.destroy().finally(() => lock.close()),
    };
  } catch (thrown) {
    lock.close();
    throw thrown;
  }
}

/** The store with all its rows as they were written. Throws SQLite's own error where it is damaged. */
async function openWhole(folder: string, check: boolean): Promise<Database> {
  const path = join(folder, databaseName);
  // What SQLite makes beside it gets the same rights.
  touch(path);
  chmodSync(path, 0o600);
  if (check) await mustBeWhole(path);
  const database = openDatabase(path);
  try {
    setUp(database, folder);
    const kysely = kyselyOn(database);
    await migrate(kysely);
    return kysely;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

/** A commit that has answered is on disk: in WAL mode that is so with `synchronous=FULL` only (sqlite.org/pragma.html#pragma_synchronous). */
function setUp(database: DatabaseSync, folder: string): void {
  database.exec('pragma synchronous=full; pragma foreign_keys=on; pragma busy_timeout=2000; pragma journal_size_limit=16777216');
  const mode = database.prepare('pragma journal_mode=wal').get()?.journal_mode;
  const synchronous = database.prepare('pragma synchronous').get()?.synchronous;
  if (mode !== 'wal' || synchronous !== 2) throw new AppError('archive/not-durable', { folder, reason: `${mode}, ${synchronous}` });
}

/** Looks only: whoever may write would put the log into the file when it is closed, and what was damaged would be so no longer as it was. */
export async function mustBeWhole(path: string): Promise<void> {
  const database = openDatabase(path, true);
  try {
    if ((await unknownMigrations(kyselyOn(database))).length > 0) return;
    const found = database.prepare('pragma integrity_check(1)').get()?.integrity_check;
    if (found !== 'ok') throw new DamagedError(String(found));
    const broken = countBroken(database);
    if (broken > 0) throw new DamagedError(`${broken} rows are not as they were written`);
  } finally {
    database.close();
  }
}

class DamagedError extends Error {
  readonly errcode = resultCodes.corrupt;
}

function unlessDamaged(thrown: unknown): undefined {
  if (isDamage(thrown)) return undefined;
  throw thrown;
}

function bytesOf(folder: string): number {
  return statSync(join(folder, databaseName), { throwIfNoEntry: false })?.size ?? 0;
}

/** A file system that found an error in itself refuses writes and says nothing of it when it is asked for rights. */
function mayWrite(folder: string): boolean {
  try {
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (let below = folder; made !== undefined && below.startsWith(made); below = dirname(below)) syncPath(dirname(below));
    writeFileSync(join(folder, probeName), '');
    rmSync(join(folder, probeName));
    const database = join(folder, databaseName);
    if (existsSync(database)) accessSync(database, constants.W_OK);
    return true;
  } catch (thrown) {
    if (['ENOSPC', 'EDQUOT'].includes((thrown as NodeJS.ErrnoException).code ?? '')) return true;
    if (isRefusal(thrown) && existsSync(folder) && statSync(folder).isDirectory()) return false;
    throw asAppError(thrown, 'archive/folder-unusable', { folder });
  }
}

function isRefusal(thrown: unknown): boolean {
  return ['EROFS', 'EACCES', 'EPERM'].includes((thrown as NodeJS.ErrnoException).code ?? '');
}

/** Only where it is not there: closing any handle of a file ends the locks of its process (fcntl_locking(2)). */
function touch(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
}

/** A lock of the kernel: it ends with the process, however that ends. Undefined: the disk refuses. */
function takeLock(folder: string): DatabaseSync | undefined {
  const path = join(folder, lockName);
  let lock: DatabaseSync | undefined;
  try {
    touch(path);
    lock = openDatabase(path);
    // Nothing is ever written to it, so nothing of it goes to disk.
    lock.exec('pragma journal_mode=memory; begin exclusive');
    return lock;
  } catch (thrown) {
    lock?.close();
    if (resultCode(thrown) === resultCodes.busy) throw new AppError('archive/in-use', { folder });
    if (isRefusal(thrown) || resultCode(thrown) === resultCodes.readOnly || resultCode(thrown) === resultCodes.cannotOpen) return undefined;
    throw asAppError(thrown, 'archive/folder-unusable', { folder });
  }
}

/** What a disk that takes no writes still tells: also what a process that was killed left in its log. */
async function openToRead(folder: string): Promise<Store> {
  const database = kyselyOn(openAsItLies(folder));
  const [newest] = await unknownMigrations(database);
  if (newest !== undefined) {
    await database.destroy();
    throw new AppError('archive/newer', { version: newest });
  }
  await database.introspection.getTables();
  if (!existsSync(join(folder, databaseName))) await migrate(database);
  await sql`pragma query_only=on`.execute(database);
  return { database, readOnly: true, isChecked: true, damage: undefined, [Symbol.asyncDispose]: () => database.destroy() };
}

function openAsItLies(folder: string): DatabaseSync {
  const path = join(folder, databaseName);
  if (!existsSync(path)) return openDatabase(':memory:');
  try {
    const database = openDatabase(path, true);
    database.prepare('select count(*) from sqlite_schema').get();
    return database;
  } catch (thrown) {
    // In WAL mode even reading makes a file beside it (sqlite.org/wal.html#read_only_databases).
    const log = `${path}-wal`;
    if (resultCode(thrown) !== resultCodes.cannotOpen || (existsSync(log) && statSync(log).size > 0)) throw thrown;
    const url = pathToFileURL(path);
    url.search = '?immutable=1';
    return openDatabase(url, true);
  }
}
