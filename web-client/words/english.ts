/**
 * Every text of the monitor, as ICU messages (unicode.org/reports/tr35 messages): the key names place and meaning, values stand in braces,
 * plurals by `{count, plural, one {...} other {...}}`. Units stand behind a no-break space. A text that no code names fails a test.
 */
export const english = {
  'language.name': 'English',
} as const satisfies Readonly<Record<string, string>>;
