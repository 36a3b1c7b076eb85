import { held } from './fixed';
import { storePart } from './lines';

// Speckle reducing anisotropic diffusion (Yu and Acton, IEEE Trans. Image Processing 11:1260, 2002) on a plane of floats with one
// pixel replicated around it. The instantaneous coefficient of variation q and the diffusion c of a pixel with level I and
// differences N, S, W, E to its neighbours, s = N+S+W+E:
//   q^2 = (0.5 (N^2+S^2+W^2+E^2) - s^2/16) / (I + s/4)^2,   c = 1 / (1 + (q^2 - q0^2) / (q0^2 (1 + q0^2)))
// With both multiplied by (I + s/4)^2 a single division is left.

@inline
function planeStride(width: i32): usize {
  return ((<usize>(width + 8) << 2) + 15) & ~15;
}

@inline
function firstPixel(plane: usize): usize {
  return plane + 16;
}

function replicateEnds(line: usize, width: i32): void {
  store<f32>(line - 4, load<f32>(line));
  store<f32>(line + (<usize>width << 2), load<f32>(line + (<usize>(width - 1) << 2)));
}

function readLine(source: usize, width: i32, offset: f32, line: usize): void {
  const offsets = f32x4.splat(offset);
  let x = 0;
  for (; x + 8 <= width; x += 8) {
    const levels = v128.load8x8_u(source + x);
    const at = line + (<usize>x << 2);
    v128.store(at, f32x4.add(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(levels)), offsets));
    v128.store(at, f32x4.add(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(levels)), offsets), 16);
  }
  for (; x < width; x++) store<f32>(line + (<usize>x << 2), <f32>load<u8>(source + x) + offset);
  replicateEnds(line, width);
}

// Diffusion of a line from it and its neighbours; `gain` is q0^2 (1 + q0^2), `square` q0^4.
function diffusion(above: usize, here: usize, below: usize, width: i32, gain: f32, square: f32, to: usize): void {
  const gains = f32x4.splat(gain), squares = f32x4.splat(square);
  const one = held(f32x4.splat(1), width), half = held(f32x4.splat(0.5), width);
  const quarter = held(f32x4.splat(0.25), width), sixteenth = held(f32x4.splat(0.0625), width);
  for (let x = 0; x < width; x += 4) {
    const at = <usize>x << 2;
    const level = v128.load(here + at);
    const n = f32x4.sub(v128.load(above + at), level), s = f32x4.sub(v128.load(below + at), level);
    const w = f32x4.sub(v128.load(here + at - 4), level), e = f32x4.sub(v128.load(here + at, 4), level);
    const sum = f32x4.add(f32x4.add(n, s), f32x4.add(w, e));
    const power = f32x4.add(f32x4.add(f32x4.mul(n, n), f32x4.mul(s, s)), f32x4.add(f32x4.mul(w, w), f32x4.mul(e, e)));
    const variation = f32x4.sub(f32x4.mul(half, power), f32x4.mul(sixteenth, f32x4.mul(sum, sum)));
    const mean = f32x4.add(level, f32x4.mul(quarter, sum));
    const scale = f32x4.mul(mean, mean);
    const c = f32x4.div(f32x4.mul(gains, scale), f32x4.add(f32x4.mul(squares, scale), variation));
    v128.store(to + at, f32x4.pmin(c, one));
  }
  // Beyond the last pixel the difference is nought; the diffusion must be a number.
  store<f32>(to + (<usize>width << 2), 0);
}

