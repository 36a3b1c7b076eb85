import { lineStride, padLine, storePart } from './lines';

// Non-local means (Buades, Coll and Morel, CVPR 2005) for frozen pictures. The weight of a pixel falls with the mean squared
// difference D between the patches around it and around the one to be filtered, as (1 - D / H)^4 and nought from H on: near to the
// Gaussian that is usual, without an exponential. H = h0 + h1 * mean of the patch to be filtered: with h1 above nought
// differences count relative to the brightness, as speckle wants it (Coupe et al., IEEE Trans. Image Processing 18:2221, 2009).
// One pass over the picture for each place of the search window; the pictures of sums stay in scratch.

const pad: i32 = 16;

// Sum of squared differences of a column of 2 * patch + 1 pixels, four columns.
@inline
function columnOfSquares(here: usize, there: usize, stride: usize, lines: i32): v128 {
  let sum = i32x4.splat(0);
  for (let line = 0; line < lines; line++) {
    const difference = i16x8.sub(
      i16x8.extend_low_i8x16_u(v128.load32_zero(here)), i16x8.extend_low_i8x16_u(v128.load32_zero(there)),
    );
    sum = i32x4.add(sum, i32x4.extmul_low_i16x8_s(difference, difference));
    here += stride;
    there += stride;
  }
  return sum;
}

@inline
function columnOfLevels(here: usize, stride: usize, lines: i32): v128 {
  let sum = i16x8.splat(0);
  for (let line = 0; line < lines; line++) {
    sum = i16x8.add(sum, i16x8.extend_low_i8x16_u(v128.load32_zero(here)));
    here += stride;
  }
  return i32x4.extend_low_i16x8_u(sum);
}

@inline
function alongLine(columns: usize, count: i32): v128 {
  let sum = v128.load(columns);
  for (let i = 1; i < count; i++) sum = i32x4.add(sum, v128.load(columns + (<usize>i << 2)));
  return sum;
}

export function nonLocalMeans(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  patch: i32, search: i32, h0: f32, h1: f32, scratch: usize,
): void {
  const stride = lineStride(width, pad);
  const floats = ((<usize>width << 2) + 79) & ~15;
  const lines = 2 * patch + 1;
  const picture = scratch;
  const columns = picture + <usize>(height + 2 * pad) * stride;
  const limits = columns + floats + 64;
  const sums = limits + <usize>height * floats, weights = sums + <usize>height * floats;
  const perPatch = f32x4.splat(<f32>1 / <f32>(lines * lines));
  const one = f32x4.splat(1), none = f32x4.splat(0);
  for (let y = -pad; y < height + pad; y++) {
    padLine(source + <usize>min(max(y, 0), height - 1) * sourceStride, width, picture + <usize>(y + pad) * stride, pad);
  }
  const first = picture + <usize>pad * stride + <usize>pad;
  const corner = <usize>patch * stride + <usize>patch;
  for (let y = 0; y < height; y++) {
    const line = first + <usize>y * stride, row = <usize>y * floats;
    for (let x = 0; x < width + 2 * patch; x += 4) v128.store(columns + (<usize>x << 2), columnOfLevels(line + x - corner, stride, lines));
    for (let x = 0; x < width; x += 4) {
      const at = <usize>x << 2;
      const mean = f32x4.mul(f32x4.convert_i32x4_s(alongLine(columns + at, lines)), perPatch);
      v128.store(limits + row + at, f32x4.div(perPatch, f32x4.add(f32x4.splat(h0), f32x4.mul(f32x4.splat(h1), mean))));
      v128.store(sums + row + at, f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(line + x)))));
      v128.store(weights + row + at, one);
    }
  }
  for (let dy = -search; dy <= search; dy++) {
    for (let dx = -search; dx <= search; dx++) {
      if (dx == 0 && dy == 0) continue;
      const offset = <usize>(dy * <i32>stride + dx);
      for (let y = 0; y < height; y++) {
        const line = first + <usize>y * stride, row = <usize>y * floats;
        for (let x = 0; x < width + 2 * patch; x += 4) {
          const here = line + x - corner;
          v128.store(columns + (<usize>x << 2), columnOfSquares(here, here + offset, stride, lines));
        }
        for (let x = 0; x < width; x += 4) {
          const at = row + (<usize>x << 2);
          const distance = f32x4.convert_i32x4_s(alongLine(columns + (<usize>x << 2), lines));
          // Below nought is below nought as an integer too; that comparison is one instruction.
          const near = i32x4.max_s(f32x4.sub(one, f32x4.mul(distance, v128.load(limits + at))), none);
          const square = f32x4.mul(near, near);
          const weight = f32x4.mul(square, square);
          const level = f32x4.convert_i32x4_u(
            i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(line + x + offset))),
          );
          v128.store(weights + at, f32x4.add(v128.load(weights + at), weight));
          v128.store(sums + at, f32x4.add(v128.load(sums + at), f32x4.mul(weight, level)));
        }
      }
    }
  }
  for (let y = 0; y < height; y++) {
    const to = target + <usize>y * targetStride, row = <usize>y * floats;
    for (let x = 0; x < width; x += 4) {
      const at = row + (<usize>x << 2);
      const level = f32x4.add(f32x4.div(v128.load(sums + at), v128.load(weights + at)), f32x4.splat(12582912));
      const words = i16x8.narrow_i32x4_u(v128.and(level, i32x4.splat(0xffff)), level);
      storePart(to + x, i8x16.narrow_i16x8_u(words, words), min(width - x, 4));
    }
  }
}
