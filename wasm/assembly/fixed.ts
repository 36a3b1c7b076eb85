// Product of two Q15 numbers, rounded. Both builds agree where not both factors are -32768.
@inline
export function q15(a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i16x8.relaxed_q15mulr_s(a, b);
  return i16x8.q15mulr_sat_s(a, b);
}

// A constant that the compiler cannot see to be one, so that it stays in a register: it would be made anew at every use. `size` is not negative.
@inline
export function held(constant: v128, size: i32): v128 {
  return v128.or(constant, i32x4.splat(size >> 31));
}

// Bytes by their places; 255 gives 0 in both builds.
@inline
export function pick(pixels: v128, places: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i8x16.relaxed_swizzle(pixels, places);
  return i8x16.swizzle(pixels, places);
}

// Entries of a table of sixteen, nought for places from 16 on. `past` is what pastSixteen gives, held by the caller.
@inline
export function pickOrNought(table: v128, places: v128, past: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i8x16.relaxed_swizzle(table, i8x16.add_sat_u(places, past));
  return i8x16.swizzle(table, places);
}

@inline
export function pastSixteen(): v128 {
  return i8x16.splat(112);
}
