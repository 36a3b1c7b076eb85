import type { WireError } from '../worker-messages.ts';
import { germanErrors } from './german-errors.ts';
import type { Words } from './words.ts';

type ErrorWords = Pick<WireError, 'message' | 'remedy'>;

/** What happened and what to do. In the server's own words where it tells no values, or is newer than this page. */
export function errorWords({ language }: Words, { code, message, remedy, values }: WireError): ErrorWords {
  if (language === 'en' || !Object.hasOwn(germanErrors, code)) return { message, remedy };
  const german = germanErrors[code as keyof typeof germanErrors];
  const filled = { message: fillIn(german.message, values), remedy: fillIn(german.remedy, values) };
  return filled.message === undefined || filled.remedy === undefined
    ? { message, remedy }
    : { message: filled.message, remedy: filled.remedy };
}

/** Undefined where a value is missing: half a sentence helps nobody. */
function fillIn(text: string, values: WireError['values'] = {}): string | undefined {
  let whole = true;
  const filled = text.replace(/\{(\w+)\}/g, (place, name: string) => {
    whole &&= Object.hasOwn(values, name);
    return whole ? String(values[name]) : place;
  });
  return whole ? filled : undefined;
}
