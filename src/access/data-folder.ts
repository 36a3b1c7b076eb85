import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { AppError, asAppError } from '../app-error.ts';

const lockName = 'server.lock';

/** Where this server keeps what must outlive it: `$XDG_STATE_HOME/lumencast`, as the XDG Base Directory Specification has it. */
export function usualDataFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const { XDG_STATE_HOME: state } = environment;
  // A relative path there is to be ignored, says the specification.
  return join(state?.startsWith('/') === true ? state : join(homedir(), '.local/state'), 'lumencast');
}

/** A folder for this user alone, used by one server at a time. Throws access/folder-… errors. */
export class DataFolder {
  readonly path: string;
  /** Writes go one after the other, so that the newest content stays. */
  #written: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = resolve(path);
    try {
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
      this.#lock();
    } catch (thrown) {
      throw asAppError(thrown, 'access/folder-unusable', { folder: this.path });
    }
  }

  /** Undefined where there is no such file. Whatever it was, from now on it is this user's alone. */
  read(name: string): string | undefined {
    const file = join(this.path, name);
    try {
      chmodSync(file, 0o600);
      return readFileSync(file, 'utf8');
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw asAppError(thrown, 'access/folder-unusable', { folder: this.path });
    }
  }

  /** Replaces a file whole: a power cut leaves the old content or the new. */
  write(name: string, content: string): Promise<void> {
    const written = this.#written.then(() => replaceFile(this.path, name, content));
    this.#written = written.catch(() => undefined);
    return written.catch((thrown) => {
      throw asAppError(thrown, 'access/folder-unusable', { folder: this.path });
    });
  }

  /** Keeps what cannot be read for whoever wants to know why. */
  putAside(name: string): void {
    renameSync(join(this.path, name), join(this.path, `${name}.damaged`));
  }

  async close(): Promise<void> {
    await this.#written;
    rmSync(join(this.path, lockName), { force: true });
  }

  #lock(): void {
    const file = join(this.path, lockName);
    const own = `${process.pid} ${startOf(process.pid)}`;
    try {
      writeFileSync(file, own, { flag: 'wx', mode: 0o600 });
      return;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    }
    const [pid = 0, start = ''] = readFileSync(file, 'utf8').split(' ');
    if (isRunning(Number(pid), start)) throw new AppError('access/folder-in-use', { folder: this.path, pid: Number(pid) });
    writeFileSync(file, own, { mode: 0o600 });
  }
}

/** A power cut leaves the old content or the new. */
export async function replaceFile(folder: string, name: string, content: string): Promise<void> {
  const next = join(folder, `${name}.next`);
  const file = await open(next, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, join(folder, name));
  const directory = await open(folder, 'r');
  await directory.sync().finally(() => directory.close());
}

/** A lock outlives a power cut, and its number may then be another process's: when that began tells them apart. */
export function isRunning(pid: number, start: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startOf(pid) === start;
}

/** Clock ticks from the start of the machine to that of the process, proc_pid_stat(5) field 22; the same for all where there is no /proc. */
export function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets, which may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
