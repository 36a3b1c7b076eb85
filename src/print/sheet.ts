import { createRequire } from 'node:module';
import PdfDocument from 'pdfkit';
import { type DrawnMark, drawnMarks, markInk } from '../marks/drawn-marks.ts';
import type { Mark } from '../marks/mark.ts';
import { measure } from '../marks/measure.ts';
import type { MeasuredPicture } from '../marks/scale.ts';
import { captionIn, personIn } from '../marks/words.ts';
import type { Layout } from './order.ts';
import { printableDocument } from './printable.ts';
import { measurementText, type PrintedMeasurement, type PrintLanguage, type Say, sayIn, sexText, valuesText } from './words.ts';

/** Everything that is printed, with the pixels of its pictures. */
export interface PrintDocument {
  readonly language: PrintLanguage;
  /** IANA name. */
  readonly timeZone: string;
  readonly paper: 'A4' | 'Letter';
  readonly layout: Layout;
  readonly room: string;
  readonly printedUs: number;
  readonly openedUs: number;
  /** Undefined: not asked for. */
  readonly patient: PrintedPatient | 'nobody' | undefined;
  /** Drawn over the pictures; the values stand below them anyway. */
  readonly marks: boolean;
  readonly pictures: readonly PrintedPicture[];
  /** Of the examination, whichever of its pictures are printed. */
  readonly measurements: readonly PrintedMeasurement[];
}

export interface PrintedPatient {
  readonly name: string;
  readonly id: string;
  readonly born?: string | undefined;
  readonly sex?: 'female' | 'male' | 'other' | undefined;
}

export interface PrintedPicture {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly source: string;
  readonly kind: 'still' | 'clip';
  readonly capturedUs: number;
  readonly synthetic: boolean;
  readonly marks: readonly PrintedMark[];
}

export interface PrintedMark {
  readonly shape: Mark;
  readonly picture: MeasuredPicture;
  readonly author: string;
}

/** Points, 1/72 inch. */
const margin = 34;
const leastHeaderHeight = 52;
const footerHeight = 20;
const gutter = 14;
const captionSize = 8.5;
const rowSize = 8.5;
const rowHeight = 11.5;
/** A printed line as thick as on a monitor would be twice as thick as it need be. */
const unitPt = 0.45;
/** Paths are rounded to tenths: of a point that would be seen. */
const finer = 20;

const columns = { 1: 1, 2: 1, 4: 2, 6: 2 } as const satisfies Readonly<Record<Layout, number>>;
/** A picture keeps at least so much of its place. */
const leastPictureShare = 0.55;

const resolvePath = createRequire(import.meta.url).resolve;
const fontFolder = '@expo-google-fonts/source-sans-3';

/** Day before month and 24 hours in both. */
const locales = { en: 'en-GB', de: 'de' } as const satisfies Readonly<Record<PrintLanguage, string>>;

interface Sheet {
  readonly pdf: PDFKit.PDFDocument;
  /** There are characters in it that stand as their code points. */
  readonly isReplaced: boolean;
  readonly print: PrintDocument;
  readonly say: Say;
  time(us: number): string;
}

interface Row {
  readonly picture: number;
  readonly text: string;
  readonly author: string;
}

/** The sheets as PDF: text is text, tagged, in the language of the print; marks are lines over the pictures, which keep their pixels. */
export async function printedSheets(given: PrintDocument): Promise<Buffer> {
  const say = sayIn(given.language);
  const pdf = new PdfDocument({
    size: given.paper === 'A4' ? 'A4' : 'LETTER',
    margin: 0,
    autoFirstPage: false,
    bufferPages: true,
    pdfVersion: '1.7',
    ...({ subset: 'PDF/UA' } as object),
    tagged: true,
    lang: given.language,
    displayTitle: true,
    // No patient in it: programs show the title of a file in lists.
    info: { Title: `${say('title')} ${given.room}`, Creator: 'Lumencast', CreationDate: new Date(given.printedUs / 1000) },
  });
  const parts: Buffer[] = [];
  const whole = new Promise<Buffer>((resolve, reject) => {
    pdf.on('data', (part: Buffer) => parts.push(part));
    pdf.on('end', () => resolve(Buffer.concat(parts)));
    pdf.on('error', reject);
  });
  pdf.registerFont('regular', resolvePath(`${fontFolder}/400Regular/SourceSans3_400Regular.ttf`));
  pdf.registerFont('bold', resolvePath(`${fontFolder}/600SemiBold/SourceSans3_600SemiBold.ttf`));
  const format = new Intl.DateTimeFormat(locales[given.language], { timeZone: given.timeZone, dateStyle: 'medium', timeStyle: 'medium' });
  const { print, isReplaced } = printableDocument(given, (codePoint) => hasGlyph(pdf, codePoint));
  drawSheets({ pdf, print, isReplaced, say, time: (us) => format.format(us / 1000) });
  pdf.end();
  return await whole;
}

