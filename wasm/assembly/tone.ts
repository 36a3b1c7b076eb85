import { q15 } from './fixed';

// Grey window, DICOM PS3.3 C.11.2.1.2.1 (LINEAR), as level = base + slope * (x - whole) in 1/32 grey level. Sixteen-bit lanes
// hold it because x - whole is stretched by a power of two until the window fills fifteen bits: whatever the width, the
// factor keeps at least seven more bits than a grey level has.

// The whole stored value from which the window counts.
@inline
function wholeOf(low: f64): f64 {
  return min<f64>(max<f64>(Math.floor(low), 0), 65535);
}

// A window of less than one stored value holds one whole number at most: a slope of 255 through its level is then as good.
@inline
function slopeOf(gain: f64): f64 {
  return min<f64>(gain, 255);
}

// Grey level at `wholeOf(low)`, unbounded.
@inline
function baseOf(low: f64, gain: f64): f64 {
  if (gain <= 255) return (wholeOf(low) - low) * gain;
  const inside = Math.floor(low) + 1;
  return min<f64>((inside - low) * gain, 255) + 255 * (wholeOf(low) - inside);
}

// The largest power of two by which the reach of the window, from `base` to white, still fits sixteen bits.
function stretchOf(base: f64, slope: f64): u32 {
  const reach = Math.ceil((255 - base) / slope);
  let stretch: u32 = 0x8000;
  while (stretch > 1 && <f64>(65535 / stretch) < reach) stretch >>= 1;
  return stretch;
}

@inline
function factorOf(slope: f64, stretch: u32): i32 {
  return <i32>min<f64>(Math.floor((slope * 0x200000) / <f64>stretch + 0.5), 32767);
}

// With half a level for rounding.
@inline
function offsetOf(base: f64): i32 {
  return <i32>min<f64>(max<f64>(Math.floor(base * 32 + 16.5), -32768), 32767);
}

@inline
function windowed8(x: v128, whole: v128, limit: v128, stretch: v128, factor: v128, offset: v128): v128 {
  const above = i16x8.min_u(i16x8.sub_sat_u(x, whole), limit);
  return i16x8.shr_s(i16x8.add_sat_s(q15(i16x8.shr_u(i16x8.mul(above, stretch), 1), factor), offset), 5);
}

@inline
function windowed1(x: i32, whole: i32, limit: i32, stretch: i32, factor: i32, offset: i32): i32 {
  const above = (min(max(x - whole, 0), limit) * stretch) >> 1;
  return min(max((((above * factor + 0x4000) >> 15) + offset) >> 5, 0), 255);
}

// Most windows begin within the stored values and are neither very steep nor very wide: then (x - low) * gain in one rounded product of
// Q15 is enough, x and low stretched by a power of two until the white end fills fifteen bits. Nought where that does not hold.
@inline
function directShift(low: f64, gain: f64, most: i32): i32 {
  const white = Math.ceil(low + 256 / gain);
  if (!(low >= 0 && low < <f64>most) || !(gain <= 64)) return 0;
  const top = min<f64>(white, <f64>most);
  let shift = 1;
  while (shift < 7 && top * <f64>(2 << shift) <= 32767) shift++;
  const factor = (gain * 32768) / <f64>(1 << shift);
  return top * <f64>(1 << shift) <= 32767 && factor <= 32767 && factor >= 250 ? shift : 0;
}

@inline
function topOf(low: f64, gain: f64, most: i32): i32 {
  return <i32>min<f64>(Math.ceil(low + 256 / gain), <f64>most);
}

@inline
function direct8(x: v128, shift: i32, black: v128, factor: v128): v128 {
  return q15(i16x8.sub(i16x8.shl(x, shift), black), factor);
}

@inline
function direct1(x: i32, shift: i32, black: i32, factor: i32): u8 {
  return <u8>min(max((((x << shift) - black) * factor + 0x4000) >> 15, 0), 255);
}

@inline
function directFactor(gain: f64, shift: i32): i32 {
  return <i32>Math.floor((gain * 32768) / <f64>(1 << shift) + 0.5);
}

@inline
function directBlack(low: f64, shift: i32): i32 {
  return <i32>Math.floor(low * <f64>(1 << shift) + 0.5);
}

