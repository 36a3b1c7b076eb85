import { held, q15 } from './fixed';
import { storePart } from './lines';

// Adds to a picture the two bands between it, a finer and a coarser smoothed copy of it. What lies within `threshold` (1/64 level)
// is noise and stays as it is; what is added is kept within `limit` (1/64 level), so that edges get no halo.

// The part of a difference in levels that is beyond the threshold, 1/64 level.
@inline
function beyond(difference: v128, threshold: v128, negative: v128): v128 {
  const scaled = i16x8.shl(difference, 6);
  return i16x8.sub(scaled, i16x8.max_s(i16x8.min_s(scaled, threshold), negative));
}

// Twice the product of Q15: amounts reach 2.
@inline
function added(fine: v128, coarse: v128, fineAmount: v128, coarseAmount: v128, limit: v128, least: v128): v128 {
  const half = i16x8.add_sat_s(q15(fine, fineAmount), q15(coarse, coarseAmount));
  return i16x8.max_s(i16x8.min_s(i16x8.add_sat_s(half, half), limit), least);
}

@inline
function enhanced(
  own: v128, fine: v128, coarse: v128, threshold: v128, negative: v128, fineAmount: v128, coarseAmount: v128, limit: v128, least: v128, half: v128,
): v128 {
  const finer = beyond(i16x8.sub(own, fine), threshold, negative), coarser = beyond(i16x8.sub(fine, coarse), threshold, negative);
  const sum = i16x8.add(i16x8.shl(own, 6), added(finer, coarser, fineAmount, coarseAmount, limit, least));
  return i16x8.shr_s(i16x8.add_sat_s(sum, half), 6);
}

export function addDetail(
  source: usize, fine: usize, coarse: usize, target: usize, pixels: i32,
  fineAmount: i32, coarseAmount: i32, threshold: i32, limit: i32,
): void {
  const fineAmounts = i16x8.splat(<i16>fineAmount), coarseAmounts = i16x8.splat(<i16>coarseAmount);
  const thresholds = i16x8.splat(<i16>threshold), limits = i16x8.splat(<i16>limit);
  const negatives = i16x8.neg(thresholds), least = i16x8.neg(limits), half = held(i16x8.splat(32), pixels);
  let i = 0;
  for (; i + 16 <= pixels; i += 16) {
    const own = v128.load(source + i), f = v128.load(fine + i), c = v128.load(coarse + i);
    v128.store(target + i, i8x16.narrow_i16x8_u(
      enhanced(i16x8.extend_low_i8x16_u(own), i16x8.extend_low_i8x16_u(f), i16x8.extend_low_i8x16_u(c),
        thresholds, negatives, fineAmounts, coarseAmounts, limits, least, half),
      enhanced(i16x8.extend_high_i8x16_u(own), i16x8.extend_high_i8x16_u(f), i16x8.extend_high_i8x16_u(c),
        thresholds, negatives, fineAmounts, coarseAmounts, limits, least, half),
    ));
  }
  for (; i < pixels; i++) {
    const own = i16x8.splat(<i16>load<u8>(source + i)), f = i16x8.splat(<i16>load<u8>(fine + i)), c = i16x8.splat(<i16>load<u8>(coarse + i));
    const level = enhanced(own, f, c, thresholds, negatives, fineAmounts, coarseAmounts, limits, least, half);
    storePart(target + i, i8x16.narrow_i16x8_u(level, level), 1);
  }
}
