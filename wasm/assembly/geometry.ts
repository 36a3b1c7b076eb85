// Pictures of other shape: scan lines to pictures, mirrored, turned, cut, scaled, with parts left black.

import { held, pick, q15 } from './fixed';
import { storePart } from './lines';

@inline
function interpolated8(a: v128, b: v128, fractions: v128, low: v128, half: v128): v128 {
  const along = v128.and(fractions, low);
  const across = i16x8.shl(i16x8.shr_u(fractions, 8), 7);
  const first = depthBlend8(a, along, low);
  const step = q15(i16x8.sub(depthBlend8(b, along, low), first), across);
  return i16x8.shr_u(i16x8.add(i16x8.add(first, step), half), 7);
}

// Two neighbouring samples in the bytes of each lane → their blend in 1/128 level.
@inline
function depthBlend8(pair: v128, along: v128, low: v128): v128 {
  const near = v128.and(pair, low);
  const far = i16x8.shr_u(pair, 8);
  return i16x8.shr_u(i16x8.add(i16x8.shl(near, 8), i16x8.mul(i16x8.sub(far, near), along)), 1);
}

@inline
function depthBlend1(pair: i32, along: i32): i32 {
  const near = pair & 0xff;
  return ((near << 8) + ((pair >> 8) - near) * along) >> 1;
}

@inline
function interpolated1(at: usize, stride: usize, fraction: i32): u8 {
  const first = depthBlend1(load<u16>(at), fraction & 0xff);
  const second = depthBlend1(load<u16>(at + stride), fraction & 0xff);
  const step = ((second - first) * ((fraction >> 8) << 7) + 0x4000) >> 15;
  return <u8>((first + step + 64) >> 7);
}

// One offset takes the pairs of both lines, so that a pixel costs three loads.
export function scanConvert(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  runs: usize, runCount: i32, offsets: usize, fractions: usize,
): void {
  for (let y = 0; y < height; y++) memory.fill(target + <usize>y * targetStride, 0, width);
  const next = source + sourceStride;
  const low = held(i16x8.splat(0xff), width), half = held(i16x8.splat(64), width);
  for (let run = 0; run < runCount; run++) {
    let to = target + <usize>load<u16>(runs, 2) * targetStride + <usize>load<u16>(runs);
    let left = load<i32>(runs, 4);
    runs += 8;
    for (; left >= 8; left -= 8) {
      const o0 = <usize>load<u32>(offsets), o1 = <usize>load<u32>(offsets, 4);
      const o2 = <usize>load<u32>(offsets, 8), o3 = <usize>load<u32>(offsets, 12);
      const o4 = <usize>load<u32>(offsets, 16), o5 = <usize>load<u32>(offsets, 20);
      const o6 = <usize>load<u32>(offsets, 24), o7 = <usize>load<u32>(offsets, 28);
      let a = v128.load16_splat(source + o0);
      let b = v128.load16_splat(next + o0);
      a = v128.load16_lane(source + o1, a, 1);
      b = v128.load16_lane(next + o1, b, 1);
      a = v128.load16_lane(source + o2, a, 2);
      b = v128.load16_lane(next + o2, b, 2);
      a = v128.load16_lane(source + o3, a, 3);
      b = v128.load16_lane(next + o3, b, 3);
      a = v128.load16_lane(source + o4, a, 4);
      b = v128.load16_lane(next + o4, b, 4);
      a = v128.load16_lane(source + o5, a, 5);
      b = v128.load16_lane(next + o5, b, 5);
      a = v128.load16_lane(source + o6, a, 6);
      b = v128.load16_lane(next + o6, b, 6);
      a = v128.load16_lane(source + o7, a, 7);
      b = v128.load16_lane(next + o7, b, 7);
      const levels = interpolated8(a, b, v128.load(fractions), low, half);
      v128.store64_lane(to, i8x16.narrow_i16x8_u(levels, levels), 0);
      offsets += 32;
      fractions += 16;
      to += 8;
    }
    for (; left > 0; left--) {
      store<u8>(to, interpolated1(source + <usize>load<u32>(offsets), sourceStride, load<u16>(fractions)));
      offsets += 4;
      fractions += 2;
      to++;
    }
  }
}

