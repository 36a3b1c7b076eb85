import type { Wall, WallCell } from '../src/protocol/wall.ts';
import { tileOfKept } from './kept-tiles.ts';

/** Sizes that the panel offers, columns by rows. */
export const wallSizes = [
  [1, 1],
  [2, 1],
  [1, 2],
  [3, 1],
  [2, 2],
  [3, 2],
  [2, 3],
  [3, 3],
] as const satisfies readonly (readonly [number, number])[];

export const isSame = (one: WallCell, other: WallCell): boolean => one.stream === other.stream && one.kept === other.kept;
export const isEmpty = ({ stream, kept }: WallCell): boolean => stream === undefined && kept === undefined;

/** All streams of a room side by side: pictures are wider than high, and screens too. */
export function automaticWall(streams: readonly { readonly id: number }[]): Wall {
  const cells: WallCell[] = streams.map(({ id }) => ({ stream: id }));
  const columns = Math.max(1, Math.ceil(Math.sqrt(cells.length)));
  const rows = Math.max(1, Math.ceil(cells.length / columns));
  return filled({ name: '', columns, rows, cells, linked: false });
}

/** The same pictures in reading order on another grid; those for which there is no place are left out. */
export function resized(wall: Wall, columns: number, rows: number): Wall {
  const fits = columns * rows >= wall.cells.length;
  const cells = fits ? wall.cells : wall.cells.filter((cell) => !isEmpty(cell));
  return filled({ ...wall, columns, rows, cells: cells.slice(0, columns * rows) });
}

/** Puts a picture on a place. One that stands elsewhere already changes places with what stood there: no picture is shown twice. */
export function placed(wall: Wall, at: number, cell: WallCell): Wall {
  const before = wall.cells[at];
  if (before === undefined || isSame(before, cell)) return wall;
  const from = isEmpty(cell) ? -1 : wall.cells.findIndex((known) => isSame(known, cell));
  const cells = wall.cells.map((known, place) => (place === at ? cell : place === from ? before : known));
  return { ...wall, cells };
}

/** The number of the tile that stands in a place; undefined: none. */
export const tileOf = ({ stream, kept }: WallCell): number | undefined => stream ?? (kept === undefined ? undefined : tileOfKept(kept));

export const streamsOn = (wall: Wall): number[] => wall.cells.flatMap(({ stream }) => (stream === undefined ? [] : [stream]));

function filled(wall: Wall): Wall {
  const missing = wall.columns * wall.rows - wall.cells.length;
  return { ...wall, cells: [...wall.cells, ...Array.from({ length: Math.max(0, missing) }, () => ({}))] };
}
