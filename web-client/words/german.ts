import type { WordKey } from './words.ts';

/** The same texts in German. The words are those of German echo laboratories and catheter rooms, not of a dictionary. */
export const german: Readonly<Record<WordKey, string>> = {
  'language.name': 'Deutsch',
};
