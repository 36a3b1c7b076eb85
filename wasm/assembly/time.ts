import { held, pick, q15 } from './fixed';
import { storePart } from './lines';

// Motion-adaptive persistence. History is i16 in units of 1/128 grey level; the share of the new picture (Q15) starts at
// `share` and rises with the difference between picture and history beyond `threshold` by 2^ramp per unit.

@inline
function blend8(now: v128, before: v128, share: v128, threshold: v128, most: v128, rise: v128): v128 {
  const difference = i16x8.sub(now, before);
  const excess = i16x8.min_u(i16x8.sub_sat_u(i16x8.abs(difference), threshold), most);
  const alpha = i16x8.add_sat_s(share, i16x8.mul(excess, rise));
  return i16x8.add(before, q15(difference, alpha));
}

@inline
function shown(history: v128, half: v128): v128 {
  return i16x8.shr_s(i16x8.add(history, half), 7);
}

export function persistence(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  history: usize, share: i32, threshold: i32, ramp: i32,
): void {
  const shareV = i16x8.splat(<i16>share);
  const thresholdV = i16x8.splat(<i16>threshold);
  const most = 32767 >> ramp;
  const mostV = i16x8.splat(<i16>most);
  const rise = i16x8.splat(<i16>((<i32>1) << ramp));
  const half = held(i16x8.splat(64), width);
  if (sourceStride == <usize>width && targetStride == <usize>width) {
    width *= height;
    height = 1;
  }
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (; x + 16 <= width; x += 16) {
      const pixels = v128.load(source + x);
      const at = history + (<usize>x << 1);
      const lower = blend8(i16x8.shl(i16x8.extend_low_i8x16_u(pixels), 7), v128.load(at), shareV, thresholdV, mostV, rise);
      const upper = blend8(i16x8.shl(i16x8.extend_high_i8x16_u(pixels), 7), v128.load(at, 16), shareV, thresholdV, mostV, rise);
      v128.store(at, lower);
      v128.store(at, upper, 16);
      v128.store(target + x, i8x16.narrow_i16x8_u(shown(lower, half), shown(upper, half)));
    }
    for (; x < width; x++) {
      const at = history + (<usize>x << 1);
      const before = <i32>load<i16>(at);
      const difference = (<i32>load<u8>(source + x) << 7) - before;
      const excess = min(max(abs(difference) - threshold, 0), most);
      const alpha = min(share + (excess << ramp), 32767);
      const after = before + ((difference * alpha + 0x4000) >> 15);
      store<i16>(at, <i16>after);
      store<u8>(target + x, <u8>((after + 64) >> 7));
    }
    source += sourceStride;
    target += targetStride;
    history += <usize>width << 1;
  }
}

export function startHistory(source: usize, sourceStride: usize, width: i32, height: i32, history: usize): void {
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (; x + 16 <= width; x += 16) {
      const pixels = v128.load(source + x);
      const at = history + (<usize>x << 1);
      v128.store(at, i16x8.shl(i16x8.extend_low_i8x16_u(pixels), 7));
      v128.store(at, i16x8.shl(i16x8.extend_high_i8x16_u(pixels), 7), 16);
    }
    for (; x < width; x++) store<i16>(history + (<usize>x << 1), <i16>(<i32>load<u8>(source + x) << 7));
    source += sourceStride;
    history += <usize>width << 1;
  }
}

// Average over time with a memory for every pixel: `counts` says how many pictures its history stands for, the share of the new
// picture is 1 / (count + 1), and motion shortens the memory. Motion is judged by the difference over 3x3 pixels, which noise
// hardly moves, against a threshold for the brightness of the history: quantum noise grows with it.

// Difference of a line to its history in 1/4 level, its ends replicated.
function differences(source: usize, width: i32, history: usize, to: usize): void {
  let x = 0;
  for (; x + 8 <= width; x += 8) {
    const now = i16x8.shl(v128.load8x8_u(source + x), 7);
    v128.store(to + (<usize>x << 1), i16x8.shr_s(i16x8.sub(now, v128.load(history + (<usize>x << 1))), 5));
  }
  for (; x < width; x++) {
    const difference = (<i32>load<u8>(source + x) << 7) - <i32>load<i16>(history + (<usize>x << 1));
    store<i16>(to + (<usize>x << 1), <i16>(difference >> 5));
  }
  store<i16>(to - 2, load<i16>(to));
  store<i16>(to + (<usize>width << 1), load<i16>(to + (<usize>(width - 1) << 1)));
}

@inline
function threeColumns(above: usize, here: usize, below: usize): v128 {
  return i16x8.add(i16x8.add(v128.load(above), v128.load(here)), v128.load(below));
}

// How many pictures of memory eight pixels lose.
@inline
function motion8(columns: usize, threshold: v128, steepness: i32): v128 {
  const sum = i16x8.add(i16x8.add(v128.load(columns - 2), v128.load(columns)), v128.load(columns, 2));
  return i16x8.shr_u(i16x8.sub_sat_u(i16x8.abs(sum), threshold), steepness);
}

@inline
function averaged(pixels: v128, before: v128, share: v128): v128 {
  return i16x8.add(before, q15(i16x8.sub(pixels, before), share));
}

// A share of the table as Q15; the largest is one.
@inline
function q15Share(share: v128, low: v128): v128 {
  return v128.or(i16x8.shl(share, 8), low);
}

