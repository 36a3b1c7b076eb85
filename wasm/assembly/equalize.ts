// Contrast-limited adaptive histogram equalization (Zuiderveld 1994): each tile has a table of levels in 1/128; a pixel takes the
// blend of the four tiles around it.

import { q15 } from './fixed';

// Four counters for each level: the same level twice in a row would wait for its own sum.
@inline
function count(histograms: usize, part: usize, pixel: usize): void {
  const at = histograms + (pixel << 4) + part;
  store<u32>(at, load<u32>(at) + 1);
}

function countTile(source: usize, stride: usize, width: i32, height: i32, histograms: usize): void {
  memory.fill(histograms, 0, 4096);
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (; x + 8 <= width; x += 8) {
      const w = load<u64>(source + x);
      count(histograms, 0, <usize>w & 0xff);
      count(histograms, 4, <usize>(w >> 8) & 0xff);
      count(histograms, 8, <usize>(w >> 16) & 0xff);
      count(histograms, 12, <usize>(w >> 24) & 0xff);
      count(histograms, 0, <usize>(w >> 32) & 0xff);
      count(histograms, 4, <usize>(w >> 40) & 0xff);
      count(histograms, 8, <usize>(w >> 48) & 0xff);
      count(histograms, 12, <usize>(w >> 56));
    }
    for (; x < width; x++) count(histograms, 0, load<u8>(source + x));
    source += stride;
  }
}

function tableOf(histograms: usize, area: i32, clip: f64, table: usize): void {
  const most = max(<i32>((clip * <f64>area) / 256), 1);
  let excess = 0;
  for (let i: usize = 0; i < 256; i++) {
    const at = histograms + (i << 4);
    const sum = load<i32>(at) + load<i32>(at, 4) + load<i32>(at, 8) + load<i32>(at, 12);
    excess += max(sum - most, 0);
    store<i32>(at, min(sum, most));
  }
  // What was cut off is shared out evenly, the rest of the division in even steps.
  const rest = excess & 255;
  for (let k = 0; k < rest; k++) {
    const at = histograms + (<usize>((k << 8) / rest) << 4);
    store<i32>(at, load<i32>(at) + 1);
  }
  const share = excess >> 8;
  const scale = 32640 / <f64>area;
  let sum = 0;
  for (let i: usize = 0; i < 256; i++) {
    sum += load<i32>(histograms + (i << 4)) + share;
    store<u16>(table + (i << 1), <u16><i32>(<f64>sum * scale + 0.5));
  }
}

export function tileTables(
  source: usize, sourceStride: usize, width: i32, height: i32, tilesX: i32, tilesY: i32, clip: f64, tables: usize, scratch: usize,
): void {
  for (let ty = 0; ty < tilesY; ty++) {
    const y0 = (ty * height) / tilesY;
    const y1 = ((ty + 1) * height) / tilesY;
    for (let tx = 0; tx < tilesX; tx++) {
      const x0 = (tx * width) / tilesX;
      const x1 = ((tx + 1) * width) / tilesX;
      countTile(source + <usize>y0 * sourceStride + x0, sourceStride, x1 - x0, y1 - y0, scratch);
      tableOf(scratch, (x1 - x0) * (y1 - y0), clip, tables);
      tables += 512;
    }
  }
}

// Twice the centre of a tile.
@inline
function centre(tile: i32, size: i32, tiles: i32): i32 {
  return (tile * size) / tiles + ((tile + 1) * size) / tiles;
}

// The tables of two rows of tiles blended for a row of pixels; each entry beside that of the next tile.
function blendTables(above: usize, below: usize, share: i32, tilesX: i32, cells: usize): void {
  const shares = i16x8.splat(<i16>share);
  for (let cell = 0; cell <= tilesX; cell++) {
    const left = <usize>max(cell - 1, 0) << 9;
    const right = <usize>min(cell, tilesX - 1) << 9;
    for (let i: usize = 0; i < 512; i += 16) {
      const a = v128.load(above + left + i);
      const b = v128.load(above + right + i);
      const l = i16x8.add(a, q15(i16x8.sub(v128.load(below + left + i), a), shares));
      const r = i16x8.add(b, q15(i16x8.sub(v128.load(below + right + i), b), shares));
      v128.store(cells, i16x8.shuffle(l, r, 0, 8, 1, 9, 2, 10, 3, 11));
      v128.store(cells, i16x8.shuffle(l, r, 4, 12, 5, 13, 6, 14, 7, 15), 16);
      cells += 32;
    }
  }
}

