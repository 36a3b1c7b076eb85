// Pixel formats of capture devices → grey, RGB24 or RGBA. Luma and chroma are Q6 in sixteen-bit lanes; the products come from
// Q15 factors, so that they carry no error of a factor of six bits, and the last sum saturates.

import { held, pick, q15 } from './fixed';

// Luma in 1/128 level; `black` too, the gain in 1/256: the product of Q15 is the same to the bit as ((y - black) * gain + 64) >> 7 in whole levels.
@inline
function scaledLuma16(low: v128, high: v128, black: v128, gain: v128): v128 {
  return i8x16.narrow_i16x8_u(q15(i16x8.sub(low, black), gain), q15(i16x8.sub(high, black), gain));
}

@inline
function scaledLuma1(y: i32, black: i32, gain: i32): u8 {
  return <u8>min((max(y - black, 0) * gain + 64) >> 7, 255);
}

export function lumaToGrey(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, black: i32, gain: i32,
): void {
  const blacks = i16x8.splat(<i16>(black << 7));
  const gains = i16x8.splat(<i16>(gain << 1));
  for (let row = 0; row < height; row++) {
    let x = 0;
    if (black == 0 && gain == 128) {
      for (; x + 16 <= width; x += 16) v128.store(target + x, v128.load(source + x));
    }
    for (; x + 16 <= width; x += 16) {
      const pixels = v128.load(source + x);
      v128.store(target + x, scaledLuma16(
        i16x8.shl(i16x8.extend_low_i8x16_u(pixels), 7), i16x8.shl(i16x8.extend_high_i8x16_u(pixels), 7), blacks, gains));
    }
    for (; x < width; x++) store<u8>(target + x, scaledLuma1(load<u8>(source + x), black, gain));
    source += sourceStride;
    target += targetStride;
  }
}

// `order` is the place of the first luma in its pair: 0 in YUYV, 1 in UYVY.
export function packedToGrey(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, order: i32, black: i32, gain: i32,
): void {
  const blacks = i16x8.splat(<i16>(black << 7));
  const gains = i16x8.splat(<i16>(gain << 1));
  const low = i16x8.splat(0xff), luma = i16x8.splat(0x7f80);
  const plain = black == 0 && gain == 128;
  for (let row = 0; row < height; row++) {
    let x = 0;
    if (plain && order == 0) {
      for (; x + 32 <= width; x += 32) {
        const at = source + (<usize>x << 1);
        v128.store(target + x, i8x16.narrow_i16x8_u(v128.and(v128.load(at), low), v128.and(v128.load(at, 16), low)));
        v128.store(target + x, i8x16.narrow_i16x8_u(v128.and(v128.load(at, 32), low), v128.and(v128.load(at, 48), low)), 16);
      }
    } else if (plain) {
      for (; x + 32 <= width; x += 32) {
        const at = source + (<usize>x << 1);
        v128.store(target + x, i8x16.narrow_i16x8_u(i16x8.shr_u(v128.load(at), 8), i16x8.shr_u(v128.load(at, 16), 8)));
        v128.store(target + x, i8x16.narrow_i16x8_u(i16x8.shr_u(v128.load(at, 32), 8), i16x8.shr_u(v128.load(at, 48), 8)), 16);
      }
    }
    if (order == 0) {
      for (; x + 16 <= width; x += 16) {
        const at = source + (<usize>x << 1);
        const first = v128.and(i16x8.shl(v128.load(at), 7), luma), second = v128.and(i16x8.shl(v128.load(at, 16), 7), luma);
        v128.store(target + x, scaledLuma16(first, second, blacks, gains));
      }
    } else {
      for (; x + 16 <= width; x += 16) {
        const at = source + (<usize>x << 1);
        const first = v128.and(i16x8.shr_u(v128.load(at), 1), luma), second = v128.and(i16x8.shr_u(v128.load(at, 16), 1), luma);
        v128.store(target + x, scaledLuma16(first, second, blacks, gains));
      }
    }
    for (; x < width; x++) store<u8>(target + x, scaledLuma1(load<u8>(source + (<usize>x << 1) + order), black, gain));
    source += sourceStride;
    target += targetStride;
  }
}

