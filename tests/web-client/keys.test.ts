import { describe, expect, it } from 'vitest';
import { actKeys, keyMap } from '../../web-client/keys.ts';
import { english } from '../../web-client/words/english.ts';
import { german } from '../../web-client/words/german.ts';
import type { WordKey } from '../../web-client/words/words.ts';

/** What is printed on a key → the names of `KeyboardEvent.key`, lower case. */
const printed: Readonly<Record<string, readonly string[]>> = {
  'cap.space': [' '],
  'cap.home': ['home'],
  'cap.page': ['pageup', 'pagedown'],
  'cap.enter': ['enter'],
  'cap.delete': ['delete', 'backspace'],
  'cap.undo': [],
  'cap.in-step': [],
  'cap.pan': ['arrowleft', 'arrowright', 'arrowup', 'arrowdown'],
  '←': ['arrowleft'],
  '→': ['arrowright'],
  '↑': ['arrowup'],
  '↓': ['arrowdown'],
  '+': ['+', '='],
  '−': ['-'],
  Esc: ['escape'],
  '–': [],
};

const mapped = new Set(
  keyMap
    .flatMap((line) => (line.cap === undefined ? line.keys.split(/\s+/) : [line.cap]))
    .flatMap((cap) => printed[cap] ?? [cap.toLowerCase()]),
);

describe('the key map', () => {
  it('lists every key that does something, and no other', () => {
    expect([...mapped].sort()).toEqual([...new Set(actKeys)].sort());
  });

  it('lists every key that a control says it has, in both languages', () => {
    const keyIn = (text: string): string | undefined => /\(([^()\s])\)$/.exec(text)?.[1]?.toLowerCase();
    const names = (Object.keys(english) as WordKey[]).filter((key) => /(-name|\.tool)$/.test(key) && keyIn(english[key]) !== undefined);
    expect(names.length).toBeGreaterThan(15);
    for (const name of names) {
      const key = keyIn(english[name]) ?? '';
      expect(mapped.has(printed[key]?.[0] ?? key), `${name}: ${key}`).toBe(true);
      expect(keyIn(german[name]), name).toBe(key);
    }
  });
});
