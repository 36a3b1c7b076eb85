import { useRef } from 'react';
import { useMonitor, useWords } from '../hooks.ts';

interface DividerProps {
  readonly stream: number;
  readonly at: number;
  readonly paired: boolean;
}

const arrowStep = 0.02;

/** The line between before and after; dragged by pointer, moved by arrow keys. */
export function Divider({ stream, at, paired }: DividerProps) {
  const monitor = useMonitor();
  const { say } = useWords();
  const line = useRef<HTMLDivElement>(null);
  const moveTo = (next: number): void => monitor.act({ act: 'divide', stream, at: Math.min(1, Math.max(0, next)) });
  const follow = (event: React.PointerEvent): void => {
    const tile = line.current?.parentElement?.getBoundingClientRect();
    if (tile !== undefined && line.current?.hasPointerCapture(event.pointerId)) moveTo((event.clientX - tile.left) / tile.width);
  };
  const press = (event: React.KeyboardEvent): void => {
    const step = { ArrowLeft: -arrowStep, ArrowRight: arrowStep, Home: -1, End: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    moveTo(at + step);
  };
  const percent = Math.round(at * 100);
  return (
    <div
      ref={line}
      className="divider"
      style={{ left: `${at * 100}%` }}
      role="slider"
      tabIndex={0}
      aria-label={say('divider.label')}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={say('divider.value', { percent })}
      onPointerDown={(event) => {
        event.stopPropagation();
        line.current?.setPointerCapture(event.pointerId);
      }}
      onPointerMove={follow}
      onKeyDown={press}
    >
      <span className="side before">{say('divider.raw')}</span>
      <span className="side after">{say('divider.processed')}</span>
      {!paired && <span className="uneven">{say('divider.uneven')}</span>}
      <span className="grip" aria-hidden="true" />
    </div>
  );
}
