import { AppError } from '../src/app-error.ts';
import { belongsTo, type FramePlace, fits } from '../src/marks/belonging.ts';
import { applyEdit, type MarkEdit } from '../src/marks/edit.ts';
import { type ManualCalibration, type Mark, partOf, withPart } from '../src/marks/mark.ts';
import type { Part } from '../src/marks/parts.ts';
import { pointCounts } from '../src/marks/point-counts.ts';
import type { MeasuredPicture } from '../src/marks/scale.ts';
import type { ArchiveState, Author, SharedMark } from '../src/protocol/examination-messages.ts';
import type { ServerMessage } from '../src/protocol/messages.ts';
import type { Tool, ToolName } from './mark-tools.ts';
import { withEntry } from './with-entry.ts';
import type { WireError } from './worker-messages.ts';

/** A mark as this screen knows it. */
export interface KnownMark {
  readonly id: string;
  readonly stream: number | undefined;
  readonly kept: string | undefined;
  readonly shape: Mark;
  /** 0: the server has not kept it. */
  readonly revision: number;
  readonly fromUs: number;
  /** Capture time of the last frame it belongs to; undefined: every frame from the first on. */
  readonly untilUs: number | undefined;
  readonly picture: MeasuredPicture;
  /** Capture times of the R peaks around its frame, as the server knows them. */
  readonly rPeaksUs?: readonly number[] | undefined;
  /** Of the frame it was drawn on, where that was on this screen. */
  readonly epoch: number | undefined;
  /** Undefined: nobody but this screen, which the server has not named. */
  readonly author: Author | undefined;
  /** This page's clock. */
  readonly changedMs: number;
}

/** A change of this screen's that the server has not answered. */
export interface OwnEdit {
  /** Undefined: taken away. */
  readonly want: KnownMark | undefined;
  /** Revision that was changed. */
  readonly base: number;
  /** Under way: what was sent, and the number under which it will be answered. */
  readonly sent: { readonly request: number; readonly want: KnownMark | undefined } | undefined;
  /** What was sent before the line was cut, and may have arrived. */
  readonly doubtful: KnownMark | undefined;
  /** What the server said to it; it is not sent again before somebody says so. */
  readonly error: WireError | undefined;
  /** The examination in which it was made: what belongs to one patient never comes to lie among another's. */
  readonly examination: string | undefined;
}

/** Somebody else's mark while it is drawn. */
export interface OthersDraft {
  readonly name: string;
  readonly id: string;
  readonly stream: number | undefined;
  readonly kept: string | undefined;
  readonly shape: Mark;
  readonly fromUs: number;
  readonly untilUs: number | undefined;
  /** That it is drawn on; undefined: of what is kept, which the server does not look into for it. */
  readonly picture: MeasuredPicture | undefined;
}

export interface Selection {
  readonly id: string;
  /** The point that keys move; undefined: the whole mark. */
  readonly point: number | undefined;
}

/** Takes back what one gesture did, to one mark or to several. */
export interface MarkStep {
  readonly atMs: number;
  /** By keys or a slider, in many small steps. */
  readonly mends: boolean;
  readonly parts: readonly { readonly mark: KnownMark; readonly inverse: MarkEdit }[];
}

/** What is being asked before or after a mark is kept. */
export type Asking =
  | { readonly ask: 'caption'; readonly mark: KnownMark; readonly isNew: boolean }
  | { readonly ask: 'body'; readonly id: string }
  | ({
      readonly ask: 'length';
      readonly stream: number;
      readonly points: ManualCalibration['points'];
      /** That it was drawn on. */
      readonly picture: MeasuredPicture;
    } & DrawnOn)
  /** Nothing: why nothing can be drawn here. */
  | { readonly ask: 'nothing'; readonly error: WireError };

/** A calibration by hand, or that it is taken back, that the server has not answered. */
export interface AskedCalibration {
  readonly calibration: ManualCalibration | undefined;
  readonly drawnOn: DrawnOn | undefined;
  readonly examination: string | undefined;
  /** Under way, and answered under this number. */
  readonly request: number | undefined;
}

/** The frame that a length was drawn on. */
export interface DrawnOn {
  readonly epoch: number | undefined;
  readonly fromUs: number;
}

