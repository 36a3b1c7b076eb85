import { type Measurement, noteText, numberText, type Quantity } from '../marks/measure.ts';

export type PrintLanguage = 'en' | 'de';

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
    rate: 'rate',
  },
  de: {
    circumference: 'Umfang',
    vti: 'VTI',
    'peak-gradient': 'max. Gradient',
    'mean-gradient': 'mittl. Gradient',
    time: 'Dauer',
    rate: 'Frequenz',
  },
};

/** What the values of a mark may lack, as src/marks says it. */
const germanNotes: Readonly<Record<string, string>> = {
  'not calibrated': 'nicht kalibriert',
  'not calibrated here': 'hier nicht kalibriert',
  'partly not calibrated': 'teilweise nicht kalibriert',
  'across two regions': 'über zwei Bereiche',
  'the outline crosses itself': 'der Umriss schneidet sich',
  'no baseline is named': 'keine Nulllinie angegeben',
  'the trace runs back in time': 'die Spur läuft zeitlich zurück',
  'the trace has no duration': 'die Spur hat keine Dauer',
  'calibrated by hand': 'von Hand kalibriert',
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
  const note = noteText(measurement)
    ?.split(', ')
    .map((part) => noteIn(language, part));
  // In German a comma stands in the numbers.
  return [...values, ...(note ?? [])].join(language === 'de' ? '; ' : ', ');
}

function noteIn(language: PrintLanguage, part: string): string {
  if (language === 'en') return part;
  const axes = /^axes are (\S+) and (\S+)$/.exec(part);
  return axes === null ? (germanNotes[part] ?? part) : `die Achsen sind ${axes[1]} und ${axes[2]}`;
}
