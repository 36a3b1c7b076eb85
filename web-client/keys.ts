import { type Tool, toolNames, toolOf } from './mark-tools.ts';
import { selectedMark } from './marks-state.ts';
import type { Monitor } from './monitor.ts';
import { numberedTiles, shownTiles, showsSidePanel, viewOf } from './monitor-state.ts';
import { beginBookmark, goToBookmark, keepStill, showLastLoop, stepBy, toggleClip, toggleInStep, togglePanel } from './time/acts.ts';
import { panBy, type Size, unmoved, type ViewTransform, zoomAt } from './view-transform.ts';
import type { WordKey } from './words/words.ts';

/** What is printed on keys: the same on every keyboard, or a word. */
type Caps = { readonly keys: string; readonly cap?: never } | { readonly cap: WordKey };

/** The key map as it is shown; one key per act, the same as on carts. */
export const keyMap: readonly (Caps & { readonly act: WordKey })[] = [
  { cap: 'cap.space', act: 'key.freeze' },
  { keys: '← →', act: 'key.step' },
  { cap: 'cap.home', act: 'key.live' },
  { keys: 'P', act: 'key.still' },
  { keys: 'R', act: 'key.clip' },
  { keys: 'L', act: 'key.last-loop' },
  { keys: 'B', act: 'key.bookmark' },
  { keys: 'J', act: 'key.loop' },
  { cap: 'cap.in-step', act: 'key.in-step' },
  { keys: ',  .', act: 'key.rate' },
  { cap: 'cap.page', act: 'key.peak' },
  { keys: 'E', act: 'key.examination' },
  { keys: 'C  Z  A  O  G', act: 'key.measure' },
  { keys: 'I  Y  T  M  K', act: 'key.draw' },
  { cap: 'cap.enter', act: 'key.place' },
  { keys: 'Q', act: 'key.pointer' },
  { keys: 'H', act: 'key.hide' },
  { keys: 'N', act: 'key.raw' },
  { keys: 'D', act: 'key.divider' },
  { keys: '← →', act: 'key.move-divider' },
  { keys: '← → ↑ ↓', act: 'key.move-mark' },
  { cap: 'cap.delete', act: 'key.remove' },
  { cap: 'cap.undo', act: 'key.undo' },
  { keys: '+  −  0', act: 'key.zoom' },
  { cap: 'cap.pan', act: 'key.pan' },
  { keys: 'F6', act: 'key.next' },
  { keys: '1 – 9', act: 'key.alone' },
  { keys: 'S', act: 'key.panel' },
  { keys: 'V', act: 'key.devices' },
  { keys: 'U', act: 'key.wall' },
  { keys: 'W', act: 'key.people' },
  { keys: 'X', act: 'key.export' },
  { keys: 'F', act: 'key.full' },
  { keys: 'Esc', act: 'key.leave' },
  { keys: '?', act: 'key.list' },
];

export const zoomStep = 1.25;
const dividerStep = 0.02;
/** Of the tile, at each press. */
const panShare = 0.1;

/** To the right and down. */
type Direction = readonly [dx: number, dy: number];

const stageOf = (stream: number): HTMLElement | null => document.querySelector(`[data-testid="tile-${stream}"] .stage`);

function changeView(monitor: Monitor, change: (picture: Size, tile: Size, view: ViewTransform) => ViewTransform): void {
  const { state } = monitor;
  const stream = state.selected;
  const picture = monitor.truths$.value.byStream.get(stream)?.picture;
  const stage = stageOf(stream);
  if (picture === undefined || stage === null) return;
  const tile = { width: stage.clientWidth, height: stage.clientHeight };
  monitor.act({ act: 'view', stream, view: change(picture, tile, viewOf(state, stream)) });
}

/** Zooms the selected picture about the middle of its tile; 0 shows the whole picture. */
export function zoomSelected(monitor: Monitor, factor: number): void {
  changeView(monitor, (picture, tile, view) =>
    factor === 0 ? unmoved : zoomAt(picture, tile, view, factor, { x: tile.width / 2, y: tile.height / 2 }),
  );
}

/** Looks further to one side of a zoomed picture. */
function panSelected(monitor: Monitor, [dx, dy]: Direction): void {
  changeView(monitor, (picture, tile, view) => panBy(picture, tile, view, -dx * panShare * tile.width, -dy * panShare * tile.height));
}

export function toggleFreeze(monitor: Monitor): void {
  const { selected, frozen } = monitor.state;
  // What is past stands and runs by the same key.
  if (monitor.rewinding.pastOf(selected) !== undefined) {
    monitor.rewinding.togglePlay(selected);
    return;
  }
  const thaw = frozen[selected] === true;
  const picture = monitor.truths$.value.byStream.get(selected)?.picture;
  if (thaw || picture !== undefined) monitor.act({ act: 'freeze', stream: selected, frozen: !thaw });
}

