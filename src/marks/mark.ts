import Type, { type Static, type TProperties, type TSchema } from 'typebox';
import { AppError, printable } from '../app-error.ts';
import { schemaFault } from '../config/schema-fault.ts';
import { bodyParts, labelCodes } from './label.ts';
import { checkOnPicture, type PictureSize } from './on-picture.ts';
import { type Part, partsByKind } from './parts.ts';
import { mostPoints, pointCounts } from './point-counts.ts';

/** Characters of a free text. */
export const longestText = 200;

const oneOf = <const Names extends readonly string[]>(names: Names) =>
  Type.Union(names.map((name) => Type.Literal(name))) as unknown as import('typebox').TUnsafe<Names[number]>;

const exact = { additionalProperties: false };

const PointSchema = Type.Object(
  { x: Type.Number(), y: Type.Number() },
  { ...exact, description: 'a place in a picture, in pixels from its upper left corner; the centre of the first pixel is (0.5, 0.5)' },
);
const CaptionSchema = Type.Union(
  [Type.Object({ label: oneOf(labelCodes) }, exact), Type.Object({ text: Type.String({ minLength: 1, maxLength: longestText }) }, exact)],
  { description: 'a label of a vocabulary, or free text' },
);

const mark = <const Kind extends string, Points extends TSchema, More extends TProperties>(kind: Kind, points: Points, more: More) =>
  Type.Object(
    {
      kind: Type.Literal(kind),
      number: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'number on the picture, per stream, not used again' }),
      points,
      ...more,
    },
    exact,
  );
const one = Type.Tuple([PointSchema]);
const two = Type.Tuple([PointSchema, PointSchema]);
const three = Type.Tuple([PointSchema, PointSchema, PointSchema]);
const many = ([minItems, maxItems]: readonly [number, number]) => Type.Array(PointSchema, { minItems, maxItems });
const caption = { caption: Type.Optional(CaptionSchema) };
const part = <const Parts extends readonly Part[]>(parts: Parts) => ({ part: Type.Optional(oneOf(parts)) });

/** One schema per kind of mark. Its value is never stored: it follows from the calibration of the picture it lies on. */
export const markSchemas = {
  distance: mark('distance', two, { ...caption, ...part(partsByKind.distance) }),
  polyline: mark('polyline', many(pointCounts.polyline), { ...caption, ...part(partsByKind.polyline) }),
  /** The vertex stands in the middle. */
  angle: mark('angle', three, caption),
  /**
   * Both ends of a diameter, and an end of the diameter conjugate to it: every point is centre + u cos t + v sin t. Whatever the
   * pixels' aspect this stays the same ellipse, which axes at right angles in pixels would not.
   */
  ellipse: mark('ellipse', three, caption),
  /** A closed outline; the last point is joined to the first. */
  area: mark('area', many(pointCounts.area), { ...caption, ...part(partsByKind.area) }),
  point: mark('point', one, caption),
  /** From its tail to its tip. */
  arrow: mark('arrow', two, caption),
  text: mark('text', one, { caption: CaptionSchema }),
  'body-marker': mark('body-marker', one, {
    body: oneOf(bodyParts),
    probe: Type.Object(
      {
        x: Type.Number({ minimum: 0, maximum: 1, description: 'across the pictogram, from its left' }),
        y: Type.Number({ minimum: 0, maximum: 1, description: 'down the pictogram, from its upper edge' }),
        angleDeg: Type.Number({ minimum: 0, exclusiveMaximum: 360, description: "of the probe's marker side, clockwise from above" }),
      },
      exact,
    ),
  }),
} as const;

export const ManualCalibrationSchema = Type.Object(
  {
    points: two,
    known: Type.Union([
      Type.Object({ mm: Type.Number({ exclusiveMinimum: 0, maximum: 1000 }) }, exact),
      Type.Object({ french: Type.Number({ minimum: 1, maximum: 40 }) }, exact),
    ]),
  },
  { ...exact, description: 'a length that somebody knows, drawn on the picture: of a ruler, or across a catheter' },
);

