import { describe, expect, it } from 'vitest';
import { columnTapsBytes, scaleTaps, writeColumnTaps, writeRowTaps } from '../../src/stage/scale-taps.ts';
import { fillScanTable, scanTableLayout } from '../../src/stage/scan-table.ts';
import { kernelVariants } from '../../wasm/kernels.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { type Call, firstByteThatDiffers, memoryBytes, noise, place, sizes } from '../support/kernel-harness.ts';

const { source, target } = place;
const tables = 90_000;
const scratchBytes = 2 * 3 * 129 + 16;
/** Behind 129 rows' taps. */
const columnTaps = tables + 10_000;
const pixelBytes = [1, 2, 3] as const;

const calls: Readonly<Record<string, Call>> = {
  copyRows: (k, w, h, pad) => k.copyRows(source, w + pad, target, w + 2 * pad, w, h),
  'copyRows, upside down': (k, w, h, pad) => k.copyRows(source + (h - 1) * (w + pad), -(w + pad), target, w, w, h),
  ...Object.fromEntries(
    pixelBytes.flatMap((bytes): [string, Call][] => [
      [`mirror, ${bytes}`, (k, w, h, pad) => k.mirror(source, bytes * w + pad, target, bytes * w + 2 * pad, w, h, bytes)],
      [
        `mirror, ${bytes}, upside down`,
        (k, w, h, pad) => k.mirror(source + (h - 1) * (bytes * w + pad), -(bytes * w + pad), target, bytes * w, w, h, bytes),
      ],
      [`transpose, ${bytes}`, (k, w, h, pad) => k.transpose(source, bytes * w + pad, target, bytes * h + pad, w, h, bytes)],
      [
        `transpose, ${bytes}, from the last row`,
        (k, w, h, pad) => k.transpose(source + (h - 1) * (bytes * w + pad), -(bytes * w + pad), target, bytes * h, w, h, bytes),
      ],
    ]),
  ),
};

/** Two runs a row, one of them empty; offsets anywhere in the lines, whose samples are noise. */
function prepareRuns(buffer: ArrayBufferLike, width: number, height: number): void {
  const layout = scanTableLayout(tables, { width, height });
  const view = new DataView(buffer);
  for (let y = 0; y < height; y++) {
    const left = y % 3 === 0 ? 0 : Math.min(3, width - 1);
    view.setUint16(layout.runs + 16 * y, left, true);
    view.setUint16(layout.runs + 16 * y + 2, y, true);
    view.setInt32(layout.runs + 16 * y + 4, width - left - (y & 1), true);
    view.setUint16(layout.runs + 16 * y + 8, 0, true);
    view.setUint16(layout.runs + 16 * y + 10, y, true);
    view.setInt32(layout.runs + 16 * y + 12, 0, true);
  }
  for (let pixel = 0; pixel < width * height; pixel++) {
    const at = layout.offsets + 4 * pixel;
    view.setUint32(at, view.getUint32(at, true) % 30_000, true);
  }
}

