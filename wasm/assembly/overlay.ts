// A plane of grey levels with a plane of alphas over a picture; where sixteen alphas are zero the pixels are copied.
// x / 255 rounded is (t + (t >> 8)) >> 8 with t = x + 128, for x up to 255 * 255.

@inline
function blend1(pixel: u32, level: u32, alpha: u32): u32 {
  const t = pixel * (255 - alpha) + level * alpha + 128;
  return (t + (t >> 8)) >> 8;
}

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

@inline
function overlayRgb1(source: usize, target: usize, level: usize, alpha: usize, x: i32): void {
  const at = <usize>x * 3;
  const l = <u32>load<u8>(level + x);
  const a = <u32>load<u8>(alpha + x);
  store<u8>(target + at, blend1(load<u8>(source + at), l, a));
  store<u8>(target + at, blend1(load<u8>(source + at, 1), l, a), 1);
  store<u8>(target + at, blend1(load<u8>(source + at, 2), l, a), 2);
}

// Four pixels of four bytes under four of a plane; every byte is blended, the target's fourth too.
@inline
function blendPlane4(pixels: v128, plane: v128): v128 {
  const alphas = i8x16.shuffle(plane, plane, 3, 3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11, 15, 15, 15, 15);
  const lower = blend8(i16x8.extend_low_i8x16_u(pixels), i16x8.extend_low_i8x16_u(plane), i16x8.extend_low_i8x16_u(alphas));
  const upper = blend8(i16x8.extend_high_i8x16_u(pixels), i16x8.extend_high_i8x16_u(plane), i16x8.extend_high_i8x16_u(alphas));
  return i8x16.narrow_i16x8_u(lower, upper);
}

@inline
function blendPlane1(to: usize, plane: usize): void {
  const alpha = <u32>load<u8>(plane, 3);
  store<u8>(to, blend1(load<u8>(to), load<u8>(plane), alpha));
  store<u8>(to, blend1(load<u8>(to, 1), load<u8>(plane, 1), alpha), 1);
  store<u8>(to, blend1(load<u8>(to, 2), load<u8>(plane, 2), alpha), 2);
}

@inline
function blendSpan(target: usize, plane: usize, x: i32, end: i32, channels: i32, colours: v128): void {
  for (; x + 4 <= end; x += 4) {
    const drawn = v128.load(plane + (<usize>x << 2));
    if (!v128.any_true(i32x4.shr_u(drawn, 24))) continue;
    const to = target + <usize>(x * channels);
    if (channels == 4) {
      // Opaque under opaque: the fourth byte stays what it is.
      const pixels = v128.load(to);
      v128.store(to, v128.bitselect(pixels, blendPlane4(pixels, drawn), i32x4.splat(0xff000000)));
    } else {
      const three = v128.load32_lane(to + 8, v128.load64_zero(to), 2);
      const four = i8x16.swizzle(three, i8x16(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
      const mixed = i8x16.swizzle(blendPlane4(four, drawn), colours);
      v128.store64_lane(to, mixed, 0);
      v128.store32_lane(to, mixed, 2, 8);
    }
  }
  for (; x < end; x++) blendPlane1(target + <usize>(x * channels), plane + (<usize>x << 2));
}

// In place: what is not drawn upon is not touched, so that sparse drawings cost next to nothing.
export function blendPlane(
  target: usize, targetStride: usize, width: i32, height: i32, channels: i32, plane: usize, spans: usize,
): void {
  const colours = i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  for (let y = 0; y < height; y++) {
    const x = <i32>load<u16>(spans);
    const end = min(<i32>load<u16>(spans, 2), width);
    if (channels == 4) blendSpan(target, plane, x, end, 4, colours);
    else blendSpan(target, plane, x, end, 3, colours);
    spans += 4;
    plane += <usize>width << 2;
    target += targetStride;
  }
}
