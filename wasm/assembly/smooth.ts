import { held, pastSixteen, pickOrNought, q15 } from './fixed';
import { lineStride, padLine, ringLine, storePart } from './lines';

// Gaussian of 7x7: weights of 8 bits down the columns keep 1/256 level, weights of 15 bits along the line then work on 1/128.

@inline
function pairLow(a: usize, b: usize): v128 {
  return i16x8.add(v128.load8x8_u(a), v128.load8x8_u(b));
}

// Eight columns of seven lines, in 1/128 level.
@inline
function downColumns(x: usize, l0: usize, l1: usize, l2: usize, l3: usize, l4: usize, l5: usize, l6: usize, w0: v128, w1: v128, w2: v128, w3: v128): v128 {
  const inner = i16x8.add(i16x8.mul(v128.load8x8_u(l3 + x), w0), i16x8.mul(pairLow(l2 + x, l4 + x), w1));
  const outer = i16x8.add(i16x8.mul(pairLow(l1 + x, l5 + x), w2), i16x8.mul(pairLow(l0 + x, l6 + x), w3));
  return i16x8.shr_u(i16x8.add(inner, outer), 1);
}

// The same of signed levels for sixteen columns, by sums of two products of bytes; weights have seven bits, so both builds agree.
@inline
function downSixteen(
  x: usize, l0: usize, l1: usize, l2: usize, l3: usize, l4: usize, l5: usize, l6: usize, w0: v128, w1: v128, w2: v128, w3: v128, to: usize,
  sign: v128,
): void {
  const a = v128.load(l0 + x), b = v128.load(l6 + x), c = v128.load(l1 + x), d = v128.load(l5 + x);
  const e = v128.load(l2 + x), f = v128.load(l4 + x), g = v128.load(l3 + x);
  const low = i16x8.add(
    i16x8.add(i16x8.relaxed_dot_i8x16_i7x16_s(lower(a, b), w3), i16x8.relaxed_dot_i8x16_i7x16_s(lower(c, d), w2)),
    i16x8.add(i16x8.relaxed_dot_i8x16_i7x16_s(lower(e, f), w1), i16x8.relaxed_dot_i8x16_i7x16_s(lower(g, g), w0)));
  const high = i16x8.add(
    i16x8.add(i16x8.relaxed_dot_i8x16_i7x16_s(upper(a, b), w3), i16x8.relaxed_dot_i8x16_i7x16_s(upper(c, d), w2)),
    i16x8.add(i16x8.relaxed_dot_i8x16_i7x16_s(upper(e, f), w1), i16x8.relaxed_dot_i8x16_i7x16_s(upper(g, g), w0)));
  v128.store(to, i16x8.shr_u(v128.xor(low, sign), 1));
  v128.store(to, i16x8.shr_u(v128.xor(high, sign), 1), 16);
}

@inline
function mean(a: usize, b: usize): v128 {
  return i16x8.avgr_u(v128.load(a), v128.load(b));
}

// Eight pixels of a line of 16-bit columns that starts three columns to the left.
@inline
function alongLine(at: usize, k0: v128, k1: v128, k2: v128, k3: v128, half: v128): v128 {
  const inner = i16x8.add(q15(v128.load(at, 6), k0), q15(mean(at + 4, at + 8), k1));
  const outer = i16x8.add(q15(mean(at + 2, at + 10), k2), q15(mean(at, at + 12), k3));
  return i16x8.shr_u(i16x8.add(i16x8.add(inner, outer), half), 7);
}