export interface MarksState {
  /** As the server has told them, or as they are where it keeps none; by id, in the order in which they lie over each other. */
  readonly inForce: ReadonlyMap<string, KnownMark>;
  readonly edits: ReadonlyMap<string, OwnEdit>;
  /** Revisions of marks that were taken away: who wants one back begins there. */
  readonly gone: ReadonlyMap<string, number>;
  /** Both together: what is shown. */
  readonly shown: readonly KnownMark[];
  /** Those of it that measurements and exports stand on: none that was refused, and none of another examination. */
  readonly counted: readonly KnownMark[];
  /** Of others, by viewer. */
  readonly drafts: ReadonlyMap<number, OthersDraft>;
  /** The mark under this screen's own hand, as it looks now: new, or in the place of one that is shown. */
  readonly own: KnownMark | undefined;
  readonly selection: Selection | undefined;
  readonly asking: Asking | undefined;
  readonly tool: Tool;
  /** The drawing tool taken up last. */
  readonly lastTool: ToolName;
  readonly hidden: boolean;
  readonly undoSteps: readonly MarkStep[];
  readonly redoSteps: readonly MarkStep[];
  /** Why the last change could not be made, or step be taken; told until something else is done. */
  readonly stepRefusal: WireError | undefined;
  /** The highest number that a mark of each stream has had. */
  readonly numbers: Readonly<Record<number, number>>;
  readonly calibrations: Readonly<Record<number, ManualCalibration>>;
  /** Those of this screen that the server has not answered, by stream: they are asked again after the line was cut. */
  readonly calibrationsAsked: Readonly<Record<number, AskedCalibration>>;
  /** Refused calibrations, by stream. */
  readonly calibrationRefusals: Readonly<Record<number, WireError>>;
  /** Whether the server keeps marks; unknown until it has said something of it. */
  readonly keeping: 'unknown' | 'on' | 'off';
  readonly examination: string | undefined;
  /** What was captured before is of an earlier examination; undefined: there was none. */
  readonly boundaryUs: number | undefined;
  readonly archive: ArchiveState | undefined;
  readonly author: Author | undefined;
  /** The line is up and the server has told what there is: changes may be sent. */
  readonly ready: boolean;
}

export type MarksAction =
  | { readonly act: 'hear'; readonly message: ServerMessage; readonly nowMs: number }
  | { readonly act: 'ready'; readonly ready: boolean }
  /** Streams whose numbers now mean something else. */
  | { readonly act: 'forget'; readonly streams: readonly number[] }
  | { readonly act: 'clear-all' }
  | { readonly act: 'tool'; readonly tool: Tool }
  | { readonly act: 'own'; readonly mark: KnownMark | undefined }
  | { readonly act: 'select'; readonly selection: Selection | undefined }
  | { readonly act: 'ask'; readonly asking: Asking | undefined }
  | { readonly act: 'hide'; readonly hidden: boolean }
  /** A mark drawn or changed; `mends`: as part of the gesture before; `of`: as it was when the change began. */
  | { readonly act: 'put'; readonly mark: KnownMark; readonly atMs: number; readonly mends?: boolean; readonly of?: KnownMark }
  | { readonly act: 'remove'; readonly ids: readonly string[]; readonly atMs: number }
  | { readonly act: 'undo'; readonly atMs: number }
  | { readonly act: 'redo'; readonly atMs: number }
  | { readonly act: 'sent'; readonly id: string; readonly request: number }
  /** After a refusal: once more as this screen wants it, by another id where the mark is gone; or as it is. */
  | { readonly act: 'settle'; readonly id: string; readonly take: 'mine' | 'theirs'; readonly newId: string }
  | {
      readonly act: 'calibrate';
      readonly stream: number;
      readonly calibration: ManualCalibration | undefined;
      readonly drawnOn: DrawnOn | undefined;
    }
  | { readonly act: 'calibration-refused'; readonly stream: number; readonly error: WireError }
  | { readonly act: 'calibration-sent'; readonly stream: number; readonly request: number }
  /** Which mark a part of a measurement is from now on; undefined: none. */
  | { readonly act: 'choose'; readonly part: Part; readonly id: string | undefined; readonly atMs: number };

export const initialMarks: MarksState = {
  inForce: new Map(),
  edits: new Map(),
  gone: new Map(),
  shown: [],
  counted: [],
  drafts: new Map(),
  own: undefined,
  selection: undefined,
  asking: undefined,
  tool: 'pan',
  lastTool: 'distance',
  hidden: false,
  undoSteps: [],
  redoSteps: [],
  stepRefusal: undefined,
  numbers: {},
  calibrations: {},
  calibrationsAsked: {},
  calibrationRefusals: {},
  keeping: 'unknown',
  examination: undefined,
  boundaryUs: undefined,
  archive: undefined,
  author: undefined,
  ready: false,
};

const keptSteps = 200;
/** Presses of a key that follow each other this closely are one gesture. */
const gestureMs = 1000;

