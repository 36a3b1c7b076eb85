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

/** Where a filter reads and writes: two pictures of one size. */
type FromTo = [source: number, sourceStride: number, target: number, targetStride: number, width: number, height: number];

/**
 * The kernels, bound to one memory. All places are byte offsets in it, all strides bytes, all sizes pixels.
 * No kernel allocates, grows the memory or keeps state outside what it is handed; source and target never overlap.
 */
export interface Kernels {
  /** GREY → GREY: round((x - low) * gain) kept within 0 and 255; in fixed point, at most one level from the exact result, rising. `gain` > 0. */
  windowGrey(...given: [...FromTo, low: number, gain: number]): void;
  /** Y16 → GREY, the same formula. */
  windowY16(...given: [...FromTo, low: number, gain: number]): void;
  /** GREY → RGB24 by a table of 256 little-endian words 0x00BBGGRR. */
  colourMap(...given: [...FromTo, table: number]): void;
  /**
   * GREY → GREY, motion-adaptive recursive filter. `history`: width * height i16 in 1/128 grey level. The share of the new
   * picture in 1/32768 is `share` where it differs from the history by no more than `threshold` (1/128 level), and rises
   * by 2^`ramp` for every 1/128 beyond; 0 ≤ ramp ≤ 7.
   */
  persistence(...given: [...FromTo, history: number, share: number, threshold: number, ramp: number]): void;
  /** Makes a GREY picture the history. */
  startHistory(source: number, sourceStride: number, width: number, height: number, history: number): void;
  /** GREY → GREY, median of 3x3, edges replicated. */
  median3(...given: FromTo): void;
  /**
   * GREY → GREY, average over time with a memory for every pixel. `history` as in persistence; `counts`: width * height bytes, how many
   * pictures the history of each pixel stands for, 0 to 15. Motion is the difference of picture and history in the mean over 3x3.
   * `tables`: 16 bytes of thresholds in 1/9 level, by the history's level / 16, then 16 bytes of shares of the new picture, by
   * count: n stands for (n + 1) / 128, at most 127. What is beyond the threshold, in 1/36 level, takes 1 / 2^`steepness` from the count. `longest`: largest count, 0 to 15.
   */
  steadyAverage(
    ...given: [...FromTo, history: number, counts: number, tables: number, longest: number, steepness: number, scratch: number]
  ): void;
  /**
   * Differences of picture and history in the mean over 3x3, at every eighth pixel of every eighth line but the edges. `table`: 16 rows, by
   * the history's level / 16, of 64 u32 by the size of the difference in steps of 2/9 level; the last counts all that are larger.
   */
  countDifferences(source: number, sourceStride: number, width: number, height: number, history: number, table: number): void;
  /**
   * Motion of each block of 16x16 pixels of a GREY picture from `before`, a tight GREY picture. `vectors`: for each block, line by line,
   * two signed bytes: x and y of its place before, less its place now. They are read as first guesses too. A vector must lower the sum
   * of differences over 128 pixels by `stiffness` for every pixel that it is long; neither part exceeds `reach` (at most 100).
   */
  blockMotion(
    source: number,
    sourceStride: number,
    before: number,
    width: number,
    height: number,
    vectors: number,
    stiffness: number,
    reach: number,
  ): void;
  /** History and counts of steadyAverage moved along the vectors of blockMotion into other planes. */
  followMotion(history: number, counts: number, width: number, height: number, vectors: number, toHistory: number, toCounts: number): void;
  /** GREY → GREY, median of 5x5, edges replicated. */
  median5(...given: [...FromTo, scratch: number]): void;
  /** GREY → GREY, separable 7x7, edges replicated; weights from the centre in 1/256 with w0 + 2 (w1 + w2 + w3) = 256, w1 to w3 at most 127. */
  gaussian7(...given: [...FromTo, w0: number, w1: number, w2: number, w3: number, scratch: number]): void;
  /**
   * GREY → GREY, bilateral on the 13 pixels within a radius of 2, edges replicated. `weights`: three rows of 16 bytes for the distances 1, √2
   * and 2, by the difference in grey / 2^`shift`; beyond the row the weight is nought. All thirteen weights together are at most 255, each at most 127.
   */
  bilateral(...given: [...FromTo, weights: number, centreWeight: number, shift: number, scratch: number]): void;
  /** GREY → GREY, Lee over the box of 2 `radius` + 1 pixels (radius 1 to 7), edges replicated; `noise`: variance in squared levels, above 0. */
  lee(...given: [...FromTo, radius: number, noise: number, scratch: number]): void;
  /** GREY → GREY, self-guided filter with the same box; `noise` is its epsilon in squared levels, above 0. */
  guided(...given: [...FromTo, radius: number, noise: number, scratch: number]): void;
  /**
   * GREY → GREY, speckle reducing anisotropic diffusion of level + `offset` (above 0). `rate`: share of the flow per iteration, up to 0.25;
   * `speckle`: coefficient of variation q0 of speckle, above 0.
   */
  srad(...given: [...FromTo, iterations: number, rate: number, speckle: number, offset: number, scratch: number]): void;
  /** Deviation of the noise of a GREY picture in levels, as speckleScale estimates it: 1/4 to 64. `scratch`: 1024 bytes. */
  noiseDeviation(source: number, sourceStride: number, width: number, height: number, scratch: number): number;
  /** q0 of a GREY picture: the median of its local coefficients of variation, 1/256 to 1. `scratch`: 1024 bytes. */
  speckleScale(source: number, sourceStride: number, width: number, height: number, offset: number, scratch: number): number;
  /**
   * GREY → GREY, non-local means with patches of 2 `patch` + 1 (patch 1 to 4) in a window of 2 `search` + 1 pixels (patch + search at most 16); not live.
   * Patches whose mean squared difference reaches h0 + h1 * mean level count nothing; h0 above 0.
   */
  nonLocalMeans(...given: [...FromTo, patch: number, search: number, h0: number, h1: number, scratch: number]): void;
  /**
   * GREY → GREY, all tight: picture + amounts * (picture - fine, fine - coarse), the amounts in 1/16384 up to 32767. Differences within `threshold` are
   * left out, the sum is kept within `limit`; both in 1/64 level, up to 16320.
   */
  addDetail(
    source: number,
    fine: number,
    coarse: number,
    target: number,
    pixels: number,
    fineAmount: number,
    coarseAmount: number,
    threshold: number,
    limit: number,
  ): void;
  /** Tight RGB24 → GREY: (r + 2g + b + 2) / 4. */
  splitGrey(source: number, target: number, pixels: number): void;
  /** Tight RGB24 and GREY → RGB24: the grey level where the channels of the colour differ by at most `tolerance`, else the colour. */
  joinGrey(source: number, grey: number, target: number, pixels: number, tolerance: number): void;
  /** GREY → GREY with a plane of levels blended over it by a plane of alphas; both width * height bytes. */
  overlayGrey(...given: [...FromTo, level: number, alpha: number]): void;
  /** RGB24 → RGB24, the same. */
  overlayRgb(...given: [...FromTo, level: number, alpha: number]): void;
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
  lumaToGrey(...given: [...FromTo, black: number, gain: number]): void;
  /** YUYV (`order` 0) or UYVY (`order` 1) → GREY, the same formula. */
  packedToGrey(...given: [...FromTo, order: number, black: number, gain: number]): void;
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
  /** Makes of a table of 256 levels one of 65,536 pairs of levels (u16), the first pixel in the lower byte. */
  pairLevels(table: number, pairs: number): void;
  /** GREY → GREY by a table of pairs. */
  mapLevels(...args: [...Picture, pairs: number]): void;
  /** GREY → RGBA by a table of 256 little-endian words 0xAABBGGRR: a table of levels and a colour map in one. */
  colourMapRgba(...args: [...Picture, table: number]): void;
  /**
   * First half of the equalization: from each of `tilesX` * `tilesY` tiles (none empty) a table of 256 levels in 1/128, u16, from its
   * histogram, in which no level counts for more than `clip` times the mean. Scratch: 4096 bytes.
   */
  tileTables(
    ...args: [
      source: number,
      sourceStride: number,
      width: number,
      height: number,
      tilesX: number,
      tilesY: number,
      clip: number,
      tables: number,
      scratch: number,
    ]
  ): void;
  /** Second half, GREY → GREY: every pixel by the tables of the four tiles around it. Scratch: 1024 * (tilesX + 1) bytes. */
  equalize(...args: [...Picture, tilesX: number, tilesY: number, tables: number, scratch: number]): void;
  /** GREY → RGB24. */
  greyToRgb(...args: Picture): void;
  /**
   * Blends an RGBA plane of width * height over pixels of 3 or 4 bytes (`channels`), in place; the fourth byte stays. `spans`: for each row
   * the first column that is drawn upon and the one after the last, u16.
   */
  blendPlane(
    ...args: [target: number, targetStride: number, width: number, height: number, channels: number, plane: number, spans: number]
  ): void;
  /**
   * Scan lines → GREY, bilinear. Lines lie `sourceStride` apart. `runs`: for each run of pixels that the lines cover its first column and
   * its row, u16, and its length, i32; everything else becomes black. For every pixel of the runs one after the other `offsets` (u32)
   * says where in `source` the sample before it on the line before it lies, and `fractions` how far it is from there: the way along
   * the line in the lower byte and across in the upper, in 1/256.
   */
  scanConvert(...args: [...Picture, runs: number, runCount: number, offsets: number, fractions: number]): void;
  /** Copies rows of `rowBytes`. A negative stride walks upwards. */
  copyRows(source: number, sourceStride: number, target: number, targetStride: number, rowBytes: number, height: number): void;
  /** Copies the pixels that `runs` cover, as in `scanConvert`; everything else becomes black. */
  keepRuns(
    ...args: [
      source: number,
      sourceStride: number,
      target: number,
      targetStride: number,
      rowBytes: number,
      height: number,
      runs: number,
      runCount: number,
      bytesPerPixel: number,
    ]
  ): void;
  /** Right becomes left; pixels of 1, 2 or 3 bytes. Strides may be negative: both together turn a picture upside down. */
  mirror(...args: [...Picture, bytesPerPixel: number]): void;
  /** Rows become columns; `width` and `height` are those of the source. Strides may be negative: a quarter turn. */
  transpose(...args: [...Picture, bytesPerPixel: number]): void;
  /**
   * Another size, each sample a weighted sum; any number of channels of 8 bits. `width` and `sourceBytes`: samples of a row of the target
   * and of the source. `rowTaps`: for each row of the target the first row of the source, the number of rows and their weights in 1/32768,
   * i32; `columnTaps`: what writeColumnTaps makes, its weights in 1/16384. Scratch: twice `sourceBytes` and 16.
   */
  scale(...args: [...Picture, sourceBytes: number, rowTaps: number, columnTaps: number, scratch: number]): void;
  /**
   * In-phase and quadrature samples, i16 → GREY lines. `step`: bytes between samples of a line, `sourceStride` between lines. `table`:
   * 65,536 levels, addressed by the upper sixteen bits below the sign of the power (the sum of the squares) as a 32-bit float.
   */
  iqEnvelope(
    ...args: [
      inPhase: number,
      quadrature: number,
      step: number,
      sourceStride: number,
      target: number,
      targetStride: number,
      samples: number,
      lines: number,
      table: number,
    ]
  ): void;
  /**
   * Radio-frequency samples, i16 → GREY lines: a complex filter of `count` (odd) taps makes in-phase and quadrature parts of them. `taps`:
   * real and imaginary part of each, f32, in the order in which samples meet them. Scratch: 4 * (samples + count + 16) bytes.
   */
  rfEnvelope(
    ...args: [
      source: number,
      sourceStride: number,
      target: number,
      targetStride: number,
      samples: number,
      lines: number,
      taps: number,
      count: number,
      table: number,
      scratch: number,
    ]
  ): void;
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