type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T;

export type Point = Immutable<Static<typeof PointSchema>>;
export type Caption = Immutable<Static<typeof CaptionSchema>>;
export type ManualCalibration = Immutable<Static<typeof ManualCalibrationSchema>>;
export type MarkKind = keyof typeof markSchemas;
export type MarkOf<Kind extends MarkKind> = { [K in Kind]: Immutable<Static<(typeof markSchemas)[K]>> }[Kind];
export type Mark = MarkOf<MarkKind>;

export const partOf = (mark: Mark): Part | undefined => ('part' in mark ? mark.part : undefined);

/** The same mark as another part, or as none. */
export function withPart(mark: Mark, as: Part | undefined): Mark {
  const { part: _, ...rest } = mark as Mark & { readonly part?: Part };
  return { ...rest, ...(as !== undefined && { part: as }) } as Mark;
}

/**
 * What somebody sent, as a mark of a picture of so many pixels.
 * Throws marks/too-many-points, marks/text-too-long, marks/bad-mark, marks/markup, marks/off-picture.
 */
export function parseMark(value: unknown, picture: PictureSize): Mark {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const { kind } = given;
  if (typeof kind !== 'string' || !Object.hasOwn(markSchemas, kind)) {
    const shown = printable(JSON.stringify(kind) ?? 'nothing', 40);
    throw new AppError('marks/bad-mark', { where: 'kind', value: shown, allowed: Object.keys(markSchemas).join(', ') });
  }
  // Sizes before contents: neither is read further when it is beyond all bounds.
  checkCount(given.points);
  const text = textIn(given.caption);
  if (text !== undefined && text.length > longestText) {
    throw new AppError('marks/text-too-long', { length: text.length, limit: longestText });
  }
  checkSchema(markSchemas[kind as MarkKind], value);
  if (text !== undefined) checkPlain(text);
  const parsed = value as Mark;
  checkOnPicture(parsed.kind, parsed.points, picture);
  return parsed;
}

/** As `parseMark`. Throws marks/bad-mark, marks/off-picture; whether the length can be used is `manualRegion`'s to say. */
export function parseManualCalibration(value: unknown, picture: PictureSize): ManualCalibration {
  checkSchema(ManualCalibrationSchema, value);
  const parsed = value as ManualCalibration;
  checkOnPicture('calibration', parsed.points, picture);
  return parsed;
}

function checkCount(points: unknown): void {
  if (!Array.isArray(points) || points.length <= mostPoints) return;
  throw new AppError('marks/too-many-points', { points: points.length, limit: mostPoints });
}

const textIn = (given: unknown): string | undefined =>
  typeof given === 'object' && given !== null && 'text' in given && typeof given.text === 'string' ? given.text : undefined;

function checkSchema(schema: TSchema, value: unknown): void {
  const fault = schemaFault(schema, value);
  if (fault === undefined) return;
  const shown = { 'unknown-key': 'not known', 'missing-key': 'missing', 'bad-value': fault.value }[fault.kind];
  throw new AppError('marks/bad-mark', { where: fault.key || 'it', value: shown, allowed: fault.allowed });
}

/** `EF < 30 %` is plain; what a browser, a report or an exported picture could take for a tag is not, nor what reorders or hides text. */
const notPlain = /<[a-z/!?]|[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/iu;

function checkPlain(text: string): void {
  if (text.trim() === '') throw new AppError('marks/bad-mark', { where: 'caption.text', value: 'blank', allowed: 'a text' });
  refuseMarkup(text);
}

/** Throws marks/markup: what somebody wrote is shown to others, printed and exported. */
export function refuseMarkup(text: string): void {
  const found = notPlain.exec(text);
  if (found !== null) throw new AppError('marks/markup', { found: printable(found[0]), position: found.index + 1 });
}
