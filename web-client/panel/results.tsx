import { StepForward, Tag, Trash2, UserRound } from 'lucide-react';
import { memo, useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Measurement } from '../../src/marks/measure.ts';
import { whoseText } from '../examination/examination-texts.ts';
import { marksOn, ofOpen, type Whose, whoseKept } from '../examination/whose.ts';
import { useMarks, useMayEnd, useMonitor, useMonitorState, useWhereItLies, useWords } from '../hooks.ts';
import { captionOf, hasCaption, localNumber, measured, noteOf, quantityName, toolWord } from '../mark-texts.ts';
import { isOwn, type KnownMark, lateMs, type MarksState, type OwnEdit } from '../marks-state.ts';
import type { Monitor } from '../monitor.ts';
import { clockText } from '../texts.ts';
import { useExamination, useKept } from '../time/time-hooks.ts';
import { ToldError } from '../told-error.tsx';
import { errorWords } from '../words/error-words.ts';
import { byWords, captionWords } from '../words/server-words.ts';

/** What was drawn on a picture of another examination, as it was kept there: nothing of it can be changed here. */
function EarlierResults({ whose }: { readonly whose: Whose }) {
  const words = useWords();
  if (whose.of !== 'earlier') return null;
  const marks = whose.item === undefined || whose.earlier === undefined ? [] : marksOn(whose.earlier, whose.item);
  return (
    <section aria-label={words.say('time.earlier-examination')} data-testid="earlier-results">
      <h3>{whoseText(words, whose, true)}</h3>
      {marks.length === 0 && <p className="hint">{words.say('results.none')}</p>}
      <ul className="results earlier">
        {marks.map((mark) => (
          <EarlierResult key={mark.id} mark={mark} />
        ))}
      </ul>
    </section>
  );
}

function EarlierResult({ mark }: { readonly mark: KnownMark }) {
  const words = useWords();
  const { shape, author } = mark;
  const caption = captionOf(shape);
  return (
    <li data-testid="earlier-result">
      <div className="result">
        <span className="number">{shape.number}</span>
        <span className="result-what">
          <Value measurement={measured(mark)} caption={caption && captionWords(words, caption)} fallback={toolWord(words, shape.kind)} />
          <small className="author">{byWords(words, author?.name ?? '')}</small>
        </span>
      </div>
    </li>
  );
}

/** The values of all marks on a stream, each by the calibration of the picture that it was drawn on. */
export function Results({ stream }: { readonly stream: number }) {
  const monitor = useMonitor();
  const { say } = useWords();
  const { role } = useMonitorState();
  const shown = useMarks((state) => state.shown);
  const keeping = useMarks((state) => state.keeping);
  const manual = useMarks((state) => state.calibrations[stream]);
  const refusal = useMarks((state) => state.calibrationRefusals[stream]);
  const asked = useMarks((state) => !state.ready && state.calibrationsAsked[stream] !== undefined);
  const stepRefusal = useMarks((state) => state.stepRefusal);
  const kept = useKept(stream);
  const examination = useExamination();
  const whose = kept === undefined ? ofOpen : whoseKept(examination, kept);
  const edits = useMarks((state) => state.edits);
  // What was refused on a still or clip that is not there has no other place to be settled.
  const isStray = ({ id, kept: on }: KnownMark): boolean =>
    on !== undefined && on !== kept && edits.get(id)?.error !== undefined && !examination.kept.some((one) => one.kept === on);
  const marks = shown.filter((mark) => (mark.kept === kept && (kept !== undefined || mark.stream === stream)) || isStray(mark));
  const mine = marks.filter((mark) => monitor.hand.mayChange(mark));
  if (whose.of === 'earlier' && marks.length === 0) return <EarlierResults whose={whose} />;
  return (
    <>
      <EarlierResults whose={whose} />
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
        {asked && <p className="pending">{say('results.calibration-waiting')}</p>}
        {refusal !== undefined && <ToldError error={refusal} />}
        {stepRefusal !== undefined && <ToldError error={stepRefusal} />}
        {manual !== undefined && role !== 'observer' && (
          <Button className="put" onPress={() => monitor.marking.calibrate(stream, undefined)}>
            {say('results.uncalibrate')}
          </Button>
        )}
        {marks.length === 0 && <p className="hint">{say(role === 'observer' ? 'results.none' : 'results.hint')}</p>}
        <ul className="results">
          {marks.map((mark) => (
            <Result key={mark.id} tile={stream} mark={mark} mine={mine.includes(mark)} />
          ))}
        </ul>
      </section>
    </>
  );
}

interface ResultProps {
  /** Beside which it stands. */
  readonly tile: number;
  readonly mark: KnownMark;
  readonly mine: boolean;
}

const Result = memo(function Result({ tile, mark: kept, mine }: ResultProps) {
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  const { id } = kept;
  // Under the hand it is as it looks now.
  const mark = useMarks(({ own }) => (own?.id === id ? own : undefined)) ?? kept;
  const edit = useMarks(({ edits }) => edits.get(id));
  const selected = useMarks(({ selection }) => selection?.id === id);
  const others = useMarks((state) => !isOwn(kept, state));
  const where = useWhereItLies(kept);
  const mayEnd = useMayEnd(tile, kept);
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
          if (where !== 'here') showFrameOf(monitor, kept);
        }}
      >
        <span className="number">{shape.number}</span>
        <span className="result-what">
          <Value measurement={measured(mark)} caption={caption && captionWords(words, caption)} fallback={toolWord(words, shape.kind)} />
          {where === 'another-frame' && <small className="author">{say('results.other-frame')}</small>}
          {where === 'another-picture' && (
            <small className="author">{say('results.other-picture', { time: clockText(kept.fromUs / 1000) })}</small>
          )}
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
      {mine && selected && mayEnd && (
        <Button className="put ends-here" onPress={() => monitor.hand.endHere(tile, kept)}>
          <StepForward aria-hidden="true" />
          {say(kept.untilUs === undefined ? 'results.end-here' : 'results.until-here')}
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
      {measurement.quantities.map((quantity) => {
        const name = quantityName(words, measurement, quantity);
        return (
          <span key={quantity.of} className={name === undefined ? 'quantity' : 'quantity named'}>
            {name !== undefined && <small>{name} </small>}
            {localNumber(words, quantity)}
            {quantity.unit === '°' ? quantity.unit : ' '}
            {quantity.unit !== '°' && <small>{quantity.unit}</small>}{' '}
          </span>
        );
      })}
      {note !== undefined && <em>{note}</em>}
    </span>
  );
}
