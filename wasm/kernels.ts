import { relaxedSimd, simd } from 'wasm-feature-detect';
import { AppError } from '../src/app-error.ts';

/** Builds of the same source; results are the same to the bit. */
export const kernelVariants = ['relaxed-simd', 'simd'] as const;
export type KernelVariant = (typeof kernelVariants)[number];

/** Where a kernel writes. */
export type Target = [target: number, targetStride: number, width: number, height: number];
/** Where a kernel reads and writes. */
export type Picture = [source: number, sourceStride: number, ...Target];
/** What makes colours of Y, U and V; from `yuvFactors`. */
export type YuvFactors = [black: number, luma: number, redV: number, greenU: number, greenV: number, blueU: number];

/**
 * The kernels, bound to one memory. All places are byte offsets in it, all strides bytes, all sizes pixels.
 * No kernel allocates, grows the memory or keeps state outside what it is handed; source and target never overlap.
 */
export interface Kernels {
  /** GREY → GREY: round((x - low) * gain) kept within 0 and 255; in fixed point, at most one level from the exact result, rising. `gain` > 0. */
  windowGrey(
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
    width: number,
    height: number,
    low: number,
    gain: number,
  ): void;
  /** Y16 → GREY, the same formula. */
  windowY16(
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
    width: number,
    height: number,
    low: number,
    gain: number,
  ): void;
  /** GREY → RGB24 by a table of 256 little-endian words 0x00BBGGRR. */
  colourMap(source: number, sourceStride: number, target: number, targetStride: number, width: number, height: number, table: number): void;
  /**
   * GREY → GREY, motion-adaptive recursive filter. `history`: width * height i16 in 1/128 grey level. The share of the new
   * picture in 1/32768 is `share` where it differs from the history by no more than `threshold` (1/128 level), and rises
   * by 2^`ramp` for every 1/128 beyond; 0 ≤ ramp ≤ 7.
   */
  persistence(
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
    width: number,
    height: number,
    history: number,
    share: number,
    threshold: number,
    ramp: number,
  ): void;
  /** Makes a GREY picture the history. */
  startHistory(source: number, sourceStride: number, width: number, height: number, history: number): void;
  /** GREY → GREY, median of 3x3, edges replicated. */
  median3(source: number, sourceStride: number, target: number, targetStride: number, width: number, height: number): void;
  /** GREY → GREY with a plane of levels blended over it by a plane of alphas; both width * height bytes. */
  overlayGrey(
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
    width: number,
    height: number,
    level: number,
    alpha: number,
  ): void;
  /** RGB24 → RGB24, the same. */
  overlayRgb(
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
    width: number,
    height: number,
    level: number,
    alpha: number,
  ): void;
  /** Tight GREY → RGBA, opaque. */
  greyToRgba(source: number, target: number, pixels: number): void;
  /** Tight RGB24 → RGBA, opaque. */
  rgbToRgba(source: number, target: number, pixels: number): void;
  /** Tight Y16 → RGBA, opaque, windowed like windowY16. */
  y16ToRgba(source: number, target: number, pixels: number, low: number, gain: number): void;
  /**
   * Luma plane → GREY: (y - black) * gain / 128, rounded; 0 and 128 copy, 16 and 149 widen the limited range.
   * In this and the next kernels `black` ≤ 64 and `gain` ≤ 256.
   */
  lumaToGrey(
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
    width: number,
    height: number,
    black: number,
    gain: number,
  ): void;
  /** YUYV (`order` 0) or UYVY (`order` 1) → GREY, the same formula. */
  packedToGrey(
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
    width: number,
    height: number,
    order: number,
    black: number,
    gain: number,
  ): void;
  /** YUYV (`order` 0) or UYVY (`order` 1) → RGBA, opaque; the six factors are those of `yuvFactors`. An odd width ends with half a pair. */
  packedToRgba(...args: [...Picture, order: number, ...YuvFactors]): void;
  /** The same → RGB24. */
  packedToRgb(...args: [...Picture, order: number, ...YuvFactors]): void;
  /** NV12: a luma plane and one of pairs U V for every two lines → RGBA, opaque. */
  nv12ToRgba(...args: [source: number, sourceStride: number, chroma: number, chromaStride: number, ...Target, ...YuvFactors]): void;
  /** The same → RGB24. */
  nv12ToRgb(...args: [source: number, sourceStride: number, chroma: number, chromaStride: number, ...Target, ...YuvFactors]): void;
  /** I420: three planes, the second and third of half the size → RGBA, opaque. */
  i420ToRgba(...args: [source: number, sourceStride: number, u: number, v: number, chromaStride: number, ...Target, ...YuvFactors]): void;
  /** The same → RGB24. */
  i420ToRgb(...args: [source: number, sourceStride: number, u: number, v: number, chromaStride: number, ...Target, ...YuvFactors]): void;
  /** Three bytes a pixel → GREY: their weighted sum, weights in 1/256 with a sum of 256 at most; RGB24 and BGR24 differ in their order. */
  rgbToGrey(...args: [...Picture, first: number, second: number, third: number]): void;
  /** Four bytes a pixel, the fourth ignored → GREY, the same. */
  rgbaToGrey(...args: [...Picture, first: number, second: number, third: number]): void;
  bgraToRgb(...args: Picture): void;
  bgrToRgb(...args: Picture): void;
  /** BGRA → RGBA, opaque. */
  bgraToRgba(...args: Picture): void;
  /** Y16 → Y16, values above `most` become `most`: detectors of 10 and 12 bits leave noise or flags above them. */
  limitY16(...args: [...Picture, most: number]): void;
}