export function gaussian7(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  w0: i32, w1: i32, w2: i32, w3: i32, scratch: usize,
): void {
  const stride = lineStride(width, 3);
  const columns = scratch + 7 * stride;
  const v0 = i16x8.splat(<i16>w0), v1 = i16x8.splat(<i16>w1), v2 = i16x8.splat(<i16>w2), v3 = i16x8.splat(<i16>w3);
  // A pair's mean takes both weights.
  const k0 = i16x8.splat(<i16>min(w0 << 7, 32767)), k1 = i16x8.splat(<i16>(w1 << 8)), k2 = i16x8.splat(<i16>(w2 << 8)), k3 = i16x8.splat(<i16>(w3 << 8));
  const dots: bool = ASC_FEATURE_RELAXED_SIMD && w0 <= 254;
  const d0 = i16x8.splat(<i16>((w0 >> 1) | ((w0 - (w0 >> 1)) << 8))), d1 = i8x16.splat(<i8>w1), d2 = i8x16.splat(<i8>w2), d3 = i8x16.splat(<i8>w3);
  const sign = held(i16x8.splat(-32768), width), half = held(i16x8.splat(64), width);
  for (let y = -3; y < height; y++) {
    const next = y + 3;
    if (next < height) {
      const line = ringLine(scratch, stride, 7, next, height);
      padLine(source + <usize>next * sourceStride, width, line, 3);
      if (dots) for (let x: usize = 0; x < stride; x += 16) v128.store(line + x, v128.xor(v128.load(line + x), i8x16.splat(-128)));
    }
    if (y < 0) continue;
    const l0 = ringLine(scratch, stride, 7, y - 3, height), l1 = ringLine(scratch, stride, 7, y - 2, height);
    const l2 = ringLine(scratch, stride, 7, y - 1, height), l3 = ringLine(scratch, stride, 7, y, height);
    const l4 = ringLine(scratch, stride, 7, y + 1, height), l5 = ringLine(scratch, stride, 7, y + 2, height);
    const l6 = ringLine(scratch, stride, 7, y + 3, height);
    if (ASC_FEATURE_RELAXED_SIMD && dots) {
      for (let x: usize = 0; x < stride; x += 16) downSixteen(x, l0, l1, l2, l3, l4, l5, l6, d0, d1, d2, d3, columns + (x << 1), sign);
    } else for (let x: usize = 0; x < stride; x += 8) v128.store(columns + (x << 1), downColumns(x, l0, l1, l2, l3, l4, l5, l6, v0, v1, v2, v3));
    const to = target + <usize>y * targetStride;
    for (let x = 0; x < width; x += 16) {
      const at = columns + (<usize>x << 1);
      const pixels = i8x16.narrow_i16x8_u(alongLine(at, k0, k1, k2, k3, half), alongLine(at + 16, k0, k1, k2, k3, half));
      if (x + 16 <= width) v128.store(to + x, pixels);
      else storePart(to + x, pixels, width - x);
    }
  }
}

// Bilateral filter on the disc of 13 pixels within a radius of 2. A neighbour's weight is read from sixteen steps of its
// difference in grey, one row of them for each of the three distances. Levels are kept less 128, so that products of
// signed bytes suffice; all weights together are at most 255, so that sums of 16 bits and of 8 bits do.

@inline
function weight(pixels: v128, centre: v128, steps: v128, shift: i32, mask: v128, beyond: v128): v128 {
  const difference = i8x16.sub(i8x16.max_s(pixels, centre), i8x16.min_s(pixels, centre));
  return pickOrNought(steps, v128.and(i16x8.shr_u(difference, shift), mask), beyond);
}

