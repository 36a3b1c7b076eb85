import Type, { type Static } from 'typebox';

export const options = Type.Object(
  {
    host: Type.String({ minLength: 1, maxLength: 255, description: 'name or address of the OpenIGTLink server, e.g. a PLUS server' }),
    port: Type.Integer({ default: 18_944, minimum: 1, maximum: 65_535, description: 'its port' }),
    device: Type.String({ default: '', maxLength: 20, description: 'device name whose images are taken; empty: the first that sends one' }),
    modality: Type.Unsafe<'ultrasound' | 'x-ray' | 'other'>(
      Type.Union([Type.Literal('ultrasound'), Type.Literal('x-ray'), Type.Literal('other')], {
        default: 'ultrasound',
        description: 'kind of picture; the protocol does not tell',
      }),
    ),
    calibrated: Type.Boolean({
      default: false,
      description: "the sender's pixel spacing is a calibration; many senders put 1 mm, or the screen's, where they know none",
    }),
    poseAgeMs: Type.Integer({
      default: 200,
      minimum: 1,
      maximum: 10_000,
      description: 'a tool that was not measured within so many milliseconds of a picture is lost',
    }),
    longestMiB: Type.Integer({ default: 64, minimum: 1, maximum: 512, description: 'largest message that is taken' }),
  },
  { additionalProperties: false },
);
export type Options = Static<typeof options>;