@inline
function copyPixel(from: usize, to: usize, bytes: i32): void {
  if (bytes == 1) {
    store<u8>(to, load<u8>(from));
  } else {
    store<u16>(to, load<u16>(from));
    if (bytes == 3) store<u8>(to, load<u8>(from, 2), 2);
  }
}

export function copyRows(source: usize, sourceStride: usize, target: usize, targetStride: usize, rowBytes: i32, height: i32): void {
  for (let y = 0; y < height; y++) {
    memory.copy(target, source, rowBytes);
    source += sourceStride;
    target += targetStride;
  }
}

// What lies in no run is black.
export function keepRuns(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, rowBytes: i32, height: i32,
  runs: usize, runCount: i32, bytesPerPixel: i32,
): void {
  for (let y = 0; y < height; y++) memory.fill(target + <usize>y * targetStride, 0, rowBytes);
  for (let run = 0; run < runCount; run++) {
    const x = <usize>load<u16>(runs) * bytesPerPixel;
    const y = <usize>load<u16>(runs, 2);
    memory.copy(target + y * targetStride + x, source + y * sourceStride + x, load<i32>(runs, 4) * bytesPerPixel);
    runs += 8;
  }
}

@inline
function mirrorLine(source: usize, target: usize, width: i32, bytes: i32): void {
  let x = 0;
  let from = source + <usize>(width * bytes);
  if (bytes == 1) {
    const order = held(i8x16(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), width);
    for (; x + 64 <= width; x += 64) {
      from -= 64;
      const to = target + x;
      v128.store(to, pick(v128.load(from, 48), order));
      v128.store(to, pick(v128.load(from, 32), order), 16);
      v128.store(to, pick(v128.load(from, 16), order), 32);
      v128.store(to, pick(v128.load(from), order), 48);
    }
    for (; x + 16 <= width; x += 16) {
      from -= 16;
      v128.store(target + x, pick(v128.load(from), order));
    }
  } else if (bytes == 2) {
    for (; x + 8 <= width; x += 8) {
      from -= 16;
      const pixels = v128.load(from);
      v128.store(target + (<usize>x << 1), i8x16.shuffle(pixels, pixels, 14, 15, 12, 13, 10, 11, 8, 9, 6, 7, 4, 5, 2, 3, 0, 1));
    }
  } else {
    // Five pixels of a vector's sixteen bytes; the sixteenth written is overwritten by the next.
    for (; x + 6 <= width; x += 5) {
      const pixels = v128.load(from - 16);
      from -= 15;
      v128.store(target + <usize>x * 3, i8x16.shuffle(pixels, pixels, 13, 14, 15, 10, 11, 12, 7, 8, 9, 4, 5, 6, 1, 2, 3, 0));
    }
  }
  for (; x < width; x++) {
    from -= bytes;
    copyPixel(from, target + <usize>(x * bytes), bytes);
  }
}

export function mirror(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, bytesPerPixel: i32,
): void {
  for (let y = 0; y < height; y++) {
    if (bytesPerPixel == 1) mirrorLine(source, target, width, 1);
    else if (bytesPerPixel == 2) mirrorLine(source, target, width, 2);
    else mirrorLine(source, target, width, 3);
    source += sourceStride;
    target += targetStride;
  }
}

