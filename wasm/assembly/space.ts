// Median of 3x3 with replicated edges: the columns are sorted, then the median of nine is the median of
// (largest of the least, median of the middle, least of the largest).

@inline
function middle(a: v128, b: v128, c: v128): v128 {
  return i8x16.max_u(i8x16.min_u(a, b), i8x16.min_u(i8x16.max_u(a, b), c));
}

// Sorted columns of sixteen pixels: the least, the middle and the largest of each.
@inline
function least(above: usize, here: usize, below: usize): v128 {
  return i8x16.min_u(i8x16.min_u(v128.load(above), v128.load(here)), v128.load(below));
}

@inline
function between(above: usize, here: usize, below: usize): v128 {
  return middle(v128.load(above), v128.load(here), v128.load(below));
}

@inline
function largest(above: usize, here: usize, below: usize): v128 {
  return i8x16.max_u(i8x16.max_u(v128.load(above), v128.load(here)), v128.load(below));
}

// The column left of each, from the sixteen before and these.
@inline
function left(before: v128, here: v128): v128 {
  return i8x16.shuffle(before, here, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
}

@inline
function right(here: v128, after: v128): v128 {
  return i8x16.shuffle(here, after, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
}

// The edge is replicated: the first column is its own left neighbour, the last its own right one.
@inline
function rightEdge(here: v128): v128 {
  return i8x16.shuffle(here, here, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15);
}

@inline
function leftEdge(here: v128): v128 {
  return i8x16.shuffle(here, here, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
}

@inline
function ofNine(l0: v128, l1: v128, l2: v128, m0: v128, m1: v128, m2: v128, h0: v128, h1: v128, h2: v128): v128 {
  return middle(i8x16.max_u(i8x16.max_u(l0, l1), l2), middle(m0, m1, m2), i8x16.min_u(i8x16.min_u(h0, h1), h2));
}

// A line of at least 16 pixels. Each column is sorted once and handed on to its neighbours in registers.
function medianLine(above: usize, here: usize, below: usize, target: usize, width: i32): void {
  let l1 = least(above, here, below), m1 = between(above, here, below), h1 = largest(above, here, below);
  let l0 = leftEdge(l1), m0 = leftEdge(m1), h0 = leftEdge(h1);
  let x = 0;
  for (; x + 32 <= width; x += 16) {
    const a = above + x, b = here + x, c = below + x;
    const l2 = least(a + 16, b + 16, c + 16), m2 = between(a + 16, b + 16, c + 16), h2 = largest(a + 16, b + 16, c + 16);
    v128.store(target + x, ofNine(l0, l1, right(l1, l2), m0, m1, right(m1, m2), h0, h1, right(h1, h2)));
    l0 = left(l1, l2);
    m0 = left(m1, m2);
    h0 = left(h1, h2);
    l1 = l2;
    m1 = m2;
    h1 = h2;
  }
  const last = width - 16;
  if (x < last) {
    // Less than a vector is left behind these sixteen: their right neighbours are read one further.
    const a = above + x + 1, b = here + x + 1, c = below + x + 1;
    v128.store(target + x, ofNine(l0, l1, least(a, b, c), m0, m1, between(a, b, c), h0, h1, largest(a, b, c)));
    const i = above + last, j = here + last, k = below + last;
    l0 = least(i - 1, j - 1, k - 1);
    m0 = between(i - 1, j - 1, k - 1);
    h0 = largest(i - 1, j - 1, k - 1);
    l1 = least(i, j, k);
    m1 = between(i, j, k);
    h1 = largest(i, j, k);
  }
  v128.store(target + last, ofNine(l0, l1, rightEdge(l1), m0, m1, rightEdge(m1), h0, h1, rightEdge(h1)));
}

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
    if (width >= 16) medianLine(above, here, below, to, width);
    else for (let x = 0; x < width; x++) store<u8>(to + x, median1(above, here, below, x, last));
  }
}
