import type { CalibrationRegion } from '../frame/calibration.ts';

/** How pixels of a picture become pixels of another: x' = x * scaleX + shiftX, then columns and rows may change places. */
export interface PixelMap {
  readonly scaleX: number;
  readonly shiftX: number;
  readonly scaleY: number;
  readonly shiftY: number;
  readonly transposed: boolean;
}

/**
 * Regions as they lie in another picture, cut where that ends; one of which nothing is left is left out. Where the source named no
 * reference pixel the first one of its box counts as such (PS3.3 C.8.5.5.1.14 leaves it open), so that a cut or mirrored
 * region still says where its values begin.
 */
export function mappedRegions(
  regions: readonly CalibrationRegion[],
  map: PixelMap,
  size: { readonly width: number; readonly height: number },
): CalibrationRegion[] {
  return regions.flatMap((region) => {
    const x = mappedAxis(region.x0, region.x1, region.deltaX, region.referenceX, map.scaleX, map.shiftX);
    const y = mappedAxis(region.y0, region.y1, region.deltaY, region.referenceY, map.scaleY, map.shiftY);
    const [across, down] = map.transposed ? [y, x] : [x, y];
    const [unitX, unitY] = map.transposed ? [region.unitY, region.unitX] : [region.unitX, region.unitY];
    const [valueX, valueY] = map.transposed
      ? [region.referenceValueY, region.referenceValueX]
      : [region.referenceValueX, region.referenceValueY];
    const [x0, x1] = [Math.max(0, across.first), Math.min(size.width - 1, across.last)];
    const [y0, y1] = [Math.max(0, down.first), Math.min(size.height - 1, down.last)];
    if (x1 < x0 || y1 < y0) return [];
    return [
      {
        kind: region.kind,
        x0,
        y0,
        x1,
        y1,
        unitX,
        unitY,
        deltaX: across.delta,
        deltaY: down.delta,
        referenceX: across.zero - x0,
        referenceY: down.zero - y0,
        ...(valueX !== undefined && { referenceValueX: valueX }),
        ...(valueY !== undefined && { referenceValueY: valueY }),
      },
    ];
  });
}

/** Pixels are areas around whole numbers: their borders move, and every pixel that a border touches belongs to the region. */
function mappedAxis(start: number, end: number, delta: number, reference: number | undefined, scale: number, shift: number) {
  const borders = [start - 0.5, end + 0.5].map((border) => border * scale + shift).sort((a, b) => a - b) as [number, number];
  return {
    first: Math.floor(borders[0] + 0.5 + rounding),
    last: Math.ceil(borders[1] - 0.5 - rounding),
    delta: delta / scale,
    zero: (start + (reference ?? 0)) * scale + shift,
  };
}

const rounding = 1e-6;
