import { describe, expect, it } from 'vitest';
import { type Kernels, kernelVariants } from '../../wasm/kernels.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import {
  bilateralScratch,
  gaussian7Scratch,
  guidedScratch,
  leeScratch,
  median5Scratch,
  nonLocalMeansScratch,
  sradScratch,
} from '../../wasm/scratch.ts';
import { type Call, firstByteThatDiffers, memoryBytes, noise, place, sizes } from '../support/kernel-harness.ts';

interface Case {
  readonly call: Call;
  readonly scratchBytes: (width: number, height: number) => number;
}

const none = (): number => 0;
/** Weights for the bilateral filter within their bounds: a third of noise. */
const bilateralTable = (k: Kernels): number => {
  k.windowGrey(place.table, 48, place.table + 1024, 48, 48, 1, 0, 0.08);
  return place.table + 1024;
};

const cases: Readonly<Record<string, Case>> = {
  median5: {
    call: (k, w, h, pad) => k.median5(place.source, w + pad, place.target, w + 2 * pad, w, h, place.scratch),
    scratchBytes: median5Scratch,
  },
  'gaussian7, wide': {
    call: (k, w, h, pad) => k.gaussian7(place.source, w + pad, place.target, w + pad, w, h, 54, 46, 34, 21, place.scratch),
    scratchBytes: gaussian7Scratch,
  },
  'gaussian7, nothing but the centre': {
    call: (k, w, h, pad) => k.gaussian7(place.source, w + pad, place.target, w + pad, w, h, 256, 0, 0, 0, place.scratch),
    scratchBytes: gaussian7Scratch,
  },
  'gaussian7, one weight alone': {
    call: (k, w, h, pad) => k.gaussian7(place.source, w + pad, place.target, w + pad, w, h, 2, 127, 0, 0, place.scratch),
    scratchBytes: gaussian7Scratch,
  },
  ...Object.fromEntries(
    [0, 1, 3].map((shift): [string, Case] => [
      `bilateral, steps of ${2 ** shift}`,
      {
        call: (k, w, h, pad) =>
          k.bilateral(place.source, w + pad, place.target, w + pad, w, h, bilateralTable(k), 13, shift, place.scratch),
        scratchBytes: bilateralScratch,
      },
    ]),
  ),
  ...Object.fromEntries(
    [1, 3, 7].flatMap((radius): [string, Case][] => [
      [
        `lee, radius ${radius}`,
        {
          call: (k, w, h, pad) => k.lee(place.source, w + pad, place.target, w + pad, w, h, radius, 900.5, place.scratch),
          scratchBytes: (w) => leeScratch(w, radius),
        },
      ],
      [
        `guided, radius ${radius}`,
        {
          call: (k, w, h, pad) => k.guided(place.source, w + pad, place.target, w + pad, w, h, radius, 900.5, place.scratch),
          scratchBytes: (w, h) => guidedScratch(w, h, radius),
        },
      ],
    ]),
  ),
  'srad, one iteration': {
    call: (k, w, h, pad) => k.srad(place.source, w + pad, place.target, w + pad, w, h, 1, 0.25, 0.4, 1, place.scratch),
    scratchBytes: sradScratch,
  },
  'srad, four iterations': {
    call: (k, w, h, pad) => k.srad(place.source, w + pad, place.target, w + pad, w, h, 4, 0.2, 0.1, 30, place.scratch),
    scratchBytes: sradScratch,
  },
  speckleScale: {
    call: (k, w, h, pad) => {
      const scale = k.speckleScale(place.source, w + pad, w, h, 20, place.scratch);
      expect(scale).toBeGreaterThanOrEqual(1 / 256);
      // The answer as pixels, so that it is compared.
      k.windowGrey(place.source, w, place.target, w, w, h, 0, scale);
    },
    scratchBytes: () => 1024,
  },
  noiseDeviation: {
    call: (k, w, h, pad) => {
      const deviation = k.noiseDeviation(place.source, w + pad, w, h, place.scratch);
      k.windowGrey(place.source, w, place.target, w, w, h, 0, deviation);
    },
    scratchBytes: () => 1024,
  },
  nonLocalMeans: {
    call: (k, w, h, pad) => k.nonLocalMeans(place.source, w + pad, place.target, w + pad, w, h, 1, 2, 3000, 90, place.scratch),
    scratchBytes: nonLocalMeansScratch,
  },
  'nonLocalMeans, as far as it goes': {
    call: (k, w, h, pad) =>
      w * h > 100 ? undefined : k.nonLocalMeans(place.source, w + pad, place.target, w + pad, w, h, 4, 12, 9000, 0, place.scratch),
    scratchBytes: nonLocalMeansScratch,
  },
  addDetail: {
    call: (k, w, h) => k.addDetail(place.source, place.level, place.alpha, place.target, w * h, 20_000, 9000, 256, 2000),
    scratchBytes: none,
  },
  'addDetail, at its bounds': {
    call: (k, w, h) => k.addDetail(place.source, place.level, place.alpha, place.target, w * h, 32_767, 32_767, 0, 16_320),
    scratchBytes: none,
  },
  splitGrey: { call: (k, w, h) => k.splitGrey(place.source, place.target, w * h), scratchBytes: none },
  joinGrey: { call: (k, w, h) => k.joinGrey(place.source, place.level, place.target, w * h, 90), scratchBytes: none },
};