export function reduceMarks(state: MarksState, action: MarksAction): MarksState {
  switch (action.act) {
    case 'hear':
      return hear(state, action.message, action.nowMs);
    case 'ready':
      return action.ready ? { ...state, ready: true } : { ...unsent(state), ready: false, drafts: new Map() };
    case 'forget':
      return forget(state, action.streams);
    case 'clear-all':
      return initialMarks;
    case 'tool': {
      const lastTool = action.tool === 'pan' || action.tool === 'pointer' ? state.lastTool : action.tool;
      // What was selected would be in the way of what is drawn over it.
      const selection = action.tool === 'pan' ? state.selection : undefined;
      return { ...state, tool: action.tool, lastTool, selection, own: undefined, asking: undefined };
    }
    case 'own':
      return { ...state, own: action.mark };
    case 'select':
      return { ...state, selection: action.selection };
    case 'ask':
      return { ...state, asking: action.asking };
    case 'hide':
      return { ...state, hidden: action.hidden };
    case 'put':
      return put(state, action);
    case 'remove':
      return remove(state, action.ids, action.atMs);
    case 'undo':
      return step(state, 'undoSteps', 'redoSteps', action.atMs);
    case 'redo':
      return step(state, 'redoSteps', 'undoSteps', action.atMs);
    case 'sent':
      return withEdit(state, action.id, (edit) => ({ ...edit, sent: { request: action.request, want: edit.want } }));
    case 'settle':
      return settle(state, action);
    case 'calibrate':
      return askCalibration(state, action);
    case 'calibration-refused':
      return { ...state, calibrationRefusals: withEntry(state.calibrationRefusals, action.stream, action.error) };
    case 'calibration-sent': {
      const asked = state.calibrationsAsked[action.stream];
      return asked === undefined ? state : withAsked(state, action.stream, { ...asked, request: action.request });
    }
    case 'choose':
      return choose(state, action);
  }
}

export const shownMark = (state: MarksState, id: string): KnownMark | undefined => state.shown.find((mark) => mark.id === id);

/** The mark that keys and panel act on, as it looks under the hand. */
export function selectedMark({ selection, own, shown }: MarksState): KnownMark | undefined {
  if (selection === undefined) return undefined;
  return own?.id === selection.id ? own : shown.find(({ id }) => id === selection.id);
}

/** What the next mark of a stream will be called, unless the server counts further. */
export const nextNumber = (state: MarksState, stream: number): number => (state.numbers[stream] ?? 0) + 1;

export const isOwn = ({ author }: KnownMark, { author: self }: MarksState): boolean =>
  author === undefined || (self !== undefined && author.key === self.key);

/** A mark of another frame is shown so long after its last change, to who watches it being drawn. */
const otherFrameMs = 10_000;

/** Drawn here while somebody else was examined, and not kept: it never comes to lie on, or to count for, who is examined now. */
function isOfAnother({ inForce, edits, examination, boundaryUs }: MarksState, { id, kept, fromUs }: KnownMark): boolean {
  const edit = edits.get(id);
  if (edit === undefined || inForce.has(id)) return false;
  const during = edit.examination;
  return (during !== undefined && during !== examination) || (kept === undefined && fromUs < (boundaryUs ?? 0));
}

/** Whether a mark is drawn over a frame; one of another frame of the same picture only while it is new, or selected. */
export function isSeen(state: MarksState, mark: KnownMark, frame: FramePlace, nowMs: number): boolean {
  if (mark.kept === undefined && frame.capturedUs >= (state.boundaryUs ?? 0) && isOfAnother(state, mark)) return false;
  if (belongsTo(mark, frame)) return true;
  const attended = nowMs - mark.changedMs <= otherFrameMs || state.selection?.id === mark.id;
  return attended && mark.kept === frame.kept && fits(mark, frame);
}

/** Somebody else's mark as it is drawn, where a frame is of what it is drawn on. Of what is kept: by the calibration of that. */
export function draftOn(frame: FramePlace, viewer: number, draft: OthersDraft, nowMs: number): KnownMark | undefined {
  const { width, height, regions } = frame;
  const picture = draft.picture ?? { width, height, regions };
  const mark = { ...draft, id: `${draft.id} by ${viewer}`, revision: 0, picture, epoch: undefined, author: undefined, changedMs: nowMs };
  return draft.kept === frame.kept && fits(mark, frame) ? mark : undefined;
}

/** The next change to be sent of every mark that has one and nothing under way. */
export function toSend({ edits, ready, keeping }: MarksState): readonly [id: string, edit: OwnEdit][] {
  if (!ready || keeping === 'off') return [];
  return [...edits].filter(([, { sent, error }]) => sent === undefined && error === undefined);
}

