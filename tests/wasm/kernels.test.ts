import { describe, expect, it } from 'vitest';
import { kernelVariants, windowFactors } from '../../wasm/kernels.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { type Call, firstByteThatDiffers, memoryBytes, noise, place, sizes } from '../support/kernel-harness.ts';

const calls: Readonly<Record<string, Call>> = {
  windowGrey: (k, w, h, pad) => k.windowGrey(place.source, w + pad, place.target, w + 2 * pad, w, h, 20.5, 1.7),
  'windowGrey, a step': (k, w, h, pad) => k.windowGrey(place.source, w + pad, place.target, w + pad, w, h, 127.4995, 255_000),
  // Gaps on one side only: no shortcut may take such a picture for one line.
  'windowGrey, gaps in the target': (k, w, h, pad) => k.windowGrey(place.source, w, place.target, w + pad, w, h, 20.5, 1.7),
  'windowGrey, gaps in the source': (k, w, h, pad) => k.windowGrey(place.source, w + pad, place.target, w, w, h, 20.5, 1.7),
  'windowY16, gaps in the target': (k, w, h, pad) => k.windowY16(place.source, 2 * w, place.target, w + pad, w, h, 3000.25, 0.0061),
  'windowY16, gaps in the source': (k, w, h, pad) => k.windowY16(place.source, 2 * w + pad, place.target, w, w, h, 3000.25, 0.0061),
  'colourMap, gaps in the target': (k, w, h, pad) => k.colourMap(place.source, w, place.target, 3 * w + pad, w, h, place.table),
  'colourMap, gaps in the source': (k, w, h, pad) => k.colourMap(place.source, w + pad, place.target, 3 * w, w, h, place.table),
  'persistence, gaps in the target': (k, w, h, pad) =>
    k.persistence(place.source, w, place.target, w + pad, w, h, place.history, 9000, 600, 3),
  'persistence, gaps in the source': (k, w, h, pad) =>
    k.persistence(place.source, w + pad, place.target, w, w, h, place.history, 9000, 600, 3),
  windowY16: (k, w, h, pad) => k.windowY16(place.source, 2 * w + pad, place.target, w + pad, w, h, 3000.25, 0.0061),
  colourMap: (k, w, h, pad) => k.colourMap(place.source, w + pad, place.target, 3 * w + pad, w, h, place.table),
  'persistence, three frames': (k, w, h, pad) => {
    k.startHistory(place.level, w, w, h, place.history);
    for (const source of [place.source, place.alpha, place.source]) {
      k.persistence(source, w + pad, place.target, w + pad, w, h, place.history, 9000, 600, 3);
    }
  },
  'persistence, no history kept': (k, w, h, pad) =>
    k.persistence(place.source, w + pad, place.target, w + pad, w, h, place.history, 32_767, 0, 0),
  median3: (k, w, h, pad) => k.median3(place.source, w + pad, place.target, w + pad, w, h),
  overlayGrey: (k, w, h, pad) => k.overlayGrey(place.source, w + pad, place.target, w + pad, w, h, place.level, place.alpha),
  overlayRgb: (k, w, h, pad) => k.overlayRgb(place.source, 3 * w + pad, place.target, 3 * w + pad, w, h, place.level, place.alpha),
  greyToRgba: (k, w, h) => k.greyToRgba(place.source, place.target, w * h),
  rgbToRgba: (k, w, h) => k.rgbToRgba(place.source, place.target, w * h),
  y16ToRgba: (k, w, h) => k.y16ToRgba(place.source, place.target, w * h, 3000.25, 0.0061),
};

