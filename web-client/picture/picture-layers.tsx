import { memo, useLayoutEffect, useRef } from 'react';
import type { View } from '../../src/protocol/frame-header.ts';
import { useGeneration, useMonitor } from '../hooks.ts';
import { isSamePlace, type Placement, type Size } from '../view-transform.ts';
import type { Shown } from '../worker-messages.ts';

interface LayerProps {
  readonly stream: number;
  readonly view: View | 'past';
  readonly picture: Size;
  readonly placement: Placement;
}

/** A canvas that React only hangs up and moves: what is on it is the worker's. */
export function Layer({ stream, view, picture, placement }: LayerProps) {
  const monitor = useMonitor();
  const holder = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    holder.current?.replaceChildren(monitor.canvasOf(stream, view));
  }, [monitor, stream, view]);
  const { left, top, scale } = placement;
  return (
    <div
      ref={holder}
      className="layer"
      style={{ width: picture.width, height: picture.height, transform: `translate(${left}px, ${top}px) scale(${scale})` }}
    />
  );
}

interface PictureLayersProps {
  readonly stream: number;
  readonly picture: Size | undefined;
  readonly placement: Placement;
  readonly shown: Shown;
  /** From the left edge of the tile, 0 to 1. */
  readonly divider: number;
}

/** The processed picture, and the unprocessed one over it: whole, or left of the divider. */
export const PictureLayers = memo(function PictureLayers({ stream, picture, placement, shown, divider }: PictureLayersProps) {
  // A canvas belongs to the worker it was handed to: another worker, other canvases.
  const generation = useGeneration();
  const size = picture ?? { width: 1, height: 1 };
  // A box that cuts off costs the compositor less than a clip path.
  const width = shown === 'both' ? `${divider * 100}%` : '100%';
  return (
    <div className="layers" hidden={picture === undefined}>
      <div className="layer-clip">
        <Layer key={generation} stream={stream} view="processed" picture={size} placement={placement} />
      </div>
      <div className="layer-clip" style={{ width, visibility: shown === 'processed' ? 'hidden' : 'visible' }}>
        <Layer key={generation} stream={stream} view="raw" picture={size} placement={placement} />
      </div>
    </div>
  );
}, isSameView);

/** Each tick tells of another frame; the canvas stays where it is. */
function isSameView(before: PictureLayersProps, after: PictureLayersProps): boolean {
  return (
    before.stream === after.stream &&
    before.shown === after.shown &&
    before.divider === after.divider &&
    before.picture?.width === after.picture?.width &&
    before.picture?.height === after.picture?.height &&
    isSamePlace(before.placement, after.placement)
  );
}
