// Motion of blocks of 16x16 pixels between the picture before and this one, and a history that follows it. A block starts
// from what its neighbours and its own past suggest and walks downhill in the sum of absolute differences.

const side: i32 = 16;

@inline
function absolute(a: v128, b: v128): v128 {
  return v128.or(i8x16.sub_sat_u(a, b), i8x16.sub_sat_u(b, a));
}

// Over every second line of a block.
function difference(a: usize, aStride: usize, b: usize, bStride: usize): i32 {
  let sums = i16x8.splat(0);
  for (let line = 0; line < 8; line++) {
    sums = i16x8.add(sums, i16x8.extadd_pairwise_i8x16_u(absolute(v128.load(a), v128.load(b))));
    a += 2 * aStride;
    b += 2 * bStride;
  }
  const wide = i32x4.extadd_pairwise_i16x8_u(sums);
  return i32x4.extract_lane(wide, 0) + i32x4.extract_lane(wide, 1) + i32x4.extract_lane(wide, 2) + i32x4.extract_lane(wide, 3);
}

// A vector is two signed bytes: the place in the picture before, less the place now.
@inline
function vector(dx: i32, dy: i32): i32 {
  return (dx & 0xff) | ((dy & 0xff) << 8);
}

@inline
function dxOf(v: i32): i32 {
  return <i32>(<i8>v);
}

@inline
function dyOf(v: i32): i32 {
  return <i32>(<i8>(v >> 8));
}

// Cost of a vector: difference, and `stiffness` for every pixel that it is long; none where it leads out of the picture or too far.
function cost(
  v: i32, x: i32, y: i32, width: i32, height: i32, block: usize, stride: usize, before: usize, stiffness: i32, reach: i32,
): i32 {
  const dx = dxOf(v), dy = dyOf(v);
  if (abs(dx) > reach || abs(dy) > reach) return i32.MAX_VALUE;
  if (x + dx < 0 || y + dy < 0 || x + dx + side > width || y + dy + side > height) return i32.MAX_VALUE;
  const from = before + <usize>(y + dy) * <usize>width + <usize>(x + dx);
  return difference(block, stride, from, <usize>width) + stiffness * (abs(dx) + abs(dy));
}

export function blockMotion(
  source: usize, sourceStride: usize, before: usize, width: i32, height: i32, vectors: usize, stiffness: i32, reach: i32,
): void {
  const across = (width + side - 1) / side;
  const down = (height + side - 1) / side;
  for (let by = 0; by < down; by++) {
    for (let bx = 0; bx < across; bx++) {
      const at = vectors + (<usize>(by * across + bx) << 1);
      if (width < side || height < side) {
        store<u16>(at, 0);
        continue;
      }
      // The last block of a line or column overlaps the one before.
      const x = min(bx * side, width - side), y = min(by * side, height - side);
      const block = source + <usize>y * sourceStride + <usize>x;
      let best = 0;
      let least = cost(0, x, y, width, height, block, sourceStride, before, stiffness, reach);
      for (let candidate = 0; candidate < 4; candidate++) {
        let v = <i32>load<u16>(at);
        if (candidate == 1) v = bx > 0 ? <i32>load<u16>(at - 2) : 0;
        if (candidate == 2) v = by > 0 ? <i32>load<u16>(at - (<usize>across << 1)) : 0;
        if (candidate == 3) v = by > 0 && bx + 1 < across ? <i32>load<u16>(at - (<usize>across << 1) + 2) : 0;
        if (v == 0 || v == best) continue;
        const c = cost(v, x, y, width, height, block, sourceStride, before, stiffness, reach);
        if (c < least) {
          least = c;
          best = v;
        }
      }
      for (let step = 2; step > 0; step--) {
        let moved = true;
        for (let walk = 0; moved && walk < 8; walk++) {
          moved = false;
          const dx = dxOf(best), dy = dyOf(best);
          for (let direction = 0; direction < 4; direction++) {
            const stepX = direction == 0 ? step : direction == 1 ? -step : 0;
            const stepY = direction == 2 ? step : direction == 3 ? -step : 0;
            const v = vector(dx + stepX, dy + stepY);
            const c = cost(v, x, y, width, height, block, sourceStride, before, stiffness, reach);
            if (c < least) {
              least = c;
              best = v;
              moved = true;
            }
          }
        }
      }
      store<u16>(at, <u16>best);
    }
  }
}

// History and counts as they lie in this picture; a place beyond the edge is the nearest within.
export function followMotion(
  history: usize, counts: usize, width: i32, height: i32, vectors: usize, toHistory: usize, toCounts: usize,
): void {
  const across = (width + side - 1) / side;
  for (let y = 0; y < height; y++) {
    const row = vectors + (<usize>((y / side) * across) << 1);
    for (let x = 0; x < width; x += side) {
      const v = <i32>load<u16>(row + (<usize>(x / side) << 1));
      const pixels = min(side, width - x);
      const from = <usize>(min(max(y + dyOf(v), 0), height - 1) * width + min(max(x + dxOf(v), 0), width - pixels));
      const to = <usize>(y * width + x);
      if (pixels == side) {
        v128.store(toHistory + (to << 1), v128.load(history + (from << 1)));
        v128.store(toHistory + (to << 1), v128.load(history + (from << 1), 16), 16);
        v128.store(toCounts + to, v128.load(counts + from));
        continue;
      }
      memory.copy(toHistory + (to << 1), history + (from << 1), <usize>pixels << 1);
      memory.copy(toCounts + to, counts + from, <usize>pixels);
    }
  }
}
