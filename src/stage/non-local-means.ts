import Type from 'typebox';
import { nonLocalMeansScratch } from '../../wasm/scratch.ts';
import { oneOf } from './one-of.ts';
import type { Stage } from './stage.ts';

const options = Type.Object(
  {
    noise: oneOf(['speckle', 'even'], {
      title: 'Noise',
      default: 'speckle',
      description: 'speckle: stronger where it is brighter; even: the same everywhere',
    }),
    strength: Type.Number({
      title: 'Strength',
      default: 0.5,
      minimum: 0.05,
      maximum: 1,
      multipleOf: 0.05,
      description: 'how different places may be that count as the same tissue',
    }),
  },
  { additionalProperties: false },
);

/** Half sides of the patches that are compared and of the window in which they are sought, pixels. */
const [patch, search] = [3, 7] as const;
/**
 * Mean squared difference from which on patches count nothing, at full strength, in variances of the noise from pixel to pixel. White noise
 * would leave 2; grains of speckle are several pixels wide, so that their variance is several times larger.
 */
const widest = 64;
/** Grey level at which speckle has the measured deviation; a quarter of the limit holds also where it is black. */
const [tissueLevel, evenShare] = [64, 0.25] as const;
const countsBytes = 1024;

/**
 * The average of places that look alike, wherever they are: Buades 2005, for speckle relative to brightness as Coupé 2009 does. It takes
 * a large part of a second and is for frozen pictures.
 */
export const nonLocalMeans: Stage<typeof options> = {
  name: 'non-local-means',
  title: 'Non-local means',
  options,
  onGreyPlane: true,
  output: (input) => (input.pixelFormat === 'GREY' ? input : undefined),
  reach: () => Number.POSITIVE_INFINITY,
  scratchBytes: ({ width, height }) => countsBytes + nonLocalMeansScratch(width, height),
  open({ width, height }, first, { kernels, scratch }) {
    let { noise, strength } = first;
    return {
      configure(next) {
        ({ noise, strength } = next);
      },
      apply(source, target) {
        const limit = strength * widest * kernels.noiseDeviation(source, width, width, height, scratch) ** 2;
        const [even, perLevel] = noise === 'even' ? [limit, 0] : [evenShare * limit, ((1 - evenShare) * limit) / tissueLevel];
        kernels.nonLocalMeans(source, width, target, width, width, height, patch, search, even, perLevel, scratch + countsBytes);
      },
    };
  },
};
