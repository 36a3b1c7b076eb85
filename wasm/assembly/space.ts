// Median of 3x3 with replicated edges: the columns are sorted, then the median of nine is the median of
// (largest of the least, median of the middle, least of the largest).

// @ts-ignore: decorator
@inline
function middle(a: v128, b: v128, c: v128): v128 {
  return i8x16.max_u(i8x16.min_u(a, b), i8x16.min_u(i8x16.max_u(a, b), c));
}

// @ts-ignore: decorator
@inline
function median16(above: usize, here: usize, below: usize, target: usize): void {
  const a0 = v128.load(above - 1);
  const a1 = v128.load(above);
  const a2 = v128.load(above + 1);
  const b0 = v128.load(here - 1);
  const b1 = v128.load(here);
  const b2 = v128.load(here + 1);
  const c0 = v128.load(below - 1);
  const c1 = v128.load(below);
  const c2 = v128.load(below + 1);
  const least = i8x16.max_u(
    i8x16.max_u(i8x16.min_u(i8x16.min_u(a0, b0), c0), i8x16.min_u(i8x16.min_u(a1, b1), c1)),
    i8x16.min_u(i8x16.min_u(a2, b2), c2),
  );
  const largest = i8x16.min_u(
    i8x16.min_u(i8x16.max_u(i8x16.max_u(a0, b0), c0), i8x16.max_u(i8x16.max_u(a1, b1), c1)),
    i8x16.max_u(i8x16.max_u(a2, b2), c2),
  );
  const between = middle(middle(a0, b0, c0), middle(a1, b1, c1), middle(a2, b2, c2));
  v128.store(target, middle(least, between, largest));
}

// @ts-ignore: decorator
@inline
function middle1(a: u32, b: u32, c: u32): u32 {
  return max(min(a, b), min(max(a, b), c));
}

function median1(above: usize, here: usize, below: usize, x: i32, last: i32): u32 {
  const l = <usize>max(x - 1, 0);
  const m = <usize>x;
  const r = <usize>min(x + 1, last);
  const a0 = <u32>load<u8>(above + l), a1 = <u32>load<u8>(above + m), a2 = <u32>load<u8>(above + r);
  const b0 = <u32>load<u8>(here + l), b1 = <u32>load<u8>(here + m), b2 = <u32>load<u8>(here + r);
  const c0 = <u32>load<u8>(below + l), c1 = <u32>load<u8>(below + m), c2 = <u32>load<u8>(below + r);
  const least = max(max(min(min(a0, b0), c0), min(min(a1, b1), c1)), min(min(a2, b2), c2));
  const largest = min(min(max(max(a0, b0), c0), max(max(a1, b1), c1)), max(max(a2, b2), c2));
  return middle1(least, middle1(middle1(a0, b0, c0), middle1(a1, b1, c1), middle1(a2, b2, c2)), largest);
}

export function median3(source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32): void {
  const last = width - 1;
  for (let y = 0; y < height; y++) {
    const here = source + <usize>y * sourceStride;
    const above = y == 0 ? here : here - sourceStride;
    const below = y == height - 1 ? here : here + sourceStride;
    const to = target + <usize>y * targetStride;
    store<u8>(to, median1(above, here, below, 0, last));
    let x = 1;
    // A vector reads one pixel to either side.
    for (; x + 17 <= width; x += 16) median16(above + x, here + x, below + x, to + x);
    if (x > 1 && x < last) {
      x = width - 17;
      median16(above + x, here + x, below + x, to + x);
      x = last;
    }
    for (; x < width; x++) store<u8>(to + x, median1(above, here, below, x, last));
  }
}
