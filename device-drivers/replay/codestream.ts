import type { FrameShape } from './pixel-codecs.ts';
import type { Coding } from './transfer-syntax.ts';

/** More tiles than a picture of 8192 x 8192 has with tiles of 128 x 128: each costs the decoder kilobytes before its first byte is read. */
const mostTiles = 4096;
/** ITU-T T.800 B.3. */
const mostPossibleTiles = 65_535;

/**
 * Looks at the header of a compressed frame before a decoder believes it: the picture inside must be the announced one, so that
 * nothing is allocated for another. Answers the bytes to decode; throws an Error in words.
 */
export function checkedCodestream(coding: Coding, encoded: Uint8Array, shape: FrameShape): Uint8Array {
  if (coding === 'jpeg') return checkedJpeg(encoded, shape);
  if (coding === 'jpeg-ls') return withEoi(checkedJpeg(encoded, shape));
  return checkedJpeg2000(encoded, shape);
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** ITU-T T.81 B.1, T.87 C.1: SOI, segments with a length, among them one start of frame; then the scans. */
function checkedJpeg(encoded: Uint8Array, shape: FrameShape): Uint8Array {
  const view = viewOf(encoded);
  if (encoded.length < 4 || view.getUint16(0) !== 0xffd8) throw new Error('no JPEG');
  let at = 2;
  let frame: number | undefined;
  while (at + 9 < encoded.length) {
    if (encoded[at] !== 0xff) throw new Error('a JPEG header that ends in nothing');
    const marker = encoded[at + 1] as number;
    // Fill bytes may stand before a marker.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xda) {
      if (frame === undefined) break;
      if (!isOneScan(encoded, frame, at) && !endsWithEoi(encoded)) throw new Error('it was cut off: the end marker is missing');
      return encoded;
    }
    if (isStartOfFrame(marker)) {
      checkSize(view.getUint16(at + 7), view.getUint16(at + 5), encoded[at + 9] as number, shape);
      frame = at;
    }
    at += 2 + view.getUint16(at + 2);
  }
  throw new Error(frame === undefined ? 'a JPEG without a start of frame' : 'it was cut off before its data');
}

/** Whether all components lie in the one scan: the decoder sees itself where that ends too early, not that a later scan is missing. */
function isOneScan(encoded: Uint8Array, frame: number, scan: number): boolean {
  return !progressive.includes(encoded[frame + 1] as number) && encoded[scan + 4] === encoded[frame + 9];
}

const progressive: readonly number[] = [0xc2, 0xc6, 0xca, 0xce];

/** SOF0 to SOF15 but for DHT, JPG and DAC, which stand among them; F7 is the one of JPEG-LS. */
const isStartOfFrame = (marker: number): boolean =>
  marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc);

/** Writers leave at most some padding behind the end. */
function endsWithEoi(encoded: Uint8Array): boolean {
  for (let at = encoded.length - 2; at >= 2; at--) if (encoded[at] === 0xff && encoded[at + 1] === 0xd9) return true;
  return false;
}

/** CharLS goes on to the end marker, and finds data that end too early by itself. */
function withEoi(encoded: Uint8Array): Uint8Array {
  return endsWithEoi(encoded) ? encoded : Buffer.concat([encoded, Buffer.of(0xff, 0xd9)]);
}

/** ITU-T T.800 A.5.1: SOC, then SIZ with the picture's and the tiles' sizes. A JP2 file around it is taken off. */
function checkedJpeg2000(encoded: Uint8Array, shape: FrameShape): Uint8Array {
  const start = startOfCodestream(encoded);
  const own = encoded.subarray(start);
  if (start < 0 || own.length < 42) throw new Error('no JPEG 2000');
  const view = viewOf(own);
  const sizes = [8, 12, 16, 20, 24, 28].map((at) => view.getUint32(at)) as [number, number, number, number, number, number];
  const [right, bottom, left, top, tileWidth, tileHeight] = sizes;
  if (tileWidth === 0 || tileHeight === 0) throw new Error(`${tileWidth}x${tileHeight} is no size of a tile`);
  const tiles = Math.ceil(right / tileWidth) * Math.ceil(bottom / tileHeight);
  const oneTile = tileWidth === shape.width && tileHeight === shape.height && left === 0 && top === 0;
  if (tiles > mostPossibleTiles && oneTile) {
    // An extent that cannot be was overwritten; the one tile still tells it.
    view.setUint32(8, tileWidth);
    view.setUint32(12, tileHeight);
  } else if (tiles > mostTiles) throw new Error(`${tiles} tiles of ${tileWidth}x${tileHeight}`);
  checkSize(view.getUint32(8) - left, view.getUint32(12) - top, view.getUint16(40), shape);
  return own;
}

function startOfCodestream(encoded: Uint8Array): number {
  if (encoded[0] === 0xff) return Buffer.from(encoded.buffer, encoded.byteOffset, 4).readUInt32BE() === 0xff4fff51 ? 0 : -1;
  return Buffer.from(encoded.buffer, encoded.byteOffset, Math.min(encoded.length, 4096)).indexOf(Buffer.of(0xff, 0x4f, 0xff, 0x51));
}

function checkSize(width: number, height: number, samples: number, announced: FrameShape): void {
  if (width === announced.width && height === announced.height && samples === announced.samplesPerPixel) return;
  const inside = `${width}x${height}x${samples}`;
  throw new Error(`the picture inside is ${inside}, not ${announced.width}x${announced.height}x${announced.samplesPerPixel}`);
}
