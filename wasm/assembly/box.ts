import { held } from './fixed';
import { storePart } from './lines';

// Filters that weigh a pixel against mean and variance of the box around it: Lee 1980 (IEEE PAMI-2:165) with additive noise,
// and the self-guided filter of He, Sun and Tang (ECCV 2010), which averages Lee's two coefficients over the box once more.
// Sums down the columns are kept from line to line, and along a line from box to box. Whole-number sums are exact, so the order in
// which they are taken does not matter.

// Columns of a line beside each other in scratch: the sums of levels in 16 bits, those of squares in 32, from `columns` on; before them a
// nought and, at both ends, the first and the last column `radius` times more.
const lead: usize = 64;

@inline
function columnBytes(width: i32, radius: i32): usize {
  return lead + (((<usize>(width + radius + 16) << 2) + 63) & ~63);
}

@inline
function addTo(at: usize, value: v128): void {
  v128.store(at, i32x4.add(v128.load(at), value));
}

@inline
function addTo16(at: usize, value: v128): void {
  v128.store(at, i16x8.add(v128.load(at), value));
}

// Levels and squares: one line enters the columns, one leaves.
function moveColumns(enters: usize, leaves: usize, width: i32, sums: usize, squares: usize): void {
  let x = 0;
  for (; x + 8 <= width; x += 8) {
    const into = v128.load8x8_u(enters + x), out = v128.load8x8_u(leaves + x);
    const difference = i16x8.sub(into, out), sum = i16x8.add(into, out);
    const at = <usize>x << 1;
    addTo16(sums + at, difference);
    addTo(squares + (at << 1), i32x4.extmul_low_i16x8_s(difference, sum));
    addTo(squares + (at << 1) + 16, i32x4.extmul_high_i16x8_s(difference, sum));
  }
  for (; x < width; x++) {
    const into = <i32>load<u8>(enters + x), out = <i32>load<u8>(leaves + x);
    const at = <usize>x << 1;
    store<u16>(sums + at, <u16>(<i32>load<u16>(sums + at) + into - out));
    store<i32>(squares + (at << 1), load<i32>(squares + (at << 1)) + into * into - out * out);
  }
}

// The columns around the first line: it and all above it are the same.
function startColumns(source: usize, stride: usize, width: i32, height: i32, radius: i32, sums: usize, squares: usize): void {
  memory.fill(sums - lead, 0, columnBytes(width, radius));
  memory.fill(squares - lead, 0, columnBytes(width, radius));
  for (let dy = -radius; dy <= radius; dy++) {
    const line = source + <usize>min(max(dy, 0), height - 1) * stride;
    for (let x = 0; x < width; x++) {
      const level = <i32>load<u8>(line + x);
      const at = <usize>x << 1;
      store<u16>(sums + at, <u16>(<i32>load<u16>(sums + at) + level));
      store<i32>(squares + (at << 1), load<i32>(squares + (at << 1)) + level * level);
    }
  }
}

// Replicates the ends of a line of columns; what the first box lacks but its last column.
function extend16(columns: usize, width: i32, radius: i32): i32 {
  const end = columns + (<usize>width << 1);
  const first = load<u16>(columns), last = load<u16>(end - 2);
  let sum = 0;
  for (let i: usize = 1; i <= <usize>radius; i++) {
    store<u16>(columns - (i << 1), first);
    store<u16>(end + ((i - 1) << 1), last);
    sum += <i32>first;
  }
  for (let i = 0; i < radius; i++) sum += <i32>load<u16>(columns + (<usize>i << 1));
  return sum;
}

function extend32(columns: usize, width: i32, radius: i32): i32 {
  const end = columns + (<usize>width << 2);
  const first = load<i32>(columns), last = load<i32>(end - 4);
  let sum = 0;
  for (let i: usize = 1; i <= <usize>radius; i++) {
    store<i32>(columns - (i << 2), first);
    store<i32>(end + ((i - 1) << 2), last);
    sum += first;
  }
  for (let i = 0; i < radius; i++) sum += load<i32>(columns + (<usize>i << 2));
  return sum;
}

// Running sums of eight and of four differences of columns, onto what came before: a box is the one before it, with a column more and one less.
@inline
function onto8(before: v128, steps: v128): v128 {
  const zero = i16x8.splat(0);
  const a = i16x8.add(steps, i16x8.shuffle(zero, steps, 7, 8, 9, 10, 11, 12, 13, 14));
  const b = i16x8.add(a, i16x8.shuffle(zero, a, 6, 7, 8, 9, 10, 11, 12, 13));
  return i16x8.add(before, i16x8.add(b, i16x8.shuffle(zero, b, 4, 5, 6, 7, 8, 9, 10, 11)));
}

@inline
function onto4(before: v128, steps: v128): v128 {
  const zero = i32x4.splat(0);
  const a = i32x4.add(steps, i32x4.shuffle(zero, steps, 3, 4, 5, 6));
  return i32x4.add(before, i32x4.add(a, i32x4.shuffle(zero, a, 2, 3, 4, 5)));
}