for (const variant of kernelVariants) {
  describe(`kernels over space, ${variant}`, async () => {
    const kernelsOn = await compileKernels(variant);
    for (const [name, { call, scratchBytes }] of Object.entries(cases)) {
      it(`${name} equals its twin in the whole memory, on odd sizes and strides, within its scratch`, () => {
        for (const [width, height] of sizes) {
          for (const pad of [0, 13]) {
            const different = firstByteThatDiffers(kernelsOn, call, { width, height, pad }, scratchBytes(width, height));
            expect(different, `${width}x${height}, stride +${pad}: first byte that differs`).toBe(-1);
          }
        }
      });
    }

    it('reads and writes nothing behind the last pixel: buffers at the very end of the memory', () => {
      for (const [width, height] of sizes) {
        const kernels = kernelsOn(noise(7));
        const pixels = width * height;
        const scratch = 65_536;
        for (const [from, to] of [
          [memoryBytes - pixels, 0],
          [0, memoryBytes - pixels],
        ] as const) {
          kernels.median5(from, width, to, width, width, height, scratch);
          kernels.gaussian7(from, width, to, width, width, height, 54, 46, 34, 21, scratch);
          kernels.bilateral(from, width, to, width, width, height, place.table, 13, 1, scratch);
          kernels.lee(from, width, to, width, width, height, 3, 900, scratch);
          kernels.guided(from, width, to, width, width, height, 3, 900, scratch);
          kernels.srad(from, width, to, width, width, height, 2, 0.25, 0.4, 1, scratch);
          kernels.nonLocalMeans(from, width, to, width, width, height, 1, 1, 900, 0, scratch);
          kernels.addDetail(from, from, from, to, pixels, 16_384, 0, 0, 640);
        }
        kernels.speckleScale(memoryBytes - pixels, width, width, height, 1, scratch);
        kernels.noiseDeviation(memoryBytes - pixels, width, width, height, scratch);
        kernels.splitGrey(memoryBytes - 3 * pixels, 0, pixels);
        kernels.splitGrey(0, memoryBytes - pixels, pixels);
        kernels.joinGrey(memoryBytes - 3 * pixels, 0, 65_536, pixels, 4);
        kernels.joinGrey(0, memoryBytes - pixels, 65_536, pixels, 4);
        kernels.joinGrey(0, 65_536, memoryBytes - 3 * pixels, pixels, 4);
      }
    });
  });
}

/** A picture of 40x30 in, another out. */
async function filtered(level: (x: number, y: number) => number, filter: (kernels: Kernels) => void): Promise<Uint8Array> {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  for (let at = 0; at < 1200; at++) bytes[place.source + at] = level(at % 40, Math.floor(at / 40));
  filter((await compileKernels())(memory));
  return bytes.slice(place.target, place.target + 1200);
}

