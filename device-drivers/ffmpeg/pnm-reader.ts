import { AppError, printable } from '../../src/app-error.ts';
import { maxSide, type PictureFormat } from '../../src/frame/frame-format.ts';

/** One picture of a stream of PGM and PPM images. */
export interface PnmPicture {
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: PictureFormat;
  /** Y16 has its larger byte first, as PGM writes it; valid until the next call. */
  readonly pixels: Uint8Array;
}

/** `P5 width height maxval` and one white space, then the pixels (netpbm, pgm(5) and ppm(5)). */
const header = /^P([56])\s+(\d{1,5})\s+(\d{1,5})\s+(\d{1,5})\s/;
const longestHeader = 40;

/**
 * Cuts a byte stream into pictures. Each says its own size, so that a source that changes it is noticed; what it says is bounded
 * before anything is reserved.
 */
export class PnmReader {
  readonly #picture: (picture: PnmPicture, beganNs: bigint) => void;
  readonly #now: () => bigint;
  #head = Buffer.alloc(0);
  #pixels = Buffer.alloc(0);
  #filled = 0;
  #open: Omit<PnmPicture, 'pixels'> | undefined;
  #beganNs = 0n;

  /** `picture` gets each whole picture and when its first byte came. */
  constructor(picture: (picture: PnmPicture, beganNs: bigint) => void, now: () => bigint) {
    this.#picture = picture;
    this.#now = now;
  }

  /** Throws `ffmpeg/bad-output`. */
  receive(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#open === undefined) rest = this.#readHeader(rest);
      else rest = this.#readPixels(rest, this.#open);
    }
  }

  #readHeader(bytes: Buffer): Buffer {
    if (this.#head.length === 0) this.#beganNs = this.#now();
    const before = this.#head.length;
    this.#head = Buffer.concat([this.#head, bytes.subarray(0, longestHeader - before)]);
    const match = header.exec(this.#head.toString('latin1'));
    if (match === null) {
      if (this.#head.length >= longestHeader) throw refuse(`a picture that begins with ${printable(this.#head.toString('latin1', 0, 12))}`);
      return bytes.subarray(longestHeader - before);
    }
    const [width, height, brightest] = match.slice(2).map(Number) as [number, number, number];
    if (width < 1 || height < 1 || width > maxSide || height > maxSide) throw refuse(`a picture of ${width}x${height}`);
    const pixelFormat = match[1] === '6' ? 'RGB24' : brightest > 255 ? 'Y16' : 'GREY';
    this.#open = { width, height, pixelFormat };
    const length = width * height * { GREY: 1, Y16: 2, RGB24: 3 }[pixelFormat];
    if (this.#pixels.length !== length) this.#pixels = Buffer.alloc(length);
    this.#filled = 0;
    this.#head = Buffer.alloc(0);
    return bytes.subarray(match[0].length - before);
  }

  #readPixels(bytes: Buffer, open: Omit<PnmPicture, 'pixels'>): Buffer {
    const part = bytes.subarray(0, this.#pixels.length - this.#filled);
    part.copy(this.#pixels, this.#filled);
    this.#filled += part.length;
    if (this.#filled === this.#pixels.length) {
      this.#open = undefined;
      this.#picture({ ...open, pixels: this.#pixels }, this.#beganNs);
    }
    return bytes.subarray(part.length);
  }
}

const refuse = (reason: string): AppError => new AppError('ffmpeg/bad-output', { reason });
