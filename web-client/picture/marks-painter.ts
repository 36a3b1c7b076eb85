import { belongsTo } from '../../src/marks/belonging.ts';
import { drawingOf, type MarkDrawing, pathIn, pictogramSide, probeOn } from '../../src/marks/drawing.ts';
import { type Box, boxesAlong, labelPlace, textSize, textWidth } from '../../src/marks/label-place.ts';
import type { Mark, Point } from '../../src/marks/mark.ts';
import { pictograms } from '../../src/marks/pictogram.ts';
import { distanceToSegment } from '../../src/marks/simplify.ts';
import { marksOnFrame, type Whose } from '../examination/whose.ts';
import { draftOn, isOwn, isSeen, isUnkept, type KnownMark, type MarksState } from '../marks-state.ts';
import { isPointedAt, type OthersPointer } from '../pointing.ts';
import { isSamePlace, markScale, type Placement, pictogramPx, type Size, toTile } from '../view-transform.ts';
import type { ShownPicture, WireError } from '../worker-messages.ts';

/** Where and over what the marks of a stream are drawn now. */
export interface PaintedPlace {
  /** The tile. */
  readonly stream: number;
  /** The stream that the picture is of, also where it stands in a tile of its own. */
  readonly of: number | undefined;
  readonly placement: Placement;
  readonly tile: Size;
  readonly remPx: number;
  readonly picture: ShownPicture;
  /** Not frozen, and not past. */
  readonly live: boolean;
  /** The still or clip that is looked at. */
  readonly kept: string | undefined;
  readonly whose: Whose;
}

/** The lines of text beside a mark. */
export type ValueLines = (mark: KnownMark, short: boolean) => readonly string[];

/** What is said of marks, in the language of the page. */
export interface MarkWords {
  readonly lines: ValueLines;
  person(name: string): string;
  trouble(error: WireError): string;
  unkept(): string;
}

/** What a hand reaches. */
export interface Reached {
  readonly id: string;
  /** Undefined: the mark's line or text. */
  readonly point: number | undefined;
}

/** What somebody drew in the air is gone after so long. */
const fadeMs = 2500;
/** Large enough at two metres; on a tile as small as a phone's, values of that size would cover the picture. */
const [valueRem, smallValueRem, smallTilePx] = [1.5, 1.05, 500] as const;
/** A tile that is wider than so many times its height has no larger picture for it. */
const wideTile = 4 / 3;
/** Marks of more points show them only while they are selected. */
const fewPoints = 3;
/** Between the number of a mark and what is said of it, in letters of its size: 1 and 88.5 mm are not to be read as 188.5 mm. */
const numberGapEm = 0.35;

interface Look {
  readonly mark: KnownMark;
  readonly selected: boolean;
  readonly point: number | undefined;
  readonly dashed: boolean;
  /** Said below its value: whose it is, and why it was not kept. */
  readonly name: string | undefined;
  readonly trouble: WireError | undefined;
  /** Of another examination: to be read, and not to be taken hold of. */
  readonly earlier?: boolean;
  /** Nobody but this screen has it. */
  readonly unkept?: boolean;
}

interface Painted {
  readonly group: SVGGElement;
  readonly parts: Readonly<Record<Part, SVGPathElement>>;
  readonly text: SVGTextElement;
  look: Look | undefined;
  drawing: MarkDrawing | undefined;
  box: Box | undefined;
  /** What other texts are to stay clear of. */
  lines: readonly Box[];
}

const parts = ['halo', 'line', 'filled', 'ends-halo', 'ends', 'ring'] as const;
type Part = (typeof parts)[number];

/**
 * Draws the marks of a stream over its picture, outside React: a change touches the nodes of the marks that changed, once per frame of the
 * screen. Lives as long as its tile.
 */
export class MarksPainter {
  readonly #root: SVGGElement;
  readonly #words: MarkWords;
  readonly #painted = new Map<string, Painted>();
  readonly #pointers = new Map<number, { readonly path: SVGPathElement; readonly dot: SVGCircleElement; readonly text: SVGTextElement }>();
  #place: PaintedPlace | undefined;
  #drawnAt: PaintedPlace | undefined;
  #state: MarksState | undefined;
  #others: ReadonlyMap<number, OthersPointer> = new Map();
  #cursor: Point | undefined;
  readonly #cursorPath = make('path', 'key-cursor');
  #hovered: string | undefined;
  #request = 0;

