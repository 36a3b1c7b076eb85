import { AppError } from '../app-error.ts';
import { frameBytes } from '../frame/frame-format.ts';
import type { Codec } from './codec.ts';

/** The pixels as they are: line after line without padding, Y16 little-endian. */
export const raw: Codec = {
  name: 'raw',
  id: 0,
  lossless: true,
  transferSyntax: '1.2.840.10008.1.2.1',
  encode: (_format, pixels) => pixels,
  decode(format, payload) {
    if (payload.length !== frameBytes(format)) {
      throw new AppError('protocol/bad-header', { reason: `${payload.length} bytes of payload, the picture has ${frameBytes(format)}` });
    }
    return payload;
  },
};
