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
  'the outline is not calibrated': 'der Umriss ist nicht kalibriert',
  'the long axis has no length': 'die Längsachse hat keine Länge',
  'the long axis reaches beyond the outline': 'die Längsachse reicht über den Umriss hinaus',
  'the lesion is wider than the reference': 'die Läsion ist weiter als die Referenz',
  'the axes are no lengths': 'die Achsen sind keine Längen',
  'lesion and reference lie in different regions': 'Läsion und Referenz liegen in verschiedenen Bereichen',
};

/** Labels that are words; the others are the same abbreviations in both languages. */
export const germanLabels: Readonly<Record<string, string>> = {
  Effusion: 'Erguss',
  Stenosis: 'Stenose',
  Lesion: 'Läsion',
  Reference: 'Referenz',
  'Catheter tip': 'Katheterspitze',
};
