import { History } from 'lucide-react';
import type { StreamDescription } from '../../src/protocol/messages.ts';
import type { Whose } from '../examination/whose.ts';
import { WhoseNote } from '../examination/whose-note.tsx';
import { useGeneration, useMonitor, useServerMs, useWords } from '../hooks.ts';
import type { PastTruth } from '../past/past-messages.ts';
import { Layer } from '../picture/picture-layers.tsx';
import { milliseconds } from '../texts.ts';
import type { Placement, Size } from '../view-transform.ts';
import { errorWords } from '../words/error-words.ts';
import { momentText, spanText, whenText } from './time-texts.ts';

interface PastLayerProps {
  readonly stream: number;
  readonly picture: Size | undefined;
  readonly placement: Placement;
  /** There is none to come. */
  readonly nothing: boolean;
}

/** The picture of the past, in the place of the live one. */
export function PastLayer({ stream, picture, placement, nothing }: PastLayerProps) {
  const generation = useGeneration();
  const { say } = useWords();
  return (
    <>
      <div className="layers" hidden={picture === undefined}>
        <Layer key={generation} stream={stream} view="past" picture={picture ?? { width: 1, height: 1 }} placement={placement} />
      </div>
      {picture === undefined && <p className="no-picture">{say(nothing ? 'time.nothing' : 'time.loading')}</p>}
    </>
  );
}

interface PastStripProps {
  readonly place: number;
  readonly stream: StreamDescription;
  readonly past: PastTruth;
  readonly alone: boolean;
  readonly whose: Whose;
}

/** The line under a picture of the past: nothing in it can be taken for live. */
export function PastStrip({ place, stream, past, alone, whose }: PastStripProps) {
  const monitor = useMonitor();
  const { say } = useWords();
  return (
    <footer className="truth">
      <PastState past={past} />
      <PastAside name={stream.name} past={past} />
      <button
        type="button"
        className="name"
        aria-pressed={alone}
        title={say(alone ? 'truth.show-all' : 'truth.show-alone')}
        disabled={monitor.state.display !== undefined}
        onClick={() => monitor.act({ act: 'alone', stream: alone ? undefined : stream.id })}
      >
        <span className="place">{place}</span>
        <span className="text">{stream.name}</span>
        {(past.picture?.synthetic ?? stream.synthetic) && <span className="simulated">{say('truth.simulated')}</span>}
      </button>
      <WhoseNote whose={whose} />
    </footer>
  );
}

/** Where LIVE stands otherwise: that this is the past, when it was, and how long ago. */
function PastState({ past }: { past: PastTruth }) {
  const words = useWords();
  const serverMs = useServerMs(100);
  const { picture } = past;
  const nowUs = serverMs === undefined ? undefined : serverMs * 1000;
  const agoUs = picture === undefined || nowUs === undefined ? undefined : nowUs - picture.capturedUs;
  return (
    <div
      className="state past"
      data-testid="state"
      data-state="past"
      data-captured-us={past.waiting ? undefined : picture?.capturedUs}
      title={words.say('time.past-meaning')}
    >
      <History aria-hidden="true" />
      <span className="word">{words.say('state.past')}</span>
      <span className="age">{picture === undefined ? '–' : momentText(words, picture.capturedUs)}</span>
      {agoUs !== undefined && <span className="ago">{words.say('time.minus', { ago: spanText(words, agoUs) })}</span>}
    </div>
  );
}

/** What else is true of a frame of the past: its number, what is missing before it, why it is not here. */
function PastAside({ name, past }: { name: string; past: PastTruth }) {
  const words = useWords();
  const { say } = words;
  const { picture, exactness, apartMs, gap, frame, rPeak, waiting, error, past: of } = past;
  const told: string[] = [];
  if (of.of === 'kept') {
    told.push(say(of.kept.kind === 'still' ? 'examination.still' : 'examination.clip'));
    // In a place of its own it bears that name already.
    if (of.kept.source !== name) told.push(of.kept.source);
    told.push(whenText(words, of.kept.fromUs, Date.now()));
  }
  if (frame !== undefined && frame.of > 1) told.push(say('time.frame', frame));
  if (rPeak) told.push(say('time.r-peak'));
  const missing = gap !== undefined && say('time.gap', { lost: gap.lost, gap: spanText(words, gap.ms * 1000) });
  return (
    <div className="aside past-aside" data-testid="past-aside">
      {error !== undefined && <span className="amiss">{errorWords(words, error).message} </span>}
      {error === undefined && waiting && <span className="quiet-word">{say('time.loading')} </span>}
      {missing !== false && <span className="amiss">{missing} </span>}
      {picture !== undefined && (
        <span
          className={`exactness ${exactness}`}
          data-testid="exactness"
          data-exactness={exactness}
          title={say(`time.${exactness}-meaning`)}
        >
          {say(`time.${exactness}`)}{' '}
        </span>
      )}
      {apartMs !== undefined && <Apart apartMs={apartMs} />}
      {told.join(' · ')}
    </div>
  );
}

/** Further from each other, pictures are not of the same moment: frames come more often than that. */
const inStepMs = 500;

/** How the frame stands to the one that leads. */
function Apart({ apartMs }: { apartMs: number }) {
  const words = useWords();
  const far = Math.abs(apartMs) > inStepMs;
  const side = apartMs < 0 ? 'earlier' : 'later';
  const apart = far ? spanText(words, Math.abs(apartMs) * 1000) : milliseconds(Math.abs(apartMs));
  const text = apartMs === 0 ? words.say('time.in-step') : words.say(`time.${far ? 'apart' : 'in-step'}-${side}`, { apart });
  return (
    <span className={far ? 'amiss' : 'in-step'} data-testid="apart" data-ms={apartMs} title={words.say('time.in-step-meaning')}>
      {text}{' '}
    </span>
  );
}
