// Grey window, DICOM PS3.3 C.11.2.1.2.1 (LINEAR) as (x - low) * gain, in single precision so that the twin in
// tests/reference can do the same to the bit.

// @ts-ignore: decorator
@inline
function windowed4(x: v128, low: v128, gain: v128): v128 {
  const scaled = f32x4.mul(f32x4.sub(f32x4.convert_i32x4_s(x), low), gain);
  const bounded = f32x4.min(f32x4.max(scaled, f32x4.splat(0)), f32x4.splat(255));
  return i32x4.trunc_sat_f32x4_s(f32x4.add(bounded, f32x4.splat(0.5)));
}

// @ts-ignore: decorator
@inline
function windowed1(x: u32, low: f32, gain: f32): u32 {
  const scaled = (<f32>x - low) * gain;
  return <u32>(min<f32>(max<f32>(scaled, 0), 255) + <f32>0.5);
}

// @ts-ignore: decorator
@inline
function windowed8(x: v128, low: v128, gain: v128): v128 {
  return i16x8.narrow_i32x4_s(windowed4(u32x4_low(x), low, gain), windowed4(u32x4_high(x), low, gain));
}

// @ts-ignore: decorator
@inline
function u32x4_low(x: v128): v128 {
  return i32x4.extend_low_i16x8_u(x);
}

// @ts-ignore: decorator
@inline
function u32x4_high(x: v128): v128 {
  return i32x4.extend_high_i16x8_u(x);
}

export function windowGrey(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, low: f32, gain: f32,
): void {
  const lowV = f32x4.splat(low);
  const gainV = f32x4.splat(gain);
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (; x + 16 <= width; x += 16) {
      const pixels = v128.load(source + x);
      const lower = windowed8(i16x8.extend_low_i8x16_u(pixels), lowV, gainV);
      const upper = windowed8(i16x8.extend_high_i8x16_u(pixels), lowV, gainV);
      v128.store(target + x, i8x16.narrow_i16x8_u(lower, upper));
    }
    for (; x < width; x++) store<u8>(target + x, windowed1(load<u8>(source + x), low, gain));
    source += sourceStride;
    target += targetStride;
  }
}

export function windowY16(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, low: f32, gain: f32,
): void {
  const lowV = f32x4.splat(low);
  const gainV = f32x4.splat(gain);
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (; x + 16 <= width; x += 16) {
      const lower = windowed8(v128.load(source + (<usize>x << 1)), lowV, gainV);
      const upper = windowed8(v128.load(source + (<usize>x << 1), 16), lowV, gainV);
      v128.store(target + x, i8x16.narrow_i16x8_u(lower, upper));
    }
    for (; x < width; x++) store<u8>(target + x, windowed1(load<u16>(source + (<usize>x << 1)), low, gain));
    source += sourceStride;
    target += targetStride;
  }
}

// Eight pixels are three words of 64 bits: the table holds 0x00BBGGRR.
export function colourMap(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, table: usize,
): void {
  for (let y = 0; y < height; y++) {
    let to = target;
    let x = 0;
    for (; x + 8 <= width; x += 8) {
      const pixels = load<u64>(source + x);
      const t2 = colourOf(pixels, 16, table);
      const t5 = colourOf(pixels, 40, table);
      store<u64>(to, colourOf(pixels, 0, table) | (colourOf(pixels, 8, table) << 24) | (t2 << 48));
      store<u64>(to, (t2 >> 16) | (colourOf(pixels, 24, table) << 8) | (colourOf(pixels, 32, table) << 32) | (t5 << 56), 8);
      store<u64>(to, (t5 >> 8) | (colourOf(pixels, 48, table) << 16) | (colourOf(pixels, 56, table) << 40), 16);
      to += 24;
    }
    for (; x < width; x++) {
      const colour = load<u32>(table + (<usize>load<u8>(source + x) << 2));
      store<u16>(to, <u16>colour);
      store<u8>(to, <u8>(colour >> 16), 2);
      to += 3;
    }
    source += sourceStride;
    target += targetStride;
  }
}

// @ts-ignore: decorator
@inline
function colourOf(pixels: u64, shift: u64, table: usize): u64 {
  return <u64>load<u32>(table + (<usize>((pixels >> shift) & 0xff) << 2));
}
