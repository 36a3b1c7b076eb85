import { Tag, Trash2, UserRound } from 'lucide-react';
import { memo, useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Measurement } from '../../src/marks/measure.ts';
import { useBelongs, useMarks, useMonitor, useMonitorState, useWords } from '../hooks.ts';
import { captionOf, hasCaption, localNumber, measured, noteOf, toolWord } from '../mark-texts.ts';
import { isOwn, type KnownMark, type MarksState, type OwnEdit } from '../marks-state.ts';
import type { Monitor } from '../monitor.ts';
import { useKept } from '../time/time-hooks.ts';
import { ToldError } from '../told-error.tsx';
import { errorWords } from '../words/error-words.ts';
import { byWords, captionWords } from '../words/server-words.ts';

/** The values of all marks on a stream, each by the calibration of the picture that it was drawn on. */
export function Results({ stream }: { readonly stream: number }) {
  const monitor = useMonitor();
  const { say } = useWords();
  const { role } = useMonitorState();
  const shown = useMarks((state) => state.shown);
  const keeping = useMarks((state) => state.keeping);
  const manual = useMarks((state) => state.calibrations[stream]);
  const refusal = useMarks((state) => state.calibrationRefusals[stream]);
  const kept = useKept(stream);
  const marks = shown.filter((mark) => mark.kept === kept && (kept !== undefined || mark.stream === stream));
  const mine = marks.filter((mark) => monitor.hand.mayChange(mark));
  return (
    <section aria-label={say('results.title')}>
      <header>
        <h3>{say('results.title')}</h3>
        {mine.length > 0 && (
          <Button className="quiet" onPress={() => monitor.marking.remove(mine.map(({ id }) => id))}>
            {say('results.clear')}
          </Button>
        )}
      </header>
      {keeping === 'off' && marks.length > 0 && (
        <p className="warning" data-testid="not-kept">
          {say('results.not-kept')}
        </p>
      )}
      {refusal !== undefined && <ToldError error={refusal} />}
      {manual !== undefined && role !== 'observer' && (
        <Button className="put" onPress={() => monitor.marking.calibrate(stream, undefined)}>
          {say('results.uncalibrate')}
        </Button>
      )}
      {marks.length === 0 && <p className="hint">{say(role === 'observer' ? 'results.none' : 'results.hint')}</p>}
      <ul className="results">
        {marks.map((mark) => (
          <Result key={mark.id} mark={mark} mine={mine.includes(mark)} />
        ))}
      </ul>
    </section>
  );
}

interface ResultProps {
  readonly mark: KnownMark;
  readonly mine: boolean;
}

const Result = memo(function Result({ mark: kept, mine }: ResultProps) {
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  const { id } = kept;
  // Under the hand it is as it looks now.
  const mark = useMarks(({ own }) => (own?.id === id ? own : undefined)) ?? kept;
  const edit = useMarks(({ edits }) => edits.get(id));
  const selected = useMarks(({ selection }) => selection?.id === id);
  const others = useMarks((state) => !isOwn(kept, state));
  const elsewhere = !useBelongs(kept) && kept.kept === undefined;
  const { shape } = mark;
  const name = `${toolWord(words, shape.kind)} ${shape.number}`;
  const caption = captionOf(shape);
  return (
    <li className={selected ? 'picked' : ''} data-testid="result">
      <button
        type="button"
        className="result"
        onClick={() => {
          monitor.marking.act({ act: 'select', selection: { id, point: undefined } });
          if (elsewhere) showFrameOf(monitor, kept);
        }}
      >
        <span className="number">{shape.number}</span>
        <span className="result-what">
          <Value measurement={measured(mark)} caption={caption && captionWords(words, caption)} fallback={toolWord(words, shape.kind)} />
          {elsewhere && <small className="author">{say('results.other-frame')}</small>}
          {others && <small className="author">{byWords(words, mark.author?.name ?? '')}</small>}
        </span>
      </button>
      {mine && hasCaption(shape.kind) && (
        <Button
          className="icon"
          aria-label={say('results.caption', { mark: name })}
          onPress={() => monitor.marking.act({ act: 'ask', asking: { ask: 'caption', mark, isNew: false } })}
        >
          <Tag aria-hidden="true" />
        </Button>
      )}
      {mine && shape.kind === 'body-marker' && (
        <Button
          className="icon"
          aria-label={say('results.body', { mark: name })}
          onPress={() => monitor.marking.act({ act: 'ask', asking: { ask: 'body', id } })}
        >
          <UserRound aria-hidden="true" />
        </Button>
      )}
      {mine && (
        <Button className="icon" aria-label={say('results.remove', { mark: name })} onPress={() => monitor.marking.remove([id])}>
          <Trash2 aria-hidden="true" />
        </Button>
      )}
      {edit !== undefined && <Pending key={edit.sent?.request} id={id} edit={edit} />}
    </li>
  );
});

/** Goes back to the frame that a mark was drawn on, as far as the record still has it. */
function showFrameOf({ rewinding }: Monitor, { stream, fromUs }: KnownMark): void {
  const timeline = stream === undefined ? undefined : rewinding.state.timelines[stream];
  if (stream !== undefined && timeline !== undefined && fromUs >= timeline.fromUs && fromUs <= timeline.toUs)
    rewinding.seek(stream, fromUs);
}

const readyOf = ({ ready }: MarksState): boolean => ready;

/** A server that has not answered by then may not have heard: a line can be dead for seconds before anybody knows. */
const lateMs = 2000;

function useLate(): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), lateMs);
    return () => clearTimeout(timer);
  }, []);
  return late;
}

/** What this screen wants and the server has not: still to come, or refused. */
function Pending({ id, edit }: { readonly id: string; readonly edit: OwnEdit }) {
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  const ready = useMarks(readyOf);
  const late = useLate();
  const { error } = edit;
  if (error === undefined)
    return ready && !late ? null : <p className="pending">{say(ready ? 'results.unanswered' : 'results.waiting')}</p>;
  const { message, remedy } = errorWords(words, error);
  const conflict = error.code === 'examination/changed-meanwhile';
  const caption = edit.want && captionOf(edit.want.shape);
  return (
    <div className="refused" role="alert" data-testid="refused">
      <p>{message}</p>
      <small>{remedy}</small>
      <Button className="put" onPress={() => monitor.marking.settle(id, 'mine')}>
        {say(conflict ? 'results.mine' : 'results.again')}
        {conflict && edit.want !== undefined && (
          <>
            {' '}
            <Value measurement={measured(edit.want)} caption={caption && captionWords(words, caption)} fallback="" />
          </>
        )}
      </Button>
      <Button className="put" onPress={() => monitor.marking.settle(id, 'theirs')}>
        {say(conflict ? 'results.theirs' : 'results.discard')}
      </Button>
    </div>
  );
}

interface ValueProps {
  readonly measurement: Measurement;
  readonly caption: string | undefined;
  /** What a mark is called that has neither word nor value. */
  readonly fallback: string;
}

function Value({ measurement, caption, fallback }: ValueProps) {
  const words = useWords();
  const note = noteOf(words, measurement);
  const bare = measurement.quantities.length === 0;
  return (
    <span className="value">
      {(caption !== undefined || bare) && <b className="caption">{caption ?? fallback} </b>}
      {measurement.quantities.map((quantity) => (
        <span key={quantity.of} className="quantity">
          {localNumber(words, quantity)}
          {quantity.unit === '°' ? quantity.unit : ' '}
          {quantity.unit !== '°' && <small>{quantity.unit}</small>}{' '}
        </span>
      ))}
      {note !== undefined && <em>{note}</em>}
    </span>
  );
}
