import { captionText } from './label.ts';
import type { Caption } from './mark.ts';

/** What stands beside marks, in the languages of the monitor: the same on its screens and in what it prints. */
export type MarkLanguage = 'en' | 'de';

/** Why the values of marks are what they are, by what src/marks says. */
export const germanNotes: Readonly<Record<string, string>> = {
  'not calibrated': 'nicht kalibriert',
  'not calibrated here': 'hier nicht kalibriert',
  'partly not calibrated': 'teilweise nicht kalibriert',
  'across two regions': 'über zwei Bereiche',
  'calibrated by hand': 'von Hand kalibriert',
  'the outline crosses itself': 'der Umriss kreuzt sich selbst',
  'no baseline is named': 'keine Nulllinie angegeben',
  'axes are not time and velocity': 'die Achsen sind nicht Zeit und Geschwindigkeit',
  'the trace has no duration': 'die Hüllkurve hat keine Dauer',
  'the trace runs back in time': 'die Hüllkurve läuft in der Zeit zurück',
  'outline and long axis lie in different regions': 'Umriss und Längsachse liegen in verschiedenen Bereichen',
  'outline and long axis lie on different frames': 'Umriss und Längsachse liegen auf verschiedenen Bildern',
  'the outline is not calibrated': 'der Umriss ist nicht kalibriert',
  'the long axis has no length': 'die Längsachse hat keine Länge',
  'the long axis reaches beyond the outline': 'die Längsachse reicht über den Umriss hinaus',
  'the outline is closed: choose a caliper as its long axis or trace from annulus to annulus':
    'der Umriss ist geschlossen: eine Messung (C) als Längsachse wählen oder von Anulus zu Anulus umfahren',
  'one view may be foreshortened': 'eine Ebene kann verkürzt sein',
  'the lesion is wider than the reference': 'die Läsion ist weiter als die Referenz',
  'the axes are no lengths': 'die Achsen sind keine Längen',
  'lesion and reference lie in different regions': 'Läsion und Referenz liegen in verschiedenen Bereichen',
  'lesion and reference lie on different frames': 'Läsion und Referenz liegen auf verschiedenen Bildern',
};

/** Labels that are words; the others are the same abbreviations in both languages. */
export const germanLabels: Readonly<Record<string, string>> = {
  Effusion: 'Erguss',
  Stenosis: 'Stenose',
  Lesion: 'Läsion',
  Reference: 'Referenz',
  'Catheter tip': 'Katheterspitze',
};

/** What a mark is called; what somebody typed stays as it is. */
export function captionIn(language: MarkLanguage, caption: Caption): string {
  const text = captionText(caption);
  return language === 'de' && 'label' in caption ? (germanLabels[text] ?? text) : text;
}

/** Why the values of a mark are what they are: one or more reasons, as `noteText` lists them. */
export function notesIn(language: MarkLanguage, note: string): readonly string[] {
  const parts = note.split(', ');
  if (language === 'en') return parts;
  return parts.map((part) => germanNotes[part] ?? part.replace(/^axes are (\S+) and (\S+)$/, 'die Achsen sind $1 und $2'));
}

/** What the server calls whoever sits at it; other names are people's own. */
export const here = 'This machine';

/** Somebody's name as it is shown. */
export const personIn = (language: MarkLanguage, name: string): string => (language === 'de' && name === here ? 'Dieser Rechner' : name);
