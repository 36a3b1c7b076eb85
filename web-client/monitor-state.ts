import { AppError } from '../src/app-error.ts';
import type { Kept } from '../src/protocol/examination-messages.ts';
import type { ConnectedViewer, Invitation, ServerMessage, SourceStatus, StageState, StreamDescription } from '../src/protocol/messages.ts';
import type { Role } from '../src/protocol/roles.ts';
import type { TierName, TierReason } from '../src/protocol/tiers.ts';
import type { Wall, WallCell } from '../src/protocol/wall.ts';
import type { StageSettings } from '../src/stage/chain.ts';
import { frozenStates } from '../src/stage/stage-state.ts';
import { describeKept, isKeptTile } from './kept-tiles.ts';
import { unmoved, type ViewTransform } from './view-transform.ts';
import { automaticWall, streamsOn, tileOf } from './wall-state.ts';
import { withEntry } from './with-entry.ts';
import type { Language } from './words/words.ts';
import type { Link, Quality, WireError } from './worker-messages.ts';

/** Counts of a stream since this page was opened. */
export interface StreamCounts {
  readonly captured: number;
  readonly capturedFps: number;
  readonly lost: Readonly<Record<string, number>>;
  readonly processingMs: number;
  readonly skipped: number;
  /** The server counts skipped frames per watch; those of earlier watches. */
  readonly skippedBefore: number;
  readonly viewers: number;
  /** How the pictures come, and what the line was seen to bear. */
  readonly tier: TierName;
  readonly lineBytesPerSecond: number | undefined;
  readonly tierReason: TierReason | undefined;
  readonly tierBytesPerSecond: number | undefined;
  /** Of a device with a clock of its own: jitter taken off its times, and how much too slow it runs. */
  readonly clockResidualMs: number | undefined;
  readonly clockDriftPpm: number | undefined;
}

