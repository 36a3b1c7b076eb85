import type { ReactNode } from 'react';
import {
  type Choices,
  ejectionFrom,
  envelopeFrom,
  type MarkWith,
  marksWith,
  partName,
  rateFrom,
  stenosisFrom,
  type VentricleSlot,
  ventricleSlots,
} from '../clinical.ts';
import { useMarks, useMonitor, usePictureTruth, useWords } from '../hooks.ts';
import { quantityText, spokenMark } from '../mark-texts.ts';
import type { KnownMark } from '../marks-state.ts';
import { useKept } from '../time/time-hooks.ts';
import { noteWords } from '../words/server-words.ts';
import type { WordKey } from '../words/words.ts';
import { Choice } from './choice.tsx';

/** Measurements of a stream that stand on several marks. */
export function Measurements({ stream }: { readonly stream: number }) {
  const { say } = useWords();
  const shown = useMarks((state) => state.shown);
  const own = useMarks((state) => state.own);
  const choices = useMarks((state) => state.choices);
  // A mark that is dragged counts as it looks now.
  const kept = useKept(stream);
  const here = shown.filter((mark) => mark.kept === kept && (kept !== undefined || mark.stream === stream));
  const marks = here.map((mark) => (mark.id === own?.id ? own : mark));
  return (
    <section aria-label={say('measurements.title')}>
      <header>
        <h3>{say('measurements.title')}</h3>
      </header>
      <EjectionFraction stream={stream} marks={marks} choices={choices} />
      <Rate stream={stream} marks={marks} />
      <StenosisOf stream={stream} marks={marks} choices={choices} />
      <Doppler stream={stream} marks={marks} choices={choices} />
    </section>
  );
}

interface PartProps {
  readonly stream: number;
  readonly marks: readonly KnownMark[];
  readonly choices: Choices;
}

interface MeasurementProps {
  readonly title: string;
  readonly value: string | undefined;
  readonly how?: string | undefined;
  readonly missing?: string | undefined;
  readonly trouble?: string | undefined;
  readonly standsOn: readonly KnownMark[];
  readonly testId: string;
  readonly children?: ReactNode;
}

/** Closed it shows its value; open, what it stands on. */
function Measurement({ title, value, how, missing, trouble, standsOn, testId, children }: MeasurementProps) {
  const { say } = useWords();
  const numbers = standsOn.map(({ shape }) => shape.number).join(', ');
  return (
    <details className="measurement" data-testid={testId}>
      <summary>
        <span className="measurement-title">{title}</span>
        {value !== undefined && <output>{value}</output>}
      </summary>
      {how !== undefined && (
        <p className="hint">
          {how}
          {numbers !== '' && `, ${say('measurements.stands-on', { marks: numbers })}`}
        </p>
      )}
      {trouble !== undefined && <p className="warning">{trouble}</p>}
      {missing !== undefined && <p className="hint">{say('measurements.missing', { what: missing })}</p>}
      {children}
    </details>
  );
}

interface SlotProps {
  readonly stream: number;
  readonly part: string;
  readonly label: string;
  readonly marks: readonly MarkWith<'area' | 'distance' | 'polyline'>[];
  readonly chosen: KnownMark | undefined;
  /** What holds where nothing is chosen. */
  readonly otherwise: string;
}

/** The mark that a part of a measurement stands on. */
function Slot({ stream, part, label, marks, chosen, otherwise }: SlotProps) {
  const monitor = useMonitor();
  const words = useWords();
  const none = 'none';
  return (
    <Choice<string>
      label={label}
      hint={words.say('measurements.choose')}
      choices={[none, ...marks.map(({ id }) => id)]}
      value={chosen?.id ?? none}
      textOf={(id) => {
        const mark = marks.find((one) => one.id === id);
        return mark === undefined ? otherwise : spokenMark(words, mark);
      }}
      onChange={(id) => monitor.marking.act({ act: 'choose', part: partName(stream, part), id: id === none ? undefined : id })}
    />
  );
}

