import type { PixelFormat } from '../../src/frame/frame-format.ts';
import { constants } from './videodev.ts';

/** A part of the screen, pixels. */
export interface Crop {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How the lines of a picture lie in a buffer: linux/videodev2.h, enum v4l2_field. */
export const fieldOrders = {
  any: constants.V4L2_FIELD_ANY,
  progressive: constants.V4L2_FIELD_NONE,
  top: constants.V4L2_FIELD_TOP,
  bottom: constants.V4L2_FIELD_BOTTOM,
  interlaced: constants.V4L2_FIELD_INTERLACED,
  sequentialTop: constants.V4L2_FIELD_SEQ_TB,
  sequentialBottom: constants.V4L2_FIELD_SEQ_BT,
  alternate: constants.V4L2_FIELD_ALTERNATE,
  interlacedTop: constants.V4L2_FIELD_INTERLACED_TB,
  interlacedBottom: constants.V4L2_FIELD_INTERLACED_BT,
} as const;

/** Whether every buffer holds one field; its height is then that of the field. */
export const isOneField = (field: number): boolean =>
  field === fieldOrders.top || field === fieldOrders.bottom || field === fieldOrders.alternate;

/** Where pixels lie in a device's buffer. */
export interface BufferLayout {
  readonly pixelFormat: PixelFormat;
  /** Lines of the whole picture, both fields. */
  readonly height: number;
  readonly bytesPerLine: number;
  /** V4L2's number of the field order; 1: progressive. */
  readonly field: number;
}

/** Which lines become the picture: all of them, or those of one field with the others made from their neighbours. */
export type Lines = 'all' | 'top' | 'bottom';

/** Bytes of one plane and how many lines and columns share a sample there. */
interface Plane {
  readonly offset: number;
  readonly stride: number;
  readonly lines: number;
  readonly firstByte: number;
  readonly bytes: number;
  readonly firstLine: number;
  readonly taken: number;
}

const packedBytes = { GREY: 1, Y16: 2, Y10: 2, Y12: 2, S16: 2, YUYV: 2, UYVY: 2, RGB24: 3, BGR24: 3, BGRA: 4 } as const;

function planesOf({ pixelFormat, height, bytesPerLine }: BufferLayout, crop: Crop): Plane[] {
  const rows = { lines: height, firstLine: crop.y, taken: crop.height };
  const half = { lines: height / 2, firstLine: crop.y / 2, taken: crop.height / 2 };
  const luma = { offset: 0, stride: bytesPerLine, firstByte: crop.x, bytes: crop.width, ...rows };
  const chroma = bytesPerLine * height;
  if (pixelFormat === 'NV12') return [luma, { offset: chroma, stride: bytesPerLine, firstByte: crop.x, bytes: crop.width, ...half }];
  if (pixelFormat === 'I420') {
    const u = { offset: chroma, stride: bytesPerLine / 2, firstByte: crop.x / 2, bytes: crop.width / 2, ...half };
    return [luma, u, { ...u, offset: chroma + u.stride * u.lines }];
  }
  const bytes = packedBytes[pixelFormat];
  return [{ ...luma, firstByte: crop.x * bytes, bytes: crop.width * bytes }];
}

/** The nearest part that the format allows inside the picture: columns and lines that share a colour stay together. */
export function allowedCrop(crop: Crop, width: number, height: number, pixelFormat: PixelFormat): Crop | undefined {
  const columns = ['YUYV', 'UYVY', 'NV12', 'I420'].includes(pixelFormat) ? 2 : 1;
  const lines = pixelFormat === 'NV12' || pixelFormat === 'I420' ? 2 : 1;
  const [x, y] = [crop.x - (crop.x % columns), crop.y - (crop.y % lines)];
  const right = Math.ceil((crop.x + crop.width) / columns) * columns;
  const below = Math.ceil((crop.y + crop.height) / lines) * lines;
  if (right > width || below > height) return undefined;
  return { x, y, width: right - x, height: below - y };
}

/**
 * Copies a picture, or a part of it, out of a device's buffer. Lines of the field that is left out are the mean of their two
 * neighbours, so that a picture of one field stands where that of the other stands.
 */
export class FieldLines {
  /** Per line of the result: where its two sources begin (the same: it is copied), its length and its place. */
  readonly #first: Int32Array;
  readonly #second: Int32Array;
  readonly #lengths: Int32Array;
  readonly #wide: boolean;
  /** Everything lies in one piece, from this byte on; -1: it does not. */
  readonly #piece: number;
  readonly bytes: number;