// Sixteen pixels as RGBA, or as RGB24 by leaving out every fourth byte; even pixels come first in r, g and b, the odd ones behind.
@inline
function store16(to: usize, r: v128, g: v128, b: v128, alpha: bool, tight: v128): void {
  const opaque = i8x16.splat(-1);
  const rgEven = i8x16.shuffle(r, g, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const rgOdd = i8x16.shuffle(r, g, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  const baEven = i8x16.shuffle(b, opaque, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const baOdd = i8x16.shuffle(b, opaque, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  const even0 = i8x16.shuffle(rgEven, baEven, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
  const even1 = i8x16.shuffle(rgEven, baEven, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
  const odd0 = i8x16.shuffle(rgOdd, baOdd, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
  const odd1 = i8x16.shuffle(rgOdd, baOdd, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
  const p = i8x16.shuffle(even0, odd0, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const q = i8x16.shuffle(even0, odd0, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  const s = i8x16.shuffle(even1, odd1, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const t = i8x16.shuffle(even1, odd1, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  if (alpha) {
    v128.store(to, p);
    v128.store(to, q, 16);
    v128.store(to, s, 32);
    v128.store(to, t, 48);
  } else {
    store48(to, pick(p, tight), pick(q, tight), pick(s, tight), pick(t, tight));
  }
}

// Four times twelve bytes: each vector's last four are overwritten by the next, of the last one only twelve are written.
@inline
function store48(to: usize, p: v128, q: v128, s: v128, t: v128): void {
  v128.store(to, p);
  v128.store(to, q, 12);
  v128.store(to, s, 24);
  v128.store64_lane(to, t, 0, 36);
  v128.store32_lane(to, t, 2, 44);
}

@inline
function level8(luma: v128, chroma: v128): v128 {
  return i16x8.shr_s(i16x8.add_sat_s(luma, chroma), 6);
}

// Sixteen pixels: luma of the even and of the odd ones in 1/128 level, U and V of each pair, signed, in 1/256. The factors are
// vectors made before the line: the engine hoists none.
@inline
function colour16(
  evens: v128, odds: v128, u: v128, v: v128, to: usize, alpha: bool, tight: v128,
  black: v128, luma: v128, redV: v128, greenU: v128, greenV: v128, blueU: v128, round: v128,
): void {
  const even = i16x8.add(q15(i16x8.sub(evens, black), luma), round);
  const odd = i16x8.add(q15(i16x8.sub(odds, black), luma), round);
  const red = q15(v, redV);
  const green = i16x8.add(q15(u, greenU), q15(v, greenV));
  const blue = q15(u, blueU);
  const r = i8x16.narrow_i16x8_u(level8(even, red), level8(odd, red));
  const g = i8x16.narrow_i16x8_u(level8(even, green), level8(odd, green));
  const b = i8x16.narrow_i16x8_u(level8(even, blue), level8(odd, blue));
  store16(to, r, g, b, alpha, tight);
}

@inline
function lowByte(pair: v128, low: v128): v128 {
  return v128.and(pair, low);
}

@inline
function highByte(pair: v128, low: v128): v128 {
  return v128.andnot(pair, low);
}

@inline
function q15of(a: i32, b: i32): i32 {
  return (a * b + 0x4000) >> 15;
}

@inline
function level1(luma: i32, chroma: i32): u32 {
  return <u32>min(max(min(luma + chroma, 32767) >> 6, 0), 255);
}

@inline
function colour1(
  y: i32, u: i32, v: i32, to: usize, alpha: bool, black: i32, luma: i32, redV: i32, greenU: i32, greenV: i32, blueU: i32,
): void {
  const grey = q15of((y << 7) - black, luma) + 32;
  const u8ths = (u - 128) << 8;
  const v8ths = (v - 128) << 8;
  const r = level1(grey, q15of(v8ths, redV));
  const g = level1(grey, q15of(u8ths, greenU) + q15of(v8ths, greenV));
  const b = level1(grey, q15of(u8ths, blueU));
  if (alpha) {
    store<u32>(to, r | (g << 8) | (b << 16) | 0xff000000);
  } else {
    store<u16>(to, <u16>(r | (g << 8)));
    store<u8>(to, <u8>b, 2);
  }
}

@inline
function packedLine(
  source: usize, target: usize, width: i32, alpha: bool, lumaFirst: bool,
  black: i32, luma: i32, redV: i32, greenU: i32, greenV: i32, blueU: i32,
): void {
  const blackV = i16x8.splat(<i16>black), lumaV = i16x8.splat(<i16>luma), redVV = i16x8.splat(<i16>redV);
  const greenUV = i16x8.splat(<i16>greenU), greenVV = i16x8.splat(<i16>greenV), blueUV = i16x8.splat(<i16>blueU);
  const sign = held(i16x8.splat(-32768), width), round = held(i16x8.splat(32), width), low = held(i16x8.splat(0xff), width);
  const tight = held(i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1), width);
  const step: usize = alpha ? 4 : 3;
  const order: i32 = lumaFirst ? 0 : 1;
  let to = target;
  let x = 0;
  for (; x + 16 <= width; x += 16) {
    const p = v128.load(source + (<usize>x << 1));
    const q = v128.load(source + (<usize>x << 1), 16);
    // Even luma with U, odd luma with V.
    const yu = i16x8.shuffle(p, q, 0, 2, 4, 6, 8, 10, 12, 14);
    const yv = i16x8.shuffle(p, q, 1, 3, 5, 7, 9, 11, 13, 15);
    const evens = lumaFirst ? i16x8.shl(lowByte(yu, low), 7) : i16x8.shr_u(highByte(yu, low), 1);
    const odds = lumaFirst ? i16x8.shl(lowByte(yv, low), 7) : i16x8.shr_u(highByte(yv, low), 1);
    const u = v128.xor(lumaFirst ? highByte(yu, low) : i16x8.shl(yu, 8), sign);
    const v = v128.xor(lumaFirst ? highByte(yv, low) : i16x8.shl(yv, 8), sign);
    colour16(evens, odds, u, v, to, alpha, tight, blackV, lumaV, redVV, greenUV, greenVV, blueUV, round);
    to += step << 4;
  }
  for (; x < width; x++) {
    const pair = source + (<usize>(x >> 1) << 2);
    colour1(load<u8>(source + (<usize>x << 1) + order), load<u8>(pair + 1 - order), load<u8>(pair + 3 - order), to, alpha,
      black, luma, redV, greenU, greenV, blueU);
    to += step;
  }
}

export function packedToRgba(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, order: i32,
  black: i32, luma: i32, redV: i32, greenU: i32, greenV: i32, blueU: i32,
): void {
  for (let row = 0; row < height; row++) {
    if (order == 0) packedLine(source, target, width, true, true, black, luma, redV, greenU, greenV, blueU);
    else packedLine(source, target, width, true, false, black, luma, redV, greenU, greenV, blueU);
    source += sourceStride;
    target += targetStride;
  }
}

export function packedToRgb(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, order: i32,
  black: i32, luma: i32, redV: i32, greenU: i32, greenV: i32, blueU: i32,
): void {
  for (let row = 0; row < height; row++) {
    if (order == 0) packedLine(source, target, width, false, true, black, luma, redV, greenU, greenV, blueU);
    else packedLine(source, target, width, false, false, black, luma, redV, greenU, greenV, blueU);
    source += sourceStride;
    target += targetStride;
  }
}

// U V in pairs, or two planes.
@inline
function planarLine(
  source: usize, chroma: usize, second: usize, pairs: bool, target: usize, width: i32, alpha: bool,
  black: i32, luma: i32, redV: i32, greenU: i32, greenV: i32, blueU: i32,
): void {
  const blackV = i16x8.splat(<i16>black), lumaV = i16x8.splat(<i16>luma), redVV = i16x8.splat(<i16>redV);
  const greenUV = i16x8.splat(<i16>greenU), greenVV = i16x8.splat(<i16>greenV), blueUV = i16x8.splat(<i16>blueU);
  const sign = held(i16x8.splat(-32768), width), round = held(i16x8.splat(32), width), low = held(i16x8.splat(0xff), width);
  const tight = held(i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1), width);
  const step: usize = alpha ? 4 : 3;
  let to = target;
  let x = 0;
  for (; x + 16 <= width; x += 16) {
    const half = <usize>x >> 1;
    const lumas = v128.load(source + x);
    let u: v128, v: v128;
    if (pairs) {
      const chromas = v128.load(chroma + x);
      u = i16x8.shl(chromas, 8);
      v = highByte(chromas, low);
    } else {
      u = i16x8.shl(v128.load8x8_u(chroma + half), 8);
      v = i16x8.shl(v128.load8x8_u(second + half), 8);
    }
    colour16(i16x8.shl(lowByte(lumas, low), 7), i16x8.shr_u(highByte(lumas, low), 1), v128.xor(u, sign), v128.xor(v, sign), to, alpha, tight,
      blackV, lumaV, redVV, greenUV, greenVV, blueUV, round);
    to += step << 4;
  }
  for (; x < width; x++) {
    const half = <usize>x >> 1;
    const cb = pairs ? load<u8>(chroma + (half << 1)) : load<u8>(chroma + half);
    const cr = pairs ? load<u8>(chroma + (half << 1), 1) : load<u8>(second + half);
    colour1(load<u8>(source + x), cb, cr, to, alpha, black, luma, redV, greenU, greenV, blueU);
    to += step;
  }
}

export function nv12ToRgba(
  source: usize, sourceStride: usize, chroma: usize, chromaStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  black: i32, luma: i32, redV: i32, greenU: i32, greenV: i32, blueU: i32,
): void {
  for (let row = 0; row < height; row++) {
    planarLine(source, chroma, 0, true, target, width, true, black, luma, redV, greenU, greenV, blueU);
    source += sourceStride;
    target += targetStride;
    if (row & 1) chroma += chromaStride;
  }
}

export function nv12ToRgb(
  source: usize, sourceStride: usize, chroma: usize, chromaStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  black: i32, luma: i32, redV: i32, greenU: i32, greenV: i32, blueU: i32,
): void {
  for (let row = 0; row < height; row++) {
    planarLine(source, chroma, 0, true, target, width, false, black, luma, redV, greenU, greenV, blueU);
    source += sourceStride;
    target += targetStride;
    if (row & 1) chroma += chromaStride;
  }
}

export function i420ToRgba(
  source: usize, sourceStride: usize, u: usize, v: usize, chromaStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  black: i32, luma: i32, redV: i32, greenU: i32, greenV: i32, blueU: i32,
): void {
  for (let row = 0; row < height; row++) {
    planarLine(source, u, v, false, target, width, true, black, luma, redV, greenU, greenV, blueU);
    source += sourceStride;
    target += targetStride;
    if (row & 1) u += chromaStride, v += chromaStride;
  }
}

export function i420ToRgb(
  source: usize, sourceStride: usize, u: usize, v: usize, chromaStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  black: i32, luma: i32, redV: i32, greenU: i32, greenV: i32, blueU: i32,
): void {
  for (let row = 0; row < height; row++) {
    planarLine(source, u, v, false, target, width, false, black, luma, redV, greenU, greenV, blueU);
    source += sourceStride;
    target += targetStride;
    if (row & 1) u += chromaStride, v += chromaStride;
  }
}

// Four pixels of four bytes → 1/256 level in 32-bit lanes: the first and third byte of each, then the second.
@inline
function weighed4(pixels: v128, outer: v128, middle: v128): v128 {
  const sum = i32x4.add(i32x4.dot_i16x8_s(v128.and(pixels, i16x8.splat(0xff)), outer), i32x4.dot_i16x8_s(i16x8.shr_u(pixels, 8), middle));
  return i32x4.shr_u(i32x4.add(sum, i32x4.splat(128)), 8);
}

@inline
function grey16(to: usize, p: v128, q: v128, s: v128, t: v128, outer: v128, middle: v128): void {
  const lower = i16x8.narrow_i32x4_s(weighed4(p, outer, middle), weighed4(q, outer, middle));
  const upper = i16x8.narrow_i32x4_s(weighed4(s, outer, middle), weighed4(t, outer, middle));
  v128.store(to, i8x16.narrow_i16x8_u(lower, upper));
}

// The same by one sum of four products of bytes: signed levels, and the weight of the second byte shared between two, so that all have seven bits.
@inline
function weighedDot4(pixels: v128, order: v128, weights: v128, sign: v128, round: v128): v128 {
  const signed = v128.xor(pick(pixels, order), sign);
  return i32x4.shr_u(i32x4.relaxed_dot_i8x16_i7x16_add_s(signed, weights, round), 8);
}

@inline
function greyDots16(to: usize, p: v128, q: v128, s: v128, t: v128, order: v128, last: v128, weights: v128, sign: v128, round: v128): void {
  const lower = i16x8.narrow_i32x4_s(weighedDot4(p, order, weights, sign, round), weighedDot4(q, order, weights, sign, round));
  const upper = i16x8.narrow_i32x4_s(weighedDot4(s, order, weights, sign, round), weighedDot4(t, last, weights, sign, round));
  v128.store(to, i8x16.narrow_i16x8_u(lower, upper));
}

@inline
function dotWeights(first: i32, second: i32, third: i32): v128 {
  const half = second >> 1;
  return i32x4.splat(first | (half << 8) | (third << 16) | ((second - half) << 24));
}

// Sums are below 32768 + 2^15 where all weights together are 256 and each share has seven bits.
@inline
function dotsSuffice(first: i32, second: i32, third: i32): bool {
  return ASC_FEATURE_RELAXED_SIMD && first + second + third == 256 && first <= 127 && third <= 127 && second <= 254;
}

@inline
function weighed1(from: usize, first: i32, second: i32, third: i32): u8 {
  return <u8>((<i32>load<u8>(from) * first + <i32>load<u8>(from, 1) * second + <i32>load<u8>(from, 2) * third + 128) >> 8);
}

// Weights of the first, second and third byte in 1/256.
export function rgbToGrey(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, first: i32, second: i32, third: i32,
): void {
  const outer = i32x4.splat(first | (third << 16));
  const middle = i32x4.splat(second);
  const wide = held(i8x16(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1), width);
  // The last four pixels are the last twelve bytes of a vector, so that none is read behind them.
  const last = held(i8x16(4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, -1), width);
  const dots = dotsSuffice(first, second, third);
  const weights = dotWeights(first, second, third);
  const sign = held(i8x16.splat(-128), width), round = held(i32x4.splat(32768 + 128), width);
  const order = held(i8x16(0, 1, 2, 1, 3, 4, 5, 4, 6, 7, 8, 7, 9, 10, 11, 10), width);
  const lastOrder = held(i8x16(4, 5, 6, 5, 7, 8, 9, 8, 10, 11, 12, 11, 13, 14, 15, 14), width);
  for (let row = 0; row < height; row++) {
    let from = source;
    let x = 0;
    if (ASC_FEATURE_RELAXED_SIMD && dots) {
      for (; x + 16 <= width; x += 16) {
        greyDots16(target + x, v128.load(from), v128.load(from, 12), v128.load(from, 24), v128.load(from, 32), order, lastOrder, weights, sign, round);
        from += 48;
      }
    }
    for (; x + 16 <= width; x += 16) {
      grey16(target + x, pick(v128.load(from), wide), pick(v128.load(from, 12), wide),
        pick(v128.load(from, 24), wide), pick(v128.load(from, 32), last), outer, middle);
      from += 48;
    }
    for (; x < width; x++) {
      store<u8>(target + x, weighed1(from, first, second, third));
      from += 3;
    }
    source += sourceStride;
    target += targetStride;
  }
}

export function rgbaToGrey(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, first: i32, second: i32, third: i32,
): void {
  const outer = i32x4.splat(first | (third << 16));
  const middle = i32x4.splat(second);
  const dots = dotsSuffice(first, second, third);
  const weights = dotWeights(first, second, third);
  const sign = held(i8x16.splat(-128), width), round = held(i32x4.splat(32768 + 128), width);
  const order = held(i8x16(0, 1, 2, 1, 4, 5, 6, 5, 8, 9, 10, 9, 12, 13, 14, 13), width);
  for (let row = 0; row < height; row++) {
    let x = 0;
    if (ASC_FEATURE_RELAXED_SIMD && dots) {
      for (; x + 16 <= width; x += 16) {
        const from = source + (<usize>x << 2);
        greyDots16(target + x, v128.load(from), v128.load(from, 16), v128.load(from, 32), v128.load(from, 48), order, order, weights, sign, round);
      }
    }
    for (; x + 16 <= width; x += 16) {
      const from = source + (<usize>x << 2);
      grey16(target + x, v128.load(from), v128.load(from, 16), v128.load(from, 32), v128.load(from, 48), outer, middle);
    }
    for (; x < width; x++) store<u8>(target + x, weighed1(source + (<usize>x << 2), first, second, third));
    source += sourceStride;
    target += targetStride;
  }
}

export function bgraToRgb(source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32): void {
  const order = held(i8x16(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1), width);
  for (let row = 0; row < height; row++) {
    let to = target;
    let x = 0;
    for (; x + 16 <= width; x += 16) {
      const from = source + (<usize>x << 2);
      store48(to, pick(v128.load(from), order), pick(v128.load(from, 16), order),
        pick(v128.load(from, 32), order), pick(v128.load(from, 48), order));
      to += 48;
    }
    for (; x < width; x++) {
      reverse1(source + (<usize>x << 2), to);
      to += 3;
    }
    source += sourceStride;
    target += targetStride;
  }
}

@inline
function reverse1(from: usize, to: usize): void {
  const first = load<u8>(from);
  store<u8>(to, load<u8>(from, 2));
  store<u8>(to, load<u8>(from, 1), 1);
  store<u8>(to, first, 2);
}

export function bgrToRgb(source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32): void {
  const order = held(i8x16(2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9, -1, -1, -1, -1), width);
  const last = held(i8x16(6, 5, 4, 9, 8, 7, 12, 11, 10, 15, 14, 13, -1, -1, -1, -1), width);
  for (let row = 0; row < height; row++) {
    let from = source;
    let to = target;
    let x = 0;
    for (; x + 16 <= width; x += 16) {
      store48(to, pick(v128.load(from), order), pick(v128.load(from, 12), order),
        pick(v128.load(from, 24), order), pick(v128.load(from, 32), last));
      from += 48;
      to += 48;
    }
    for (; x < width; x++) {
      reverse1(from, to);
      from += 3;
      to += 3;
    }
    source += sourceStride;
    target += targetStride;
  }
}

export function bgraToRgba(source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32): void {
  for (let row = 0; row < height; row++) {
    let x = 0;
    for (; x + 4 <= width; x += 4) {
      const at = <usize>x << 2;
      const pixels = v128.load(source + at);
      v128.store(target + at, i8x16.shuffle(pixels, i8x16.splat(-1), 2, 1, 0, 16, 6, 5, 4, 16, 10, 9, 8, 16, 14, 13, 12, 16));
    }
    for (; x < width; x++) {
      const at = <usize>x << 2;
      const pixel = load<u32>(source + at);
      store<u32>(target + at, ((pixel & 0xff) << 16) | (pixel & 0xff00) | ((pixel >> 16) & 0xff) | 0xff000000);
    }
    source += sourceStride;
    target += targetStride;
  }
}

// Detectors leave noise or flags in the bits above their own.
export function limitY16(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, most: i32,
): void {
  const mosts = i16x8.splat(<i16>most);
  for (let row = 0; row < height; row++) {
    let x = 0;
    for (; x + 8 <= width; x += 8) v128.store(target + (<usize>x << 1), i16x8.min_u(v128.load(source + (<usize>x << 1)), mosts));
    for (; x < width; x++) store<u16>(target + (<usize>x << 1), min(load<u16>(source + (<usize>x << 1)), <u16>most));
    source += sourceStride;
    target += targetStride;
  }
}
