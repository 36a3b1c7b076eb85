import { type Examination, type LabelCode, vocabularies } from '../../src/marks/label.ts';
import { labelMeanings } from './label-meanings.ts';
import { captionWords } from './server-words.ts';
import type { Words } from './words.ts';

export interface FoundLabel {
  readonly examination: Examination;
  readonly code: LabelCode;
  /** As it stands on the picture. */
  readonly word: string;
  /** What it is short for. */
  readonly meaning: string;
}

const examinations = Object.keys(vocabularies) as readonly Examination[];
const codesOf = (examination: Examination): readonly LabelCode[] => Object.keys(vocabularies[examination]) as LabelCode[];

/** ö as o, ß as ss: nobody looks for a letter in the dark. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '');

/** Labels whose abbreviation, or whose meaning in the language of the page, has every word of a text in it; all of them for none. */
export function labelsLike(words: Words, text: string): readonly FoundLabel[] {
  const wanted = plain(text).split(/\s+/);
  return examinations
    .flatMap((examination) => codesOf(examination).map((code) => ({ examination, ...label(words, code) })))
    .filter(({ code, word, meaning }) => {
      const said = plain(`${word} ${code} ${meaning}`);
      return wanted.every((part) => said.includes(part));
    });
}

function label(words: Words, code: LabelCode): Omit<FoundLabel, 'examination'> {
  return { code, word: captionWords(words, { label: code }), meaning: labelMeanings[code][words.language] };
}
