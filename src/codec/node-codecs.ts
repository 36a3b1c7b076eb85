import { createRequire } from 'node:module';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { StillCodecName } from '../protocol/tiers.ts';
import type { Codec } from './codec.ts';
import { deltaZstd } from './delta-zstd.ts';
import type { FactoryOptions, JpegLsModule, JpegModule } from './emscripten.ts';
import { type JpegCodec, jpeg } from './jpeg.ts';
import { jpegLs } from './jpeg-ls.ts';
import { raw } from './raw.ts';

type Factory<Module> = (options?: FactoryOptions) => Promise<Module>;

// The packages are CommonJS and bring no types.
const load = createRequire(import.meta.url);
const fastest = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** The codecs as they run in Node, able to encode and to decode. */
export async function openCodecs(): Promise<Readonly<Record<StillCodecName, Codec>> & { readonly jpeg: JpegCodec }> {
  const openCharls = load('@cornerstonejs/codec-charls/wasmjs') as Factory<JpegLsModule>;
  const openTurbo = load('@cornerstonejs/codec-libjpeg-turbo-8bit/wasmjs') as Factory<JpegModule>;
  const [charls, turbo] = await Promise.all([openCharls(), openTurbo()]);
  return {
    raw,
    'delta-zstd': openDeltaZstd(),
    jpeg: jpeg(turbo),
    'jpeg-ls': jpegLs(charls),
  };
}

/** The one of them that needs no WebAssembly. */
export function openDeltaZstd(): Codec {
  return deltaZstd({
    compress: (bytes) => zstdCompressSync(bytes, fastest),
    decompress: (packed, bytes) => zstdDecompressSync(packed, { maxOutputLength: bytes }),
  });
}
