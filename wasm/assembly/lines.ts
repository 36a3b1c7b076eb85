// Lines of a picture in scratch, with their ends replicated, so that a neighbourhood needs no test at the edge.

// Distance between lines of `width` bytes with `pad` more at both ends; a vector that starts at the last byte stays within.
export function lineStride(width: i32, pad: i32): usize {
  return (<usize>(width + 2 * pad) + 31) & ~15;
}

export function padLine(source: usize, width: i32, to: usize, pad: i32): void {
  memory.fill(to, load<u8>(source), pad);
  memory.copy(to + pad, source, width);
  memory.fill(to + pad + width, load<u8>(source + width - 1), pad);
}

// Place of line `y` in a ring of `lines` lines; lines above and below the picture are its first and last.
@inline
export function ringLine(ring: usize, stride: usize, lines: i32, y: i32, height: i32): usize {
  return ring + <usize>(min(max(y, 0), height - 1) % lines) * stride;
}

// The first `count` bytes of a vector, 1 to 15.
export function storePart(target: usize, value: v128, count: i32): void {
  if (count & 8) {
    v128.store64_lane(target, value, 0);
    value = i8x16.shuffle(value, value, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
    target += 8;
  }
  if (count & 4) {
    v128.store32_lane(target, value, 0);
    value = i8x16.shuffle(value, value, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11);
    target += 4;
  }
  if (count & 2) {
    v128.store16_lane(target, value, 0);
    value = i8x16.shuffle(value, value, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9);
    target += 2;
  }
  if (count & 1) v128.store8_lane(target, value, 0);
}
