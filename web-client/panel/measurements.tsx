import type { ReactNode } from 'react';
import { ejectionFrom, envelopeFrom, marksWith, rateFrom, stenosisFrom } from '../../src/marks/clinical.ts';
import type { Part, VentriclePart } from '../../src/marks/parts.ts';
import { keptName } from '../examination/examination-texts.ts';
import { useMarks, useMonitor, useMonitorState, usePictureTruth, useWords } from '../hooks.ts';
import { captionOf, measured, quantityText, toolWord } from '../mark-texts.ts';
import type { KnownMark } from '../marks-state.ts';
import { streamOf } from '../monitor-state.ts';
import { useExamination } from '../time/time-hooks.ts';
import { momentText } from '../time/time-texts.ts';
import { captionWords, noteWords } from '../words/server-words.ts';
import type { WordKey } from '../words/words.ts';
import { Choice } from './choice.tsx';

/** Measurements that stand on several marks of the examination, on whichever pictures these were drawn. */
export function Measurements({ stream }: { readonly stream: number }) {
  const { say } = useWords();
  const counted = useMarks((state) => state.counted);
  const own = useMarks((state) => state.own);
  // A mark that is dragged counts as it looks now.
  const marks = counted.map((mark) => (mark.id === own?.id ? own : mark));
  return (
    <section aria-label={say('measurements.title')}>
      <header>
        <h3>{say('measurements.title')}</h3>
      </header>
      <EjectionFraction marks={marks} />
      <Rate stream={stream} marks={marks} />
      <StenosisOf marks={marks} />
      <Doppler marks={marks} />
    </section>
  );
}

interface PartProps {
  readonly marks: readonly KnownMark[];
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
  const sourceOf = useSourceOf();
  const sources = new Set(standsOn.map(sourceOf));
  // Numbers are counted by source.
  const named = standsOn.map((mark) => (sources.size > 1 ? `${sourceOf(mark)} ${mark.shape.number}` : mark.shape.number)).join(', ');
  return (
    <details className="measurement" data-testid={testId}>
      <summary>
        <span className="measurement-title">{title}</span>
        {value !== undefined && <output>{value}</output>}
      </summary>
      {how !== undefined && (
        <p className="hint">
          {how}
          {named !== '' && `, ${say('measurements.stands-on', { marks: named })}`}
        </p>
      )}
      {trouble !== undefined && <p className="warning">{trouble}</p>}
      {missing !== undefined && <p className="hint">{say('measurements.missing', { what: missing })}</p>}
      {children}
    </details>
  );
}

/** Names the stream that a mark was drawn on, or the one that its still or clip was taken from. */
function useSourceOf(): (mark: KnownMark) => string {
  const state = useMonitorState();
  const { kept: items } = useExamination();
  return ({ kept, stream }) =>
    items.find((item) => item.kept === kept)?.source ?? (stream === undefined ? undefined : streamOf(state, stream)?.name) ?? '';
}

interface SlotProps {
  readonly part: Part;
  readonly label: string;
  readonly marks: readonly KnownMark[];
  readonly chosen: KnownMark | undefined;
  /** What holds where nothing is chosen. */
  readonly otherwise: string;
}

/** The mark that is a part of a measurement; for who may change marks, to be chosen. */
function Slot({ part, label, marks, chosen, otherwise }: SlotProps) {
  const monitor = useMonitor();
  const words = useWords();
  const sourceOf = useSourceOf();
  const { kept: items } = useExamination();
  const none = 'none';
  const nameOf = (mark: KnownMark): string => {
    const { shape, kept, fromUs } = mark;
    const caption = captionOf(shape);
    const [leading] = measured(mark).quantities;
    const item = items.find((one) => one.kept === kept);
    const name = [
      `${toolWord(words, shape.kind)} ${shape.number}`,
      caption && captionWords(words, caption),
      leading && quantityText(words, leading),
    ];
    const place = [sourceOf(mark), item && keptName(words, item), momentText(words, fromUs)];
    return [name, place].map((parts) => parts.filter((part) => part !== undefined && part !== '').join(', ')).join(' · ');
  };
  const open = marks.filter((mark) => monitor.hand.mayChange(mark));
  if (open.length === 0 || (chosen !== undefined && !open.some(({ id }) => id === chosen.id))) {
    return (
      <p className="hint">
        {label}: {chosen === undefined ? otherwise : nameOf(chosen)}
      </p>
    );
  }
  return (
    <Choice<string>
      label={label}
      hint={words.say('measurements.choose')}
      choices={[none, ...open.map(({ id }) => id)]}
      value={chosen?.id ?? none}
      textOf={(id) => {
        const mark = open.find((one) => one.id === id);
        return mark === undefined ? otherwise : nameOf(mark);
      }}
      onChange={(id) => monitor.marking.choose(part, id === none ? undefined : id)}
    />
  );
}

