import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { AppError } from '../../src/app-error.ts';
import { maxFileBytes } from './recording.ts';

/** The bytes of a file of at most `maxFileBytes`; `file` is its name in errors. Throws `replay/unreadable`, `replay/too-large`. */
export function readFile(path: string, file: string): Uint8Array {
  let descriptor: number | undefined;
  try {
    // Opening a pipe would wait for its writer.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = fstatSync(descriptor);
    if (!facts.isFile()) throw new AppError('replay/unreadable', { file, reason: 'it is not a file' });
    if (facts.size > maxFileBytes) throw new AppError('replay/too-large', { file, bytes: facts.size, limit: maxFileBytes });
    return readAll(descriptor, facts.size);
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    const reason = (thrown as NodeJS.ErrnoException).code ?? 'unknown';
    throw new AppError('replay/unreadable', { file, reason }, { cause: thrown });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** A file that grows shorter meanwhile gives what is there. */
function readAll(descriptor: number, size: number): Uint8Array {
  const bytes = Buffer.alloc(size);
  let at = 0;
  while (at < size) {
    const read = readSync(descriptor, bytes, at, size - at, at);
    if (read === 0) break;
    at += read;
  }
  return bytes.subarray(0, at);
}
