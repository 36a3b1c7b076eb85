import Type from 'typebox';
import { windowFactors } from '../../wasm/kernels.ts';
import { bytesPerPixel, type FrameFormat, type GreyWindow } from '../frame/frame-format.ts';
import type { Stage } from './stage.ts';

const options = Type.Object(
  {
    brightness: Type.Number({
      title: 'Brightness',
      default: 0,
      minimum: -100,
      maximum: 100,
      description: 'shifts the grey window, per cent of its width',
    }),
    contrast: Type.Number({
      title: 'Contrast',
      default: 0,
      minimum: -90,
      maximum: 90,
      description: 'narrows (+) or widens (-) the grey window, per cent',
    }),
  },
  { additionalProperties: false },
);

/** Grey window: stored values → 8 bits. At rest it is the source's own window; an 8-bit source without one then passes unchanged. */
export const window: Stage<typeof options> = {
  name: 'window',
  title: 'Window',
  options,
  output(input, { brightness, contrast }) {
    if (input.pixelFormat === 'RGB24') return undefined;
    if (input.pixelFormat === 'GREY' && input.window === undefined && brightness === 0 && contrast === 0) return undefined;
    const { window: _used, ...rest } = input;
    return { ...rest, pixelFormat: 'GREY', bytesPerLine: input.width * bytesPerPixel.GREY };
  },
  reach: () => 0,
  scratchBytes: () => 0,
  open(input, first, { kernels }) {
    let factors = windowFactors(adjusted(input, first));
    const { width, height, bytesPerLine } = input;
    const apply = input.pixelFormat === 'Y16' ? kernels.windowY16 : kernels.windowGrey;
    return {
      configure(next) {
        factors = windowFactors(adjusted(input, next));
      },
      apply: (source, target) => apply(source, bytesPerLine, target, width, width, height, factors.low, factors.gain),
    };
  },
};

function adjusted(input: FrameFormat, { brightness, contrast }: { brightness: number; contrast: number }): GreyWindow {
  const own = input.window ?? { centre: 128, width: 256 };
  const width = Math.max(1, own.width * (contrast >= 0 ? 1 - contrast / 100 : 1 / (1 + contrast / 100)));
  return { centre: own.centre - (brightness / 100) * own.width, width };
}