/** Calibrations that are to be asked for now. */
export function calibrationsToSend({
  calibrationsAsked,
  ready,
  keeping,
}: MarksState): readonly [stream: number, asked: AskedCalibration][] {
  if (!ready || keeping === 'off') return [];
  return Object.entries(calibrationsAsked).flatMap(([stream, asked]) => (asked.request === undefined ? [[Number(stream), asked]] : []));
}

/** Whether something of this screen would be lost with it. */
export const hasUnkept = ({ edits, calibrationsAsked }: MarksState): boolean => edits.size > 0 || Object.keys(calibrationsAsked).length > 0;

/** A server that has not answered by then may not have heard: a line can be dead for seconds before anybody knows. */
export const lateMs = 2000;

/** Whether a mark is wanted as it is shown, and is on nobody's disk; not said of those on the way, which are there in a moment. */
export function isUnkept({ edits, ready }: MarksState, { id, changedMs }: KnownMark, nowMs: number): boolean {
  const edit = edits.get(id);
  return edit !== undefined && edit.error === undefined && (!ready || nowMs - changedMs > lateMs);
}

/** A shape that came over the line; undefined for kinds that a newer server has. */
export function shapeOf(told: unknown): Mark | undefined {
  const { kind, points } = (typeof told === 'object' && told !== null ? told : {}) as Partial<Mark>;
  return kind !== undefined && Object.hasOwn(pointCounts, kind) && Array.isArray(points) && points.length > 0 ? (told as Mark) : undefined;
}

function known(mark: SharedMark, nowMs: number): KnownMark | undefined {
  const shape = shapeOf(mark.shape);
  if (shape === undefined) return undefined;
  const { stream, kept, revision, fromUs, untilUs, picture, rPeaksUs, author } = mark;
  return { id: mark.mark, stream, kept, shape, revision, fromUs, untilUs, picture, rPeaksUs, epoch: undefined, author, changedMs: nowMs };
}

function hear(state: MarksState, message: ServerMessage, nowMs: number): MarksState {
  switch (message.type) {
    case 'hello':
      return { ...unsent(state), ready: false, keeping: 'unknown', drafts: new Map(), archive: undefined };
    case 'examination': {
      const { examination, boundaryUs, archive, author } = message;
      const now = examination?.examination;
      const anew = now !== state.examination && state.examination !== undefined;
      const next: MarksState = {
        ...state,
        keeping: 'on',
        examination: now,
        boundaryUs,
        archive,
        ...(author && { author }),
        // What was done for one patient is not undone for the next.
        ...(anew && { numbers: {}, undoSteps: [], redoSteps: [], stepRefusal: undefined }),
      };
      // Its marks follow, where one is open; another one's do not stay for that long.
      return now === undefined || anew ? hearAll(next, []) : next;
    }
    case 'marks':
      return hearAll(state, message.marks);
    case 'mark-put':
      return hearPut(state, message.mark, message.request, nowMs);
    case 'mark-removed':
      return hearRemoved(state, message);
    case 'kept':
      return message.kept.state === 'discarded' ? hearDiscarded(state, message.kept.kept) : state;
    case 'mark-drafted':
      return hearDraft(state, message);
    case 'present': {
      const here = new Set(message.viewers.map(({ viewer }) => viewer));
      const drafts = new Map([...state.drafts].filter(([viewer]) => here.has(viewer)));
      return drafts.size === state.drafts.size ? state : { ...state, drafts };
    }
    case 'calibrated': {
      const { stream, request, calibration } = message;
      const answered = request !== undefined && state.calibrationsAsked[stream]?.request === request;
      return {
        ...(answered ? withAsked(state, stream, undefined) : state),
        calibrations: withEntry(state.calibrations, stream, calibration as ManualCalibration | undefined),
        calibrationRefusals: withEntry(state.calibrationRefusals, stream, undefined),
      };
    }
    case 'error':
      return hearCalibrationError(hearError(state, message.request, message.error), message.request, message.error);
    default:
      return state;
  }
}

