import type { PixelFormat, VideoColour } from '../../src/frame/frame-format.ts';
import { constants, fourcc } from './videodev.ts';

/** A format that this driver reads, by its V4L2 name; `MJPG` is decoded, all others are lent as they are. */
export const readable = [
  { name: 'YUYV', code: fourcc('YUYV'), pixelFormat: 'YUYV' },
  { name: 'UYVY', code: fourcc('UYVY'), pixelFormat: 'UYVY' },
  { name: 'NV12', code: fourcc('NV12'), pixelFormat: 'NV12' },
  { name: 'YU12', code: fourcc('YU12'), pixelFormat: 'I420' },
  { name: 'BGR24', code: fourcc('BGR3'), pixelFormat: 'BGR24' },
  { name: 'RGB24', code: fourcc('RGB3'), pixelFormat: 'RGB24' },
  { name: 'XR24', code: fourcc('XR24'), pixelFormat: 'BGRA' },
  { name: 'GREY', code: fourcc('GREY'), pixelFormat: 'GREY' },
  { name: 'Y16', code: fourcc('Y16 '), pixelFormat: 'Y16' },
  { name: 'Y12', code: fourcc('Y12 '), pixelFormat: 'Y12' },
  { name: 'Y10', code: fourcc('Y10 '), pixelFormat: 'Y10' },
  { name: 'MJPG', code: fourcc('MJPG'), pixelFormat: 'RGB24' },
] as const satisfies readonly { name: string; code: number; pixelFormat: PixelFormat }[];

export type ReadableFormat = (typeof readable)[number];
export type FormatName = ReadableFormat['name'];

export const formatNames: readonly FormatName[] = readable.map(({ name }) => name);
export const formatOf = (code: number): ReadableFormat | undefined => readable.find((format) => format.code === code);

/** What a driver says of the colours of YUV, by the defaults of V4L2_MAP_YCBCR_ENC_DEFAULT and V4L2_MAP_QUANTIZATION_DEFAULT. */
export function colourOf(colourSpace: number, encoding: number, quantization: number, lines: number): VideoColour {
  const high = colourSpace === constants.V4L2_COLORSPACE_REC709 || (colourSpace === 0 && lines >= 720);
  const matrix = encoding === constants.V4L2_YCBCR_ENC_709 || (encoding === 0 && high) ? ('bt709' as const) : ('bt601' as const);
  const full =
    quantization === constants.V4L2_QUANTIZATION_FULL_RANGE || (quantization === 0 && colourSpace === constants.V4L2_COLORSPACE_JPEG);
  return { matrix, range: full ? 'full' : 'limited' };
}
