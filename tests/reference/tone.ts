import type { Kernels } from '../../wasm/kernels.ts';

type ToneKernels = Pick<Kernels, 'pairLevels' | 'mapLevels' | 'colourMapRgba' | 'tileTables' | 'equalize' | 'greyToRgb' | 'blendPlane'>;

/** Readable twins of tables, equalization and the RGBA plane. */
export function toneTwins(buffer: ArrayBufferLike): ToneKernels {
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  const u8 = (at: number): number => bytes[at] as number;
  const q15 = (a: number, b: number): number => Math.floor((a * b) / 32_768 + 0.5);
  /** Borders of a tile along one side. */
  const tile = (index: number, size: number, tiles: number): readonly [number, number] => [
    Math.floor((index * size) / tiles),
    Math.floor(((index + 1) * size) / tiles),
  ];
  /** The tiles before and after a place, and the share of the second in 1/32768. */
  const between = (place: number, size: number, tiles: number): readonly [number, number, number] => {
    const centres = Array.from({ length: tiles }, (_, index) => tile(index, size, tiles)[0] + tile(index, size, tiles)[1]);
    const at = 2 * place + 1;
    const after = centres.filter((centre) => at >= centre).length;
    if (after === 0 || after === tiles) return [Math.min(after, tiles - 1), Math.min(after, tiles - 1), 0];
    const [start, end] = [centres[after - 1] as number, centres[after] as number];
    return [after - 1, after, Math.min(Math.floor(((at - start) * Math.floor(2 ** 30 / (end - start))) / 32_768), 32_767)];
  };

  return {
    pairLevels(table, pairs) {
      each(256, 256, (first, second) =>
        view.setUint16(pairs + 2 * (256 * second + first), u8(table + first) + 256 * u8(table + second), true),
      );
    },
    mapLevels(source, sourceStride, target, targetStride, width, height, pairs) {
      each(width, height, (x, y) => {
        bytes[target + y * targetStride + x] = u8(pairs + 2 * u8(source + y * sourceStride + x));
      });
    },
    colourMapRgba(source, sourceStride, target, targetStride, width, height, table) {
      each(width, height, (x, y) => {
        const colour = table + 4 * u8(source + y * sourceStride + x);
        bytes.copyWithin(target + y * targetStride + 4 * x, colour, colour + 4);
      });
    },
    tileTables(source, sourceStride, width, height, tilesX, tilesY, clip, tables) {
      each(tilesX, tilesY, (tx, ty) => {
        const [[x0, x1], [y0, y1]] = [tile(tx, width, tilesX), tile(ty, height, tilesY)];
        const counts = new Array<number>(256).fill(0);
        each(x1 - x0, y1 - y0, (x, y) => {
          const level = u8(source + (y0 + y) * sourceStride + x0 + x);
          counts[level] = (counts[level] as number) + 1;
        });
        const area = (x1 - x0) * (y1 - y0);
        const most = Math.max(Math.floor((clip * area) / 256), 1);
        const excess = counts.reduce((total, count) => total + Math.max(count - most, 0), 0);
        const clipped = counts.map((count) => Math.min(count, most) + Math.floor(excess / 256));
        const rest = excess % 256;
        for (let k = 0; k < rest; k++) {
          const level = Math.floor((k * 256) / rest);
          clipped[level] = (clipped[level] as number) + 1;
        }
        let sum = 0;
        clipped.forEach((count, level) => {
          sum += count;
          view.setUint16(tables + 512 * (ty * tilesX + tx) + 2 * level, Math.floor(sum * (32_640 / area) + 0.5), true);
        });
      });
    },
    equalize(source, sourceStride, target, targetStride, width, height, tilesX, tilesY, tables) {
      each(width, height, (x, y) => {
        const level = u8(source + y * sourceStride + x);
        const [left, right, across] = between(x, width, tilesX);
        const [upper, lower, down] = between(y, height, tilesY);
        const at = (tx: number, ty: number): number => view.getUint16(tables + 512 * (ty * tilesX + tx) + 2 * level, true);
        const ofColumn = (tx: number): number => at(tx, upper) + q15(at(tx, lower) - at(tx, upper), down);
        const mixed = ofColumn(left) + q15(ofColumn(right) - ofColumn(left), across);
        bytes[target + y * targetStride + x] = Math.floor((mixed + 64) / 128);
      });
    },
    greyToRgb(source, sourceStride, target, targetStride, width, height) {
      each(width, height, (x, y) =>
        bytes.fill(u8(source + y * sourceStride + x), target + y * targetStride + 3 * x, target + y * targetStride + 3 * x + 3),
      );
    },
    blendPlane(target, targetStride, width, height, channels, plane, spans) {
      each(width, height, (x, y) => {
        if (x < view.getUint16(spans + 4 * y, true) || x >= view.getUint16(spans + 4 * y + 2, true)) return;
        const [to, drawn] = [target + y * targetStride + channels * x, plane + 4 * (y * width + x)];
        const alpha = u8(drawn + 3);
        for (let c = 0; c < 3; c++) bytes[to + c] = Math.round((u8(to + c) * (255 - alpha) + u8(drawn + c) * alpha) / 255);
      });
    },
  };
}

function each(width: number, height: number, visit: (x: number, y: number) => void): void {
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) visit(x, y);
}
