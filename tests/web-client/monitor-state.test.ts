import { describe, expect, it } from 'vitest';
import type { Kept } from '../../src/protocol/examination-messages.ts';
import type { ServerMessage, StageState, StreamDescription } from '../../src/protocol/messages.ts';
import type { Wall } from '../../src/protocol/wall.ts';
import { presetNamed } from '../../src/stage/presets.ts';
import { frozenStates } from '../../src/stage/stage-state.ts';
import { tileOfKept } from '../../web-client/kept-tiles.ts';
import {
  type Action,
  initialState,
  type MonitorState,
  numberedTiles,
  overtakenIn,
  reduce,
  shownStreams,
  shownTiles,
  showsSidePanel,
  skippedOf,
  wallInForce,
  wishedStage,
  wishKey,
} from '../../web-client/monitor-state.ts';

const stream = (id: number, rest: Partial<StreamDescription> = {}): StreamDescription => ({
  id,
  name: `stream ${id}`,
  modality: 'ultrasound',
  source: '',
  synthetic: true,
  warnings: [],
  epoch: 0,
  regions: [],
  notLiveMs: 400,
  presets: [],
  stages: [
    { stage: 'persistence', title: 'Persistence', enabled: true, applied: true, options: { strength: 0.3, threshold: 6 }, schema: {} },
  ],
  status: { state: 'streaming', sinceUs: 0, attempts: 0 },
  ...rest,
});
const hello = (...streams: StreamDescription[]): ServerMessage => ({
  type: 'hello',
  protocol: 1,
  server: 'lumencast',
  room: 'Cath lab 2',
  viewer: 1,
  role: 'operator',
  invited: false,
  clockUs: 0,
  streams,
});
const heard = (message: ServerMessage, nowMs = 0): Action => ({ act: 'server', message, nowMs });
const reached = (...actions: Action[]): MonitorState =>
  actions.reduce(reduce, reduce(initialState(false), heard(hello(stream(0), stream(1)))));
const wish = (strength: number, atMs: number): Action => ({
  act: 'wish',
  stream: 0,
  stage: 'persistence',
  wish: { options: { strength } },
  atMs,
  undoable: true,
});

describe('streams and layout', () => {
  it('knows what stands on the layouts of the room, whichever examination it is of and whichever is told first', () => {
    const kept = { kept: '0123456789abcdef', kind: 'still', source: 'Echo', modality: 'ultrasound', state: 'kept' } as Kept;
    const wall: Wall = { name: 'Compared', columns: 2, rows: 1, cells: [{ stream: 0 }, { kept: kept.kept }], linked: false };
    const [walls, standing] = [
      heard({ type: 'walls', walls: [wall] }),
      heard({ type: 'kept-on-walls', kept: [kept, { ...kept, kept: 'f'.repeat(16) }], earlier: [] }),
    ];
    expect(reached(walls, standing, { act: 'wall', wall }).keptOnWall).toEqual([kept]);
    expect(reached(walls, { act: 'wall', wall }, standing).keptOnWall).toEqual([kept]);
    // The same as before: nothing is opened anew because it was told again.
    const again = reached(walls, standing, { act: 'wall', wall }, heard({ type: 'kept-on-walls', kept: [{ ...kept }], earlier: [] }));
    expect(again.keptOnWall[0]).toBe(kept);
    // A screen that only shows.
    const shows = (...actions: Action[]): MonitorState =>
      actions.reduce(reduce, reduce(initialState(false, 'en', 'Compared'), heard(hello(stream(0)))));
    expect(shows(standing, walls).keptOnWall).toEqual([kept]);
    expect(shows(walls, standing).keptOnWall).toEqual([kept]);
  });

  it('shows all streams, or one alone', () => {
    expect(shownStreams(reached()).map(({ id }) => id)).toEqual([0, 1]);
    const alone = reached({ act: 'alone', stream: 1 });
    expect(shownStreams(alone).map(({ id }) => id)).toEqual([1]);
    expect(alone.selected).toBe(1);
  });

  it('shows a still or clip alone as what it is, and keeps it selected over a new connection', () => {
    const kept = { kept: '0123456789abcdef', kind: 'clip', source: 'Echo', modality: 'ultrasound', state: 'kept' } as Kept;
    const tile = tileOfKept(kept.kept);
    const wall: Wall = { name: '', columns: 2, rows: 1, cells: [{ kept: kept.kept }, { stream: 1 }, { stream: 7 }], linked: false };
    const compared = reached({ act: 'wall', wall, kept });
    expect(shownTiles(compared)).toEqual([tile, 1]);
    expect(numberedTiles(compared)).toEqual([0, 1, tile]);
    const alone = reduce(compared, { act: 'alone', stream: tile });
    expect(wallInForce(alone).cells).toEqual([{ kept: kept.kept }]);
    expect(reduce(alone, heard(hello(stream(0), stream(1))))).toMatchObject({ alone: tile, selected: tile });
    expect(reduce(alone, { act: 'wall', wall: undefined })).toMatchObject({ alone: undefined, selected: 0 });
  });

  it('keeps layout and views over a new connection', () => {
    const view = { zoom: 2, panX: 3, panY: 4 };
    const before = reached({ act: 'alone', stream: 1 }, { act: 'view', stream: 0, view });
    const again = reduce(before, heard(hello(stream(0), stream(1))));
    expect(again).toMatchObject({ alone: 1, selected: 1, views: { 0: view } });
  });

  it('falls back to all streams when the one shown alone is gone', () => {
    const again = reduce(reached({ act: 'alone', stream: 1 }), heard(hello(stream(0))));
    expect(again).toMatchObject({ alone: undefined, selected: 0 });
  });

  it('adds up skipped frames over watches, whose counts start anew', () => {
    const stats = (skipped: number): Action =>
      heard({ type: 'stats', stream: 0, captured: 9, fps: 30, lost: {}, processingMs: 1, sent: 9, skipped, viewers: 1, tier: 'raw' });
    const counts = reached(stats(5), stats(8), stats(2), stats(3)).counts[0];
    expect(counts && skippedOf(counts)).toBe(11);
  });

  it('keeps what is wrong with a source while it is opened again, and forgets it when it streams', () => {
    const error = { code: 'device/crashed', message: 'broken', remedy: 'wait' };
    const status = (source: Partial<StreamDescription['status']>, nowMs = 0): Action =>
      heard({ type: 'state', stream: 1, source: { state: 'streaming', sinceUs: 0, attempts: 0, ...source } }, nowMs);
    const failed = reached(status({ state: 'faulted', attempts: 2, retryInMs: 500, error }, 1000));
    expect(failed.troubles).toEqual({ 1: { error, retryAtMs: 1500 } });
    expect(failed.streams[1]?.status.state).toBe('faulted');
    const opening = reduce(failed, status({ state: 'opening', attempts: 2 }));
    expect(opening.troubles).toEqual(failed.troubles);
    expect(reduce(opening, status({})).troubles).toEqual({});
    expect(reduce(opening, status({ state: 'stopped' })).troubles).toEqual({});
  });
});

