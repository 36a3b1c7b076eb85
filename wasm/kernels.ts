import { relaxedSimd, simd } from 'wasm-feature-detect';
import { AppError } from '../src/app-error.ts';

/** Builds of the same source; results are the same to the bit. */
export const kernelVariants = ['relaxed-simd', 'simd'] as const;
export type KernelVariant = (typeof kernelVariants)[number];

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
