import Type, { type Static } from 'typebox';
import { type Kernels, lumaFactors, lumaWeights, yuvFactors } from '../../wasm/kernels.ts';
import { bytesPerPixel, type FrameFormat, tightBytes, type VideoColour } from '../frame/frame-format.ts';
import { oneOf } from './one-of.ts';
import type { FormingStage } from './stage.ts';

const options = Type.Object(
  {
    as: oneOf(['colour', 'grey'] as const, {
      title: 'Picture',
      default: 'colour',
      description: 'grey: filters for grey pictures work, colour Doppler loses its colours',
    }),
    matrix: oneOf(['source', 'bt601', 'bt709'] as const, {
      title: 'Matrix',
      default: 'source',
      description: 'of YUV colours, where the source is silent or wrong',
    }),
    range: oneOf(['source', 'limited', 'full'] as const, {
      title: 'Range',
      default: 'source',
      description: 'levels of YUV: limited is 16 to 235',
    }),
  },
  { additionalProperties: false },
);
type Options = Static<typeof options>;
type Convert = (source: number, target: number) => void;

/** What devices deliver → grey, 16 bits or RGB without gaps between the lines. */
export const pixelFormat: FormingStage<typeof options> = {
  name: 'pixel-format',
  title: 'Pixel format',
  options,
  output(input, { as }) {
    const pixelFormat = pictureOf(input, as);
    if (pixelFormat === undefined) return undefined;
    if (pixelFormat === input.pixelFormat && input.bytesPerLine === tightBytes(input)) return undefined;
    const { colour: _used, ...rest } = input;
    const deep = input.pixelFormat === 'Y10' || input.pixelFormat === 'Y12';
    const window = rest.window ?? (deep ? wholeRange(bitsOf(input)) : undefined);
    return { ...rest, pixelFormat, bytesPerLine: input.width * bytesPerPixel[pixelFormat], ...(window && { window }) };
  },
  scratchBytes: () => 0,
  open: (input, given, { kernels }) => converter(input, given, kernels),
};

const bitsOf = ({ pixelFormat }: FrameFormat): number => (pixelFormat === 'Y10' ? 10 : 12);
const wholeRange = (bits: number) => ({ centre: 2 ** (bits - 1), width: 2 ** bits });

/** What becomes of a format; undefined: nothing that this stage makes. */
function pictureOf({ pixelFormat }: FrameFormat, as: Options['as']): keyof typeof bytesPerPixel | undefined {
  switch (pixelFormat) {
    case 'S16':
      return undefined;
    case 'GREY':
      return 'GREY';
    case 'Y16':
    case 'Y10':
    case 'Y12':
      return 'Y16';
    default:
      return as === 'grey' ? 'GREY' : 'RGB24';
  }
}

/** V4L2's rule where the source says nothing. */
function colourOf({ colour, height }: FrameFormat, { matrix, range }: Options): VideoColour {
  return {
    matrix: matrix === 'source' ? (colour?.matrix ?? (height >= 720 ? 'bt709' : 'bt601')) : matrix,
    range: range === 'source' ? (colour?.range ?? 'limited') : range,
  };
}

function converter(input: FrameFormat, given: Options, kernels: Kernels): Convert {
  const { width, height, bytesPerLine } = input;
  const colour = colourOf(input, given);
  const grey = given.as === 'grey';
  const yuv = yuvFactors(colour.matrix, colour.range);
  const { black, gain } = lumaFactors[colour.range];
  const chroma = bytesPerLine * height;
  const weights = (order: readonly [number, number, number]): [number, number, number] =>
    order.map((channel) => Math.round((lumaWeights[colour.matrix][channel] as number) * 256)) as [number, number, number];
  const tight = (bytes: number): Convert => {
    return (source, target) => kernels.copyRows(source, bytesPerLine, target, width * bytes, width * bytes, height);
  };
  const packed = (order: number): Convert => {
    if (grey) return (source, target) => kernels.packedToGrey(source, bytesPerLine, target, width, width, height, order, black, gain);
    return (source, target) => kernels.packedToRgb(source, bytesPerLine, target, 3 * width, width, height, order, ...yuv);
  };
  const weighed = (bytes: 3 | 4, order: readonly [number, number, number]): Convert => {
    const [first, second, third] = weights(order);
    const kernel = bytes === 3 ? kernels.rgbToGrey : kernels.rgbaToGrey;
    return (source, target) => kernel(source, bytesPerLine, target, width, width, height, first, second, third);
  };
  const luma: Convert = (source, target) => kernels.lumaToGrey(source, bytesPerLine, target, width, width, height, black, gain);
  switch (input.pixelFormat) {
    case 'GREY':
      return tight(1);
    case 'Y16':
      return tight(2);
    case 'Y10':
    case 'Y12': {
      const most = 2 ** bitsOf(input) - 1;
      return (source, target) => kernels.limitY16(source, bytesPerLine, target, 2 * width, width, height, most);
    }
    case 'RGB24':
      return grey ? weighed(3, [0, 1, 2]) : tight(3);
    case 'BGR24':
      return grey ? weighed(3, [2, 1, 0]) : (source, target) => kernels.bgrToRgb(source, bytesPerLine, target, 3 * width, width, height);
    case 'BGRA':
      return grey ? weighed(4, [2, 1, 0]) : (source, target) => kernels.bgraToRgb(source, bytesPerLine, target, 3 * width, width, height);
    case 'YUYV':
      return packed(0);
    case 'UYVY':
      return packed(1);
    case 'NV12':
      if (grey) return luma;
      return (source, target) =>
        kernels.nv12ToRgb(source, bytesPerLine, source + chroma, bytesPerLine, target, 3 * width, width, height, ...yuv);
    case 'I420': {
      if (grey) return luma;
      const second = chroma + (bytesPerLine / 2) * (height / 2);
      return (source, target) =>
        kernels.i420ToRgb(
          source,
          bytesPerLine,
          source + chroma,
          source + second,
          bytesPerLine / 2,
          target,
          3 * width,
          width,
          height,
          ...yuv,
        );
    }
    case 'S16':
      return () => undefined;
  }
}
