import Type, { type Static } from 'typebox';
import type { Kernels } from '../../wasm/kernels.ts';
import { bilateralScratch, gaussian7Scratch, guidedScratch, leeScratch, sradScratch } from '../../wasm/scratch.ts';
import type { FrameFormat } from '../frame/frame-format.ts';
import { gaussianWeights, writeBilateralWeights } from './filter-weights.ts';
import { oneOf } from './one-of.ts';
import type { Stage } from './stage.ts';

const methods = ['guided', 'lee', 'bilateral', 'gaussian', 'srad'] as const;
type Method = (typeof methods)[number];
const mostRadius = 5;

const options = Type.Object(
  {
    method: oneOf(methods, {
      title: 'Method',
      default: 'guided',
      description: 'guided, lee: by local variance; bilateral: by likeness; gaussian: soft focus; srad: diffusion along edges',
    }),
    strength: Type.Number({
      title: 'Strength',
      default: 0.5,
      minimum: 0.05,
      maximum: 1,
      multipleOf: 0.05,
      description: 'how much counts as speckle; more where the picture has more of it',
    }),
    radius: Type.Integer({
      title: 'Radius',
      default: 2,
      minimum: 1,
      maximum: mostRadius,
      description: 'of the box of guided and lee, pixels; rounds of srad',
    }),
  },
  { additionalProperties: false },
);
type Options = Static<typeof options>;

/** Room for the counts of an estimate and for the bilateral weights. */
const [countsBytes, tableBytes] = [1024, 1088] as const;
/** Diffusion counts levels from here: log-compressed speckle then has nearly the same deviation everywhere. */
const diffusionOffset = 255;
/** Share of the flow that one round of diffusion carries; above it the explicit scheme overshoots. */
const diffusionRate = 0.2;
/** Squared levels that count as noise at full strength, for the root of a deviation of one level. */
const noiseScale = 220;
/** A picture that varies by no more from pixel to pixel is rather full of fine structure than noisy, levels. */
const structureLevels = 1.5;
/** Deviations at full strength. */
const [bilateralLevels, bilateralPixels, gaussianPixels] = [60, 4, 2] as const;

/** A method with its settings; one that estimates the noise does so on the whole picture. */
interface Filter {
  measure?(source: number, height: number): number;
  apply(source: number, target: number, measured: number): void;
}
type Prepare = (options: Options) => Filter;

const estimating: readonly Method[] = ['guided', 'lee', 'bilateral', 'srad'];

/** Speckle and noise of one picture, by the method of choice. */
export const despeckle: Stage<typeof options> = {
  name: 'despeckle',
  title: 'Despeckle',
  options,
  onGreyPlane: true,
  output: (input) => (input.pixelFormat === 'GREY' ? input : undefined),
  // The guided filter averages twice; a round of diffusion looks at a pixel's neighbours and at theirs.
  reach: (_input, { method, radius }) => ({ bilateral: 2, gaussian: 3, lee: radius, guided: 2 * radius, srad: 2 * radius })[method],
  measures: ({ method }) => estimating.includes(method),
  scratchBytes: ({ width, height }) => {
    const boxes = [guidedScratch(width, height, mostRadius), leeScratch(width, mostRadius)];
    const each = [...boxes, bilateralScratch(width), gaussian7Scratch(width)];
    return tableBytes + Math.max(...each, sradScratch(width, height));
  },
  open(input, first, { kernels, memory, scratch }) {
    const filters = openFilters(input, kernels, scratch, new Uint8Array(memory, scratch + countsBytes, tableBytes - countsBytes));
    let filter = filters[first.method](first);
    return {
      configure(next) {
        filter = filters[next.method](next);
      },
      measure: (source, height) => filter.measure?.(source, height) ?? 0,
      apply: (source, target, _truth, measured) => filter.apply(source, target, measured),
    };
  },
};

/** What each method does to a picture with given settings. */
function openFilters({ width, height }: FrameFormat, kernels: Kernels, table: number, rows: Uint8Array): Record<Method, Prepare> {
  const [weightsAt, scratch] = [table + countsBytes, table + tableBytes];
  /**
   * Variance of what counts as noise, squared levels; estimated before every picture, so that dose and gain may change. It grows
   * far less than strong noise: a wire or a valve has only so many levels to lose. Where hardly anything varies it is structure.
   */
  const noiseOf = (source: number, height: number, strength: number): number => {
    const deviation = kernels.noiseDeviation(source, width, width, height, table);
    return strength ** 2 * noiseScale * certaintyOf(deviation) * Math.sqrt(deviation);
  };
  return {
    lee: ({ strength, radius }) => ({
      measure: (source, lines) => noiseOf(source, lines, strength),
      apply: (source, target, noise) => kernels.lee(source, width, target, width, width, height, radius, noise, scratch),
    }),
    guided: ({ strength, radius }) => ({
      measure: (source, lines) => noiseOf(source, lines, strength),
      apply: (source, target, noise) => kernels.guided(source, width, target, width, width, height, radius, noise, scratch),
    }),
    bilateral({ strength }) {
      let [sigma, weights] = [0, writeBilateralWeights(rows, 1, bilateralPixels)];
      return {
        // In whole quarters of a level, so that weights are seldom made anew.
        measure: (source, lines) =>
          Math.ceil(4 * bilateralLevels * strength * certaintyOf(kernels.noiseDeviation(source, width, width, lines, table))) / 4,
        apply(source, target, measured) {
          if (measured !== sigma) {
            sigma = measured;
            weights = writeBilateralWeights(rows, sigma, bilateralPixels);
          }
          kernels.bilateral(source, width, target, width, width, height, weightsAt, weights.centreWeight, weights.shift, scratch);
        },
      };
    },
    gaussian({ strength }) {
      const { w0, w1, w2, w3 } = gaussianWeights(gaussianPixels * strength);
      return { apply: (source, target) => kernels.gaussian7(source, width, target, width, width, height, w0, w1, w2, w3, scratch) };
    },
    srad: ({ strength, radius }) => ({
      measure: (source, lines) => 4 * strength * kernels.speckleScale(source, width, width, lines, diffusionOffset, table),
      apply: (source, target, speckle) =>
        kernels.srad(source, width, target, width, width, height, radius, diffusionRate, speckle, diffusionOffset, scratch),
    }),
  };
}

/** Share of what varies from pixel to pixel that is noise: where hardly anything does it is structure. */
const certaintyOf = (deviation: number): number => deviation ** 2 / (structureLevels ** 2 + deviation ** 2);
