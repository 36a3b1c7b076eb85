import { type Codec, codecFacts, pictureBytes } from './codec.ts';
import { decodeWith } from './decode-with.ts';
import { frameInfoOf, type JpegModule } from './emscripten.ts';

/** JPEG with a quality that follows the line. */
export interface JpegCodec extends Codec {
  /** 1 to 100, of the pictures to come. */
  quality: number;
}

/** Baseline JPEG, 8 bits: every browser and every DICOM archive reads it. */
export function jpeg(module: JpegModule): JpegCodec {
  const encoder = module.JPEGEncoder && new module.JPEGEncoder();
  const decoder = new module.JPEGDecoder();
  return {
    name: 'jpeg',
    ...codecFacts.jpeg,
    quality: 85,
    encode(picture, pixels) {
      if (encoder === undefined) throw new Error('opened for decoding only');
      encoder.getDecodedBuffer(frameInfoOf(picture)).set(pixels);
      // Progressive takes several times as long.
      encoder.setProgressive(false);
      encoder.setQuality(this.quality);
      encoder.encode();
      return encoder.getEncodedBuffer();
    },
    decode: (picture, payload) => decodeWith('jpeg', decoder, frameInfoOf(picture), pictureBytes(picture), payload),
  };
}
