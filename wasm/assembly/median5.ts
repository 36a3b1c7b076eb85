import { lineStride, padLine, ringLine, storePart } from './lines';

// Median of 5x5 with replicated edges, for two outputs one above the other, which share four of their five lines. Those twenty levels are
// reduced to the six in their middle, once for both: whatever the five levels of the fifth line are, the median is among these and
// them. Every column of four is sorted once, into four lines of ranks, and every two neighbours of a line of ranks are. The network behind
// that was found by program: lines of ranks sorted, those left out that cannot be among the six, the others merged, and then every step
// deleted or replaced that the 0-1 principle allows on all 5^5 columns of noughts and ones.

const reach: i32 = 2;
const ranksOfColumn: usize = 4;

@inline
function lo(a: v128, b: v128): v128 {
  return i8x16.min_u(a, b);
}

@inline
function hi(a: v128, b: v128): v128 {
  return i8x16.max_u(a, b);
}

// Columns of four lines, sorted: rank r goes to `ranks` + r * stride.
function sortColumns(first: usize, second: usize, third: usize, fourth: usize, ranks: usize, stride: usize): void {
  for (let x: usize = 0; x < stride; x += 16) {
    const a = v128.load(first + x), b = v128.load(second + x), c = v128.load(third + x), d = v128.load(fourth + x);
    const ab = lo(a, b), ba = hi(a, b), cd = lo(c, d), dc = hi(c, d);
    const m = hi(ab, cd), n = lo(ba, dc);
    const to = ranks + x;
    v128.store(to, lo(ab, cd));
    v128.store(to + stride, lo(m, n));
    v128.store(to + 2 * stride, hi(m, n));
    v128.store(to + 3 * stride, hi(ba, dc));
  }
}

// Every level and its right neighbour, the lesser of both to `lesser`, the other to `greater`.
function sortPairs(line: usize, length: usize, lesser: usize, greater: usize): void {
  for (let x: usize = 0; x < length; x += 16) {
    const a = v128.load(line + x), b = v128.load(line + x, 1);
    v128.store(lesser + x, lo(a, b));
    v128.store(greater + x, hi(a, b));
  }
}

// The sixth of eleven: six levels a in their order and five of a line, from `at` on. It is the least of the larger ones of a1 and b5, a2 and b4, ….
@inline
function sixthOfEleven(a1: v128, a2: v128, a3: v128, a4: v128, a5: v128, a6: v128, at: usize): v128 {
  const p = v128.load(at), q = v128.load(at, 1), r = v128.load(at, 2), s = v128.load(at, 3), t = v128.load(at, 4);
  const p1 = lo(p, q), q1 = hi(p, q), s1 = lo(s, t), t1 = hi(s, t);
  const r1 = lo(r, t1), b5a = hi(r, t1), r2 = lo(s1, r1), s2 = hi(s1, r1);
  const q2 = lo(q1, b5a), b5 = hi(q1, b5a), p2 = lo(p1, s2), s3 = hi(p1, s2);
  const b1 = lo(p2, r2), r3 = hi(p2, r2), q3 = lo(q2, s3), b4 = hi(q2, s3);
  const b2 = lo(r3, q3), b3 = hi(r3, q3);
  return lo(lo(lo(a6, hi(a1, b5)), lo(hi(a2, b4), hi(a3, b3))), lo(hi(a4, b2), hi(a5, b1)));
}

