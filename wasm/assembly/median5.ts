import { lineStride, padLine, ringLine, storePart } from './lines';

// Median of 5x5 with replicated edges. Every column of five is sorted once, into five lines of ranks; the median of
// 25 then takes 88 minima and maxima. The network was found by program: lines of ranks sorted, forgetful selection of what is
// left, then every step deleted that the 0-1 principle allows on all 6^5 columns of noughts and ones.

const reach: i32 = 2;

@inline
function lo(a: v128, b: v128): v128 {
  return i8x16.min_u(a, b);
}

@inline
function hi(a: v128, b: v128): v128 {
  return i8x16.max_u(a, b);
}

// Sorted columns of five, one more among sorted four: rank r goes to `ranks` + r * stride.
@inline
function storeRanks(ranks: usize, stride: usize, a: v128, b: v128, c: v128, d: v128, one: v128): void {
  v128.store(ranks, lo(a, one));
  v128.store(ranks + stride, lo(b, hi(a, one)));
  v128.store(ranks + 2 * stride, lo(c, hi(b, one)));
  v128.store(ranks + 3 * stride, lo(d, hi(c, one)));
  v128.store(ranks + 4 * stride, hi(d, one));
}

// Columns of two outputs one above the other: they share four of their five lines, which are sorted once.
function sortColumns(first: usize, b: usize, c: usize, d: usize, e: usize, last: usize, ranks: usize, ranksBelow: usize, stride: usize): void {
  for (let x: usize = 0; x + 16 <= stride; x += 16) {
    const b0 = v128.load(b + x), c0 = v128.load(c + x), d0 = v128.load(d + x), e0 = v128.load(e + x);
    const b1 = lo(b0, c0), c1 = hi(b0, c0), d1 = lo(d0, e0), e1 = hi(d0, e0);
    const least = lo(b1, d1), m = hi(b1, d1), n = lo(c1, e1), most = hi(c1, e1);
    const second = lo(m, n), third = hi(m, n);
    storeRanks(ranks + x, stride, least, second, third, most, v128.load(first + x));
    storeRanks(ranksBelow + x, stride, least, second, third, most, v128.load(last + x));
  }
}

