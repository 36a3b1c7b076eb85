import { describe, expect, it } from 'vitest';
import { kernelVariants } from '../../wasm/kernels.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { type Call, firstByteThatDiffers, memoryBytes, noise, place, sizes } from '../support/kernel-harness.ts';

const { source, target, scratch } = place;
const [taps, table, count] = [90_000, 100_000, 33] as const;

const calls: Readonly<Record<string, Call>> = {
  'iqEnvelope, parts in lines of their own': (k, w, h, pad) =>
    k.iqEnvelope(source, source + 2 * w + pad, 2, 4 * w + 2 * pad, target, w + pad, w, h, table),
  'iqEnvelope, parts in pairs': (k, w, h, pad) => k.iqEnvelope(source, source + 2, 4, 4 * w + pad, target, w + pad, w, h, table),
  rfEnvelope: (k, w, h, pad) => k.rfEnvelope(source, 2 * w + pad, target, w + pad, w, h, taps, count, table, scratch),
};

/** Taps as a filter has them, between -1 and 1. */
function prepare(buffer: ArrayBufferLike): void {
  const view = new DataView(buffer);
  for (let tap = 0; tap < 2 * count; tap++) view.setFloat32(taps + 4 * tap, Math.sin(tap * 1.7) / (1 + tap), true);
}

for (const variant of kernelVariants) {
  describe(`raw ultrasound, ${variant}`, async () => {
    const kernelsOn = await compileKernels(variant);
    for (const [name, call] of Object.entries(calls)) {
      it(`${name} equals its twin in the whole memory, on odd sizes and strides`, () => {
        for (const [width, height] of sizes) {
          for (const pad of [0, 13]) {
            const different = firstByteThatDiffers(kernelsOn, call, { width, height, pad }, 4 * (width + count + 16), prepare);
            expect(different, `${width}x${height}, stride +${pad}: first byte that differs`).toBe(-1);
          }
        }
      });
    }

    it('reads and writes nothing behind the last sample: buffers at the very end of the memory', () => {
      const end = memoryBytes;
      for (const [w, h] of sizes) {
        const memory = noise(9);
        prepare(memory.buffer);
        const k = kernelsOn(memory);
        k.iqEnvelope(end - 4 * w * h, end - 2 * w * h, 2, 2 * w, 0, w, w, h, table);
        k.iqEnvelope(0, 2, 4, 4 * w, end - w * h, w, w, h, table);
        k.rfEnvelope(end - 2 * w * h, 2 * w, 0, w, w, h, taps, count, table, scratch);
        k.rfEnvelope(0, 2 * w, end - w * h, w, w, h, taps, count, table, scratch);
        k.rfEnvelope(0, 2 * w, target, w, w, h, taps, count, table, end - 4 * (w + count + 16));
      }
    });
  });
}