/** Settings of a stage that this viewer asked for and the server has not confirmed yet. */
export interface StageWish {
  readonly enabled?: boolean;
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface SourceTrouble {
  readonly error: WireError;
  /** This page's clock; absent where no attempt is due. */
  readonly retryAtMs: number | undefined;
}

/** What was set of a stage, and what the same was before. */
export interface StageChange {
  readonly stage: string;
  readonly before: StageWish;
  readonly set: StageWish;
}

export type UndoStep =
  /** For everybody: a setting, or all of a preset. */
  | { readonly undo: 'stages'; readonly stream: number; readonly changes: readonly StageChange[]; readonly atMs: number }
  /** Of the frozen picture. */
  | { readonly undo: 'frozen'; readonly stream: number; readonly before: readonly StageState[] | undefined; readonly atMs: number };

export interface FrozenStages {
  readonly asFrozen: readonly StageState[];
  /** Undefined: as frozen. */
  readonly now: readonly StageState[] | undefined;
}

export interface Joining {
  readonly invitation?: string;
  /** The server has not answered yet. */
  readonly waiting: boolean;
  readonly error?: WireError;
}

/** Everything that the page shows except what changes with every frame. Keyed by stream id. */
export interface MonitorState {
  readonly unfit: WireError | undefined;
  readonly link: Link;
  readonly room: string;
  readonly server: string;
  /** This screen among the viewers. */
  readonly viewer: number;
  readonly role: Role;
  /** Whether one comes in by invitation only. */
  readonly invited: boolean;
  /** Everybody who is connected. */
  readonly present: Extract<ServerMessage, { type: 'present' }>['viewers'];
  /** The same with what operators are told. */
  readonly viewers: readonly ConnectedViewer[];
  readonly invitations: readonly Invitation[];
  /** Where the page was opened by an invitation, or somebody tries one. */
  readonly joining: Joining | undefined;
  /** The link of the invitation that was made last. */
  readonly madeLink: string | undefined;
  /** What was refused of inviting, revoking or sending out; shown until something succeeds. */
  readonly doorRefusal: WireError | undefined;
  readonly peopleOpen: boolean;
  readonly streams: readonly StreamDescription[];
  readonly counts: Readonly<Record<number, StreamCounts>>;
  /** What is wrong with sources; kept while they are opened again, so that a text can be read to its end. */
  readonly troubles: Readonly<Record<number, SourceTrouble>>;
  /** The one stream that fills the screen; undefined: all side by side. */
  readonly alone: number | undefined;
  readonly selected: number;
  readonly frozen: Readonly<Record<number, boolean>>;
  /** Stages of frozen pictures: as they were when each was frozen, and as this screen has set them since. */
  readonly frozenStages: Readonly<Record<number, FrozenStages>>;
  /** Where the before/after divider stands, 0 to 1 from the left; absent: none. */
  readonly dividers: Readonly<Record<number, number>>;
  /** The stream whose unprocessed picture is shown while a key or button is held. */
  readonly rawHeld: number | undefined;
  readonly views: Readonly<Record<number, ViewTransform>>;
  readonly undoSteps: readonly UndoStep[];
  readonly wishes: Readonly<Record<string, StageWish>>;
  /** The last refusal for a stream, shown until something succeeds. */
  readonly refusals: Readonly<Record<number, WireError>>;
  /** What is attached to the server; undefined where this viewer is not told. */
  readonly devices: Pick<Extract<ServerMessage, { type: 'devices' }>, 'devices' | 'troubles'> | undefined;
  readonly devicesOpen: boolean;
  /** How this viewer wants its pictures. */
  readonly quality: Quality;
  /** Pictures of several streams wait for each other. */
  readonly inStep: boolean;
  readonly panelOpen: boolean;
  readonly keyMapOpen: boolean;
  readonly language: Language;
  /** Which pictures stand where on this screen; undefined: all streams. */
  readonly wall: Wall | undefined;
  /** Stills and clips that were put on it. */
  readonly keptOnWall: readonly Kept[];
  /** Those on the layouts that the room keeps, of whichever examination, as far as this viewer may see them. */
  readonly keptOnWalls: readonly Kept[];
  /** What the room keeps. */
  readonly walls: readonly Wall[];
  readonly wallOpen: boolean;
  readonly examinationOpen: boolean;
  /** The picture that was picked up and is to be put on a place. */
  readonly carried: WallCell | undefined;
  readonly wallRefusal: WireError | undefined;
  /** A screen that only shows: the layout of this name, all streams where it is empty. */
  readonly display: string | undefined;
}

/** What the server tells every second. */
type Counting = 'counts' | 'viewers';

/** All of it that does not change by itself: what is shown by it need not be rendered every second. */
export type SteadyState = Omit<MonitorState, Counting>;

const counting: readonly string[] = ['counts', 'viewers'] satisfies readonly Counting[];

/** Whether two states differ at most in what the server counts. */
export function isSteady(before: MonitorState, after: MonitorState): boolean {
  return Object.keys(after).every((part) => counting.includes(part) || before[part as Counting] === after[part as Counting]);
}

export type Action =
  | { readonly act: 'unfit'; readonly error: WireError }
  | { readonly act: 'link'; readonly link: Link }
  | { readonly act: 'server'; readonly message: ServerMessage; readonly nowMs: number }
  | { readonly act: 'refuse'; readonly stream: number; readonly error: WireError }
  | { readonly act: 'select'; readonly stream: number }
  | { readonly act: 'alone'; readonly stream: number | undefined }
  | { readonly act: 'freeze'; readonly stream: number; readonly frozen: boolean }
  /** Settings of the frozen picture, for this screen alone; undefined: as it was frozen. */
  | {
      readonly act: 'frozen-stages';
      readonly stream: number;
      readonly stages: readonly StageState[] | undefined;
      /** When it was done by hand; absent: no step to undo. */
      readonly atMs?: number;
    }
  | { readonly act: 'divide'; readonly stream: number; readonly at: number | undefined }
  | { readonly act: 'hold-raw'; readonly stream: number | undefined }
  | { readonly act: 'view'; readonly stream: number; readonly view: ViewTransform }
  | { readonly act: 'undo' }
  | {
      readonly act: 'wish';
      readonly stream: number;
      readonly stage: string;
      readonly wish: StageWish;
      readonly atMs: number;
      readonly undoable: boolean;
    }
  /** A preset was chosen: remembers what it changes. */
  | { readonly act: 'preset'; readonly stream: number; readonly settings: readonly StageSettings[]; readonly atMs: number }
  | { readonly act: 'wish-settled'; readonly stream: number; readonly stage: string; readonly error?: WireError }
  | { readonly act: 'quality'; readonly quality: Quality }
  | { readonly act: 'in-step'; readonly inStep: boolean }
  | { readonly act: 'panel'; readonly open: boolean }
  | { readonly act: 'devices'; readonly open: boolean }
  | { readonly act: 'people'; readonly open: boolean }
  | { readonly act: 'joining'; readonly joining: Joining | undefined }
  | { readonly act: 'made-link'; readonly link: string }
  | { readonly act: 'door-refused'; readonly error: WireError | undefined }
  | { readonly act: 'key-map'; readonly open: boolean }
  | { readonly act: 'language'; readonly language: Language }
  /** `kept`: what is put on it by this. */
  | { readonly act: 'wall'; readonly wall: Wall | undefined; readonly kept?: Kept | undefined }
  | { readonly act: 'wall-panel'; readonly open: boolean }
  | { readonly act: 'examination-panel'; readonly open: boolean }
  | { readonly act: 'carry'; readonly cell: WallCell | undefined }
  | { readonly act: 'wall-refused'; readonly error: WireError | undefined };

export function initialState(panelOpen: boolean, language: Language = 'en', display?: string): MonitorState {
  return {
    unfit: undefined,
    link: { state: 'connecting', attempt: 0 },
    room: '',
    server: '',
    viewer: 0,
    role: 'observer',
    invited: false,
    present: [],
    viewers: [],
    invitations: [],
    joining: undefined,
    madeLink: undefined,
    doorRefusal: undefined,
    peopleOpen: false,
    streams: [],
    counts: {},
    troubles: {},
    alone: undefined,
    selected: 0,
    frozen: {},
    frozenStages: {},
    dividers: {},
    rawHeld: undefined,
    views: {},
    undoSteps: [],
    wishes: {},
    refusals: {},
    devices: undefined,
    devicesOpen: false,
    quality: 'auto',
    inStep: true,
    panelOpen,
    keyMapOpen: false,
    language,
    wall: undefined,
    keptOnWall: [],
    keptOnWalls: [],
    walls: [],
    wallOpen: false,
    examinationOpen: false,
    carried: undefined,
    wallRefusal: undefined,
    display,
  };
}

/** One stands in the place of the other. */
const noPanel = { devicesOpen: false, peopleOpen: false, wallOpen: false, examinationOpen: false };
const keptUndoSteps = 100;
/** Changes of one setting that follow each other this closely are one gesture. */
const gestureMs = 1000;

export function reduce(state: MonitorState, action: Action): MonitorState {
  switch (action.act) {
    case 'unfit':
      return { ...state, unfit: action.error };
    case 'link':
      return hearLink(state, action.link);
    case 'server':
      return hear(state, action.message, action.nowMs);
    case 'refuse':
      return { ...state, refusals: { ...state.refusals, [action.stream]: action.error } };
    case 'select':
      return state.selected === action.stream ? state : { ...state, selected: action.stream };
    case 'alone':
      return { ...state, alone: action.stream, selected: action.stream ?? state.selected };
    case 'freeze':
      return freeze(state, action.stream, action.frozen);
    case 'frozen-stages':
      return setFrozenStages(state, action);
    case 'divide':
      return { ...state, dividers: withEntry(state.dividers, action.stream, action.at) };
    case 'hold-raw':
      return { ...state, rawHeld: action.stream };
    case 'view':
      return {
        ...state,
        views: { ...state.views, ...Object.fromEntries(linkedWith(state, action.stream).map((id) => [id, action.view])) },
      };
    case 'undo':
      return undo(state);
    case 'wish':
      return wish(state, action);
    case 'preset':
      return addPreset(state, action);
    case 'wish-settled':
      return settleWish(state, action.stream, action.stage, action.error);
    case 'quality':
      return { ...state, quality: action.quality };
    case 'in-step':
      return { ...state, inStep: action.inStep };
    case 'panel':
      return { ...state, panelOpen: action.open, ...noPanel };
    case 'devices':
      return { ...state, ...noPanel, devicesOpen: action.open && state.devices !== undefined };
    case 'people':
      return {
        ...state,
        ...noPanel,
        peopleOpen: action.open,
        madeLink: undefined,
        doorRefusal: undefined,
      };
    case 'joining':
      return { ...state, joining: action.joining };
    case 'made-link':
      return { ...state, madeLink: action.link, doorRefusal: undefined };
    case 'door-refused':
      return { ...state, doorRefusal: action.error };
    case 'key-map':
      return { ...state, keyMapOpen: action.open };
    case 'language':
      return { ...state, language: action.language };
    case 'wall':
      return setWall(state, action.wall, action.kept);
    case 'wall-panel':
      return { ...state, ...noPanel, wallOpen: action.open, carried: undefined, wallRefusal: undefined };
    case 'examination-panel':
      return { ...state, ...noPanel, examinationOpen: action.open };
    case 'carry':
      return { ...state, carried: action.cell };
    case 'wall-refused':
      return { ...state, wallRefusal: action.error };
  }
}

export const wishKey = (stream: number, stage: string): string => `${stream}/${stage}`;
export const viewOf = (state: SteadyState, stream: number): ViewTransform => state.views[stream] ?? unmoved;

export function streamOf(state: SteadyState, id: number): StreamDescription | undefined {
  return state.streams.find((stream) => stream.id === id) ?? state.keptOnWall.map(describeKept).find((tile) => tile.id === id);
}

/** The streams on the screen, in the order of the room. */
export function shownStreams(state: SteadyState): readonly StreamDescription[] {
  const shown = streamsOn(wallInForce(state));
  return state.streams.filter(({ id }) => shown.includes(id));
}

/** What stands where now: one picture alone, the wall that somebody put together, or all streams. */
export function wallInForce({ alone, wall, streams }: SteadyState): Wall {
  const inForce = wall ?? automaticWall(streams);
  if (alone === undefined) return inForce;
  // A still or clip that stands alone is the same that stood on the wall.
  const cell = inForce.cells.find((one) => tileOf(one) === alone) ?? { stream: alone };
  return { name: '', columns: 1, rows: 1, cells: [cell], linked: false };
}

/** The tiles that show something now, in the order of their places. */
export function shownTiles(state: SteadyState): readonly number[] {
  const tiles = wallInForce(state).cells.flatMap((cell) => tileOf(cell) ?? []);
  return tiles.filter((tile) => isKeptTile(tile) || state.streams.some(({ id }) => id === tile));
}

/** The tiles by the numbers they bear, from 1 on: all streams in the order of the room, then what was kept and stands on the wall. */
export function numberedTiles({ streams, wall }: SteadyState): readonly number[] {
  return [...streams.map(({ id }) => id), ...(wall?.cells.flatMap((cell) => tileOf(cell) ?? []).filter(isKeptTile) ?? [])];
}

function setWall(state: MonitorState, wall: Wall | undefined, kept: Kept | undefined): MonitorState {
  const next = {
    ...state,
    wall,
    alone: undefined,
    keptOnWall: keptOn(wall, [...state.keptOnWall, ...(kept === undefined ? [] : [kept]), ...state.keptOnWalls]),
  };
  const shown = wallInForce(next).cells.some((cell) => tileOf(cell) === state.selected);
  return shown ? next : { ...next, selected: streamsOn(wallInForce(next))[0] ?? state.streams[0]?.id ?? 0 };
}

function keptOn(wall: Wall | undefined, known: readonly Kept[]): readonly Kept[] {
  return known.filter(
    ({ kept }, at) => wall?.cells.some((cell) => cell.kept === kept) && known.findIndex((one) => one.kept === kept) === at,
  );
}

/** The other streams on the screen that show the same moment as one. */
export function inStepWith(state: SteadyState, stream: number): readonly number[] {
  const shown = shownStreams(state).map(({ id }) => id);
  return state.inStep && shown.includes(stream) ? shown.filter((id) => id !== stream) : [];
}

/** Whether the panel of results and stages is on the screen: the others stand in its place. */
export function showsSidePanel({ panelOpen, devicesOpen, peopleOpen, wallOpen, examinationOpen }: SteadyState): boolean {
  return panelOpen && !devicesOpen && !peopleOpen && !wallOpen && !examinationOpen;
}

/** The streams that are zoomed and windowed together with one, itself too. */
export function linkedWith(state: SteadyState, stream: number): readonly number[] {
  const { linked } = state.wall ?? { linked: false };
  if (!linked || state.wall === undefined) return [stream];
  return [...new Set([stream, ...state.wall.cells.flatMap((cell) => tileOf(cell) ?? [])])];
}

/** A stage as it will be once the server has granted what was asked for. */
export function wishedStage(stage: StageState, asked: StageWish | undefined): StageState {
  if (asked === undefined) return stage;
  return { ...stage, enabled: asked.enabled ?? stage.enabled, options: { ...stage.options, ...asked.options } };
}

/** The stages of a stream as this viewer sees them set. */
export function stagesInForce(state: SteadyState, stream: number): readonly StageState[] {
  const stages = streamOf(state, stream)?.stages ?? [];
  return stages.map((stage) => wishedStage(stage, state.wishes[wishKey(stream, stage.stage)]));
}

function freeze(state: MonitorState, stream: number, frozen: boolean): MonitorState {
  const stages = frozen ? { asFrozen: frozenStates(stagesInForce(state, stream)), now: undefined } : undefined;
  return {
    ...state,
    frozen: { ...state.frozen, [stream]: frozen },
    frozenStages: withEntry(state.frozenStages, stream, stages),
    undoSteps: state.undoSteps.filter((step) => step.undo !== 'frozen' || step.stream !== stream),
  };
}

function setFrozenStages(state: MonitorState, { stream, stages, atMs }: Extract<Action, { act: 'frozen-stages' }>): MonitorState {
  const frozen = state.frozenStages[stream];
  if (frozen === undefined) return state;
  const next = { ...state, frozenStages: { ...state.frozenStages, [stream]: { ...frozen, now: stages } } };
  if (atMs === undefined) return next;
  const last = state.undoSteps.at(-1);
  // One gesture is one step: it keeps the first settings and moves with the last change.
  if (last?.undo === 'frozen' && last.stream === stream && atMs - last.atMs < gestureMs) {
    return { ...next, undoSteps: [...state.undoSteps.slice(0, -1), { ...last, atMs }] };
  }
  return addUndo(next, { undo: 'frozen', stream, before: frozen.now, atMs });
}

export const skippedOf = (counts: StreamCounts): number => counts.skippedBefore + counts.skipped;

function hear(state: MonitorState, message: ServerMessage, nowMs: number): MonitorState {
  switch (message.type) {
    case 'hello': {
      const kept = forgetOthers(state, message.streams);
      const { room, server, viewer, role, invited, streams } = message;
      const welcomed: MonitorState = {
        ...kept,
        room,
        server,
        viewer,
        role,
        invited,
        streams,
        present: [],
        viewers: [],
        invitations: [],
        keptOnWalls: [],
        wishes: {},
      };
      const described = message.streams.reduce((next, { id, status }) => setTrouble(next, id, status, nowMs), welcomed);
      const known = numberedTiles(described);
      return {
        ...described,
        selected: known.includes(state.selected) ? state.selected : (known[0] ?? 0),
        alone: kept.alone !== undefined && known.includes(kept.alone) ? kept.alone : undefined,
      };
    }
    case 'stream':
      return setTrouble(
        { ...state, streams: state.streams.map((stream) => (stream.id === message.stream.id ? message.stream : stream)) },
        message.stream.id,
        message.stream.status,
        nowMs,
      );
    case 'state':
      return setTrouble(
        {
          ...state,
          streams: state.streams.map((stream) => (stream.id === message.stream ? { ...stream, status: message.source } : stream)),
        },
        message.stream,
        message.source,
        nowMs,
      );
    case 'stats': {
      const before = state.counts[message.stream];
      const again = before !== undefined && message.skipped < before.skipped;
      const { captured, fps: capturedFps, lost, processingMs, skipped, viewers, tier } = message;
      const { tierReason, tierBytesPerSecond, lineBytesPerSecond } = message;
      const ofLine = { tier, tierReason, tierBytesPerSecond, lineBytesPerSecond };
      const { clockResidualMs, clockDriftPpm } = message;
      const skippedBefore = (before?.skippedBefore ?? 0) + (again ? before.skipped : 0);
      const ofClock = { clockResidualMs, clockDriftPpm };
      const counts = { captured, capturedFps, lost, processingMs, skipped, skippedBefore, viewers, ...ofLine, ...ofClock };
      return { ...state, counts: { ...state.counts, [message.stream]: counts } };
    }
    case 'present':
      return { ...state, present: message.viewers };
    case 'viewers':
      return { ...state, viewers: message.viewers };
    case 'walls': {
      // A screen that only shows follows what is kept under its name.
      const followed = state.display === undefined ? state.wall : message.walls.find(({ name }) => name === state.display);
      return { ...state, walls: message.walls, wall: followed, keptOnWall: keptOn(followed, [...state.keptOnWall, ...state.keptOnWalls]) };
    }
    case 'kept-on-walls':
      return { ...state, keptOnWalls: message.kept, keptOnWall: keptOn(state.wall, [...state.keptOnWall, ...message.kept]) };
    case 'invitations':
      return { ...state, invitations: message.invitations };
    case 'devices':
      return { ...state, devices: { devices: message.devices, troubles: message.troubles } };
    default:
      return state;
  }
}

/** Who is out keeps nothing of what was seen. */
function hearLink(state: MonitorState, link: Link): MonitorState {
  if (link.state !== 'shut') return { ...state, link };
  const { panelOpen, quality, language, display } = state;
  return { ...initialState(panelOpen, language, display), quality, link, joining: state.joining };
}

/** Numbers of streams that are not there any more, or mean another one. */
export function goneStreams(state: MonitorState, streams: readonly StreamDescription[]): readonly number[] {
  return state.streams.filter(({ id, name }) => streams.find((stream) => stream.id === id)?.name !== name).map(({ id }) => id);
}

/** A server that comes back may have other streams under the same numbers: nothing laid over one picture may come to lie over another. */
function forgetOthers(state: MonitorState, streams: readonly StreamDescription[]): MonitorState {
  const gone = goneStreams(state, streams);
  if (gone.length === 0) return state;
  const without = <Value>(record: Readonly<Record<number, Value>>): Readonly<Record<number, Value>> =>
    gone.reduce((rest, id) => withEntry(rest, id, undefined), record);
  const isGone = (id: number | undefined): boolean => id !== undefined && gone.includes(id);
  return {
    ...state,
    counts: without(state.counts),
    troubles: without(state.troubles),
    frozen: without(state.frozen),
    frozenStages: without(state.frozenStages),
    dividers: without(state.dividers),
    views: without(state.views),
    refusals: without(state.refusals),
    alone: isGone(state.alone) ? undefined : state.alone,
    rawHeld: isGone(state.rawHeld) ? undefined : state.rawHeld,
    undoSteps: state.undoSteps.filter(({ stream }) => !isGone(stream)),
  };
}

function setTrouble(state: MonitorState, stream: number, status: SourceStatus, nowMs: number): MonitorState {
  if (status.state === 'opening') return state;
  const { error, retryInMs } = status;
  const trouble = error && { error, retryAtMs: retryInMs === undefined ? undefined : nowMs + retryInMs };
  return { ...state, troubles: withEntry(state.troubles, stream, trouble) };
}

function addUndo(state: MonitorState, step: UndoStep): MonitorState {
  return { ...state, undoSteps: [...state.undoSteps, step].slice(-keptUndoSteps) };
}

/** Takes the last step back; what a stage was set to before is asked for by whoever talks to the server. */
function undo(state: MonitorState): MonitorState {
  const step = state.undoSteps.at(-1);
  if (step === undefined) return state;
  // While a picture is frozen nothing that others watch is changed from it.
  if (step.undo === 'stages' && state.frozen[step.stream] === true) return state;
  const next = { ...state, undoSteps: state.undoSteps.slice(0, -1) };
  const stage = overtakenIn(state, step);
  if (stage === undefined) return next;
  const error = new AppError('stage/changed-meanwhile', { stage }).toJSON();
  return { ...next, refusals: { ...state.refusals, [step.stream]: error } };
}

/**
 * The stage that somebody else has set since a step was done, so that taking the step back would undo theirs; undefined: none. What is as
 * before was refused or is on its way.
 */
export function overtakenIn(state: SteadyState, step: UndoStep): string | undefined {
  if (step.undo === 'frozen') return undefined;
  const stages = stagesInForce(state, step.stream);
  return step.changes.find(({ stage, before, set }) => {
    const now = stages.find((known) => known.stage === stage);
    const isOurs = (value: unknown, ...ours: readonly unknown[]): boolean =>
      ours.some((our) => JSON.stringify(our) === JSON.stringify(value));
    if (now === undefined || (set.enabled !== undefined && !isOurs(now.enabled, set.enabled, before.enabled))) return true;
    return Object.entries(set.options ?? {}).some(([name, value]) => !isOurs(now.options[name], value, before.options?.[name]));
  })?.stage;
}

function wish(state: MonitorState, { stream, stage, wish: asked, atMs, undoable }: Extract<Action, { act: 'wish' }>): MonitorState {
  const key = wishKey(stream, stage);
  const told = streamOf(state, stream)?.stages.find((candidate) => candidate.stage === stage);
  if (told === undefined) return state;
  const inForce = wishedStage(told, state.wishes[key]);
  const merged: StageWish = { ...state.wishes[key], ...asked, options: { ...state.wishes[key]?.options, ...asked.options } };
  const next = { ...state, wishes: { ...state.wishes, [key]: merged } };
  if (!undoable) return next;
  const change = changeOf(inForce, asked);
  const last = state.undoSteps.at(-1);
  const begun = last?.undo === 'stages' && last.stream === stream && atMs - last.atMs < gestureMs ? last.changes : [];
  const [first] = begun;
  if (first === undefined || begun.length > 1 || !isSameSetting(first, change)) {
    return addUndo(next, { undo: 'stages', stream, changes: [change], atMs });
  }
  // One gesture is one step: it keeps the first value and moves with the last change.
  const step: UndoStep = { undo: 'stages', stream, changes: [{ ...change, before: first.before }], atMs };
  return { ...next, undoSteps: [...state.undoSteps.slice(0, -1), step] };
}

function changeOf(inForce: StageState, set: StageWish): StageChange {
  const before: StageWish = {
    ...(set.enabled !== undefined && { enabled: inForce.enabled }),
    ...(set.options && { options: Object.fromEntries(Object.keys(set.options).map((name) => [name, inForce.options[name]])) }),
  };
  return { stage: inForce.stage, before, set };
}

/** A switch is no gesture. */
function isSameSetting(last: StageChange, next: StageChange): boolean {
  const names = ({ set }: StageChange): string => Object.keys(set.options ?? {}).join(' ');
  const switched = last.set.enabled !== undefined || next.set.enabled !== undefined;
  return !switched && last.stage === next.stage && names(last) === names(next);
}

function addPreset(state: MonitorState, { stream, settings, atMs }: Extract<Action, { act: 'preset' }>): MonitorState {
  const changes = stagesInForce(state, stream).flatMap((stage) => {
    const wanted = settings.find((setting) => setting.stage === stage.stage);
    return wanted === undefined ? [] : [changeOf(stage, { enabled: wanted.enabled, options: wanted.options })];
  });
  return addUndo(state, { undo: 'stages', stream, changes, atMs });
}

function settleWish(state: MonitorState, stream: number, stage: string, error: WireError | undefined): MonitorState {
  const key = wishKey(stream, stage);
  const wishes = Object.fromEntries(Object.entries(state.wishes).filter(([name]) => name !== key));
  const refusals =
    error === undefined
      ? Object.fromEntries(Object.entries(state.refusals).filter(([id]) => Number(id) !== stream))
      : { ...state.refusals, [stream]: error };
  return { ...state, wishes, refusals };
}
