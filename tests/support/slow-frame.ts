import dcmjsCodecs from 'dcmjs-codecs';
import { ascii, dicomFile } from './dicom-file.ts';
import { seeded } from './mutant.ts';

const { Context, NativeCodecs } = dcmjsCodecs;
const side = 1500;

/** A DICOM file with frames of 8 bytes of nothing, and at the place of `undefined` one whose JPEG 2000 takes a decoder a good part of a second. */
export async function slowFile(frames: readonly (Uint8Array | undefined)[]): Promise<Uint8Array> {
  await NativeCodecs.initializeAsync();
  const random = seeded(1);
  const noise = new Context({
    width: side,
    height: side,
    bitsAllocated: 16,
    bitsStored: 16,
    samplesPerPixel: 1,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
    decodedBuffer: Uint8Array.from({ length: side * side * 2 }, () => random(256)),
  });
  const slow = NativeCodecs.encodeJpeg2000(noise, { lossy: false }).getEncodedBuffer() as Uint8Array;
  const more = [
    [0x0028, 0x1050, 'DS', ascii('100')],
    [0x0028, 0x1051, 'DS', ascii('100')],
  ] as const;
  const pixels = frames.map((frame) => frame ?? slow);
  const transferSyntax = '1.2.840.10008.1.2.4.90';
  return dicomFile({ rows: side, columns: side, bitsAllocated: 16, frames: frames.length, transferSyntax, pixels, more });
}
