import { storePart } from './lines';

// Filters that weigh a pixel against mean and variance of the box around it: Lee 1980 (IEEE PAMI-2:165) with additive noise,
// and the self-guided filter of He, Sun and Tang (ECCV 2010), which averages Lee's two coefficients over the box once more.
// Sums down the columns are kept from line to line; along a line a box is the difference of two running sums. Whole-number
// sums are exact, so the order in which they are taken does not matter.

// Columns of a line beside each other in scratch: 32 bits for each, with `radius` more at both ends and room for a vector.
@inline
function columnBytes(width: i32, radius: i32): usize {
  return ((<usize>(width + 2 * radius + 8) << 2) + 63) & ~63;
}

@inline
function addTo(at: usize, value: v128): void {
  v128.store(at, i32x4.add(v128.load(at), value));
}

// Levels and squares: one line enters the columns, one leaves.
function moveColumns(enters: usize, leaves: usize, width: i32, sums: usize, squares: usize): void {
  let x = 0;
  for (; x + 8 <= width; x += 8) {
    const into = v128.load8x8_u(enters + x), out = v128.load8x8_u(leaves + x);
    const difference = i16x8.sub(into, out), sum = i16x8.add(into, out);
    const at = <usize>x << 2;
    addTo(sums + at, i32x4.extend_low_i16x8_s(difference));
    addTo(sums + at + 16, i32x4.extend_high_i16x8_s(difference));
    addTo(squares + at, i32x4.extmul_low_i16x8_s(difference, sum));
    addTo(squares + at + 16, i32x4.extmul_high_i16x8_s(difference, sum));
  }
  for (; x < width; x++) {
    const into = <i32>load<u8>(enters + x), out = <i32>load<u8>(leaves + x);
    const at = <usize>x << 2;
    store<i32>(sums + at, load<i32>(sums + at) + into - out);
    store<i32>(squares + at, load<i32>(squares + at) + into * into - out * out);
  }
}

// The columns around the first line: it and all above it are the same.
function startColumns(source: usize, stride: usize, width: i32, height: i32, radius: i32, sums: usize, squares: usize): void {
  memory.fill(sums, 0, <usize>width << 2);
  memory.fill(squares, 0, <usize>width << 2);
  for (let dy = -radius; dy <= radius; dy++) {
    const line = source + <usize>min(max(dy, 0), height - 1) * stride;
    for (let x = 0; x < width; x++) {
      const level = <i32>load<u8>(line + x);
      const at = <usize>x << 2;
      store<i32>(sums + at, load<i32>(sums + at) + level);
      store<i32>(squares + at, load<i32>(squares + at) + level * level);
    }
  }
}

// Running sum of a line of columns with its ends replicated `radius` times: entry i is the sum of what lies before i.
function accumulate(columns: usize, width: i32, radius: i32, running: usize): void {
  const first = load<i32>(columns), last = load<i32>(columns + (<usize>(width - 1) << 2));
  let total = 0;
  let to = running;
  store<i32>(to, 0);
  for (let i = 0; i < radius; i++) {
    total += first;
    to += 4;
    store<i32>(to, total);
  }
  to += 4;
  let carry = i32x4.splat(total);
  const zero = i32x4.splat(0);
  let x = 0;
  for (; x + 4 <= width; x += 4) {
    const columns4 = v128.load(columns + (<usize>x << 2));
    const pairs = i32x4.add(columns4, i8x16.shuffle(zero, columns4, 0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27));
    const sums = i32x4.add(pairs, i8x16.shuffle(zero, pairs, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
    carry = i32x4.add(carry, sums);
    v128.store(to, carry);
    carry = i8x16.shuffle(carry, carry, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15);
    to += 16;
  }
  total = i32x4.extract_lane(carry, 0);
  for (; x < width; x++) {
    total += load<i32>(columns + (<usize>x << 2));
    store<i32>(to, total);
    to += 4;
  }
  for (let i = 0; i < radius; i++) {
    total += last;
    store<i32>(to, total);
    to += 4;
  }
}

@inline
function box(running: usize, side: usize): v128 {
  return i32x4.sub(v128.load(running + (side << 2)), v128.load(running));
}

// Share of a pixel's own level: its variance over variance and noise, from sums over n pixels; `noise` is n^2 times its variance.
@inline
function ownShare(sum: v128, square: v128, n: v128, noise: v128): v128 {
  const variance = f32x4.convert_i32x4_s(i32x4.sub(i32x4.mul(square, n), i32x4.mul(sum, sum)));
  return f32x4.div(variance, f32x4.add(variance, noise));
}

// To the nearest, ties to even, in the lowest bits of each lane, by adding 1.5 * 2^23.
@inline
function rounded(value: v128): v128 {
  return v128.and(f32x4.add(value, f32x4.splat(12582912)), i32x4.splat(0xffff));
}

@inline
function levels(line: usize, x: i32, width: i32): v128 {
  if (x + 4 <= width) return v128.load32_zero(line + x);
  let bytes: u32 = 0;
  for (let i = width - 1; i >= x; i--) bytes = (bytes << 8) | load<u8>(line + i);
  return i32x4(bytes, 0, 0, 0);
}

@inline
function asFloats(bytes: v128): v128 {
  return f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)));
}

@inline
function storeLevels(to: usize, value: v128, count: i32): void {
  const words = i16x8.narrow_i32x4_u(value, value);
  const bytes = i8x16.narrow_i16x8_u(words, words);
  if (count >= 4) v128.store32_lane(to, bytes, 0);
  else storePart(to, bytes, count);
}

