import { BehaviorSubject } from 'rxjs';
import type { ManualCalibration } from '../src/marks/mark.ts';
import type { Part } from '../src/marks/parts.ts';
import type { ServerMessage, ViewerMessage } from '../src/protocol/messages.ts';
import {
  calibrationsToSend,
  type DrawnOn,
  initialMarks,
  type KnownMark,
  type MarksAction,
  type MarksState,
  type OwnEdit,
  reduceMarks,
  toSend,
} from './marks-state.ts';

/** As often as anybody sees a difference. */
const draftPeriodMs = 1000 / 30;
/** A server that has not told its marks by now keeps none, or will say so when it is asked. */
const toldWithinMs = 1500;

/** What the marks need of the page around them. */
export interface MarkingHost {
  send(message: ViewerMessage): void;
  nextRequest(): number;
  /** Of the frame of a stream that is on the screen. */
  epochOf(stream: number): number;
}

/** The marks on this screen and their way to the server and back: nothing that was drawn is lost while the line is down. */
export class Marking {
  readonly state$ = new BehaviorSubject<MarksState>(initialMarks);
  readonly #host: MarkingHost;
  #readyTimer: ReturnType<typeof setTimeout> | undefined;
  #draftTimer: ReturnType<typeof setTimeout> | undefined;
  #draftedAtMs = 0;
  #flushing = false;
  /** The mark that the others see being drawn. */
  #drafted: KnownMark | undefined;

  constructor(host: MarkingHost) {
    this.#host = host;
  }

  get state(): MarksState {
    return this.state$.value;
  }

  act(action: MarksAction): void {
    const before = this.state;
    const after = reduceMarks(before, action);
    if (after === before) return;
    this.state$.next(after);
    if (after.own !== before.own) this.#draft();
    const asked = after.edits !== before.edits || after.calibrationsAsked !== before.calibrationsAsked;
    if (asked || after.ready !== before.ready) this.#flush();
  }

  hear(message: ServerMessage): void {
    this.act({ act: 'hear', message, nowMs: performance.now() });
    if (message.type === 'hello') {
      clearTimeout(this.#readyTimer);
      this.#readyTimer = setTimeout(() => this.act({ act: 'ready', ready: true }), toldWithinMs);
    }
    if (message.type === 'marks') clearTimeout(this.#readyTimer);
  }

  /** The line was cut, or ended for good: then nothing of what was seen stays. */
  lost(forGood: boolean): void {
    clearTimeout(this.#readyTimer);
    clearTimeout(this.#draftTimer);
    this.#draftTimer = undefined;
    this.#drafted = undefined;
    this.act(forGood ? { act: 'clear-all' } : { act: 'ready', ready: false });
  }

  /** `of`: as it was when the change began. */
  put(mark: KnownMark, { mends = false, of }: { readonly mends?: boolean; readonly of?: KnownMark } = {}): void {
    const nowMs = performance.now();
    this.act({ act: 'put', mark: { ...mark, changedMs: nowMs }, atMs: nowMs, mends, ...(of && { of }) });
  }

  remove(ids: readonly string[]): void {
    this.act({ act: 'remove', ids, atMs: performance.now() });
  }

  /** Makes a mark a part of a measurement, and the one that was it none; undefined: none is. */
  choose(part: Part, id: string | undefined): void {
    this.act({ act: 'choose', part, id, atMs: performance.now() });
  }

  undo(): void {
    this.act({ act: 'undo', atMs: performance.now() });
  }

  redo(): void {
    this.act({ act: 'redo', atMs: performance.now() });
  }

  settle(id: string, take: 'mine' | 'theirs'): void {
    this.act({ act: 'settle', id, take, newId: newMarkId() });
  }

  /** By a length that somebody knows, for everybody; undefined: as the source says. */
  calibrate(stream: number, calibration: ManualCalibration | undefined, drawnOn?: DrawnOn): void {
    const epoch = drawnOn?.epoch ?? this.#host.epochOf(stream);
    this.act({ act: 'calibrate', stream, calibration, drawnOn: drawnOn && { ...drawnOn, epoch } });
  }

  /** Each change is sent once, however many of them what is said here brings about. */
  #flush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    for (const [id, edit] of toSend(this.state)) {
      const request = this.#host.nextRequest();
      this.act({ act: 'sent', id, request });
      this.#host.send(
        edit.want === undefined ? { type: 'remove-mark', request, mark: id, revision: edit.base } : this.#put(request, edit, edit.want),
      );
    }
    for (const [stream, { calibration, drawnOn, examination }] of calibrationsToSend(this.state)) {
      const request = this.#host.nextRequest();
      this.act({ act: 'calibration-sent', stream, request });
      this.#host.send({
        type: 'calibrate',
        request,
        stream,
        ...(examination && { examination }),
        ...(drawnOn && { on: { epoch: drawnOn.epoch ?? 0 }, fromUs: drawnOn.fromUs }),
        ...(calibration && { calibration }),
      });
    }
    this.#flushing = false;
  }

  #put(request: number, { base, examination }: OwnEdit, mark: KnownMark): ViewerMessage {
    const { id, stream, kept, shape, fromUs, untilUs, epoch } = mark;
    return {
      type: 'put-mark',
      request,
      mark: id,
      ...(examination !== undefined && { examination }),
      ...(stream !== undefined && { stream }),
      on: kept === undefined ? { epoch: epoch ?? this.#host.epochOf(stream ?? 0) } : { kept },
      revision: base,
      shape,
      fromUs,
      ...(untilUs !== undefined && { untilUs }),
    };
  }

  /** The newest look of the mark under the hand goes to the others, as often as they can see it. */
  #draft(): void {
    if (!this.state.ready || this.state.keeping !== 'on') return;
    const waitMs = this.#draftedAtMs + draftPeriodMs - performance.now();
    if (waitMs <= 0) this.#sendDraft();
    else this.#draftTimer ??= setTimeout(() => this.#sendDraft(), waitMs);
  }

  #sendDraft(): void {
    clearTimeout(this.#draftTimer);
    this.#draftTimer = undefined;
    const { own, edits } = this.state;
    const mark = own ?? this.#drafted;
    const before = this.#drafted;
    this.#drafted = own;
    // What is kept takes the place of its draft by itself.
    if (mark === undefined || (own === undefined && edits.has(mark.id))) return;
    if (before !== undefined && own !== undefined && before.id !== own.id && !edits.has(before.id)) this.#host.send(draftOf(before, false));
    this.#host.send(draftOf(mark, own !== undefined));
    this.#draftedAtMs = performance.now();
  }
}

function draftOf({ id, stream, kept, epoch, shape, fromUs, untilUs }: KnownMark, drawing: boolean): ViewerMessage {
  return {
    type: 'draft-mark',
    mark: id,
    ...(stream !== undefined && { stream }),
    ...(kept !== undefined && { kept }),
    ...(kept === undefined && epoch !== undefined && { on: { epoch } }),
    ...(drawing && { shape: { ...shape, points: shape.points.map(({ x, y }) => ({ x: toTenth(x), y: toTenth(y) })) } }),
    fromUs,
    ...(untilUs !== undefined && { untilUs }),
  };
}

/** Nobody sees more of what is still drawn, and a long trace has many points. */
const toTenth = (pixels: number): number => Math.round(pixels * 10) / 10;

/** 16 hex digits; the same mark however often it is sent. */
export function newMarkId(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
