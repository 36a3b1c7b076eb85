import { createContext, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { BehaviorSubject } from 'rxjs';
import { belongsTo, fits } from '../src/marks/belonging.ts';
import type { ConnectedViewer } from '../src/protocol/messages.ts';
import type { ExportState } from './export/exporting.ts';
import type { KnownMark, MarksState } from './marks-state.ts';
import type { Monitor } from './monitor.ts';
import { isSteady, type MonitorState, type SteadyState, type StreamCounts } from './monitor-state.ts';
import type { PastTruth } from './past/past-messages.ts';
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

/** Renders when something changes that the server does not tell every second. */
export function useMonitorState(): SteadyState {
  const last = useRef<MonitorState>(undefined);
  return useSubject(useMonitor().state$, (state) => {
    if (last.current === undefined || !isSteady(last.current, state)) last.current = state;
    return last.current;
  });
}

/** What became of a stream's frames, renewed once a second. */
export function useCounts(stream: number): StreamCounts | undefined {
  return useSubject(useMonitor().state$, ({ counts }) => counts[stream]);
}

/** Who watches, for operators; renewed once a second. */
export function useViewers(): readonly ConnectedViewer[] {
  return useSubject(useMonitor().state$, ({ viewers }) => viewers);
}

/** What is taken must be the same as long as it has not changed, e.g. a part of the state: every change of any mark asks for it. */
export function useMarks<Taken>(take: (state: MarksState) => Taken): Taken {
  return useSubject(useMonitor().marking.state$, take);
}

export function useExport(): ExportState {
  return useSubject(useMonitor().exporting.state$, whole);
}

/** Whether a mark of a stream lies on the frame that the stream's tile shows, on another one, or on a picture of another size or calibration. */
export function useWhereItLies(mark: KnownMark): 'here' | 'another-frame' | 'another-picture' {
  const monitor = useMonitor();
  return useSubject(monitor.truths$, () => {
    const frame = mark.stream === undefined ? undefined : monitor.frameOf(mark.stream);
    if (frame === undefined || mark.kept !== undefined) return 'here';
    const place = { ...frame.picture, stream: mark.stream, kept: frame.kept, capturedUs: frame.capturedUs, live: frame.live };
    if (belongsTo(mark, place)) return 'here';
    return fits(mark, place) ? 'another-frame' : 'another-picture';
  });
}

/** Whether the frame that a tile shows can become the last one that a mark lies on. */
export function useMayEnd(tile: number, mark: KnownMark): boolean {
  const monitor = useMonitor();
  return useSubject(monitor.truths$, () => monitor.hand.mayEnd(tile, mark));
}

export function useGeneration(): number {
  return useSubject(useMonitor().generation$, whole);
}

/** The truth about a stream's picture, renewed ten times a second. */
export function usePictureTruth(stream: number): PictureTruth {
  return pictureTruth(useSubject(useMonitor().truths$, whole), stream);
}

/** What is true of the past that is looked at in a tile; nothing is rendered while it shows the live picture. */
export function usePastTruth(stream: number): PastTruth | undefined {
  return useSubject(useMonitor().truths$, (truths) => pictureTruth(truths, stream).past);
}

/** Whether the frozen picture can be processed anew; renders only when that changes. */
export function useReprocessable(stream: number): boolean {
  return useSubject(useMonitor().truths$, (truths) => pictureTruth(truths, stream).reprocessable);
}

/** The server's clock in steps: renders once a step. */
export function useServerMs(stepMs: number): number | undefined {
  return useSubject(useMonitor().truths$, ({ serverMs, atMs }) => {
    if (serverMs === undefined) return undefined;
    return Math.floor((serverMs + (performance.now() - atMs)) / stepMs) * stepMs;
  });
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

/** CSS pixels of one rem: it grows with the screen, and what is placed by number has to know. Asking makes the browser lay out the page. */
export function useRemPx(): number {
  const [px, setPx] = useState(remPx);
  useEffect(() => {
    const measure = (): void => setPx(remPx());
    window.addEventListener('resize', measure);
    return () => window.removeEventListener('resize', measure);
  }, []);
  return px;
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
