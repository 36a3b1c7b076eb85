import { AppError, printable } from '../app-error.ts';
import type { CodecName } from '../protocol/tiers.ts';
import type { DecoderObject, FrameInfo } from './emscripten.ts';

/** Decodes with a WebAssembly decoder; the picture inside must be the one that the frame's header announced. */
export function decodeWith(codec: CodecName, decoder: DecoderObject, expected: FrameInfo, bytes: number, payload: Uint8Array): Uint8Array {
  try {
    decoder.getEncodedBuffer(payload.length).set(payload);
    decoder.decode();
  } catch (thrown) {
    // Emscripten throws C++ exceptions as numbers.
    const reason = typeof thrown === 'number' ? 'its data are damaged' : printable(String(thrown));
    throw new AppError('codec/damaged', { codec, reason }, { cause: thrown });
  }
  const { width, height, componentCount } = decoder.getFrameInfo();
  const decoded = decoder.getDecodedBuffer();
  if (width !== expected.width || height !== expected.height || componentCount !== expected.componentCount || decoded.length !== bytes) {
    const reason = `a picture of ${width}x${height}x${componentCount}, not ${expected.width}x${expected.height}x${expected.componentCount}`;
    throw new AppError('codec/damaged', { codec, reason });
  }
  return decoded;
}
