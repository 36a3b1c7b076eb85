import { measure, measurementText } from '../../src/marks/measure.ts';
import type { MeasuredPicture } from '../../src/marks/scale.ts';
import { type Caliper, labelPlace, labelWidth } from '../calipers.ts';
import { useMonitor, useRemPx } from '../hooks.ts';
import type { PickedEnd } from '../monitor-state.ts';
import { markScale, type Placement, type Size, toTile } from '../view-transform.ts';

interface CalipersLayerProps {
  readonly stream: number;
  readonly calipers: readonly Caliper[];
  readonly picked: PickedEnd | undefined;
  readonly picture: MeasuredPicture;
  readonly placement: Placement;
  readonly tile: Size;
}

/** The calipers over the picture. They are drawn in tile pixels from places in the picture, so that lines keep their width. */
export function CalipersLayer({ stream, calipers, picked, picture, placement, tile }: CalipersLayerProps) {
  return calipers.map((caliper) => (
    <CaliperMark
      key={caliper.number}
      caliper={caliper}
      picked={picked?.stream === stream && picked.number === caliper.number ? picked : undefined}
      picture={picture}
      placement={placement}
      tile={tile}
    />
  ));
}

interface CaliperMarkProps {
  readonly caliper: Caliper;
  readonly picked: PickedEnd | undefined;
  readonly picture: MeasuredPicture;
  readonly placement: Placement;
  readonly tile: Size;
}

function CaliperMark({ caliper, picked, picture, placement, tile }: CaliperMarkProps) {
  const remPx = useRemPx();
  const { number, points } = caliper;
  const [from, to] = points;
  const valuePx = valueRem * remPx;
  const whole = measurementText(measure(picture, caliper));
  // Too long for a small tile: why there are no millimetres stands in the results.
  const text = labelWidth(`${number} ${whole}`, valuePx) < tile.width ? whole : (whole.split(',')[0] ?? whole);
  const a = toTile(placement, from);
  const b = toTile(placement, to);
  const label = labelPlace(a, b, `${number} ${text}`, tile, valuePx);
  return (
    <g className={picked === undefined ? 'caliper' : 'caliper picked'} data-testid={`caliper-${number}`}>
      <line className="thread-halo" x1={a.x} y1={a.y} x2={b.x} y2={b.y} />
      <line className="thread" x1={a.x} y1={a.y} x2={b.x} y2={b.y} />
      {([0, 1] as const).map((end) => (
        <g
          key={end}
          className={picked?.end === end ? 'end active' : 'end'}
          transform={`translate(${end === 0 ? a.x : b.x} ${end === 0 ? a.y : b.y}) scale(${markScale(tile)})`}
        >
          <circle className="ring" r={18} />
          <path className="halo" d={cross} />
          <path className="cross" d={cross} />
        </g>
      ))}
      <text className="value" x={label.x} y={label.y} dominantBaseline="central">
        <tspan className="number">{number}</tspan> {text}
      </text>
    </g>
  );
}

/** A cross with a free middle: what is measured stays visible. */
const cross = 'M-11 0H-4M4 0H11M0 -11V-4M0 4V11';

/** As in the style sheet's `.caliper .value`. */
const valueRem = 1.5;

/**
 * The ends for keyboard and screen reader. Pointers pass through to the picture, whose gestures find the nearest end:
 * a target larger than these would lie over the next mark.
 */
export function CaliperHandles({ stream, calipers, picked, picture, placement }: Omit<CalipersLayerProps, 'tile'>) {
  const monitor = useMonitor();
  return calipers.flatMap((caliper) => {
    const { number, points } = caliper;
    const text = measurementText(measure(picture, caliper));
    return ([0, 1] as const).map((end) => {
      const { x, y } = toTile(placement, points[end]);
      const isPicked = picked?.stream === stream && picked.number === number && picked.end === end;
      return (
        <button
          key={`${number} ${end}`}
          type="button"
          className="end-handle"
          aria-label={`Caliper ${number}, end ${end + 1} of 2, ${text}. Arrow keys move it.`}
          aria-pressed={isPicked}
          style={{ translate: `${x}px ${y}px` }}
          onFocus={() => monitor.act({ act: 'pick', picked: { stream, number, end } })}
        />
      );
    });
  });
}
