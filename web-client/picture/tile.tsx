import { type FocusEvent, useEffect, useRef, useState } from 'react';
import type { StreamDescription } from '../../src/protocol/messages.ts';
import { whoseText } from '../examination/examination-texts.ts';
import { ofOpen, whoseShown } from '../examination/whose.ts';
import { attachGestures, type GestureHost } from '../gestures.ts';
import { useCounts, useMarks, useMonitor, useMonitorState, usePictureTruth, useSize, useWords } from '../hooks.ts';
import { isKeptTile } from '../kept-tiles.ts';
import { shownTiles, viewOf } from '../monitor-state.ts';
import { keptIn } from '../past/rewinding.ts';
import type { PictureTruth } from '../picture-truth.ts';
import { LiveInset } from '../time/live-inset.tsx';
import { PastLayer, PastStrip } from '../time/past-tile.tsx';
import { useExamination } from '../time/time-hooks.ts';
import { contain, place } from '../view-transform.ts';
import type { WordKey } from '../words/words.ts';
import type { Shown } from '../worker-messages.ts';
import { DepthRulers } from './depth-ruler.tsx';
import { Divider } from './divider.tsx';
import { MarkHandles, MarksLayer } from './marks-layer.tsx';
import type { MarksPainter } from './marks-painter.ts';
import { DeadManCurtain, NotLiveBand, SourceCard } from './not-live.tsx';
import { PictureLayers } from './picture-layers.tsx';
import { PointsElsewhere } from './points-elsewhere.tsx';
import { TruthStrip } from './truth-strip.tsx';

