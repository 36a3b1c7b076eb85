import type { ExaminationState } from '../examination/examination-state.ts';
import { useMonitor, useSubject } from '../hooks.ts';
import { keptIn, type RewindingState } from '../past/rewinding.ts';

const whole = <Value>(value: Value): Value => value;

export function useExamination(): ExaminationState {
  return useSubject(useMonitor().examining.state$, whole);
}

export function useRewinding(): RewindingState {
  return useSubject(useMonitor().rewinding.state$, whole);
}

/** The still or clip that is looked at in a tile; renders when that changes. */
export function useKept(stream: number): string | undefined {
  return useSubject(useMonitor().truths$, ({ byStream }) => keptIn(byStream.get(stream)?.past));
}