for (const variant of kernelVariants) {
  describe(`kernels, ${variant}`, async () => {
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
      for (const [width, height] of sizes) {
        const memory = noise(7);
        const kernels = kernelsOn(memory);
        const end = memoryBytes;
        const pixels = width * height;
        kernels.windowGrey(end - pixels, width, 0, width, width, height, 0, 1);
        kernels.windowGrey(0, width, end - pixels, width, width, height, 0, 1);
        kernels.windowY16(end - 2 * pixels, 2 * width, 0, width, width, height, 0, 1);
        kernels.windowY16(0, 2 * width, end - pixels, width, width, height, 0, 1);
        kernels.median3(end - pixels, width, 0, width, width, height);
        kernels.median3(0, width, end - pixels, width, width, height);
        kernels.colourMap(end - pixels, width, 0, 3 * width, width, height, 65_536);
        kernels.colourMap(0, width, end - 3 * pixels, 3 * width, width, height, 65_536);
        kernels.persistence(end - pixels, width, 0, width, width, height, 65_536, 9000, 600, 3);
        kernels.persistence(0, width, 65_536, width, width, height, end - 2 * pixels, 9000, 600, 3);
        kernels.overlayRgb(end - 3 * pixels, 3 * width, 0, 3 * width, width, height, 65_536, 65_536);
        kernels.overlayGrey(0, width, 65_536, width, width, height, end - pixels, end - pixels);
        kernels.overlayGrey(end - pixels, width, 0, width, width, height, 65_536, 65_536);
        kernels.overlayRgb(0, 3 * width, end - 3 * pixels, 3 * width, width, height, 65_536, 65_536);
        kernels.startHistory(0, width, width, height, end - 2 * pixels);
        kernels.startHistory(end - pixels, width, width, height, 0);
        kernels.rgbToRgba(end - 3 * pixels, 0, pixels);
        kernels.rgbToRgba(0, end - 4 * pixels, pixels);
        kernels.greyToRgba(0, end - 4 * pixels, pixels);
        kernels.greyToRgba(end - pixels, 0, pixels);
        kernels.y16ToRgba(0, end - 4 * pixels, pixels, 0, 1);
      }
    });
  });
}

describe('window kernels', async () => {
  const kernelsOn = await compileKernels();
  const windows = [
    { centre: 32_768, width: 65_536 },
    { centre: 2048, width: 4096 },
    { centre: 128, width: 256 },
    { centre: 300, width: 700.3 },
    { centre: 40, width: 400 },
    { centre: -200, width: 300 },
    { centre: 65_600, width: 500 },
    { centre: 1e6, width: 10 },
    { centre: 30_000, width: 1e6 },
    { centre: 1000.5, width: 1 },
    { centre: 1000.3, width: 1.4 },
    { centre: 77.7, width: 2 },
    { centre: 500.25, width: 3.9 },
    { centre: 0.5, width: 1.1 },
    ...Array.from({ length: 200 }, (_, n) => ({ centre: (n * 7919) % 66_000, width: 1 + 1.06 ** n })),
  ];

  it('agree with the formula of DICOM PS3.3 C.11.2.1.2.1 within one level and never fall, for every stored value', () => {
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
    const kernels = kernelsOn(memory);
    new Uint16Array(memory.buffer, 0, 65_536).forEach((_, value, values) => {
      values[value] = value;
    });
    const allGrey = new Uint8Array(memory.buffer, 196_608, 256);
    for (let value = 0; value < 256; value++) allGrey[value] = value;
    for (const window of windows) {
      const { low, gain } = windowFactors(window);
      kernels.windowY16(0, 131_072, 131_072, 65_536, 65_536, 1, low, gain);
      const shown = new Uint8Array(memory.buffer, 131_072, 65_536);
      const wrong = shown.findIndex((level, value) => Math.abs(level - exactLevel(window, value)) > 1);
      expect(wrong, `centre ${window.centre}, width ${window.width}: first value more than a level off`).toBe(-1);
      const falling = shown.findIndex((level, value) => value > 0 && level < (shown[value - 1] as number));
      expect(falling, `centre ${window.centre}, width ${window.width}: first value that falls`).toBe(-1);
      kernels.windowGrey(196_608, 256, 196_864, 256, 256, 1, low, gain);
      const grey = new Uint8Array(memory.buffer, 196_864, 256);
      const wrongGrey = grey.findIndex((level, value) => Math.abs(level - exactLevel(window, value)) > 1);
      expect(wrongGrey, `centre ${window.centre}, width ${window.width}: first of 8 bits more than a level off`).toBe(-1);
      expect([...grey], `centre ${window.centre}, width ${window.width}: 8 bits that never fall`).toEqual([...grey].sort((a, b) => a - b));
    }
  });

  it('leave 8 bits as they are under the window of the whole range', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const bytes = new Uint8Array(memory.buffer);
    for (let value = 0; value < 256; value++) bytes[value] = value;
    const { low, gain } = windowFactors({ centre: 128, width: 256 });
    kernelsOn(memory).windowGrey(0, 256, 1024, 256, 256, 1, low, gain);
    expect(bytes.slice(1024, 1280)).toEqual(bytes.slice(0, 256));
  });
});

/** The standard's own three cases, in double precision. */
function exactLevel({ centre, width }: { centre: number; width: number }, value: number): number {
  if (value <= centre - 0.5 - (width - 1) / 2) return 0;
  if (value > centre - 0.5 + (width - 1) / 2) return 255;
  return ((value - (centre - 0.5)) / (width - 1) + 0.5) * 255;
}