describe('stages of a frozen picture', () => {
  const softer: readonly StageState[] = stream(0).stages.map((stage) => ({ ...stage, options: { strength: 0.9 } }));
  const set = (stages: typeof softer | undefined, atMs: number): Action => ({ act: 'frozen-stages', stream: 0, stages, atMs });

  it('begin as they were when it was frozen, whatever others set later', () => {
    const frozen = reached({ act: 'freeze', stream: 0, frozen: true });
    const later = reduce(frozen, heard({ type: 'stream', stream: stream(0, { stages: [...softer] }) }));
    expect(later.frozenStages[0]).toEqual({ asFrozen: frozenStates(stream(0).stages), now: undefined });
    expect(reduce(later, { act: 'freeze', stream: 0, frozen: false }).frozenStages).toEqual({});
  });

  it('are undone by gestures, and forgotten with their steps when it runs again', () => {
    const state = reached({ act: 'freeze', stream: 0, frozen: true }, set(softer, 0), set(softer, 100), set([], 5000));
    expect(state.undoSteps).toMatchObject([
      { undo: 'frozen', before: undefined },
      { undo: 'frozen', before: softer },
    ]);
    expect(reduce(state, { act: 'freeze', stream: 0, frozen: false }).undoSteps).toEqual([]);
    expect(reached(set(softer, 0)).frozenStages).toEqual({});
  });

  it('are all that undo reaches: what others watch is not changed from a frozen picture', () => {
    const state = reached(
      { act: 'wish', stream: 0, stage: 'persistence', wish: { enabled: false }, atMs: 0, undoable: true },
      { act: 'freeze', stream: 0, frozen: true },
    );
    expect(reduce(state, { act: 'undo' })).toBe(state);
    expect(reduce(reduce(state, { act: 'freeze', stream: 0, frozen: false }), { act: 'undo' }).undoSteps).toEqual([]);
  });
});

