import { BehaviorSubject } from 'rxjs';
import { AppError } from '../src/app-error.ts';
import { belongsTo, fits, isSamePicture, type MarkedPicture } from '../src/marks/belonging.ts';
import { moveMark, movePoint } from '../src/marks/edit.ts';
import type { Caption, ManualCalibration, Mark, MarkKind, Point } from '../src/marks/mark.ts';
import { insidePicture } from '../src/marks/on-picture.ts';
import type { MeasuredPicture } from '../src/marks/scale.ts';
import { isAtLeast, type Role } from '../src/protocol/roles.ts';
import { isKeptTile } from './kept-tiles.ts';
import { growing, isMarkTool, reshaped, type Tool, type ToolName, toolOf } from './mark-tools.ts';
import { type Marking, newMarkId } from './marking.ts';
import { type DrawnOn, isOwn, type KnownMark, nextNumber, selectedMark, shownMark } from './marks-state.ts';
import type { Reached } from './picture/marks-painter.ts';
import { finish, move, type Placed, type Placing, pointsNow, press, release, type Steadiness, takeBack } from './placing.ts';

/** The frame of a stream that is on the screen, as what is drawn on it remembers it. */
export interface FrameOnScreen {
  readonly capturedUs: number;
  readonly epoch: number;
  readonly picture: MeasuredPicture;
  /** What is drawn on a live picture belongs to all that follow; else to this frame. */
  readonly live: boolean;
  /** It is of a still or a clip. */
  readonly kept?: string | undefined;
  /** It is of another examination than the open one, which alone takes marks. */
  readonly earlier?: boolean;
}

export interface HandHost {
  readonly marking: Marking;
  role(): Role;
  /** Undefined while there is no picture. */
  frameOf(stream: number): FrameOnScreen | undefined;
  /** What the stream's pictures are now, wherever its tile looks: on such ones holds what was calibrated by hand. */
  pictureNow(stream: number): MarkedPicture | undefined;
}

/** A mark whose points are being placed. */
interface Drawing {
  readonly stream: number;
  readonly tool: ToolName;
  readonly placing: Placing;
  readonly mark: Omit<KnownMark, 'shape'>;
  readonly number: number;
}

/** A mark that is being moved, or one of its points. */
interface Holding {
  readonly before: KnownMark;
  readonly point: number | undefined;
  readonly from: Point;
  readonly changed: boolean;
}

/** Where keys would place the next point. */
export interface KeyCursor {
  readonly stream: number;
  readonly at: Point;
}

/** The one hand of this screen: pointer, finger, pen and keys all draw and move marks through it. Places are in pixels of the picture. */
export class Hand {
  readonly cursor$ = new BehaviorSubject<KeyCursor | undefined>(undefined);
  readonly #host: HandHost;
  #drawing: Drawing | undefined;
  /** As it was before the pointer went down: a second finger makes it a pinch. */
  #beforePress: Drawing | undefined;
  #holding: Holding | undefined;

  constructor(host: HandHost) {
    this.#host = host;
  }