/** The marks of an examination as they are now. What only this screen had, and what it was changing, is offered to the server again. */
function hearAll(state: MarksState, told: readonly SharedMark[]): MarksState {
  const inForce = new Map(
    told.flatMap((one) => {
      const before = state.inForce.get(one.mark);
      return pair(known(one, before?.revision === one.revision ? before.changedMs : Number.NEGATIVE_INFINITY));
    }),
  );
  const edits = new Map<string, OwnEdit>();
  const { examination } = state;
  for (const mark of state.inForce.values()) {
    if (mark.revision === 0 && !inForce.has(mark.id)) edits.set(mark.id, { ...newEdit, want: mark, examination });
  }
  for (const [id, edit] of state.edits) {
    const now = inForce.get(id);
    const arrived = now !== undefined && edit.want !== undefined && isAsWanted(now, edit.want);
    if (arrived || (now === undefined && edit.want === undefined)) continue;
    const half = now !== undefined && edit.doubtful !== undefined && isAsWanted(now, edit.doubtful);
    edits.set(id, { ...edit, doubtful: undefined, ...(half && { base: now.revision }) });
  }
  const next = derived({ ...state, ready: true, keeping: 'on', inForce, edits });
  const steps = [...state.undoSteps, ...state.redoSteps].flatMap(({ parts }) => parts.map(({ mark }) => mark.id));
  return withoutSteps(
    next,
    steps.filter((id) => isOthersNow(state, id, inForce.get(id))),
  );
}

/** Whether somebody else has changed or removed a mark while nothing was heard of it: then no step of this screen's leads to or from it. */
function isOthersNow({ inForce, edits }: MarksState, id: string, now: KnownMark | undefined): boolean {
  const [before, edit] = [inForce.get(id), edits.get(id)];
  // It was never kept, or was removed here.
  if (now === undefined) return before !== undefined && before.revision > 0 && (edit === undefined || edit.want !== undefined);
  const same = before !== undefined && (now.revision === before.revision || isAsWanted(now, before));
  return !same && ![edit?.want, edit?.doubtful].some((wanted) => wanted !== undefined && isAsWanted(now, wanted));
}

const newEdit: Omit<OwnEdit, 'want' | 'examination'> = { base: 0, sent: undefined, doubtful: undefined, error: undefined };

const pair = (mark: KnownMark | undefined): [string, KnownMark][] => (mark === undefined ? [] : [[mark.id, mark]]);

/** The number aside, which is the server's to give. */
function isAsWanted(one: KnownMark, other: KnownMark): boolean {
  return one.untilUs === other.untilUs && JSON.stringify({ ...one.shape, number: 0 }) === JSON.stringify({ ...other.shape, number: 0 });
}

function hearPut(state: MarksState, told: SharedMark, request: number | undefined, nowMs: number): MarksState {
  const mark = known(told, nowMs);
  if (mark === undefined) return state;
  const inForce = new Map(state.inForce).set(mark.id, mark);
  const edits = new Map(state.edits);
  const edit = edits.get(mark.id);
  const answered = request !== undefined && edit?.sent?.request === request;
  if (edit !== undefined && answered) {
    const { number } = mark.shape;
    // What was changed since it was sent follows, upon what is kept now.
    if (edit.want === edit.sent?.want) edits.delete(mark.id);
    else {
      const want = edit.want && { ...edit.want, shape: { ...edit.want.shape, number } };
      edits.set(mark.id, { ...edit, want, base: mark.revision, sent: undefined });
    }
  }
  const onlyValues = isRecalibration(state.inForce.get(mark.id), mark);
  if (edit !== undefined && !answered && onlyValues) edits.set(mark.id, { ...edit, base: mark.revision });
  const drafts = new Map([...state.drafts].filter(([, draft]) => draft.id !== mark.id));
  const next = derived({ ...state, inForce, edits, drafts });
  // What somebody else has changed since is not to be overwritten by taking back an older change.
  return answered || onlyValues ? next : withoutSteps(next, [mark.id]);
}

/** The same mark, to which only its values changed. */
const isRecalibration = (before: KnownMark | undefined, after: KnownMark): boolean => before !== undefined && isAsWanted(before, after);

function hearRemoved(state: MarksState, { mark: id, request, revision }: Extract<ServerMessage, { type: 'mark-removed' }>): MarksState {
  const inForce = new Map(state.inForce);
  inForce.delete(id);
  const edits = new Map(state.edits);
  const edit = edits.get(id);
  const answered = request !== undefined && edit?.sent?.request === request;
  // Taken away and wanted back meanwhile.
  if (edit !== undefined && answered && edit.want !== undefined) edits.set(id, { ...edit, base: revision, sent: undefined });
  else if (edit === undefined || edit.want === undefined) edits.delete(id);
  const next = derived({ ...state, inForce, edits, gone: new Map(state.gone).set(id, revision) });
  return wantableGone(answered ? next : withoutSteps(next, [id]));
}