export function toggleDivider(monitor: Monitor): void {
  const { selected, dividers } = monitor.state;
  monitor.act({ act: 'divide', stream: selected, at: dividers[selected] === undefined ? 0.5 : undefined });
}

/** Takes a tool up, or puts it away where it is the one in hand. */
export function toggleTool(monitor: Monitor, tool: Tool): void {
  const inHand = monitor.marking.state.tool === tool;
  if (tool === 'pointer' && inHand) monitor.pointing.leave();
  monitor.hand.takeUp(inHand ? 'pan' : tool);
  // Arrows and Enter are the hand's now, and no control's.
  if (!inHand) stageOf(monitor.state.selected)?.focus();
}

export function toggleHidden(monitor: Monitor): void {
  monitor.marking.act({ act: 'hide', hidden: !monitor.marking.state.hidden });
}

export function toggleFullScreen(): void {
  // Refused where the browser has none (a phone): the page stays as it is.
  if (document.fullscreenElement === null) document.documentElement.requestFullscreen().catch(() => undefined);
  else document.exitFullscreen().catch(() => undefined);
}

function removeSelected(monitor: Monitor): void {
  if (monitor.hand.takeBack()) return;
  const mark = selectedMark(monitor.marking.state);
  if (mark !== undefined && monitor.hand.mayChange(mark)) monitor.marking.remove([mark.id]);
}

function leave(monitor: Monitor): void {
  const { tool, selection, own, asking } = monitor.marking.state;
  if (asking !== undefined) {
    monitor.marking.act({ act: 'ask', asking: undefined });
    monitor.hand.cancel();
  } else if (own !== undefined) monitor.hand.cancel();
  else if (tool !== 'pan') monitor.hand.takeUp('pan');
  else if (selection !== undefined) monitor.marking.act({ act: 'select', selection: undefined });
  else if (monitor.state.alone !== undefined) monitor.act({ act: 'alone', stream: undefined });
}

function showAlone(monitor: Monitor, position: number): void {
  const tile = numberedTiles(monitor.state)[position - 1];
  if (tile === undefined) return;
  monitor.act({ act: 'alone', stream: monitor.state.alone === tile ? undefined : tile });
}

/** The next picture, and with it the keyboard; where one stands alone, the next one alone. */
function goOn(monitor: Monitor, by: 1 | -1): void {
  const { state } = monitor;
  const alone = state.alone !== undefined;
  const tiles = alone ? numberedTiles(state) : shownTiles(state);
  const at = tiles.indexOf(state.selected);
  const next = tiles.at(at < 0 ? 0 : (at + by) % tiles.length);
  if (next === undefined) return;
  monitor.act({ act: alone ? 'alone' : 'select', stream: next });
  stageOf(next)?.focus({ preventScroll: true });
}

const arrows: Readonly<Record<string, Direction>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * Arrows move the next point, or the mark whose handle was reached by Tab, by a pixel of the picture; else they step, or move the divider.
 * A mark that is merely selected stays: whoever looks for end systole with a measurement drawn must not change it. Answers whether there
 * was something to do.
 */
function moveByArrow(monitor: Monitor, event: KeyboardEvent, [dx, dy]: Direction): boolean {
  const { selected, dividers } = monitor.state;
  const step = event.shiftKey ? 10 : 1;
  const onHandle = event.target instanceof Element && event.target.closest('.mark-handle') !== null;
  if (monitor.hand.step(selected, dx * step, dy * step)) return true;
  if (onHandle && monitor.hand.nudge(selected, dx * step, dy * step)) return true;
  const looksBack = monitor.rewinding.pastOf(selected) !== undefined;
  if (looksBack && dx !== 0) return stepBy(monitor, dx * step);
  const divider = dividers[selected];
  if (divider === undefined || dx === 0) return dx !== 0 && stepBy(monitor, dx * step);
  monitor.act({ act: 'divide', stream: selected, at: Math.min(1, Math.max(0, divider + dx * dividerStep)) });
  return true;
}

const toolKeys = Object.fromEntries(toolNames.map((name) => [toolOf(name).key, (monitor: Monitor) => toggleTool(monitor, name)]));

const acts: Readonly<Record<string, (monitor: Monitor) => void>> = {
  ' ': toggleFreeze,
  ...toolKeys,
  h: toggleHidden,
  d: toggleDivider,
  x: (monitor) => monitor.exporting.setOpen(true),
  f: toggleFullScreen,
  s: (monitor) => monitor.act({ act: 'panel', open: !showsSidePanel(monitor.state) }),
  e: togglePanel,
  p: keepStill,
  r: toggleClip,
  l: showLastLoop,
  b: beginBookmark,
  j: (monitor) => monitor.rewinding.markLoop(monitor.state.selected),
  home: (monitor) => monitor.rewinding.live(monitor.state.selected),
  ',': (monitor) => monitor.rewinding.changeRate(monitor.state.selected, -1),
  '.': (monitor) => monitor.rewinding.changeRate(monitor.state.selected, 1),
  u: (monitor) => monitor.act({ act: 'wall-panel', open: !monitor.state.wallOpen }),
  w: (monitor) => monitor.act({ act: 'people', open: !monitor.state.peopleOpen }),
  v: (monitor) => monitor.act({ act: 'devices', open: !monitor.state.devicesOpen }),
  f6: (monitor) => goOn(monitor, 1),
  delete: removeSelected,
  backspace: removeSelected,
  escape: leave,
  '+': (monitor) => zoomSelected(monitor, zoomStep),
  '=': (monitor) => zoomSelected(monitor, zoomStep),
  '-': (monitor) => zoomSelected(monitor, 1 / zoomStep),
  '0': (monitor) => zoomSelected(monitor, 0),
  '?': (monitor) => monitor.act({ act: 'key-map', open: true }),
};