@inline
function last8(sums: v128): v128 {
  return i16x8.shuffle(sums, sums, 7, 7, 7, 7, 7, 7, 7, 7);
}

@inline
function last4(sums: v128): v128 {
  return i32x4.shuffle(sums, sums, 3, 3, 3, 3);
}

@inline
function wordSteps(enters: usize, leaves: usize): v128 {
  return i32x4.sub(v128.load16x4_u(enters), v128.load16x4_u(leaves));
}

// n times the variance, from the sum, the sum of squares and the mean of a box.
@inline
function spread(sum: v128, square: v128, mean: v128): v128 {
  // Rounding may leave it below nought, where as an integer it is too; that comparison is one instruction, the one of floats nine.
  return i32x4.max_s(f32x4.sub(f32x4.convert_i32x4_s(square), f32x4.mul(sum, mean)), i32x4.splat(0));
}

// To the nearest, ties to even, in the lowest bits of each lane, by adding 1.5 * 2^23.
@inline
function rounded(value: v128, magic: v128, word: v128): v128 {
  return v128.and(f32x4.add(value, magic), word);
}

@inline
function levels8(line: usize, x: i32, width: i32): v128 {
  if (x + 8 <= width) return v128.load8x8_u(line + x);
  let bytes: u64 = 0;
  for (let i = width - 1; i >= x; i--) bytes = (bytes << 8) | load<u8>(line + i);
  return i16x8.extend_low_i8x16_u(i64x2(bytes, 0));
}

@inline
function lowFloats(words: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(words));
}

@inline
function highFloats(words: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(words));
}

@inline
function storeLevels(to: usize, low: v128, high: v128, count: i32): void {
  const words = i16x8.narrow_i32x4_u(low, high);
  const bytes = i8x16.narrow_i16x8_u(words, words);
  if (count >= 8) v128.store64_lane(to, bytes, 0);
  else storePart(to, bytes, count);
}

// Lee's estimate: the mean, and of the difference to it the share that is not noise.
@inline
function estimate(own: v128, mean: v128, over: v128, noises: v128, magic: v128, word: v128): v128 {
  const share = f32x4.div(over, f32x4.add(over, noises));
  return rounded(f32x4.add(mean, f32x4.mul(share, f32x4.sub(own, mean))), magic, word);
}