function EjectionFraction({ stream, marks, choices }: PartProps) {
  const words = useWords();
  const { say } = words;
  const { ventricles, missing, planes, ejection, trouble, foreshortenedPercent, standsOn } = ejectionFrom(marks, choices, stream);
  const word = (slot: VentricleSlot): string => say(`measurements.${slot}`);
  const troubleText =
    trouble === 'confused'
      ? say('measurements.confused')
      : (trouble ??
        (foreshortenedPercent === undefined
          ? undefined
          : say('measurements.foreshortened', { percent: words.number(foreshortenedPercent, 0) })));
  return (
    <Measurement
      title={say('measurements.ef')}
      testId="ef"
      value={ejection && `${words.number(ejection.efPercent, 0)}\u00a0%`}
      how={planes && say(planes === 'biplane' ? 'measurements.ef-biplane' : 'measurements.ef-single')}
      missing={missing.length > 0 ? missing.map(word).join(', ') : undefined}
      trouble={troubleText}
      standsOn={standsOn}
    >
      {ejection !== undefined && (
        <dl className="facts">
          <dt>EDV</dt>
          <dd>{words.number(ejection.edvMl, 0)} ml</dd>
          <dt>ESV</dt>
          <dd>{words.number(ejection.esvMl, 0)} ml</dd>
          <dt>SV</dt>
          <dd>{words.number(ejection.strokeVolumeMl, 0)} ml</dd>
        </dl>
      )}
      <p className="hint">{say('measurements.ef-hint')}</p>
      {ventricleSlots.map((slot, index) => {
        const { outline, axis, volume } = ventricles[index]!;
        return (
          <div key={slot} className="slot">
            <Slot
              stream={stream}
              part={slot}
              label={word(slot)}
              marks={marksWith(marks, 'area')}
              chosen={outline}
              otherwise={say('measurements.none')}
            />
            {outline !== undefined && (
              <Slot
                stream={stream}
                part={`${slot} axis`}
                label={say('measurements.axis', { slot: word(slot) })}
                marks={marksWith(marks, 'distance')}
                chosen={axis}
                otherwise={say('measurements.from-trace')}
              />
            )}
            {typeof volume === 'object' && (
              <p className="hint">
                {words.number(volume.ml, 0)} ml, {words.number(volume.longAxisMm, 0)} mm
              </p>
            )}
            {typeof volume === 'string' && <p className="warning">{noteWords(words, volume)}</p>}
          </div>
        );
      })}
    </Measurement>
  );
}

function Rate({ stream, marks }: Omit<PartProps, 'choices'>) {
  const words = useWords();
  const { say } = words;
  const { picture } = usePictureTruth(stream);
  const ecgHere = picture?.regions.some(({ kind }) => kind === 'ecg') ?? false;
  const { rate, hasEcg, implausible, standsOn } = rateFrom(marks, ecgHere);
  const needed = hasEcg ? say('measurements.peaks') : say('measurements.no-ecg');
  const seconds = (value: number): string => words.number(value, 2);
  return (
    <Measurement
      title={say('measurements.rate')}
      testId="rate"
      value={rate && `${words.number(rate.perMinute, 0)}\u00a0/min`}
      how={rate && say('measurements.beats', { beats: rate.beats, shortest: seconds(rate.shortestS), longest: seconds(rate.longestS) })}
      missing={rate === undefined && !implausible ? needed : undefined}
      trouble={implausible ? say('measurements.no-rate') : undefined}
      standsOn={standsOn}
    />
  );
}

function StenosisOf({ stream, marks, choices }: PartProps) {
  const words = useWords();
  const { say } = words;
  const { lesion, reference, stenosis } = stenosisFrom(marks, choices, stream);
  const missing = [
    ...(lesion === undefined ? [say('measurements.lesion')] : []),
    ...(reference === undefined || reference.id === lesion?.id ? [say('measurements.reference')] : []),
  ];
  const found = typeof stenosis === 'object' ? stenosis : undefined;
  const distances = marksWith(marks, 'distance');
  const slot = (part: 'lesion' | 'reference', chosen: KnownMark | undefined) => (
    <Slot
      stream={stream}
      part={part}
      label={say(`measurements.${part}`)}
      marks={distances}
      chosen={chosen}
      otherwise={say('measurements.none')}
    />
  );
  return (
    <Measurement
      title={say('measurements.stenosis')}
      testId="stenosis"
      value={found && `${words.number(found.diameterPercent, 0)}\u00a0%`}
      how={found && `${say('measurements.diameter')}; ${words.number(found.areaPercent, 0)}\u00a0% ${say('measurements.area-percent')}`}
      missing={missing.length > 0 ? missing.join(', ') : undefined}
      trouble={typeof stenosis === 'string' ? noteWords(words, stenosis) : undefined}
      standsOn={[reference, lesion].filter((mark) => mark !== undefined)}
    >
      {slot('reference', reference)}
      {slot('lesion', lesion)}
    </Measurement>
  );
}

const dopplerWords: Readonly<Record<string, WordKey>> = {
  vti: 'measurements.vti',
  velocity: 'measurements.velocity',
  'peak-gradient': 'measurements.peak-gradient',
  'mean-gradient': 'measurements.mean-gradient',
  time: 'measurements.time',
};

function Doppler({ stream, marks, choices }: PartProps) {
  const words = useWords();
  const { say } = words;
  const { envelope, all, quantities } = envelopeFrom(marks, choices, stream);
  const vti = quantities.find(({ of }) => of === 'vti');
  return (
    <Measurement
      title={say('measurements.doppler')}
      testId="doppler"
      value={vti && `VTI ${quantityText(words, vti)}`}
      missing={envelope === undefined ? say('measurements.no-envelope') : undefined}
      standsOn={envelope === undefined ? [] : [envelope]}
    >
      {all.length > 1 && (
        <Slot
          stream={stream}
          part="envelope"
          label={say('measurements.envelope')}
          marks={all}
          chosen={envelope}
          otherwise={say('measurements.none')}
        />
      )}
      {quantities.length > 0 && (
        <dl className="facts">
          {quantities.map((quantity) => (
            <div key={quantity.of} className="fact">
              <dt>{say(dopplerWords[quantity.of] ?? 'measurements.time')}</dt>
              <dd>{quantityText(words, quantity)}</dd>
            </div>
          ))}
        </dl>
      )}
    </Measurement>
  );
}
