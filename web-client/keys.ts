import { insidePicture } from '../src/marks/on-picture.ts';
import type { Monitor } from './monitor.ts';
import { calipersOf, viewOf } from './monitor-state.ts';
import { unmoved, zoomAt } from './view-transform.ts';

/** The key map as it is shown; one key per act, the same as on carts. */
export const keyMap: readonly { readonly keys: string; readonly act: string }[] = [
  { keys: 'Space', act: 'Freeze and unfreeze' },
  { keys: 'C', act: 'Caliper' },
  { keys: 'N', act: 'Unprocessed picture while held' },
  { keys: 'D', act: 'Before/after divider' },
  { keys: '← →', act: 'Move the divider' },
  { keys: '← → ↑ ↓', act: 'Move the selected caliper end (Shift: by 10)' },
  { keys: 'Delete', act: 'Remove the selected caliper' },
  { keys: 'Ctrl + Z', act: 'Undo' },
  { keys: '+  −  0', act: 'Zoom in, out, whole picture' },
  { keys: '1 – 9', act: 'One stream alone, again for all' },
  { keys: 'P', act: 'Panel with stages and results' },
  { keys: 'V', act: 'Devices that are attached' },
  { keys: 'W', act: 'Who is watching (operators)' },
  { keys: 'F', act: 'Full screen' },
  { keys: 'Esc', act: 'Leave the tool, the selection, the layout' },
  { keys: '?', act: 'This list' },
];

export const zoomStep = 1.25;
const dividerStep = 0.02;

/** Zooms the selected stream about the middle of its tile; 0 shows the whole picture. */
export function zoomSelected(monitor: Monitor, factor: number): void {
  const { state } = monitor;
  const stream = state.selected;
  const picture = monitor.truths$.value.byStream.get(stream)?.picture;
  const stage = document.querySelector<HTMLElement>(`[data-testid="tile-${stream}"] .stage`);
  if (picture === undefined || stage === null) return;
  const tile = { width: stage.clientWidth, height: stage.clientHeight };
  const middle = { x: tile.width / 2, y: tile.height / 2 };
  const view = factor === 0 ? unmoved : zoomAt(picture, tile, viewOf(state, stream), factor, middle);
  monitor.act({ act: 'view', stream, view });
}

export function toggleFreeze(monitor: Monitor): void {
  const { selected, frozen } = monitor.state;
  const thaw = frozen[selected] === true;
  const picture = monitor.truths$.value.byStream.get(selected)?.picture;
  if (thaw || picture !== undefined) monitor.act({ act: 'freeze', stream: selected, frozen: !thaw });
}

export function toggleDivider(monitor: Monitor): void {
  const { selected, dividers } = monitor.state;
  monitor.act({ act: 'divide', stream: selected, at: dividers[selected] === undefined ? 0.5 : undefined });
}

export function toggleCaliper(monitor: Monitor): void {
  monitor.act({ act: 'tool', tool: monitor.state.tool === 'caliper' ? 'pan' : 'caliper' });
}

export function toggleFullScreen(): void {
  // Refused where the browser has none (a phone): the page stays as it is.
  if (document.fullscreenElement === null) document.documentElement.requestFullscreen().catch(() => undefined);
  else document.exitFullscreen().catch(() => undefined);
}

function removePicked(monitor: Monitor): void {
  const { picked } = monitor.state;
  if (picked !== undefined) monitor.act({ act: 'remove-caliper', stream: picked.stream, number: picked.number });
}

function leave(monitor: Monitor): void {
  const { draft, tool, picked, alone } = monitor.state;
  if (draft !== undefined) monitor.act({ act: 'cancel-caliper' });
  else if (tool === 'caliper') monitor.act({ act: 'tool', tool: 'pan' });
  else if (picked !== undefined) monitor.act({ act: 'pick', picked: undefined });
  else if (alone !== undefined) monitor.act({ act: 'alone', stream: undefined });
}