// The new levels of a line; `before` holds what the line above was, and takes what this one was.
function update(before: usize, here: usize, below: usize, ownC: usize, belowC: usize, width: i32, rate: f32): void {
  const rates = f32x4.splat(rate);
  let left = v128.load(here - 16);
  for (let x = 0; x < width; x += 4) {
    const at = <usize>x << 2;
    const level = v128.load(here + at);
    const west = i8x16.shuffle(left, level, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
    const back = f32x4.add(f32x4.sub(v128.load(before + at), level), f32x4.sub(west, level));
    const south = f32x4.mul(v128.load(belowC + at), f32x4.sub(v128.load(below + at), level));
    const east = f32x4.mul(v128.load(ownC + at, 4), f32x4.sub(v128.load(here + at, 4), level));
    const flow = f32x4.add(f32x4.mul(v128.load(ownC + at), back), f32x4.add(south, east));
    v128.store(before + at, level);
    v128.store(here + at, f32x4.add(level, f32x4.mul(rates, flow)));
    left = level;
  }
}

// To the nearest, ties to even, by adding 1.5 * 2^23.
function writeLine(line: usize, width: i32, offset: f32, target: usize): void {
  const offsets = f32x4.splat(offset);
  for (let x = 0; x < width; x += 4) {
    // Below nought is below nought as an integer too; that comparison is one instruction.
    const level = i32x4.max_s(f32x4.sub(v128.load(line + (<usize>x << 2)), offsets), i32x4.splat(0));
    const whole = v128.and(f32x4.add(level, f32x4.splat(12582912)), i32x4.splat(0xffff));
    const words = i16x8.narrow_i32x4_u(whole, whole);
    const bytes = i8x16.narrow_i16x8_u(words, words);
    if (x + 4 <= width) v128.store32_lane(target + x, bytes, 0);
    else storePart(target + x, bytes, width - x);
  }
}

export function srad(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, width: i32, height: i32,
  iterations: i32, rate: f32, speckle: f32, offset: f32, scratch: usize,
): void {
  const stride = planeStride(width);
  const before = firstPixel(scratch);
  let ownC = before + stride, belowC = ownC + stride;
  const plane = belowC + stride;
  const last = plane + <usize>(height - 1) * stride;
  const square = speckle * speckle;
  for (let y = 0; y < height; y++) readLine(source + <usize>y * sourceStride, width, offset, plane + <usize>y * stride);
  for (let iteration = 0; iteration < iterations; iteration++) {
    memory.copy(before - 16, plane - 16, stride);
    diffusion(plane, plane, min(plane + stride, last), width, square * (1 + square), square * square, ownC);
    for (let here = plane; here <= last; here += stride) {
      const below = min(here + stride, last);
      diffusion(here, below, min(below + stride, last), width, square * (1 + square), square * square, belowC);
      update(before, here, below, ownC, belowC, width, rate);
      replicateEnds(here, width);
      const used = ownC;
      ownC = belowC;
      belowC = used;
    }
  }
  for (let y = 0; y < height; y++) writeLine(plane + <usize>y * stride, width, offset, target + <usize>y * targetStride);
}

// Both estimates are medians over the pixels of a grid of 8 x 8 that are not black, found by counting in 256 steps; they are the
// first step where there are none.

// `relative`: q over level + offset; else the deviation alone.
@inline
function countSteps(
  source: usize, sourceStride: usize, width: i32, height: i32, relative: bool, offset: f32, scale: f32, counts: usize,
): i32 {
  memory.fill(counts, 0, 1024);
  let counted = 0;
  for (let y = 1; y < height - 1; y += 8) {
    const line = source + <usize>y * sourceStride;
    for (let x = 1; x < width - 1; x += 8) {
      const at = line + x;
      if (load<u8>(at) < 8) continue;
      // Whole numbers up to sixteen times the variation: as exact as in floats.
      const own = <i32>load<u8>(at);
      const n = <i32>load<u8>(at - sourceStride) - own, s = <i32>load<u8>(at + sourceStride) - own;
      const w = <i32>load<u8>(at - 1) - own, e = <i32>load<u8>(at + 1) - own;
      const flow = n + s + w + e;
      const variation = 8 * (n * n + s * s + w * w + e * e) - flow * flow;
      let value = Mathf.sqrt(<f32>variation * <f32>0.0625);
      if (relative) value /= <f32>own + offset + <f32>0.25 * <f32>flow;
      const entry = counts + (<usize>min(<i32>(value * scale), 255) << 2);
      store<u32>(entry, load<u32>(entry) + 1);
      counted++;
    }
  }
  return counted;
}

// Upper end of the step in which the median lies.
function medianStep(counts: usize, counted: i32): i32 {
  let below = 0;
  for (let step = 0; step < 256; step++) {
    below += load<u32>(counts + (<usize>step << 2));
    if (below * 2 > counted) return step + 1;
  }
  return 1;
}

export function speckleScale(source: usize, sourceStride: usize, width: i32, height: i32, offset: f32, scratch: usize): f32 {
  const counted = countSteps(source, sourceStride, width, height, true, offset, 256, scratch);
  return <f32>medianStep(scratch, counted) / 256;
}

export function noiseDeviation(source: usize, sourceStride: usize, width: i32, height: i32, scratch: usize): f32 {
  const counted = countSteps(source, sourceStride, width, height, false, 0, 4, scratch);
  return <f32>medianStep(scratch, counted) / 4;
}
