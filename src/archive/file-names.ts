import { join } from 'node:path';

export const databaseName = 'archive.db';
export const lockName = 'archive.lock';
/** Of a file that shows whether the disk takes writes. */
export const probeName = 'archive.probe';
/** Of stills and clips, in a folder by examination. */
export const fileEnd = '.frames';
/** Of what is being written. */
export const partEnd = '.frames.part';
export const studyName = /^2\.25\.[0-9]{1,39}$/;
export const keptName = /^[0-9a-f]{16}$/;

/** Where the frames of something kept are. Ids that came over the network have no other form than this. */
export function framesFile(folder: string, examination: string, kept: string, end: string = fileEnd): string {
  if (!studyName.test(examination) || !keptName.test(kept)) throw new RangeError('not an id of something kept');
  return join(folder, examination, kept + end);
}
