import type { Caption, Mark, MarkKind } from '../src/marks/mark.ts';
import { type Measurement, measure, noteText, numberText, type Quantity } from '../src/marks/measure.ts';
import type { ToolName } from './mark-tools.ts';
import type { KnownMark } from './marks-state.ts';
import { captionWords, noteWords } from './words/server-words.ts';
import type { Words } from './words/words.ts';

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
  const values = measurement.quantities.map((quantity) => quantityText(words, quantity));
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
    ...measurement.quantities.map((quantity) => quantityText(words, quantity)),
    noteOf(words, measurement),
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

export const measured = ({ picture, shape }: KnownMark): Measurement => measure(picture, shape);