  /** `parity`: the field that a buffer of one field holds. */
  constructor(layout: BufferLayout, crop: Crop, lines: Lines, parity: 'top' | 'bottom' = 'top') {
    const rows = planesOf(layout, crop).flatMap((plane) => rowsOf(plane, layout.field, lines, parity));
    this.#first = Int32Array.from(rows, ([first]) => first);
    this.#second = Int32Array.from(rows, ([, second]) => second);
    this.#lengths = Int32Array.from(rows, ([, , bytes]) => bytes);
    this.#wide = ['Y16', 'Y12', 'Y10'].includes(layout.pixelFormat);
    this.bytes = rows.reduce((sum, [, , bytes]) => sum + bytes, 0);
    this.#piece = inOnePiece(rows) ? (rows[0]?.[0] ?? 0) : -1;
  }

  copy(source: Buffer, target: Uint8Array): void {
    if (this.#piece >= 0) {
      source.copy(target, 0, this.#piece, this.#piece + this.bytes);
      return;
    }
    let at = 0;
    for (let row = 0; row < this.#first.length; row++) {
      const first = this.#first[row] as number;
      const second = this.#second[row] as number;
      const bytes = this.#lengths[row] as number;
      if (first === second) source.copy(target, at, first, first + bytes);
      else if (this.#wide) meanOfWide(source, first, second, target, at, bytes);
      else meanOf(source, first, second, target, at, bytes);
      at += bytes;
    }
  }
}

/** Where the lines of one plane of the result come from: two beginnings and the length. */
function rowsOf(plane: Plane, field: number, lines: Lines, parity: 'top' | 'bottom'): [number, number, number][] {
  const at = (line: number): number => plane.offset + storedLine(line, plane.lines, field) * plane.stride + plane.firstByte;
  const kept = isOneField(field) ? parity : lines;
  const odd = kept === 'bottom' ? 1 : 0;
  return Array.from({ length: plane.taken }, (_, row) => {
    const line = plane.firstLine + row;
    if (kept === 'all' || line % 2 === odd) return [at(line), at(line), plane.bytes];
    const [above, below] = [line - 1, line + 1];
    const nearest = (one: number, other: number): number => at(one >= 0 && one < plane.lines ? one : other);
    return [nearest(above, below), nearest(below, above), plane.bytes];
  });
}

/** The line of a plane of a buffer in which a line of the picture stands. */
function storedLine(line: number, lines: number, field: number): number {
  const half = lines >> 1;
  switch (field) {
    case fieldOrders.sequentialTop:
      return (line >> 1) + (line % 2 === 0 ? 0 : lines - half);
    case fieldOrders.sequentialBottom:
      return (line >> 1) + (line % 2 === 0 ? half : 0);
    case fieldOrders.alternate:
    case fieldOrders.top:
    case fieldOrders.bottom:
      return line >> 1;
    default:
      return line;
  }
}

function inOnePiece(rows: readonly (readonly [number, number, number])[]): boolean {
  return rows.every(([first, second, bytes], row) => {
    const before = rows[row - 1];
    return first === second && (before === undefined || before[0] + bytes === first);
  });
}

function meanOf(source: Buffer, first: number, second: number, target: Uint8Array, at: number, bytes: number): void {
  for (let byte = 0; byte < bytes; byte++) {
    target[at + byte] = ((source[first + byte] as number) + (source[second + byte] as number) + 1) >> 1;
  }
}

/** Of samples of two bytes, the lower one first. */
function meanOfWide(source: Buffer, first: number, second: number, target: Uint8Array, at: number, bytes: number): void {
  for (let byte = 0; byte < bytes; byte += 2) {
    const one = (source[first + byte] as number) | ((source[first + byte + 1] as number) << 8);
    const other = (source[second + byte] as number) | ((source[second + byte + 1] as number) << 8);
    const mean = (one + other + 1) >> 1;
    target[at + byte] = mean & 0xff;
    target[at + byte + 1] = mean >> 8;
  }
}
