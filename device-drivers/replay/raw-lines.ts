import Type, { type Static } from 'typebox';
import { AppError } from '../../src/app-error.ts';
import { type FrameFormat, frameFormat } from '../../src/frame/frame-format.ts';
import type { RfSignal, ScanGeometry } from '../../src/frame/scan-geometry.ts';

const Millimetres = (description: string) => Type.Number({ minimum: -1000, maximum: 1000, description });
const depths = {
  depthStartMm: Millimetres('depth of the first sample of a line'),
  depthEndMm: Millimetres('depth of the last one; some devices send the deepest first'),
};

/** For recordings whose rows are scan lines and no picture: how they lie in the body. See src/frame/scan-geometry.ts. */
export const ScanOption = Type.Optional(
  Type.Union(
    [
      Type.Object(
        {
          kind: Type.Literal('linear'),
          ...depths,
          lineStartMm: Millimetres('place of the first line, from the middle of the face'),
          lineEndMm: Millimetres('place of the last one'),
        },
        { additionalProperties: false },
      ),
      Type.Object(
        {
          kind: Type.Union([Type.Literal('sector'), Type.Literal('curvilinear')]),
          ...depths,
          radiusMm: Type.Number({
            default: 0,
            minimum: 0,
            maximum: 1000,
            description: 'from where the lines meet to the face of the probe',
          }),
          angleStartDeg: Type.Number({ description: 'of the first line, from straight down, positive to the right' }),
          angleEndDeg: Type.Number({ description: 'of the last one' }),
        },
        { additionalProperties: false },
      ),
    ],
    { description: 'the rows are scan lines: linear, sector or curvilinear, with depths in mm and places in mm or degrees' },
  ),
);

export const RfOption = Type.Optional(
  Type.Object(
    {
      layout: Type.Union([Type.Literal('rf'), Type.Literal('iq-lines'), Type.Literal('iq-pairs')], {
        default: 'rf',
        description: 'rf: a row a line; iq-lines: rows of I and Q in turn; iq-pairs: I and Q in turn along the row',
      }),
      sampleRateMHz: Type.Number({ exclusiveMinimum: 0, maximum: 1000, description: 'samples of a line per microsecond' }),
      centreMHz: Type.Number({ default: 0, minimum: 0, maximum: 500, description: 'centre of the band; 0: nothing is filtered' }),
      bandMHz: Type.Number({ default: 0, minimum: 0, maximum: 1000, description: 'width of the band' }),
    },
    { additionalProperties: false, description: 'the lines are a radio-frequency signal of 16 bits; needs scan' },
  ),
);

export interface LineOptions {
  readonly scan?: Static<typeof ScanOption>;
  readonly rf?: Static<typeof RfOption>;
}

/** The format of a recording whose rows are scan lines; the recording's own where nobody says so. Throws `replay/not-lines` and `frame/bad-format`. */
export function lineFormat(own: FrameFormat, { scan, rf }: LineOptions, file: string): FrameFormat {
  if (scan === undefined) {
    if (rf !== undefined) throw new AppError('replay/not-lines', { file, reason: 'rf is given without scan' });
    return own;
  }
  const needed = rf === undefined ? 'GREY' : 'Y16';
  if (own.pixelFormat !== needed) {
    throw new AppError('replay/not-lines', {
      file,
      reason: `its pixels are ${own.pixelFormat}, ${rf === undefined ? 'lines' : 'RF lines'} are ${needed}`,
    });
  }
  const { frameIntervalMs } = own;
  return frameFormat(own.width, own.height, rf === undefined ? 'GREY' : 'S16', {
    scan: scan as ScanGeometry,
    ...(rf && { rf: rf as RfSignal }),
    ...(frameIntervalMs !== undefined && { frameIntervalMs }),
  });
}

/** Recordings carry signed samples raised by half their range; a signal swings around nought. */
export function toSigned(pixels: Uint8Array): void {
  for (let at = 1; at < pixels.length; at += 2) pixels[at] = (pixels[at] as number) ^ 0x80;
}
