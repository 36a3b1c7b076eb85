import type { Kernels } from '../../wasm/kernels.ts';
import { clamp, each, f32, type Level, Plane, quotientOfQ15, toNearestEven } from './plane.ts';

type Space = 'median5' | 'gaussian7' | 'bilateral' | 'lee' | 'guided' | 'srad' | 'speckleScale' | 'noiseDeviation' | 'nonLocalMeans';

/** Readable twins of the kernels over the neighbourhood of a pixel. */
export function spaceTwins(buffer: ArrayBufferLike): Pick<Kernels, Space> {
  const bytes = new Uint8Array(buffer);
  const picture = (source: number, stride: number, width: number, height: number): Plane => new Plane(bytes, source, stride, width, height);

  return {
    median5(source, sourceStride, target, targetStride, width, height) {
      const levels = picture(source, sourceStride, width, height);
      each(width, height, (x, y) => {
        const around = levels.around(x, y, 2).sort((a, b) => a - b);
        bytes[target + y * targetStride + x] = around[12] as number;
      });
    },
    gaussian7(source, sourceStride, target, targetStride, width, height, ...weights) {
      const levels = picture(source, sourceStride, width, height);
      const [w0, w1, w2, w3] = weights as unknown as [number, number, number, number];
      const column = (x: number, y: number): number => {
        const at = (dy: number): number => levels.at(x, y + dy);
        const sum = w0 * at(0) + w1 * (at(-1) + at(1)) + w2 * (at(-2) + at(2)) + w3 * (at(-3) + at(3));
        return Math.floor(sum / 2);
      };
      each(width, height, (x, y) => {
        // The mean of two columns is rounded up, as the instruction does it, and takes both their weights.
        const pair = (dx: number): number => Math.floor((column(x - dx, y) + column(x + dx, y) + 1) / 2);
        const inner = quotientOfQ15(column(x, y) * Math.min(w0 * 128, 32_767)) + quotientOfQ15(pair(1) * w1 * 256);
        const outer = quotientOfQ15(pair(2) * w2 * 256) + quotientOfQ15(pair(3) * w3 * 256);
        bytes[target + y * targetStride + x] = clamp(Math.floor((inner + outer + 64) / 128), 255);
      });
    },
    bilateral(source, sourceStride, target, targetStride, width, height, weights, centreWeight, shift) {
      const levels = picture(source, sourceStride, width, height);
      const disc = [-2, -1, 0, 1, 2].flatMap((dy) => [-2, -1, 0, 1, 2].map((dx) => ({ dx, dy, square: dx * dx + dy * dy })));
      const row: Readonly<Record<number, number>> = { 1: 0, 2: 16, 4: 32 };
      each(width, height, (x, y) => {
        const own = levels.at(x, y);
        let [sum, total] = [centreWeight * (own - 128), centreWeight];
        for (const { dx, dy, square } of disc) {
          const rowOfWeights = row[square];
          if (rowOfWeights === undefined) continue;
          const level = levels.at(x + dx, y + dy);
          const step = Math.abs(level - own) >> shift;
          const weight = step < 16 ? (bytes[weights + rowOfWeights + step] as number) : 0;
          sum += weight * (level - 128);
          total += weight;
        }
        bytes[target + y * targetStride + x] = toNearestEven(f32(sum / total), 12_583_040);
      });
    },
    lee(source, sourceStride, target, targetStride, width, height, radius, noise) {
      const levels = picture(source, sourceStride, width, height);
      each(width, height, (x, y) => {
        const { share, mean } = coefficients(levels.around(x, y, radius), noise);
        bytes[target + y * targetStride + x] = toNearestEven(f32(mean + f32(share * f32(levels.at(x, y) - mean))));
      });
    },
    guided(source, sourceStride, target, targetStride, width, height, radius, noise) {
      const levels = picture(source, sourceStride, width, height);
      const n = (2 * radius + 1) ** 2;
      const slopes = new Uint16Array(width * height);
      const offsets = new Uint16Array(width * height);
      each(width, height, (x, y) => {
        const { share, mean } = coefficients(levels.around(x, y, radius), noise);
        slopes[y * width + x] = toNearestEven(f32(share * 4096));
        offsets[y * width + x] = toNearestEven(f32(f32(mean - f32(mean * share)) * 16));
      });
      const [slopePlane, offsetPlane] = [slopes, offsets].map((plane) => new Plane(plane, 0, width, width, height)) as [Plane, Plane];
      each(width, height, (x, y) => {
        const slope = f32(f32(sum(slopePlane.around(x, y, radius))) * f32(1 / (n * 4096)));
        const offset = f32(f32(sum(offsetPlane.around(x, y, radius))) * f32(1 / (n * 16)));
        bytes[target + y * targetStride + x] = clamp(toNearestEven(f32(f32(slope * levels.at(x, y)) + offset)), 255);
      });
    },
    srad(source, sourceStride, target, targetStride, width, height, iterations, rate, speckle, offset) {
      const levels = picture(source, sourceStride, width, height);
      let now = new Float32Array(width * height);
      each(width, height, (x, y) => {
        now[y * width + x] = levels.at(x, y) + offset;
      });
      for (let iteration = 0; iteration < iterations; iteration++) now = diffused(now, width, height, rate, f32(speckle));
      each(width, height, (x, y) => {
        const level = Math.max(f32((now[y * width + x] as number) - offset), 0);
        bytes[target + y * targetStride + x] = clamp(toNearestEven(level), 255);
      });
    },
    speckleScale(source, sourceStride, width, height, offset) {
      const levels = picture(source, sourceStride, width, height);
      const q = samples(levels, width, height, ({ own, flow, deviation }) => f32(deviation / f32(f32(own + offset) + f32(0.25 * flow))));
      return median(q.map((value) => f32(value * 256))) / 256;
    },
    noiseDeviation(source, sourceStride, width, height) {
      const levels = picture(source, sourceStride, width, height);
      return median(samples(levels, width, height, ({ deviation }) => deviation).map((value) => value * 4)) / 4;
    },
    nonLocalMeans(source, sourceStride, target, targetStride, width, height, patch, search, h0, h1) {
      const levels = picture(source, sourceStride, width, height);
      const perPatch = f32(1 / (2 * patch + 1) ** 2);
      each(width, height, (x, y) => {
        const own = levels.around(x, y, patch);
        const limit = f32(perPatch / f32(f32(h0) + f32(f32(h1) * f32(f32(sum(own)) * perPatch))));
        let [weights, weighted] = [1, levels.at(x, y)];
        for (let dy = -search; dy <= search; dy++) {
          for (let dx = -search; dx <= search; dx++) {
            if (dx === 0 && dy === 0) continue;
            const other = levels.around(x + dx, y + dy, patch);
            const distance = own.reduce((total, level, at) => total + (level - (other[at] as number)) ** 2, 0);
            const near = Math.max(f32(1 - f32(f32(distance) * limit)), 0);
            const weight = f32(f32(near * near) * f32(near * near));
            weights = f32(weights + weight);
            weighted = f32(weighted + f32(weight * levels.at(x + dx, y + dy)));
          }
        }
        bytes[target + y * targetStride + x] = toNearestEven(f32(weighted / weights));
      });
    },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Lee's share of a pixel's own level, and the mean of its box. */
function coefficients(box: readonly number[], noise: number): { share: number; mean: number } {
  const n = box.length;
  const total = sum(box);
  const mean = f32(total * f32(1 / n));
  const spread = Math.max(f32(sum(box.map((level) => level * level)) - f32(total * mean)), 0);
  return { share: f32(spread / f32(spread + f32(n * f32(noise)))), mean };
}

/** Sum of the differences to the four neighbours, and the numerator of q squared. */
function slopesAround(at: Level): { sum: number; variation: number } {
  const own = at(0, 0);
  const [n, s, w, e] = [at(0, -1), at(0, 1), at(-1, 0), at(1, 0)].map((level) => f32(level - own)) as [number, number, number, number];
  const flow = f32(f32(n + s) + f32(w + e));
  const power = f32(f32(f32(n * n) + f32(s * s)) + f32(f32(w * w) + f32(e * e)));
  return { sum: flow, variation: f32(f32(0.5 * power) - f32(0.0625 * f32(flow * flow))) };
}

function diffused(levels: Float32Array<ArrayBuffer>, width: number, height: number, rate: number, speckle: number) {
  const plane = new Plane(levels, 0, width, width, height);
  const square = f32(speckle * speckle);
  const [gain, fourth] = [f32(square * f32(1 + square)), f32(square * square)];
  const diffusion = new Float32Array(width * height);
  each(width, height, (x, y) => {
    const { sum: flow, variation } = slopesAround((dx, dy) => plane.at(x + dx, y + dy));
    const mean = f32(plane.at(x, y) + f32(0.25 * flow));
    const scale = f32(mean * mean);
    diffusion[y * width + x] = Math.min(f32(f32(gain * scale) / f32(f32(fourth * scale) + variation)), 1);
  });
  const c = new Plane(diffusion, 0, width, width, height);
  const next = new Float32Array(width * height);
  each(width, height, (x, y) => {
    const own = plane.at(x, y);
    const difference = (dx: number, dy: number): number => f32(plane.at(x + dx, y + dy) - own);
    const back = f32(c.at(x, y) * f32(difference(0, -1) + difference(-1, 0)));
    const forth = f32(f32(c.at(x, y + 1) * difference(0, 1)) + f32(c.at(x + 1, y) * difference(1, 0)));
    next[y * width + x] = f32(own + f32(f32(rate) * f32(back + forth)));
  });
  return next;
}

interface Sample {
  readonly own: number;
  readonly flow: number;
  readonly deviation: number;
}

/** Of the pixels of a grid that are not black. */
function samples(levels: Plane, width: number, height: number, measure: (sample: Sample) => number): number[] {
  const values: number[] = [];
  for (let y = 1; y < height - 1; y += 8) {
    for (let x = 1; x < width - 1; x += 8) {
      const own = levels.at(x, y);
      const { sum: flow, variation } = slopesAround((dx, dy) => levels.at(x + dx, y + dy));
      if (own >= 8) values.push(measure({ own, flow, deviation: f32(Math.sqrt(variation)) }));
    }
  }
  return values;
}

/** In 256 whole steps, at the upper end of the step; the first where there is nothing. */
function median(values: readonly number[]): number {
  const steps = values.map((value) => Math.min(Math.trunc(value), 255)).sort((a, b) => a - b);
  return (steps[steps.length >> 1] ?? 0) + 1;
}
