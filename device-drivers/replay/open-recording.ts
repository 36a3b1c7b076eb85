import { basename } from 'node:path';
import { AppError, asAppError, printable } from '../../src/app-error.ts';
import { dicomRecording } from './dicom-recording.ts';
import { isMetaImage, metaImageRecording } from './metaimage-recording.ts';
import { openCodecs } from './pixel-codecs.ts';
import { readFile } from './read-file.ts';
import type { Recording } from './recording.ts';

/** Opens a file as what its content says it is. Throws replay/… errors. */
export async function openRecording(path: string): Promise<Recording> {
  const file = printable(basename(path), 120);
  const bytes = readFile(path, file);
  try {
    if (isMetaImage(bytes)) return await metaImageRecording(bytes, path, file);
    if (!looksLikeDicom(bytes)) throw new AppError('replay/unknown-kind', { file });
    await openCodecs();
    return await dicomRecording(bytes, file);
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