/** The fastest build that this engine runs. Throws `kernels/no-simd` where there is none. */
export async function chooseVariant(where: string): Promise<KernelVariant> {
  if (await relaxedSimd()) return 'relaxed-simd';
  if (await simd()) return 'simd';
  throw new AppError('kernels/no-simd', { where });
}

/** Binds a compiled build to a shared memory; in Node and in the browser. */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}

/** `low` and `gain` of the window kernels for a window of DICOM PS3.3 C.11.2.1.2.1 (LINEAR): its ends become 0 and 255. */
export function windowFactors(window: { readonly centre: number; readonly width: number }): { low: number; gain: number } {
  // At a width of 1 the standard makes a step at centre - 0.5; a gain this steep is the same for whole numbers.
  const span = Math.max(window.width - 1, 1e-3);
  return { low: window.centre - 0.5 - (window.width - 1) / 2, gain: 255 / span };
}

/** Weights of red, green and blue in luma: ITU-R BT.601 §2.5.1 and BT.709 §3.2. */
export const lumaWeights = { bt601: [0.299, 0.587, 0.114], bt709: [0.2126, 0.7152, 0.0722] } as const;
export type YuvMatrix = keyof typeof lumaWeights;
export const yuvRanges = ['limited', 'full'] as const;
export type YuvRange = (typeof yuvRanges)[number];

/** `black` and `gain` of the grey kernels: limited luma is 16 to 235 (BT.601 §2.5.3). */
export const lumaFactors = { limited: { black: 16, gain: 149 }, full: { black: 0, gain: 128 } } as const satisfies Record<YuvRange, object>;

/** Factors of the kernels from Y, U and V: black in 1/128 level, the others so that a product of Q15 is in 1/64 level. */
export function yuvFactors(matrix: YuvMatrix, range: YuvRange): YuvFactors {
  const [red, green, blue] = lumaWeights[matrix];
  const black = lumaFactors[range].black;
  const [lumaGain, chromaGain] = range === 'limited' ? [255 / 219, 255 / 224] : [1, 1];
  const factor = (perLevel: number): number => Math.round(perLevel * chromaGain * 8192);
  const [redV, blueU] = [2 * (1 - red), 2 * (1 - blue)];
  return [
    black * 128,
    Math.round(lumaGain * 16_384),
    factor(redV),
    factor((-blue / green) * blueU),
    factor((-red / green) * redV),
    factor(blueU),
  ];
}
