import type { Kernels } from '../../wasm/kernels.ts';

type GeometryKernels = Pick<Kernels, 'scanConvert' | 'copyRows' | 'keepRuns' | 'mirror' | 'transpose' | 'scale'>;

/** Readable twins of wasm/assembly/geometry.ts. */
export function geometryTwins(buffer: ArrayBufferLike): GeometryKernels {
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  const u8 = (at: number): number => bytes[at] as number;
  const black = (target: number, targetStride: number, rowBytes: number, height: number): void => {
    for (let y = 0; y < height; y++) bytes.fill(0, target + y * targetStride, target + y * targetStride + rowBytes);
  };
  const runsAt = (runs: number, runCount: number) =>
    Array.from({ length: runCount }, (_, run) => ({
      x: view.getUint16(runs + 8 * run, true),
      y: view.getUint16(runs + 8 * run + 2, true),
      length: view.getInt32(runs + 8 * run + 4, true),
    }));
  const moved =
    (to: (x: number, y: number, width: number) => readonly [number, number]): Kernels['mirror'] =>
    (source, sourceStride, target, targetStride, width, height, bytesPerPixel) =>
      each(width, height, (x, y) => {
        const [toX, toY] = to(x, y, width);
        const from = source + y * sourceStride + x * bytesPerPixel;
        bytes.copyWithin(target + toY * targetStride + toX * bytesPerPixel, from, from + bytesPerPixel);
      });

  return {
    scanConvert(source, sourceStride, target, targetStride, width, height, runs, runCount, offsets, fractions) {
      black(target, targetStride, width, height);
      let pixel = 0;
      for (const { x, y, length } of runsAt(runs, runCount)) {
        for (let step = 0; step < length; step++, pixel++) {
          const at = source + view.getUint32(offsets + 4 * pixel, true);
          const [along, across] = [u8(fractions + 2 * pixel), u8(fractions + 2 * pixel + 1)];
          const onLine = (line: number): number => Math.floor((u8(line) * 256 + (u8(line + 1) - u8(line)) * along) / 2);
          const first = onLine(at);
          const between = Math.floor(((onLine(at + sourceStride) - first) * across * 128) / 32_768 + 0.5);
          bytes[target + y * targetStride + x + step] = Math.floor((first + between + 64) / 128);
        }
      }
    },
    copyRows(source, sourceStride, target, targetStride, rowBytes, height) {
      for (let y = 0; y < height; y++)
        bytes.copyWithin(target + y * targetStride, source + y * sourceStride, source + y * sourceStride + rowBytes);
    },
    keepRuns(source, sourceStride, target, targetStride, rowBytes, height, runs, runCount, bytesPerPixel) {
      black(target, targetStride, rowBytes, height);
      for (const { x, y, length } of runsAt(runs, runCount)) {
        const from = source + y * sourceStride + x * bytesPerPixel;
        bytes.copyWithin(target + y * targetStride + x * bytesPerPixel, from, from + length * bytesPerPixel);
      }
    },
    mirror: moved((x, y, width) => [width - 1 - x, y]),
    transpose: moved((x, y) => [y, x]),
    scale(source, sourceStride, target, targetStride, width, height, sourceBytes, rowTaps, columnTaps) {
      const rows = tapsAt(view, rowTaps, height);
      const columns = columnTapsAt(view, columnTaps, width);
      rows.forEach(({ first, weights }, y) => {
        const line = Array.from({ length: sourceBytes }, (_, x) =>
          sum(weights, (weight, tap) => Math.floor((u8(source + (first + tap) * sourceStride + x) * 128 * weight) / 32_768 + 0.5)),
        );
        columns.forEach((taps, x) => {
          const level = taps.reduce((total, { at, weight }) => total + (line[at] as number) * weight, 0);
          bytes[target + y * targetStride + x] = Math.min(Math.floor((level + 2 ** 20) / 2 ** 21), 255);
        });
      });
    },
  };
}

function tapsAt(view: DataView, at: number, count: number): { first: number; weights: number[] }[] {
  let next = at;
  const int = (): number => {
    next += 4;
    return view.getInt32(next - 4, true);
  };
  return Array.from({ length: count }, () => {
    const [first, length] = [int(), int()];
    return { first, weights: Array.from({ length }, int) };
  });
}

/** Of each sample, which samples of the line count how much: groups of four, each in parts of eight lanes. */
function columnTapsAt(view: DataView, at: number, samples: number): { at: number; weight: number }[][] {
  const taps: { at: number; weight: number }[][] = Array.from({ length: samples }, () => []);
  const parts = view.getInt32(at, true);
  for (let part = 0; part < parts * Math.ceil(samples / 4); part++) {
    const own = at + 4 + 36 * part;
    for (let lane = 0; lane < 8; lane++) {
      const [place, weight] = [view.getUint8(own + 4 + 2 * lane), view.getInt16(own + 20 + 2 * lane, true)];
      const sample = 4 * Math.floor(part / parts) + (lane >> 1);
      if (place < 16) taps[sample]?.push({ at: view.getInt32(own, true) + place / 2, weight });
    }
  }
  return taps;
}

const sum = (weights: readonly number[], term: (weight: number, tap: number) => number): number =>
  weights.reduce((total, weight, tap) => total + term(weight, tap), 0);

function each(width: number, height: number, visit: (x: number, y: number) => void): void {
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) visit(x, y);
}
