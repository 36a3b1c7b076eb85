import { describe, expect, it } from 'vitest';
import { type Kernels, kernelVariants, lumaFactors, lumaWeights, type YuvMatrix, yuvFactors, yuvRanges } from '../../wasm/kernels.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { type Call, firstByteThatDiffers, memoryBytes, noise, place, sizes } from '../support/kernel-harness.ts';

const { source, target, level: u, alpha: v } = place;
const half = (width: number): number => (width + 1) >> 1;
const limited = yuvFactors('bt601', 'limited');
const full = yuvFactors('bt709', 'full');

const calls: Readonly<Record<string, Call>> = {
  'lumaToGrey, limited': (k, w, h, pad) => k.lumaToGrey(source, w + pad, target, w + 2 * pad, w, h, 16, 149),
  'lumaToGrey, full': (k, w, h, pad) => k.lumaToGrey(source, w + pad, target, w + 2 * pad, w, h, 0, 128),
  'packedToGrey, YUYV limited': (k, w, h, pad) => k.packedToGrey(source, 2 * w + pad, target, w + pad, w, h, 0, 16, 149),
  'packedToGrey, YUYV full': (k, w, h, pad) => k.packedToGrey(source, 2 * w + pad, target, w + pad, w, h, 0, 0, 128),
  'packedToGrey, UYVY limited': (k, w, h, pad) => k.packedToGrey(source, 2 * w + pad, target, w + pad, w, h, 1, 16, 149),
  'packedToGrey, UYVY full': (k, w, h, pad) => k.packedToGrey(source, 2 * w + pad, target, w + pad, w, h, 1, 0, 128),
  'packedToRgba, YUYV': (k, w, h, pad) => k.packedToRgba(source, 4 * half(w) + pad, target, 4 * w + pad, w, h, 0, ...limited),
  'packedToRgba, UYVY': (k, w, h, pad) => k.packedToRgba(source, 4 * half(w) + pad, target, 4 * w + pad, w, h, 1, ...full),
  'packedToRgb, YUYV': (k, w, h, pad) => k.packedToRgb(source, 4 * half(w) + pad, target, 3 * w + pad, w, h, 0, ...full),
  'packedToRgb, UYVY': (k, w, h, pad) => k.packedToRgb(source, 4 * half(w) + pad, target, 3 * w + pad, w, h, 1, ...limited),
  nv12ToRgba: (k, w, h, pad) => k.nv12ToRgba(source, w + pad, u, 2 * half(w) + pad, target, 4 * w + pad, w, h, ...limited),
  nv12ToRgb: (k, w, h, pad) => k.nv12ToRgb(source, w + pad, u, 2 * half(w) + pad, target, 3 * w + pad, w, h, ...full),
  i420ToRgba: (k, w, h, pad) => k.i420ToRgba(source, w + pad, u, v, half(w) + pad, target, 4 * w + pad, w, h, ...limited),
  i420ToRgb: (k, w, h, pad) => k.i420ToRgb(source, w + pad, u, v, half(w) + pad, target, 3 * w + pad, w, h, ...full),
  rgbToGrey: (k, w, h, pad) => k.rgbToGrey(source, 3 * w + pad, target, w + pad, w, h, 77, 150, 29),
  'rgbToGrey, weights of more than seven bits': (k, w, h, pad) => k.rgbToGrey(source, 3 * w + pad, target, w + pad, w, h, 0, 0, 255),
  'rgbaToGrey, weights of more than seven bits': (k, w, h, pad) => k.rgbaToGrey(source, 4 * w + pad, target, w + pad, w, h, 0, 256, 0),
  rgbaToGrey: (k, w, h, pad) => k.rgbaToGrey(source, 4 * w + pad, target, w + pad, w, h, 29, 150, 77),
  bgraToRgb: (k, w, h, pad) => k.bgraToRgb(source, 4 * w + pad, target, 3 * w + pad, w, h),
  bgrToRgb: (k, w, h, pad) => k.bgrToRgb(source, 3 * w + pad, target, 3 * w + pad, w, h),
  bgraToRgba: (k, w, h, pad) => k.bgraToRgba(source, 4 * w + pad, target, 4 * w + pad, w, h),
  limitY16: (k, w, h, pad) => k.limitY16(source, 2 * w + pad, target, 2 * w + pad, w, h, 4095),
};