// Sixteen columns: the medians of both lines. m<rank>: the column in the middle, l and h<rank>: the pairs left (a) and right (b) of it.
@inline
function medians16(ranks: usize, stride: usize, above: usize, below: usize, to: usize, toBelow: usize, count: i32): void {
  const lesser = ranks + ranksOfColumn * stride, greater = lesser + ranksOfColumn * stride;
  const m0 = v128.load(ranks, 2), l0a = v128.load(lesser), h0a = v128.load(greater);
  const l0b = v128.load(lesser, 3), h0b = v128.load(greater, 3);
  const m1 = v128.load(ranks + stride, 2), l1a = v128.load(lesser + stride), h1a = v128.load(greater + stride);
  const l1b = v128.load(lesser + stride, 3), h1b = v128.load(greater + stride, 3);
  const m2 = v128.load(ranks + 2 * stride, 2), l2a = v128.load(lesser + 2 * stride), h2a = v128.load(greater + 2 * stride);
  const l2b = v128.load(lesser + 2 * stride, 3), h2b = v128.load(greater + 2 * stride, 3);
  const m3 = v128.load(ranks + 3 * stride, 2), l3a = v128.load(lesser + 3 * stride), h3a = v128.load(greater + 3 * stride);
  const l3b = v128.load(lesser + 3 * stride, 3), h3b = v128.load(greater + 3 * stride, 3);
  const n0 = lo(m0, h0b), n1 = hi(m0, h0b), n2 = lo(n0, l0b), n3 = hi(n0, l0b), n4 = lo(h0a, n1), n5 = hi(h0a, n1);
  const n6 = hi(l0a, n3), n7 = lo(n4, n6), n8 = hi(n4, n6), n9 = hi(n7, n2), n10 = lo(m1, h1b), n11 = hi(m1, h1b);
  const n12 = lo(n10, l1b), n13 = hi(n10, l1b), n14 = lo(h1a, n11), n15 = hi(h1a, n11), n16 = lo(l1a, n13), n17 = hi(l1a, n13);
  const n18 = hi(n16, n12), n19 = lo(n14, n17), n20 = hi(n14, n17), n21 = lo(n19, n18), n22 = hi(n19, n18), n23 = lo(m2, h2b);
  const n24 = hi(m2, h2b), n25 = lo(n23, l2b), n26 = hi(n23, l2b), n27 = lo(h2a, n24), n28 = lo(l2a, n26), n29 = hi(l2a, n26);
  const n30 = lo(n28, n25), n31 = hi(n28, n25), n32 = lo(n27, n29), n33 = hi(n27, n29), n34 = lo(n32, n31), n35 = hi(n32, n31);
  const n36 = lo(m3, h3b), n37 = hi(m3, h3b), n38 = lo(n36, l3b), n39 = hi(n36, l3b), n40 = lo(h3a, n37), n41 = lo(l3a, n39);
  const n42 = hi(l3a, n39), n43 = lo(n41, n38), n44 = hi(n41, n38), n45 = lo(n40, n42), n46 = lo(n45, n44), n47 = hi(n45, n44);
  const n48 = hi(n30, n8), n49 = lo(n15, n46), n50 = hi(n9, n34), n51 = lo(n21, n43), n52 = hi(n21, n43), n53 = lo(n5, n20);
  const n54 = hi(n5, n20), n55 = lo(n48, n49), n56 = hi(n48, n49), n57 = lo(n50, n22), n58 = hi(n50, n22), n59 = lo(n52, n35);
  const n60 = hi(n52, n35), n61 = lo(n55, n57), n62 = hi(n55, n57), n63 = lo(n56, n58), n64 = hi(n56, n58), n65 = hi(n51, n53);
  const n66 = lo(n59, n54), n67 = hi(n59, n54), n68 = lo(n60, n65), n69 = hi(n60, n65), n70 = lo(n47, n67), n71 = lo(n62, n63);
  const n72 = hi(n62, n63), n73 = lo(n33, n64), n74 = lo(n66, n68), n75 = hi(n66, n68), n76 = lo(n70, n69), n77 = hi(n54, n69);
  const n78 = hi(n61, n74), n79 = lo(n71, n78), n80 = hi(n71, n78), n81 = lo(n75, n72), n82 = hi(n75, n72), n83 = lo(n76, n73);
  const n84 = hi(n76, n73), n85 = lo(n80, n81), n86 = hi(n80, n81), n87 = lo(n83, n82), n88 = hi(n83, n82), n89 = lo(n84, n77);
  storeFirst(to, sixthOfEleven(n79, n85, n86, n87, n88, n89, above), count);
  if (toBelow != 0) storeFirst(toBelow, sixthOfEleven(n79, n85, n86, n87, n88, n89, below), count);
}

@inline
function storeFirst(to: usize, levels: v128, count: i32): void {
  if (count >= 16) v128.store(to, levels);
  else storePart(to, levels, count);
}

function medianLines(ranks: usize, stride: usize, above: usize, below: usize, to: usize, toBelow: usize, width: i32): void {
  for (let x: usize = 0; x < <usize>width; x += 16) {
    medians16(ranks + x, stride, above + x, below + x, to + x, toBelow != 0 ? toBelow + x : 0, width - <i32>x);
  }
}

export function median5(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32, scratch: usize,
): void {
  const stride = lineStride(width, reach);
  const ranks = scratch + 6 * stride, lesser = ranks + ranksOfColumn * stride, greater = lesser + ranksOfColumn * stride;
  for (let y = -2; y < height; y += 2) {
    for (let next = y + 2; next < min(y + 4, height); next++) {
      padLine(source + <usize>next * sourceStride, width, ringLine(scratch, stride, 6, next, height), reach);
    }
    if (y < 0) continue;
    sortColumns(
      ringLine(scratch, stride, 6, y - 1, height), ringLine(scratch, stride, 6, y, height),
      ringLine(scratch, stride, 6, y + 1, height), ringLine(scratch, stride, 6, y + 2, height), ranks, stride,
    );
    sortPairs(ranks, ranksOfColumn * stride, lesser, greater);
    const to = target + <usize>y * targetStride;
    medianLines(
      ranks, stride, ringLine(scratch, stride, 6, y - 2, height), ringLine(scratch, stride, 6, y + 3, height),
      to, y + 1 < height ? to + targetStride : 0, width,
    );
  }
}