/** All keys that do something by themselves, as `KeyboardEvent.key` calls them, lower case. */
export const actKeys: readonly string[] = [
  ...Object.keys(acts),
  ...Object.keys(arrows).map((key) => key.toLowerCase()),
  'enter',
  'pageup',
  'pagedown',
  'q',
  'n',
  '1',
  '9',
];

const pressable = 'button:not(.mark-handle), [role="switch"], input, label, summary';

/**
 * A control that was reached by keyboard keeps the keys that it has a use for. One that was merely clicked does not:
 * whoever hits Space after a click on a tool wants the picture frozen.
 */
function isTaken(event: KeyboardEvent, focusedByPointer: boolean): boolean {
  if (!(event.target instanceof Element)) return false;
  // It closes the tools that came out, and nothing else.
  if (event.key === 'Escape' && document.querySelector('.flyout') !== null) return true;
  if (event.target.closest('[role="dialog"], [role="alertdialog"], [role="listbox"], .text-setting, .asker') !== null) return true;
  const presses = event.key === ' ' || event.key === 'Enter';
  if (presses && !focusedByPointer && event.target.closest(pressable) !== null) return true;
  if (!(event.key in arrows)) return false;
  if (event.target.closest('input, [role="slider"], [role="menu"]') !== null) return true;
  if (focusedByPointer) return false;
  // A column has no use for the others.
  const upOrDown = event.key === 'ArrowUp' || event.key === 'ArrowDown';
  return event.target.closest(upOrDown ? '[role="toolbar"], .choice' : '.choice') !== null;
}

function obey(monitor: Monitor, event: KeyboardEvent): boolean {
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (command && (key === 'z' || key === 'y')) {
    if (key === 'y' || event.shiftKey) monitor.redo();
    else monitor.undo();
    return true;
  }
  if (command) return false;
  const direction = arrows[event.key];
  if (event.altKey && direction !== undefined) {
    panSelected(monitor, direction);
    // Beside a picture that cannot be moved further it is not the browser's way back either.
    return true;
  }
  if (event.altKey) return false;
  if (direction !== undefined) return moveByArrow(monitor, event, direction);
  if (event.repeat) return key in acts || key === 'n' || key === 'q';
  if (event.key === 'Enter') return monitor.hand.enter(monitor.state.selected);
  if (key === 'pageup' || key === 'pagedown') {
    const by = key === 'pageup' ? -1 : 1;
    if (event.shiftKey) goToBookmark(monitor, by);
    else monitor.rewinding.peak(monitor.state.selected, by);
    return true;
  }
  if (key === 'f6' && event.shiftKey) {
    goOn(monitor, -1);
    return true;
  }
  if (key === 'j' && event.shiftKey) {
    toggleInStep(monitor);
    return true;
  }
  if (key === 'q') {
    monitor.hand.takeUp('pointer');
    return true;
  }
  if (key === 'n') {
    monitor.act({ act: 'hold-raw', stream: monitor.state.selected });
    return true;
  }
  if (/^[1-9]$/.test(key)) {
    showAlone(monitor, Number(key));
    return true;
  }
  const act = acts[key];
  act?.(monitor);
  return act !== undefined;
}

export function attachKeys(monitor: Monitor): void {
  let focusedByPointer = false;
  // Both before any control hears them: some let nothing through, and one key must never do two things.
  window.addEventListener(
    'pointerdown',
    () => {
      focusedByPointer = true;
    },
    { capture: true },
  );
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'Tab') focusedByPointer = false;
      if (isTaken(event, focusedByPointer)) {
        if (event.key in arrows) focusedByPointer = false;
        return;
      }
      if (!obey(monitor, event)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
  const letGo = (key: string): void => {
    if (key === 'n') monitor.act({ act: 'hold-raw', stream: undefined });
    if (key === 'q' && monitor.marking.state.tool === 'pointer') toggleTool(monitor, 'pointer');
  };
  window.addEventListener('keyup', (event) => letGo(event.key.toLowerCase()));
  // A window that loses the keyboard never hears the key come up.
  window.addEventListener('blur', () => {
    letGo('n');
    letGo('q');
  });
}
