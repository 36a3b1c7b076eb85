import { memo } from 'react';
import { isSamePicture } from '../../src/marks/belonging.ts';
import { type DepthRuler, depthRulers } from '../../src/marks/depth-ruler.ts';
import type { MeasuredPicture } from '../../src/marks/scale.ts';
import { useRemPx } from '../hooks.ts';
import { rulerSteps } from '../ruler-steps.ts';
import { isSamePlace, markScale, type Placement, type Size } from '../view-transform.ts';

/** Distance of a ruler from the edge of the tile or of the picture, in tile pixels. */
const edge = 6;
const longTick = 16;
const shortTick = 8;
/** Room for `10 cm`. */
const numberRem = 3.5;

interface DepthRulersProps {
  readonly picture: MeasuredPicture;
  readonly placement: Placement;
  readonly tile: Size;
}

/** Centimetres beside the picture, or inside where the tile has no room for them; none where the picture is not calibrated. */
export const DepthRulers = memo(function DepthRulers({ picture, placement, tile }: DepthRulersProps) {
  const remPx = useRemPx();
  const grow = markScale(tile);
  const rulers = depthRulers(picture);
  const pictureEnd = placement.left + picture.width * placement.scale;
  const roomPx = edge * 2 + longTick * grow + numberRem * remPx;
  // Of several rulers each stays at its own region.
  const beside = rulers.length === 1 && pictureEnd + roomPx <= tile.width;
  return rulers.map((ruler) => (
    <Ruler
      key={`${ruler.region.x0} ${ruler.region.y0}`}
      ruler={ruler}
      placement={placement}
      tile={tile}
      at={beside ? pictureEnd + edge : Math.min(placement.left + ruler.x * placement.scale, tile.width - edge)}
      towards={beside ? 1 : -1}
    />
  ));
}, isSameView);

/** Each tick tells of another frame; its calibration and its place are the same. */
function isSameView(before: DepthRulersProps, after: DepthRulersProps): boolean {
  return (
    before.tile.width === after.tile.width &&
    before.tile.height === after.tile.height &&
    isSamePlace(before.placement, after.placement) &&
    isSamePicture(before.picture, after.picture)
  );
}

interface RulerProps {
  readonly ruler: DepthRuler;
  readonly placement: Placement;
  readonly tile: Size;
  readonly at: number;
  /** Where ticks and numbers lie: 1 right of the line, -1 left of it. */
  readonly towards: 1 | -1;
}

function Ruler({ ruler, placement, tile, at, towards }: RulerProps) {
  const grow = markScale(tile);
  const pxPerCm = placement.scale / Math.abs(ruler.region.deltaY);
  const { tickEveryCm, numberEveryCm } = rulerSteps(pxPerCm, tile.height, useRemPx());
  return (
    <g className="ruler" data-testid="depth-ruler">
      {ruler.ticks.map(({ y, depthCm }) => {
        const top = placement.top + y * placement.scale;
        if (top < 0 || top > tile.height || depthCm % tickEveryCm !== 0) return null;
        const tick = (depthCm % 5 === 0 ? longTick : shortTick) * grow * towards;
        const numbered = depthCm % numberEveryCm === 0 && depthCm > 0;
        return (
          <g key={depthCm}>
            <line x1={at + tick} x2={at} y1={top} y2={top} />
            {numbered && (
              <text
                x={at + (longTick * grow + edge) * towards}
                y={top}
                textAnchor={towards > 0 ? 'start' : 'end'}
                dominantBaseline="central"
              >
                {depthCm === numberEveryCm || numberEveryCm === 1 ? `${depthCm} cm` : depthCm}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}