describe('what the kernels over space do', () => {
  const flat = (): number => 90;
  const speckled = (x: number, y: number): number => 90 + (((x * 7919 + y * 104_729 + x * y * 31) % 41) - 20);
  const step = (x: number): number => (x < 20 ? 60 : 180);
  const spread = (levels: Uint8Array): number => {
    const mean = levels.reduce((total, level) => total + level, 0) / levels.length;
    return Math.sqrt(levels.reduce((total, level) => total + (level - mean) ** 2, 0) / levels.length);
  };
  const filters: Readonly<Record<string, (k: Kernels) => void>> = {
    median5: (k) => k.median5(place.source, 40, place.target, 40, 40, 30, place.scratch),
    gaussian7: (k) => k.gaussian7(place.source, 40, place.target, 40, 40, 30, 54, 46, 34, 21, place.scratch),
    lee: (k) => k.lee(place.source, 40, place.target, 40, 40, 30, 3, 150, place.scratch),
    guided: (k) => k.guided(place.source, 40, place.target, 40, 40, 30, 3, 150, place.scratch),
    srad: (k) => k.srad(place.source, 40, place.target, 40, 40, 30, 4, 0.25, 0.1, 30, place.scratch),
    nonLocalMeans: (k) => k.nonLocalMeans(place.source, 40, place.target, 40, 40, 30, 1, 4, 900, 0, place.scratch),
  };

  for (const [name, filter] of Object.entries(filters)) {
    it(`${name} leaves a flat picture as it is and calms speckle by more than a third`, async () => {
      expect(spread(await filtered(flat, filter))).toBe(0);
      expect((await filtered(flat, filter))[0]).toBe(90);
      const before = spread(await filtered(speckled, (k) => k.windowGrey(place.source, 40, place.target, 40, 40, 30, 0, 1)));
      expect(spread(await filtered(speckled, filter))).toBeLessThan(before * 0.66);
    });
  }

  for (const name of ['median5', 'lee', 'guided', 'srad', 'nonLocalMeans'] as const) {
    it(`${name} keeps nine tenths of a wall that stands high above the noise`, async () => {
      const levels = await filtered(step, filters[name] as (k: Kernels) => void);
      const row = levels.subarray(15 * 40, 16 * 40);
      expect((row[20] as number) - (row[19] as number)).toBeGreaterThan(108);
    });
  }

  it('the median of 25 is right for every share of bright pixels in every column, in both lines of a pair', async () => {
    // Columns of 0 to 4 bright pixels in the lines that both share, and one more or not in the fifth: all that can be told apart (0-1 principle).
    const columns = (code: number): number[] => [1, 10, 100, 1000, 10_000].map((place10) => Math.floor(code / place10) % 10);
    const [codes, middle] = [10 ** 5, 1 << 24];
    const width = 5 * codes;
    const memory = new WebAssembly.Memory({ initial: 512, maximum: 512, shared: true });
    const bytes = new Uint8Array(memory.buffer);
    for (let x = 0; x < width; x++) {
      const digit = columns(Math.floor(x / 5))[x % 5] as number;
      for (let y = 0; y < digit >> 1; y++) bytes[(y + 1) * width + x] = 255;
      if (digit & 1) bytes.fill(255, x, x + 1).fill(255, 5 * width + x, 5 * width + x + 1);
    }
    (await compileKernels())(memory).median5(0, width, middle, width, width, 6, middle + 6 * width);
    const wrong = Array.from({ length: codes }, (_, code) => code).findIndex((code) => {
      const bright = columns(code).reduce((total, digit) => total + (digit >> 1) + (digit & 1), 0);
      const at = middle + 2 * width + 5 * code + 2;
      return bytes[at] !== (bright > 12 ? 255 : 0) || bytes[at + width] !== bytes[at];
    });
    expect(wrong).toBe(-1);
  });
});
