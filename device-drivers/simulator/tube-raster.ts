/** A plane of optical depths in fixed point (`depthUnit` = 1), with the rows in use. */
export interface DepthPlane {
  readonly width: number;
  readonly height: number;
  readonly depths: Uint16Array;
  firstRow: number;
  lastRow: number;
  firstColumn: number;
  lastColumn: number;
}

/** Optical depth 1 in fixed point. */
export const depthUnit = 1024;

/** The detector's blur widens every tube by so many pixels; its area, and with it the mass of contrast, stays. */
const blurPixels = 0.9;

export function createDepthPlane(width: number, height: number): DepthPlane {
  return { width, height, depths: new Uint16Array(width * height), firstRow: height, lastRow: -1, firstColumn: width, lastColumn: -1 };
}

export function clearPlane(plane: DepthPlane): void {
  if (plane.lastRow >= plane.firstRow) plane.depths.fill(0, plane.firstRow * plane.width, (plane.lastRow + 1) * plane.width);
  plane.firstRow = plane.height;
  plane.lastRow = -1;
  plane.firstColumn = plane.width;
  plane.lastColumn = -1;
}

/**
 * Draws a piece of a tube, pixels, that is cut through by parallel rays: depth = attenuation x chord.
 * Pieces of one plane do not add up where they overlap: they are one lumen.
 */
export function drawTube(
  plane: DepthPlane,
  x0: number,
  y0: number,
  r0: number,
  x1: number,
  y1: number,
  r1: number,
  attenuation: number,
): void {
  const { width, height, depths } = plane;
  const reach = Math.max(r0, r1) + blurPixels;
  const left = Math.max(0, Math.ceil(Math.min(x0, x1) - reach));
  const right = Math.min(width - 1, Math.floor(Math.max(x0, x1) + reach));
  const top = Math.max(0, Math.ceil(Math.min(y0, y1) - reach));
  const bottom = Math.min(height - 1, Math.floor(Math.max(y0, y1) + reach));
  if (left > right || top > bottom) return;
  if (top < plane.firstRow) plane.firstRow = top;
  if (bottom > plane.lastRow) plane.lastRow = bottom;
  if (left < plane.firstColumn) plane.firstColumn = left;
  if (right > plane.lastColumn) plane.lastColumn = right;

  const dx = x1 - x0;
  const dy = y1 - y0;
  const perLength = 1 / Math.max(1e-9, dx * dx + dy * dy);
  for (let y = top; y <= bottom; y++) {
    const py = y - y0;
    for (let x = left; x <= right; x++) {
      const px = x - x0;
      let share = (px * dx + py * dy) * perLength;
      if (share < 0) share = 0;
      else if (share > 1) share = 1;
      const radius = r0 + share * (r1 - r0);
      const wide = radius + blurPixels;
      const across = px - share * dx;
      const up = py - share * dy;
      const rest = wide * wide - across * across - up * up;
      if (rest <= 0) continue;
      const thin = radius / wide;
      const depth = (attenuation * 2 * depthUnit * thin * thin * Math.sqrt(rest)) | 0;
      const at = y * width + x;
      if (depth > depths[at]!) depths[at] = depth;
    }
  }
}

/** Adds what lies in `from` to `to` and clears `from`. */
export function addPlane(to: DepthPlane, from: DepthPlane): void {
  for (let y = from.firstRow; y <= from.lastRow; y++) {
    const end = y * from.width + from.lastColumn;
    for (let at = y * from.width + from.firstColumn; at <= end; at++) to.depths[at]! += from.depths[at]!;
  }
  if (from.firstRow < to.firstRow) to.firstRow = from.firstRow;
  if (from.lastRow > to.lastRow) to.lastRow = from.lastRow;
  clearPlane(from);
}
