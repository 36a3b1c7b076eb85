import Type from 'typebox';
import { median5Scratch } from '../../wasm/scratch.ts';
import { oneOf } from './one-of.ts';
import type { Stage } from './stage.ts';

const options = Type.Object(
  {
    size: oneOf([3, 5], { title: 'Size', default: 3, description: 'side of the square whose median is taken, pixels' }),
  },
  { additionalProperties: false },
);

/** Median: takes single bright and dark pixels away, keeps edges. */
export const median: Stage<typeof options> = {
  name: 'median',
  title: 'Spot filter',
  options,
  onGreyPlane: true,
  output: (input) => (input.pixelFormat === 'GREY' ? input : undefined),
  reach: (_input, { size }) => (size - 1) / 2,
  scratchBytes: ({ width }) => median5Scratch(width),
  open({ width, height }, first, { kernels, scratch }) {
    let { size } = first;
    return {
      configure(next) {
        ({ size } = next);
      },
      apply(source, target) {
        if (size === 3) kernels.median3(source, width, target, width, width, height);
        else kernels.median5(source, width, target, width, width, height, scratch);
      },
    };
  },
};
