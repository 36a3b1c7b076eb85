import type { PrintDocument, PrintedMark, PrintedPicture } from './sheet.ts';

/** What a font prints as nothing on purpose: joiners, marks of direction, selectors of variants. */
const invisible = /^\p{Default_Ignorable_Code_Point}$/u;

/** A text in which the code points stand for characters that a font does not have: `[U+674E U+660E] (Li)`. */
export function printableText(text: string, hasGlyph: (codePoint: number) => boolean): string {
  const missing: string[] = [];
  let printable = '';
  const endRun = (): void => {
    if (missing.length > 0) printable += `[${missing.splice(0).join(' ')}]`;
  };
  for (const character of text.normalize('NFC')) {
    const codePoint = character.codePointAt(0) ?? 0;
    if (hasGlyph(codePoint)) {
      endRun();
      printable += character;
    } else if (!invisible.test(character)) missing.push(`U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`);
  }
  endRun();
  return printable;
}

/** The document with everything in it that people typed as `printableText`, and whether that shows. */
export function printableDocument(
  print: PrintDocument,
  hasGlyph: (codePoint: number) => boolean,
): { readonly print: PrintDocument; readonly isReplaced: boolean } {
  let isReplaced = false;
  const shown = (text: string): string => {
    const printable = printableText(text, hasGlyph);
    isReplaced ||= printable.includes('[U+');
    return printable;
  };
  const shownMark = ({ shape, author, picture }: PrintedMark): PrintedMark => {
    const mark = { shape, picture, author: shown(author) };
    if (!('caption' in shape) || shape.caption === undefined || !('text' in shape.caption)) return mark;
    return { ...mark, shape: { ...shape, caption: { text: shown(shape.caption.text) } } };
  };
  const shownPicture = (picture: PrintedPicture): PrintedPicture => ({
    ...picture,
    source: shown(picture.source),
    marks: picture.marks.map(shownMark),
  });
  const { patient } = print;
  const printable: PrintDocument = {
    ...print,
    room: shown(print.room),
    patient: typeof patient === 'object' ? { ...patient, name: shown(patient.name), id: shown(patient.id) } : patient,
    pictures: print.pictures.map(shownPicture),
  };
  return { print: printable, isReplaced };
}
