import type { ExaminationState } from '../examination/examination-state.ts';
import { useMonitor, useSubject } from '../hooks.ts';
import type { RewindingState } from '../past/rewinding.ts';

const whole = <Value>(value: Value): Value => value;

export function useExamination(): ExaminationState {
  return useSubject(useMonitor().examining.state$, whole);
}

export function useRewinding(): RewindingState {
  return useSubject(useMonitor().rewinding.state$, whole);
}
