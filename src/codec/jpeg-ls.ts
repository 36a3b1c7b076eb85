import { type Codec, codecFacts, pictureBytes } from './codec.ts';
import { decodeWith } from './decode-with.ts';
import { frameInfoOf, type JpegLsModule } from './emscripten.ts';

/** ITU-T T.87 C.2.3: the samples of a pixel stand together. */
const sampleInterleaved = 2;

/** Exact, the smallest of the still-picture codecs on ultrasound (docs/performance.md), and a transfer syntax of DICOM. */
export function jpegLs(module: JpegLsModule): Codec {
  const encoder = module.JpegLSEncoder && new module.JpegLSEncoder();
  const decoder = new module.JpegLSDecoder();
  return {
    name: 'jpeg-ls',
    ...codecFacts['jpeg-ls'],
    encode(picture, pixels) {
      if (encoder === undefined) throw new Error('opened for decoding only');
      encoder.getDecodedBuffer(frameInfoOf(picture)).set(pixels);
      encoder.setNearLossless(0);
      encoder.setInterleaveMode(picture.pixelFormat === 'RGB24' ? sampleInterleaved : 0);
      encoder.encode();
      return encoder.getEncodedBuffer();
    },
    decode: (picture, payload) => decodeWith('jpeg-ls', decoder, frameInfoOf(picture), pictureBytes(picture), payload),
  };
}
