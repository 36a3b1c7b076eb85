import { AppError } from '../app-error.ts';
import { type Codec, codecFacts, type PictureShape, pictureBytes } from './codec.ts';

/** One end's zstd; `decompress` answers `bytes` bytes or throws. */
export interface Zstd {
  compress(bytes: Uint8Array): Uint8Array;
  decompress(packed: Uint8Array, bytes: number): Uint8Array;
}

/**
 * Exact and cheap: each sample less its left neighbour of the same kind (of the byte in Y16, of the colour in RGB24; the
 * first of a line less 0, modulo 256), then zstd (RFC 8878).
 */
export function deltaZstd(zstd: Zstd): Codec {
  let differences = new Uint8Array(0);
  let result = new Uint8Array(0);
  return {
    name: 'delta-zstd',
    ...codecFacts['delta-zstd'],
    encode(picture, pixels) {
      if (differences.length !== pixels.length) differences = new Uint8Array(pixels.length);
      const { step, line } = strideOf(picture);
      for (let start = 0; start < pixels.length; start += line) {
        for (let at = start; at < start + step; at++) differences[at] = pixels[at] as number;
        for (let at = start + step; at < start + line; at++) differences[at] = (pixels[at] as number) - (pixels[at - step] as number);
      }
      return zstd.compress(differences);
    },
    decode(picture, payload) {
      const bytes = pictureBytes(picture);
      const unpacked = decompressed(zstd, payload, bytes);
      if (result.length !== bytes) result = new Uint8Array(bytes);
      const { step, line } = strideOf(picture);
      for (let start = 0; start < bytes; start += line) {
        for (let at = start; at < start + step; at++) result[at] = unpacked[at] as number;
        for (let at = start + step; at < start + line; at++) result[at] = (unpacked[at] as number) + (result[at - step] as number);
      }
      return result;
    },
  };
}

/** Distance of a sample from its neighbour, and bytes of a line. */
function strideOf({ width, height, pixelFormat }: PictureShape): { step: number; line: number } {
  const line = pictureBytes({ width, height, pixelFormat }) / height;
  return { step: line / width, line };
}

function decompressed(zstd: Zstd, payload: Uint8Array, bytes: number): Uint8Array {
  let unpacked: Uint8Array;
  try {
    unpacked = zstd.decompress(payload, bytes);
  } catch (thrown) {
    throw new AppError('codec/damaged', { codec: 'delta-zstd', reason: String(thrown) }, { cause: thrown });
  }
  if (unpacked.length !== bytes)
    throw new AppError('codec/damaged', { codec: 'delta-zstd', reason: `${unpacked.length} bytes, not ${bytes}` });
  return unpacked;
}
