import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filter, firstValueFrom } from 'rxjs';
import { Archive, type ArchiveSettings } from '../../src/archive/archive.ts';
import type { ArchiveState, Author, Bookmark, Kept, SharedMark } from '../../src/protocol/examination-messages.ts';

export const anna: Author = { name: 'Anna', key: '00000000000000aa' };
export const bert: Author = { name: 'Bert', key: '00000000000000bb' };

const mebibyte = 2 ** 20;
/** Tests run on disks of any size: there is room. */
export const roomy = { freeBytes: async () => 100_000 * mebibyte, periodMs: 60_000 };
export const silentLog = { info: () => undefined, warn: () => undefined };

export const hex = (number: number): string => number.toString(16).padStart(16, '0');

export function markOf(number: number, change: Partial<SharedMark> = {}): SharedMark {
  return {
    mark: hex(number),
    stream: 0,
    revision: 1,
    shape: {
      kind: 'distance',
      number,
      points: [
        { x: 10.25, y: 20 },
        { x: 100, y: 50 + number },
      ],
      label: 'LV "Größe" 🫀',
    },
    fromUs: 1_700_000_000_000_000 + number,
    picture: { width: 640, height: 480, regions: [] },
    author: anna,
    madeUs: 1_700_000_000_000_001,
    changedUs: 1_700_000_000_000_001,
    ...change,
  };
}

export function keptOf(number: number, change: Partial<Kept> = {}): Kept {
  return {
    ...{ kept: hex(number), kind: 'still', stream: 0, source: 'Echo', modality: 'ultrasound', state: 'kept', fromUs: 5, toUs: 5 },
    ...{ frames: 1, lost: 0, bytes: 4, author: anna, madeUs: 1_700_000_000_000_000 + number },
    ...change,
  };
}

export const bookmarkOf = (number: number, atUs: number): Bookmark => ({
  bookmark: hex(number),
  stream: 0,
  atUs,
  text: 'da',
  author: bert,
});

/** A folder that goes with the test; `fast`: in memory where that can be, for what is not about disks. */
export function temporaryFolder(fast = false): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(fast && existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'lumencast-archive-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export function openArchive(folder: string, settings: Partial<ArchiveSettings> = {}): Promise<Archive> {
  return Archive.open({ folder, log: silentLog, nowUs: () => Date.now() * 1000, space: roomy, ...settings });
}

export function untilState(archive: Archive, state: ArchiveState['state']): Promise<ArchiveState> {
  return firstValueFrom(archive.state$.pipe(filter((now) => now.state === state)));
}
