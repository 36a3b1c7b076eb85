/** Names are written with a comma, in DICOM with `^`. */
const between = /[\s,^]+/g;

export const searchWords = (text: string): readonly string[] => text.split(between).filter((word) => word !== '');

/**
 * What is looked for, in the two ways in which it may be written: `Müller` without its dots and as `mueller`. Cases do not matter.
 */
export function searchTexts(text: string): readonly string[] {
  const lower = text.normalize('NFC').toLowerCase().replaceAll('ß', 'ss').replaceAll('ø', 'ö').replaceAll('æ', 'ä');
  const german = lower.replaceAll('ä', 'ae').replaceAll('ö', 'oe').replaceAll('ü', 'ue');
  return [...new Set([lower, german].map(withoutMarks))];
}

function withoutMarks(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(between, ' ').trim();
}
