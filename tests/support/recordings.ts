import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Real recordings stand beside the repository and are never part of it; tests on them are skipped where they are missing. */
export const recordingsFolder = resolve(import.meta.dirname, '../../../shared/data');
export const haveRecordings = existsSync(resolve(recordingsFolder, 'manifest.json'));
export const recording = (name: string): string => resolve(recordingsFolder, name);

interface ManifestEntry {
  readonly file: string;
  readonly dicom?: {
    readonly frames: number;
    readonly columns: number;
    readonly rows: number;
    readonly photometric: string;
    readonly transfer_syntax: string;
  };
  readonly decode_check?: {
    readonly decoded: boolean;
    readonly frames_found?: number;
    readonly mean_first?: number;
    readonly mean_last?: number;
  };
}

export function manifest(): readonly ManifestEntry[] {
  return (JSON.parse(readFileSync(resolve(recordingsFolder, 'manifest.json'), 'utf8')) as { files: ManifestEntry[] }).files;
}