for (const variant of kernelVariants) {
  describe(`geometry, ${variant}`, async () => {
    const kernelsOn = await compileKernels(variant);
    const check = (call: Call, prepare?: Parameters<typeof firstByteThatDiffers>[4], scratch = 0): void => {
      for (const [width, height] of sizes) {
        for (const pad of [0, 13]) {
          const different = firstByteThatDiffers(kernelsOn, call, { width, height, pad }, scratch, prepare);
          expect(different, `${width}x${height}, stride +${pad}: first byte that differs`).toBe(-1);
        }
      }
    };

    for (const [name, call] of Object.entries(calls)) it(`${name} equals its twin in the whole memory`, () => check(call));

    it('scanConvert equals its twin in the whole memory', () =>
      check((k, w, h, pad) => {
        const { runs, offsets, fractions } = scanTableLayout(tables, { width: w, height: h });
        k.scanConvert(source, 300 + pad, target, w + pad, w, h, runs, 2 * h, offsets, fractions);
      }, prepareRuns));

    for (const bytes of pixelBytes) {
      it(`keepRuns, ${bytes}, equals its twin in the whole memory`, () =>
        check(
          (k, w, h, pad) => k.keepRuns(source, bytes * w + pad, target, bytes * w + 2 * pad, bytes * w, h, tables, 2 * h, bytes),
          prepareRuns,
        ));
    }

    for (const [channels, factor] of [
      [1, 0.37],
      [1, 1],
      [1, 1.7],
      [1, 0.11],
      [1, 0.66],
      [3, 0.5],
      [3, 2.2],
    ] as const) {
      it(`scale by ${factor}, ${channels} channels, equals its twin in the whole memory`, () => {
        const side = (length: number): number => Math.max(1, Math.round(length * factor));
        check(
          (k, w, h, pad) =>
            k.scale(
              source,
              channels * w + pad,
              target,
              channels * side(w) + pad,
              channels * side(w),
              side(h),
              channels * w,
              tables,
              columnTaps,
              place.scratch,
            ),
          (buffer, w, h) => {
            const columns = scaleTaps(w, side(w));
            writeRowTaps(buffer, tables, scaleTaps(h, side(h)));
            writeColumnTaps(buffer, columnTaps, columns, channels);
            expect(columnTaps + columnTapsBytes(columns, channels)).toBeLessThan(place.scratch);
          },
          scratchBytes,
        );
      });
    }

    it('reads and writes nothing behind the last pixel: buffers at the very end of the memory', () => {
      const end = memoryBytes;
      for (const [w, h] of sizes) {
        const k = kernelsOn(noise(7));
        for (const bytes of pixelBytes) {
          k.mirror(end - bytes * w * h, bytes * w, 0, bytes * w, w, h, bytes);
          k.mirror(0, bytes * w, end - bytes * w * h, bytes * w, w, h, bytes);
          k.transpose(end - bytes * w * h, bytes * w, 0, bytes * h, w, h, bytes);
          k.transpose(0, bytes * w, end - bytes * w * h, bytes * h, w, h, bytes);
        }
        const memory = noise(3);
        writeRowTaps(memory.buffer, tables, scaleTaps(h, h));
        writeColumnTaps(memory.buffer, columnTaps, scaleTaps(w, w), 1);
        kernelsOn(memory).scale(end - w * h, w, 0, w, w, h, w, tables, columnTaps, place.scratch);
        kernelsOn(memory).scale(0, w, end - w * h, w, w, h, w, tables, columnTaps, place.scratch);
      }
    });

    it('scanConvert reads and writes nothing outside: lines and picture at the very end of the memory', () => {
      const scan = { kind: 'sector', depthStartMm: 0, depthEndMm: 40, radiusMm: 0, angleStartDeg: -40, angleEndDeg: 40 } as const;
      const [lines, samples, width, height] = [16, 50, 67, 51];
      for (const nearest of [false, true]) {
        const memory = noise(5);
        const kernels = kernelsOn(memory);
        const picture = { width, height, mmPerPixel: 0.8, probeX: 33, probeY: 0 };
        const runCount = fillScanTable(memory.buffer, 0, scan, { lines, samples, lineBytes: samples }, picture, nearest);
        const { offsets, fractions, end } = scanTableLayout(0, picture);
        expect(runCount).toBeGreaterThan(40);
        kernels.scanConvert(memoryBytes - lines * samples, samples, end, width, width, height, 0, runCount, offsets, fractions);
        kernels.scanConvert(end, samples, memoryBytes - width * height, width, width, height, 0, runCount, offsets, fractions);
      }
    });
  });
}

describe('scale', async () => {
  const kernelsOn = await compileKernels();
  const scaled = (levels: readonly number[], to: number): number[] => {
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
    new Uint8Array(memory.buffer).set(levels, source);
    writeRowTaps(memory.buffer, tables, scaleTaps(1, 1));
    writeColumnTaps(memory.buffer, columnTaps, scaleTaps(levels.length, to), 1);
    kernelsOn(memory).scale(source, levels.length, target, to, to, 1, levels.length, tables, columnTaps, place.scratch);
    return [...new Uint8Array(memory.buffer, target, to)];
  };

  it('takes the mean of the area that a pixel covers where the picture shrinks', () => {
    expect(scaled([10, 20, 30, 40, 250, 250], 3)).toEqual([15, 35, 250]);
    expect(scaled([0, 90, 240], 2)).toEqual([30, 190]);
  });

  it('interpolates where it grows, and keeps every level where the size stays', () => {
    expect(scaled([0, 100], 4)).toEqual([0, 25, 75, 100]);
    const all = Array.from({ length: 256 }, (_, level) => level);
    expect(scaled(all, 256)).toEqual(all);
  });
});
