import { Download, FileText, Image, Printer, Ruler, Square, Video, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import {
  Button,
  Checkbox,
  CheckboxGroup,
  Dialog,
  Heading,
  Label,
  Modal,
  ModalOverlay,
  ProgressBar,
  Switch,
  ToggleButton,
  ToggleButtonGroup,
} from 'react-aria-components';
import type { Kept } from '../../src/protocol/examination-messages.ts';
import { isAtLeast } from '../../src/protocol/roles.ts';
import { useExport, useMonitor, useMonitorState, useWords } from '../hooks.ts';
import type { Monitor } from '../monitor.ts';
import { streamOf } from '../monitor-state.ts';
import { Choice } from '../panel/choice.tsx';
import { clockText } from '../texts.ts';
import { useExamination } from '../time/time-hooks.ts';
import { ToldError } from '../told-error.tsx';
import type { Words } from '../words/words.ts';
import { type Container, containers } from './export-messages.ts';
import {
  type AtHand,
  atHand,
  type Besides,
  keptClip,
  keptPicture,
  lastClip,
  listedMarks,
  listHead,
  openNow,
  shownFrames,
  shownPicture,
} from './export-wishes.ts';
import type { ExportJob, PictureWish } from './exporting.ts';
import { FrameChoice } from './frame-choice.tsx';

const kinds = ['picture', 'clip', 'measurements', 'print'] as const;
type Kind = (typeof kinds)[number];
const icons = { picture: Image, clip: Video, measurements: Ruler, print: Printer } as const satisfies Readonly<Record<Kind, unknown>>;

/** What leaves the monitor: pictures, clips, measurements, prints. */
export function ExportDialog() {
  const monitor = useMonitor();
  const { say } = useWords();
  const { open, job } = useExport();
  const running = job?.state === 'running';
  return (
    <ModalOverlay
      className="overlay"
      isOpen={open}
      isDismissable={!running}
      isKeyboardDismissDisabled={running}
      onOpenChange={(next) => monitor.exporting.setOpen(next)}
    >
      <Modal className="modal">
        <Dialog className="dialog export-dialog" data-testid="export-dialog">
          <header>
            <Heading slot="title">{say('export.title')}</Heading>
            <Button className="close" slot="close" aria-label={say('export.close')} isDisabled={running}>
              <X aria-hidden="true" />
            </Button>
          </header>
          <ExportForm job={job} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function ExportForm({ job }: { job: ExportJob | undefined }) {
  const monitor = useMonitor();
  const { say } = useWords();
  const [kind, setKind] = useState<Kind>('picture');
  const [besides, setBesides] = useState<Besides>({ marks: true, patient: false });
  const choose = (next: Kind): void => {
    setKind(next);
    monitor.exporting.forgetJob();
  };
  return (
    <>
      <ToggleButtonGroup
        className="export-kinds"
        aria-label={say('export.what')}
        selectionMode="single"
        disallowEmptySelection
        isDisabled={job?.state === 'running'}
        selectedKeys={[kind]}
        onSelectionChange={(keys) => choose([...keys][0] as Kind)}
      >
        {kinds.map((one) => {
          const Icon = icons[one];
          return (
            <ToggleButton key={one} id={one}>
              <Icon aria-hidden="true" />
              {say(`export.${one}`)}
            </ToggleButton>
          );
        })}
      </ToggleButtonGroup>
      {kind === 'picture' && <PictureForm besides={besides} setBesides={setBesides} job={job} />}
      {kind === 'clip' && <ClipForm besides={besides} setBesides={setBesides} job={job} />}
      {kind === 'measurements' && <MeasurementsForm besides={besides} setBesides={setBesides} job={job} />}
      {kind === 'print' && <PrintForm besides={besides} setBesides={setBesides} job={job} />}
      <JobLine job={job} />
    </>
  );
}

interface FormProps {
  readonly besides: Besides;
  readonly job: ExportJob | undefined;
  setBesides(besides: Besides): void;
}

function PictureForm({ besides, setBesides, job }: FormProps) {
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  const { selected } = useMonitorState();
  const { kept: stills } = useAtHand();
  const [of, setOf] = useState('shown');
  const wished = async (): Promise<PictureWish | undefined> => {
    const still = stills.find(({ kept }) => kept === of);
    return still === undefined ? await shownPicture(monitor, words, selected, besides) : keptPicture(monitor, words, still, besides);
  };
  return (
    <section className="export-form">
      <Choice<string>
        label={say('export.of')}
        hint={say('export.of-meaning')}
        choices={['shown', ...stills.map(({ kept }) => kept)]}
        value={of}
        textOf={(id) => keptText(words, stills, id) ?? say('export.shown', { stream: nameOf(monitor, selected) })}
        onChange={setOf}
      />
      <BesidesSwitches besides={besides} setBesides={setBesides} />
      <p className="hint">{say('export.picture-meaning')}</p>
      <Acts job={job}>
        <Button className="put" onPress={() => void monitor.exporting.picture(wished)}>
          <Download aria-hidden="true" />
          {say('export.save')}
        </Button>
      </Acts>
    </section>
  );
}

const lastSeconds = [10, 30, 60] as const;

function ClipForm({ besides, setBesides, job }: FormProps) {
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  const { selected } = useMonitorState();
  const clips = useAtHand().kept.filter(({ kind }) => kind === 'clip');
  const [of, setOf] = useState(clips.at(-1)?.kept ?? String(lastSeconds[0]));
  const [container, setContainer] = useState<Container>('mp4');
  const make = (): void => {
    const clip = clips.find(({ kept }) => kept === of);
    const wish =
      clip === undefined
        ? lastClip(monitor, words, selected, Number(of), container, besides)
        : keptClip(monitor, words, clip, container, besides);
    void monitor.exporting.clip(wish);
  };
  return (
    <section className="export-form">
      <Choice<string>
        label={say('export.of')}
        hint={say('export.of-meaning')}
        choices={[...lastSeconds.map(String), ...clips.map(({ kept }) => kept)]}
        value={of}
        textOf={(id) => keptText(words, clips, id) ?? say('export.last', { stream: nameOf(monitor, selected), seconds: Number(id) })}
        onChange={setOf}
      />
      <Choice<Container>
        label={say('export.format')}
        hint={say('export.clip-meaning')}
        choices={containers}
        value={container}
        textOf={(name) => (name === 'mp4' ? 'MP4' : 'WebM')}
        onChange={setContainer}
      />
      <BesidesSwitches besides={besides} setBesides={setBesides} />
      <p className="hint">{say('export.clip-meaning')}</p>
      <Acts job={job}>
        <Button className="put" onPress={make}>
          <Download aria-hidden="true" />
          {say('export.save')}
        </Button>
      </Acts>
    </section>
  );
}

function MeasurementsForm({ besides, setBesides, job }: FormProps) {
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  const [format, setFormat] = useState<'csv' | 'json'>('csv');
  useAtHand();
  const { length: count } = listedMarks(monitor);
  // Head and list at the same moment: another examination may have been opened since this was rendered.
  const make = (): Promise<void> =>
    monitor.exporting.measurements(listHead(monitor, besides), listedMarks(monitor), format, words.language);
  return (
    <section className="export-form">
      <p className="hint">{say('export.marks-count', { count })}</p>
      <Choice<'csv' | 'json'>
        label={say('export.format')}
        hint={say(`export.${format}-meaning`)}
        choices={['csv', 'json']}
        value={format}
        textOf={(name) => name.toUpperCase()}
        onChange={setFormat}
      />
      <PatientSwitch besides={besides} setBesides={setBesides} />
      <p className="hint">{say(`export.${format}-meaning`)}</p>
      <Acts job={job}>
        <Button className="put" isDisabled={count === 0} onPress={() => void make()}>
          <Download aria-hidden="true" />
          {say('export.save')}
        </Button>
      </Acts>
    </section>
  );
}

const sheetLayouts = [1, 2, 4, 6] as const;
type SheetLayout = (typeof sheetLayouts)[number];
const papers = ['A4', 'Letter'] as const;
type Paper = (typeof papers)[number];

function PrintForm({ besides, setBesides, job }: FormProps) {
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  const { role } = useMonitorState();
  const { examination, kept } = useAtHand();
  const [chosen, setChosen] = useState<readonly string[]>(() => kept.filter(({ kind }) => kind === 'still').map((one) => one.kept));
  /** Of clips: the frame that is printed, at first the one on the screen. */
  const [frames, setFrames] = useState(() => shownFrames(monitor));
  const [layout, setLayout] = useState<SheetLayout>(2);
  const [paper, setPaper] = useState<Paper>(() => (/^(en-US|en-CA|es-MX)/.test(navigator.language) ? 'Letter' : 'A4'));
  if (!isAtLeast(role, 'marker')) return <p className="hint export-form">{say('export.no-print')}</p>;
  if (examination === undefined || kept.length === 0) return <p className="hint export-form">{say('export.nothing-kept')}</p>;
  const make = (then: 'save' | 'open'): void => {
    const pictures = kept
      .filter((one) => chosen.includes(one.kept))
      .map((one) => ({ kept: one.kept, ...(frames[one.kept] !== undefined && { atUs: frames[one.kept] }) }));
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const { marks, patient } = besides;
    const wish = { examination: examination.examination, pictures, layout, paper, marks, patient, language: words.language, timeZone };
    void monitor.exporting.print(wish, then);
  };
  return (
    <section className="export-form">
      <CheckboxGroup className="export-pictures" value={[...chosen]} onChange={setChosen}>
        <div className="export-pictures-head">
          <Label>{say('export.pictures')}</Label>
          <Button className="quiet" onPress={() => setChosen(kept.map((one) => one.kept))}>
            {say('export.all')}
          </Button>
          <Button className="quiet" onPress={() => setChosen([])}>
            {say('export.none')}
          </Button>
        </div>
        <div className="export-list">
          {kept.map((one) => (
            <div key={one.kept}>
              <Checkbox value={one.kept}>
                <span className="box" aria-hidden="true" />
                {keptText(words, kept, one.kept)}
              </Checkbox>
              {one.kind === 'clip' && chosen.includes(one.kept) && (
                <FrameChoice
                  clip={one}
                  name={keptText(words, kept, one.kept) ?? ''}
                  atUs={frames[one.kept] ?? one.fromUs}
                  onChange={(atUs) => setFrames({ ...frames, [one.kept]: atUs })}
                />
              )}
            </div>
          ))}
        </div>
      </CheckboxGroup>
      <Choice<SheetLayout>
        label={say('export.layout')}
        hint={say('export.layout')}
        choices={sheetLayouts}
        value={String(layout)}
        textOf={String}
        onChange={setLayout}
      />
      <Choice<Paper>
        label={say('export.paper')}
        hint={say('export.paper')}
        choices={papers}
        value={paper}
        textOf={(name) => (name === 'A4' ? name : say('export.letter'))}
        onChange={setPaper}
      />
      <BesidesSwitches besides={besides} setBesides={setBesides} />
      <Acts job={job}>
        <Button className="put" isDisabled={chosen.length === 0} onPress={() => make('save')}>
          <FileText aria-hidden="true" />
          {say('export.save-pdf')}
        </Button>
        <Button className="put" isDisabled={chosen.length === 0} onPress={() => make('open')}>
          <Printer aria-hidden="true" />
          {say('export.open-pdf')}
        </Button>
      </Acts>
    </section>
  );
}

type SwitchProps = Omit<FormProps, 'job'>;

function BesidesSwitches({ besides, setBesides }: SwitchProps) {
  const { say } = useWords();
  return (
    <>
      <Switch className="switch small" isSelected={besides.marks} onChange={(marks) => setBesides({ ...besides, marks })}>
        <span className="track" aria-hidden="true" />
        {say('export.marks')}
      </Switch>
      <PatientSwitch besides={besides} setBesides={setBesides} />
    </>
  );
}

/** The examination that is looked into, else the open one, as it is now. */
function useAtHand(): AtHand {
  const monitor = useMonitor();
  useExamination();
  return atHand(monitor);
}

/** Off until somebody asks for it, each time anew. */
function PatientSwitch({ besides, setBesides }: SwitchProps) {
  const monitor = useMonitor();
  const { say } = useWords();
  const known = [useAtHand(), openNow(monitor)].some(({ examination }) => examination?.patient !== undefined);
  return (
    <Switch
      className="switch small"
      isDisabled={!known}
      isSelected={known && besides.patient}
      onChange={(patient) => setBesides({ ...besides, patient })}
    >
      <span className="track" aria-hidden="true" />
      {say(known ? 'export.patient' : 'export.no-patient')}
    </Switch>
  );
}

function Acts({ job, children }: { job: ExportJob | undefined; children: React.ReactNode }) {
  const monitor = useMonitor();
  const { say } = useWords();
  return (
    <div className="export-acts">
      {job?.state === 'running' ? (
        <Button className="put" autoFocus onPress={() => monitor.exporting.cancel()}>
          <Square aria-hidden="true" />
          {say('export.cancel')}
        </Button>
      ) : (
        children
      )}
    </div>
  );
}

function JobLine({ job }: { job: ExportJob | undefined }) {
  const { say } = useWords();
  // Read out before the first job as well, so that screen readers know the place.
  const [shown, setShown] = useState(false);
  useEffect(() => setShown(true), []);
  if (job?.state === 'failed') return <ToldError error={job.error} />;
  return (
    <div className="export-job" role="status">
      {shown && job?.state === 'done' && <p>{doneText(say, job)}</p>}
      {job?.state === 'running' && (
        <ProgressBar
          className="export-progress"
          isIndeterminate={job.of === 0}
          value={job.done}
          maxValue={Math.max(1, job.of)}
          aria-label={say('export.running')}
        >
          {({ percentage }) => (
            <>
              <span>{job.of === 0 ? say('export.running') : say('export.frames', { done: job.done, of: job.of })}</span>
              <span className="bar">
                <span className="fill" style={{ width: `${percentage ?? 0}%` }} />
              </span>
            </>
          )}
        </ProgressBar>
      )}
    </div>
  );
}

function doneText(say: Words['say'], { file, frames }: Extract<ExportJob, { state: 'done' }>): string {
  if (file === undefined) return say('export.opened');
  return frames === undefined ? say('export.done', { file }) : say('export.done-frames', { file, frames });
}

const nameOf = (monitor: Monitor, stream: number): string => streamOf(monitor.state, stream)?.name ?? '';

function keptText({ say, number }: Words, kept: readonly Kept[], id: string): string | undefined {
  const found = kept.find((one) => one.kept === id);
  if (found === undefined) return undefined;
  const { kind, source, fromUs, toUs } = found;
  const time = clockText(fromUs / 1000);
  if (kind === 'still') return say('export.still', { time, source });
  return say('export.kept-clip', { time, source, length: number((toUs - fromUs) / 1e6, 1) });
}