describe('stage settings', () => {
  it('remembers what a preset sets for its undo, as this viewer sees it set', () => {
    const state = reached(
      { act: 'server', message: hello(stream(0)), nowMs: 0 },
      { act: 'wish', stream: 0, stage: 'persistence', wish: { options: { strength: 0.7 } }, atMs: 0, undoable: false },
      { act: 'preset', stream: 0, settings: presetNamed('off').settings, atMs: 0 },
    );
    expect(state.undoSteps).toMatchObject([
      {
        undo: 'stages',
        changes: [{ stage: 'persistence', before: { enabled: true, options: { strength: 0.7 } }, set: { enabled: false } }],
      },
    ]);
    expect(reduce(state, { act: 'undo' }).undoSteps).toEqual([]);
  });

  const stageOf = (state: MonitorState) => {
    const stage = state.streams[0]?.stages[0];
    if (stage === undefined) throw new Error('the stream has lost its stage');
    return wishedStage(stage, state.wishes[wishKey(0, 'persistence')]);
  };

  it('are shown at once and stay what the server says when it refuses', () => {
    const asked = reached(wish(0.8, 0));
    expect(stageOf(asked).options).toEqual({ strength: 0.8, threshold: 6 });
    const error = { code: 'stage/bad-option', message: 'no', remedy: 'none' };
    const refused = reduce(asked, { act: 'wish-settled', stream: 0, stage: 'persistence', error });
    expect(stageOf(refused).options).toEqual({ strength: 0.3, threshold: 6 });
    expect(refused.refusals[0]).toEqual(error);
    expect(reduce(refused, { act: 'wish-settled', stream: 0, stage: 'persistence' }).refusals).toEqual({});
  });

  it('are undone by gesture: a drag is one step, a later change another', () => {
    const dragged = reached(wish(0.4, 0), wish(0.5, 100), wish(0.6, 200));
    expect(dragged.undoSteps).toMatchObject([
      { undo: 'stages', changes: [{ before: { options: { strength: 0.3 } }, set: { options: { strength: 0.6 } } }] },
    ]);
    const twice = reduce(dragged, wish(0.7, 5000));
    expect(twice.undoSteps).toHaveLength(2);
    expect(twice.undoSteps[1]).toMatchObject({ changes: [{ before: { options: { strength: 0.6 } } }] });
  });

  it('are not taken back where somebody else has set the same since, and say so', () => {
    const told = (state: MonitorState, options: object): MonitorState =>
      reduce(
        reduce(
          state,
          heard({
            type: 'stream',
            stream: stream(0, { stages: stream(0).stages.map((one) => ({ ...one, options: { ...one.options, ...options } })) }),
          }),
        ),
        { act: 'wish-settled', stream: 0, stage: 'persistence' },
      );
    const undone = (state: MonitorState) => [
      overtakenIn(state, state.undoSteps.at(-1)!),
      reduce(state, { act: 'undo' }).undoSteps.length,
      reduce(state, { act: 'undo' }).refusals[0]?.code,
    ];
    const set = told(reached(wish(0.8, 0)), { strength: 0.8 });
    expect(undone(set)).toEqual([undefined, 0, undefined]);
    expect(undone(told(set, { strength: 0.5 }))).toEqual(['persistence', 0, 'stage/changed-meanwhile']);
    // Another setting of the stage is nobody's loss.
    expect(undone(told(set, { strength: 0.8, threshold: 9 }))).toEqual([undefined, 0, undefined]);
    const [off] = presetNamed('off').settings;
    const chosen = reached({ act: 'preset', stream: 0, settings: [off!], atMs: 0 });
    // Still on its way.
    expect(undone(chosen)).toEqual([undefined, 0, undefined]);
    expect(undone(told(chosen, { strength: 0.123 }))).toEqual(['persistence', 0, 'stage/changed-meanwhile']);
  });

  it('remember what a switch was', () => {
    const off: Action = { act: 'wish', stream: 0, stage: 'persistence', wish: { enabled: false }, atMs: 0, undoable: true };
    expect(reached(off).undoSteps).toMatchObject([{ undo: 'stages', changes: [{ before: { enabled: true } }] }]);
    expect(stageOf(reached(off)).enabled).toBe(false);
  });

  it('are forgotten with the connection: the new one tells what is in force', () => {
    expect(reduce(reached(wish(0.8, 0)), heard(hello(stream(0)))).wishes).toEqual({});
  });
});

describe('a server that comes back with other streams', () => {
  const used = reached(wish(0.8, 0), { act: 'freeze', stream: 0, frozen: true }, { act: 'divide', stream: 0, at: 0.3 });

  it('lays nothing of one stream over another that has its number now', () => {
    const again = reduce(used, heard(hello(stream(0, { name: 'another' }), stream(1))));
    expect(again).toMatchObject({ frozen: {}, dividers: {}, undoSteps: [] });
  });

  it('has nothing frozen of a stream that was away', () => {
    const away = reduce(used, heard(hello(stream(1))));
    const back = reduce(away, heard(hello(stream(0), stream(1))));
    expect(back.frozen[0]).toBeUndefined();
  });

  it('drops the key that was held', () => {
    const busy = reached({ act: 'hold-raw', stream: 0 });
    const again = reduce(busy, heard(hello(stream(0, { name: 'another' }), stream(1))));
    expect(again).toMatchObject({ rawHeld: undefined });
  });

  it('keeps what lies over the streams that stayed', () => {
    const again = reduce(used, heard(hello(stream(0), stream(1, { name: 'another' }))));
    expect(again.frozen[0]).toBe(true);
    expect(again.undoSteps).toHaveLength(1);
  });
});

describe('the panels', () => {
  it('stand in the place of the results, which are there again once they are closed', () => {
    const having = (...actions: readonly Action[]): MonitorState => actions.reduce(reduce, initialState(true));
    expect(showsSidePanel(having())).toBe(true);
    expect(showsSidePanel(having({ act: 'wall-panel', open: true }))).toBe(false);
    expect(showsSidePanel(having({ act: 'wall-panel', open: true }, { act: 'wall-panel', open: false }))).toBe(true);
    expect(showsSidePanel(having({ act: 'people', open: true }, { act: 'panel', open: true }))).toBe(true);
  });
});