// s<rank><column>: sixteen ranks of the five columns around sixteen pixels.
@inline
function medianOf25(ranks: usize, stride: usize): v128 {
  const r1 = ranks + stride, r2 = r1 + stride, r3 = r2 + stride, r4 = r3 + stride;
  const s00 = v128.load(ranks), s01 = v128.load(ranks, 1), s02 = v128.load(ranks, 2), s03 = v128.load(ranks, 3), s04 = v128.load(ranks, 4);
  const s10 = v128.load(r1), s11 = v128.load(r1, 1), s12 = v128.load(r1, 2), s13 = v128.load(r1, 3), s14 = v128.load(r1, 4);
  const s20 = v128.load(r2), s21 = v128.load(r2, 1), s22 = v128.load(r2, 2), s23 = v128.load(r2, 3), s24 = v128.load(r2, 4);
  const s30 = v128.load(r3), s31 = v128.load(r3, 1), s32 = v128.load(r3, 2), s33 = v128.load(r3, 3), s34 = v128.load(r3, 4);
  const s40 = v128.load(r4), s41 = v128.load(r4, 1), s42 = v128.load(r4, 2), s43 = v128.load(r4, 3), s44 = v128.load(r4, 4);
  const n0 = lo(s03, s01), n1 = hi(s03, s01), n2 = lo(s02, s04), n3 = hi(s02, s04), n4 = lo(s00, n3), n5 = hi(s00, n3), n6 = hi(n4, n2);
  const n7 = lo(n1, n5), n8 = hi(n1, n5), n9 = hi(n0, n6), n10 = hi(n7, n9), n11 = lo(s12, s10), n12 = hi(s12, s10), n13 = lo(s13, s14);
  const n14 = hi(s13, s14), n15 = lo(s11, n14), n16 = hi(s11, n14), n17 = lo(n15, n13), n18 = hi(n15, n13), n19 = lo(n12, n16);
  const n20 = hi(n12, n16), n21 = hi(n11, n18), n22 = lo(n19, n21), n23 = hi(n19, n21), n24 = hi(n22, n17), n25 = lo(s24, s21);
  const n26 = hi(s24, s21), n27 = lo(s23, s20), n28 = hi(s23, s20), n29 = lo(s22, n28), n30 = hi(s22, n28), n31 = lo(n29, n27);
  const n32 = hi(n29, n27), n33 = lo(n26, n30), n34 = lo(n25, n32), n35 = hi(n25, n32), n36 = hi(n34, n31), n37 = lo(n33, n35);
  const n38 = hi(n33, n35), n39 = lo(n37, n36), n40 = hi(n37, n36), n41 = lo(s31, s34), n42 = hi(s31, s34), n43 = lo(s30, s32);
  const n44 = hi(s30, s32), n45 = lo(n41, s33), n46 = hi(n41, s33), n47 = lo(n43, n42), n48 = hi(n43, n42), n49 = lo(n45, n47);
  const n50 = hi(n45, n47), n51 = lo(n46, n44), n52 = lo(n50, n51), n53 = hi(n50, n51), n54 = lo(n53, n48), n55 = lo(s42, s40);
  const n56 = hi(s42, s40), n57 = lo(s43, s44), n58 = hi(s43, s44), n59 = lo(n55, s41), n60 = hi(n55, s41), n61 = lo(n57, n56);
  const n62 = lo(n59, n61), n63 = hi(n59, n61), n64 = lo(n60, n58), n65 = lo(n63, n64), n66 = lo(n52, n38), n67 = lo(n65, n23);
  const n68 = lo(n8, n67), n69 = hi(n8, n67), n70 = hi(n39, n68), n71 = lo(n40, n70), n72 = hi(n40, n70), n73 = lo(n66, n69);
  const n74 = hi(n66, n69), n75 = hi(n71, n73), n76 = lo(n20, n74), n77 = hi(n49, n75), n78 = lo(n54, n76), n79 = lo(n72, n77);
  const n80 = hi(n72, n77), n81 = lo(n62, n78), n82 = hi(n62, n78), n83 = hi(n79, n81), n84 = hi(n83, n10), n85 = lo(n82, n80);
  const n86 = hi(n24, n84);
  return lo(n86, n85);
}

// A line of medians from its ranks.
function medianLine(ranks: usize, stride: usize, to: usize, width: i32): void {
  let x = 0;
  for (; x + 16 <= width; x += 16) v128.store(to + x, medianOf25(ranks + x, stride));
  if (x < width) storePart(to + x, medianOf25(ranks + x, stride), width - x);
}

export function median5(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, scratch: usize,
): void {
  const stride = lineStride(width, reach);
  const ranks = scratch + 6 * stride, ranksBelow = ranks + 5 * stride;
  for (let y = -2; y < height; y += 2) {
    for (let next = y + 2; next < min(y + 4, height); next++) {
      padLine(source + <usize>next * sourceStride, width, ringLine(scratch, stride, 6, next, height), reach);
    }
    if (y < 0) continue;
    sortColumns(
      ringLine(scratch, stride, 6, y - 2, height), ringLine(scratch, stride, 6, y - 1, height), ringLine(scratch, stride, 6, y, height),
      ringLine(scratch, stride, 6, y + 1, height), ringLine(scratch, stride, 6, y + 2, height), ringLine(scratch, stride, 6, y + 3, height),
      ranks, ranksBelow, stride,
    );
    const to = target + <usize>y * targetStride;
    medianLine(ranks, stride, to, width);
    if (y + 1 < height) medianLine(ranksBelow, stride, to + targetStride, width);
  }
}