for (const variant of kernelVariants) {
  describe(`pixel formats, ${variant}`, async () => {
    const kernelsOn = await compileKernels(variant);
    for (const [name, call] of Object.entries(calls)) {
      it(`${name} equals its twin in the whole memory, on odd sizes and strides`, () => {
        for (const [width, height] of sizes) {
          for (const pad of [0, 13]) {
            const different = firstByteThatDiffers(kernelsOn, call, { width, height, pad });
            expect(different, `${width}x${height}, stride +${pad}: first byte that differs`).toBe(-1);
          }
        }
      });
    }

    it('reads and writes nothing behind the last pixel: buffers at the very end of the memory', () => {
      const end = memoryBytes;
      for (const [w, h] of sizes) {
        const k = kernelsOn(noise(7));
        const pairs = half(w);
        const chroma = pairs * half(h);
        k.lumaToGrey(end - w * h, w, 0, w, w, h, 16, 149);
        k.lumaToGrey(0, w, end - w * h, w, w, h, 0, 128);
        k.packedToGrey(end - 2 * w * h, 2 * w, 0, w, w, h, 0, 0, 128);
        k.packedToGrey(end - 2 * w * h, 2 * w, 0, w, w, h, 1, 0, 128);
        k.packedToGrey(end - 2 * w * h, 2 * w, 0, w, w, h, 1, 16, 149);
        k.packedToGrey(0, 2 * w, end - w * h, w, w, h, 0, 0, 128);
        k.packedToRgba(end - 4 * pairs * h, 4 * pairs, 0, 4 * w, w, h, 0, ...full);
        k.packedToRgba(0, 4 * pairs, end - 4 * w * h, 4 * w, w, h, 1, ...full);
        k.packedToRgb(0, 4 * pairs, end - 3 * w * h, 3 * w, w, h, 1, ...full);
        k.nv12ToRgb(end - w * h, w, 0, 2 * pairs, 65_536, 3 * w, w, h, ...full);
        k.nv12ToRgb(0, w, end - 2 * chroma, 2 * pairs, 65_536, 3 * w, w, h, ...full);
        k.i420ToRgb(0, w, end - chroma, 0, pairs, 65_536, 3 * w, w, h, ...full);
        k.i420ToRgb(0, w, 0, end - chroma, pairs, 65_536, 3 * w, w, h, ...full);
        k.rgbToGrey(end - 3 * w * h, 3 * w, 0, w, w, h, 77, 150, 29);
        k.rgbaToGrey(end - 4 * w * h, 4 * w, 0, w, w, h, 77, 150, 29);
        k.bgraToRgb(end - 4 * w * h, 4 * w, 0, 3 * w, w, h);
        k.bgraToRgb(0, 4 * w, end - 3 * w * h, 3 * w, w, h);
        k.bgrToRgb(end - 3 * w * h, 3 * w, 0, 3 * w, w, h);
        k.bgrToRgb(0, 3 * w, end - 3 * w * h, 3 * w, w, h);
        k.bgraToRgba(end - 4 * w * h, 4 * w, 0, 4 * w, w, h);
        k.limitY16(end - 2 * w * h, 2 * w, 0, 2 * w, w, h, 1023);
        k.limitY16(0, 2 * w, end - 2 * w * h, 2 * w, w, h, 1023);
      }
    });
  });
}

describe('colours', async () => {
  const kernels = (memory: WebAssembly.Memory): Kernels => kernelsOn(memory);
  const kernelsOn = await compileKernels();

  it('are within a level of the formulas of BT.601 and BT.709, for every Y, U and V', () => {
    for (const matrix of Object.keys(lumaWeights) as YuvMatrix[]) {
      for (const range of yuvRanges) expect(farthestColour(kernels, matrix, range), `${matrix} ${range}`).toBeLessThanOrEqual(1);
    }
  });

  it('keep grey grey: no tint where U and V are 128', () => {
    for (const range of yuvRanges) {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
      const bytes = new Uint8Array(memory.buffer);
      for (let y = 0; y < 256; y++) bytes.set([y, 128], 2 * y);
      kernels(memory).packedToRgb(0, 512, 1024, 768, 256, 1, 0, ...yuvFactors('bt709', range));
      kernels(memory).packedToGrey(0, 512, 2048, 256, 256, 1, 0, lumaFactors[range].black, lumaFactors[range].gain);
      for (let y = 0; y < 256; y++) {
        const [r = 0, g = 0, b = 0] = bytes.subarray(1024 + 3 * y, 1027 + 3 * y);
        expect([g, b], `Y ${y}, ${range}`).toEqual([r, r]);
        expect(Math.abs((bytes[2048 + y] as number) - r), `Y ${y}, ${range}: grey beside colour`).toBeLessThanOrEqual(1);
      }
    }
  });
});

/** Largest difference to the formulas in double precision. */
function farthestColour(kernelsOn: (memory: WebAssembly.Memory) => Kernels, matrix: YuvMatrix, range: (typeof yuvRanges)[number]): number {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  const kernels = kernelsOn(memory);
  const [kr, kg, kb] = lumaWeights[matrix];
  const [black, lumaGain, chromaGain] = range === 'limited' ? [16, 255 / 219, 255 / 224] : [0, 1, 1];
  const shown = (level: number): number => Math.min(Math.max(level, 0), 255);
  let farthest = 0;
  for (let y = 0; y < 256; y += 3) {
    for (let at = 0; at < 65_536; at++) bytes.set([y, at >> 8, y, at & 255], 4 * at);
    kernels.packedToRgb(0, 262_144, 300_000, 393_216, 131_072, 1, 0, ...yuvFactors(matrix, range));
    const luma = (y - black) * lumaGain;
    for (let at = 0; at < 65_536; at++) {
      const [cb, cr] = [((at >> 8) - 128) * chromaGain, ((at & 255) - 128) * chromaGain];
      const to = 300_000 + 6 * at;
      const r = Math.abs(shown(luma + 2 * (1 - kr) * cr) - (bytes[to] as number));
      const g = Math.abs(shown(luma - (2 * kb * (1 - kb) * cb + 2 * kr * (1 - kr) * cr) / kg) - (bytes[to + 1] as number));
      const b = Math.abs(shown(luma + 2 * (1 - kb) * cb) - (bytes[to + 2] as number));
      farthest = Math.max(farthest, r, g, b);
    }
  }
  return farthest;
}
