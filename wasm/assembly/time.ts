import { q15 } from './fixed';

// Motion-adaptive persistence. History is i16 in units of 1/128 grey level; the share of the new picture (Q15) starts at
// `share` and rises with the difference between picture and history beyond `threshold` by 2^ramp per unit.

// @ts-ignore: decorator
@inline
function blend8(now: v128, before: v128, share: v128, threshold: v128, most: v128, rise: v128): v128 {
  const difference = i16x8.sub(now, before);
  const excess = i16x8.min_u(i16x8.sub_sat_u(i16x8.abs(difference), threshold), most);
  const alpha = i16x8.add_sat_s(share, i16x8.mul(excess, rise));
  return i16x8.add(before, q15(difference, alpha));
}

// @ts-ignore: decorator
@inline
function shown(history: v128): v128 {
  return i16x8.shr_s(i16x8.add(history, i16x8.splat(64)), 7);
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
      v128.store(target + x, i8x16.narrow_i16x8_u(shown(lower), shown(upper)));
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
