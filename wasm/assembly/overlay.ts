// A plane of grey levels with a plane of alphas over a picture; where sixteen alphas are zero the pixels are copied.
// x / 255 rounded is (t + (t >> 8)) >> 8 with t = x + 128, for x up to 255 * 255.

// @ts-ignore: decorator
@inline
function blend1(pixel: u32, level: u32, alpha: u32): u32 {
  const t = pixel * (255 - alpha) + level * alpha + 128;
  return (t + (t >> 8)) >> 8;
}

// @ts-ignore: decorator
@inline
function blend8(pixel: v128, level: v128, alpha: v128): v128 {
  const t = i16x8.add(
    i16x8.add(i16x8.mul(pixel, i16x8.sub(i16x8.splat(255), alpha)), i16x8.mul(level, alpha)),
    i16x8.splat(128),
  );
  return i16x8.shr_u(i16x8.add(t, i16x8.shr_u(t, 8)), 8);
}

export function overlayGrey(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, level: usize, alpha: usize,
): void {
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (; x + 16 <= width; x += 16) {
      const pixels = v128.load(source + x);
      const alphas = v128.load(alpha + x);
      if (!v128.any_true(alphas)) {
        v128.store(target + x, pixels);
        continue;
      }
      const levels = v128.load(level + x);
      const lower = blend8(i16x8.extend_low_i8x16_u(pixels), i16x8.extend_low_i8x16_u(levels), i16x8.extend_low_i8x16_u(alphas));
      const upper = blend8(i16x8.extend_high_i8x16_u(pixels), i16x8.extend_high_i8x16_u(levels), i16x8.extend_high_i8x16_u(alphas));
      v128.store(target + x, i8x16.narrow_i16x8_u(lower, upper));
    }
    for (; x < width; x++) store<u8>(target + x, blend1(load<u8>(source + x), load<u8>(level + x), load<u8>(alpha + x)));
    source += sourceStride;
    target += targetStride;
    level += width;
    alpha += width;
  }
}

export function overlayRgb(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, level: usize, alpha: usize,
): void {
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (; x + 16 <= width; x += 16) {
      const at = <usize>x * 3;
      if (v128.any_true(v128.load(alpha + x))) {
        for (let i = x; i < x + 16; i++) overlayRgb1(source, target, level, alpha, i);
        continue;
      }
      v128.store(target + at, v128.load(source + at));
      v128.store(target + at, v128.load(source + at, 16), 16);
      v128.store(target + at, v128.load(source + at, 32), 32);
    }
    for (; x < width; x++) overlayRgb1(source, target, level, alpha, x);
    source += sourceStride;
    target += targetStride;
    level += width;
    alpha += width;
  }
}

// @ts-ignore: decorator
@inline
function overlayRgb1(source: usize, target: usize, level: usize, alpha: usize, x: i32): void {
  const at = <usize>x * 3;
  const l = <u32>load<u8>(level + x);
  const a = <u32>load<u8>(alpha + x);
  store<u8>(target + at, blend1(load<u8>(source + at), l, a));
  store<u8>(target + at, blend1(load<u8>(source + at, 1), l, a), 1);
  store<u8>(target + at, blend1(load<u8>(source + at, 2), l, a), 2);
}
