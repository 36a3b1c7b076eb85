import type { PictureShape } from './codec.ts';

/*
 * The part that is used of the interfaces of @cornerstonejs/codec-charls and @cornerstonejs/codec-libjpeg-turbo-8bit: C++
 * classes in WebAssembly, bound by Emscripten. Buffers are views of its memory, valid until the next call.
 */

export interface FrameInfo {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
  readonly isSigned: boolean;
}

export const frameInfoOf = ({ width, height, pixelFormat }: PictureShape): FrameInfo => ({
  width,
  height,
  bitsPerSample: pixelFormat === 'Y16' ? 16 : 8,
  componentCount: pixelFormat === 'RGB24' ? 3 : 1,
  isSigned: false,
});

export interface EncoderObject {
  getDecodedBuffer(info: FrameInfo): Uint8Array;
  encode(): void;
  getEncodedBuffer(): Uint8Array;
}

export interface DecoderObject {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): FrameInfo;
}

export interface JpegLsModule {
  readonly JpegLSEncoder?: new () => EncoderObject & { setNearLossless(bound: number): void; setInterleaveMode(mode: number): void };
  readonly JpegLSDecoder: new () => DecoderObject;
}

export interface JpegModule {
  readonly JPEGEncoder?: new () => EncoderObject & { setQuality(quality: number): void; setProgressive(progressive: boolean): void };
  readonly JPEGDecoder: new () => DecoderObject;
}

/** What an Emscripten factory takes. */
export interface FactoryOptions {
  /** Where the WebAssembly lies, when it is not beside the script. */
  readonly locateFile?: () => string;
}
