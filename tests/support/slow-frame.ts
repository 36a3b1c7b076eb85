import dcmjsCodecs from 'dcmjs-codecs';
import { ascii, dicomFile } from './dicom-file.ts';
import { seeded } from './mutant.ts';

const { Context, NativeCodecs } = dcmjsCodecs;
const tileSide = 512;
const tilesAcross = 6;
const side = tileSide * tilesAcross;

/** A DICOM file with frames of 8 bytes of nothing, and at the place of `undefined` one whose JPEG 2000 takes a decoder many seconds. */
export async function slowFile(frames: readonly (Uint8Array | undefined)[]): Promise<Uint8Array> {
  const slow = await slowFrame();
  const more = [
    [0x0028, 0x1050, 'DS', ascii('100')],
    [0x0028, 0x1051, 'DS', ascii('100')],
  ] as const;
  const pixels = frames.map((frame) => frame ?? slow);
  const transferSyntax = '1.2.840.10008.1.2.4.90';
  return dicomFile({ rows: side, columns: side, bitsAllocated: 16, frames: frames.length, transferSyntax, pixels, more });
}

/** One tile of noise, encoded once, over and over in a picture of many tiles (ISO/IEC 15444-1 Annex A): soon made, slow to decode. */
async function slowFrame(): Promise<Uint8Array> {
  await NativeCodecs.initializeAsync();
  const random = seeded(1);
  const noise = new Context({
    width: tileSide,
    height: tileSide,
    bitsAllocated: 16,
    bitsStored: 16,
    samplesPerPixel: 1,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
    decodedBuffer: Uint8Array.from({ length: tileSide * tileSide * 2 }, () => random(256)),
  });
  const one = Buffer.from(NativeCodecs.encodeJpeg2000(noise, { lossy: false }).getEncodedBuffer() as Uint8Array);
  const [sizeAt, tileAt, endAt] = [2, one.indexOf('ff90000a', 'hex'), one.length - 2];
  const head = one.subarray(0, tileAt);
  for (const at of [6, 10]) head.writeUInt32BE(side, sizeAt + at);
  const tiles = Array.from({ length: tilesAcross ** 2 }, (_, index) => {
    const tile = Buffer.from(one.subarray(tileAt, endAt));
    tile.writeUInt16BE(index, 4);
    return tile;
  });
  return Buffer.concat([head, ...tiles, one.subarray(endAt)]);
}
