// Pictures for a canvas: RGBA, opaque.
import { windowY16 } from './tone';

// By interleaving alone, which the engine has an instruction for; a table of places would need one made at every use.
export function greyToRgba(source: usize, target: usize, pixels: i32): void {
  const opaque = i32x4.splat(-1);
  let i = 0;
  for (; i + 16 <= pixels; i += 16) {
    const grey = v128.load(source + i);
    const to = target + (<usize>i << 2);
    const rg0 = i8x16.shuffle(grey, grey, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const rg1 = i8x16.shuffle(grey, grey, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const ba0 = i8x16.shuffle(grey, opaque, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const ba1 = i8x16.shuffle(grey, opaque, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    v128.store(to, i16x8.shuffle(rg0, ba0, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(to, i16x8.shuffle(rg0, ba0, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    v128.store(to, i16x8.shuffle(rg1, ba1, 0, 8, 1, 9, 2, 10, 3, 11), 32);
    v128.store(to, i16x8.shuffle(rg1, ba1, 4, 12, 5, 13, 6, 14, 7, 15), 48);
  }
  for (; i < pixels; i++) store<u32>(target + (<usize>i << 2), <u32>load<u8>(source + i) * 0x010101 | 0xff000000);
}

export function rgbToRgba(source: usize, target: usize, pixels: i32): void {
  const opaque = i32x4.splat(0xff000000);
  let i = 0;
  // A vector reads 16 bytes for four pixels of 12: it must not pass the end.
  for (; i + 6 <= pixels; i += 4) {
    const rgb = v128.load(source + <usize>i * 3);
    v128.store(target + (<usize>i << 2), v128.or(opaque, i8x16.swizzle(rgb, i8x16(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1))));
  }
  for (; i < pixels; i++) {
    const at = source + <usize>i * 3;
    store<u32>(target + (<usize>i << 2), <u32>load<u16>(at) | (<u32>load<u8>(at, 2) << 16) | 0xff000000);
  }
}

// By way of the last quarter of the target, which is overwritten from the front and read before.
export function y16ToRgba(source: usize, target: usize, pixels: i32, low: f64, gain: f64): void {
  const grey = target + <usize>pixels * 3;
  windowY16(source, 0, grey, 0, pixels, 1, low, gain);
  greyToRgba(grey, target, pixels);
}

// Sixteen pixels as three vectors of whole pixels.
export function greyToRgb(source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32): void {
  for (let y = 0; y < height; y++) {
    let to = target;
    let x = 0;
    for (; x + 16 <= width; x += 16) {
      const grey = v128.load(source + x);
      v128.store(to, i8x16.shuffle(grey, grey, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5));
      v128.store(to, i8x16.shuffle(grey, grey, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10), 16);
      v128.store(to, i8x16.shuffle(grey, grey, 10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15), 32);
      to += 48;
    }
    for (; x < width; x++) {
      const grey = load<u8>(source + x);
      store<u8>(to, grey);
      store<u8>(to, grey, 1);
      store<u8>(to, grey, 2);
      to += 3;
    }
    source += sourceStride;
    target += targetStride;
  }
}