function EjectionFraction({ marks }: PartProps) {
  const words = useWords();
  const { say } = words;
  const { ventricles, missing, planes, ejection, trouble, foreshortenedPercent, standsOn } = ejectionFrom(marks);
  const calipers = marksWith(marks, 'distance');
  const word = (part: VentriclePart): string => say(`measurements.${part}`);
  const troubleText =
    trouble === 'confused'
      ? say('measurements.confused')
      : trouble !== undefined
        ? noteWords(words, trouble)
        : foreshortenedPercent === undefined
          ? undefined
          : say('measurements.foreshortened', { percent: words.number(foreshortenedPercent, 0) });
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
      {ventricles.map(({ part, outline, axis, volume }) => {
        return (
          <div key={part} className="slot">
            <Slot part={part} label={word(part)} marks={marksWith(marks, 'area')} chosen={outline} otherwise={say('measurements.none')} />
            {outline !== undefined && (axis !== undefined || calipers.length > 0) && (
              <Slot
                part={`${part}-axis`}
                label={say('measurements.axis', { slot: word(part) })}
                marks={calipers}
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

function Rate({ stream, marks }: PartProps & { readonly stream: number }) {
  const words = useWords();
  const { say } = words;
  const { picture } = usePictureTruth(stream);
  const ecgHere = picture?.regions.some(({ kind }) => kind === 'ecg') ?? false;
  const { rate, by, hasEcg, implausible, standsOn } = rateFrom(marks);
  const needed = hasEcg || ecgHere ? say('measurements.peaks') : say('measurements.no-ecg');
  const seconds = (value: number): string => words.number(value, 2);
  const beats =
    rate && say('measurements.beats', { beats: rate.beats, shortest: seconds(rate.shortestS), longest: seconds(rate.longestS) });
  return (
    <Measurement
      title={say('measurements.rate')}
      testId="rate"
      value={rate && `${words.number(rate.perMinute, 0)}\u00a0/min`}
      how={beats && by && `${say(`measurements.by-${by}`)}; ${beats}`}
      missing={rate === undefined && !implausible ? needed : undefined}
      trouble={implausible ? say('measurements.no-rate') : undefined}
      standsOn={standsOn}
    />
  );
}

function StenosisOf({ marks }: PartProps) {
  const words = useWords();
  const { say } = words;
  const { lesion, reference, stenosis } = stenosisFrom(marks);
  const missing = [
    ...(lesion === undefined ? [say('measurements.lesion')] : []),
    ...(reference === undefined ? [say('measurements.reference')] : []),
  ];
  const found = typeof stenosis === 'object' ? stenosis : undefined;
  const distances = marksWith(marks, 'distance');
  const slot = (part: 'lesion' | 'reference', chosen: KnownMark | undefined) => (
    <Slot part={part} label={say(`measurements.${part}`)} marks={distances} chosen={chosen} otherwise={say('measurements.none')} />
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

function Doppler({ marks }: PartProps) {
  const words = useWords();
  const { say } = words;
  const { envelope, all, quantities } = envelopeFrom(marks);
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
        <Slot part="envelope" label={say('measurements.envelope')} marks={all} chosen={envelope} otherwise={say('measurements.none')} />
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