@inline
function reciprocal(span: i32): i32 {
  return span > 0 ? 0x40000000 / span : 0;
}

@inline
function shareOf(distance: i32, reciprocal: i32): i32 {
  return min((distance * reciprocal) >> 15, 32767);
}

@inline
function entry(cell: usize, pixel: usize): usize {
  return cell + (pixel << 2);
}

function equalizeRun(source: usize, target: usize, from: i32, to: i32, start: i32, inverse: i32, cell: usize): void {
  const step = i32x4(0, 2, 4, 6);
  const factor = i32x4.splat(inverse);
  let x = from;
  for (; x + 8 <= to; x += 8) {
    const w = load<u64>(source + x);
    let a = v128.load32_zero(entry(cell, <usize>w & 0xff));
    a = v128.load32_lane(entry(cell, <usize>(w >> 8) & 0xff), a, 1);
    a = v128.load32_lane(entry(cell, <usize>(w >> 16) & 0xff), a, 2);
    a = v128.load32_lane(entry(cell, <usize>(w >> 24) & 0xff), a, 3);
    let b = v128.load32_zero(entry(cell, <usize>(w >> 32) & 0xff));
    b = v128.load32_lane(entry(cell, <usize>(w >> 40) & 0xff), b, 1);
    b = v128.load32_lane(entry(cell, <usize>(w >> 48) & 0xff), b, 2);
    b = v128.load32_lane(entry(cell, <usize>(w >> 56)), b, 3);
    const left = i16x8.shuffle(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
    const right = i16x8.shuffle(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
    const near = i32x4.add(i32x4.splat(2 * x + 1 - start), step);
    const far = i32x4.add(near, i32x4.splat(8));
    const shares = i16x8.narrow_i32x4_s(i32x4.shr_s(i32x4.mul(near, factor), 15), i32x4.shr_s(i32x4.mul(far, factor), 15));
    const mixed = i16x8.add(left, q15(i16x8.sub(right, left), shares));
    const levels = i16x8.shr_u(i16x8.add(mixed, i16x8.splat(64)), 7);
    v128.store64_lane(target + x, i8x16.narrow_i16x8_u(levels, levels), 0);
  }
  for (; x < to; x++) {
    const pair = load<u32>(entry(cell, load<u8>(source + x)));
    const left = <i32>(pair & 0xffff);
    const right = <i32>(pair >> 16);
    const mixed = left + (((right - left) * shareOf(2 * x + 1 - start, inverse) + 0x4000) >> 15);
    store<u8>(target + x, <u8>((mixed + 64) >> 7));
  }
}

export function equalize(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  tilesX: i32, tilesY: i32, tables: usize, scratch: usize,
): void {
  const rowOfTables = <usize>tilesX << 9;
  for (let y = 0; y < height; y++) {
    const at = 2 * y + 1;
    let below = 0;
    while (below < tilesY && at >= centre(below, height, tilesY)) below++;
    const upper = max(below - 1, 0);
    const lower = min(below, tilesY - 1);
    const start = centre(upper, height, tilesY);
    const share = lower > upper ? shareOf(at - start, reciprocal(centre(lower, height, tilesY) - start)) : 0;
    blendTables(tables + <usize>upper * rowOfTables, tables + <usize>lower * rowOfTables, share, tilesX, scratch);
    for (let cell = 0; cell <= tilesX; cell++) {
      const from = cell == 0 ? 0 : centre(cell - 1, width, tilesX) >> 1;
      const to = cell == tilesX ? width : centre(cell, width, tilesX) >> 1;
      const inner = cell > 0 && cell < tilesX;
      const left = inner ? centre(cell - 1, width, tilesX) : 0;
      const inverse = inner ? reciprocal(centre(cell, width, tilesX) - left) : 0;
      equalizeRun(source, target, from, to, left, inverse, scratch + (<usize>cell << 10));
    }
    source += sourceStride;
    target += targetStride;
  }
}