@inline
function low8(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

@inline
function high8(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

// Sixteen columns of eight rows become sixteen rows of eight columns.
@inline
function transpose16x8(source: usize, sourceStride: usize, target: usize, targetStride: usize): void {
  const r0 = v128.load(source), r1 = v128.load(source + sourceStride);
  const r2 = v128.load(source + 2 * sourceStride), r3 = v128.load(source + 3 * sourceStride);
  const r4 = v128.load(source + 4 * sourceStride), r5 = v128.load(source + 5 * sourceStride);
  const r6 = v128.load(source + 6 * sourceStride), r7 = v128.load(source + 7 * sourceStride);
  // Interleaving rows four apart three times sorts bytes by column.
  const a0 = low8(r0, r4), a1 = high8(r0, r4), a2 = low8(r1, r5), a3 = high8(r1, r5);
  const a4 = low8(r2, r6), a5 = high8(r2, r6), a6 = low8(r3, r7), a7 = high8(r3, r7);
  const b0 = low8(a0, a4), b1 = high8(a0, a4), b2 = low8(a1, a5), b3 = high8(a1, a5);
  const b4 = low8(a2, a6), b5 = high8(a2, a6), b6 = low8(a3, a7), b7 = high8(a3, a7);
  storeTwo(target, targetStride, low8(b0, b4));
  storeTwo(target + 2 * targetStride, targetStride, high8(b0, b4));
  storeTwo(target + 4 * targetStride, targetStride, low8(b1, b5));
  storeTwo(target + 6 * targetStride, targetStride, high8(b1, b5));
  storeTwo(target + 8 * targetStride, targetStride, low8(b2, b6));
  storeTwo(target + 10 * targetStride, targetStride, high8(b2, b6));
  storeTwo(target + 12 * targetStride, targetStride, low8(b3, b7));
  storeTwo(target + 14 * targetStride, targetStride, high8(b3, b7));
}

@inline
function storeTwo(target: usize, targetStride: usize, rows: v128): void {
  v128.store64_lane(target, rows, 0);
  v128.store64_lane(target + targetStride, rows, 1);
}

@inline
function transposePart(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, x0: i32, x1: i32, y0: i32, y1: i32, bytes: i32,
): void {
  for (let y = y0; y < y1; y++) {
    const from = source + <usize>y * sourceStride;
    const to = target + <usize>(y * bytes);
    for (let x = x0; x < x1; x++) copyPixel(from + <usize>(x * bytes), to + <usize>x * targetStride, bytes);
  }
}

// By tiles of 64 x 64, so that rows of the target stay in the cache while they fill. `width` and `height` are the source's.
export function transpose(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, bytesPerPixel: i32,
): void {
  for (let y0 = 0; y0 < height; y0 += 64) {
    const y1 = min(y0 + 64, height);
    for (let x0 = 0; x0 < width; x0 += 64) {
      const x1 = min(x0 + 64, width);
      if (bytesPerPixel == 1) transposeTile(source, sourceStride, target, targetStride, x0, x1, y0, y1);
      else if (bytesPerPixel == 2) transposePart(source, sourceStride, target, targetStride, x0, x1, y0, y1, 2);
      else transposePart(source, sourceStride, target, targetStride, x0, x1, y0, y1, 3);
    }
  }
}

@inline
function transposeTile(source: usize, sourceStride: usize, target: usize, targetStride: usize, x0: i32, x1: i32, y0: i32, y1: i32): void {
  const wide = x0 + ((x1 - x0) & ~15);
  const high = y0 + ((y1 - y0) & ~7);
  for (let x = x0; x < wide; x += 16) {
    for (let y = y0; y < high; y += 8) {
      transpose16x8(source + <usize>y * sourceStride + x, sourceStride, target + <usize>x * targetStride + y, targetStride);
    }
  }
  transposePart(source, sourceStride, target, targetStride, wide, x1, y0, high, 1);
  transposePart(source, sourceStride, target, targetStride, x0, x1, high, y1, 1);
}

// Rows first, into a line of 1/128 level, then columns, four samples of the result at a time. `width` and `sourceBytes` are samples of a
// line, whatever the number of channels: the taps say which belong together.
export function scale(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, sourceBytes: i32,
  rowTaps: usize, columnTaps: usize, scratch: usize,
): void {
  for (let y = 0; y < height; y++) {
    const first = load<i32>(rowTaps);
    const count = load<i32>(rowTaps, 4);
    blendRows(source + <usize>first * sourceStride, sourceStride, sourceBytes, count, rowTaps + 8, scratch);
    rowTaps += 8 + (<usize>count << 2);
    blendColumns(scratch, target, width, columnTaps);
    target += targetStride;
  }
}

@inline
function weighted8(pixels: v128, weight: v128): v128 {
  return q15(i16x8.shl(pixels, 7), weight);
}

// Two lines at once, the most frequent case; one line alone is taken twice, the second time with no weight.
@inline
function blendRows(source: usize, sourceStride: usize, bytes: i32, count: i32, weights: usize, line: usize): void {
  const second = count > 1 ? sourceStride : 0;
  const weight0 = load<i32>(weights), weight1 = count > 1 ? load<i32>(weights, 4) : 0;
  const weights0 = i16x8.splat(<i16>weight0), weights1 = i16x8.splat(<i16>weight1);
  let x = 0;
  for (; x + 16 <= bytes; x += 16) {
    let from = source + x;
    const a = v128.load(from), b = v128.load(from + second);
    let lower = i16x8.add(weighted8(i16x8.extend_low_i8x16_u(a), weights0), weighted8(i16x8.extend_low_i8x16_u(b), weights1));
    let upper = i16x8.add(weighted8(i16x8.extend_high_i8x16_u(a), weights0), weighted8(i16x8.extend_high_i8x16_u(b), weights1));
    for (let tap = 2; tap < count; tap++) {
      from += sourceStride;
      const weight = i16x8.splat(<i16>load<i32>(weights + (<usize>tap << 2)));
      const pixels = v128.load(from + sourceStride);
      lower = i16x8.add(lower, weighted8(i16x8.extend_low_i8x16_u(pixels), weight));
      upper = i16x8.add(upper, weighted8(i16x8.extend_high_i8x16_u(pixels), weight));
    }
    v128.store(line + (<usize>x << 1), lower);
    v128.store(line + (<usize>x << 1), upper, 16);
  }
  for (; x < bytes; x++) {
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const pixel = <i32>load<u8>(source + <usize>tap * sourceStride + x) << 7;
      sum += (pixel * load<i32>(weights + (<usize>tap << 2)) + 0x4000) >> 15;
    }
    store<i16>(line + (<usize>x << 1), <i16>sum);
  }
}

// Two taps for each of four samples.
@inline
function part4(line: usize, part: usize): v128 {
  return i32x4.dot_i16x8_s(pick(v128.load(line + (<usize>load<i32>(part) << 1)), v128.load(part, 4)), v128.load(part, 20));
}

@inline
function group4(line: usize, part: usize, parts: i32, round: v128): v128 {
  let sum = i32x4.add(round, part4(line, part));
  for (let more = 1; more < parts; more++) {
    part += 36;
    sum = i32x4.add(sum, part4(line, part));
  }
  return i32x4.shr_s(sum, 21);
}

@inline
function blendColumns(line: usize, target: usize, width: i32, taps: usize): void {
  const round = i32x4.splat(1 << 20);
  const parts = load<i32>(taps);
  const groupBytes = <usize>parts * 36;
  taps += 4;
  let x = 0;
  if (parts == 1) {
    for (; x + 16 <= width; x += 16) {
      const low = i16x8.narrow_i32x4_s(group4(line, taps, 1, round), group4(line, taps + 36, 1, round));
      const high = i16x8.narrow_i32x4_s(group4(line, taps + 72, 1, round), group4(line, taps + 108, 1, round));
      v128.store(target + x, i8x16.narrow_i16x8_u(low, high));
      taps += 144;
    }
  }
  for (; x < width; x += 4) {
    const words = group4(line, taps, parts, round);
    const shorts = i16x8.narrow_i32x4_s(words, words);
    const levels = i8x16.narrow_i16x8_u(shorts, shorts);
    if (x + 4 <= width) v128.store32_lane(target + x, levels, 0);
    else storePart(target + x, levels, width - x);
    taps += groupBytes;
  }
}
