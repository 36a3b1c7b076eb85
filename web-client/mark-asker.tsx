import { type KeyboardEvent, type PointerEvent, type ReactNode, useId, useState } from 'react';
import { Button, Input, Label, TextField } from 'react-aria-components';
import { asAppError } from '../src/app-error.ts';
import { pathIn, probeOn } from '../src/marks/drawing.ts';
import { type BodyPart, bodyParts, type Examination, vocabularies } from '../src/marks/label.ts';
import { longestText, type ManualCalibration, type MarkOf } from '../src/marks/mark.ts';
import { pictograms } from '../src/marks/pictogram.ts';
import { manualScale } from '../src/marks/scale.ts';
import { useFocusBack } from './focus-back.ts';
import { useMarks, useMonitor, useWords } from './hooks.ts';
import { captionOf } from './mark-texts.ts';
import { type Asking, shownMark } from './marks-state.ts';
import { Choice } from './panel/choice.tsx';
import { errorWords } from './words/error-words.ts';
import { labelsLike } from './words/label-search.ts';
import type { Words } from './words/words.ts';

/** What has to be told of a mark, beside the picture: nobody needs to look away from it for long. */
export function MarkAsker() {
  const asking = useMarks((state) => state.asking);
  if (asking === undefined) return null;
  const key = asking.ask === 'body' ? asking.id : asking.ask === 'caption' ? asking.mark.id : asking.ask;
  return <div className="asker-place">{askerOf(asking, key)}</div>;
}

/** Asks its question, so that it can be read too, and hands the keyboard back where it was. */
function Asker({ question, onLeave, children }: { readonly question: string; onLeave(): void; readonly children: ReactNode }) {
  useFocusBack();
  const titleId = useId();
  return (
    <div className="asker" role="dialog" aria-labelledby={titleId} onKeyDown={onEscape(onLeave)}>
      <h2 id={titleId}>{question}</h2>
      {children}
    </div>
  );
}

function askerOf(asking: Asking, key: string) {
  switch (asking.ask) {
    case 'caption':
      return <CaptionAsker key={key} asking={asking} />;
    case 'body':
      return <BodyAsker key={key} id={asking.id} />;
    case 'length':
      return <LengthAsker key={key} asking={asking} />;
    case 'nothing':
      return <Refusal key={key} asking={asking} />;
  }
}

function Refusal({ asking: { error } }: { readonly asking: Extract<Asking, { ask: 'nothing' }> }) {
  const monitor = useMonitor();
  const words = useWords();
  const { message, remedy } = errorWords(words, error);
  const close = (): void => monitor.marking.act({ act: 'ask', asking: undefined });
  return (
    <Asker question={message} onLeave={close}>
      <p>{remedy}</p>
      <footer>
        <Button className="put" autoFocus onPress={close}>
          {words.say('asker.close')}
        </Button>
      </footer>
    </Asker>
  );
}

/** Escape leaves it as it was. */
const onEscape =
  (leave: () => void) =>
  (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    leave();
  };

function CaptionAsker({ asking: { mark, isNew } }: { readonly asking: Extract<Asking, { ask: 'caption' }> }) {
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  const before = isNew ? undefined : captionOf(mark.shape);
  const [text, setText] = useState(before !== undefined && 'text' in before ? before.text : '');
  const written = text.trim();
  const cancel = (): void => {
    monitor.marking.act({ act: 'ask', asking: undefined });
    monitor.hand.cancel();
  };
  const found = labelsLike(words, written);
  const enter = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || written === '') return;
    event.preventDefault();
    const exact = found.find(({ word }) => word.toLowerCase() === written.toLowerCase());
    monitor.hand.caption(mark, exact === undefined ? { text: written } : { label: exact.code });
  };
  return (
    <Asker question={say('asker.caption')} onLeave={cancel}>
      <TextField
        className="text-setting"
        value={text}
        onChange={setText}
        maxLength={longestText}
        autoFocus
        aria-label={say('asker.caption')}
      >
        <Input placeholder={say('asker.search')} autoComplete="off" onKeyDown={enter} />
      </TextField>
      <div className="asker-list">
        {written !== '' && (
          <Button className="put" onPress={() => monitor.hand.caption(mark, { text: written })}>
            {say('asker.write', { text: written })}
          </Button>
        )}
        {(Object.keys(vocabularies) as Examination[]).map((examination) => {
          const labels = found.filter((label) => label.examination === examination);
          return (
            labels.length > 0 && (
              <section key={examination} aria-label={say(`vocabulary.${examination}`)}>
                <h3>{say(`vocabulary.${examination}`)}</h3>
                <div className="words">
                  {labels.map(({ code, word, meaning }) => (
                    <Button key={code} onPress={() => monitor.hand.caption(mark, { label: code })}>
                      <span title={meaning}>{word}</span>
                      {written !== '' && meaning !== word && <small>{meaning}</small>}
                    </Button>
                  ))}
                </div>
              </section>
            )
          );
        })}
      </div>
      <footer>
        {!isNew && mark.shape.kind !== 'text' && (
          <Button className="put" onPress={() => monitor.hand.caption(mark, undefined)}>
            {say('asker.nothing')}
          </Button>
        )}
        <Button className="put" onPress={cancel}>
          {say('asker.cancel')}
        </Button>
      </footer>
    </Asker>
  );
}

