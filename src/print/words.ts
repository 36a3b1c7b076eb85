import type { ClinicalValues, ExaminedMark } from '../marks/clinical.ts';
import { type Measurement, noteText, numberText, type Quantity } from '../marks/measure.ts';
import { type MarkLanguage, notesIn } from '../marks/words.ts';

export type PrintLanguage = MarkLanguage;

const english = {
  title: 'Examination',
  notForDiagnosis: 'Not for diagnostic use',
  born: 'born',
  noPatient: 'No patient entered',
  still: 'Still',
  clip: 'Clip',
  synthetic: 'synthetic',
  printed: 'Printed',
  page: 'Page {page} of {pages}',
  more: '{count} more: at the end',
  further: 'Further measurements',
  picture: 'Picture {number}: {source}, {time}',
  measuredOn: 'Picture {number}',
  noGlyph: 'Characters that there is no print for stand as their Unicode code points, as [U+0041] for A.',
} as const;

type WordKey = keyof typeof english;

const german: Readonly<Record<WordKey, string>> = {
  title: 'Untersuchung',
  notForDiagnosis: 'Nicht für die Diagnostik',
  born: 'geb.',
  noPatient: 'Kein Patient eingetragen',
  still: 'Standbild',
  clip: 'Clip',
  synthetic: 'synthetisch',
  printed: 'Gedruckt',
  page: 'Seite {page} von {pages}',
  more: '{count} weitere: am Ende',
  further: 'Weitere Messwerte',
  picture: 'Bild {number}: {source}, {time}',
  measuredOn: 'Bild {number}',
  noGlyph: 'Zeichen, die sich nicht drucken lassen, stehen als Unicode-Nummern da, wie [U+0041] für A.',
};

const texts: { readonly [L in PrintLanguage]: Readonly<Record<WordKey, string>> } = { en: english, de: german };

export type Say = (key: WordKey, values?: Readonly<Record<string, string | number>>) => string;

export const sayIn =
  (language: PrintLanguage): Say =>
  (key, values = {}) =>
    texts[language][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));

const sexes: { readonly [L in PrintLanguage]: Readonly<Record<'female' | 'male' | 'other', string>> } = {
  en: { female: 'female', male: 'male', other: 'other' },
  de: { female: 'weiblich', male: 'männlich', other: 'divers' },
};

export const sexText = (language: PrintLanguage, sex: 'female' | 'male' | 'other'): string => sexes[language][sex];

/** Of values that stand beside others of the same mark, and would be mistaken for them. */
const quantityNames: { readonly [L in PrintLanguage]: Readonly<Partial<Record<Quantity['of'], string>>> } = {
  en: {
    circumference: 'circ.',
    vti: 'VTI',
    'peak-gradient': 'peak gradient',
    'mean-gradient': 'mean gradient',
    time: 'duration',
    velocity: 'peak velocity',
    rate: 'rate',
    'end-diastolic-volume': 'EDV',
    'end-systolic-volume': 'ESV',
    'stroke-volume': 'SV',
    'area-stenosis': 'area',
  },
  de: {
    circumference: 'Umfang',
    vti: 'VTI',
    'peak-gradient': 'max. Gradient',
    'mean-gradient': 'mittl. Gradient',
    time: 'Dauer',
    velocity: 'Spitzengeschw.',
    rate: 'Frequenz',
    'end-diastolic-volume': 'EDV',
    'end-systolic-volume': 'ESV',
    'stroke-volume': 'SV',
    'area-stenosis': 'Fläche',
  },
};

/** `47.1 mm` or `47,1 mm, von Hand kalibriert`; empty for a mark that measures nothing. */
export function valuesText(language: PrintLanguage, measurement: Measurement): string {
  const values = measurement.quantities.map((quantity, index) => {
    const name = index === 0 ? undefined : quantityNames[language][quantity.of];
    const number = numberText(quantity);
    // A degree sign stands at its number, other units behind a space (ISO 80000-1, 7.1.4).
    const text = `${language === 'de' ? number.replace('.', ',') : number}${quantity.unit === '°' ? '' : '\u00a0'}${quantity.unit}`;
    return name === undefined ? text : `${name} ${text}`;
  });
  const note = noteText(measurement);
  // In German a comma stands in the numbers.
  return [...values, ...(note === undefined ? [] : notesIn(language, note))].join(language === 'de' ? '; ' : ', ');
}

/** Of several marks of an examination, as it is printed. */
export type PrintedMeasurement = Omit<ClinicalValues<ExaminedMark>, 'standsOn'>;

const measurementNames: { readonly [L in PrintLanguage]: Readonly<Record<PrintedMeasurement['measurement'], string>> } = {
  en: { 'ejection-fraction': 'Ejection fraction', 'heart-rate': 'Heart rate', stenosis: 'Stenosis', doppler: 'Doppler, VTI' },
  de: { 'ejection-fraction': 'Auswurffraktion', 'heart-rate': 'Herzfrequenz', stenosis: 'Stenose', doppler: 'Doppler, VTI' },
};

const methodNames: { readonly [L in PrintLanguage]: Readonly<Record<PrintedMeasurement['method'], string>> } = {
  en: {
    'biplane-discs': 'biplane method of discs',
    'single-plane-discs': 'single-plane method of discs',
    'r-peaks': 'R peaks of the source',
    'ecg-points': 'points on the ECG',
    'ecg-caliper': 'caliper on the ECG',
    diameters: 'diameters',
    trace: 'trace',
  },
  de: {
    'biplane-discs': 'biplane Scheibchenmethode',
    'single-plane-discs': 'monoplane Scheibchenmethode',
    'r-peaks': 'R-Zacken der Quelle',
    'ecg-points': 'Punkte auf dem EKG',
    'ecg-caliper': 'Messung auf dem EKG',
    diameters: 'Durchmesser',
    trace: 'Umfahrung',
  },
};

/** `Ejection fraction  58 %, EDV 120 ml, ESV 50 ml, SV 70 ml (biplane method of discs)`. */
export function measurementText(
  language: PrintLanguage,
  { measurement, method, quantities, calibration, reason }: PrintedMeasurement,
): string {
  const values = valuesText(language, { quantities, ...(calibration && { calibration }), ...(reason !== undefined && { reason }) });
  return `${measurementNames[language][measurement]}  ${values} (${methodNames[language][method]})`;
}