function directGrey(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, shift: i32, black: i32, factor: i32, top: i32,
): void {
  const blacks = i16x8.splat(<i16>black);
  const factors = i16x8.splat(<i16>factor);
  const tops = i8x16.splat(<i8>top);
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (; x + 32 <= width; x += 32) {
      const p = i8x16.min_u(v128.load(source + x), tops);
      const q = i8x16.min_u(v128.load(source + x, 16), tops);
      v128.store(target + x, i8x16.narrow_i16x8_u(
        direct8(i16x8.extend_low_i8x16_u(p), shift, blacks, factors), direct8(i16x8.extend_high_i8x16_u(p), shift, blacks, factors)));
      v128.store(target + x, i8x16.narrow_i16x8_u(
        direct8(i16x8.extend_low_i8x16_u(q), shift, blacks, factors), direct8(i16x8.extend_high_i8x16_u(q), shift, blacks, factors)), 16);
    }
    for (; x < width; x++) store<u8>(target + x, direct1(min(<i32>load<u8>(source + x), top), shift, black, factor));
    source += sourceStride;
    target += targetStride;
  }
}

function directY16(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, shift: i32, black: i32, factor: i32, top: i32,
): void {
  const blacks = i16x8.splat(<i16>black);
  const factors = i16x8.splat(<i16>factor);
  const tops = i16x8.splat(<i16>top);
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (; x + 32 <= width; x += 32) {
      const at = source + (<usize>x << 1);
      const p = v128.load(at), q = v128.load(at, 16), r = v128.load(at, 32), t = v128.load(at, 48);
      v128.store(target + x, i8x16.narrow_i16x8_u(
        direct8(i16x8.min_u(p, tops), shift, blacks, factors), direct8(i16x8.min_u(q, tops), shift, blacks, factors)));
      v128.store(target + x, i8x16.narrow_i16x8_u(
        direct8(i16x8.min_u(r, tops), shift, blacks, factors), direct8(i16x8.min_u(t, tops), shift, blacks, factors)), 16);
    }
    for (; x < width; x++) store<u8>(target + x, direct1(min(<i32>load<u16>(source + (<usize>x << 1)), top), shift, black, factor));
    source += sourceStride;
    target += targetStride;
  }
}

export function windowGrey(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, low: f64, gain: f64,
): void {
  // Without gaps the picture is one line.
  if (sourceStride == <usize>width && targetStride == <usize>width) {
    width *= height;
    height = 1;
  }
  const shift = directShift(low, gain, 255);
  if (shift > 0) {
    return directGrey(source, sourceStride, target, targetStride, width, height, shift, directBlack(low, shift), directFactor(gain, shift), topOf(low, gain, 255));
  }
  const whole = <i32>wholeOf(low);
  const slope = slopeOf(gain);
  const base = baseOf(low, gain);
  const stretch = stretchOf(base, slope);
  const limit = 65535 / stretch;
  const factor = factorOf(slope, stretch);
  const offset = offsetOf(base);
  const wholes = i16x8.splat(<i16>whole);
  const limits = i16x8.splat(<i16>limit);
  const stretches = i16x8.splat(<i16>stretch);
  const factors = i16x8.splat(<i16>factor);
  const offsets = i16x8.splat(<i16>offset);
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (; x + 16 <= width; x += 16) {
      const pixels = v128.load(source + x);
      const lower = windowed8(i16x8.extend_low_i8x16_u(pixels), wholes, limits, stretches, factors, offsets);
      const upper = windowed8(i16x8.extend_high_i8x16_u(pixels), wholes, limits, stretches, factors, offsets);
      v128.store(target + x, i8x16.narrow_i16x8_u(lower, upper));
    }
    for (; x < width; x++) store<u8>(target + x, windowed1(load<u8>(source + x), whole, limit, stretch, factor, offset));
    source += sourceStride;
    target += targetStride;
  }
}

