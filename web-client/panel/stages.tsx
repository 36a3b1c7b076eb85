import { RotateCcw } from 'lucide-react';
import { memo } from 'react';
import {
  Button,
  Group,
  Input,
  Label,
  Slider,
  SliderOutput,
  SliderThumb,
  SliderTrack,
  Switch,
  TextField,
  ToggleButton,
} from 'react-aria-components';
import type { StageState, StreamDescription } from '../../src/protocol/messages.ts';
import { isFormingStage } from '../../src/stage/forming.ts';
import { presetOf } from '../../src/stage/presets.ts';
import { useMonitor, useReprocessable, useWords } from '../hooks.ts';
import { type FrozenStages, type StageWish, wishedStage, wishKey } from '../monitor-state.ts';
import { type Setting, settingsOf, settingText } from '../stage-schema.ts';
import { ToldError } from '../told-error.tsx';
import { choiceWords, presetWords, settingWords, stageWords } from '../words/server-words.ts';
import type { Words } from '../words/words.ts';
import type { WireError } from '../worker-messages.ts';
import { Choice } from './choice.tsx';

interface StagesProps {
  /** What this screen's frozen picture is processed with; undefined: the picture runs. */
  readonly frozen: FrozenStages | undefined;
  readonly stream: StreamDescription;
  readonly wishes: Readonly<Record<string, StageWish>>;
  readonly refusal: WireError | undefined;
  /** Whether this viewer sets what everybody sees; its own frozen picture everybody sets. */
  readonly operator: boolean;
}

/** What is done to the picture, in its order. Settings apply at once, for everybody who watches. */
export const Stages = memo(function Stages({ stream, frozen, wishes, refusal, operator }: StagesProps) {
  const monitor = useMonitor();
  const { say } = useWords();
  const reprocessable = useReprocessable(stream.id);
  const shown = (frozen === undefined ? stream.stages : (frozen.now ?? frozen.asFrozen)).filter((stage) => !isIdleByNature(stage));
  const forming = shown.filter(({ stage }) => isFormingStage(stage));
  const idle = frozen === undefined ? !operator : !reprocessable;
  const control = (stage: StageState) => (
    <Stage
      key={stage.stage}
      stream={stream.id}
      stage={frozen === undefined ? wishedStage(stage, wishes[wishKey(stream.id, stage.stage)]) : stage}
      idle={idle}
    />
  );
  return (
    <section aria-label={say('stages.title')}>
      <header>
        <h3>{say('stages.title')}</h3>
        {frozen?.now !== undefined && (
          <Button className="quiet" onPress={() => monitor.restoreFrozen(stream.id)}>
            <RotateCcw aria-hidden="true" />
            {say('stages.as-frozen')}
          </Button>
        )}
      </header>
      {frozen !== undefined && <p className="hint">{say(idle ? 'stages.frozen-idle' : 'stages.frozen')}</p>}
      {frozen === undefined && !operator && <p className="hint">{say('stages.by-operator')}</p>}
      {refusal !== undefined && <ToldError error={refusal} />}
      {stream.formats !== undefined && <Presets stream={stream} inForce={presetInForce(stream, frozen)} idle={idle} />}
      {stream.stages.length === 0 && <p className="hint">{say('stages.none')}</p>}
      {shown.filter(({ stage }) => !isFormingStage(stage)).map(control)}
      {frozen === undefined && forming.length > 0 && (
        <details className="forming">
          <summary>{say('stages.forming')}</summary>
          {forming.map(control)}
        </details>
      )}
    </section>
  );
});

/** One choice for the stages that denoise. None is pressed where somebody has set a stage otherwise. */
function Presets({ stream, inForce, idle }: { stream: StreamDescription; inForce: string | undefined; idle: boolean }) {
  const monitor = useMonitor();
  const words = useWords();
  return (
    <Group className="presets" aria-label={words.say('stages.presets')}>
      {presetsFor(words, stream).map(({ preset, title, description }) => (
        <ToggleButton
          key={preset}
          isSelected={inForce === preset}
          isDisabled={idle}
          onChange={() => monitor.setPreset(stream.id, preset)}
          aria-description={description}
        >
          {title}
        </ToggleButton>
      ))}
    </Group>
  );
}

