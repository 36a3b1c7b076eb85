import { basename, dirname, join } from 'node:path';
import { constants, createInflate } from 'node:zlib';
import { AppError, printable } from '../../src/app-error.ts';
import type { MetaImageHeader } from './metaimage-header.ts';
import { readFile } from './read-file.ts';

/** The pixels as they were before compression, as far as they are there. Throws replay/… errors. */
export async function readPixels(bytes: Uint8Array, header: MetaImageHeader, path: string, file: string): Promise<Uint8Array> {
  const refuse = (reason: string): AppError => new AppError('replay/bad-header', { file, reason: printable(reason) });
  const stored = storedBytes(bytes, header, path, refuse);
  const { compressed, totalBytes, skip } = header;
  const skipped = skip >= 0 ? skip : compressed ? 0 : Math.max(0, stored.length - totalBytes);
  const own = stored.subarray(skipped);
  if (!compressed) return own.subarray(0, totalBytes);
  // zlib reaches about 1000 : 1; a header that asks for more lies, and nothing is allocated for it.
  if (totalBytes > own.length * 1100) throw refuse(`${totalBytes} bytes are announced, ${own.length} compressed ones cannot hold them`);
  try {
    return await inflated(own, totalBytes);
  } catch (thrown) {
    throw refuse(`the compressed pixels are damaged: ${(thrown as Error).message}`);
  }
}

/** The pixels stand behind the header, or in one file beside it: a name with a folder in it is refused. */
function storedBytes(bytes: Uint8Array, header: MetaImageHeader, path: string, refuse: (reason: string) => AppError): Uint8Array {
  const name = header.fields.get('ElementDataFile') ?? '';
  if (/^local$/i.test(name)) return bytes.subarray(header.dataOffset);
  if (name === 'LIST' || /%/.test(name)) throw refuse('its pixels are spread over many files');
  if (name === '' || name !== basename(name) || name.includes('\\') || name.startsWith('.'))
    throw refuse(`ElementDataFile is ${name}: only a file beside it is read`);
  return readFile(join(dirname(path), name), printable(name, 120));
}

/** Inflates into one buffer of the announced size: what the stream holds beyond is not kept, what it lacks is not invented. */
async function inflated(stored: Uint8Array, totalBytes: number): Promise<Uint8Array> {
  const target = new Uint8Array(totalBytes);
  let filled = 0;
  // A stream that was cut off gives what it has.
  const inflate = createInflate({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 2 ** 20 });
  inflate.end(stored);
  for await (const chunk of inflate as AsyncIterable<Uint8Array>) {
    const wanted = chunk.subarray(0, totalBytes - filled);
    target.set(wanted, filled);
    filled += wanted.length;
    // The check sum stands behind the last byte; a stream that runs on is a bomb.
    if (wanted.length < chunk.length) break;
  }
  return target.subarray(0, filled);
}
