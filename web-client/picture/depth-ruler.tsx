import { depthRulers } from '../../src/marks/depth-ruler.ts';
import type { MeasuredPicture } from '../../src/marks/measure.ts';
import { markScale, type Placement, type Size } from '../view-transform.ts';

/** Distance of a ruler that was pushed in from the edge of the tile, in tile pixels. */
const edge = 6;

/** Centimetres beside the picture; none where the picture is not calibrated. */
export function DepthRulers({ picture, placement, tile }: { picture: MeasuredPicture; placement: Placement; tile: Size }) {
  const grow = markScale(tile);
  return depthRulers(picture).map(({ region, x, ticks }) => {
    const at = Math.min(placement.left + x * placement.scale, tile.width - edge);
    const visibleCm = (tile.height * Math.abs(region.deltaY)) / placement.scale;
    const numberEvery = visibleCm < 9 ? 1 : 5;
    return (
      <g key={`${region.x0} ${region.y0}`} className="ruler" data-testid="depth-ruler">
        {ticks.map(({ y, depthCm }) => {
          const top = placement.top + y * placement.scale;
          if (top < 0 || top > tile.height) return null;
          const long = depthCm % 5 === 0;
          return (
            <g key={depthCm}>
              <line x1={at - (long ? 16 : 8) * grow} x2={at} y1={top} y2={top} />
              {depthCm % numberEvery === 0 && depthCm > 0 && (
                <text x={at - 16 * grow - 6} y={top} textAnchor="end" dominantBaseline="central">
                  {depthCm === 5 || numberEvery === 1 ? `${depthCm} cm` : depthCm}
                </text>
              )}
            </g>
          );
        })}
      </g>
    );
  });
}
