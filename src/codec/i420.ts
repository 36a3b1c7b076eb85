import type { PictureShape } from './codec.ts';

/*
 * I420 as H.264 4:2:0 takes it: a luma plane, then Cb and Cr of half the width and height. BT.709 of limited range (ITU-R BT.709-6
 * §3: black 16, white 235), which decoders take for granted where a stream says nothing, and DICOM's YBR_PARTIAL_420 means.
 */
export const videoColour = { matrix: 'bt709', range: 'limited' } as const;

/** Both sides even, as 4:2:0 needs them; the last column or line stands twice where a side was odd. */
export const evenSide = (side: number): number => (side + 1) & ~1;

export const i420Bytes = ({ width, height }: { readonly width: number; readonly height: number }): number =>
  (evenSide(width) * evenSide(height) * 3) / 2;

const lumaOfGrey = Uint8Array.from({ length: 256 }, (_, grey) => 16 + Math.round((grey * 219) / 255));
const noColour = 128;

/** Tight pixels, GREY or RGB24, as I420 of even sides into the start of `target`. */
export function writeI420(picture: PictureShape, pixels: Uint8Array, target: Uint8Array): void {
  const { width, height, pixelFormat } = picture;
  const [stride, lines] = [evenSide(width), evenSide(height)];
  const rgb = pixelFormat === 'RGB24';
  for (let line = 0; line < height; line++) {
    const at = line * stride;
    if (rgb) writeLuma(pixels, line * width * 3, target, at, width);
    else for (let x = 0, from = line * width; x < width; x++) target[at + x] = lumaOfGrey[pixels[from + x] as number] as number;
    if (stride > width) target[at + width] = target[at + width - 1] as number;
  }
  if (lines > height) target.copyWithin(height * stride, (height - 1) * stride, height * stride);
  if (rgb) writeChroma(picture, pixels, target);
  else target.fill(noColour, stride * lines, (stride * lines * 3) / 2);
}

/** Weights of BT.709 in 1/256, scaled to 219 levels. */
function writeLuma(pixels: Uint8Array, from: number, target: Uint8Array, at: number, width: number): void {
  for (let x = 0; x < width; x++, from += 3) {
    const sum = 47 * (pixels[from] as number) + 157 * (pixels[from + 1] as number) + 16 * (pixels[from + 2] as number);
    target[at + x] = 16 + ((sum + 128) >> 8);
  }
}

/** The mean colour of two by two pixels; the weights of each plane sum to nought, so that grey stays without colour. */
function writeChroma({ width, height }: PictureShape, pixels: Uint8Array, target: Uint8Array): void {
  const [stride, lines] = [evenSide(width), evenSide(height)];
  let cb = stride * lines;
  let cr = cb + (stride * lines) / 4;
  for (let y = 0; y < height; y += 2) {
    const upper = y * width * 3;
    const lower = y + 1 < height ? upper + width * 3 : upper;
    for (let x = 0; x < width; x += 2) {
      const right = x + 1 < width ? 3 : 0;
      const [a, b] = [upper + x * 3, lower + x * 3];
      const red = mean(pixels, a, b, right);
      const green = mean(pixels, a + 1, b + 1, right);
      const blue = mean(pixels, a + 2, b + 2, right);
      target[cb++] = noColour + ((-26 * red - 86 * green + 112 * blue + 512) >> 10);
      target[cr++] = noColour + ((112 * red - 102 * green - 10 * blue + 512) >> 10);
    }
  }
}

/** Four times the mean. */
const mean = (pixels: Uint8Array, upper: number, lower: number, right: number): number =>
  (pixels[upper] as number) + (pixels[upper + right] as number) + (pixels[lower] as number) + (pixels[lower + right] as number);