export function windowY16(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, low: f64, gain: f64,
): void {
  // Without gaps the picture is one line.
  if (sourceStride == <usize>width * 2 && targetStride == <usize>width) {
    width *= height;
    height = 1;
  }
  const shift = directShift(low, gain, 65535);
  if (shift > 0) {
    return directY16(source, sourceStride, target, targetStride, width, height, shift, directBlack(low, shift), directFactor(gain, shift), topOf(low, gain, 65535));
  }
  const whole = <i32>wholeOf(low);
  const slope = slopeOf(gain);
  const base = baseOf(low, gain);
  const stretch = stretchOf(base, slope);
  const limit = 65535 / stretch;
  const factor = factorOf(slope, stretch);
  const offset = offsetOf(base);
  const wholes = i16x8.splat(<i16>whole);
  const limits = i16x8.splat(<i16>limit);
  const stretches = i16x8.splat(<i16>stretch);
  const factors = i16x8.splat(<i16>factor);
  const offsets = i16x8.splat(<i16>offset);
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (; x + 16 <= width; x += 16) {
      const at = source + (<usize>x << 1);
      const lower = windowed8(v128.load(at), wholes, limits, stretches, factors, offsets);
      const upper = windowed8(v128.load(at, 16), wholes, limits, stretches, factors, offsets);
      v128.store(target + x, i8x16.narrow_i16x8_u(lower, upper));
    }
    for (; x < width; x++) {
      store<u8>(target + x, windowed1(load<u16>(source + (<usize>x << 1)), whole, limit, stretch, factor, offset));
    }
    source += sourceStride;
    target += targetStride;
  }
}

// Two pixels leave as one word of eight bytes, whose last two the next pair overwrites; the table holds 0x00BBGGRR.
export function colourMap(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, table: usize,
): void {
  if (sourceStride == <usize>width && targetStride == <usize>width * 3) {
    width *= height;
    height = 1;
  }
  for (let y = 0; y < height; y++) {
    let to = target;
    let x = 0;
    for (; x + 9 <= width; x += 8) {
      store<u64>(to, colourOf(source + x, table) | (colourOf(source + x + 1, table) << 24));
      store<u64>(to, colourOf(source + x + 2, table) | (colourOf(source + x + 3, table) << 24), 6);
      store<u64>(to, colourOf(source + x + 4, table) | (colourOf(source + x + 5, table) << 24), 12);
      store<u64>(to, colourOf(source + x + 6, table) | (colourOf(source + x + 7, table) << 24), 18);
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

@inline
function colourOf(at: usize, table: usize): u64 {
  return <u64>load<u32>(table + (<usize>load<u8>(at) << 2));
}

// Two pixels at a time: half the look-ups, and in most pictures neighbours are alike, so that little of the large table is in use.
export function pairLevels(table: usize, pairs: usize): void {
  for (let second: usize = 0; second < 256; second++) {
    const upper = <u32>load<u8>(table + second) << 8;
    for (let first: usize = 0; first < 256; first++) {
      store<u16>(pairs, <u16>(upper | load<u8>(table + first)));
      pairs += 2;
    }
  }
}

export function mapLevels(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, pairs: usize,
): void {
  if (sourceStride == <usize>width && targetStride == <usize>width) {
    width *= height;
    height = 1;
  }
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (; x + 8 <= width; x += 8) {
      const low = load<u32>(source + x);
      const high = load<u32>(source + x, 4);
      store<u16>(target + x, load<u16>(pairs + (<usize>(low & 0xffff) << 1)));
      store<u16>(target + x, load<u16>(pairs + (<usize>(low >> 16) << 1)), 2);
      store<u16>(target + x, load<u16>(pairs + (<usize>(high & 0xffff) << 1)), 4);
      store<u16>(target + x, load<u16>(pairs + (<usize>(high >> 16) << 1)), 6);
    }
    for (; x < width; x++) store<u8>(target + x, <u8>load<u16>(pairs + (<usize>load<u8>(source + x) << 1)));
    source += sourceStride;
    target += targetStride;
  }
}

export function colourMapRgba(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, table: usize,
): void {
  if (sourceStride == <usize>width && targetStride == <usize>width << 2) {
    width *= height;
    height = 1;
  }
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (; x + 4 <= width; x += 4) {
      let colours = v128.load32_zero(table + (<usize>load<u8>(source + x) << 2));
      colours = v128.load32_lane(table + (<usize>load<u8>(source + x, 1) << 2), colours, 1);
      colours = v128.load32_lane(table + (<usize>load<u8>(source + x, 2) << 2), colours, 2);
      colours = v128.load32_lane(table + (<usize>load<u8>(source + x, 3) << 2), colours, 3);
      v128.store(target + (<usize>x << 2), colours);
    }
    for (; x < width; x++) store<u32>(target + (<usize>x << 2), load<u32>(table + (<usize>load<u8>(source + x) << 2)));
    source += sourceStride;
    target += targetStride;
  }
}
