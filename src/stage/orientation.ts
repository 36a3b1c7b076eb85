import Type, { type Static } from 'typebox';
import { AppError } from '../app-error.ts';
import { aligned } from '../frame/aligned.ts';
import { bytesPerPixel, type FrameFormat, isPicture, maxSide } from '../frame/frame-format.ts';
import { oneOf } from './one-of.ts';
import { mappedRegions } from './regions.ts';
import { columnTapsBytes, rowTapsBytes, scaleTaps, writeColumnTaps, writeRowTaps } from './scale-taps.ts';
import type { FormingStage } from './stage.ts';

const pixels = (title: string, description: string) =>
  Type.Integer({ title, default: 0, minimum: 0, maximum: maxSide - 1, description: `${description}, pixels of the source` });

const options = Type.Object(
  {
    mirror: Type.Boolean({ title: 'Mirror', default: false, description: 'left becomes right' }),
    upsideDown: Type.Boolean({ title: 'Upside down', default: false, description: 'top becomes bottom' }),
    turn: oneOf([0, 90, 180, 270] as const, { title: 'Turn', default: 0, description: 'degrees clockwise, after mirroring' }),
    cropLeft: pixels('Crop left', 'cut off at the left'),
    cropRight: pixels('Crop right', 'cut off at the right'),
    cropTop: pixels('Crop top', 'cut off at the top'),
    cropBottom: pixels('Crop bottom', 'cut off at the bottom'),
    scale: Type.Number({
      title: 'Scale',
      default: 1,
      minimum: 0.05,
      maximum: 4,
      description: 'of what is left; under 1 every pixel is the mean of its area, above 1 it is interpolated',
    }),
  },
  { additionalProperties: false },
);
type Options = Static<typeof options>;

/** Cuts, scales, mirrors and turns; the calibration goes with the pixels. */
export const orientation: FormingStage<typeof options> = {
  name: 'orientation',
  title: 'Orientation',
  options,
  output(input, given) {
    if (!isPicture(input) || isAtRest(given)) return undefined;
    const { cut, scaled, transposed, mirrored, flipped } = planOf(input, given);
    const [width, height] = transposed ? [scaled.height, scaled.width] : [scaled.width, scaled.height];
    const [ratioX, ratioY] = [scaled.width / cut.width, scaled.height / cut.height];
    // Centres of pixels: the first of the cut lies half a pixel inside its border, before and after.
    const [shiftX, shiftY] = [(0.5 - given.cropLeft) * ratioX - 0.5, (0.5 - given.cropTop) * ratioY - 0.5];
    const map = {
      scaleX: mirrored ? -ratioX : ratioX,
      shiftX: mirrored ? scaled.width - 1 - shiftX : shiftX,
      scaleY: flipped ? -ratioY : ratioY,
      shiftY: flipped ? scaled.height - 1 - shiftY : shiftY,
      transposed,
    };
    const regions = mappedRegions(input.regions, map, { width, height });
    return { ...input, width, height, bytesPerLine: width * bytesPerPixel[input.pixelFormat], regions };
  },
  scratchBytes(input, given) {
    const { cut, scaled, scales } = planOf(input, given);
    return scales ? placesOf(cut, scaled, channelsOf(input), 0).end : 0;
  },
  open(input, given, { kernels, memory, scratch }) {
    const bytes = channelsOf(input);
    const { cut, scaled, scales, transposed, mirrored, flipped } = planOf(input, given);
    const { bytesPerLine } = input;
    const corner = given.cropTop * bytesPerLine + given.cropLeft * bytes;
    const { rowTaps, columnTaps, line, between } = placesOf(cut, scaled, bytes, scratch);
    if (scales) {
      writeRowTaps(memory, rowTaps, scaleTaps(cut.height, scaled.height));
      writeColumnTaps(memory, columnTaps, scaleTaps(cut.width, scaled.width), bytes);
    }
    const shrink = (source: number, target: number): void => {
      const stride = scaled.width * bytes;
      kernels.scale(source, bytesPerLine, target, stride, stride, scaled.height, cut.width * bytes, rowTaps, columnTaps, line);
    };
    const turn = (source: number, stride: number, target: number): void => {
      const { width, height } = scaled;
      const [from, step] = flipped ? [source + (height - 1) * stride, -stride] : [source, stride];
      if (!transposed && !mirrored) {
        kernels.copyRows(from, step, target, width * bytes, width * bytes, height);
      } else if (!transposed) {
        kernels.mirror(from, step, target, width * bytes, width, height, bytes);
      } else {
        const rows = height * bytes;
        kernels.transpose(from, step, mirrored ? target + (width - 1) * rows : target, mirrored ? -rows : rows, width, height, bytes);
      }
    };
    const turns = transposed || mirrored || flipped;
    return (source, target) => {
      if (!scales) return turn(source + corner, bytesPerLine, target);
      shrink(source + corner, turns ? between : target);
      if (turns) turn(between, scaled.width * bytes, target);
    };
  },
};

/** Bytes of a pixel, each a sample of its own where pictures are scaled. */
const channelsOf = (input: FrameFormat): number =>
  bytesPerPixel[(input as FrameFormat & { pixelFormat: keyof typeof bytesPerPixel }).pixelFormat];

interface Size {
  readonly width: number;
  readonly height: number;
}

/** What scaling needs, from `scratch` on: taps, a line, and the scaled picture where it is turned after that. */
function placesOf(cut: Size, scaled: Size, channels: number, scratch: number) {
  const rowTaps = scratch;
  const columnTaps = rowTaps + aligned(rowTapsBytes(cut.height, scaled.height));
  const line = columnTaps + aligned(columnTapsBytes(scaleTaps(cut.width, scaled.width), channels));
  const between = line + aligned(cut.width * channels * 2 + 16);
  return { rowTaps, columnTaps, line, between, end: between + scaled.width * scaled.height * channels };
}

const isAtRest = ({ mirror, upsideDown, turn, cropLeft, cropRight, cropTop, cropBottom, scale }: Options): boolean =>
  !mirror && !upsideDown && turn === 0 && scale === 1 && cropLeft + cropRight + cropTop + cropBottom === 0;

/** A turn is columns for rows and at most two mirrors; both mirrors are of the scaled picture, before columns become rows. */
function planOf(input: FrameFormat, { mirror, upsideDown, turn, cropLeft, cropRight, cropTop, cropBottom, scale }: Options) {
  const cut = { width: input.width - cropLeft - cropRight, height: input.height - cropTop - cropBottom };
  if (cut.width < 1 || cut.height < 1) throw refuse('crop', `all of ${input.width}x${input.height}`, 'less than the picture');
  const scaled = { width: Math.max(1, Math.round(cut.width * scale)), height: Math.max(1, Math.round(cut.height * scale)) };
  if (Math.max(scaled.width, scaled.height) > maxSide) throw refuse('scale', `${scale}`, `a picture of at most ${maxSide} pixels a side`);
  const scales = scaled.width !== cut.width || scaled.height !== cut.height;
  if (scales && input.pixelFormat === 'Y16') throw refuse('scale', `${scale}`, '1 for pictures of 16 bits');
  const transposed = turn === 90 || turn === 270;
  return {
    cut,
    scaled,
    scales,
    transposed,
    mirrored: mirror !== (turn === 180 || turn === 270),
    flipped: upsideDown !== (turn === 90 || turn === 180),
  };
}

const refuse = (option: string, value: string, allowed: string): AppError =>
  new AppError('stage/bad-option', { stage: 'orientation', option, value, allowed });
