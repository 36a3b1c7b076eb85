import { describe, expect, it } from 'vitest';
import { kernelVariants } from '../../wasm/kernels.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { type Call, firstByteThatDiffers, memoryBytes, noise, place, sizes } from '../support/kernel-harness.ts';

const { source, target, table, scratch } = place;
const [plane, spans, tables] = [140_000, 90_000, 140_000];

const calls: Readonly<Record<string, Call>> = {
  'pairLevels and mapLevels': (k, w, h, pad) => {
    k.pairLevels(spans, tables - 10_000);
    k.mapLevels(source, w + pad, target, w + 2 * pad, w, h, tables - 10_000);
  },
  'mapLevels, gaps in the target': (k, w, h, pad) => {
    k.pairLevels(spans, tables - 10_000);
    k.mapLevels(source, w, target, w + pad, w, h, tables - 10_000);
  },
  colourMapRgba: (k, w, h, pad) => k.colourMapRgba(source, w + pad, target, 4 * w + 2 * pad, w, h, table),
  'colourMapRgba, gaps in the source': (k, w, h, pad) => k.colourMapRgba(source, w + pad, target, 4 * w, w, h, table),
  'tileTables and equalize, one tile': (k, w, h, pad) => {
    k.tileTables(source, w + pad, w, h, 1, 1, 2.5, tables, scratch);
    k.equalize(source, w + pad, target, w + pad, w, h, 1, 1, tables, scratch);
  },
  'tileTables and equalize': (k, w, h, pad) => {
    const [tilesX, tilesY] = [Math.min(5, w), Math.min(3, h)];
    k.tileTables(source, w + pad, w, h, tilesX, tilesY, 1.5, tables, scratch);
    k.equalize(source, w + pad, target, w + pad, w, h, tilesX, tilesY, tables, scratch);
  },
  greyToRgb: (k, w, h, pad) => k.greyToRgb(source, w + pad, target, 3 * w + pad, w, h),
  'blendPlane over RGB': (k, w, h, pad) => k.blendPlane(target, 3 * w + pad, w, h, 3, plane, spans),
  'blendPlane over RGBA': (k, w, h, pad) => k.blendPlane(target, 4 * w + pad, w, h, 4, plane, spans),
};

/** Drawn upon: most of some rows, nothing of others; much of it transparent. */
function prepare(buffer: ArrayBufferLike, width: number, height: number): void {
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  for (let y = 0; y < height; y++) {
    view.setUint16(spans + 4 * y, Math.min(y % 3, width), true);
    view.setUint16(spans + 4 * y + 2, y % 4 === 3 ? 0 : width - (y & 1), true);
  }
  for (let pixel = 0; pixel < width * height; pixel++) if (pixel % 50 < 30) bytes[plane + 4 * pixel + 3] = 0;
}

for (const variant of kernelVariants) {
  describe(`tone and drawings, ${variant}`, async () => {
    const kernelsOn = await compileKernels(variant);
    for (const [name, call] of Object.entries(calls)) {
      it(`${name} equals its twin in the whole memory, on odd sizes and strides`, () => {
        for (const [width, height] of sizes) {
          for (const pad of [0, 13]) {
            const different = firstByteThatDiffers(kernelsOn, call, { width, height, pad }, 6 * 1024, prepare);
            expect(different, `${width}x${height}, stride +${pad}: first byte that differs`).toBe(-1);
          }
        }
      });
    }

    it('reads and writes nothing behind the last pixel: buffers at the very end of the memory', () => {
      const end = memoryBytes;
      for (const [w, h] of sizes) {
        const memory = noise(7);
        prepare(memory.buffer, w, h);
        const k = kernelsOn(memory);
        k.pairLevels(table, 65_536);
        k.mapLevels(end - w * h, w, 0, w, w, h, 65_536);
        k.mapLevels(0, w, end - w * h, w, w, h, 65_536);
        k.colourMapRgba(end - w * h, w, 0, 4 * w, w, h, table);
        k.colourMapRgba(0, w, end - 4 * w * h, 4 * w, w, h, table);
        k.tileTables(end - w * h, w, w, h, 1, 1, 2, 0, 4096);
        k.equalize(end - w * h, w, target, w, w, h, 1, 1, 0, scratch);
        k.equalize(4096, w, end - w * h, w, w, h, 1, 1, 0, scratch);
        k.greyToRgb(end - w * h, w, 0, 3 * w, w, h);
        k.greyToRgb(0, w, end - 3 * w * h, 3 * w, w, h);
        for (const channels of [3, 4]) {
          k.blendPlane(end - channels * w * h, channels * w, w, h, channels, plane, spans);
          k.blendPlane(0, channels * w, w, h, channels, end - 4 * w * h, spans);
        }
      }
    });
  });
}

describe('equalization', async () => {
  const kernelsOn = await compileKernels();
  const [width, height] = [160, 120];
  const equalized = (levels: (x: number, y: number) => number, clip: number, tiles: number): Uint8Array => {
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
    const picture = new Uint8Array(memory.buffer, source, width * height);
    for (let at = 0; at < picture.length; at++) picture[at] = levels(at % width, Math.floor(at / width));
    const kernels = kernelsOn(memory);
    kernels.tileTables(source, width, width, height, tiles, tiles, clip, tables, scratch);
    kernels.equalize(source, width, target, width, width, height, tiles, tiles, tables, scratch);
    return new Uint8Array(memory.buffer, target, width * height).slice();
  };

  it('spreads a narrow range over all levels where contrast is not limited', () => {
    const flat = equalized((x, y) => 100 + ((x + y) % 16), 1000, 1);
    expect([Math.min(...flat), Math.max(...flat)]).toEqual([16, 255]);
  });

  it('raises contrast no more than the limit allows', () => {
    const mild = equalized((x) => (x < 80 ? 100 : 110), 2, 1);
    const span = Math.max(...mild) - Math.min(...mild);
    // Ten levels apart, each counted at most twice the mean and what was cut off: 10 * 255 * (2 + 254 / 256) / 256 at the most.
    expect(span).toBeGreaterThan(10);
    expect(span).toBeLessThanOrEqual(30);
  });

  it('knows no seams between tiles: a smooth ramp stays smooth', () => {
    const ramp = equalized((x) => 40 + x, 3, 4);
    for (let x = 1; x < width; x++)
      expect(Math.abs((ramp[width * 60 + x] as number) - (ramp[width * 60 + x - 1] as number))).toBeLessThan(8);
  });
});
