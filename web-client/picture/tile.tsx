import { useEffect, useRef, useState } from 'react';
import type { StreamDescription } from '../../src/protocol/messages.ts';
import { attachGestures, type GestureHost } from '../gestures.ts';
import { useMonitor, useMonitorState, usePictureTruth, useSize } from '../hooks.ts';
import { liveWords } from '../live-state.ts';
import { calipersOf, viewOf } from '../monitor-state.ts';
import type { PictureTruth } from '../picture-truth.ts';
import { contain, place } from '../view-transform.ts';
import type { Shown } from '../worker-messages.ts';
import { CaliperHandles, CalipersLayer } from './calipers-layer.tsx';
import { DepthRulers } from './depth-ruler.tsx';
import { Divider } from './divider.tsx';
import { DeadManCurtain, NotLiveBand, SourceCard } from './not-live.tsx';
import { PictureLayers } from './picture-layers.tsx';
import { TruthStrip } from './truth-strip.tsx';

/** One stream: its picture, what the user put on it, and the truth about it. */
export function Tile({ stream, position }: { stream: StreamDescription; position: number }) {
  const monitor = useMonitor();
  const state = useMonitorState();
  const truth = usePictureTruth(stream.id);
  const [stage, setStage] = useState<HTMLDivElement | null>(null);
  const tile = useSize(stage);
  const { picture } = truth;
  const size = picture ?? { width: 4, height: 3 };
  const view = contain(size, tile, viewOf(state, stream.id));
  const placement = place(size, tile, view);
  const divider = state.dividers[stream.id];
  const word = truth.frozen ? 'frozen' : truth.state;

  const host = useRef<GestureHost>(undefined);
  host.current = { stream: stream.id, tile, picture, state, act: (action) => monitor.act(action) };
  useEffect(() => {
    if (stage === null) return;
    return attachGestures(stage, () => ({ ...(host.current as GestureHost), state: monitor.state }));
  }, [stage, monitor]);

  const selected = state.selected === stream.id && state.streams.length > 1 && state.alone === undefined;
  const classes = ['tile', word, ...(selected ? ['selected'] : []), ...(state.tool === 'caliper' ? ['measuring'] : [])];
  return (
    <section className={classes.join(' ')} aria-label={stream.name} data-testid={`tile-${stream.id}`}>
      <div className="stage" ref={setStage}>
        <PictureLayers stream={stream.id} picture={picture} placement={placement} shown={truth.shown} divider={divider ?? 0.5} />
        {picture === undefined && state.troubles[stream.id] === undefined && <p className="no-picture">{emptyText(stream, truth.state)}</p>}
        {picture !== undefined && (
          <svg className="marks" width={tile.width} height={tile.height} aria-hidden="true">
            <DepthRulers picture={picture} placement={placement} tile={tile} />
            <CalipersLayer
              stream={stream.id}
              calipers={calipersOf(state, stream.id)}
              picked={state.picked}
              picture={picture}
              placement={placement}
              tile={tile}
            />
          </svg>
        )}
        {picture !== undefined && (
          <CaliperHandles
            stream={stream.id}
            calipers={calipersOf(state, stream.id)}
            picked={state.picked}
            picture={picture}
            placement={placement}
          />
        )}
        <div className="notes">
          <RawNote truth={truth} asked={state.rawHeld === stream.id ? 'raw' : divider === undefined ? 'processed' : 'both'} />
          {view.zoom > 1.001 && <p className="zoom-note">{view.zoom.toFixed(1)}×</p>}
        </div>
        {divider !== undefined && truth.shown === 'both' && <Divider stream={stream.id} at={divider} paired={truth.paired} />}
        <div className="notices">
          <NotLiveBand truth={truth} source={stream.status} />
          {truth.state !== 'reconnecting' && <SourceCard stream={stream} trouble={state.troubles[stream.id]} />}
        </div>
      </div>
      <TruthStrip place={position} stream={stream} truth={truth} counts={state.counts[stream.id]} alone={state.alone === stream.id} />
      <DeadManCurtain stream={stream.id} />
      <p className="for-screen-readers" role="status">
        {stream.name}: {liveWords[word]}
      </p>
    </section>
  );
}

function emptyText(stream: StreamDescription, state: string): string {
  if (state === 'reconnecting') return 'Connecting to the server';
  return stream.status.state === 'opening' || stream.status.state === 'closed' ? 'The source is opening' : 'No picture yet';
}

/** Says that the picture is the unprocessed one, or why it is not although it was asked for. */
function RawNote({ truth, asked }: { truth: PictureTruth; asked: Shown }) {
  if (truth.shown === 'raw') return <p className="raw-note">Unprocessed</p>;
  if (truth.reprocessed) return <p className="raw-note">Processed anew on this screen</p>;
  if (asked === truth.shown || !truth.frozen) return null;
  return <p className="raw-note">Frozen without its unprocessed picture</p>;
}
