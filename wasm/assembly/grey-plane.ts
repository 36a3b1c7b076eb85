// The grey levels of an RGB24 picture and their way back. A pixel is grey where its channels differ by no more than a tolerance:
// pictures that were decoded from YBR are never exactly grey. All others keep their colour to the bit.

// Channels of sixteen pixels from three vectors: a position of 16 and more is taken from the second vector.
@inline
function red(a: v128, b: v128, c: v128): v128 {
  const ab = i8x16.shuffle(a, b, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0);
  return i8x16.shuffle(ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29);
}

@inline
function green(a: v128, b: v128, c: v128): v128 {
  const ab = i8x16.shuffle(a, b, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 0, 0, 0, 0, 0);
  return i8x16.shuffle(ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30);
}

@inline
function blue(a: v128, b: v128, c: v128): v128 {
  const ab = i8x16.shuffle(a, b, 2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 0, 0, 0, 0, 0, 0);
  return i8x16.shuffle(ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19, 22, 25, 28, 31);
}

@inline
function level1(at: usize): u32 {
  return (load<u8>(at) + 2 * load<u8>(at, 1) + load<u8>(at, 2) + 2) >> 2;
}

// (r + 2 g + b + 2) / 4: of a grey pixel its level, of a coloured one nearly its brightness.
@inline
function levels(r: v128, g: v128, b: v128): v128 {
  return i16x8.shr_u(i16x8.add(i16x8.add(r, b), i16x8.add(i16x8.shl(g, 1), i16x8.splat(2))), 2);
}

export function splitGrey(source: usize, target: usize, pixels: i32): void {
  let i = 0;
  for (; i + 16 <= pixels; i += 16) {
    const at = source + <usize>i * 3;
    const a = v128.load(at), b = v128.load(at, 16), c = v128.load(at, 32);
    const rs = red(a, b, c), gs = green(a, b, c), bs = blue(a, b, c);
    v128.store(target + i, i8x16.narrow_i16x8_u(
      levels(i16x8.extend_low_i8x16_u(rs), i16x8.extend_low_i8x16_u(gs), i16x8.extend_low_i8x16_u(bs)),
      levels(i16x8.extend_high_i8x16_u(rs), i16x8.extend_high_i8x16_u(gs), i16x8.extend_high_i8x16_u(bs)),
    ));
  }
  for (; i < pixels; i++) store<u8>(target + i, <u8>level1(source + <usize>i * 3));
}

@inline
function joined(colour: v128, grey: v128, isGrey: v128): v128 {
  return v128.bitselect(grey, colour, isGrey);
}

export function joinGrey(source: usize, grey: usize, target: usize, pixels: i32, tolerance: i32): void {
  const tolerances = i8x16.splat(<i8>tolerance);
  let i = 0;
  for (; i + 16 <= pixels; i += 16) {
    const at = source + <usize>i * 3, to = target + <usize>i * 3;
    const a = v128.load(at), b = v128.load(at, 16), c = v128.load(at, 32);
    const rs = red(a, b, c), gs = green(a, b, c), bs = blue(a, b, c);
    const spread = i8x16.sub(i8x16.max_u(i8x16.max_u(rs, gs), bs), i8x16.min_u(i8x16.min_u(rs, gs), bs));
    const isGrey = i8x16.le_u(spread, tolerances);
    const levels = v128.load(grey + i);
    const first = i8x16(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5), second = i8x16(5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10);
    const third = i8x16(10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15);
    v128.store(to, joined(a, i8x16.swizzle(levels, first), i8x16.swizzle(isGrey, first)));
    v128.store(to, joined(b, i8x16.swizzle(levels, second), i8x16.swizzle(isGrey, second)), 16);
    v128.store(to, joined(c, i8x16.swizzle(levels, third), i8x16.swizzle(isGrey, third)), 32);
  }
  for (; i < pixels; i++) {
    const at = source + <usize>i * 3, to = target + <usize>i * 3;
    const r = <u32>load<u8>(at), g = <u32>load<u8>(at, 1), b = <u32>load<u8>(at, 2);
    const isGrey = max(max(r, g), b) - min(min(r, g), b) <= <u32>tolerance;
    const level = <u32>load<u8>(grey + i);
    store<u8>(to, <u8>(isGrey ? level : r));
    store<u8>(to, <u8>(isGrey ? level : g), 1);
    store<u8>(to, <u8>(isGrey ? level : b), 2);
  }
}
