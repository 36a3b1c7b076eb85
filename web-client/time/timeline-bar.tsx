import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import type { Bookmark, Kept } from '../../src/protocol/examination-messages.ts';
import { useMonitor, useServerMs, useWords } from '../hooks.ts';
import type { PastTruth, Timeline } from '../past/past-messages.ts';
import { axisOf, placeOf, type TimeAxis, ticksOf, timeAt } from './time-axis.ts';
import { momentText, spanText } from './time-texts.ts';

/** How often the bar moves on by itself: of minutes on it that is less than a pixel. */
const stepMs = 500;

const arrowFrames: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };

interface TimelineBarProps {
  readonly stream: number;
  readonly name: string;
  readonly past: PastTruth | undefined;
  readonly timeline: Timeline | undefined;
  readonly kept: readonly Kept[];
  readonly bookmarks: readonly Bookmark[];
  readonly loopStartUs: number | undefined;
  /** Where the open examination begins, or the last one ended. */
  readonly boundary: { readonly atUs: number; readonly title: string } | undefined;
}

/** The last minutes of a stream, or a clip: what is there, what is missing, and where one looks. Drag to go there. */
export function TimelineBar({ stream, name, past, timeline, kept, bookmarks, loopStartUs, boundary }: TimelineBarProps) {
  const monitor = useMonitor();
  const words = useWords();
  const nowMs = useServerMs(past === undefined ? stepMs : 100);
  const nowUs = nowMs === undefined ? undefined : nowMs * 1000;
  const bar = useRef<HTMLDivElement>(null);
  /** Under a hand the time stands still. */
  const [held, setHeld] = useState<TimeAxis>();
  const axis = held ?? axisOf(past, timeline, nowUs);
  if (axis === undefined) return <div className="timeline empty">{words.say('time.nothing')}</div>;
  const known = past?.timeline ?? timeline;
  const at = past?.atUs;
  const live = past === undefined;
  const agoUs = at === undefined ? 0 : Math.max(0, (nowUs ?? axis.toUs) - at);
  const ofStream = past?.past.of !== 'kept';
  const ticks = ofStream ? ticksOf(axis, 6).filter((back) => placeOf(axis, axis.toUs - back) > 0.05) : [];

  const seek = (event: PointerEvent, within: TimeAxis): void => {
    const box = bar.current?.getBoundingClientRect();
    if (box !== undefined) monitor.rewinding.seek(stream, timeAt(within, (event.clientX - box.left) / box.width));
  };
  const grab = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setHeld(axis);
    seek(event, axis);
  };
  const press = (event: KeyboardEvent): void => {
    const frames = arrowFrames[event.key];
    if (frames === undefined) return;
    event.preventDefault();
    monitor.rewinding.step(stream, frames);
  };
  return (
    <div className={held === undefined ? 'timeline' : 'timeline held'}>
      <div
        ref={bar}
        className="bar"
        role="slider"
        tabIndex={0}
        aria-label={words.say('time.slider', { stream: name })}
        aria-valuemin={0}
        aria-valuemax={1000}
        aria-valuenow={live ? 1000 : Math.round(placeOf(axis, at ?? axis.toUs) * 1000)}
        aria-valuetext={
          live || at === undefined
            ? words.say('time.at-live')
            : words.say('time.at', { time: momentText(words, at), ago: spanText(words, agoUs) })
        }
        data-testid="timeline"
        onPointerDown={grab}
        onPointerMove={(event) => held && seek(event, held)}
        onPointerUp={() => setHeld(undefined)}
        onPointerCancel={() => setHeld(undefined)}
        onKeyDown={press}
      >
        <svg aria-hidden="true" width="100%" height="100%" viewBox="0 0 1000 100" preserveAspectRatio="none">
          {known !== undefined && (
            <Stretch className="there" axis={axis} fromUs={known.fromUs} toUs={Math.min(known.toUs, axis.toUs)} least={0} />
          )}
          {known?.gaps.map(({ fromUs, toUs }) => (
            <Stretch key={fromUs} className="gap" axis={axis} fromUs={fromUs} toUs={toUs} least={2} />
          ))}
          {past?.loop !== undefined && <Stretch className="loop" axis={axis} {...past.loop} least={2} />}
          {loopStartUs !== undefined && <Stretch className="loop" axis={axis} fromUs={loopStartUs} toUs={at ?? loopStartUs} least={2} />}
          {ofStream &&
            kept.map((one) => (
              <Stretch
                key={one.kept}
                className={`kept ${one.kind} ${one.state}`}
                axis={axis}
                fromUs={one.fromUs}
                toUs={one.toUs}
                least={3}
              />
            ))}
          <path className="peaks" d={(known?.rPeaksUs ?? []).map((us) => `M${(placeOf(axis, us) * 1000).toFixed(1)} 62V100`).join('')} />
        </svg>
        {ofStream && boundary !== undefined && boundary.atUs > axis.fromUs && (
          <span
            className="boundary"
            data-testid="boundary"
            style={{ left: `${placeOf(axis, boundary.atUs) * 100}%` }}
            title={boundary.title}
          />
        )}
        {ofStream &&
          bookmarks.map(({ bookmark, atUs, text }) => (
            <span key={bookmark} className="flag" style={{ left: `${placeOf(axis, atUs) * 100}%` }} title={text} />
          ))}
        {!live && at !== undefined && (
          <span className={past.waiting ? 'hand waiting' : 'hand'} style={{ left: `${placeOf(axis, at) * 100}%` }} />
        )}
      </div>
      <div className="scale" aria-hidden="true">
        {ticks.map((back) => (
          <span key={back} style={{ left: `${placeOf(axis, axis.toUs - back) * 100}%` }}>
            {words.say('time.minus', { ago: shortSpan(words.number(back / 1_000_000, 0), back) })}
          </span>
        ))}
        {ofStream && <span className="now">{words.say('time.now')}</span>}
      </div>
    </div>
  );
}

function shortSpan(secondsText: string, us: number): string {
  const s = us / 1_000_000;
  return s < 60 ? `${secondsText}\u00a0s` : `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}

interface StretchProps {
  readonly className: string;
  readonly axis: TimeAxis;
  readonly fromUs: number;
  readonly toUs: number;
  /** In thousandths of the bar: a moment is to be seen too. */
  readonly least: number;
}

function Stretch({ className, axis, fromUs, toUs, least }: StretchProps) {
  if (Math.max(fromUs, toUs) < axis.fromUs || Math.min(fromUs, toUs) > axis.toUs) return null;
  const [left, right] = [placeOf(axis, Math.min(fromUs, toUs)) * 1000, placeOf(axis, Math.max(fromUs, toUs)) * 1000];
  return <rect className={className} x={Math.min(left, 1000 - least)} width={Math.max(least, right - left)} />;
}
