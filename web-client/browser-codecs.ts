import charlsUrl from '@cornerstonejs/codec-charls/decodewasm?url';
import openCharls from '@cornerstonejs/codec-charls/decodewasmjs';
import turboUrl from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm?url';
import openTurbo from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';
import { ZSTDDecoder } from 'zstddec';
import type { Codecs } from '../src/codec/codecs.ts';
import { deltaZstd } from '../src/codec/delta-zstd.ts';
import { jpeg } from '../src/codec/jpeg.ts';
import { jpegLs } from '../src/codec/jpeg-ls.ts';
import { raw } from '../src/codec/raw.ts';

/** The codecs as they run in a browser's worker: they only decode. */
export async function openBrowserCodecs(): Promise<Codecs> {
  const zstd = new ZSTDDecoder();
  const [charls, turbo] = await Promise.all([
    openCharls({ locateFile: () => charlsUrl }),
    openTurbo({ locateFile: () => turboUrl }),
    zstd.init(),
  ]);
  const compress = (): never => {
    throw new Error('a browser only decodes');
  };
  return {
    raw,
    'delta-zstd': deltaZstd({ compress, decompress: (packed, bytes) => zstd.decode(packed, bytes) }),
    jpeg: jpeg(turbo),
    'jpeg-ls': jpegLs(charls),
  };
}