  get mayMark(): boolean {
    return isAtLeast(this.#host.role(), 'marker');
  }

  mayChange(mark: KnownMark): boolean {
    return this.mayMark && (isOwn(mark, this.#marking.state) || isAtLeast(this.#host.role(), 'operator'));
  }

  get drawingOn(): number | undefined {
    return this.#drawing?.stream;
  }

  /** Where the last point was placed: keys begin there. */
  get lastPlaced(): Point | undefined {
    return this.#drawing?.placing.free;
  }

  takeUp(tool: Tool): void {
    if (tool !== 'pan' && !this.mayMark) return;
    this.#drawing = undefined;
    this.#holding = undefined;
    this.cursor$.next(undefined);
    this.#marking.act({ act: 'tool', tool });
  }

  // Drawing

  /** Begins a mark or its next point. Answers whether there is something to draw with and on. */
  press(stream: number, at: Point): boolean {
    const tool = this.#marking.state.tool;
    if (this.#drawing !== undefined && this.#drawing.stream !== stream) this.cancel();
    const begun = this.#drawing ?? (isMarkTool(tool) ? this.#begin(stream, tool) : undefined);
    if (begun === undefined) return false;
    this.#beforePress = this.#drawing;
    this.#show({ ...begun, placing: press(this.#drawing?.placing, toolOf(begun.tool), at) });
    return true;
  }

  /** `dragged`: the pointer is down and has left the place where it went down. */
  move(at: Point, dragged: boolean, steadiness: Steadiness): void {
    const drawing = this.#drawing;
    if (drawing === undefined) return;
    this.#show({ ...drawing, placing: move(drawing.placing, toolOf(drawing.tool), at, dragged, steadiness) });
  }

  release(dragged: boolean, steadiness: Steadiness): void {
    const drawing = this.#drawing;
    if (drawing !== undefined) this.#settle(drawing, release(drawing.placing, toolOf(drawing.tool), dragged, steadiness));
  }

  finish(steadiness: Steadiness): void {
    const drawing = this.#drawing;
    if (drawing !== undefined) this.#settle(drawing, finish(drawing.placing, toolOf(drawing.tool), steadiness));
  }

  /** The finger that went down was the first of two. */
  retract(): void {
    const before = this.#beforePress;
    if (before === undefined) this.cancel();
    else this.#show(before);
  }

  cancel(): void {
    this.#drawing = undefined;
    this.#holding = undefined;
    this.#marking.act({ act: 'own', mark: undefined });
  }

  /** Takes the last point back, at last the whole mark. Answers whether there was one. */
  takeBack(): boolean {
    const drawing = this.#drawing;
    if (drawing === undefined) return false;
    const placing = takeBack(drawing.placing);
    if (placing === undefined) this.cancel();
    else this.#show({ ...drawing, placing });
    return true;
  }

  // Moving

  /** Takes hold of what is reached; marks of others are only selected. */
  grab({ id, point }: Reached, at: Point): void {
    const mark = shownMark(this.#marking.state, id);
    if (mark === undefined) return;
    this.#marking.act({ act: 'select', selection: { id, point: this.mayChange(mark) ? point : undefined } });
    if (this.mayChange(mark)) this.#holding = { before: mark, point, from: at, changed: false };
  }

  drag(to: Point): void {
    const holding = this.#holding;
    if (holding === undefined) return;
    const { before, point, from } = holding;
    this.#holding = { ...holding, changed: true };
    const shape = moved(before, point, point === undefined ? { x: to.x - from.x, y: to.y - from.y } : to);
    this.#marking.act({ act: 'own', mark: { ...before, shape } });
  }

  drop(): void {
    const [holding, own] = [this.#holding, this.#marking.state.own];
    this.#holding = undefined;
    if (holding?.changed === true && own !== undefined) this.#marking.put(own, { of: holding.before });
  }

  // Keys

  /** Moves the cursor of the keys, where one is shown. Answers whether there was one. */
  step(stream: number, dx: number, dy: number): boolean {
    const frame = this.#host.frameOf(stream);
    if (frame === undefined || !isMarkTool(this.#marking.state.tool)) return false;
    if (this.#drawing === undefined && this.cursor$.value?.stream !== stream) return false;
    const { x, y } = this.#cursorOn(stream, frame);
    const at = insidePicture({ x: x + dx, y: y + dy }, frame.picture.width, frame.picture.height);
    this.cursor$.next({ stream, at });
    this.move(at, false, keySteadiness);
    return true;
  }

  /** Moves the mark or point whose handle has the keyboard. Answers whether there was something to move. */
  nudge(stream: number, dx: number, dy: number): boolean {
    const frame = this.#host.frameOf(stream);
    if (frame === undefined) return false;
    const { width, height } = frame.picture;
    const mark = selectedMark(this.#marking.state);
    // A still or clip may have a tile of its own, of no stream.
    const onTile = mark?.kept === undefined ? mark?.stream === stream : mark.kept === frame.kept;
    if (mark === undefined || !onTile || !this.mayChange(mark)) return false;
    const point = this.#marking.state.selection?.point;
    const before = point === undefined ? undefined : mark.shape.points[point];
    const by = before === undefined ? { x: dx, y: dy } : insidePicture({ x: before.x + dx, y: before.y + dy }, width, height);
    this.#marking.put({ ...mark, shape: moved(mark, before === undefined ? undefined : point, by) }, { mends: true });
    return true;
  }

  /** Places a point where the cursor of the keys is; shows the cursor at the first time. Answers whether a tool was there to do it. */
  enter(stream: number): boolean {
    const frame = this.#host.frameOf(stream);
    if (frame === undefined || !isMarkTool(this.#marking.state.tool)) return false;
    const at = this.#cursorOn(stream, frame);
    const shown = this.cursor$.value?.stream === stream;
    this.cursor$.next({ stream, at });
    if (!shown && this.#drawing === undefined) return true;
    if (this.press(stream, at)) this.release(false, keySteadiness);
    return true;
  }

  #cursorOn(stream: number, { picture: { width, height } }: FrameOnScreen): Point {
    const cursor = this.cursor$.value;
    if (cursor?.stream === stream) return cursor.at;
    return (this.#drawing?.stream === stream ? this.lastPlaced : undefined) ?? { x: Math.round(width / 2), y: Math.round(height / 2) };
  }

  // Until when it lies there

  /** Whether the frame that a tile shows can become the last one that a mark lies on: it is one of its frames, or comes after them. */
  mayEnd(tile: number, mark: KnownMark): boolean {
    const frame = this.#host.frameOf(tile);
    if (frame === undefined || frame.earlier === true) return false;
    const { capturedUs, kept, live } = frame;
    const place = { ...frame.picture, stream: isKeptTile(tile) ? undefined : tile, kept, capturedUs, live };
    if (mark.untilUs === undefined) return belongsTo(mark, place);
    return !live && capturedUs >= mark.fromUs && capturedUs !== mark.untilUs && fits(mark, place);
  }

  /** The frame that a tile shows is the last one that a mark lies on. */
  endHere(tile: number, mark: KnownMark): void {
    const frame = this.#host.frameOf(tile);
    if (frame !== undefined) this.#marking.put({ ...mark, untilUs: Math.max(mark.fromUs, frame.capturedUs) }, { of: mark });
  }

  // What was asked

  /** A word for a mark; undefined: none. A text without a word is not kept. */
  caption(mark: KnownMark, caption: Caption | undefined): void {
    this.#marking.act({ act: 'ask', asking: undefined });
    this.#marking.act({ act: 'own', mark: undefined });
    if (caption === undefined && mark.shape.kind === 'text') return;
    const { caption: _, ...rest } = mark.shape as Mark & { caption?: Caption };
    // Which kinds have a caption is the asker's to know.
    this.#marking.put({ ...mark, shape: (caption === undefined ? rest : { ...rest, caption }) as Mark }, { of: mark });
  }

  calibrate(stream: number, calibration: ManualCalibration | undefined, drawnOn?: DrawnOn): void {
    this.takeUp('pan');
    this.#marking.calibrate(stream, calibration, drawnOn);
  }

  get #marking(): Marking {
    return this.#host.marking;
  }

  #begin(stream: number, tool: ToolName): Omit<Drawing, 'placing'> | undefined {
    const frame = this.#host.frameOf(stream);
    if (frame === undefined) return undefined;
    const refused = frame.earlier === true ? new AppError('examination/earlier-picture').toJSON() : undefined;
    if (refused !== undefined || this.#marking.state.asking?.ask === 'nothing')
      this.#marking.act({ act: 'ask', asking: refused && { ask: 'nothing', error: refused } });
    if (refused !== undefined) return undefined;
    if (tool === 'calibration' && frame.kept !== undefined) {
      this.#marking.act({ act: 'calibration-refused', stream, error: new AppError('marks/calibrates-kept').toJSON() });
      return undefined;
    }
    const { calibrations, author } = this.#marking.state;
    const now = this.#host.pictureNow(stream);
    const manual = now !== undefined && isSamePicture(now, frame.picture) ? calibrations[stream] : undefined;
    const mark = {
      id: newMarkId(),
      // On a still or clip in a place of its own there is no stream below.
      stream: isKeptTile(stream) ? undefined : stream,
      kept: frame.kept,
      revision: 0,
      fromUs: frame.capturedUs,
      untilUs: frame.live ? undefined : frame.capturedUs,
      picture: { ...frame.picture, ...(manual && { manual }) },
      epoch: frame.epoch,
      author,
      changedMs: performance.now(),
    };
    return { stream, tool, mark, number: nextNumber(this.#marking.state, stream) };
  }

  #show(drawing: Drawing): void {
    this.#drawing = drawing;
    this.#marking.act({ act: 'own', mark: shapedAs(drawing, pointsNow(drawing.placing)) });
  }

  #settle(drawing: Drawing, placed: Placed): void {
    if (placed.now === 'placing') {
      this.#show({ ...drawing, placing: placed.placing });
      return;
    }
    this.#drawing = undefined;
    this.#beforePress = undefined;
    if (placed.now === 'none') {
      this.cancel();
      return;
    }
    this.#done(drawing, shapedAs(drawing, placed.points));
  }

  #done({ tool, stream }: Drawing, mark: KnownMark): void {
    const { asks } = toolOf(tool);
    if (asks === 'length') {
      const [from, to] = mark.shape.points as readonly [Point, Point];
      const { picture, epoch, fromUs } = mark;
      this.#marking.act({ act: 'ask', asking: { ask: 'length', stream, points: [from, to], picture, epoch, fromUs } });
      return;
    }
    if (asks === 'caption') {
      this.#marking.act({ act: 'ask', asking: { ask: 'caption', mark, isNew: true } });
      return;
    }
    this.#marking.put(mark);
    this.#marking.act({
      act: 'select',
      selection: { id: mark.id, point: mark.shape.points.length <= 3 ? mark.shape.points.length - 1 : undefined },
    });
    if (asks === 'body') this.#marking.act({ act: 'ask', asking: { ask: 'body', id: mark.id } });
  }
}

/** Keys place exactly. */
const keySteadiness: Steadiness = { slack: 0.5, tolerance: 0.5 };

const kindOf = (tool: ToolName): MarkKind => (tool === 'calibration' ? 'distance' : tool);

function shapedAs({ tool, mark, number }: Drawing, points: readonly Point[]): KnownMark {
  return { ...mark, shape: growing(kindOf(tool), number, points, mark.picture) };
}

/** A mark with one point elsewhere, or whole by so much. */
function moved({ shape, picture }: KnownMark, point: number | undefined, to: Point): Mark {
  if (point === undefined) return moveMark(shape, to.x, to.y, picture);
  return reshaped(movePoint(shape, point, to), point, picture, shape);
}
