import { type DrawnMark, drawnMarks, markInk } from '../../src/marks/drawn-marks.ts';
import type { Mark } from '../../src/marks/mark.ts';
import type { PictureSize } from '../../src/marks/on-picture.ts';

/** A mark with what stands beside it. */
export interface ExportedMark {
  readonly shape: Mark;
  readonly lines: readonly string[];
}

/** What stands below a picture that has left the monitor: nothing may cover anatomy, and nobody may take it for something else. */
export interface TruthLine {
  readonly source: string;
  /** That it is not of the open examination. */
  readonly earlier: string | undefined;
  readonly synthetic: string | undefined;
  readonly notForDiagnosis: string;
  readonly patient: string | undefined;
}

type Context = OffscreenCanvasRenderingContext2D;

/** How wide a picture must be for the lines of the desk monitor; smaller ones get smaller marks, down to lines of a pixel. */
const usualSide = 900;
const [smallestUnit, largestUnit] = [0.7, 3];

const unitFor = ({ width, height }: PictureSize): number =>
  Math.min(largestUnit, Math.max(smallestUnit, Math.min(width, height) / usualSide));

const face = '"Noto Sans", "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", Arial, sans-serif';

/** Lines of the strip below a picture: how many pixels it needs, and which parts stand on one line. */
export interface Strip {
  readonly fontPx: number;
  readonly height: number;
  /** Of the parts of the truth line, by lines. */
  readonly lines: readonly (readonly number[])[];
}

/** Laid out once: the time that changes from frame to frame keeps its width. */
export function stripFor(context: Context, width: number, parts: readonly string[]): Strip {
  const fontPx = Math.round(Math.min(28, Math.max(12, width / 50)));
  context.font = `${fontPx}px ${face}`;
  const lines: number[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const [index, part] of parts.entries()) {
    const needed = context.measureText(`${separator}${part.replace(/\d/g, '0')}`).width;
    if (used + needed > width - 2 * fontPx || lines.length === 0) {
      lines.push([]);
      used = 0;
    }
    lines.at(-1)!.push(index);
    used += needed;
  }
  return { fontPx, height: Math.ceil(fontPx * (lines.length * 1.4 + 0.5)), lines };
}

const separator = '  ·  ';

export function truthParts({ source, earlier, synthetic, notForDiagnosis, patient }: TruthLine, time: string): readonly string[] {
  return [time, source, earlier, synthetic, notForDiagnosis, patient].filter((part) => part !== undefined);
}

/** The strip below a picture of that width. */
export function drawStrip(
  context: Context,
  { width, height }: PictureSize,
  strip: Strip,
  parts: readonly string[],
  canvasWidth = width,
): void {
  context.fillStyle = '#000000';
  context.fillRect(0, height, canvasWidth, strip.height);
  context.fillStyle = '#c9d1d9';
  context.font = `${strip.fontPx}px ${face}`;
  context.textBaseline = 'middle';
  for (const [row, indices] of strip.lines.entries()) {
    const text = indices.map((index) => parts[index] ?? '').join(separator);
    const y = height + strip.fontPx * (0.25 + 1.4 * (row + 0.5));
    context.fillText(text, strip.fontPx * 0.5, y, width - strip.fontPx);
  }
}

/** Marks over a picture that lies in the upper left corner, in its own pixels; nothing outside it. */
export function drawMarks(context: Context, size: PictureSize, marks: readonly ExportedMark[]): void {
  if (marks.length === 0) return;
  const unit = unitFor(size);
  const drawn = drawnMarks(
    marks.map(({ shape }) => shape),
    { place: (point) => point, unit },
    size,
    (_, index) => marks[index]!.lines,
  );
  context.save();
  context.beginPath();
  context.rect(0, 0, size.width, size.height);
  context.clip();
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.textBaseline = 'middle';
  for (const mark of drawn) drawHalo(context, mark, unit);
  for (const mark of drawn) drawInk(context, mark, unit);
  context.restore();
}

const { thread, thick, haloBeyond, dots } = markInk;

function drawHalo(context: Context, { line, ends, filled, words, fontSize }: DrawnMark, unit: number): void {
  context.strokeStyle = markInk.halo;
  context.globalAlpha = markInk.haloOpacity;
  stroke(context, line, (thread + haloBeyond) * unit);
  stroke(context, ends, (thick + haloBeyond) * unit);
  stroke(context, filled, haloBeyond * unit);
  context.lineWidth = (haloBeyond + 2) * unit;
  context.font = `600 ${fontSize}px ${face}`;
  for (const { text, at } of words) context.strokeText(text, at.x, at.y);
  context.globalAlpha = 1;
}

function drawInk(context: Context, { line, dotted, ends, filled, words, fontSize }: DrawnMark, unit: number): void {
  context.strokeStyle = markInk.colour;
  context.fillStyle = markInk.colour;
  context.fill(new Path2D(filled));
  stroke(context, ends, thick * unit);
  if (dotted) context.setLineDash(dots.map((length) => length * unit));
  stroke(context, line, thread * unit);
  context.setLineDash([]);
  context.font = `600 ${fontSize}px ${face}`;
  for (const { text, at } of words) context.fillText(text, at.x, at.y);
}

function stroke(context: Context, path: string, width: number): void {
  if (path === '') return;
  context.lineWidth = width;
  context.stroke(new Path2D(path));
}
