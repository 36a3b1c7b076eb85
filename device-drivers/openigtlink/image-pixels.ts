import { AppError } from '../../src/app-error.ts';
import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import type { PictureFormat } from '../../src/frame/frame-format.ts';
import { GreyHistogram } from '../../src/frame/grey-histogram.ts';
import type { ImageHead } from '../../src/openigtlink/image.ts';

export function pixelFormatOf({ components, scalar }: ImageHead): PictureFormat {
  if (scalar === 'uint8' && components === 1) return 'GREY';
  if (scalar === 'uint8' && components === 3) return 'RGB24';
  if ((scalar === 'uint16' || scalar === 'int16') && components === 1) return 'Y16';
  const reason = `${components} samples of ${scalar} for a pixel; taken are one of 8 or 16 bits, or three of 8`;
  throw new AppError('openigtlink/bad-message', { type: 'IMAGE', reason });
}

/** Signed samples are shifted so that the lowest is 0. */
export function copyPixels({ scalar, littleEndian }: ImageHead, pixels: Uint8Array, slot: Uint8Array): void {
  if (scalar === 'uint8' || (scalar === 'uint16' && littleEndian)) {
    slot.set(pixels);
    return;
  }
  const [low, high] = littleEndian ? [0, 1] : [1, 0];
  const sign = scalar === 'int16' ? 0x80 : 0;
  for (let at = 0; at < slot.length; at += 2) {
    slot[at] = pixels[at + low] as number;
    slot[at + 1] = (pixels[at + high] as number) ^ sign;
  }
}

/** The protocol has no window: the levels of the first picture make one. */
export function windowOf(image: ImageHead, pixels: Uint8Array) {
  const first = new Uint8Array(pixels.length);
  copyPixels(image, pixels, first);
  const levels = new GreyHistogram();
  levels.add(first);
  return levels.window();
}

export function calibrationOf({ width, height, spacingMm: [x, y] }: ImageHead): CalibrationRegion[] {
  if (!(x > 0 && y > 0)) return [];
  const whole = { x0: 0, y0: 0, x1: width - 1, y1: height - 1 };
  return [{ kind: 'tissue', ...whole, unitX: 'cm', unitY: 'cm', deltaX: x / 10, deltaY: y / 10 }];
}
