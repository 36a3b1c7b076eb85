import { Value } from 'typebox/value';
import { AppError } from '../app-error.ts';
import { schemaFault } from '../config/schema-fault.ts';
import type { StageState } from '../protocol/messages.ts';
import type { FormingStage, Stage } from './stage.ts';
import { frozenStages, stages } from './stages.ts';

type AnyStage = Pick<Stage | FormingStage, 'name' | 'title' | 'options'>;
type StageOptions = Record<string, unknown>;

/** Options of a stage where nobody said otherwise. */
export const defaultOptions = ({ options }: AnyStage): StageOptions => Value.Default(options, {}) as StageOptions;

/** The options as they are, once the stage's schema allows them. Throws `stage/bad-option`. */
export function allowedOptions({ name, options: schema }: AnyStage, options: StageOptions): StageOptions {
  const fault = schemaFault(schema, options);
  if (fault === undefined) return options;
  const value = fault.kind === 'bad-value' ? fault.value : 'not a known option';
  throw new AppError('stage/bad-option', { stage: name, option: fault.key, value, allowed: fault.allowed });
}

/** What viewers are told of a stage. */
export function stateOf(stage: AnyStage, enabled: boolean, applied: boolean, options: StageOptions): StageState {
  const schema = JSON.parse(JSON.stringify(stage.options)) as unknown;
  return { stage: stage.name, title: stage.title, enabled, applied, options: { ...options }, schema };
}

/** The stages of a live picture as those of a frozen one: with what only that can go through, switched off, behind what comes before it. */
export function frozenStates(live: readonly StageState[]): readonly StageState[] {
  const order = frozenStages.map(({ name }) => name);
  return frozenStages
    .filter((stage) => !stages.includes(stage))
    .reduce((states, stage) => {
      const before = order.slice(0, order.indexOf(stage.name));
      const last = states.findLastIndex((state) => before.includes(state.stage));
      return last < 0 ? states : states.toSpliced(last + 1, 0, stateOf(stage, false, false, defaultOptions(stage)));
    }, live);
}
