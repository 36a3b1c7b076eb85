import Type, { type Static } from 'typebox';
import { AppError } from '../app-error.ts';
import { bytesPerPixel, type FrameFormat, isPicture, maxSide } from '../frame/frame-format.ts';
import type { FormingStage } from './stage.ts';

const side = (description: string) => Type.Integer({ minimum: 0, maximum: maxSide, description });

const options = Type.Object(
  {
    rectangles: Type.Array(
      Type.Object(
        {
          x: side('left column'),
          y: side('upper row'),
          width: Type.Integer({ minimum: 1, maximum: maxSide, description: 'pixels' }),
          height: Type.Integer({ minimum: 1, maximum: maxSide, description: 'pixels' }),
        },
        { additionalProperties: false },
      ),
      { title: 'Rectangles', default: [], maxItems: 32, description: 'parts that become black, e.g. burnt-in names' },
    ),
    fan: Type.Union(
      [
        Type.Null(),
        Type.Object(
          {
            apexX: Type.Number({ minimum: -maxSide, maximum: maxSide, description: 'column where the lines meet' }),
            apexY: Type.Number({ minimum: -maxSide, maximum: maxSide, description: 'row where the lines meet' }),
            innerPx: Type.Number({ minimum: 0, maximum: 2 * maxSide, description: 'radius of the probe' }),
            outerPx: Type.Number({ minimum: 1, maximum: 2 * maxSide, description: 'radius of the deepest sample' }),
            startDeg: Type.Number({ minimum: -120, maximum: 120, description: 'first line, from straight down, positive to the right' }),
            endDeg: Type.Number({ minimum: -120, maximum: 120, description: 'last line' }),
          },
          { additionalProperties: false },
        ),
      ],
      { title: 'Fan', default: null, description: 'outside of it everything becomes black' },
    ),
  },
  { additionalProperties: false },
);
type Options = Static<typeof options>;

const runBytes = 8;

/** Parts of the picture that nobody is to see, black before it leaves for any viewer or recorder. */
export const mask: FormingStage<typeof options> = {
  name: 'mask',
  title: 'Mask',
  options,
  output(input, given) {
    if (!isPicture(input) || (given.rectangles.length === 0 && given.fan === null)) return undefined;
    refuseOutside(input, given);
    return input;
  },
  scratchBytes: (input, given) => keptRuns(input, given).length * runBytes,
  open(input, given, { kernels, memory, scratch }) {
    const runs = keptRuns(input, given);
    const view = new DataView(memory, scratch, runs.length * runBytes);
    runs.forEach(({ x, y, length }, run) => {
      view.setUint16(run * runBytes, x, true);
      view.setUint16(run * runBytes + 2, y, true);
      view.setInt32(run * runBytes + 4, length, true);
    });
    const { width, height, bytesPerLine } = input;
    const bytes = bytesPerPixel[(input as FrameFormat & { pixelFormat: keyof typeof bytesPerPixel }).pixelFormat];
    return (source, target) =>
      kernels.keepRuns(source, bytesPerLine, target, width * bytes, width * bytes, height, scratch, runs.length, bytes);
  },
};

interface Run {
  readonly x: number;
  readonly y: number;
  readonly length: number;
}

function refuseOutside({ width, height }: FrameFormat, { rectangles, fan }: Options): void {
  for (const { x, y, width: w, height: h } of rectangles) {
    if (x + w > width || y + h > height) throw refuse('rectangles', `${x},${y} ${w}x${h}`, `inside the picture of ${width}x${height}`);
  }
  if (fan !== null && !(fan.outerPx > fan.innerPx && fan.endDeg > fan.startDeg)) {
    throw refuse('fan', JSON.stringify(fan), 'outerPx above innerPx, endDeg above startDeg');
  }
}

/** What is shown of every row. */
function keptRuns({ width, height }: FrameFormat, { rectangles, fan }: Options): Run[] {
  const shown = new Uint8Array(width);
  return Array.from({ length: height }, (_, y) => {
    shown.fill(1);
    for (const { x, y: top, width: w, height: h } of rectangles) if (y >= top && y < top + h) shown.fill(0, x, x + w);
    if (fan !== null) keepFan(shown, y, fan);
    return runsOf(shown, y);
  }).flat();
}

function keepFan(shown: Uint8Array, y: number, { apexX, apexY, innerPx, outerPx, startDeg, endDeg }: NonNullable<Options['fan']>): void {
  for (let x = 0; x < shown.length; x++) {
    const radius = Math.hypot(x - apexX, y - apexY);
    const angleDeg = (Math.atan2(x - apexX, y - apexY) * 180) / Math.PI;
    if (radius < innerPx || radius > outerPx || angleDeg < startDeg || angleDeg > endDeg) shown[x] = 0;
  }
}

function runsOf(shown: Uint8Array, y: number): Run[] {
  const runs: Run[] = [];
  for (let x = shown.indexOf(1); x >= 0; ) {
    const end = shown.indexOf(0, x);
    const after = end < 0 ? shown.length : end;
    runs.push({ x, y, length: after - x });
    x = shown.indexOf(1, after);
  }
  return runs;
}

const refuse = (option: string, value: string, allowed: string): AppError =>
  new AppError('stage/bad-option', { stage: 'mask', option, value, allowed });
