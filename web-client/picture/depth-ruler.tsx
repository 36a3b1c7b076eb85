import { depthRulers } from '../../src/marks/depth-ruler.ts';
import type { MeasuredPicture } from '../../src/marks/measure.ts';
import type { Placement, Size } from '../view-transform.ts';

/** Distance of a ruler that was pushed in from the edge of the tile, in tile pixels. */
const edge = 6;

/** Centimetres beside the picture; none where the picture is not calibrated. */
export function DepthRulers({ picture, placement, tile }: { picture: MeasuredPicture; placement: Placement; tile: Size }) {
  return depthRulers(picture).map(({ region, x, ticks }) => {
    const at = Math.min(placement.left + x * placement.scale, tile.width - edge);
    const pixelsPerCm = placement.scale / Math.abs(region.deltaY);
    // On a small tile only every fifth centimetre has room for a number.
    const numberEvery = pixelsPerCm > 60 ? 1 : 5;
    return (
      <g key={`${region.x0} ${region.y0}`} className="ruler" data-testid="depth-ruler">
        {ticks.map(({ y, depthCm }) => {
          const top = placement.top + y * placement.scale;
          if (top < 0 || top > tile.height) return null;
          const long = depthCm % 5 === 0;
          return (
            <g key={depthCm}>
              <line x1={at - (long ? 16 : 8)} x2={at} y1={top} y2={top} />
              {depthCm % numberEvery === 0 && depthCm > 0 && (
                <text x={at - 22} y={top} textAnchor="end" dominantBaseline="central">
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
