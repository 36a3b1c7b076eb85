import { IntlMessageFormat } from 'intl-messageformat';
import { english } from './english.ts';
import { german } from './german.ts';

export type WordKey = keyof typeof english;
export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];

type Values = Readonly<Record<string, string | number | Date>>;

const texts: { readonly [L in Language]: Readonly<Record<WordKey, string>> } = { en: english, de: german };

/** English is read on both sides of an ocean that write day and month the other way round: its dates are those of ISO 8601, as in Sweden. */
const datesOf: { readonly [L in Language]: string } = { en: 'sv', de: 'de' };

/** The texts and numbers of one language. */
export class Words {
  readonly language: Language;
  readonly #messages = new Map<WordKey, IntlMessageFormat>();
  readonly #numbers = new Map<number, Intl.NumberFormat>();
  readonly #dates: Intl.DateTimeFormat;

  constructor(language: Language) {
    this.language = language;
    this.#dates = new Intl.DateTimeFormat(datesOf[language], { day: '2-digit', month: '2-digit', year: 'numeric' });
  }

  /** A text of `english.ts`, in this language, with its values filled in. */
  readonly say = (key: WordKey, values?: Values): string => {
    const text = texts[this.language][key];
    if (values === undefined && !text.includes('{')) return text;
    const message = this.#messages.get(key) ?? new IntlMessageFormat(text, this.language);
    this.#messages.set(key, message);
    return String(message.format(values));
  };

  /** `12.4` or `12,4`: always with so many decimals, so that a value that changes does not dance. */
  readonly number = (value: number, decimals: number): string => {
    const format =
      this.#numbers.get(decimals) ??
      new Intl.NumberFormat(this.language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: false });
    this.#numbers.set(decimals, format);
    return format.format(value);
  };

  /** `2026-04-02` or `02.04.2026`, on the calendar of this place. */
  readonly date = (date: Date): string => this.#dates.format(date);
}

export const inLanguage: { readonly [L in Language]: Words } = { en: new Words('en'), de: new Words('de') };

/** The first language of somebody's list that there are words for. */
export function languageFor(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const found = languages.find((language) => tag.toLowerCase().split('-')[0] === language);
    if (found !== undefined) return found;
  }
  return 'en';
}