  constructor(root: SVGGElement, words: MarkWords) {
    this.#root = root;
    this.#words = words;
    root.append(this.#cursorPath);
  }

  set place(place: PaintedPlace) {
    this.#place = place;
    this.#schedule();
  }

  set state(state: MarksState) {
    this.#state = state;
    this.#schedule();
  }

  set pointers(others: ReadonlyMap<number, OthersPointer>) {
    this.#others = others;
    this.#schedule();
  }

  /** Where keys would place a point, in pixels of the picture. */
  set cursor(cursor: Point | undefined) {
    this.#cursor = cursor;
    this.#schedule();
  }

  set hovered(id: string | undefined) {
    if (id === this.#hovered) return;
    this.#hovered = id;
    this.#schedule();
  }

  close(): void {
    cancelAnimationFrame(this.#request);
    this.#root.replaceChildren();
    this.#painted.clear();
    this.#pointers.clear();
  }

  /** What lies within reach of a place in the tile: a point before a line, and what was drawn later before what was drawn earlier. */
  reached(at: Point, reach: number): Reached | undefined {
    let [found, nearest]: [Reached | undefined, number] = [undefined, reach];
    for (const [id, { look, drawing }] of this.#painted) {
      if (look?.earlier === true) continue;
      for (const [point, place] of (drawing?.points ?? []).entries()) {
        const away = Math.hypot(place.x - at.x, place.y - at.y);
        if (away > nearest) continue;
        nearest = away;
        found = { id, point };
      }
    }
    return found ?? this.#lineAt(at, reach / 2);
  }

  #lineAt(at: Point, reach: number): Reached | undefined {
    let found: Reached | undefined;
    for (const [id, { look, drawing, box }] of this.#painted) {
      if (drawing === undefined || look === undefined || look.earlier === true) continue;
      const around = outlineOf(look.mark.shape, drawing);
      const onLine = around.some((to, index) => index > 0 && distanceToSegment(at, around[index - 1]!, to) <= reach);
      const onText =
        box !== undefined && at.x >= box.left && at.y >= box.top && at.x <= box.left + box.width && at.y <= box.top + box.height;
      if (onLine || onText) found = { id, point: undefined };
    }
    return found;
  }

  #schedule(): void {
    if (this.#request === 0) this.#request = requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    this.#request = 0;
    const [place, state] = [this.#place, this.#state];
    if (place === undefined || state === undefined) return;
    const looks = state.hidden ? [] : looksOf(state, place, this.#hovered);
    const gone = new Set(this.#painted.keys());
    const moved = this.#drawnAt === undefined || !samePlace(this.#drawnAt, place);
    const changed: Painted[] = [];
    for (const look of looks) {
      gone.delete(look.mark.id);
      const painted = this.#painted.get(look.mark.id) ?? this.#add(look.mark.id);
      if (!moved && painted.look !== undefined && sameLook(painted.look, look)) continue;
      painted.look = look;
      changed.push(painted);
    }
    for (const id of gone) {
      this.#painted.get(id)?.group.remove();
      this.#painted.delete(id);
    }
    this.#drawnAt = place;
    const taken = [...this.#painted.values()].filter((painted) => !changed.includes(painted)).flatMap(({ box }) => box ?? []);
    // Free text stands where it was put; the others find their place around it.
    const free = ({ look }: Painted): number => (look?.mark.shape.kind === 'text' ? 0 : 1);
    for (const painted of changed.toSorted((a, b) => free(a) - free(b))) {
      this.#draw(painted, place, taken);
      if (painted.box !== undefined) taken.push(painted.box);
    }
    this.#paintCursor(place);
    if (this.#paintPointers(place)) this.#schedule();
  }

  #add(id: string): Painted {
    const group = make('g', 'mark');
    group.dataset.mark = id;
    const made = parts.map((part) => [part, make('path', part)] as const);
    const text = make('text', 'value');
    group.append(...made.map(([, path]) => path), text);
    this.#root.insertBefore(group, this.#cursorPath);
    const painted: Painted = {
      group,
      parts: Object.fromEntries(made) as Record<Part, SVGPathElement>,
      text,
      look: undefined,
      drawing: undefined,
      box: undefined,
      lines: [],
    };
    this.#painted.set(id, painted);
    return painted;
  }

  #draw(painted: Painted, { placement, tile, remPx }: PaintedPlace, taken: readonly Box[]): void {
    const { mark, selected, point, dashed, earlier = false, unkept = false } = painted.look!;
    const { shape } = mark;
    const unit = markScale(tile);
    const pictogram = pictogramPx(tile);
    const drawing = drawingOf(shape, { place: (at) => toTile(placement, at), unit, pictogram });
    painted.drawing = drawing;
    painted.lines = boxesAlong(outlineOf(shape, drawing), unit);
    const few = drawing.points.length <= fewPoints;
    const { group, parts: paths } = painted;
    group.setAttribute(
      'class',
      [
        'mark',
        shape.kind,
        ...(drawing.dotted ? ['dotted'] : []),
        ...(selected ? ['selected'] : []),
        ...(dashed ? ['dashed'] : []),
        ...(earlier ? ['earlier'] : []),
        ...(unkept ? ['unkept'] : []),
      ].join(' '),
    );
    group.dataset.testid = `mark-${shape.number}`;
    const [line, filled] = shape.kind === 'body-marker' ? bodyPaths(shape, drawing, pictogram) : [drawing.line, drawing.filled];
    const ends = drawing.ends + (selected && drawing.ends === '' ? knobs(drawing.points, (few ? 5 : 3) * unit) : '');
    setPath(paths.halo, line);
    setPath(paths.line, line);
    setPath(paths.filled, filled);
    setPath(paths['ends-halo'], ends);
    setPath(paths.ends, ends);
    const active = point === undefined ? undefined : drawing.points[point];
    setPath(paths.ring, active === undefined ? '' : knobs([active], 18 * unit));
    const fontPx = (Math.min(tile.width, wideTile * tile.height) < smallTilePx ? smallValueRem : valueRem) * remPx;
    painted.text.style.fontSize = `${fontPx}px`;
    this.#write(painted, tile, fontPx, unit, taken);
  }

  #write(painted: Painted, tile: Size, fontPx: number, unit: number, taken: readonly Box[]): void {
    const { text, look, drawing } = painted;
    const wide = this.#words.lines(look!.mark, false);
    const whole = wide.every((line) => textWidth(line, fontPx) < tile.width) ? wide : this.#words.lines(look!.mark, true);
    const { name, trouble, unkept } = look!;
    const below = [
      { text: name === undefined ? undefined : this.#words.person(name), is: 'name' },
      { text: trouble === undefined ? undefined : this.#words.trouble(trouble), is: 'trouble' },
      { text: unkept === true ? this.#words.unkept() : undefined, is: 'trouble' },
    ].filter(({ text: said }) => said !== undefined);
    const lines = [...whole, ...below.map(({ text: said }) => said ?? '')];
    painted.box = undefined;
    if (lines.length === 0) {
      text.replaceChildren();
      return;
    }
    const size = textSize(lines, fontPx);
    // Free text stands where it was put.
    const ownPlace = look!.mark.shape.kind === 'text' ? besideItself(drawing!.points[0]!, size, tile) : undefined;
    const box = ownPlace ?? labelPlace(drawing!.extent, size, tile, unit, taken, this.#linesBeside(painted));
    painted.box = box;
    const step = size.height / lines.length;
    text.replaceChildren(
      ...lines.map((line, index) => {
        const span = make('tspan', below[index - whole.length]?.is ?? '');
        span.setAttribute('x', box.left.toFixed(1));
        span.setAttribute('y', (box.top + step * (index + 0.5)).toFixed(1));
        const { kind, number } = look!.mark.shape;
        const numbered = index === 0 && kind !== 'text' && line.startsWith(`${number} `);
        if (numbered) span.append(...apart(String(number), line));
        else span.textContent = line;
        return span;
      }),
    );
  }

  #linesBeside(painted: Painted): readonly Box[] {
    return [...this.#painted.values()].flatMap((other) => (other === painted ? [] : other.lines));
  }

  #paintCursor({ placement, tile }: PaintedPlace): void {
    const cursor = this.#cursor;
    const unit = markScale(tile);
    if (cursor === undefined) setPath(this.#cursorPath, '');
    else {
      const { x, y } = toTile(placement, cursor);
      setPath(this.#cursorPath, `M${x - 24 * unit} ${y}h${48 * unit}M${x} ${y - 24 * unit}v${48 * unit}`);
    }
  }

  /** Answers whether something fades and is to be drawn again. */
  #paintPointers({ stream, kept, live, picture, placement, tile }: PaintedPlace): boolean {
    const frame = { stream, kept, live, capturedUs: picture.capturedUs };
    const nowMs = performance.now();
    const unit = markScale(tile);
    let fading = false;
    const gone = new Set(this.#pointers.keys());
    for (const [viewer, pointer] of this.#others) {
      const { name: called, at, trail } = pointer;
      const name = this.#words.person(called);
      const recent = trail.filter(({ atMs }) => nowMs - atMs < fadeMs);
      if (!isPointedAt(pointer, frame) || (at === undefined && recent.length === 0)) continue;
      gone.delete(viewer);
      fading ||= recent.length > 0;
      const nodes = this.#pointers.get(viewer) ?? this.#addPointer(viewer);
      const way = recent.map(({ at: point, begins }, index) => {
        const { x, y } = toTile(placement, point);
        return `${begins || index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
      });
      setPath(nodes.path, way.join(''));
      const youngest = recent.at(-1)?.atMs ?? nowMs;
      nodes.path.style.opacity = String(Math.min(1, Math.max(0, (fadeMs - (nowMs - youngest)) / 800)));
      const end = at ?? recent.at(-1)?.at;
      const { x, y } = toTile(placement, end ?? { x: 0, y: 0 });
      nodes.dot.setAttribute('cx', x.toFixed(1));
      nodes.dot.setAttribute('cy', y.toFixed(1));
      nodes.dot.setAttribute('r', String(at === undefined ? 0 : 7 * unit));
      const beyond = x + 14 * unit + textWidth(name, 18 * unit) > tile.width;
      nodes.text.setAttribute('text-anchor', beyond ? 'end' : 'start');
      nodes.text.setAttribute('x', (x + (beyond ? -14 : 14) * unit).toFixed(1));
      nodes.text.setAttribute('y', Math.max(20 * unit, y - 12 * unit).toFixed(1));
      if (nodes.text.textContent !== name) nodes.text.textContent = name;
    }
    for (const viewer of gone) {
      for (const node of Object.values(this.#pointers.get(viewer) ?? {})) node.remove();
      this.#pointers.delete(viewer);
    }
    return fading;
  }

  #addPointer(viewer: number) {
    const nodes = { path: make('path', 'pointer-way'), dot: make('circle', 'pointer-dot'), text: make('text', 'pointer-name') };
    nodes.text.dataset.testid = `pointer-${viewer}`;
    this.#root.append(nodes.path, nodes.dot, nodes.text);
    this.#pointers.set(viewer, nodes);
    return nodes;
  }
}

const plain: Omit<Look, 'mark'> = { selected: false, point: undefined, dashed: false, name: undefined, trouble: undefined };

/** The marks on this frame as they are to be seen: kept ones, those of others' hands, and on top the one under this hand. */
function looksOf(
  state: MarksState,
  { stream, of, picture, live, kept, whose }: PaintedPlace,
  hovered: string | undefined,
): readonly Look[] {
  const nowMs = performance.now();
  const { own, selection, drafts, edits } = state;
  const frame = { ...picture, stream: of, kept, live };
  const looks: Look[] = marksOnFrame(whose, picture).map((mark) => ({ ...plain, mark, earlier: true }));
  const drafted = new Set([...drafts.values()].map(({ id }) => id));
  for (const mark of state.shown) {
    if (mark.id === own?.id || drafted.has(mark.id)) continue;
    if (!isSeen(state, mark, frame, nowMs)) continue;
    const here = belongsTo(mark, frame);
    // What is drawn now is of another patient than this picture.
    if (!here && whose.of !== 'open') continue;
    const selected = selection?.id === mark.id;
    const named = !isOwn(mark, state) && (!here || selected || hovered === mark.id);
    const trouble = edits.get(mark.id)?.error;
    const name = named ? mark.author?.name : undefined;
    looks.push({
      mark,
      selected,
      point: selected ? selection.point : undefined,
      dashed: !here,
      name,
      trouble,
      unkept: isUnkept(state, mark, nowMs),
    });
  }
  for (const [viewer, draft] of drafts) {
    const mark = draftOn(frame, viewer, draft, nowMs);
    if (mark === undefined || whose.of !== 'open') continue;
    looks.push({ ...plain, mark, dashed: !belongsTo(mark, frame), name: draft.name });
  }
  if (own !== undefined && own.kept === kept && (kept !== undefined || own.stream === stream)) {
    looks.push({
      mark: own,
      selected: true,
      point: selection?.id === own.id ? selection.point : undefined,
      dashed: false,
      name: undefined,
      trouble: undefined,
    });
  }
  return looks;
}

const sameLook = (a: Look, b: Look): boolean =>
  a.mark.shape === b.mark.shape &&
  a.mark.picture === b.mark.picture &&
  a.selected === b.selected &&
  a.point === b.point &&
  a.dashed === b.dashed &&
  a.earlier === b.earlier &&
  a.unkept === b.unkept &&
  a.name === b.name &&
  a.trouble === b.trouble;

const samePlace = (a: PaintedPlace, b: PaintedPlace): boolean =>
  isSamePlace(a.placement, b.placement) && a.tile.width === b.tile.width && a.tile.height === b.tile.height && a.remPx === b.remPx;

/** A way along which a mark can be taken hold of. */
function outlineOf({ kind }: Mark, { points, extent }: MarkDrawing): readonly Point[] {
  const closed = kind === 'area' || kind === 'ellipse';
  const around = kind === 'ellipse' ? extent : points;
  if (kind === 'body-marker') return [extent[0]!, extent[3]!, extent[1]!, extent[2]!];
  return closed ? [...around, around[0]!] : around;
}

const knobs = (points: readonly Point[], radius: number): string =>
  points
    .map(
      ({ x, y }) =>
        `M${(x - radius).toFixed(1)} ${y.toFixed(1)}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0Z`,
    )
    .join('');

function bodyPaths(
  shape: Extract<Mark, { kind: 'body-marker' }>,
  { points: [middle] }: MarkDrawing,
  side: number,
): [line: string, filled: string] {
  const corner = { x: middle!.x - side / 2, y: middle!.y - side / 2 };
  const { from, to, marked } = probeOn(shape);
  const on = ({ x, y }: Point): Point => ({ x: corner.x + x * side, y: corner.y + y * side });
  const [a, b] = [on(from), on(to)];
  return [`${pathIn(pictograms[shape.body], corner, side)}M${a.x} ${a.y}L${b.x} ${b.y}`, knobs([on(marked)], (4 / pictogramSide) * side)];
}

/** The number of a mark, quieter than its value and with room between. */
function apart(number: string, line: string): readonly Node[] {
  const small = make('tspan', 'number');
  small.textContent = number;
  const rest = make('tspan', '');
  rest.setAttribute('dx', `${numberGapEm}em`);
  rest.textContent = line.slice(number.length);
  return [small, rest];
}

/** A word begins at its point and stays inside the tile. */
function besideItself(at: Point, { width, height }: Size, tile: Size): Box {
  const left = Math.max(0, Math.min(at.x, tile.width - width));
  return { left, top: Math.max(0, Math.min(at.y - height / 2, tile.height - height)), width, height };
}

function setPath(path: SVGPathElement, d: string): void {
  if (path.getAttribute('d') !== d) path.setAttribute('d', d);
}

function make<Name extends 'g' | 'path' | 'text' | 'tspan' | 'circle'>(name: Name, className: string): SVGElementTagNameMap[Name] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  if (className !== '') element.setAttribute('class', className);
  return element;
}
