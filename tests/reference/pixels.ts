import type { Kernels, YuvFactors } from '../../wasm/kernels.ts';

type PixelKernels = Pick<
  Kernels,
  | 'lumaToGrey'
  | 'packedToGrey'
  | 'packedToRgba'
  | 'packedToRgb'
  | 'nv12ToRgba'
  | 'nv12ToRgb'
  | 'i420ToRgba'
  | 'i420ToRgb'
  | 'rgbToGrey'
  | 'rgbaToGrey'
  | 'bgraToRgb'
  | 'bgrToRgb'
  | 'bgraToRgba'
  | 'limitY16'
>;

/** Readable twins of wasm/assembly/pixels.ts. */
export function pixelTwins(buffer: ArrayBufferLike): PixelKernels {
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  const u8 = (at: number): number => bytes[at] as number;

  const planarTo =
    (channels: 3 | 4) =>
    (
      lumaAt: (x: number, y: number) => number,
      chromaAt: (x: number, y: number) => readonly [number, number],
      [target, targetStride, width, height]: readonly [number, number, number, number],
      factors: YuvFactors,
    ): void =>
      each(width, height, (x, y) => {
        const [u, v] = chromaAt(x, y);
        const rgb = colourOf(lumaAt(x, y), u, v, factors);
        bytes.set(channels === 4 ? [...rgb, 255] : rgb, target + y * targetStride + channels * x);
      });

  const packedTo =
    (channels: 3 | 4): Kernels['packedToRgb'] =>
    (source, sourceStride, target, targetStride, width, height, order, ...factors) => {
      const pair = (x: number, y: number): number => source + y * sourceStride + 4 * (x >> 1);
      planarTo(channels)(
        (x, y) => u8(source + y * sourceStride + 2 * x + order),
        (x, y) => [u8(pair(x, y) + 1 - order), u8(pair(x, y) + 3 - order)],
        [target, targetStride, width, height],
        factors,
      );
    };

  const nv12To =
    (channels: 3 | 4): Kernels['nv12ToRgb'] =>
    (source, sourceStride, chroma, chromaStride, target, targetStride, width, height, ...factors) => {
      const pair = (x: number, y: number): number => chroma + (y >> 1) * chromaStride + 2 * (x >> 1);
      planarTo(channels)(
        (x, y) => u8(source + y * sourceStride + x),
        (x, y) => [u8(pair(x, y)), u8(pair(x, y) + 1)],
        [target, targetStride, width, height],
        factors,
      );
    };

  const i420To =
    (channels: 3 | 4): Kernels['i420ToRgb'] =>
    (source, sourceStride, u, v, chromaStride, target, targetStride, width, height, ...factors) => {
      const offset = (x: number, y: number): number => (y >> 1) * chromaStride + (x >> 1);
      planarTo(channels)(
        (x, y) => u8(source + y * sourceStride + x),
        (x, y) => [u8(u + offset(x, y)), u8(v + offset(x, y))],
        [target, targetStride, width, height],
        factors,
      );
    };

  const weighed =
    (channels: 3 | 4): Kernels['rgbToGrey'] =>
    (source, sourceStride, target, targetStride, width, height, first, second, third) =>
      each(width, height, (x, y) => {
        const at = source + y * sourceStride + channels * x;
        const sum = u8(at) * first + u8(at + 1) * second + u8(at + 2) * third;
        bytes[target + y * targetStride + x] = Math.floor((sum + 128) / 256);
      });

  const reversed =
    (from: 3 | 4, to: 3 | 4): Kernels['bgrToRgb'] =>
    (source, sourceStride, target, targetStride, width, height) =>
      each(width, height, (x, y) => {
        const at = source + y * sourceStride + from * x;
        const rgb = [u8(at + 2), u8(at + 1), u8(at)];
        bytes.set(to === 4 ? [...rgb, 255] : rgb, target + y * targetStride + to * x);
      });

  return {
    lumaToGrey(source, sourceStride, target, targetStride, width, height, black, gain) {
      each(width, height, (x, y) => {
        bytes[target + y * targetStride + x] = stretched(u8(source + y * sourceStride + x), black, gain);
      });
    },
    packedToGrey(source, sourceStride, target, targetStride, width, height, order, black, gain) {
      each(width, height, (x, y) => {
        bytes[target + y * targetStride + x] = stretched(u8(source + y * sourceStride + 2 * x + order), black, gain);
      });
    },
    packedToRgba: packedTo(4),
    packedToRgb: packedTo(3),
    nv12ToRgba: nv12To(4),
    nv12ToRgb: nv12To(3),
    i420ToRgba: i420To(4),
    i420ToRgb: i420To(3),
    rgbToGrey: weighed(3),
    rgbaToGrey: weighed(4),
    bgraToRgb: reversed(4, 3),
    bgrToRgb: reversed(3, 3),
    bgraToRgba: reversed(4, 4),
    limitY16(source, sourceStride, target, targetStride, width, height, most) {
      each(width, height, (x, y) => {
        const value = view.getUint16(source + y * sourceStride + 2 * x, true);
        view.setUint16(target + y * targetStride + 2 * x, Math.min(value, most), true);
      });
    },
  };
}

function stretched(y: number, black: number, gain: number): number {
  return Math.min(Math.floor((Math.max(y - black, 0) * gain + 64) / 128), 255);
}

/** Sums of 1/64 level, kept within sixteen bits. */
function colourOf(
  y: number,
  u: number,
  v: number,
  [black, luma, redV, greenU, greenV, blueU]: YuvFactors,
): readonly [number, number, number] {
  const q15 = (a: number, b: number): number => Math.floor((a * b) / 32_768 + 0.5);
  const grey = q15(y * 128 - black, luma) + 32;
  const [cb, cr] = [(u - 128) * 256, (v - 128) * 256];
  const level = (chroma: number): number => Math.min(Math.max(Math.floor(Math.min(grey + chroma, 32_767) / 64), 0), 255);
  return [level(q15(cr, redV)), level(q15(cb, greenU) + q15(cr, greenV)), level(q15(cb, blueU))];
}

function each(width: number, height: number, visit: (x: number, y: number) => void): void {
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) visit(x, y);
}