export function lee(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  radius: i32, noise: f32, scratch: usize,
): void {
  const sums = scratch + lead, squares = sums + columnBytes(width, radius);
  const r = <usize>radius;
  const outSums = sums - 2 * (r + 1), inSums = sums + 2 * r, outSquares = squares - 4 * (r + 1), inSquares = squares + 4 * r;
  const side = 2 * radius + 1;
  const n = <f32>(side * side);
  const perPixel = f32x4.splat(<f32>1 / n);
  const noises = f32x4.splat(n * noise);
  const magic = held(f32x4.splat(12582912), width), word = held(i32x4.splat(0xffff), width);
  startColumns(source, sourceStride, width, height, radius, sums, squares);
  for (let y = 0; y < height; y++) {
    let sum8 = i16x8.splat(<i16>extend16(sums, width, radius));
    let square4 = i32x4.splat(extend32(squares, width, radius));
    const line = source + <usize>y * sourceStride, to = target + <usize>y * targetStride;
    for (let x = 0; x < width; x += 8) {
      const at = <usize>x << 1;
      const from = outSquares + 2 * at, into = inSquares + 2 * at;
      const sum = onto8(sum8, i16x8.sub(v128.load(inSums + at), v128.load(outSums + at)));
      const squareLow = onto4(square4, i32x4.sub(v128.load(into), v128.load(from)));
      const squareHigh = onto4(last4(squareLow), i32x4.sub(v128.load(into, 16), v128.load(from, 16)));
      sum8 = last8(sum);
      square4 = last4(squareHigh);
      const sumLow = lowFloats(sum), sumHigh = highFloats(sum);
      const meanLow = f32x4.mul(sumLow, perPixel), meanHigh = f32x4.mul(sumHigh, perPixel);
      const own = levels8(line, x, width);
      storeLevels(to + x,
        estimate(lowFloats(own), meanLow, spread(sumLow, squareLow, meanLow), noises, magic, word),
        estimate(highFloats(own), meanHigh, spread(sumHigh, squareHigh, meanHigh), noises, magic, word),
        width - x);
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

// Columns of up to fifteen coefficients fit 16 bits.
function moveWords(enters: usize, leaves: usize, width: i32, sums: usize): void {
  for (let x = 0; x < width; x += 8) {
    const at = <usize>x << 1;
    addTo16(sums + at, i16x8.sub(v128.load(enters + at), v128.load(leaves + at)));
  }
}

function startWords(plane: usize, stride: usize, width: i32, height: i32, radius: i32, sums: usize): void {
  memory.fill(sums - lead, 0, columnBytes(width, radius));
  for (let dy = -radius; dy <= radius; dy++) {
    const line = plane + <usize>min(max(dy, 0), height - 1) * stride;
    for (let x = 0; x < width; x += 8) addTo16(sums + (<usize>x << 1), v128.load(line + (<usize>x << 1)));
  }
}

@inline
function slopeOf(over: v128, noises: v128): v128 {
  return f32x4.div(over, f32x4.add(over, noises));
}

@inline
function offsetOf(mean: v128, share: v128, magic: v128, word: v128): v128 {
  return rounded(f32x4.mul(f32x4.sub(mean, f32x4.mul(mean, share)), f32x4.splat(16)), magic, word);
}

@inline
function meanOf(sum: v128, per: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(sum), per);
}

export function guided(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  radius: i32, noise: f32, scratch: usize,
): void {
  const sums = scratch + lead, squares = sums + columnBytes(width, radius);
  const stride = planeStride(width);
  const slopes = squares - lead + columnBytes(width, radius), offsets = slopes + stride * <usize>height;
  const r = <usize>radius;
  const outSums = sums - 2 * (r + 1), inSums = sums + 2 * r, outSquares = squares - 4 * (r + 1), inSquares = squares + 4 * r;
  const side = 2 * radius + 1;
  const n = <f32>(side * side);
  const perPixel = f32x4.splat(<f32>1 / n);
  const noises = f32x4.splat(n * noise);
  const magic = held(f32x4.splat(12582912), width), word = held(i32x4.splat(0xffff), width);
  const unit = f32x4.splat(4096);
  startColumns(source, sourceStride, width, height, radius, sums, squares);
  for (let y = 0; y < height; y++) {
    let sum8 = i16x8.splat(<i16>extend16(sums, width, radius));
    let square4 = i32x4.splat(extend32(squares, width, radius));
    const slope = slopes + <usize>y * stride, offset = offsets + <usize>y * stride;
    for (let x = 0; x < width; x += 8) {
      const at = <usize>x << 1;
      const from = outSquares + 2 * at, into = inSquares + 2 * at;
      const sum = onto8(sum8, i16x8.sub(v128.load(inSums + at), v128.load(outSums + at)));
      const squareLow = onto4(square4, i32x4.sub(v128.load(into), v128.load(from)));
      const squareHigh = onto4(last4(squareLow), i32x4.sub(v128.load(into, 16), v128.load(from, 16)));
      sum8 = last8(sum);
      square4 = last4(squareHigh);
      const sumLow = lowFloats(sum), sumHigh = highFloats(sum);
      const meanLow = f32x4.mul(sumLow, perPixel), meanHigh = f32x4.mul(sumHigh, perPixel);
      const low = slopeOf(spread(sumLow, squareLow, meanLow), noises), high = slopeOf(spread(sumHigh, squareHigh, meanHigh), noises);
      v128.store(slope + at, i16x8.narrow_i32x4_u(rounded(f32x4.mul(low, unit), magic, word), rounded(f32x4.mul(high, unit), magic, word)));
      v128.store(offset + at, i16x8.narrow_i32x4_u(offsetOf(meanLow, low, magic, word), offsetOf(meanHigh, high, magic, word)));
    }
    const enters = source + <usize>min(y + radius + 1, height - 1) * sourceStride;
    const leaves = source + <usize>max(y - radius, 0) * sourceStride;
    moveColumns(enters, leaves, width, sums, squares);
  }
  const perSlope = f32x4.splat(<f32>1 / (n * 4096)), perOffset = f32x4.splat(<f32>1 / (n * 16));
  const offsetSums = squares, inOffsets = offsetSums + 2 * r, outOffsets = offsetSums - 2 * (r + 1);
  startWords(slopes, stride, width, height, radius, sums);
  startWords(offsets, stride, width, height, radius, offsetSums);
  for (let y = 0; y < height; y++) {
    let slope4 = i32x4.splat(extend16(sums, width, radius));
    let offset4 = i32x4.splat(extend16(offsetSums, width, radius));
    const line = source + <usize>y * sourceStride, to = target + <usize>y * targetStride;
    for (let x = 0; x < width; x += 8) {
      const at = <usize>x << 1;
      const slopeLow = onto4(slope4, wordSteps(inSums + at, outSums + at));
      const slopeHigh = onto4(last4(slopeLow), wordSteps(inSums + at + 8, outSums + at + 8));
      const offsetLow = onto4(offset4, wordSteps(inOffsets + at, outOffsets + at));
      const offsetHigh = onto4(last4(offsetLow), wordSteps(inOffsets + at + 8, outOffsets + at + 8));
      slope4 = last4(slopeHigh);
      offset4 = last4(offsetHigh);
      const own = levels8(line, x, width);
      storeLevels(to + x,
        rounded(f32x4.add(f32x4.mul(meanOf(slopeLow, perSlope), lowFloats(own)), meanOf(offsetLow, perOffset)), magic, word),
        rounded(f32x4.add(f32x4.mul(meanOf(slopeHigh, perSlope), highFloats(own)), meanOf(offsetHigh, perOffset)), magic, word),
        width - x);
    }
    const enters = <usize>min(y + radius + 1, height - 1) * stride, leaves = <usize>max(y - radius, 0) * stride;
    moveWords(slopes + enters, slopes + leaves, width, sums);
    moveWords(offsets + enters, offsets + leaves, width, offsetSums);
  }
}