function Stage({ stream, stage, idle }: { stream: number; stage: StageState; idle: boolean }) {
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  const title = stageWords(words, stage);
  const settings = settingsOf(stage.schema).map((setting) => settingWords(words, stage.stage, setting));
  const set = (wish: StageWish): void => monitor.setStage(stream, stage.stage, wish);
  const changed = settings.filter(({ name, initial }) => initial !== undefined && stage.options[name] !== initial);
  return (
    <div className={stage.enabled ? 'stage-settings on' : 'stage-settings'} data-testid={`stage-${stage.stage}`}>
      <div className="stage-head">
        <Switch className="switch" isSelected={stage.enabled} isDisabled={idle} onChange={(enabled) => set({ enabled })}>
          <span className="track" aria-hidden="true" />
          {title}
        </Switch>
        {stage.enabled && !stage.applied && <span className="idle">{say('stages.no-effect')}</span>}
        {changed.length > 0 && (
          <Button
            className="icon"
            isDisabled={idle}
            aria-label={say('stages.defaults', { stage: title })}
            onPress={() => set({ options: Object.fromEntries(changed.map(({ name, initial }) => [name, initial])) })}
          >
            <RotateCcw aria-hidden="true" />
          </Button>
        )}
      </div>
      {stage.enabled &&
        !idle &&
        settings.map((setting) => (
          <Control
            key={setting.name}
            setting={setting}
            value={stage.options[setting.name]}
            onChange={(value) => set({ options: { [setting.name]: value } })}
          />
        ))}
    </div>
  );
}

interface ControlProps<Kind extends Setting = Setting> {
  readonly setting: Kind;
  readonly value: unknown;
  onChange(value: number | boolean | string): void;
}

function Control({ setting, value, onChange }: ControlProps) {
  switch (setting.kind) {
    case 'number':
      return <NumberControl setting={setting} value={value} onChange={onChange} />;
    case 'toggle':
      return (
        <Switch className="switch small" isSelected={value === true} onChange={onChange}>
          <span className="track" aria-hidden="true" />
          {setting.label}
        </Switch>
      );
    case 'text':
      return <TextControl key={String(value)} setting={setting} value={value} onChange={onChange} />;
    case 'choice':
      return <ChoiceControl setting={setting} value={value} onChange={onChange} />;
  }
}

function NumberControl({ setting, value, onChange }: ControlProps<Extract<Setting, { kind: 'number' }>>) {
  const { label, hint, minimum, maximum, step } = setting;
  const words = useWords();
  const now = typeof value === 'number' ? value : minimum;
  return (
    <Slider className="slider" value={now} minValue={minimum} maxValue={maximum} step={step} onChange={onChange}>
      <Label>
        <span title={hint}>{label}</span>
      </Label>
      <SliderOutput>{settingText(words, now, step)}</SliderOutput>
      <SliderTrack className="slider-track">
        <div className="fill" style={{ width: `${((now - minimum) / (maximum - minimum)) * 100}%` }} />
        <SliderThumb className="thumb" />
      </SliderTrack>
    </Slider>
  );
}

function ChoiceControl({ setting: { label, hint, choices }, value, onChange }: ControlProps<Extract<Setting, { kind: 'choice' }>>) {
  const words = useWords();
  return (
    <Choice
      label={label}
      hint={hint}
      choices={choices}
      value={String(value)}
      textOf={(choice) => choiceWords(words, choice)}
      onChange={onChange}
    />
  );
}

/** Sent when the line is left or Enter is pressed: half a word burnt into everybody's picture helps nobody. */
function TextControl({ setting, value, onChange }: ControlProps<Extract<Setting, { kind: 'text' }>>) {
  const { label, hint, maxLength, pattern } = setting;
  const send = (input: HTMLInputElement): void => {
    if (input.checkValidity() && input.value !== value) onChange(input.value);
  };
  return (
    <TextField
      className="text-setting"
      defaultValue={typeof value === 'string' ? value : ''}
      maxLength={maxLength}
      {...(pattern && { pattern })}
    >
      <Label>
        <span title={hint}>{label}</span>
      </Label>
      <Input
        spellCheck={false}
        autoComplete="off"
        onBlur={({ currentTarget }) => send(currentTarget)}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Enter') send(currentTarget);
        }}
      />
    </TextField>
  );
}

/** What works on places that only a room's configuration names has nothing to do where it names none. */
const isIdleByNature = ({ options, applied }: StageState): boolean =>
  !applied && Object.values(options).some((value) => Array.isArray(value) && value.length === 0);

function presetInForce(stream: StreamDescription, frozen: FrozenStages | undefined): string | undefined {
  return frozen === undefined ? stream.preset : presetOf(frozen.now ?? frozen.asFrozen)?.name;
}

/** Those for the kind of picture, their titles without its name; all of them where it is not known. */
function presetsFor(words: Words, { presets, modality }: StreamDescription): StreamDescription['presets'] {
  const told = presets.map((known) => ({ ...known, ...presetWords(words, known) }));
  const kind = { ultrasound: 'ultrasound', 'x-ray': 'fluoro', other: undefined }[modality];
  if (kind === undefined) return told;
  return told
    .filter(({ preset }) => !preset.includes('/') || preset.startsWith(`${kind}/`))
    .map((known) => ({ ...known, title: capitalised(known.title.split(', ').at(-1) ?? known.title) }));
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
