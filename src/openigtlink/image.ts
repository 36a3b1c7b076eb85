import type { PictureFormat } from '../frame/frame-format.ts';
import { badMessage, viewOf } from './header.ts';

/** Types of samples by their number in the IMAGE message. */
const scalars: Readonly<Record<number, { readonly name: string; readonly bytes: number }>> = {
  2: { name: 'int8', bytes: 1 },
  3: { name: 'uint8', bytes: 1 },
  4: { name: 'int16', bytes: 2 },
  5: { name: 'uint16', bytes: 2 },
  6: { name: 'int32', bytes: 4 },
  7: { name: 'uint32', bytes: 4 },
  10: { name: 'float32', bytes: 4 },
  11: { name: 'float64', bytes: 8 },
};

export interface ImageHead {
  readonly components: number;
  readonly scalar: string;
  readonly littleEndian: boolean;
  readonly width: number;
  readonly height: number;
  /** Millimetres from pixel to pixel along a line and from line to line; 0: what was sent is no number. */
  readonly spacingMm: readonly [number, number];
}

/** What stands in front of the pixels of an IMAGE ("image.md"). */
export const imageHeadBytes = 72;

/** Reads the head of an IMAGE of one whole slice. Throws `openigtlink/bad-message`. */
export function readImage(content: Uint8Array): ImageHead {
  if (content.length < imageHeadBytes) throw bad(`${content.length} bytes, its head alone has ${imageHeadBytes}`);
  const view = viewOf(content);
  const [components, scalarNumber, endian] = [view.getUint8(2), view.getUint8(3), view.getUint8(4)];
  const [width, height, slices] = [view.getUint16(6), view.getUint16(8), view.getUint16(10)];
  const scalar = scalars[scalarNumber];
  if (scalar === undefined) throw bad(`samples of type ${scalarNumber}`);
  if (slices !== 1) throw bad(`a volume of ${slices} slices, pictures have one`);
  const part = [60, 62, 64, 66, 68, 70].map((at) => view.getUint16(at));
  if (part.join() !== [0, 0, 0, width, height, 1].join()) throw bad('a part of a picture, only whole ones are taken');
  const bytes = width * height * components * scalar.bytes;
  if (width === 0 || height === 0 || components === 0) throw bad(`${width}x${height} pixels of ${components} samples`);
  if (content.length - imageHeadBytes !== bytes) {
    throw bad(`${content.length - imageHeadBytes} bytes of pixels, ${width}x${height} of ${components} ${scalar.name} need ${bytes}`);
  }
  const axis = (at: number): number => {
    const length = Math.hypot(view.getFloat32(at), view.getFloat32(at + 4), view.getFloat32(at + 8));
    return Number.isFinite(length) ? length : 0;
  };
  return { components, scalar: scalar.name, littleEndian: endian === 2, width, height, spacingMm: [axis(12), axis(24)] };
}

/** Components and number of the scalar type of what is sent. */
const sentAs = {
  GREY: { components: 1, scalar: 3 },
  Y16: { components: 1, scalar: 5 },
  RGB24: { components: 3, scalar: 3 },
} as const satisfies Record<PictureFormat, { components: number; scalar: number }>;

export interface SentPicture {
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: PictureFormat;
  readonly spacingMm: readonly [number, number];
}

/**
 * Writes the head of an IMAGE of one slice: lines along +x, from line to line +y, the centre of the upper left pixel at the origin.
 * The position of the message is that of the picture's centre, half of `size - 1` from there, as the protocol's library has it.
 */
export function writeImageHead(content: Uint8Array, { width, height, pixelFormat, spacingMm: [x, y] }: SentPicture): void {
  const { components, scalar } = sentAs[pixelFormat];
  const view = viewOf(content);
  view.setUint16(0, 1);
  view.setUint8(2, components);
  view.setUint8(3, scalar);
  // Little-endian samples; RAS, as all senders in the field without a patient's coordinates write.
  view.setUint8(4, 2);
  view.setUint8(5, 1);
  for (let at = 12; at < 60; at += 4) view.setFloat32(at, 0);
  view.setFloat32(12, x);
  view.setFloat32(28, y);
  view.setFloat32(44, 1);
  view.setFloat32(48, ((width - 1) / 2) * x);
  view.setFloat32(52, ((height - 1) / 2) * y);
  for (const at of [6, 66]) {
    view.setUint16(at, width);
    view.setUint16(at + 2, height);
    view.setUint16(at + 4, 1);
  }
  for (const at of [60, 62, 64]) view.setUint16(at, 0);
}

const bad = (reason: string) => badMessage('IMAGE', reason);
