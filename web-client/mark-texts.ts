import type { Caption, Mark, MarkKind } from '../src/marks/mark.ts';
import { type Measurement, measure, noteText, numberText, type Quantity } from '../src/marks/measure.ts';
import type { ToolName } from './mark-tools.ts';
import type { KnownMark } from './marks-state.ts';
import { captionWords, noteWords } from './words/server-words.ts';
import type { WordKey, Words } from './words/words.ts';

export const captionOf = (shape: Mark): Caption | undefined => ('caption' in shape ? shape.caption : undefined);

/** Whether a mark of a kind can have a word of a vocabulary, or free text. */
export const hasCaption = (kind: MarkKind): boolean => kind !== 'body-marker';

export const toolWord = ({ say }: Words, tool: ToolName): string => say(`tool.${tool}`);

/** `12.4 mm`, in the way in which the language writes numbers. */
export const quantityText = (words: Words, quantity: Quantity): string =>
  `${localNumber(words, quantity)}${quantity.unit === '°' ? '' : '\u00a0'}${quantity.unit}`;

export function localNumber({ number }: Words, quantity: Quantity): string {
  const text = numberText(quantity);
  return number(quantity.value, text.length - 1 - (text.includes('.') ? text.indexOf('.') : text.length - 1));
}

/** A trace along a flow has several values of one unit: each stands there with its abbreviation. */
const traceNames: Readonly<Partial<Record<Quantity['of'], WordKey>>> = {
  velocity: 'trace.velocity',
  vti: 'trace.vti',
  'peak-gradient': 'trace.peak-gradient',
  'mean-gradient': 'trace.mean-gradient',
  time: 'trace.time',
};

/** What a value is called that would be mistaken for another of its mark; undefined: its unit tells. */
export function quantityName({ say }: Words, { quantities }: Measurement, { of }: Quantity): string | undefined {
  const name = quantities.some((quantity) => quantity.of === 'vti') ? traceNames[of] : undefined;
  return name && say(name);
}

/** `Vmax 120.4 cm/s`, or without a name where none is needed. */
const namedQuantities = (words: Words, measurement: Measurement): readonly string[] =>
  measurement.quantities.map((quantity) => {
    const name = quantityName(words, measurement, quantity);
    return `${name === undefined ? '' : `${name} `}${quantityText(words, quantity)}`;
  });

/** Why the values are what they are, or that a hand calibrated them. */
export function noteOf(words: Words, measurement: Measurement): string | undefined {
  const note = noteText(measurement);
  return note === undefined ? undefined : noteWords(words, note);
}

/** What stands beside a mark, line by line; `short`: without the reason why its values are what they are, which stands in the results. */
export function valueLines(words: Words, { shape, picture }: KnownMark, short: boolean): readonly string[] {
  const caption = captionOf(shape);
  const word = caption && captionWords(words, caption);
  if (shape.kind === 'text') return [word ?? ''];
  const measurement = measure(picture, shape);
  const values = namedQuantities(words, measurement);
  if (values.length === 0 && (shape.kind === 'arrow' || shape.kind === 'body-marker')) return word === undefined ? [] : [word];
  const note = short ? undefined : noteOf(words, measurement);
  const [first, ...rest] = values;
  const head = [String(shape.number), word, first].filter((part) => part !== undefined).join(' ');
  if (rest.length === 0) return [note === undefined ? head : `${head}, ${note}`];
  return [head, ...rest, ...(note === undefined ? [] : [note])];
}

/** For the ear: `Caliper 1, LVIDd, 47.0 mm, not calibrated`. */
export function spokenMark(words: Words, { shape, picture }: KnownMark): string {
  const caption = captionOf(shape);
  const measurement = measure(picture, shape);
  const parts = [
    `${toolWord(words, shape.kind)} ${shape.number}`,
    caption && captionWords(words, caption),
    ...namedQuantities(words, measurement),
    noteOf(words, measurement),
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

export const measured = ({ picture, shape }: KnownMark): Measurement => measure(picture, shape);