function showAlone(monitor: Monitor, position: number): void {
  const stream = monitor.state.streams[position - 1];
  if (stream === undefined) return;
  monitor.act({ act: 'alone', stream: monitor.state.alone === stream.id ? undefined : stream.id });
}

const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Arrows move the selected caliper end by a pixel of the picture, else the divider. Answers whether there was one to move. */
function moveByArrow(monitor: Monitor, event: KeyboardEvent): boolean {
  const [dx, dy] = arrows[event.key] ?? [0, 0];
  const { picked, selected, dividers } = monitor.state;
  const picture = picked && monitor.truths$.value.byStream.get(picked.stream)?.picture;
  const caliper = picked && calipersOf(monitor.state, picked.stream).find(({ number }) => number === picked.number);
  if (picked !== undefined && picture !== undefined && caliper !== undefined) {
    const step = event.shiftKey ? 10 : 1;
    const { x, y } = caliper.points[picked.end];
    if (!event.repeat) monitor.act({ act: 'grab' });
    monitor.act({ act: 'move-end', to: insidePicture({ x: x + dx * step, y: y + dy * step }, picture.width, picture.height) });
    return true;
  }
  const divider = dividers[selected];
  if (divider === undefined || dx === 0) return false;
  monitor.act({ act: 'divide', stream: selected, at: Math.min(1, Math.max(0, divider + dx * dividerStep)) });
  return true;
}

const acts: Readonly<Record<string, (monitor: Monitor) => void>> = {
  ' ': toggleFreeze,
  c: toggleCaliper,
  d: toggleDivider,
  f: toggleFullScreen,
  p: (monitor) => monitor.act({ act: 'panel', open: !monitor.state.panelOpen }),
  w: (monitor) => monitor.act({ act: 'people', open: !monitor.state.peopleOpen }),
  v: (monitor) => monitor.act({ act: 'devices', open: !monitor.state.devicesOpen }),
  delete: removePicked,
  backspace: removePicked,
  escape: leave,
  '+': (monitor) => zoomSelected(monitor, zoomStep),
  '=': (monitor) => zoomSelected(monitor, zoomStep),
  '-': (monitor) => zoomSelected(monitor, 1 / zoomStep),
  '0': (monitor) => zoomSelected(monitor, 0),
  '?': (monitor) => monitor.act({ act: 'key-map', open: true }),
};

const pressable = 'button:not(.end-handle), [role="switch"], input, label, summary';

/**
 * A control that was reached by keyboard keeps the keys that it has a use for. One that was merely clicked does not:
 * whoever hits Space after a click on a tool wants the picture frozen.
 */
function isTaken(event: KeyboardEvent, focusedByPointer: boolean): boolean {
  if (!(event.target instanceof Element)) return false;
  if (event.target.closest('[role="dialog"], [role="listbox"], .text-setting') !== null) return true;
  const presses = event.key === ' ' || event.key === 'Enter';
  if (presses && !focusedByPointer && event.target.closest(pressable) !== null) return true;
  return event.key in arrows && event.target.closest('input, [role="slider"], [role="toolbar"], .choice') !== null;
}

function obey(monitor: Monitor, event: KeyboardEvent): boolean {
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (command && key === 'z') {
    monitor.undo();
    return true;
  }
  if (command || event.altKey) return false;
  if (event.key in arrows) return moveByArrow(monitor, event);
  if (event.repeat) return key in acts || key === 'n';
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
      if (event.key === 'Tab' || event.key in arrows) focusedByPointer = false;
      if (isTaken(event, focusedByPointer) || !obey(monitor, event)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
  const letGo = (): void => monitor.act({ act: 'hold-raw', stream: undefined });
  window.addEventListener('keyup', (event) => {
    if (event.key.toLowerCase() === 'n') letGo();
  });
  // A window that loses the keyboard never hears the key come up.
  window.addEventListener('blur', letGo);
}
