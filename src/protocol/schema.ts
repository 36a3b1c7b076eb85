import Type, { type TSchema } from 'typebox';

/** What the schemas of messages are put together from. */
export const oneOf = <const Names extends readonly string[]>(names: Names, description: string) =>
  Type.Union(
    names.map((name) => Type.Literal(name)),
    { description },
  ) as unknown as import('typebox').TUnsafe<Names[number]>;

export const message = <const Name extends string, Properties extends Record<string, TSchema>>(
  type: Name,
  description: string,
  properties: Properties,
) => Type.Object({ type: Type.Literal(type), ...properties }, { additionalProperties: false, description });

export const exact = (description: string) => ({ additionalProperties: false, description });

export const StreamId = Type.Integer({ minimum: 0, maximum: 0xffffffff, description: 'number of the stream, as in the frame header' });
export const Sequence = Type.Integer({
  minimum: 0,
  maximum: 0xffffffff,
  description: 'sequence number of a frame, as in the frame header',
});
export const Micros = (description: string) => Type.Number({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });
export const Count = (description: string) => Type.Integer({ minimum: 0, description });
export const Text = (description: string, maxLength = 500) => Type.String({ maxLength, description });
export const Asked = Type.Integer({ minimum: 0, description: 'number chosen by the viewer' });
export const Answered = Type.Integer({ description: 'copied from the request' });

export const ErrorReportSchema = Type.Object(
  {
    code: Text('code of docs/errors.md'),
    message: Text('what happened'),
    remedy: Text('what to do'),
    values: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
        description:
          'what stands in the braces of the texts in docs/errors.md, to say them in another language; nothing that they do not show',
      }),
    ),
  },
  exact('an error that a user can act on'),
);