const hasGlyph = (pdf: PDFKit.PDFDocument, codePoint: number): boolean =>
  ['regular', 'bold'].every((name) => outlinedFont(pdf, name).font.hasGlyphForCodePoint(codePoint));

function drawSheets(sheet: Sheet): void {
  const { pdf, print } = sheet;
  const root = pdf.struct('Document');
  pdf.addStructure(root);
  const left: Row[] = [];
  for (const [index, picture] of print.pictures.entries()) {
    const place = index % print.layout;
    if (place === 0) beginSheet(sheet, root, index === 0);
    left.push(...drawCell(sheet, root, index + 1, picture, cellOf(sheet, place)));
  }
  if (left.length > 0) drawFurther(sheet, root, left);
  root.end();
  const { count } = pdf.bufferedPageRange();
  for (let page = 0; page < count; page++) {
    pdf.switchToPage(page);
    drawFooter(sheet, page + 1, count);
  }
}

interface Cell {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line for each measurement of the examination, and for what must be known to read the names. */
const headerHeightOf = ({ print: { measurements }, isReplaced }: Sheet): number =>
  leastHeaderHeight + (measurements.length + Number(isReplaced)) * rowHeight;

function cellOf(sheet: Sheet, place: number): Cell {
  const { page } = sheet.pdf;
  const { layout } = sheet.print;
  const headerHeight = headerHeightOf(sheet);
  const across = columns[layout];
  const down = layout / across;
  const width = (page.width - 2 * margin - (across - 1) * gutter) / across;
  const height = (page.height - 2 * margin - headerHeight - footerHeight - (down - 1) * gutter) / down;
  const [column, row] = [place % across, Math.floor(place / across)];
  return { x: margin + column * (width + gutter), y: margin + headerHeight + row * (height + gutter), width, height };
}

/** The header is content on the first sheet, and on the others what a reader of the page need not hear again. */
function beginSheet(sheet: Sheet, root: PDFKit.PDFStructureElement, first: boolean): void {
  const { pdf } = sheet;
  pdf.addPage();
  const lines = headerLines(sheet);
  if (first) {
    root.add(element(pdf, 'H1', () => drawHeaderLine(pdf, lines[0])));
    for (const line of lines.slice(1)) root.add(element(pdf, 'P', () => drawHeaderLine(pdf, line)));
  } else {
    asArtifact(pdf, () => {
      for (const line of lines) drawHeaderLine(pdf, line);
    });
  }
  asArtifact(pdf, () => {
    const y = margin + headerHeightOf(sheet) - 10;
    pdf
      .moveTo(margin, y)
      .lineTo(pdf.page.width - margin, y)
      .lineWidth(0.5)
      .stroke('#808080');
  });
}

/** An element of the document's structure with its content. The types of pdfkit know neither of both arguments. */
function element(pdf: PDFKit.PDFDocument, kind: string, draw: () => void, options: object = {}): PDFKit.PDFStructureElement {
  const make = pdf.struct.bind(pdf) as unknown as (kind: string, options: object, content: () => void) => PDFKit.PDFStructureElement;
  return make(kind, options, draw);
}

interface HeaderLine {
  readonly text: string;
  readonly font: 'regular' | 'bold';
  readonly size: number;
  readonly y: number;
  readonly align: 'left' | 'right';
  /** Of the width between the margins. */
  readonly share: number;
}

type HeaderLines = readonly [HeaderLine, ...HeaderLine[]];

function headerLines({ print, isReplaced, say, time }: Sheet): HeaderLines {
  const { room, patient, openedUs, measurements, language } = print;
  const lines: HeaderLines = [
    { text: `${say('title')} · ${room} · ${time(openedUs)}`, font: 'bold', size: 12, y: margin, align: 'left', share: 0.68 },
    { text: say('notForDiagnosis'), font: 'bold', size: 12, y: margin, align: 'right', share: 0.3 },
  ];
  const texts = [...(isReplaced ? [say('noGlyph')] : []), ...measurements.map((measurement) => measurementText(language, measurement))];
  const below = texts.map((text, row): HeaderLine => {
    return { text, font: 'regular', size: rowSize, y: margin + 36 + row * rowHeight, align: 'left', share: 1 };
  });
  if (patient === undefined) return [...lines, ...below];
  const text = patient === 'nobody' ? say('noPatient') : patientText(language, say, patient);
  return [...lines, { text, font: 'regular', size: 11, y: margin + 19, align: 'left', share: 1 }, ...below];
}

function patientText(language: PrintLanguage, say: Say, { name, id, born, sex }: PrintedPatient): string {
  const parts = [name, id, born && `${say('born')} ${dayText(language, born)}`, sex && sexText(language, sex)];
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

/** A date of birth has no time zone. */
const dayText = (language: PrintLanguage, day: string): string =>
  new Intl.DateTimeFormat(locales[language], { timeZone: 'UTC', dateStyle: 'medium' }).format(new Date(`${day}T00:00:00Z`));

function drawHeaderLine(pdf: PDFKit.PDFDocument, { text, font, size, y, align, share }: HeaderLine): void {
  const width = (pdf.page.width - 2 * margin) * share;
  pdf.font(font).fillColor('#000000');
  fitSize(pdf, text, size, width);
  const textWidth = pdf.widthOfString(text);
  pdf.text(text, align === 'left' ? margin : pdf.page.width - margin - textWidth, y, { lineBreak: false });
}

/** What was typed stands there whole, if smaller. */
function fitSize(pdf: PDFKit.PDFDocument, text: string, size: number, width: number): void {
  pdf.fontSize(size);
  const needed = pdf.widthOfString(text);
  if (needed > width) pdf.fontSize((size * width) / needed);
}

function drawFooter({ pdf, print, say, time }: Sheet, page: number, pages: number): void {
  asArtifact(pdf, () => {
    const y = pdf.page.height - margin - 10;
    pdf.font('regular').fontSize(8).fillColor('#404040');
    pdf.text(`Lumencast · ${say('printed')} ${time(print.printedUs)}, ${print.timeZone} · ${say('notForDiagnosis')}`, margin, y, {
      lineBreak: false,
    });
    const text = say('page', { page, pages });
    pdf.text(text, pdf.page.width - margin - pdf.widthOfString(text), y, { lineBreak: false });
  });
}

function asArtifact(pdf: PDFKit.PDFDocument, draw: () => void): void {
  pdf.markContent('Artifact', { type: 'Pagination' });
  draw();
  pdf.endMarkedContent();
}

/** Draws a picture with what stands above and below it; answers the rows that found no place. */
function drawCell(sheet: Sheet, root: PDFKit.PDFStructureElement, number: number, picture: PrintedPicture, cell: Cell): Row[] {
  const { pdf, print, say, time } = sheet;
  const rows = rowsOf(print.language, number, picture);
  const captionHeight = captionSize * 1.5;
  const room = cell.height - captionHeight;
  const fitting = Math.floor((room * (1 - leastPictureShare)) / rowHeight);
  // One line is needed to say that there are more.
  const shown = rows.length <= fitting ? rows.length : fitting - 1;
  const rowsHeight = Math.min(rows.length, fitting) * rowHeight;
  const scale = Math.min(cell.width / picture.width, (room - rowsHeight - 4) / picture.height);
  const caption = captionOf(sheet, number, picture);
  const section = pdf.struct('Sect');
  root.add(section);
  section.add(
    element(pdf, 'H2', () => {
      pdf.font('bold').fillColor('#000000');
      fitSize(pdf, caption, captionSize, cell.width);
      pdf.text(caption, cell.x, cell.y, { lineBreak: false });
    }),
  );
  const top = cell.y + captionHeight;
  const alt = [say('picture', { number, source: picture.source, time: time(picture.capturedUs) }), ...rows.map(({ text }) => text)].join(
    '; ',
  );
  section.add(
    element(pdf, 'Figure', () => drawPicture(sheet, picture, cell.x, top, scale), {
      alt,
      bbox: [cell.x, top, cell.x + picture.width * scale, top + picture.height * scale],
    }),
  );
  const below = top + picture.height * scale + 4;
  for (const [index, row] of rows.slice(0, shown).entries()) drawRow(sheet, section, row, cell.x, below + index * rowHeight, cell.width);
  if (shown < rows.length) {
    const text = say('more', { count: rows.length - shown });
    drawRow(sheet, section, { picture: number, text, author: '' }, cell.x, below + shown * rowHeight, cell.width);
  }
  section.end();
  return rows.slice(shown);
}

function captionOf({ say, time }: Sheet, number: number, { source, kind, capturedUs, synthetic }: PrintedPicture): string {
  return [`${number}`, source, time(capturedUs), say(kind), ...(synthetic ? [say('synthetic')] : [])].join(' · ');
}

function rowsOf(language: PrintLanguage, number: number, { marks }: PrintedPicture): Row[] {
  return marks.flatMap(({ shape, picture, author }) => {
    const name = 'caption' in shape && shape.caption !== undefined ? captionIn(language, shape.caption) : undefined;
    const values = valuesText(language, measure(picture, shape));
    const parts = [name, values].filter((part) => part !== undefined && part !== '');
    return parts.length === 0
      ? []
      : [{ picture: number, text: `${shape.number}  ${parts.join('  ')}`, author: personIn(language, author) }];
  });
}

function drawRow({ pdf }: Sheet, parent: PDFKit.PDFStructureElement, { text, author }: Row, x: number, y: number, width: number): void {
  parent.add(
    element(pdf, 'P', () => {
      pdf.font('regular').fillColor('#000000').fontSize(rowSize);
      const authorWidth = author === '' ? 0 : Math.min(pdf.widthOfString(author), width * 0.35);
      fitSize(pdf, text, rowSize, width - authorWidth - 8);
      pdf.text(text, x, y, { lineBreak: false, features: ['tnum'] });
      if (author === '') return;
      pdf.fillColor('#505050');
      fitSize(pdf, author, rowSize, width * 0.35);
      pdf.text(author, x + width - pdf.widthOfString(author), y, { lineBreak: false });
    }),
  );
}

/** What found no place below its picture, on sheets of its own. */
function drawFurther(sheet: Sheet, root: PDFKit.PDFStructureElement, rows: readonly Row[]): void {
  const { pdf, say } = sheet;
  const width = pdf.page.width - 2 * margin;
  let y = 0;
  let picture = 0;
  let section: PDFKit.PDFStructureElement | undefined;
  const turn = (): void => {
    beginSheet(sheet, root, false);
    y = margin + headerHeightOf(sheet);
    root.add(
      element(pdf, 'H2', () => {
        pdf.font('bold').fontSize(11).fillColor('#000000').text(say('further'), margin, y, { lineBreak: false });
      }),
    );
    y += 20;
    picture = 0;
  };
  turn();
  for (const row of rows) {
    if (y + 2 * rowHeight > pdf.page.height - margin - footerHeight) {
      section?.end();
      turn();
    }
    if (row.picture !== picture) {
      section?.end();
      section = pdf.struct('Sect');
      root.add(section);
      picture = row.picture;
      const heading = y;
      const number = picture;
      section.add(
        element(pdf, 'H3', () => {
          pdf
            .font('bold')
            .fontSize(rowSize)
            .text(say('measuredOn', { number }), margin, heading + 3, { lineBreak: false });
        }),
      );
      y += rowHeight + 3;
    }
    drawRow(sheet, section ?? root, row, margin, y, width);
    y += rowHeight;
  }
  section?.end();
}

function drawPicture({ pdf, print }: Sheet, picture: PrintedPicture, x: number, y: number, scale: number): void {
  const { width, height, marks } = picture;
  pdf.image(Buffer.from(picture.png), x, y, { width: width * scale, height: height * scale });
  if (!print.marks || marks.length === 0) return;
  pdf.save();
  pdf.rect(x, y, width * scale, height * scale).clip();
  pdf.translate(x, y).scale(1 / finer);
  const stretch = scale * finer;
  const drawn = drawnMarks(
    marks.map(({ shape }) => shape),
    { place: (point) => ({ x: point.x * stretch, y: point.y * stretch }), unit: unitPt * finer },
    { width: width * stretch, height: height * stretch },
    (shape, index) => pictureWords(print.language, shape, marks[index]!.picture),
  );
  for (const mark of drawn) drawHalo(pdf, mark);
  for (const mark of drawn) drawInk(pdf, mark);
  pdf.restore();
}

/** Over the picture stand the number and the leading value; all of them stand below it. */
function pictureWords(language: PrintLanguage, shape: Mark, picture: MeasuredPicture): string[] {
  if (shape.kind === 'text') return [captionIn(language, shape.caption)];
  if (shape.kind === 'body-marker') return [];
  const { quantities } = measure(picture, shape);
  const name = shape.caption === undefined ? [] : [captionIn(language, shape.caption)];
  const value = quantities.length === 0 ? [] : [valuesText(language, { quantities: quantities.slice(0, 1) })];
  return [[`${shape.number}`, ...name, ...value].join(' ')];
}

const { thread, thick, haloBeyond, dots } = markInk;
const inkUnit = unitPt * finer;

function drawHalo(pdf: PDFKit.PDFDocument, { line, ends, filled, words, fontSize }: DrawnMark): void {
  pdf.save().lineCap('round').lineJoin('round').strokeOpacity(markInk.haloOpacity);
  if (line !== '')
    pdf
      .path(line)
      .lineWidth((thread + haloBeyond) * inkUnit)
      .stroke(markInk.halo);
  if (ends !== '')
    pdf
      .path(ends)
      .lineWidth((thick + haloBeyond) * inkUnit)
      .stroke(markInk.halo);
  if (filled !== '')
    pdf
      .path(filled)
      .lineWidth(haloBeyond * inkUnit)
      .stroke(markInk.halo);
  pdf.strokeColor(markInk.halo);
  for (const { text, at } of words) drawWordOutline(pdf, text, at, fontSize, (haloBeyond + 2) * inkUnit);
  pdf.restore();
}

function drawInk(pdf: PDFKit.PDFDocument, { line, dotted, ends, filled, words, fontSize }: DrawnMark): void {
  pdf.save().lineCap('round').lineJoin('round');
  if (filled !== '') pdf.path(filled).fill(markInk.colour);
  if (ends !== '')
    pdf
      .path(ends)
      .lineWidth(thick * inkUnit)
      .stroke(markInk.colour);
  if (line !== '') {
    pdf.path(line).lineWidth(thread * inkUnit);
    if (dotted) pdf.dash(dots[0] * inkUnit, { space: dots[1] * inkUnit });
    pdf.stroke(markInk.colour);
  }
  pdf.fillColor(markInk.colour);
  for (const { text, at } of words) drawWord(pdf, text, at, fontSize);
  pdf.restore();
}

interface Place {
  readonly x: number;
  readonly y: number;
}

const wordFeatures: PDFKit.Mixins.OpenTypeFeatures[] = ['tnum'];

function drawWord(pdf: PDFKit.PDFDocument, text: string, { x, y }: Place, size: number): void {
  pdf.font('bold').fontSize(size);
  pdf.text(text, x, y, { lineBreak: false, baseline: 'middle', features: wordFeatures });
}

/** The font in hand, of which the types of pdfkit know nothing; in thousandths of its size, paths in units of its own. */
interface OutlinedFont {
  readonly ascender: number;
  readonly descender: number;
  /** Thousandths of a unit. */
  readonly scale: number;
  readonly font: { hasGlyphForCodePoint(codePoint: number): boolean };
  layout(
    text: string,
    features: readonly string[],
  ): {
    readonly glyphs: readonly { readonly path: { toSVG(): string } }[];
    readonly positions: readonly { readonly xAdvance: number; readonly xOffset: number; readonly yOffset: number }[];
  };
}

const outlinedFont = (pdf: PDFKit.PDFDocument, name: string): OutlinedFont =>
  (pdf.font(name) as unknown as { readonly _font: OutlinedFont })._font;

/** A word around which a line is drawn is no text: whoever searches or copies finds it once. */
function drawWordOutline(pdf: PDFKit.PDFDocument, text: string, { x, y }: Place, size: number, lineWidth: number): void {
  const font = outlinedFont(pdf, 'bold');
  const { glyphs, positions } = font.layout(text, wordFeatures);
  const scale = (size / 1000) * font.scale;
  const baseline = y + (((font.ascender + font.descender) / 2) * size) / 1000;
  pdf.save().translate(x, baseline).scale(scale, -scale);
  pdf.lineWidth(lineWidth / scale);
  for (const [at, { xAdvance, xOffset, yOffset }] of positions.entries()) {
    const outline = glyphs[at]?.path.toSVG() ?? '';
    pdf.save().translate(xOffset / font.scale, yOffset / font.scale);
    if (outline !== '') pdf.path(outline).stroke();
    pdf.restore().translate(xAdvance / font.scale, 0);
  }
  pdf.restore();
}
