import { bytesPerPixel, type PictureFormat } from '../frame/frame-format.ts';
import type { StillCodecName } from '../protocol/tiers.ts';

/** What a codec must know of a picture. */
export interface PictureShape {
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: PictureFormat;
}

/** How the pixels of a frame travel that stands alone (video: h264.ts). One file serves both ends; what is opened at one end need not be able to do the other's part. */
export interface Codec {
  readonly name: StillCodecName;
  readonly lossless: boolean;
  /** DICOM transfer syntax whose bits these are, so that an archive can keep them as they are; undefined: none. */
  readonly transferSyntax: string | undefined;
  /** Bytes of the picture as they travel, valid until the next call: `pixels` itself where nothing is to be done. */
  encode(picture: PictureShape, pixels: Uint8Array): Uint8Array;
  /** Pixels of the picture, tight, valid until the next call: `payload` itself where nothing is to be done. Throws an AppError on a payload that is not of this picture. */
  decode(picture: PictureShape, payload: Uint8Array): Uint8Array;
}

export const pictureBytes = ({ width, height, pixelFormat }: PictureShape): number => width * height * bytesPerPixel[pixelFormat];
