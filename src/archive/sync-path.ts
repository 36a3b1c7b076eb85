import { closeSync, fsyncSync, openSync } from 'node:fs';

/** A file with its content, or a folder with the names in it, is on disk. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
