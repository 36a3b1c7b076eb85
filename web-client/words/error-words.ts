import type { WireError } from '../worker-messages.ts';
import { germanErrors } from './german-errors.ts';
import type { Language, Words } from './words.ts';

type ErrorWords = Pick<WireError, 'message' | 'remedy'>;

/** What happened and what to do. In the server's own words where it tells no values, or is newer than this page. */
export function errorWords({ language }: Words, error: WireError): ErrorWords {
  const told = inOwnWords(language, error);
  return { message: withoutCodes(language, told.message), remedy: told.remedy };
}

/** What the system calls by a code that only programmers know (POSIX.1-2017, errno.h); the code stays for whoever is asked for help. */
const systemCodes: Readonly<Record<string, { readonly [L in Language]: string }>> = {
  ENOENT: { en: 'not there', de: 'nicht da' },
  EACCES: { en: 'not allowed', de: 'nicht erlaubt' },
  EPERM: { en: 'not allowed', de: 'nicht erlaubt' },
  EISDIR: { en: 'a folder', de: 'ein Ordner' },
  EBUSY: { en: 'in use elsewhere', de: 'anderswo in Gebrauch' },
  EIO: { en: 'it does not answer as it should', de: 'antwortet nicht richtig' },
  ENODEV: { en: 'no such device', de: 'kein solches Gerät' },
  ENOSPC: { en: 'the disk is full', de: 'der Datenträger ist voll' },
  EROFS: { en: 'the disk takes no writes', de: 'der Datenträger lässt sich nicht beschreiben' },
  ECONNREFUSED: { en: 'nobody answers there', de: 'dort antwortet niemand' },
  ECONNRESET: { en: 'the other end has hung up', de: 'die Gegenseite hat aufgelegt' },
  ETIMEDOUT: { en: 'no answer in time', de: 'keine Antwort in der Zeit' },
  EHOSTUNREACH: { en: 'no way there', de: 'kein Weg dorthin' },
};

const withoutCodes = (language: Language, text: string): string =>
  text.replace(/\bE[A-Z]{2,}\b/g, (code) => {
    const known = systemCodes[code];
    return known === undefined ? code : `${known[language]} (${code})`;
  });

function inOwnWords(language: Language, { code, message, remedy, values }: WireError): ErrorWords {
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