/** Steps of the keys on the pictogram, as share of its side; of the direction, in degrees. */
const [placeStep, turnStep] = [0.02, 15] as const;
const padSide = 240;

function BodyAsker({ id }: { readonly id: string }) {
  const monitor = useMonitor();
  const { say } = useWords();
  const turnId = useId();
  const mark = useMarks((state) => shownMark(state, id));
  const close = (): void => monitor.marking.act({ act: 'ask', asking: undefined });
  if (mark?.shape.kind !== 'body-marker') return null;
  const { shape } = mark;
  const { probe } = shape;
  const set = (change: Partial<Pick<MarkOf<'body-marker'>, 'body' | 'probe'>>): void =>
    monitor.marking.put({ ...mark, shape: { ...shape, ...change } }, { mends: true });
  const share = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;
  const placeAt = ({ clientX, clientY, currentTarget }: PointerEvent): void => {
    const box = currentTarget.getBoundingClientRect();
    set({ probe: { ...probe, x: share((clientX - box.left) / box.width), y: share((clientY - box.top) / box.height) } });
  };
  const step = (event: KeyboardEvent): void => {
    const [dx, dy] = padArrows[event.key] ?? [0, 0];
    if (dx === 0 && dy === 0) return;
    event.preventDefault();
    set({ probe: { ...probe, x: share(probe.x + dx * placeStep), y: share(probe.y + dy * placeStep) } });
  };
  const { from, to, marked } = probeOn(shape);
  return (
    <Asker question={say('asker.body')} onLeave={close}>
      <Choice<BodyPart>
        label={say('asker.part')}
        hint={say('asker.part')}
        choices={bodyParts}
        value={shape.body}
        textOf={(part) => say(`body.${part}`)}
        onChange={(body) => set({ body })}
      />
      <button
        type="button"
        className="body-pad"
        aria-label={say('asker.pad')}
        onKeyDown={step}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          placeAt(event);
        }}
        onPointerMove={(event) => event.buttons === 1 && placeAt(event)}
      >
        <svg viewBox={`0 0 ${padSide} ${padSide}`} aria-hidden="true">
          <path className="body" d={pathIn(pictograms[shape.body], { x: 0, y: 0 }, padSide)} />
          <line className="probe" x1={from.x * padSide} y1={from.y * padSide} x2={to.x * padSide} y2={to.y * padSide} />
          <circle className="probe-mark" cx={marked.x * padSide} cy={marked.y * padSide} r={8} />
        </svg>
      </button>
      <label className="turn" htmlFor={turnId}>
        {say('asker.turn')} <output>{say('asker.degrees', { angle: probe.angleDeg })}</output>
      </label>
      <input
        id={turnId}
        type="range"
        min={0}
        max={345}
        step={turnStep}
        value={probe.angleDeg}
        onChange={({ target }) => set({ probe: { ...probe, angleDeg: Number(target.value) } })}
      />
      <footer>
        <Button className="put" onPress={close}>
          {say('asker.close')}
        </Button>
      </footer>
    </Asker>
  );
}

const padArrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const lengthUnits = ['mm', 'french'] as const;
type LengthUnit = (typeof lengthUnits)[number];

function LengthAsker({ asking }: { readonly asking: Extract<Asking, { ask: 'length' }> }) {
  const { stream, points, picture } = asking;
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  const [text, setText] = useState('');
  const [unit, setUnit] = useState<LengthUnit>('mm');
  const value = Number(text.replace(',', '.'));
  const known: ManualCalibration['known'] = unit === 'mm' ? { mm: value } : { french: value };
  const inRange = text.trim() !== '' && (unit === 'mm' ? value > 0 && value <= 1000 : value >= 1 && value <= 40);
  const calibration: ManualCalibration = { points, known };
  const found = inRange ? scaleOr(words, () => manualScale(picture, calibration).uncertaintyPercent) : undefined;
  const cancel = (): void => {
    monitor.marking.act({ act: 'ask', asking: undefined });
    monitor.hand.takeUp('pan');
  };
  const calibrate = (): void => {
    if (typeof found === 'number') monitor.hand.calibrate(stream, calibration, asking);
  };
  return (
    <Asker question={say('asker.length')} onLeave={cancel}>
      <TextField className="text-setting" value={text} onChange={setText} autoFocus>
        <Label>{say('asker.known')}</Label>
        <Input inputMode="decimal" autoComplete="off" onKeyDown={({ key }) => key === 'Enter' && calibrate()} />
      </TextField>
      <Choice<LengthUnit>
        label={say('asker.unit')}
        hint={say('asker.known')}
        choices={lengthUnits}
        value={unit}
        textOf={(one) => say(`asker.${one}`)}
        onChange={setUnit}
      />
      {typeof found === 'number' && <p className="hint">{say('asker.uncertain', { percent: words.number(found, 1) })}</p>}
      {typeof found === 'string' && (
        <p className="refusal" role="alert">
          {found}
        </p>
      )}
      <footer>
        <Button className="put" isDisabled={typeof found !== 'number'} onPress={calibrate}>
          {say('asker.calibrate')}
        </Button>
        <Button className="put" onPress={cancel}>
          {say('asker.cancel')}
        </Button>
      </footer>
    </Asker>
  );
}

function scaleOr(words: Words, scale: () => number): number | string {
  try {
    return scale();
  } catch (thrown) {
    return errorWords(words, asAppError(thrown, 'examination/failed').toJSON()).message;
  }
}
