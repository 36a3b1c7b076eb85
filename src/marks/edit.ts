import { AppError } from '../app-error.ts';
import type { Mark, Point } from './mark.ts';
import { checkOnPicture, type PictureSize } from './on-picture.ts';
import { pointCounts } from './point-counts.ts';

/** Changes of the marks of one stream. Each has an inverse that is one of them, so undo is an edit like any other. */
export type MarkEdit =
  /** Draws a mark, or puts it in the place of the one with its number; `position` counts from below, absent: on top. */
  | { readonly edit: 'put'; readonly mark: Mark; readonly position?: number | undefined }
  | { readonly edit: 'remove'; readonly number: number }
  | { readonly edit: 'move-point'; readonly number: number; readonly index: number; readonly to: Point }
  /** Before the point at `index`; at the number of points: behind the last. */
  | { readonly edit: 'insert-point'; readonly number: number; readonly index: number; readonly at: Point }
  | { readonly edit: 'remove-point'; readonly number: number; readonly index: number };

export interface Edited {
  readonly marks: readonly Mark[];
  /** Undoes the edit, applied to `marks`. */
  readonly inverse: MarkEdit;
}

/**
 * The marks after an edit, what was given unchanged. Throws marks/cannot-edit where the mark or the point is not there or the kind has
 * no such number of points, marks/off-picture.
 */
export function applyEdit(marks: readonly Mark[], edit: MarkEdit, picture: PictureSize): Edited {
  if (edit.edit === 'put') return put(marks, edit.mark, edit.position, picture);
  const position = marks.findIndex(({ number }) => number === edit.number);
  const mark = marks[position];
  if (mark === undefined) throw new AppError('marks/cannot-edit', { number: edit.number, reason: 'it is not there any more' });
  if (edit.edit === 'remove') return { marks: marks.toSpliced(position, 1), inverse: { edit: 'put', mark, position } };
  const { points, inverse } = editedPoints(mark, edit);
  return { marks: marks.with(position, withPoints(mark, points, picture)), inverse };
}

/** The same mark with one point elsewhere, for a place that is known to be on the picture. */
export function movePoint<Moved extends Mark>(mark: Moved, index: number, to: Point): Moved {
  // The number of points, and with it the type, stays.
  return { ...mark, points: mark.points.map((point, place) => (place === index ? to : point)) } as Moved;
}

/** The same mark moved whole, as far as it stays on the picture. */
export function moveMark<Moved extends Mark>(mark: Moved, byX: number, byY: number, { width, height }: PictureSize): Moved {
  const xs = mark.points.map(({ x }) => x);
  const ys = mark.points.map(({ y }) => y);
  const dx = Math.min(Math.max(byX, -Math.min(...xs)), width - Math.max(...xs));
  const dy = Math.min(Math.max(byY, -Math.min(...ys)), height - Math.max(...ys));
  return { ...mark, points: mark.points.map(({ x, y }) => ({ x: x + dx, y: y + dy })) } as Moved;
}

function put(marks: readonly Mark[], mark: Mark, position: number | undefined, picture: PictureSize): Edited {
  checkOnPicture(mark.kind, mark.points, picture);
  const place = marks.findIndex(({ number }) => number === mark.number);
  const replaced = marks[place];
  if (replaced !== undefined) return { marks: marks.with(place, mark), inverse: { edit: 'put', mark: replaced } };
  return { marks: marks.toSpliced(position ?? marks.length, 0, mark), inverse: { edit: 'remove', number: mark.number } };
}

type PointEdit = Extract<MarkEdit, { edit: 'move-point' | 'insert-point' | 'remove-point' }>;

function editedPoints(mark: Mark, edit: PointEdit): { readonly points: readonly Point[]; readonly inverse: MarkEdit } {
  const { number, index } = edit;
  if (edit.edit === 'insert-point') {
    if (!Number.isInteger(index) || index < 0 || index > mark.points.length) throw noPoint(number, index);
    return { points: (mark.points as readonly Point[]).toSpliced(index, 0, edit.at), inverse: { edit: 'remove-point', number, index } };
  }
  const before = mark.points[index];
  if (before === undefined) throw noPoint(number, index);
  if (edit.edit === 'move-point') {
    return { points: movePoint(mark, index, edit.to).points, inverse: { edit: 'move-point', number, index, to: before } };
  }
  return { points: (mark.points as readonly Point[]).toSpliced(index, 1), inverse: { edit: 'insert-point', number, index, at: before } };
}

const noPoint = (number: number, index: number): AppError =>
  new AppError('marks/cannot-edit', { number, reason: `it has no point ${index + 1}` });

function withPoints(mark: Mark, points: readonly Point[], picture: PictureSize): Mark {
  const [least, most] = pointCounts[mark.kind];
  if (points.length < least || points.length > most) {
    const allowed = least === most ? `${least}` : `${least} to ${most}`;
    throw new AppError('marks/cannot-edit', { number: mark.number, reason: `it has ${allowed} points` });
  }
  checkOnPicture(mark.kind, points, picture);
  return { ...mark, points } as Mark;
}
