import Type from 'typebox';
import { bytesPerPixel, type FrameFormat } from '../frame/frame-format.ts';
import type { Stage } from './stage.ts';

/**
 * Channels of a pixel that counts as grey differ by no more: YBR → RGB with rounded chroma leaves up to three levels, and the
 * faintest Doppler colour of the recordings that were looked at has more than twenty.
 */
const toleranceLevels = 6;

const options = Type.Object({}, { additionalProperties: false });

/** Within a colour picture: the pixels as grey levels. */
export function greyOf(format: FrameFormat): FrameFormat {
  return { ...format, pixelFormat: 'GREY', bytesPerLine: format.width * bytesPerPixel.GREY };
}

/**
 * Two steps around the grey filters of a colour picture: `split` takes its grey plane off, `join` puts the filtered one back.
 * Coloured pixels keep their bits. Both see the whole picture, `split` first: `join` reads the colours where `split` found them.
 */
export function greyPlaneSteps(): Readonly<Record<'split' | 'join', Stage<typeof options>>> {
  let colour = 0;
  const both = { options, reach: () => Number.POSITIVE_INFINITY, scratchBytes: () => 0 };
  return {
    split: {
      ...both,
      name: 'split',
      title: 'Grey plane',
      output: greyOf,
      open: ({ width, height }, _options, { kernels }) => ({
        configure: () => undefined,
        apply(source, target) {
          colour = source;
          kernels.splitGrey(source, target, width * height);
        },
      }),
    },
    join: {
      ...both,
      name: 'join',
      title: 'Grey and colour',
      output: (input) => ({ ...input, pixelFormat: 'RGB24', bytesPerLine: input.width * bytesPerPixel.RGB24 }),
      open: ({ width, height }, _options, { kernels }) => ({
        configure: () => undefined,
        apply: (source, target) => kernels.joinGrey(colour, source, target, width * height, toleranceLevels),
      }),
    },
  };
}
