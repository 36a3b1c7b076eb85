import { bytesPerPixel, type PictureFormat } from '../frame/frame-format.ts';
import type { CodecName, StillCodecName } from '../protocol/tiers.ts';

/** What a codec declares of itself. */
export interface CodecFacts {
  /** Every picture comes back to the bit. */
  readonly lossless: boolean;
  /** DICOM transfer syntax whose bits these are (PS3.5 §10), so that an archive can keep them as they are; undefined: none. */
  readonly transferSyntax: string | undefined;
  /** Time that encoding takes for a byte of the picture as it is, nanoseconds: median of the recordings in docs/performance.md. */
  readonly nsPerByte: number;
}

export const codecFacts: Readonly<Record<CodecName, CodecFacts>> = {
  raw: { lossless: true, transferSyntax: '1.2.840.10008.1.2.1', nsPerByte: 0 },
  'delta-zstd': { lossless: true, transferSyntax: undefined, nsPerByte: 3.4 },
  jpeg: { lossless: false, transferSyntax: '1.2.840.10008.1.2.4.50', nsPerByte: 6.5 },
  'jpeg-ls': { lossless: true, transferSyntax: '1.2.840.10008.1.2.4.80', nsPerByte: 11.2 },
  // High profile, up to level 4.1.
  h264: { lossless: false, transferSyntax: '1.2.840.10008.1.2.4.102', nsPerByte: 10.2 },
};

/** What a codec must know of a picture. */
export interface PictureShape {
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: PictureFormat;
}

/** How the pixels of a frame travel that stands alone (video: h264.ts). One file serves both ends; what is opened at one end need not be able to do the other's part. */
export interface Codec extends CodecFacts {
  readonly name: StillCodecName;
  /** Bytes of the picture as they travel, valid until the next call: `pixels` itself where nothing is to be done. */
  encode(picture: PictureShape, pixels: Uint8Array): Uint8Array;
  /** Pixels of the picture, tight, valid until the next call: `payload` itself where nothing is to be done. Throws an AppError on a payload that is not of this picture. */
  decode(picture: PictureShape, payload: Uint8Array): Uint8Array;
}

export const pictureBytes = ({ width, height, pixelFormat }: PictureShape): number => width * height * bytesPerPixel[pixelFormat];
