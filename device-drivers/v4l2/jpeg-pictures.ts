import { createRequire } from 'node:module';
import type { PictureShape } from '../../src/codec/codec.ts';
import type { JpegModule } from '../../src/codec/emscripten.ts';
import { type JpegCodec, jpeg } from '../../src/codec/jpeg.ts';
import { type JpegHead, jpegEnd, jpegHead } from './jpeg-head.ts';

/**
 * Huffman tables of motion JPEG, which leaves them out: ITU-T T.81, tables K.3 to K.6, as one segment with its marker.
 * Per table: class and number, how many codes there are of each length, their values.
 */
const usualTables = Buffer.from(
  [
    'ffc401a2',
    '00 00010501010101010100000000000000 000102030405060708090a0b',
    '01 00030101010101010101010000000000 000102030405060708090a0b',
    '10 0002010303020403050504040000017d 01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a16',
    '1718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a83848586878889',
    '8a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9ea',
    'f1f2f3f4f5f6f7f8f9fa',
    '11 00020102040403040705040400010277 000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434',
    'e125f11718191a262728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a828384858687',
    '88898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9',
    'eaf2f3f4f5f6f7f8f9fa',
  ]
    .join('')
    .replaceAll(' ', ''),
  'hex',
);

/** Why a picture is not decoded that may be whole. */
export const beingReplaced = 'the decoder is being replaced';

/** Decodes the pictures of motion JPEG with libjpeg-turbo. */
export class JpegPictures {
  #codec: JpegCodec | undefined;

  /** Resolves when the decoder is there. */
  async open(): Promise<void> {
    // The package is CommonJS and brings no types.
    const load = createRequire(import.meta.url)('@cornerstonejs/codec-libjpeg-turbo-8bit/wasmjs') as () => Promise<JpegModule>;
    this.#codec = jpeg(await load());
  }

  /** Pixels, valid until the next call, or why there are none. The picture must be of the size that was agreed upon. */
  decode(bytes: Buffer, width: number, height: number): { readonly shape: PictureShape; readonly pixels: Buffer } | string {
    const codec = this.#codec;
    if (codec === undefined) return beingReplaced;
    const end = jpegEnd(bytes);
    if (end === 0) return 'its end is missing';
    const head = jpegHead(bytes.subarray(0, end));
    if (typeof head === 'string') return head;
    if (head.width !== width || head.height !== height) return `it is one of ${head.width}x${head.height}`;
    if (head.components !== 1 && head.components !== 3) return `it has ${head.components} channels`;
    const shape = { width, height, pixelFormat: head.components === 1 ? ('GREY' as const) : ('RGB24' as const) };
    try {
      const pixels = codec.decode(shape, whole(bytes.subarray(0, end), head));
      return { shape, pixels: Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength) };
    } catch (thrown) {
      // libjpeg leaves through an exception, with its stack and its buffers in disorder.
      this.#codec = undefined;
      this.open().catch(() => undefined);
      return thrown instanceof Error ? thrown.message : 'its data are damaged';
    }
  }
}

function whole(bytes: Buffer, { hasTables, scanAt }: JpegHead): Uint8Array {
  return hasTables ? bytes : Buffer.concat([bytes.subarray(0, scanAt), usualTables, bytes.subarray(scanAt)]);
}
