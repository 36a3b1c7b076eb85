import type { WallCell } from '../src/protocol/wall.ts';
import type { Monitor } from './monitor.ts';
import { wallInForce } from './monitor-state.ts';
import { placed } from './wall-state.ts';

/** Farther than this a press is no tap: pixels. */
const slackPx = 10;

const cellAt = (x: number, y: number): HTMLElement | undefined =>
  document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-cell]') ?? undefined;

/** What is dragged by the element: a place of the wall by its line of truth, or a picture of the wall's panel. */
function carriedBy(target: EventTarget | null, monitor: Monitor): WallCell | undefined {
  if (!(target instanceof Element) || monitor.state.display !== undefined) return undefined;
  const named = target.closest<HTMLElement>('[data-carry]')?.dataset.carry;
  if (named !== undefined) return JSON.parse(named) as WallCell;
  // Anywhere on the line but its buttons: its words change while a hand reaches for them.
  if (target.closest('.truth') === null || target.closest('button:not(.name)') !== null) return undefined;
  const place = target.closest<HTMLElement>('[data-cell]')?.dataset.cell;
  return place === undefined ? undefined : wallInForce(monitor.state).cells[Number(place)];
}

/** Puts a picture on a place of the wall; from then on the wall is this screen's own. */
export function put(monitor: Monitor, at: number, cell: WallCell): void {
  const { kept, looked } = monitor.examining.state;
  const own = [...kept, ...(looked?.kept ?? [])].find((one) => one.kept === cell.kept);
  monitor.act({ act: 'wall', wall: placed(wallInForce(monitor.state), at, cell), kept: own });
  monitor.act({ act: 'carry', cell: undefined });
}

/**
 * Lets pictures be dragged to a place, with mouse, pen or finger: a tile by its line of truth, others from the panel. Until it has moved
 * a little the press stays what it is. Answers how to end it.
 */
export function attachCarrying(monitor: Monitor): () => void {
  let begun: { readonly pointer: number; readonly x: number; readonly y: number; readonly cell: WallCell; moving: boolean } | undefined;
  let over: HTMLElement | undefined;

  const mark = (cell: HTMLElement | undefined): void => {
    if (cell === over) return;
    over?.removeAttribute('data-over');
    over = cell;
    over?.setAttribute('data-over', '');
  };
  const end = (): void => {
    mark(undefined);
    begun = undefined;
    document.documentElement.removeAttribute('data-carrying');
  };
  const down = (event: PointerEvent): void => {
    const cell = event.button === 0 ? carriedBy(event.target, monitor) : undefined;
    if (cell !== undefined) begun = { pointer: event.pointerId, x: event.clientX, y: event.clientY, cell, moving: false };
  };
  const move = (event: PointerEvent): void => {
    if (begun?.pointer !== event.pointerId) return;
    if (!begun.moving && Math.hypot(event.clientX - begun.x, event.clientY - begun.y) < slackPx) return;
    begun.moving = true;
    document.documentElement.setAttribute('data-carrying', '');
    mark(cellAt(event.clientX, event.clientY));
  };
  const up = (event: PointerEvent): void => {
    if (begun?.pointer !== event.pointerId) return;
    const { cell, moving } = begun;
    const place = moving ? cellAt(event.clientX, event.clientY)?.dataset.cell : undefined;
    end();
    if (!moving) return;
    // The press was a drag: the click that follows it at once means nothing.
    const swallow = (click: Event): void => click.stopPropagation();
    window.addEventListener('click', swallow, { capture: true, once: true });
    setTimeout(() => window.removeEventListener('click', swallow, { capture: true }));
    if (place !== undefined) put(monitor, Number(place), cell);
  };

  // The panel lies beside the grid: what is carried from there comes in over the window.
  window.addEventListener('pointerdown', down);
  window.addEventListener('pointermove', move);
  window.addEventListener('pointerup', up);
  window.addEventListener('pointercancel', end);
  return () => {
    window.removeEventListener('pointerdown', down);
    window.removeEventListener('pointermove', move);
    window.removeEventListener('pointerup', up);
    window.removeEventListener('pointercancel', end);
  };
}
