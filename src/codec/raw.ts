import { AppError } from '../app-error.ts';
import { type Codec, codecFacts, pictureBytes } from './codec.ts';

/** The pixels as they are: line after line without padding, Y16 little-endian. */
export const raw: Codec = {
  name: 'raw',
  ...codecFacts.raw,
  encode: (_picture, pixels) => pixels,
  decode(picture, payload) {
    const expected = pictureBytes(picture);
    if (payload.length !== expected) {
      throw new AppError('protocol/bad-header', { reason: `${payload.length} bytes of payload, the picture has ${expected}` });
    }
    return payload;
  },
};