/** One stream: its picture, what the user put on it, and the truth about it. */
export function Tile({ stream, position }: { stream: StreamDescription; position: number }) {
  const monitor = useMonitor();
  const state = useMonitorState();
  const counts = useCounts(stream.id);
  const words = useWords();
  const { say } = words;
  const truth = usePictureTruth(stream.id);
  const examination = useExamination();
  const [stage, setStage] = useState<HTMLDivElement | null>(null);
  const tile = useSize(stage);
  const { picture } = truth;
  const size = picture ?? { width: 4, height: 3 };
  const view = contain(size, tile, viewOf(state, stream.id));
  const placement = place(size, tile, view);
  const divider = state.dividers[stream.id];
  const { past } = truth;
  const word = past !== undefined ? 'past' : truth.frozen ? 'frozen' : truth.state;
  const kept = keptIn(past);
  /** It has a place of its own: nothing live belongs to it. */
  const ofKept = isKeptTile(stream.id);
  const onlyShows = state.display !== undefined;
  const live = !truth.frozen && past === undefined;
  const of = kept === undefined ? stream.id : examination.kept.find((one) => one.kept === kept)?.stream;
  // The first frames of an examination are on their way while the boundary is told already.
  const whose = word === 'live' ? ofOpen : whoseShown(examination, { past, picture });
  const name = [stream.name, whoseText(words, whose, examination.examination !== undefined)]
    .filter((part) => part !== undefined)
    .join(', ');

  const tool = useMarks((marks) => marks.tool);
  const painter = useRef<MarksPainter>(undefined);
  const host = useRef<Pick<GestureHost, 'stream' | 'tile' | 'picture'>>(undefined);
  host.current = { stream: stream.id, tile, picture };
  useEffect(() => {
    if (stage === null || onlyShows) return;
    const { marking, hand, pointing } = monitor;
    return attachGestures(stage, () => ({
      ...host.current!,
      state: monitor.state,
      tool: marking.state.tool,
      hand,
      pointing,
      reached: (at, reach) => painter.current?.reached(at, reach),
      hover: (id) => {
        if (painter.current !== undefined) painter.current.hovered = id;
      },
      deselect: () => marking.act({ act: 'select', selection: undefined }),
      isSelected: (id) => marking.state.selection?.id === id,
      act: (action) => monitor.act(action),
    }));
  }, [stage, monitor, onlyShows]);

  const selected = state.selected === stream.id && shownTiles(state).length > 1;
  // What the keyboard has reached is what keys act on. The stage itself is given it back by whatever closes, wherever the hand is by then.
  const select = ({ target }: FocusEvent): void => {
    if (target !== stage) monitor.act({ act: 'select', stream: stream.id });
  };
  const classes = ['tile', word, ...(selected ? ['selected'] : []), ...(tool === 'pan' ? [] : ['measuring'])];
  return (
    <section className={classes.join(' ')} aria-label={name} data-testid={`tile-${stream.id}`} onFocus={select}>
      <div className="pictures">
        <div className="stage" ref={setStage} tabIndex={-1}>
          {past === undefined && !ofKept ? (
            <PictureLayers stream={stream.id} picture={picture} placement={placement} shown={truth.shown} divider={divider ?? 0.5} />
          ) : (
            <PastLayer stream={stream.id} picture={picture} placement={placement} nothing={past?.nothing === true} />
          )}
          {picture === undefined && past === undefined && !ofKept && state.troubles[stream.id] === undefined && (
            <p className="no-picture">{say(emptyKey(stream, truth.state))}</p>
          )}
          {picture !== undefined && (
            <svg className="marks" width={tile.width} height={tile.height} aria-hidden="true">
              <DepthRulers picture={picture} placement={placement} tile={tile} />
              <MarksLayer
                stream={stream.id}
                of={of}
                picture={picture}
                live={live}
                kept={kept}
                whose={whose}
                placement={placement}
                tile={tile}
                painter={painter}
              />
            </svg>
          )}
          {picture !== undefined && !onlyShows && (
            <MarkHandles stream={stream.id} of={of} picture={picture} live={live} kept={kept} whose={whose} placement={placement} />
          )}
          <div className="notes">
            {picture !== undefined && <PointsElsewhere frame={{ stream: stream.id, kept, live, capturedUs: picture.capturedUs }} />}
            {past === undefined && (
              <RawNote truth={truth} asked={state.rawHeld === stream.id ? 'raw' : divider === undefined ? 'processed' : 'both'} />
            )}
            {view.zoom > 1.001 && <p className="zoom-note">{words.number(view.zoom, 1)}×</p>}
          </div>
          {divider !== undefined && past === undefined && truth.shown === 'both' && (
            <Divider stream={stream.id} at={divider} paired={truth.paired} />
          )}
          {past === undefined && !ofKept && (
            <div className="notices">
              <NotLiveBand truth={truth} source={stream.status} />
              {truth.state !== 'reconnecting' && <SourceCard stream={stream} trouble={state.troubles[stream.id]} />}
            </div>
          )}
        </div>
        {past !== undefined && !ofKept && <LiveInset stream={stream} truth={truth} />}
      </div>
      {past === undefined ? (
        <TruthStrip place={position} stream={stream} truth={truth} counts={counts} alone={state.alone === stream.id} whose={whose} />
      ) : (
        <PastStrip place={position} stream={stream} past={past} alone={state.alone === stream.id} whose={whose} />
      )}
      <DeadManCurtain stream={stream.id} />
      <p className="for-screen-readers" role="status">
        {name}: {say(`state.${word}`)}
      </p>
    </section>
  );
}

function emptyKey(stream: StreamDescription, state: string): WordKey {
  if (state === 'reconnecting') return 'tile.connecting';
  return stream.status.state === 'opening' || stream.status.state === 'closed' ? 'tile.opening' : 'tile.no-picture';
}

/** Says that the picture is the unprocessed one, or why it is not although it was asked for. */
function RawNote({ truth, asked }: { truth: PictureTruth; asked: Shown }) {
  const { say } = useWords();
  if (truth.shown === 'raw') return <p className="raw-note">{say('tile.raw')}</p>;
  if (truth.reprocessed) return <p className="raw-note">{say('tile.reprocessed')}</p>;
  if (asked === truth.shown || !truth.frozen) return null;
  return <p className="raw-note">{say('tile.no-raw')}</p>;
}
