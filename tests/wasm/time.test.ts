import { describe, expect, it } from 'vitest';
import { type Kernels, kernelVariants } from '../../wasm/kernels.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { steadyAverageScratch, vectorBytes } from '../../wasm/scratch.ts';
import { type Call, firstByteThatDiffers, memoryBytes, noise, place, sizes } from '../support/kernel-harness.ts';

const tables = place.table + 1024;
const [counts, vectors, other] = [place.level, place.alpha, place.alpha + 20_000];

/** Counts and shares within their bounds. */
const prepare = (k: Kernels, pixels: number): void => {
  k.windowGrey(place.alpha, pixels, counts, pixels, pixels, 1, 0, 1 / 17);
  k.windowGrey(place.table, 32, tables, 32, 32, 1, 0, 0.45);
};

const average =
  (frames: number, longest: number, steepness: number): Call =>
  (k, w, h, pad) => {
    prepare(k, w * h);
    for (let frame = 0; frame < frames; frame++) {
      const source = frame & 1 ? place.source + 16_000 : place.source;
      k.steadyAverage(source, w + pad, place.target, w + pad, w, h, place.history, counts, tables, longest, steepness, place.scratch);
    }
  };

const cases: Readonly<Record<string, { call: Call; scratchBytes: (width: number) => number }>> = {
  'steadyAverage, a frame': { call: average(1, 15, 3), scratchBytes: steadyAverageScratch },
  'steadyAverage, four frames': { call: average(4, 9, 7), scratchBytes: steadyAverageScratch },
  'steadyAverage, all motion': { call: average(2, 1, 0), scratchBytes: steadyAverageScratch },
  countDifferences: {
    call: (k, w, h, pad) => k.countDifferences(place.source, w + pad, w, h, place.history, place.alpha),
    scratchBytes: () => 0,
  },
  'blockMotion between noises': {
    call: (k, w, h, pad) => k.blockMotion(place.source, w + pad, place.target, w, h, vectors, 3, 7),
    scratchBytes: () => 0,
  },
  'followMotion along noise': {
    call: (k, w, h) => k.followMotion(place.history, counts, w, h, vectors, place.source, other),
    scratchBytes: () => 0,
  },
};

for (const variant of kernelVariants) {
  describe(`kernels over time, ${variant}`, async () => {
    const kernelsOn = await compileKernels(variant);
    for (const [name, { call, scratchBytes }] of Object.entries(cases)) {
      it(`${name} equals its twin in the whole memory, on odd sizes and strides, within its scratch`, () => {
        for (const [width, height] of [...sizes, [100, 50] as const]) {
          for (const pad of [0, 13]) {
            const different = firstByteThatDiffers(kernelsOn, call, { width, height, pad }, scratchBytes(width));
            expect(different, `${width}x${height}, stride +${pad}: first byte that differs`).toBe(-1);
          }
        }
      });
    }

    it('reads and writes nothing behind the last pixel: buffers at the very end of the memory', () => {
      for (const [width, height] of sizes) {
        const kernels = kernelsOn(noise(7));
        const pixels = width * height;
        const [end, scratch] = [memoryBytes, 65_536];
        const last = [end - pixels, end - 2 * pixels, end - vectorBytes(width, height)] as const;
        kernels.steadyAverage(last[0], width, 0, width, width, height, 131_072, 163_840, tables, 9, 3, scratch);
        kernels.steadyAverage(0, width, last[0], width, width, height, 131_072, 163_840, tables, 9, 3, scratch);
        kernels.steadyAverage(0, width, 32_768, width, width, height, last[1], 163_840, tables, 9, 3, scratch);
        kernels.steadyAverage(0, width, 32_768, width, width, height, 131_072, last[0], tables, 9, 3, scratch);
        kernels.countDifferences(last[0], width, width, height, 0, scratch);
        kernels.countDifferences(0, width, width, height, last[1], scratch);
        kernels.blockMotion(last[0], width, 0, width, height, scratch, 0, 9);
        kernels.blockMotion(0, width, last[0], width, height, scratch, 0, 9);
        kernels.blockMotion(0, width, 32_768, width, height, last[2], 0, 9);
        kernels.followMotion(last[1], 0, width, height, scratch, 98_304, 131_072);
        kernels.followMotion(0, last[0], width, height, scratch, 98_304, 131_072);
        kernels.followMotion(0, 32_768, width, height, scratch, last[1], 131_072);
        kernels.followMotion(0, 32_768, width, height, scratch, 131_072, last[0]);
        kernels.followMotion(0, 32_768, width, height, last[2], 131_072, 98_304);
      }
    });
  });
}

describe('what the kernels over time do', () => {
  it('finds how far every block of a picture has moved, and carries its history along', async () => {
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
    const bytes = new Uint8Array(memory.buffer);
    const kernels = (await compileKernels())(memory);
    const [width, height] = [96, 64];
    const scene = (x: number, y: number): number => 120 + 60 * Math.sin(x / 5) + 50 * Math.cos((y + x / 3) / 4);
    for (let at = 0; at < width * height; at++) {
      const [x, y] = [at % width, Math.floor(at / width)];
      bytes[at] = scene(x, y);
      bytes[8192 + at] = scene(x + 5, y - 3);
    }
    kernels.blockMotion(8192, width, 0, width, height, 60_000, 4, 12);
    const found = new Int8Array(memory.buffer, 60_000, vectorBytes(width, height));
    // Blocks at the upper and the right edge came from outside; all others are known.
    for (let by = 1; by < 4; by++) {
      for (let bx = 0; bx < 5; bx++) expect([...found.subarray(2 * (by * 6 + bx), 2 * (by * 6 + bx) + 2)]).toEqual([5, -3]);
    }
    kernels.startHistory(0, width, width, height, 70_000);
    kernels.followMotion(70_000, 90_000, width, height, 60_000, 100_000, 130_000);
    const moved = new Int16Array(memory.buffer, 100_000, width * height);
    for (let y = 20; y < 60; y++) expect(moved[y * width + 40]).toBe(128 * (bytes[8192 + y * width + 40] as number));
  });

  it('averages n pictures to the n-th part where nothing moves, and takes a moved edge at once', async () => {
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
    const bytes = new Uint8Array(memory.buffer);
    const kernels = (await compileKernels())(memory);
    const [width, height] = [64, 32];
    bytes.fill(36, 50_000, 50_016);
    for (let count = 0; count < 16; count++) bytes[50_016 + count] = Math.round(128 / (count + 1)) - 1;
    const random = noise(3);
    const grain = new Uint8Array(random.buffer);
    const show = (frame: number, level: (x: number) => number): void => {
      for (let at = 0; at < width * height; at++) {
        bytes[at] = level(at % width) + ((grain[frame * 2048 + at] as number) >> 4) - 8;
      }
      kernels.steadyAverage(0, width, 10_000, width, width, height, 20_000, 40_000, 50_000, 15, 3, 60_000);
    };
    const error = (level: (x: number) => number): number =>
      Math.sqrt(
        Array.from({ length: width * height }, (_, at) => ((bytes[10_000 + at] as number) - level(at % width) + 0.5) ** 2).reduce(
          (a, b) => a + b,
        ) /
          (width * height),
      );
    show(0, () => 100);
    const single = error(() => 100);
    for (let frame = 1; frame < 14; frame++) show(frame, () => 100);
    expect(error(() => 100)).toBeLessThan(single / 3);
    const wall = (x: number): number => (x < 32 ? 100 : 180);
    show(14, wall);
    expect(error(wall)).toBeLessThan(single);
  });
});
