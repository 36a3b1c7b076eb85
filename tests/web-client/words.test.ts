import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, it } from 'vitest';
import { keepPreferences, type Preferences, readPreferences } from '../../web-client/preferences.ts';
import { english } from '../../web-client/words/english.ts';
import { german } from '../../web-client/words/german.ts';
import { languageFor, languages, type WordKey, Words } from '../../web-client/words/words.ts';

const client = resolve(import.meta.dirname, '../../web-client');
const sources = readdirSync(client, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('dist') && !/^words.(english|german)/.test(file))
  .map((file) => readFileSync(join(client, file), 'utf8'))
  .join('\n');

/** Names of the values in an ICU message. */
function valuesIn(text: string): string[] {
  const names = new Set<string>();
  const walk = (elements: readonly unknown[]): void => {
    for (const element of elements as readonly { type: number; value: string; options?: Record<string, { value: unknown[] }> }[]) {
      if (element.type !== 0 && element.type !== 7) names.add(element.value);
      for (const option of Object.values(element.options ?? {})) walk(option.value);
    }
  };
  walk(new IntlMessageFormat(text, 'en').getAst());
  return [...names].sort();
}

describe('the words', () => {
  const keys = Object.keys(english) as WordKey[];

  it('are the same in every language, with the same values', () => {
    expect(Object.keys(german).sort()).toEqual([...keys].sort());
    for (const key of keys) expect(valuesIn(german[key]), key).toEqual(valuesIn(english[key]));
  });

  it('are all used', () => {
    const begun = [...sources.matchAll(/`([a-z-]+\.[a-z-]*)\$\{/g)].map(([, text]) => text ?? '');
    const idle = keys.filter((key: string) => !sources.includes(`'${key}'`) && !begun.some((text) => key.startsWith(text)));
    expect(idle).toEqual([]);
  });

  it('write numbers as their language does', () => {
    expect(new Words('en').number(12.44, 1)).toBe('12.4');
    expect(new Words('de').number(1234.56, 1)).toBe('1234,6');
    expect(languages.map((language) => new Words(language).say('language.name'))).toEqual(['English', 'Deutsch']);
  });

  it('follow what the browser wants', () => {
    expect(languageFor(['fr-CA', 'de-AT', 'en'])).toBe('de');
    expect(languageFor(['fr'])).toBe('en');
  });
});

describe('preferences', () => {
  it('are kept, and survive what somebody wrote over them', () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
    expect(readPreferences(() => storage, ['de'])).toEqual({ language: 'de' });
    keepPreferences(() => storage, { language: 'en' });
    expect(readPreferences(() => storage, ['de'])).toEqual({ language: 'en' });
    for (const key of kept.keys()) kept.set(key, '{"language": ["de"');
    expect(readPreferences(() => storage, ['de'])).toEqual({ language: 'de' });
  });

  it('are one record, of which each choice changes its own entry', () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
    const chosen: Preferences = { language: 'en', quality: 'still', inStep: false, panel: 'wall', clipLeadS: 30, marksHidden: true };
    for (const [name, value] of Object.entries(chosen)) keepPreferences(() => storage, { [name]: value });
    expect(kept.size).toBe(1);
    expect(readPreferences(() => storage, ['de'])).toEqual(chosen);
    const [place = ''] = kept.keys();
    kept.set(place, JSON.stringify({ ...chosen, quality: 'best', inStep: 'yes', panel: 'devices', clipLeadS: '30', patient: 'Doe' }));
    expect(readPreferences(() => storage, ['de'])).toEqual({ language: 'en', marksHidden: true });
    keepPreferences(() => storage, { panel: 'none' });
    expect(JSON.parse(kept.get(place) ?? '')).toEqual({ language: 'en', marksHidden: true, panel: 'none' });
    for (const other of ['7', 'null', '[]', '"de"']) {
      kept.set(place, other);
      expect(readPreferences(() => storage, ['de'])).toEqual({ language: 'de' });
    }
  });

  it('hold for the page where the browser keeps nothing', () => {
    const refuse = (): never => {
      throw new Error('denied');
    };
    expect(() => keepPreferences(refuse, { language: 'de' })).not.toThrow();
    expect(readPreferences(refuse, ['de'])).toEqual({ language: 'de' });
  });
});