// Sixteen pixels; the tables' entries are thresholds in 1/9 level of the mean difference and shares in 1/128.
@inline
function averagePart(
  pixels: v128, history: usize, counts: usize, columns: usize, thresholds: v128, shares: v128, most: v128, steepness: i32,
  half: v128, sixteenth: v128, one: v128, lowByte: v128,
): v128 {
  const low = v128.load(history), high = v128.load(history, 16);
  const shade = v128.and(i16x8.shr_u(i8x16.narrow_i16x8_u(shown(low, half), shown(high, half)), 4), sixteenth);
  // Nine differences in 1/4 level: four units for 1/9 level of their mean.
  const threshold = pick(thresholds, shade);
  const lost = i8x16.narrow_i16x8_u(
    motion8(columns, i16x8.shl(i16x8.extend_low_i8x16_u(threshold), 2), steepness),
    motion8(columns + 16, i16x8.shl(i16x8.extend_high_i8x16_u(threshold), 2), steepness),
  );
  const count = i8x16.sub_sat_u(v128.load(counts), lost);
  const share = pick(shares, count);
  v128.store(counts, i8x16.min_u(i8x16.add(count, one), most));
  const newLow = averaged(i16x8.shl(i16x8.extend_low_i8x16_u(pixels), 7), low, q15Share(i16x8.extend_low_i8x16_u(share), lowByte));
  const newHigh = averaged(i16x8.shl(i16x8.extend_high_i8x16_u(pixels), 7), high, q15Share(i16x8.extend_high_i8x16_u(share), lowByte));
  v128.store(history, newLow);
  v128.store(history, newHigh, 16);
  return i8x16.narrow_i16x8_u(shown(newLow, half), shown(newHigh, half));
}

export function steadyAverage(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  history: usize, counts: usize, tables: usize, longest: i32, steepness: i32, scratch: usize,
): void {
  const thresholds = v128.load(tables), shares = v128.load(tables, 16);
  const most = i8x16.splat(<i8>longest);
  const half = held(i16x8.splat(64), width), sixteenth = held(i8x16.splat(15), width), one = held(i8x16.splat(1), width);
  const lowByte = held(i16x8.splat(255), width);
  // Words of a line of differences with one more at both ends, and room for a vector.
  const stride = ((<usize>width << 1) + 79) & ~15;
  const ring = scratch + 16, columns = ring + 3 * stride;
  // The last pixels of a line are worked on here: vectors write sixteen.
  const partHistory = columns + stride, partCounts = partHistory + 32, partPixels = partCounts + 16;
  differences(source, width, history, ring);
  for (let y = 0; y < height; y++) {
    const line = source + <usize>y * sourceStride, to = target + <usize>y * targetStride;
    const past = history + (<usize>y * <usize>width << 1), count = counts + <usize>y * <usize>width;
    if (y + 1 < height) differences(line + sourceStride, width, past + (<usize>width << 1), ring + <usize>((y + 1) % 3) * stride);
    const above = ring + <usize>(max(y - 1, 0) % 3) * stride, here = ring + <usize>(y % 3) * stride;
    const below = ring + <usize>(min(y + 1, height - 1) % 3) * stride;
    for (let x: usize = 0; x < stride - 16; x += 16) v128.store(columns + x - 2, threeColumns(above + x - 2, here + x - 2, below + x - 2));
    let x = 0;
    for (; x + 16 <= width; x += 16) {
      const at = <usize>x << 1;
      v128.store(to + x, averagePart(v128.load(line + x), past + at, count + x, columns + at, thresholds, shares, most, steepness, half, sixteenth, one, lowByte));
    }
    if (x == width) continue;
    const rest = <usize>(width - x), at = <usize>x << 1;
    memory.copy(partHistory, past + at, rest << 1);
    memory.copy(partCounts, count + x, rest);
    memory.copy(partPixels, line + x, rest);
    const pixels = averagePart(v128.load(partPixels), partHistory, partCounts, columns + at, thresholds, shares, most, steepness, half, sixteenth, one, lowByte);
    memory.copy(past + at, partHistory, rest << 1);
    memory.copy(count + x, partCounts, rest);
    storePart(to + x, pixels, <i32>rest);
  }
}

// Counts the differences between picture and history in the mean over 3x3 around every eighth pixel of every eighth line:
// sixteen shades of the history, 64 steps of 2/9 level each, the last for all that are larger.
export function countDifferences(source: usize, sourceStride: usize, width: i32, height: i32, history: usize, table: usize): void {
  memory.fill(table, 0, 4096);
  const past = <usize>width << 1;
  for (let y = 1; y < height - 1; y += 8) {
    const line = source + <usize>y * sourceStride;
    const before = history + <usize>y * past;
    for (let x = 1; x < width - 1; x += 8) {
      const at = line + x, was = before + (<usize>x << 1);
      const sum = threeLevels(at - sourceStride) + threeLevels(at) + threeLevels(at + sourceStride);
      const sumBefore = threeWords(was - past) + threeWords(was) + threeWords(was + past);
      const step = min(abs((sum << 7) - sumBefore) >> 8, 63);
      const shade = (<i32>load<i16>(was) + 64) >> 11;
      const entry = table + (<usize>((shade << 6) | step) << 2);
      store<u32>(entry, load<u32>(entry) + 1);
    }
  }
}

@inline
function threeLevels(at: usize): i32 {
  return <i32>load<u8>(at - 1) + <i32>load<u8>(at) + <i32>load<u8>(at, 1);
}

@inline
function threeWords(at: usize): i32 {
  return <i32>load<i16>(at - 2) + <i32>load<i16>(at) + <i32>load<i16>(at, 2);
}
