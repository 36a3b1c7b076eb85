import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError, asAppError } from '../app-error.ts';

/**
 * Lets `write` fill a file and puts it in its place when it is on disk; a power cut leaves the whole file or none. Throws what `write`
 * throws, `archive/full`, `archive/read-only`, `archive/file-not-written`; then nothing is left of it.
 */
export async function writeFileWhole<Written>(part: string, path: string, write: (path: string) => Promise<Written>): Promise<Written> {
  const folder = dirname(path);
  try {
    if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) await sync(dirname(folder));
    await rm(part, { force: true });
    const written = await write(part);
    await putInPlace(part, path);
    return written;
  } catch (thrown) {
    await rm(part, { force: true }).catch(() => undefined);
    throw fileError(thrown);
  }
}

/** What is written is there under its name also after a power cut. */
export async function putInPlace(part: string, path: string): Promise<void> {
  await sync(part);
  await rename(part, path);
  await sync(dirname(path));
}

function fileError(thrown: unknown): AppError {
  const code = (thrown as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new AppError('archive/full', {}, { cause: thrown });
  if (code === 'EROFS') return new AppError('archive/read-only', {}, { cause: thrown });
  return asAppError(thrown, 'archive/file-not-written');
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  await file.sync().finally(() => file.close());
}
