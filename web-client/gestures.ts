import type { Point } from '../src/marks/mark.ts';
import { insidePicture } from '../src/marks/on-picture.ts';
import { type Caliper, nearestEnd } from './calipers.ts';
import type { Action, MonitorState } from './monitor-state.ts';
import { calipersOf, viewOf } from './monitor-state.ts';
import { panBy, place, type Size, toPicture, unmoved, zoomAt } from './view-transform.ts';

/** What gestures on a tile act on; asked anew at every event. */
export interface GestureHost {
  readonly stream: number;
  readonly tile: Size;
  /** Undefined while there is no picture. */
  readonly picture: Size | undefined;
  readonly state: MonitorState;
  act(action: Action): void;
}

const doubleTapMs = 350;
const tapSlack = 6;
const reachMouse = 18;
const reachTouch = 34;
const wheelZoom = 0.0016;

interface Finger {
  readonly at: Point;
  readonly start: Point;
  moved: boolean;
}

type Doing = 'nothing' | 'pan' | 'draft' | 'drag-end' | 'pinch';

/**
 * Pointer, wheel and touch on a picture: wheel and two fingers zoom, a drag pans, a double tap resets; with the caliper tool a
 * drag or two taps place the ends; an end is dragged with any tool. Answers how to let go of the element.
 */
export function attachGestures(element: HTMLElement, hostNow: () => GestureHost): () => void {
  const fingers = new Map<number, Finger>();
  let doing: Doing = 'nothing';
  let lastTap: { atMs: number; at: Point } | undefined;

  const locate = (event: PointerEvent | WheelEvent): Point => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const picturePoint = (host: GestureHost, picture: Size, at: Point): Point => {
    const point = toPicture(place(picture, host.tile, viewOf(host.state, host.stream)), at);
    return insidePicture(point, picture.width, picture.height);
  };
  const endAt = (host: GestureHost, picture: Size, at: Point, event: PointerEvent): { number: number; end: 0 | 1 } | undefined => {
    const calipers: readonly Caliper[] = calipersOf(host.state, host.stream);
    const reach = event.pointerType === 'mouse' ? reachMouse : reachTouch;
    return nearestEnd(calipers, place(picture, host.tile, viewOf(host.state, host.stream)), at, reach);
  };

  const begin = (host: GestureHost, picture: Size, at: Point, event: PointerEvent): Doing => {
    const { state, stream } = host;
    if (state.draft?.stream === stream) {
      host.act({ act: 'move-end', to: picturePoint(host, picture, at) });
      return 'draft';
    }
    const end = endAt(host, picture, at, event);
    if (end !== undefined) {
      host.act({ act: 'pick', picked: { stream, ...end } });
      host.act({ act: 'grab' });
      return 'drag-end';
    }
    if (state.tool === 'caliper') {
      host.act({ act: 'begin-caliper', stream, at: picturePoint(host, picture, at) });
      return 'draft';
    }
    if (state.picked !== undefined) host.act({ act: 'pick', picked: undefined });
    return 'pan';
  };

  const down = (event: PointerEvent): void => {
    const host = hostNow();
    host.act({ act: 'select', stream: host.stream });
    // What lies over the picture has a use of its own for the pointer.
    const taken = event.target instanceof Element && event.target.closest('.source-card, .divider') !== null;
    if (taken || host.picture === undefined || event.button > 1) return;
    const at = locate(event);
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { at, start: at, moved: false });
    if (fingers.size === 2) {
      // The first finger was the start of a pinch and not of a mark.
      if (doing === 'draft') host.act({ act: 'cancel-caliper' });
      doing = 'pinch';
      return;
    }
    if (fingers.size === 1) doing = event.button === 1 ? 'pan' : begin(host, host.picture, at, event);
  };

  const pinch = (host: GestureHost, picture: Size, pointer: number, at: Point): void => {
    const [other] = [...fingers].filter(([id]) => id !== pointer).map(([, finger]) => finger.at);
    const before = fingers.get(pointer)?.at;
    if (other === undefined || before === undefined) return;
    const factor = Math.hypot(at.x - other.x, at.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
    const middle = { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 };
    const zoomed = zoomAt(picture, host.tile, viewOf(host.state, host.stream), factor, middle);
    const view = panBy(picture, host.tile, zoomed, (at.x - before.x) / 2, (at.y - before.y) / 2);
    host.act({ act: 'view', stream: host.stream, view });
  };

  const move = (event: PointerEvent): void => {
    const host = hostNow();
    const { picture, state, stream } = host;
    if (picture === undefined) return;
    const at = locate(event);
    const finger = fingers.get(event.pointerId);
    if (finger === undefined) {
      // Between two clicks the free end follows the mouse.
      if (state.draft?.stream === stream && fingers.size === 0) host.act({ act: 'move-end', to: picturePoint(host, picture, at) });
      return;
    }
    const moved = finger.moved || Math.hypot(at.x - finger.start.x, at.y - finger.start.y) > tapSlack;
    if (doing === 'pinch') pinch(host, picture, event.pointerId, at);
    else if (moved && doing === 'pan') {
      const view = panBy(picture, host.tile, viewOf(state, stream), at.x - finger.at.x, at.y - finger.at.y);
      host.act({ act: 'view', stream, view });
    } else if (moved && doing !== 'nothing') host.act({ act: 'move-end', to: picturePoint(host, picture, at) });
    fingers.set(event.pointerId, { at, start: finger.start, moved });
  };

  const tapped = (host: GestureHost, at: Point): void => {
    const nowMs = performance.now();
    const double = lastTap !== undefined && nowMs - lastTap.atMs < doubleTapMs && Math.hypot(at.x - lastTap.at.x, at.y - lastTap.at.y) < 30;
    lastTap = double ? undefined : { atMs: nowMs, at };
    if (double) host.act({ act: 'view', stream: host.stream, view: unmoved });
  };

  const up = (event: PointerEvent): void => {
    const finger = fingers.get(event.pointerId);
    if (finger === undefined) return;
    fingers.delete(event.pointerId);
    const host = hostNow();
    const first = host.state.draft !== undefined && isEmpty(host);
    if (doing === 'draft' && !(first && !finger.moved)) host.act({ act: 'finish-caliper' });
    if (doing === 'pan' && !finger.moved) tapped(host, finger.at);
    if (doing !== 'pinch' || fingers.size === 0) doing = 'nothing';
  };

  const wheel = (event: WheelEvent): void => {
    const host = hostNow();
    event.preventDefault();
    if (host.picture === undefined) return;
    // A trackpad's pinch comes as a wheel with Ctrl and small steps.
    const speed = event.ctrlKey ? wheelZoom * 6 : wheelZoom;
    const factor = Math.exp(-event.deltaY * (event.deltaMode === 1 ? 20 : 1) * speed);
    const view = zoomAt(host.picture, host.tile, viewOf(host.state, host.stream), factor, locate(event));
    host.act({ act: 'view', stream: host.stream, view });
  };

  element.addEventListener('pointerdown', down);
  element.addEventListener('pointermove', move);
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', up);
  element.addEventListener('wheel', wheel, { passive: false });
  return () => {
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', up);
    element.removeEventListener('wheel', wheel);
  };
}

/** The caliper that is being placed has both ends at the same place: only its first tap has happened. */
function isEmpty({ state }: GestureHost): boolean {
  const draft = state.draft;
  if (draft === undefined) return false;
  const ends = calipersOf(state, draft.stream).find(({ number }) => number === draft.number)?.points;
  return ends !== undefined && ends[0].x === ends[1].x && ends[0].y === ends[1].y;
}
