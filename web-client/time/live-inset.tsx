import { useState } from 'react';
import type { StreamDescription } from '../../src/protocol/messages.ts';
import { useGeneration, useMonitor, useSize, useWords } from '../hooks.ts';
import { Layer } from '../picture/picture-layers.tsx';
import type { PictureTruth } from '../picture-truth.ts';
import { milliseconds } from '../texts.ts';
import { contain, place, unmoved } from '../view-transform.ts';
import { LiveShape } from './live-shape.tsx';
import { spanText } from './time-texts.ts';

/** The live picture runs on beside the past, never over it, with its own truth; a press goes back to it. */
export function LiveInset({ stream, truth }: { stream: StreamDescription; truth: PictureTruth }) {
  const monitor = useMonitor();
  const words = useWords();
  const generation = useGeneration();
  const [element, setElement] = useState<HTMLElement | null>(null);
  const tile = useSize(element);
  const size = truth.livePicture ?? { width: 4, height: 3 };
  const placement = place(size, tile, contain(size, tile, unmoved));
  const { state, meanAgeMs, ageMs } = truth;
  const age = state === 'live' ? milliseconds(meanAgeMs) : ageMs === undefined ? '' : spanText(words, ageMs * 1000);
  return (
    <button type="button" className={`live-inset ${state}`} data-testid="live-inset" onClick={() => monitor.rewinding.live(stream.id)}>
      <span className="for-screen-readers">{words.say('time.inset', { stream: stream.name })}</span>
      <div className="inset-stage" ref={setElement}>
        <div className="layers" hidden={truth.livePicture === undefined}>
          <Layer key={generation} stream={stream.id} view="processed" picture={size} placement={placement} />
        </div>
      </div>
      <div className={`state ${state}`} data-testid="inset-state" data-state={state}>
        <LiveShape state={state} />
        <span className="word">{words.say(`state.${state}`)}</span>
        <span className="age">{age}</span>
      </div>
    </button>
  );
}
