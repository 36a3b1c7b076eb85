import { type Language, languageFor, languages } from './words/words.ts';

/** What a user has chosen for this browser; no patient data. */
export interface Preferences {
  readonly language: Language;
}

const place = 'lumencast.preferences';

/** `storage` may throw, where a browser allows none. What was chosen before; what was never chosen, or cannot be read, is the browser's own. */
export function readPreferences(storage: () => Pick<Storage, 'getItem'>, wanted: readonly string[]): Preferences {
  const kept = keptIn(storage);
  return { language: languages.find((language) => language === kept.language) ?? languageFor(wanted) };
}

/** Where the browser keeps nothing they hold until the page is closed. */
export function keepPreferences(storage: () => Pick<Storage, 'setItem'>, preferences: Preferences): void {
  try {
    storage().setItem(place, JSON.stringify(preferences));
  } catch {
    return;
  }
}

function keptIn(storage: () => Pick<Storage, 'getItem'>): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(storage().getItem(place) ?? '{}');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
