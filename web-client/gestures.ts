import type { Point } from '../src/marks/mark.ts';
import { insidePicture } from '../src/marks/on-picture.ts';
import type { Hand } from './hand.ts';
import type { Tool } from './mark-tools.ts';
import type { Action, MonitorState } from './monitor-state.ts';
import { viewOf } from './monitor-state.ts';
import type { Reached } from './picture/marks-painter.ts';
import type { Steadiness } from './placing.ts';
import type { Pointing } from './pointing.ts';
import { panBy, place, type Size, toPicture, unmoved, zoomAt } from './view-transform.ts';

/** What gestures on a tile act on; asked anew at every event. */
export interface GestureHost {
  readonly stream: number;
  readonly tile: Size;
  /** Undefined while there is no picture. */
  readonly picture: Size | undefined;
  readonly state: MonitorState;
  readonly tool: Tool;
  readonly hand: Hand;
  readonly pointing: Pointing;
  /** The mark within so many tile pixels of a place. */
  reached(at: Point, reach: number): Reached | undefined;
  hover(id: string | undefined): void;
  /** Of whatever mark is selected. */
  deselect(): void;
  isSelected(id: string): boolean;
  act(action: Action): void;
}

const doubleTapMs = 350;
const tapSlack = 6;
const reachMouse = 18;
const reachTouch = 34;
const wheelZoom = 0.0016;
/** A pen that was last heard of so long ago is still at hand, and what touches is the hand that holds it. */
const penNearMs = 500;
/** A hand-drawn line has a point for so many tile pixels of its way. */
const tracePx = 2;

interface Finger {
  readonly type: string;
  readonly at: Point;
  readonly start: Point;
  moved: boolean;
}

type Doing = 'nothing' | 'pan' | 'draw' | 'hold' | 'pinch' | 'point';

/**
 * Pointer, wheel and touch on a picture: wheel and two fingers zoom, a drag pans, a double tap resets; with a drawing tool the hand draws,
 * without one it moves marks and their points; with the pointer it shows. Answers how to let go of the element.
 */
