// Product of two Q15 numbers, rounded. Both builds agree where not both factors are -32768.
@inline
export function q15(a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i16x8.relaxed_q15mulr_s(a, b);
  return i16x8.q15mulr_sat_s(a, b);
}
