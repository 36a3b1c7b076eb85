import { windowFactors } from '../../wasm/kernels.ts';
import { AppError } from '../app-error.ts';
import type { Codec } from '../codec/codec.ts';
import { type Codecs, codecByNumber } from '../codec/codecs.ts';
import type { CalibrationRegion } from '../frame/calibration.ts';
import type { GreyWindow } from '../frame/frame-format.ts';
import { openFrameFile } from '../past/kept-file.ts';
import { type FrameHeader, frameFlags, frameHeaderBytes, readFrameHeader } from '../protocol/frame-header.ts';
import { encodePng } from './png.ts';

export interface KeptPicture {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly capturedUs: number;
  readonly synthetic: boolean;
  readonly regions: readonly CalibrationRegion[];
}

/** The frame of a kept file that was captured at `atUs`, else the last one before, as it is seen: 16 bits through its window. Throws print/not-there, record/… and codec/… */
export async function keptPicture(codecs: Codecs, path: string, what: string, atUs: number | undefined): Promise<KeptPicture> {
  await using file = await openFrameFile(path);
  const row = atUs === undefined ? 0 : Math.max(0, file.index.firstAfter(atUs) - 1);
  for await (const message of file.frames(row, 1)) {
    const header = readFrameHeader(new DataView(message.buffer, message.byteOffset, message.length));
    const description = (await file.descriptions(row, 1))[header.epoch];
    const codec = codecByNumber(codecs, header.codec);
    const window = description?.formats?.[header.view].window;
    return { ...pictureOf(header, codec, message.subarray(frameHeaderBytes), window), regions: description?.regions ?? [] };
  }
  throw new AppError('print/not-there', { what: `a picture of ${what}` });
}

function pictureOf(header: FrameHeader, codec: Codec, payload: Uint8Array, window: GreyWindow | undefined) {
  const { width, height, pixelFormat, capturedAtUs: capturedUs, flags } = header;
  const decoded = codec.decode({ width, height, pixelFormat }, payload);
  const pixels = pixelFormat === 'Y16' ? throughWindow(decoded, window ?? wholeRange) : decoded;
  const png = encodePng(width, height, pixelFormat === 'RGB24' ? 3 : 1, pixels);
  return { png, width, height, capturedUs, synthetic: (flags & frameFlags.synthetic) !== 0 };
}

const wholeRange: GreyWindow = { centre: 32_768, width: 65_536 };

function throughWindow(stored: Uint8Array, window: GreyWindow): Uint8Array {
  const { low, gain } = windowFactors(window);
  const grey = new Uint8ClampedArray(stored.length / 2);
  for (let pixel = 0; pixel < grey.length; pixel++) {
    const value = stored[2 * pixel]! + 256 * stored[2 * pixel + 1]!;
    grey[pixel] = (value - low) * gain;
  }
  return new Uint8Array(grey.buffer);
}
