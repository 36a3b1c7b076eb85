import { type DrawnAt, drawingOf, type MarkDrawing, pathIn, pictogramSide, probeOn } from './drawing.ts';
import { type Box, labelPlace, textSize, textWidth } from './label-place.ts';
import type { Mark, MarkOf, Point } from './mark.ts';
import type { PictureSize } from './on-picture.ts';
import { pictograms } from './pictogram.ts';

/** A mark as it is drawn into a picture that leaves the monitor: below everything the halos, then the ink, then the words. */
export interface DrawnMark {
  /** Stroked `thread` wide; paths in the notation of SVG. */
  readonly line: string;
  readonly dotted: boolean;
  /** Stroked `thick` wide. */
  readonly ends: string;
  readonly filled: string;
  readonly words: readonly DrawnWord[];
  readonly fontSize: number;
}

export interface DrawnWord {
  readonly text: string;
  /** Where it begins, and its middle line. */
  readonly at: Point;
}

/** As in the monitor's style sheet; widths in units. */
export const markInk = {
  colour: '#ffd84d',
  halo: '#000000',
  haloOpacity: 0.7,
  thread: 1.75,
  thick: 2.5,
  haloBeyond: 3,
  dots: [1, 5],
} as const;

const letters = 22;
const smallestLetters = 9;

/** Marks in the order in which they lie over each other; `wordsOf` says what stands beside each. `area`: what nothing may leave. */
export function drawnMarks(
  marks: readonly Mark[],
  at: DrawnAt,
  area: PictureSize,
  wordsOf: (mark: Mark, index: number) => readonly string[],
): readonly DrawnMark[] {
  const taken: Box[] = [];
  return marks.map((mark, index) => {
    const drawing = drawingOf(mark, at);
    const { words, fontSize } = wordsBeside(mark, drawing, wordsOf(mark, index), at.unit, area, taken);
    const { dotted, ends } = drawing;
    if (mark.kind !== 'body-marker') return { line: drawing.line, dotted, ends, filled: drawing.filled, words, fontSize };
    return { ...bodyDrawing(mark, drawing, at.unit), dotted, ends, words, fontSize };
  });
}

function wordsBeside(
  mark: Mark,
  { points, extent }: MarkDrawing,
  lines: readonly string[],
  unit: number,
  area: PictureSize,
  taken: Box[],
): Pick<DrawnMark, 'words' | 'fontSize'> {
  // A small picture gets letters that it has room for.
  const wanted = letters * unit;
  const width = textSize(lines, wanted).width;
  const fontSize = Math.max(smallestLetters * unit, wanted * Math.min(1, (0.95 * area.width) / Math.max(1, width)));
  if (lines.length === 0) return { words: [], fontSize };
  const size = textSize(numbered(mark, lines) ? [`${lines[0]} `, ...lines.slice(1)] : lines, fontSize);
  const box = mark.kind === 'text' ? onItself(points[0]!, size, area) : labelPlace(extent, size, area, unit, taken);
  taken.push(box);
  const step = box.height / lines.length;
  const words = lines.map((text, index) => ({ text, at: { x: box.left, y: box.top + step * (index + 0.5) } }));
  return { words: numbered(mark, lines) ? [...apart(mark, words[0]!, fontSize), ...words.slice(1)] : words, fontSize };
}

const numbered = ({ kind, number }: Mark, [first = '']: readonly string[]): boolean => kind !== 'text' && first.startsWith(`${number} `);

/** Letters between the number of a mark and what is said of it: 1 and 88.5 mm are not to be read as 188.5 mm. */
const numberGap = 1.8;

function apart({ number }: Mark, { text, at }: DrawnWord, fontSize: number): readonly DrawnWord[] {
  const digits = String(number);
  const x = at.x + textWidth(digits, fontSize) + numberGap * textWidth(' ', fontSize);
  return [
    { text: digits, at },
    { text: text.slice(digits.length + 1), at: { x, y: at.y } },
  ];
}

/** Free text stands where it was put, inside the picture. */
function onItself({ x, y }: Point, { width, height }: PictureSize, area: PictureSize): Box {
  const left = Math.max(0, Math.min(x, area.width - width));
  return { left, top: Math.max(0, Math.min(y - height / 2, area.height - height)), width, height };
}

function bodyDrawing(mark: MarkOf<'body-marker'>, { points: [middle] }: MarkDrawing, unit: number): Pick<DrawnMark, 'line' | 'filled'> {
  const side = pictogramSide * unit;
  const corner = { x: middle!.x - side / 2, y: middle!.y - side / 2 };
  const on = ({ x, y }: Point): Point => ({ x: corner.x + x * side, y: corner.y + y * side });
  const { from, to, marked } = probeOn(mark);
  const [a, b, knob] = [on(from), on(to), on(marked)];
  const radius = 4 * unit;
  return {
    line: `${pathIn(pictograms[mark.body], corner, side)}M${a.x} ${a.y}L${b.x} ${b.y}`,
    filled: `M${knob.x - radius} ${knob.y}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0Z`,
  };
}
