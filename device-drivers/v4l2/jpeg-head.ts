/** What a JPEG says of itself in front of its coded data (ITU-T T.81, annex B). */
export interface JpegHead {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Byte of the marker that starts the coded data. */
  readonly scanAt: number;
  readonly hasTables: boolean;
}

const [startOfImage, endOfImage, startOfScan, huffmanTables] = [0xd8, 0xd9, 0xda, 0xc4];
/** Start of frame: baseline, extended, progressive; arithmetic and lossless ones are none that a grabber sends. */
const frames = [0xc0, 0xc1, 0xc2];
const longestPadding = 65_536;

/** The head, or what is wrong with it. */
export function jpegHead(bytes: Uint8Array): JpegHead | string {
  if (bytes[0] !== 0xff || bytes[1] !== startOfImage) return 'it does not begin as a JPEG';
  let size: { width: number; height: number; components: number } | undefined;
  let hasTables = false;
  let at = 2;
  while (at + 4 <= bytes.length) {
    const marker = bytes[at + 1] as number;
    if (bytes[at] !== 0xff || marker < 0xc0) return 'its segments are damaged';
    if (marker === 0xff) {
      // B.1.1.2: any number of these may stand in front of a marker.
      at++;
      continue;
    }
    if (marker === startOfScan) return size === undefined ? 'it tells no size' : { ...size, scanAt: at, hasTables };
    const length = word(bytes, at + 2);
    if (length < 2) return 'a segment has no length';
    if (frames.includes(marker) && at + 10 <= bytes.length) {
      size = { height: word(bytes, at + 5), width: word(bytes, at + 7), components: bytes[at + 9] as number };
    }
    if (marker === huffmanTables) hasTables = true;
    at += 2 + length;
  }
  return 'it ends before its picture';
}

/** Bytes up to and with the end marker; grabbers pad behind it. 0: there is none, the picture was cut off. */
export function jpegEnd(bytes: Uint8Array): number {
  const least = Math.max(2, bytes.length - longestPadding);
  for (let at = bytes.length - 1; at >= least; at--) {
    if (bytes[at] === endOfImage && bytes[at - 1] === 0xff) return at + 1;
  }
  return 0;
}

const word = (bytes: Uint8Array, at: number): number => ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