/** What lay on a still or a clip went with it. What this screen still wants there is refused by the server, and so is seen. */
function hearDiscarded(state: MarksState, kept: string): MarksState {
  const gone = [...state.inForce.values()].filter((mark) => mark.kept === kept).map(({ id }) => id);
  if (gone.length === 0) return state;
  const inForce = new Map([...state.inForce].filter(([id]) => !gone.includes(id)));
  const edits = new Map([...state.edits].filter(([id, edit]) => !gone.includes(id) || edit.want !== undefined));
  return withoutSteps(derived({ ...state, inForce, edits }), gone);
}

/** Of what was taken away only what can still be brought back is remembered: an examination is long. */
function wantableGone(state: MarksState): MarksState {
  const steps = [...state.undoSteps, ...state.redoSteps].flatMap(({ parts }) => parts.map(({ mark }) => mark.id));
  const wantable = new Set([...steps, ...state.edits.keys(), ...(state.own === undefined ? [] : [state.own.id])]);
  return { ...state, gone: new Map([...state.gone].filter(([id]) => wantable.has(id))) };
}

function hearDraft(state: MarksState, message: Extract<ServerMessage, { type: 'mark-drafted' }>): MarksState {
  const { viewer, name, mark: id, stream, kept, fromUs, untilUs, picture } = message;
  const shape = shapeOf(message.shape);
  const drafts = new Map(state.drafts);
  if (shape === undefined) drafts.delete(viewer);
  else drafts.set(viewer, { name, id, stream, kept, shape, fromUs, untilUs, picture });
  return { ...state, drafts };
}

function hearError(state: MarksState, request: number | undefined, error: WireError): MarksState {
  if (request === undefined) return state;
  const [id] = [...state.edits].find(([, { sent }]) => sent?.request === request) ?? [];
  if (id === undefined) return state;
  if (error.code === 'examination/off') return keptHere(state);
  return withEdit(state, id, (edit) => ({ ...edit, sent: undefined, error }));
}

function hearCalibrationError(state: MarksState, request: number | undefined, error: WireError): MarksState {
  const found = Object.entries(state.calibrationsAsked).find(([, asked]) => request !== undefined && asked.request === request);
  if (found === undefined) return state;
  const [stream, { calibration }] = [Number(found[0]), found[1]];
  const next = withAsked(state, stream, undefined);
  if (error.code === 'examination/off') return calibrate(next, stream, calibration);
  return { ...next, calibrationRefusals: withEntry(state.calibrationRefusals, stream, error) };
}

const withAsked = (state: MarksState, stream: number, asked: AskedCalibration | undefined): MarksState => ({
  ...state,
  calibrationsAsked: withEntry(state.calibrationsAsked, stream, asked),
});

function askCalibration(state: MarksState, { stream, calibration, drawnOn }: Extract<MarksAction, { act: 'calibrate' }>): MarksState {
  const next = { ...state, calibrationRefusals: withEntry(state.calibrationRefusals, stream, undefined) };
  if (state.keeping === 'off') return calibrate(next, stream, calibration);
  return withAsked(next, stream, { calibration, drawnOn, examination: state.examination, request: undefined });
}

/** The server keeps nothing: what is wanted is what is, on this screen. */
function keptHere(state: MarksState): MarksState {
  const inForce = new Map(state.inForce);
  for (const [id, { want }] of state.edits) {
    if (want === undefined) inForce.delete(id);
    else inForce.set(id, { ...want, revision: 0 });
  }
  return derived({ ...state, keeping: 'off', inForce, edits: new Map() });
}

/** Without a line nobody answers: what was under way is sent again, and by its id it is the same. */
function unsent(state: MarksState): MarksState {
  const edits = new Map(
    [...state.edits].map(([id, edit]) => [id, { ...edit, sent: undefined, doubtful: edit.sent?.want ?? edit.doubtful }]),
  );
  const asked = Object.entries(state.calibrationsAsked).map(([stream, one]) => [stream, { ...one, request: undefined }]);
  return { ...state, edits, calibrationsAsked: Object.fromEntries(asked) };
}

function withEdit(state: MarksState, id: string, change: (edit: OwnEdit) => OwnEdit): MarksState {
  const edit = state.edits.get(id);
  return edit === undefined ? state : derived({ ...state, edits: new Map(state.edits).set(id, change(edit)) });
}

function settle(state: MarksState, { id, take, newId }: Extract<MarksAction, { act: 'settle' }>): MarksState {
  const edits = new Map(state.edits);
  const edit = edits.get(id);
  edits.delete(id);
  const { examination } = state;
  const base = state.inForce.get(id)?.revision;
  if (take === 'mine' && edit !== undefined) {
    if (base !== undefined) edits.set(id, { ...edit, base, sent: undefined, error: undefined, examination });
    else if (edit.want !== undefined) edits.set(newId, { ...newEdit, want: { ...edit.want, id: newId }, examination });
  }
  return edits.has(id) ? derived({ ...state, edits }) : withoutSteps(derived({ ...state, edits }), [id]);
}

