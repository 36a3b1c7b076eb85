import { describe, expect, it } from 'vitest';
import { type LabelCode, labelCodes } from '../../src/marks/label.ts';
import { errorWords } from '../../web-client/words/error-words.ts';
import { labelMeanings } from '../../web-client/words/label-meanings.ts';
import { labelsLike } from '../../web-client/words/label-search.ts';
import { byWords, invitedWords, personWords } from '../../web-client/words/server-words.ts';
import { inLanguage } from '../../web-client/words/words.ts';

const { en, de } = inLanguage;
const found = (words: typeof en, text: string): LabelCode[] => labelsLike(words, text).map(({ code }) => code);

describe('the search for labels', () => {
  it('finds them by their abbreviation and by what it means, in the language of the page', () => {
    expect(found(de, 'vorhof')).toEqual(['laa', 'la', 'ra', 'ias']);
    expect(found(en, 'atrium')).toEqual(['la', 'ra']);
    expect(found(en, 'vorhof')).toEqual([]);
    expect(found(de, 'Erguss')).toEqual(['effusion']);
    expect(found(de, 'lvid')).toEqual(['lvidd', 'lvids']);
  });

  it('minds neither the order of words nor marks over letters', () => {
    expect(found(de, 'diastole kammer sept')).toEqual(['ivsd']);
    expect(found(de, 'osophagus vier')).toEqual(['me-4c']);
    expect(found(de, 'große')).toEqual(found(de, 'GROSSE'));
  });

  it('shows all for nothing, each with a meaning in both languages', () => {
    expect(new Set(found(en, ''))).toEqual(new Set(labelCodes));
    for (const code of labelCodes) for (const meaning of Object.values(labelMeanings[code])) expect(meaning.trim(), code).not.toBe('');
  });
});

describe('whoever sits at the server', () => {
  it('is named in the language of the page; everybody else as he calls himself', () => {
    expect([personWords(de, 'This machine'), byWords(de, 'This machine')]).toEqual(['Dieser Rechner', 'von diesem Rechner']);
    expect([personWords(en, 'This machine'), byWords(en, 'This machine')]).toEqual(['This machine', 'by this machine']);
    expect([personWords(de, 'Ada'), byWords(de, 'Ada')]).toEqual(['Ada', 'von Ada']);
    expect(invitedWords(de, 'Operator, by the link printed at the start')).toBe('Bediener, über den Link vom Start');
    expect(invitedWords(de, 'Graz')).toBe('Graz');
  });
});

describe('what the system calls by a code', () => {
  const told = (reason: string) => ({
    code: 'replay/unreadable',
    message: `such.dcm cannot be read: ${reason}`,
    remedy: 'check the path and the permissions',
    values: { file: 'such.dcm', reason },
  });

  it('is said in words, with the code for whoever is asked for help', () => {
    expect(errorWords(en, told('ENOENT')).message).toBe('such.dcm cannot be read: not there (ENOENT)');
    expect(errorWords(de, told('EACCES')).message).toBe('such.dcm lässt sich nicht lesen: nicht erlaubt (EACCES)');
    expect(errorWords(en, told('EXDEV')).message).toBe('such.dcm cannot be read: EXDEV');
  });
});
