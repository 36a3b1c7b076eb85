import { BehaviorSubject } from 'rxjs';
import type { Point } from '../src/marks/mark.ts';
import type { ServerMessage, ViewerMessage } from '../src/protocol/messages.ts';

export interface TrailPoint {
  readonly at: Point;
  /** This page's clock. */
  readonly atMs: number;
  /** The first of a stroke. */
  readonly begins: boolean;
}

/** What is pointed at: the live picture of a stream, one of its frames, or what is kept. */
export interface PointedPlace {
  readonly stream?: number;
  readonly kept?: string;
  /** Absent: the live picture. */
  readonly atUs?: number;
}

/** Where somebody else points, and what he drew in the air. */
export interface OthersPointer extends PointedPlace {
  readonly name: string;
  /** Undefined: it has left the picture, and only its way is still to be seen. */
  readonly at: Point | undefined;
  readonly trail: readonly TrailPoint[];
}

const periodMs = 1000 / 30;
/** As many as a message may have. */
const mostPoints = 64;
/** No viewer of a server's. */
const ownViewer = -1;
/** As in the painter, with some time to spare. */
const rememberedMs = 3000;

const isSamePlace = (one: PointedPlace, other: PointedPlace): boolean =>
  one.stream === other.stream && one.kept === other.kept && one.atUs === other.atUs;

/** The frame that a tile shows. */
export interface TileFrame {
  readonly stream: number;
  readonly kept: string | undefined;
  readonly live: boolean;
  readonly capturedUs: number;
}

/** Whether somebody points at what a tile shows: on another frame the same place is other anatomy. */
export function isPointedAt({ stream, kept, atUs }: PointedPlace, frame: TileFrame): boolean {
  if (kept !== undefined || frame.kept !== undefined) return kept === frame.kept;
  return stream === frame.stream && (atUs === undefined ? frame.live : !frame.live && atUs === frame.capturedUs);
}

/** Pointers of others on this screen, and this screen's own on theirs. */
export class Pointing {
  readonly others$ = new BehaviorSubject<ReadonlyMap<number, OthersPointer>>(new Map());
  readonly #send: (message: ViewerMessage) => void;
  readonly #placeOf: (tile: number) => PointedPlace;
  #waiting: { readonly place: PointedPlace; readonly points: Point[]; drawing: boolean } | undefined;
  #shown: PointedPlace | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sentAtMs = 0;

  /** `placeOf`: what a tile shows. */
  constructor(send: (message: ViewerMessage) => void, placeOf: (tile: number) => PointedPlace) {
    this.#send = send;
    this.#placeOf = placeOf;
  }

  /** This screen's pointer is there; `drawing`: it leaves a line that fades, here too. */
  point(tile: number, at: Point, drawing: boolean): void {
    const place = this.#placeOf(tile);
    if (drawing) this.#hearPointed({ type: 'pointed', viewer: ownViewer, name: '', ...place, points: [at], drawing });
    if (this.#waiting !== undefined && (!isSamePlace(this.#waiting.place, place) || this.#waiting.drawing !== drawing)) this.#flush();
    this.#waiting ??= { place, points: [], drawing };
    // Of a pointer that only moves, nobody needs to know the way.
    if (!drawing) this.#waiting.points.length = 0;
    if (this.#waiting.points.length < mostPoints) this.#waiting.points.push(at);
    const waitMs = this.#sentAtMs + periodMs - performance.now();
    if (waitMs <= 0) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), waitMs);
  }

  /** It has left the picture, or was put away. */
  leave(): void {
    this.#flush();
    this.lift();
    if (this.#shown !== undefined) this.#send({ type: 'point', ...this.#shown, points: [], drawing: false });
    this.#shown = undefined;
  }

  /** The next line begins elsewhere. */
  lift(): void {
    const own = this.others$.value.get(ownViewer);
    if (own?.at !== undefined) this.others$.next(new Map(this.others$.value).set(ownViewer, { ...own, at: undefined }));
  }

  hear(message: ServerMessage): void {
    if (message.type === 'pointed') this.#hearPointed(message);
    if (message.type === 'hello' && this.others$.value.size > 0) this.others$.next(new Map());
    if (message.type !== 'present') return;
    const here = new Set(message.viewers.map(({ viewer }) => viewer));
    const left = new Map([...this.others$.value].filter(([viewer]) => viewer === ownViewer || here.has(viewer)));
    if (left.size !== this.others$.value.size) this.others$.next(left);
  }

  #hearPointed({ type: _, viewer, name, points, drawing, ...place }: Extract<ServerMessage, { type: 'pointed' }>): void {
    const nowMs = performance.now();
    const before = this.others$.value.get(viewer);
    const kept = before !== undefined && isSamePlace(before, place) ? before.trail.filter(({ atMs }) => nowMs - atMs < rememberedMs) : [];
    const goesOn = before !== undefined && drawing && kept.length > 0 && before.at === kept.at(-1)?.at;
    const added = drawing ? points.map((at, index) => ({ at, atMs: nowMs, begins: index === 0 && !goesOn })) : [];
    const trail = [...kept, ...added];
    const others = new Map(this.others$.value);
    const at = points.at(-1);
    if (at === undefined && trail.length === 0) others.delete(viewer);
    else others.set(viewer, { name, ...place, at, trail });
    this.others$.next(others);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined || waiting.points.length === 0) return;
    const { place, points, drawing } = waiting;
    this.#shown = place;
    this.#sentAtMs = performance.now();
    this.#send({ type: 'point', ...place, points, drawing });
  }
}
