import { AppError } from '../app-error.ts';
import type { StageSettings } from './chain.ts';
import { despeckle } from './despeckle.ts';
import { detail } from './detail.ts';
import { median } from './median.ts';
import { persistence } from './persistence.ts';
import { defaultOptions } from './stage-state.ts';

/** Settings of all denoising stages under a name that a clinician knows. Other stages stay as they are. */
export interface Preset {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly settings: readonly StageSettings[];
}

const stagesOfPresets = [persistence, median, despeckle, detail] as const;
type PresetStage = 'persistence' | 'median' | 'despeckle' | 'detail';

function preset(
  name: string,
  title: string,
  description: string,
  on: Partial<Record<PresetStage, Readonly<Record<string, unknown>>>>,
): Preset {
  const settings = stagesOfPresets.map((stage): StageSettings => {
    const options = on[stage.name as PresetStage];
    return { stage: stage.name, enabled: options !== undefined, options: { ...defaultOptions(stage), ...options } };
  });
  return { name, title, description, settings };
}

/** Tuned on the simulator's pairs of clean and noisy pictures: docs/performance.md. */
export const presets: readonly Preset[] = [
  preset('off', 'Off', 'the picture as the source gives it', {}),
  preset('ultrasound/soft', 'Ultrasound, soft', 'calms speckle a little; valves and walls stay crisp', {
    persistence: { mode: 'plain', strength: 0.5, threshold: 25 },
    median: { size: 3 },
    despeckle: { method: 'lee', strength: 0.85, radius: 4 },
  }),
  preset('ultrasound/strong', 'Ultrasound, strong', 'smooth tissue and black cavities; fine texture goes', {
    persistence: { mode: 'plain', strength: 0.5, threshold: 25 },
    median: { size: 5 },
    despeckle: { method: 'guided', strength: 1, radius: 5 },
  }),
  preset('fluoro/low-dose', 'Fluoroscopy, low dose', 'takes quantum noise away; a moving catheter keeps its contrast and place', {
    persistence: { mode: 'quantum', strength: 0.85, threshold: 4 },
    despeckle: { method: 'bilateral', strength: 0.35 },
  }),
  preset('fluoro/strong', 'Fluoroscopy, strong', 'follows the moving heart and smooths most; for very low dose', {
    persistence: { mode: 'motion-compensated', strength: 0.85, threshold: 5 },
    despeckle: { method: 'guided', strength: 0.45, radius: 3 },
  }),
];

/** Throws `stage/unknown-preset`. */
export function presetNamed(name: string): Preset {
  const found = presets.find((known) => known.name === name);
  if (found === undefined)
    throw new AppError('stage/unknown-preset', { preset: name, known: presets.map((known) => known.name).join(', ') });
  return found;
}

/** The preset whose settings are in force; none where somebody has set a stage otherwise. Settings of stages that are off do not count. */
export function presetOf(settings: readonly StageSettings[]): Preset | undefined {
  return presets.find((known) => known.settings.every((wanted) => isInForce(wanted, settings)));
}

/** A preset's settings with what `changes` say otherwise. Throws `stage/unknown-preset`. */
export function settingsFrom(name: string | undefined, changes: readonly StageSettings[]): StageSettings[] {
  const given = name === undefined ? [] : presetNamed(name).settings;
  const untouched = given.filter(({ stage }) => !changes.some((change) => change.stage === stage));
  const changed = changes.map(({ stage, enabled, options }) => {
    const before = given.find((setting) => setting.stage === stage);
    return { stage, enabled, options: { ...before?.options, ...options } };
  });
  return [...untouched, ...changed];
}

function isInForce({ stage, enabled, options }: StageSettings, settings: readonly StageSettings[]): boolean {
  const now = settings.find((setting) => setting.stage === stage);
  if (now === undefined || now.enabled !== enabled) return false;
  return !enabled || Object.entries(options).every(([key, value]) => now.options[key] === value);
}
