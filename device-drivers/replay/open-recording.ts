import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { AppError, asAppError, printable } from '../../src/app-error.ts';
import { dicomRecording } from './dicom-recording.ts';
import { isMetaImage, metaImageRecording } from './metaimage-recording.ts';
import { PixelCodecs } from './pixel-codecs.ts';
import { maxFileBytes, type Recording } from './recording.ts';

/** Opens a file as what its content says it is. Throws replay/… errors. */
export async function openRecording(path: string): Promise<Recording> {
  const file = printable(basename(path), 120);
  const bytes = readWhole(path, file);
  try {
    if (isMetaImage(bytes)) return await metaImageRecording(bytes, path, file);
    if (!looksLikeDicom(bytes)) throw new AppError('replay/unknown-kind', { file });
    return await dicomRecording(bytes, file, await PixelCodecs.open());
  } catch (thrown) {
    throw asAppError(thrown, 'replay/not-readable', { file });
  }
}

/** Part 10 has its mark; without a preamble the first element's group is 0002 or 0008, in either byte order. */
function looksLikeDicom(bytes: Uint8Array): boolean {
  if (String.fromCharCode(...bytes.subarray(128, 132)) === 'DICM') return true;
  const [first, second] = [bytes[0], bytes[1]];
  return (second === 0 && (first === 2 || first === 8)) || (first === 0 && (second === 2 || second === 8));
}

function readWhole(path: string, file: string): Uint8Array {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (thrown) {
    throw new AppError('replay/unreadable', { file, reason: (thrown as NodeJS.ErrnoException).code ?? 'unknown' }, { cause: thrown });
  }
  try {
    const facts = fstatSync(descriptor);
    if (!facts.isFile()) throw new AppError('replay/unreadable', { file, reason: 'it is not a file' });
    if (facts.size > maxFileBytes) throw new AppError('replay/too-large', { file, bytes: facts.size, limit: maxFileBytes });
    const bytes = Buffer.alloc(facts.size);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(descriptor, bytes, at, bytes.length - at, at);
      if (read === 0) break;
      at += read;
    }
    return bytes.subarray(0, at);
  } finally {
    closeSync(descriptor);
  }
}
