import { expect, it } from 'vitest';
import { patientText, typedDate } from '../../../web-client/examination/examination-texts.ts';
import { patientText as exportedPatient } from '../../../web-client/export/export-wishes.ts';
import { whenText } from '../../../web-client/time/time-texts.ts';
import { inLanguage } from '../../../web-client/words/words.ts';

it('reads a date as it is typed in either language, and no day that there is not', () => {
  expect(['1960-04-02', '2.4.1960', '02.04.1960'].map(typedDate)).toEqual(Array(3).fill('1960-04-02'));
  expect(['', '30.2.1960', '1960-02-30', '4/2/1960', '2.4.60', '1960', '1960-04-02x'].map(typedDate)).toEqual(Array(7).fill(undefined));
});

it('tells the patient with the date as the language writes it', () => {
  const patient = { name: 'Öz, Anna', id: '17', born: '1960-04-02', sex: 'female' } as const;
  const examination = { examination: '2.25.1', openedUs: 1, anonymous: false, patient, stills: 0, clips: 0, marks: 0 };
  expect(patientText(inLanguage.de, examination)).toBe('Öz, Anna · 17 · geb. 02.04.1960 · weiblich');
  expect(patientText(inLanguage.en, examination)).toContain('1960-04-02');
  expect(exportedPatient(inLanguage.de, patient)).toBe('Öz, Anna · 17 · geb. 02.04.1960');
  expect(exportedPatient(inLanguage.en, patient)).toBe('Öz, Anna · 17 · born 1960-04-02');
});

it('tells the day of an earlier examination as the language writes it, and today by the clock alone', () => {
  const at = new Date(2026, 3, 2, 9, 5).getTime();
  expect([whenText(inLanguage.de, at * 1000, 0), whenText(inLanguage.en, at * 1000, 0), whenText(inLanguage.de, at * 1000, at)]).toEqual([
    '02.04.2026 09:05',
    '2026-04-02 09:05',
    '09:05',
  ]);
});