export function attachGestures(element: HTMLElement, hostNow: () => GestureHost): () => void {
  const fingers = new Map<number, Finger>();
  let doing: Doing = 'nothing';
  let lastTap: { atMs: number; at: Point } | undefined;
  let pressedWith = '';
  let penAtMs = Number.NEGATIVE_INFINITY;

  const locate = (event: PointerEvent | WheelEvent): Point => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const placementOf = (host: GestureHost, picture: Size) => place(picture, host.tile, viewOf(host.state, host.stream));
  const picturePoint = (host: GestureHost, picture: Size, at: Point): Point =>
    insidePicture(toPicture(placementOf(host, picture), at), picture.width, picture.height);
  const steadiness = (host: GestureHost, picture: Size, event: PointerEvent): Steadiness => {
    const { scale } = placementOf(host, picture);
    return { slack: (event.pointerType === 'mouse' ? tapSlack : 2 * tapSlack) / scale, tolerance: tracePx / scale };
  };

  const begin = (host: GestureHost, picture: Size, at: Point, event: PointerEvent): Doing => {
    const point = picturePoint(host, picture, at);
    if (host.tool === 'pointer') {
      host.pointing.point(host.stream, point, true);
      return 'point';
    }
    const reached =
      host.hand.drawingOn === host.stream ? undefined : host.reached(at, event.pointerType === 'mouse' ? reachMouse : reachTouch);
    const drawing = host.tool !== 'pan';
    // While something is drawn only the mark at hand gets in the way of the next.
    if (reached !== undefined && (!drawing || (reached.point !== undefined && host.isSelected(reached.id)))) {
      host.hand.grab(reached, point);
      return 'hold';
    }
    if (drawing && host.hand.press(host.stream, point)) return 'draw';
    host.deselect();
    return 'pan';
  };

  /** What it began is as if it had never been. */
  const takeBack = (pointer: number): void => {
    if (!fingers.delete(pointer)) return;
    const { hand, pointing } = hostNow();
    if (doing === 'draw') hand.retract();
    if (doing === 'hold') hand.cancel();
    if (doing === 'point') pointing.lift();
    if (doing !== 'pinch' || fingers.size === 0) doing = 'nothing';
  };

  /** Answers whether a touch is of the hand that holds a pen; a pen that comes takes back what such touches have begun. */
  const isPalm = ({ pointerType, timeStamp }: PointerEvent): boolean => {
    if (pointerType === 'touch') return timeStamp - penAtMs < penNearMs || [...fingers.values()].some(({ type }) => type === 'pen');
    if (pointerType !== 'pen') return false;
    penAtMs = timeStamp;
    for (const [pointer, { type }] of [...fingers]) if (type === 'touch') takeBack(pointer);
    return false;
  };

  const down = (event: PointerEvent): void => {
    pressedWith = event.pointerType;
    if (isPalm(event)) return;
    const host = hostNow();
    host.act({ act: 'select', stream: host.stream });
    // What lies over the picture has a use of its own for the pointer.
    const taken = event.target instanceof Element && event.target.closest('.source-card, .divider, .asker, .refusals') !== null;
    if (taken || host.picture === undefined || event.button > 1) return;
    const at = locate(event);
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { type: event.pointerType, at, start: at, moved: false });
    if (fingers.size === 2) {
      // The first finger was the start of a pinch and not of a mark.
      if (doing === 'draw') host.hand.retract();
      if (doing === 'hold') host.hand.cancel();
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

  /** No button is down. */
  const hover = (host: GestureHost, picture: Size, at: Point, event: PointerEvent): void => {
    if (host.tool === 'pointer') host.pointing.point(host.stream, picturePoint(host, picture, at), false);
    else if (host.hand.drawingOn === host.stream) host.hand.move(picturePoint(host, picture, at), false, steadiness(host, picture, event));
    else host.hover(host.reached(at, reachMouse)?.id);
  };

  const dragTo = (host: GestureHost, picture: Size, at: Point, from: Point, event: PointerEvent): void => {
    if (doing === 'pan') {
      const view = panBy(picture, host.tile, viewOf(host.state, host.stream), at.x - from.x, at.y - from.y);
      host.act({ act: 'view', stream: host.stream, view });
    } else if (doing === 'draw') {
      // Between two frames of the screen a pen is read several times.
      const all = event.getCoalescedEvents?.() ?? [];
      for (const one of all.length > 0 ? all : [event]) {
        host.hand.move(picturePoint(host, picture, locate(one)), true, steadiness(host, picture, event));
      }
    } else if (doing === 'hold') host.hand.drag(picturePoint(host, picture, at));
    else if (doing === 'point') host.pointing.point(host.stream, picturePoint(host, picture, at), true);
  };

  const move = (event: PointerEvent): void => {
    if (isPalm(event)) return;
    const host = hostNow();
    const { picture } = host;
    if (picture === undefined) return;
    const at = locate(event);
    const finger = fingers.get(event.pointerId);
    if (finger === undefined) {
      if (fingers.size === 0 && event.pointerType !== 'touch') hover(host, picture, at, event);
      return;
    }
    const moved = finger.moved || Math.hypot(at.x - finger.start.x, at.y - finger.start.y) > tapSlack;
    if (doing === 'pinch') pinch(host, picture, event.pointerId, at);
    else if (moved) dragTo(host, picture, at, finger.at, event);
    fingers.set(event.pointerId, { ...finger, at, moved });
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
    if (doing === 'draw' && host.picture !== undefined) host.hand.release(finger.moved, steadiness(host, host.picture, event));
    if (doing === 'hold') host.hand.drop();
    if (doing === 'point') host.pointing.lift();
    if (doing === 'pan' && !finger.moved) tapped(host, finger.at);
    if (doing !== 'pinch' || fingers.size === 0) doing = 'nothing';
  };

  const leave = (event: PointerEvent): void => {
    if (isPalm(event)) return;
    const host = hostNow();
    host.hover(undefined);
    if (host.tool === 'pointer' && fingers.size === 0) host.pointing.leave();
  };

  /** The system has taken it away: a palm, or a swipe from the edge. */
  const cancel = ({ pointerId }: PointerEvent): void => takeBack(pointerId);

  /** The other button ends a line of many points; a finger that stays in its place for long does not. */
  const endLine = (event: MouseEvent): void => {
    event.preventDefault();
    const { hand, stream } = hostNow();
    if (pressedWith === 'mouse' && hand.drawingOn === stream) hand.finish({ slack: 0, tolerance: 0 });
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
  element.addEventListener('pointercancel', cancel);
  element.addEventListener('pointerleave', leave);
  element.addEventListener('contextmenu', endLine);
  element.addEventListener('wheel', wheel, { passive: false });
  return () => {
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', cancel);
    element.removeEventListener('pointerleave', leave);
    element.removeEventListener('contextmenu', endLine);
    element.removeEventListener('wheel', wheel);
  };
}
