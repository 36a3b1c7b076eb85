import Type from 'typebox';
import type { Stage } from './stage.ts';

const options = Type.Object({}, { additionalProperties: false });

/** Median of 3x3: takes single bright and dark pixels away, keeps edges. */
export const median: Stage<typeof options> = {
  name: 'median',
  title: 'Spot filter',
  options,
  output: (input) => (input.pixelFormat === 'GREY' ? input : undefined),
  reach: () => 1,
  scratchBytes: () => 0,
  open({ width, height }, _options, { kernels }) {
    return {
      configure: () => undefined,
      apply: (source, target) => kernels.median3(source, width, target, width, width, height),
    };
  },
};
