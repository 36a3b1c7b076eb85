import { open } from 'node:fs/promises';
import type { PictureDescription } from './description.ts';
import { fileEnd, readContent } from './frame-file.ts';
import { openFrameFile } from './kept-file.ts';
import { writeAll } from './write-all.ts';

/** What is there of a clip whose writer ended while it wrote. */
export interface TornClip {
  /** Name of the stream; empty: that was not to be read. */
  readonly source: string;
  readonly modality: PictureDescription['modality'];
  readonly fromUs: number;
  readonly toUs: number;
  readonly frames: number;
  readonly lost: number;
  readonly bytes: number;
}

/** Closes its file behind the last whole record; it is synced when this resolves. Undefined: no frame of it is there. Throws `record/unreadable`. */
export async function closeTornClip(path: string): Promise<TornClip | undefined> {
  const bytes = await closeFile(path);
  await using file = await openFrameFile(path);
  const { index, lost } = file;
  if (index.length === 0) return undefined;
  const [description] = Object.values(await file.descriptions(0, 1));
  const { name = '', modality = 'other' } = description ?? {};
  return { source: name.slice(0, 80), modality, fromUs: index.firstUs, toUs: index.lastUs, frames: index.length, lost, bytes };
}

/** Answers its length. */
async function closeFile(path: string): Promise<number> {
  const file = await open(path, 'r+');
  try {
    const { complete, endOffset, descriptions, index } = await readContent(file, path);
    if (!complete) {
      await file.truncate(endOffset);
      await writeAll(file, fileEnd(endOffset, descriptions, index), endOffset);
    }
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}
