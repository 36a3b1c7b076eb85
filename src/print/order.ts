import Type, { type Static } from 'typebox';
import { AppError } from '../app-error.ts';
import { schemaFault } from '../config/schema-fault.ts';

/** Pictures on one sheet. */
export const layouts = [1, 2, 4, 6] as const;
export type Layout = (typeof layouts)[number];

const oneOf = <const Values extends readonly (string | number)[]>(values: Values) =>
  Type.Union(values.map((value) => Type.Literal(value))) as unknown as import('typebox').TUnsafe<Values[number]>;

/** Pictures of one print: ten sheets of six. */
const mostPictures = 60;

export const PrintOrderSchema = Type.Object(
  {
    examination: Type.String({ pattern: '^2\\.25\\.[0-9]{1,39}$', description: 'of which things are printed' }),
    pictures: Type.Array(
      Type.Object(
        {
          kept: Type.String({ pattern: '^[0-9a-f]{16}$', description: 'a still or a clip' }),
          atUs: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: Number.MAX_SAFE_INTEGER,
              description: 'capture time of the frame of a clip; absent: its first',
            }),
          ),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: mostPictures },
    ),
    layout: oneOf(layouts),
    paper: oneOf(['A4', 'Letter']),
    marks: Type.Boolean({ description: 'over the pictures; their values stand below anyway' }),
    patient: Type.Boolean({ description: 'name, number, birth and sex in the header' }),
    language: oneOf(['en', 'de']),
    timeZone: Type.String({ minLength: 1, maxLength: 64, description: 'IANA name, for times' }),
  },
  { additionalProperties: false },
);

export type PrintOrder = Static<typeof PrintOrderSchema>;

/** What somebody wants printed. Throws print/bad-order. */
export function parsePrintOrder(value: unknown): PrintOrder {
  const fault = schemaFault(PrintOrderSchema, value);
  if (fault !== undefined) throw new AppError('print/bad-order', { where: fault.key || 'it', allowed: fault.allowed });
  const order = value as PrintOrder;
  if (!isTimeZone(order.timeZone))
    throw new AppError('print/bad-order', { where: 'timeZone', allowed: 'a time zone of the IANA database' });
  return order;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