/** The revision that a change of `of` is made upon: what somebody else has made of the mark meanwhile was not seen when it began. */
function baseOf({ inForce, gone }: MarksState, id: string, of: KnownMark | undefined): number {
  const now = inForce.get(id);
  if (of !== undefined && (now === undefined || !isAsWanted(now, of))) return of.revision;
  return now?.revision ?? gone.get(id) ?? 0;
}

/** Changes what this screen wants of a mark; undefined: nothing of it. */
function want(state: MarksState, id: string, mark: KnownMark | undefined, of?: KnownMark): MarksState {
  if (state.keeping === 'off') {
    const inForce = new Map(state.inForce);
    if (mark === undefined) inForce.delete(id);
    else inForce.set(id, { ...mark, revision: 0 });
    return { ...state, inForce };
  }
  const edits = new Map(state.edits);
  const edit = edits.get(id);
  // After a refusal it is what the server has that was changed.
  const base = edit === undefined || edit.error !== undefined ? baseOf(state, id, of) : edit.base;
  // Nothing was sent of it, and nothing is there: nobody needs to be told.
  if (mark === undefined && edit?.sent === undefined && !state.inForce.has(id)) edits.delete(id);
  else edits.set(id, { ...newEdit, ...edit, want: mark, base, error: undefined, examination: edit?.examination ?? state.examination });
  return { ...state, edits };
}

/** What is shown follows from what is in force and what this screen wants; a conflict shows what is in force. */
function derived(state: MarksState): MarksState {
  const { inForce, edits } = state;
  const shown: KnownMark[] = [];
  for (const [id, mark] of inForce) {
    const edit = edits.get(id);
    if (edit === undefined || edit.error !== undefined) shown.push(mark);
    else if (edit.want !== undefined) shown.push(edit.want);
  }
  for (const [id, { want: mark }] of edits) if (mark !== undefined && !inForce.has(id)) shown.push(mark);
  const numbers = { ...state.numbers };
  const own = shown.filter((mark) => !isOfAnother(state, mark));
  const counted = own.filter(({ id }) => inForce.has(id) || edits.get(id)?.error === undefined);
  for (const { stream, shape } of own) if (stream !== undefined) numbers[stream] = Math.max(numbers[stream] ?? 0, shape.number);
  const selection = shown.some(({ id }) => id === state.selection?.id) ? state.selection : undefined;
  return { ...state, shown, counted, numbers, selection };
}

/** One edit of a mark, and what takes it back. Another of its number may be on its way here: it is edited by itself. */
function edited(
  state: MarksState,
  mark: KnownMark,
  edit: MarkEdit,
  of?: KnownMark,
): { readonly state: MarksState; readonly back: MarkStep['parts'][number] } {
  const before = shownMark(state, mark.id);
  const number = before?.shape.number ?? mark.shape.number;
  const numbered: MarkEdit = edit.edit === 'put' ? { ...edit, mark: { ...edit.mark, number } } : { ...edit, number };
  const { marks, inverse } = applyEdit(before === undefined ? [] : [before.shape], numbered, mark.picture);
  const [shape] = marks;
  const after = shape && { ...(before ?? mark), untilUs: mark.untilUs, shape, changedMs: mark.changedMs };
  return { state: derived(want(state, mark.id, after, of)), back: { mark: before ?? mark, inverse } };
}

function put(state: MarksState, { mark, atMs, mends = false, of }: Extract<MarksAction, { act: 'put' }>): MarksState {
  return unlessRefused(state, () => {
    const done = edited(state, mark, { edit: 'put', mark: mark.shape }, of);
    const last = state.undoSteps.at(-1);
    const goesOn = mends && last?.mends === true && last.parts[0]?.mark.id === mark.id && atMs - last.atMs < gestureMs;
    const undoSteps = goesOn
      ? [...state.undoSteps.slice(0, -1), { ...last, atMs }]
      : [...state.undoSteps, { atMs, mends, parts: [done.back] }].slice(-keptSteps);
    return { ...done.state, own: undefined, undoSteps, redoSteps: [], stepRefusal: undefined };
  });
}

/** What cannot be done to a mark leaves all as it was, and is told. */
function unlessRefused(state: MarksState, change: () => MarksState): MarksState {
  try {
    return change();
  } catch (thrown) {
    if (thrown instanceof AppError) return { ...state, own: undefined, stepRefusal: thrown.toJSON() };
    throw thrown;
  }
}