export function lee(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  radius: i32, noise: f32, scratch: usize,
): void {
  const bytes = columnBytes(width, radius);
  const sums = scratch, squares = sums + bytes, runningSums = squares + bytes, runningSquares = runningSums + bytes;
  const side = <usize>(2 * radius + 1);
  const n = <f32>(side * side);
  const perPixel = f32x4.splat(<f32>1 / n);
  const ns = i32x4.splat(<i32>(side * side));
  const noises = f32x4.splat(n * n * noise);
  startColumns(source, sourceStride, width, height, radius, sums, squares);
  for (let y = 0; y < height; y++) {
    accumulate(sums, width, radius, runningSums);
    accumulate(squares, width, radius, runningSquares);
    const line = source + <usize>y * sourceStride, to = target + <usize>y * targetStride;
    for (let x = 0; x < width; x += 4) {
      const at = <usize>x << 2;
      const sum = box(runningSums + at, side);
      const share = ownShare(sum, box(runningSquares + at, side), ns, noises);
      const mean = f32x4.mul(f32x4.convert_i32x4_s(sum), perPixel);
      const own = asFloats(levels(line, x, width));
      storeLevels(to + x, rounded(f32x4.add(mean, f32x4.mul(share, f32x4.sub(own, mean)))), min(width - x, 4));
    }
    const enters = source + <usize>min(y + radius + 1, height - 1) * sourceStride;
    const leaves = source + <usize>max(y - radius, 0) * sourceStride;
    moveColumns(enters, leaves, width, sums, squares);
  }
}

// Planes of coefficients, 16 bits for each: the slope in 1/4096, the offset in 1/16 level.
@inline
function planeStride(width: i32): usize {
  return ((<usize>width << 1) + 31) & ~15;
}

function moveWords(enters: usize, leaves: usize, width: i32, sums: usize): void {
  for (let x = 0; x < width; x += 8) {
    const into = v128.load(enters + (<usize>x << 1)), out = v128.load(leaves + (<usize>x << 1));
    const at = sums + (<usize>x << 2);
    addTo(at, i32x4.sub(i32x4.extend_low_i16x8_u(into), i32x4.extend_low_i16x8_u(out)));
    addTo(at + 16, i32x4.sub(i32x4.extend_high_i16x8_u(into), i32x4.extend_high_i16x8_u(out)));
  }
}

function startWords(plane: usize, stride: usize, width: i32, height: i32, radius: i32, sums: usize): void {
  memory.fill(sums, 0, <usize>(width + 8) << 2);
  for (let dy = -radius; dy <= radius; dy++) {
    const line = plane + <usize>min(max(dy, 0), height - 1) * stride;
    for (let x = 0; x < width; x += 4) addTo(sums + (<usize>x << 2), v128.load16x4_u(line + (<usize>x << 1)));
  }
}

export function guided(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  radius: i32, noise: f32, scratch: usize,
): void {
  const bytes = columnBytes(width, radius);
  const sums = scratch, squares = sums + bytes, runningSums = squares + bytes, runningSquares = runningSums + bytes;
  const stride = planeStride(width);
  const slopes = runningSquares + bytes, offsets = slopes + stride * <usize>height;
  const side = <usize>(2 * radius + 1);
  const n = <f32>(side * side);
  const perPixel = f32x4.splat(<f32>1 / n);
  const ns = i32x4.splat(<i32>(side * side));
  const noises = f32x4.splat(n * n * noise);
  startColumns(source, sourceStride, width, height, radius, sums, squares);
  for (let y = 0; y < height; y++) {
    accumulate(sums, width, radius, runningSums);
    accumulate(squares, width, radius, runningSquares);
    const slope = slopes + <usize>y * stride, offset = offsets + <usize>y * stride;
    for (let x = 0; x < width; x += 4) {
      const at = <usize>x << 2;
      const sum = box(runningSums + at, side);
      const share = ownShare(sum, box(runningSquares + at, side), ns, noises);
      const mean = f32x4.mul(f32x4.convert_i32x4_s(sum), perPixel);
      const slope4 = rounded(f32x4.mul(share, f32x4.splat(4096)));
      const offset4 = rounded(f32x4.mul(f32x4.sub(mean, f32x4.mul(mean, share)), f32x4.splat(16)));
      v128.store64_lane(slope + (<usize>x << 1), i16x8.narrow_i32x4_u(slope4, slope4), 0);
      v128.store64_lane(offset + (<usize>x << 1), i16x8.narrow_i32x4_u(offset4, offset4), 0);
    }
    const enters = source + <usize>min(y + radius + 1, height - 1) * sourceStride;
    const leaves = source + <usize>max(y - radius, 0) * sourceStride;
    moveColumns(enters, leaves, width, sums, squares);
  }
  const perSlope = f32x4.splat(<f32>1 / (n * 4096)), perOffset = f32x4.splat(<f32>1 / (n * 16));
  startWords(slopes, stride, width, height, radius, sums);
  startWords(offsets, stride, width, height, radius, squares);
  for (let y = 0; y < height; y++) {
    accumulate(sums, width, radius, runningSums);
    accumulate(squares, width, radius, runningSquares);
    const line = source + <usize>y * sourceStride, to = target + <usize>y * targetStride;
    for (let x = 0; x < width; x += 4) {
      const at = <usize>x << 2;
      const slope = f32x4.mul(f32x4.convert_i32x4_s(box(runningSums + at, side)), perSlope);
      const offset = f32x4.mul(f32x4.convert_i32x4_s(box(runningSquares + at, side)), perOffset);
      storeLevels(to + x, rounded(f32x4.add(f32x4.mul(slope, asFloats(levels(line, x, width))), offset)), min(width - x, 4));
    }
    const enters = <usize>min(y + radius + 1, height - 1) * stride, leaves = <usize>max(y - radius, 0) * stride;
    moveWords(slopes + enters, slopes + leaves, width, sums);
    moveWords(offsets + enters, offsets + leaves, width, squares);
  }
}
