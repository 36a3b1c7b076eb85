import { belongsTo, type MarkedPicture } from '../../src/marks/belonging.ts';
import type { Examination, Kept, SharedMark } from '../../src/protocol/examination-messages.ts';
import { type KnownMark, shapeOf } from '../marks-state.ts';
import type { PastTruth } from '../past/past-messages.ts';
import type { ExaminationState } from './examination-state.ts';

/** An examination that is not open, with what this screen knows of it. */
export interface EarlierExamination {
  readonly examination: Pick<Examination, 'examination' | 'patient' | 'anonymous'>;
  readonly kept: readonly Kept[];
  readonly marks: readonly KnownMark[];
}

/** Whose picture somebody looks at. */
export type Whose =
  | { readonly of: 'open' }
  /** Of a stream, captured before what is open began, or while nothing is open before the last one was closed. */
  | { readonly of: 'before' }
  /** Kept in another examination; undefined: in one of which this screen has not been told. */
  | { readonly of: 'earlier'; readonly item: Kept | undefined; readonly earlier: EarlierExamination | undefined };

export const ofOpen: Whose = { of: 'open' };
const ofBefore: Whose = { of: 'before' };

/** Of a still or a clip. What is not known to be of the open examination never counts as that. */
export function whoseKept({ told, examination, kept, onWalls, earlier }: ExaminationState, id: string): Whose {
  if (!told || kept.some((one) => one.kept === id)) return ofOpen;
  for (const one of [...onWalls, ...earlier]) {
    const item = one.kept.find((known) => known.kept === id);
    if (item === undefined) continue;
    return one.examination.examination === examination?.examination ? ofOpen : { of: 'earlier', item, earlier: one };
  }
  return { of: 'earlier', item: undefined, earlier: undefined };
}

/** Of a frame of a stream. */
export const whoseFrame = ({ boundaryUs }: ExaminationState, capturedUs: number | undefined): Whose =>
  capturedUs !== undefined && boundaryUs !== undefined && capturedUs < boundaryUs ? ofBefore : ofOpen;

/** What is true of a tile, as far as it decides whose its picture is. */
interface ShownIn {
  readonly past?: PastTruth | undefined;
  readonly picture: { readonly capturedUs: number } | undefined;
}

export const whoseShown = (state: ExaminationState, { past, picture }: ShownIn): Whose =>
  past?.past.of === 'kept' ? whoseKept(state, past.past.kept.kept) : whoseFrame(state, picture?.capturedUs);

/** Whether a tile shows what the open examination takes no marks on; what it has kept of a time is its own, whoever was examined since. */
export function isOfAnother(state: ExaminationState, stream: number, shown: ShownIn): boolean {
  const { of } = whoseShown(state, shown);
  const atUs = shown.picture?.capturedUs ?? 0;
  const held = state.kept.some((one) => one.state === 'kept' && one.stream === stream && one.fromUs <= atUs && atUs <= one.toUs);
  return of === 'earlier' || (of === 'before' && !held);
}

/** What was drawn on something kept, or on its stream in its time. */
export function marksOn({ marks }: EarlierExamination, { kept, stream, fromUs, toUs }: Kept): readonly KnownMark[] {
  return marks.filter((mark) =>
    mark.kept === undefined
      ? mark.stream !== undefined && mark.stream === stream && mark.fromUs <= toUs && (mark.untilUs ?? toUs) >= fromUs
      : mark.kept === kept,
  );
}

/** What is drawn read-only on a frame of an earlier examination. */
export function marksOnFrame(whose: Whose, frame: MarkedPicture & { readonly capturedUs: number }): readonly KnownMark[] {
  if (whose.of !== 'earlier' || whose.item === undefined) return [];
  const { kept, stream } = whose.item;
  return (whose.earlier?.marks ?? []).filter((mark) => belongsTo(mark, { ...frame, kept, stream }));
}

/** None for kinds that a newer server has. */
export function knownMark(mark: SharedMark): KnownMark[] {
  const { mark: id, stream, kept, revision, fromUs, untilUs, picture, rPeaksUs, author } = mark;
  const shape = shapeOf(mark.shape);
  return shape === undefined
    ? []
    : [{ id, stream, kept, shape, revision, fromUs, untilUs, picture, rPeaksUs, epoch: undefined, author, changedMs: 0 }];
}