function remove(state: MarksState, ids: readonly string[], atMs: number): MarksState {
  const marks = ids.flatMap((id) => shownMark(state, id) ?? []);
  return together(
    state,
    marks.map((mark) => ({ mark, edit: { edit: 'remove', number: mark.shape.number } })),
    atMs,
  );
}

/** What was that part lets go of it first: the server takes them in this order. */
function choose(state: MarksState, { part, id, atMs }: Extract<MarksAction, { act: 'choose' }>): MarksState {
  const before = state.counted.filter((mark) => mark.id !== id && partOf(mark.shape) === part);
  const now = state.counted.filter((mark) => mark.id === id && partOf(mark.shape) !== part);
  const become = (as: Part | undefined) => (mark: KnownMark) => ({ mark, edit: { edit: 'put', mark: withPart(mark.shape, as) } as const });
  return together(state, [...before.map(become(undefined)), ...now.map(become(part))], atMs);
}

/** Several edits that are one gesture. */
function together(state: MarksState, edits: readonly { readonly mark: KnownMark; readonly edit: MarkEdit }[], atMs: number): MarksState {
  let next = state;
  const parts: MarkStep['parts'][number][] = [];
  for (const { mark, edit } of edits) {
    const done = edited(next, mark, edit);
    next = done.state;
    parts.unshift(done.back);
  }
  if (parts.length === 0) return state;
  const undoSteps = [...state.undoSteps, { atMs, mends: false, parts }].slice(-keptSteps);
  return { ...next, own: undefined, undoSteps, redoSteps: [], stepRefusal: undefined };
}

/** Takes a step back or does it again: the inverse of each part is the part of the way back. */
function step(state: MarksState, from: 'undoSteps' | 'redoSteps', to: 'undoSteps' | 'redoSteps', atMs: number): MarksState {
  const last = state[from].at(-1);
  if (last === undefined) return state;
  const without: MarksState = { ...state, own: undefined, [from]: state[from].slice(0, -1), stepRefusal: undefined };
  // One that cannot be taken must not stand in the way of those before it.
  return unlessRefused(without, () => {
    let next = without;
    const parts: MarkStep['parts'][number][] = [];
    for (const { mark, inverse } of last.parts) {
      const done = edited(next, { ...mark, changedMs: atMs }, inverse);
      next = done.state;
      parts.unshift(done.back);
    }
    return { ...next, [to]: [...next[to], { atMs, mends: false, parts }] };
  });
}

function withoutSteps(state: MarksState, ids: readonly string[]): MarksState {
  const without = (steps: readonly MarkStep[]): readonly MarkStep[] =>
    steps.flatMap((one) => {
      const parts = one.parts.filter(({ mark }) => !ids.includes(mark.id));
      return parts.length === 0 ? [] : [parts.length === one.parts.length ? one : { ...one, parts }];
    });
  return { ...state, undoSteps: without(state.undoSteps), redoSteps: without(state.redoSteps) };
}

function forget(state: MarksState, streams: readonly number[]): MarksState {
  const gone = ({ stream }: { readonly stream: number | undefined }): boolean => stream !== undefined && streams.includes(stream);
  const inForce = new Map([...state.inForce].filter(([, mark]) => !gone(mark)));
  const edits = new Map([...state.edits].filter(([, { want: mark }]) => mark === undefined || !gone(mark)));
  const ids = [...state.shown, ...state.undoSteps.flatMap(({ parts }) => parts.map(({ mark }) => mark))].filter(gone).map(({ id }) => id);
  const without = <Value>(record: Readonly<Record<number, Value>>): Readonly<Record<number, Value>> =>
    streams.reduce((rest, stream) => withEntry(rest, stream, undefined), record);
  const numbers = without(state.numbers);
  const own = state.own !== undefined && gone(state.own) ? undefined : state.own;
  const next = {
    ...state,
    inForce,
    edits,
    own,
    asking: undefined,
    numbers,
    calibrations: without(state.calibrations),
    calibrationsAsked: without(state.calibrationsAsked),
  };
  return withoutSteps(derived(next), ids);
}

/** Where the server keeps nothing, a length told by hand holds for the marks on this screen. */
function calibrate(state: MarksState, stream: number, manual: ManualCalibration | undefined): MarksState {
  const inForce = new Map(
    [...state.inForce].map(([id, mark]) => [id, mark.stream === stream ? { ...mark, picture: { ...mark.picture, manual } } : mark]),
  );
  return derived({ ...state, inForce, calibrations: withEntry(state.calibrations, stream, manual) });
}
