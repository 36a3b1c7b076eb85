import { createContext, useContext, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { BehaviorSubject } from 'rxjs';
import type { ExportState } from './export/exporting.ts';
import { belongs, type KnownMark, type MarksState } from './marks-state.ts';
import type { Monitor } from './monitor.ts';
import type { MonitorState } from './monitor-state.ts';
import { type PictureTruth, pictureTruth } from './picture-truth.ts';
import type { Size } from './view-transform.ts';
import { inLanguage, type Language, type Words } from './words/words.ts';

export const MonitorContext = createContext<Monitor | undefined>(undefined);

export function useMonitor(): Monitor {
  const monitor = useContext(MonitorContext);
  if (monitor === undefined) throw new Error('a component stands outside of the monitor');
  return monitor;
}

const languageOf = ({ language }: MonitorState): Language => language;

/** The words of the language that the user has chosen. */
export function useWords(): Words {
  return inLanguage[useSubject(useMonitor().state$, languageOf)];
}

/** Renders when what is taken from the subject changes. */
export function useSubject<Value, Taken>(subject: BehaviorSubject<Value>, take: (value: Value) => Taken): Taken {
  const subscribe = useMemo(
    () => (changed: () => void) => {
      const subscription = subject.subscribe(changed);
      return () => subscription.unsubscribe();
    },
    [subject],
  );
  return useSyncExternalStore(subscribe, () => take(subject.value));
}

const whole = <Value>(value: Value): Value => value;

export function useMonitorState(): MonitorState {
  return useSubject(useMonitor().state$, whole);
}

/** What is taken must be the same as long as it has not changed, e.g. a part of the state: every change of any mark asks for it. */
export function useMarks<Taken>(take: (state: MarksState) => Taken): Taken {
  return useSubject(useMonitor().marking.state$, take);
}

export function useExport(): ExportState {
  return useSubject(useMonitor().exporting.state$, whole);
}

/** Whether the frame on the screen is one of those that a mark belongs to; renders only when that changes. */
export function useBelongs(mark: KnownMark): boolean {
  const monitor = useMonitor();
  return useSubject(monitor.truths$, () => {
    const frame = mark.stream === undefined ? undefined : monitor.frameOf(mark.stream);
    return frame === undefined || belongs(mark, frame.capturedUs, frame.live);
  });
}

export function useGeneration(): number {
  return useSubject(useMonitor().generation$, whole);
}

/** The truth about a stream's picture, renewed ten times a second. */
export function usePictureTruth(stream: number): PictureTruth {
  return pictureTruth(useSubject(useMonitor().truths$, whole), stream);
}

/** Whether the frozen picture can be processed anew; renders only when that changes. */
export function useReprocessable(stream: number): boolean {
  return useSubject(useMonitor().truths$, (truths) => pictureTruth(truths, stream).reprocessable);
}

export function useServerMs(): number | undefined {
  const truths = useSubject(useMonitor().truths$, whole);
  return truths.serverMs === undefined ? undefined : truths.serverMs + (performance.now() - truths.atMs);
}

/** Size of an element in CSS pixels; 0 by 0 until it is laid out. */
export function useSize(element: HTMLElement | null): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    if (element === null) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

const remPx = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize);

function onResize(changed: () => void): () => void {
  window.addEventListener('resize', changed);
  return () => window.removeEventListener('resize', changed);
}

/** CSS pixels of one rem: it grows with the screen, and what is placed by number has to know. */
export function useRemPx(): number {
  return useSyncExternalStore(onResize, remPx);
}

/** The time now, renewed at a period; for countdowns and clocks. */
export function useNowMs(periodMs: number): number {
  const [nowMs, setNowMs] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(performance.now()), periodMs);
    return () => clearInterval(timer);
  }, [periodMs]);
  return nowMs;
}
