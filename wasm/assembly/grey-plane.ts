import { held, pick } from './fixed';

// The grey levels of an RGB24 picture and their way back. A pixel is grey where its channels differ by no more than a tolerance:
// pictures that were decoded from YBR are never exactly grey. All others keep their colour to the bit.

// A channel of sixteen pixels from three vectors: each gives the bytes that it has of it, at their places among the sixteen.
@inline
function channel(a: v128, b: v128, c: v128, ofA: v128, ofB: v128, ofC: v128): v128 {
  return v128.or(v128.or(pick(a, ofA), pick(b, ofB)), pick(c, ofC));
}

@inline
function redOfFirst(): v128 {
  return i8x16(0, 3, 6, 9, 12, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
}

@inline
function redOfSecond(): v128 {
  return i8x16(-1, -1, -1, -1, -1, -1, 2, 5, 8, 11, 14, -1, -1, -1, -1, -1);
}

@inline
function redOfThird(): v128 {
  return i8x16(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1, 4, 7, 10, 13);
}

@inline
function greenOfFirst(): v128 {
  return i8x16(1, 4, 7, 10, 13, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
}

@inline
function greenOfSecond(): v128 {
  return i8x16(-1, -1, -1, -1, -1, 0, 3, 6, 9, 12, 15, -1, -1, -1, -1, -1);
}

@inline
function greenOfThird(): v128 {
  return i8x16(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 2, 5, 8, 11, 14);
}

@inline
function blueOfFirst(): v128 {
  return i8x16(2, 5, 8, 11, 14, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
}

@inline
function blueOfSecond(): v128 {
  return i8x16(-1, -1, -1, -1, -1, 1, 4, 7, 10, 13, -1, -1, -1, -1, -1, -1);
}

@inline
function blueOfThird(): v128 {
  return i8x16(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 3, 6, 9, 12, 15);
}

@inline
function level1(at: usize): u32 {
  return (load<u8>(at) + 2 * load<u8>(at, 1) + load<u8>(at, 2) + 2) >> 2;
}

// (r + 2 g + b + 2) / 4: of a grey pixel its level, of a coloured one nearly its brightness.
@inline
function levels(r: v128, g: v128, b: v128, half: v128): v128 {
  return i16x8.shr_u(i16x8.add(i16x8.add(r, b), i16x8.add(i16x8.shl(g, 1), half)), 2);
}

export function splitGrey(source: usize, target: usize, pixels: i32): void {
  const ra = held(redOfFirst(), pixels), rb = held(redOfSecond(), pixels), rc = held(redOfThird(), pixels);
  const ga = held(greenOfFirst(), pixels), gb = held(greenOfSecond(), pixels), gc = held(greenOfThird(), pixels);
  const ba = held(blueOfFirst(), pixels), bb = held(blueOfSecond(), pixels), bc = held(blueOfThird(), pixels);
  const half = held(i16x8.splat(2), pixels);
  let i = 0;
  for (; i + 16 <= pixels; i += 16) {
    const at = source + <usize>i * 3;
    const a = v128.load(at), b = v128.load(at, 16), c = v128.load(at, 32);
    const rs = channel(a, b, c, ra, rb, rc), gs = channel(a, b, c, ga, gb, gc), bs = channel(a, b, c, ba, bb, bc);
    v128.store(target + i, i8x16.narrow_i16x8_u(
      levels(i16x8.extend_low_i8x16_u(rs), i16x8.extend_low_i8x16_u(gs), i16x8.extend_low_i8x16_u(bs), half),
      levels(i16x8.extend_high_i8x16_u(rs), i16x8.extend_high_i8x16_u(gs), i16x8.extend_high_i8x16_u(bs), half),
    ));
  }
  for (; i < pixels; i++) store<u8>(target + i, <u8>level1(source + <usize>i * 3));
}

@inline
function joined(colour: v128, grey: v128, isGrey: v128): v128 {
  return v128.bitselect(grey, colour, isGrey);
}

export function joinGrey(source: usize, grey: usize, target: usize, pixels: i32, tolerance: i32): void {
  const ra = held(redOfFirst(), pixels), rb = held(redOfSecond(), pixels), rc = held(redOfThird(), pixels);
  const ga = held(greenOfFirst(), pixels), gb = held(greenOfSecond(), pixels), gc = held(greenOfThird(), pixels);
  const ba = held(blueOfFirst(), pixels), bb = held(blueOfSecond(), pixels), bc = held(blueOfThird(), pixels);
  const first = held(i8x16(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5), pixels);
  const second = held(i8x16(5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10), pixels);
  const third = held(i8x16(10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15), pixels);
  const tolerances = i8x16.splat(<i8>tolerance);
  let i = 0;
  for (; i + 16 <= pixels; i += 16) {
    const at = source + <usize>i * 3, to = target + <usize>i * 3;
    const a = v128.load(at), b = v128.load(at, 16), c = v128.load(at, 32);
    const rs = channel(a, b, c, ra, rb, rc), gs = channel(a, b, c, ga, gb, gc), bs = channel(a, b, c, ba, bb, bc);
    const spread = i8x16.sub(i8x16.max_u(i8x16.max_u(rs, gs), bs), i8x16.min_u(i8x16.min_u(rs, gs), bs));
    const isGrey = i8x16.le_u(spread, tolerances);
    const levels = v128.load(grey + i);
    v128.store(to, joined(a, pick(levels, first), pick(isGrey, first)));
    v128.store(to, joined(b, pick(levels, second), pick(isGrey, second)), 16);
    v128.store(to, joined(c, pick(levels, third), pick(isGrey, third)), 32);
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
