import { pictogramSide } from '../src/marks/drawing.ts';
import type { Point } from '../src/marks/mark.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How a picture lies in its tile: at scale 1 it fits whole; `panX`, `panY` move its centre, in tile pixels. */
export interface ViewTransform {
  readonly zoom: number;
  readonly panX: number;
  readonly panY: number;
}

export const unmoved: ViewTransform = { zoom: 1, panX: 0, panY: 0 };
export const largestZoom = 16;

/** Where the picture's pixels come to lie: tile = origin + picture * scale. */
export interface Placement {
  readonly scale: number;
  readonly left: number;
  readonly top: number;
}

export const isSamePlace = (a: Placement, b: Placement): boolean => a.scale === b.scale && a.left === b.left && a.top === b.top;

export function place(picture: Size, tile: Size, { zoom, panX, panY }: ViewTransform): Placement {
  const scale = fitScale(picture, tile) * zoom;
  return {
    scale,
    left: (tile.width - picture.width * scale) / 2 + panX,
    top: (tile.height - picture.height * scale) / 2 + panY,
  };
}

function fitScale(picture: Size, tile: Size): number {
  return Math.min(tile.width / picture.width, tile.height / picture.height);
}

export function toTile({ scale, left, top }: Placement, { x, y }: Point): Point {
  return { x: left + x * scale, y: top + y * scale };
}

export function toPicture({ scale, left, top }: Placement, { x, y }: Point): Point {
  return { x: (x - left) / scale, y: (y - top) / scale };
}

/** Zooms by a factor so that the picture stays put under a point of the tile. */
export function zoomAt(picture: Size, tile: Size, view: ViewTransform, factor: number, at: Point): ViewTransform {
  const zoom = Math.min(largestZoom, Math.max(1, view.zoom * factor));
  const ratio = zoom / view.zoom;
  const centreX = tile.width / 2;
  const centreY = tile.height / 2;
  return contain(picture, tile, {
    zoom,
    panX: at.x - centreX - (at.x - centreX - view.panX) * ratio,
    panY: at.y - centreY - (at.y - centreY - view.panY) * ratio,
  });
}

export function panBy(picture: Size, tile: Size, view: ViewTransform, dx: number, dy: number): ViewTransform {
  return contain(picture, tile, { ...view, panX: view.panX + dx, panY: view.panY + dy });
}

/** No edge of the picture comes further in than the edge of the tile, or than the middle where it is smaller than the tile. */
export function contain(picture: Size, tile: Size, view: ViewTransform): ViewTransform {
  const scale = fitScale(picture, tile) * view.zoom;
  return {
    zoom: view.zoom,
    panX: bounded(view.panX, Math.max(0, (picture.width * scale - tile.width) / 2)),
    panY: bounded(view.panY, Math.max(0, (picture.height * scale - tile.height) / 2)),
  };
}

/** Adding 0 turns -0 into 0. */
const bounded = (value: number, limit: number): number => Math.min(limit, Math.max(-limit, value)) + 0;

/** How much larger marks are drawn on a tile of many CSS pixels, so that a wall display shows them as large as a desk does. */
export function markScale(tile: Size): number {
  return Math.min(3, Math.max(1, Math.min(tile.width, tile.height) / 900));
}

/** The least share of its own size that a pictogram of the body can still be read at. */
const leastPictogram = 0.4;
/** On a smaller tile a pictogram of its own size would cover anatomy. */
const wholePictogramPx = 480;

/** Side of a body marker's pictogram on a tile. */
export function pictogramPx(tile: Size): number {
  const room = Math.max(leastPictogram, Math.min(tile.width, tile.height) / wholePictogramPx);
  return pictogramSide * Math.min(markScale(tile), room);
}
