import Type from 'typebox';
import { gaussian7Scratch } from '../../wasm/scratch.ts';
import { gaussianWeights } from './filter-weights.ts';
import { oneOf } from './one-of.ts';
import type { Stage } from './stage.ts';

const options = Type.Object(
  {
    method: oneOf(['unsharp', 'multi-scale'], {
      title: 'Method',
      default: 'unsharp',
      description: 'unsharp: fine structures; multi-scale: wires, vessels and walls too',
    }),
    strength: Type.Number({
      title: 'Strength',
      default: 0.5,
      minimum: 0,
      maximum: 2,
      multipleOf: 0.05,
      description: 'how much of the detail is added once more',
    }),
    noise: Type.Number({
      title: 'Noise guard',
      default: 2,
      minimum: 0,
      maximum: 40,
      multipleOf: 0.5,
      description: 'grey levels of detail that are left as they are',
    }),
  },
  { additionalProperties: false },
);

/** Reach of the finer and of the coarser copy, pixels; the second is made from the first. */
const [finePixels, coarsePixels] = [1, 2] as const;
/** An edge is raised by no more than this, so that it gets no halo that looks like a calcification, levels. */
const mostLevels = 24;

/** Makes edges stand out. */
export const detail: Stage<typeof options> = {
  name: 'detail',
  title: 'Detail',
  options,
  onGreyPlane: true,
  output: (input, { strength }) => (input.pixelFormat === 'GREY' && strength > 0 ? input : undefined),
  reach: (_input, { method }) => (method === 'unsharp' ? 3 : 6),
  scratchBytes: ({ width, height }) => 2 * width * height + gaussian7Scratch(width),
  open({ width, height }, first, { kernels, scratch }) {
    const pixels = width * height;
    const [fine, coarse, lines] = [scratch, scratch + pixels, scratch + 2 * pixels];
    const [finer, coarser] = [gaussianWeights(finePixels), gaussianWeights(coarsePixels)];
    const smooth = (source: number, target: number, { w0, w1, w2, w3 }: ReturnType<typeof gaussianWeights>): void =>
      kernels.gaussian7(source, width, target, width, width, height, w0, w1, w2, w3, lines);
    let { method, strength, noise } = first;
    return {
      configure(next) {
        ({ method, strength, noise } = next);
      },
      apply(source, target) {
        const amount = Math.min(Math.round(strength * 16_384), 32_767);
        smooth(source, fine, finer);
        const scales = method === 'multi-scale';
        if (scales) smooth(fine, coarse, coarser);
        const second = scales ? coarse : fine;
        kernels.addDetail(source, fine, second, target, pixels, amount, scales ? amount : 0, noise * 64, mostLevels * 64);
      },
    };
  },
};