@inline
function lower(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

@inline
function upper(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

// Weighted sum of two pixels each, lower and upper eight; weights have seven bits, so both builds agree.
@inline
function weightedLow(p: v128, q: v128, wp: v128, wq: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i16x8.relaxed_dot_i8x16_i7x16_s(lower(p, q), lower(wp, wq));
  return i16x8.add(i16x8.extmul_low_i8x16_s(p, wp), i16x8.extmul_low_i8x16_s(q, wq));
}

@inline
function weightedHigh(p: v128, q: v128, wp: v128, wq: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i16x8.relaxed_dot_i8x16_i7x16_s(upper(p, q), upper(wp, wq));
  return i16x8.add(i16x8.extmul_high_i8x16_s(p, wp), i16x8.extmul_high_i8x16_s(q, wq));
}

// round(sum / weights) + 128 of four pixels: 1.5 * 2^23 leaves the whole number, to the nearest even, in the lowest bits.
@inline
function quotient(sums: v128, weights: v128, magic: v128, low8: v128): v128 {
  const share = f32x4.div(f32x4.convert_i32x4_s(sums), f32x4.convert_i32x4_s(weights));
  return v128.and(f32x4.add(share, magic), low8);
}

@inline
function quotients(sums: v128, weights: v128, magic: v128, low8: v128): v128 {
  return i16x8.narrow_i32x4_s(
    quotient(i32x4.extend_low_i16x8_s(sums), i32x4.extend_low_i16x8_u(weights), magic, low8),
    quotient(i32x4.extend_high_i16x8_s(sums), i32x4.extend_high_i16x8_u(weights), magic, low8),
  );
}

@inline
function bilateral13(
  a: usize, b: usize, c: usize, d: usize, e: usize, centreWeight: v128, near: v128, diagonal: v128, far: v128, shift: i32, mask: v128,
  beyond: v128, magic: v128, low8: v128,
): v128 {
  const centre = v128.load(c, 2);
  let p = v128.load(b, 2), q = v128.load(d, 2);
  let wp = weight(p, centre, near, shift, mask, beyond), wq = weight(q, centre, near, shift, mask, beyond);
  let weights = i8x16.add(i8x16.add(wp, wq), centreWeight);
  let low = i16x8.add(i16x8.extmul_low_i8x16_s(centre, centreWeight), weightedLow(p, q, wp, wq));
  let high = i16x8.add(i16x8.extmul_high_i8x16_s(centre, centreWeight), weightedHigh(p, q, wp, wq));

  p = v128.load(c, 1);
  q = v128.load(c, 3);
  wp = weight(p, centre, near, shift, mask, beyond);
  wq = weight(q, centre, near, shift, mask, beyond);
  weights = i8x16.add(weights, i8x16.add(wp, wq));
  low = i16x8.add(low, weightedLow(p, q, wp, wq));
  high = i16x8.add(high, weightedHigh(p, q, wp, wq));

  p = v128.load(b, 1);
  q = v128.load(d, 3);
  wp = weight(p, centre, diagonal, shift, mask, beyond);
  wq = weight(q, centre, diagonal, shift, mask, beyond);
  weights = i8x16.add(weights, i8x16.add(wp, wq));
  low = i16x8.add(low, weightedLow(p, q, wp, wq));
  high = i16x8.add(high, weightedHigh(p, q, wp, wq));

  p = v128.load(b, 3);
  q = v128.load(d, 1);
  wp = weight(p, centre, diagonal, shift, mask, beyond);
  wq = weight(q, centre, diagonal, shift, mask, beyond);
  weights = i8x16.add(weights, i8x16.add(wp, wq));
  low = i16x8.add(low, weightedLow(p, q, wp, wq));
  high = i16x8.add(high, weightedHigh(p, q, wp, wq));

  p = v128.load(a, 2);
  q = v128.load(e, 2);
  wp = weight(p, centre, far, shift, mask, beyond);
  wq = weight(q, centre, far, shift, mask, beyond);
  weights = i8x16.add(weights, i8x16.add(wp, wq));
  low = i16x8.add(low, weightedLow(p, q, wp, wq));
  high = i16x8.add(high, weightedHigh(p, q, wp, wq));

  p = v128.load(c);
  q = v128.load(c, 4);
  wp = weight(p, centre, far, shift, mask, beyond);
  wq = weight(q, centre, far, shift, mask, beyond);
  weights = i8x16.add(weights, i8x16.add(wp, wq));
  low = i16x8.add(low, weightedLow(p, q, wp, wq));
  high = i16x8.add(high, weightedHigh(p, q, wp, wq));

  return i8x16.narrow_i16x8_u(
    quotients(low, i16x8.extend_low_i8x16_u(weights), magic, low8), quotients(high, i16x8.extend_high_i8x16_u(weights), magic, low8));
}

export function bilateral(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  weights: usize, centreWeight: i32, shift: i32, scratch: usize,
): void {
  const stride = lineStride(width, 2);
  const near = v128.load(weights), diagonal = v128.load(weights, 16), far = v128.load(weights, 32);
  const centre = i8x16.splat(<i8>centreWeight);
  const mask = i8x16.splat(<i8>(255 >> shift));
  for (let y = -2; y < height; y++) {
    const next = y + 2;
    if (next < height) {
      const line = ringLine(scratch, stride, 5, next, height);
      padLine(source + <usize>next * sourceStride, width, line, 2);
      for (let x: usize = 0; x < stride; x += 16) v128.store(line + x, v128.xor(v128.load(line + x), i8x16.splat(-128)));
    }
    if (y < 0) continue;
    const a = ringLine(scratch, stride, 5, y - 2, height), b = ringLine(scratch, stride, 5, y - 1, height);
    const c = ringLine(scratch, stride, 5, y, height), d = ringLine(scratch, stride, 5, y + 1, height);
    const e = ringLine(scratch, stride, 5, y + 2, height);
    const to = target + <usize>y * targetStride;
    // A shift that is known is one instruction, another three.
    if (shift == 2) bilateralLine(a, b, c, d, e, to, width, centre, near, diagonal, far, 2, mask);
    else bilateralLine(a, b, c, d, e, to, width, centre, near, diagonal, far, shift, mask);
  }
}

@inline
function bilateralLine(
  a: usize, b: usize, c: usize, d: usize, e: usize, to: usize, width: i32,
  centre: v128, near: v128, diagonal: v128, far: v128, shift: i32, mask: v128,
): void {
  const beyond = held(pastSixteen(), width), magic = held(f32x4.splat(12583040), width), low8 = held(i32x4.splat(0xff), width);
  for (let x = 0; x < width; x += 16) {
    const pixels = bilateral13(a + x, b + x, c + x, d + x, e + x, centre, near, diagonal, far, shift, mask, beyond, magic, low8);
    if (x + 16 <= width) v128.store(to + x, pixels);
    else storePart(to + x, pixels, width - x);
  }
}
