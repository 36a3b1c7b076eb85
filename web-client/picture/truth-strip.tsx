import { Circle, CircleDashed, Pause, Snowflake, TriangleAlert, Unplug } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { StreamDescription } from '../../src/protocol/messages.ts';
import { useMonitor } from '../hooks.ts';
import type { Skew } from '../in-step.ts';
import { type LiveState, liveWords } from '../live-state.ts';
import { type StreamCounts, skippedOf } from '../monitor-state.ts';
import type { PictureTruth } from '../picture-truth.ts';
import { clockResidualText, clockText, countText, dash, milliseconds, seconds } from '../texts.ts';

type Word = LiveState | 'frozen';

/** Less than half a frame at 30 fps: the same moment for the eye. */
const inStepMs = 17;

/** Word, colour and shape say the same: no state is told by colour alone (IEC 60601-1-8). */
const shapes: Readonly<Record<Word, ReactNode>> = {
  live: <Circle className="solid" aria-hidden="true" />,
  held: <Pause aria-hidden="true" />,
  frozen: <Snowflake aria-hidden="true" />,
  'not-live': <TriangleAlert aria-hidden="true" />,
  reconnecting: <Unplug aria-hidden="true" />,
  waiting: <CircleDashed aria-hidden="true" />,
};

interface TruthStripProps {
  readonly place: number;
  readonly stream: StreamDescription;
  readonly truth: PictureTruth;
  readonly counts: StreamCounts | undefined;
  readonly alone: boolean;
}

/** The same line under every picture: what it is, how old it is, how many came and how many did not. */
export function TruthStrip({ place, stream, truth, counts, alone }: TruthStripProps) {
  const monitor = useMonitor();
  const word: Word = truth.frozen ? 'frozen' : truth.state;
  return (
    <footer className="truth">
      <div className={`state ${word}`} data-testid="state" data-state={word} title={stateTitle(word, truth)}>
        {shapes[word]}
        <span className="word">{liveWords[word]}</span>
        <span className="age">{ageText(word, truth)}</span>
      </div>
      {truth.frozen && <LiveAside truth={truth} />}
      {truth.skew !== undefined && <SkewAside skew={truth.skew} />}
      {word === 'held' && stream.status.reason !== undefined && (
        <div className="aside reason" data-testid="held-reason" title={stream.status.reason}>
          {stream.status.reason}
        </div>
      )}
      <button
        type="button"
        className="name"
        aria-pressed={alone}
        title={alone ? 'Show all streams' : 'Show this stream alone'}
        onClick={() => monitor.act({ act: 'alone', stream: alone ? undefined : stream.id })}
      >
        <span className="place">{place}</span>
        <span className="text">{stream.name}</span>
        {stream.synthetic && <span className="simulated">Simulated</span>}
      </button>
      <Counts truth={truth} counts={counts} />
    </footer>
  );
}

function ageText(word: Word, truth: PictureTruth): string {
  switch (word) {
    case 'live':
      return milliseconds(truth.meanAgeMs);
    case 'frozen':
      return truth.picture === undefined ? dash : clockText(truth.picture.capturedUs / 1000, true);
    case 'held':
    case 'not-live':
    case 'reconnecting':
      return seconds(truth.ageMs);
    case 'waiting':
      return '';
  }
}

function stateTitle(word: Word, { worstAgeMs, meanAgeMs }: PictureTruth): string {
  if (word === 'frozen') return 'Frozen by this viewer; the time is that of the capture';
  if (word !== 'live') return 'Time since the picture on the screen was captured';
  return `Age of the picture, capture to screen: mean ${milliseconds(meanAgeMs)}, worst ${milliseconds(worstAgeMs)} in the last half second`;
}

/** While this viewer has frozen the picture, the patient goes on: what would be seen now. */
function LiveAside({ truth }: { truth: PictureTruth }) {
  const age = truth.state === 'live' ? milliseconds(truth.meanAgeMs) : seconds(truth.ageMs);
  return (
    <div className={`aside ${truth.state}`} data-testid="live-aside">
      source {liveWords[truth.state].toLowerCase()} {age}
    </div>
  );
}

/** How the picture stands to those beside it. */
function SkewAside({ skew: { behindMs, left } }: { skew: Skew }) {
  const behind = behindMs >= inStepMs;
  return (
    <div
      className={left ? 'aside skew left' : 'aside skew'}
      data-testid="skew"
      title={`Drawn ${milliseconds(behindMs)} later after its capture than the freshest picture beside it, mean of the last second`}
    >
      {behind ? `${milliseconds(behindMs)} behind` : `in step, ${milliseconds(behindMs)}`}
    </div>
  );
}

const fpsText = (fps: number | undefined): string => (fps === undefined ? dash : fps.toFixed(1));

function Counts({ truth, counts }: { truth: PictureTruth; counts: StreamCounts | undefined }) {
  const [open, setOpen] = useState(false);
  const [pinned, setPinned] = useState(false);
  const lost = Object.entries(counts?.lost ?? {}).filter(([, count]) => count > 0);
  const allLost = lost.reduce((sum, [, count]) => sum + count, truth.refused);
  const skipped = counts === undefined ? undefined : skippedOf(counts);
  const known = counts !== undefined;
  return (
    <div className="counts">
      <span className="fps" data-testid="fps">
        {fpsText(truth.fps)} <small>fps</small>
      </span>
      <button
        type="button"
        className={allLost > 0 ? 'losses some' : 'losses'}
        aria-expanded={open || pinned}
        onPointerEnter={() => setOpen(true)}
        onPointerLeave={() => setOpen(false)}
        onBlur={() => setPinned(false)}
        onClick={() => setPinned(!pinned)}
      >
        <span className="skipped" data-testid="skipped">
          {countText(skipped)} <small>skipped</small>
        </span>
        <span data-testid="lost">
          {known ? countText(allLost) : dash} <small>lost</small>
        </span>
      </button>
      {(open || pinned) && (
        <dl className="breakdown" data-testid="breakdown">
          <dt>Age of the picture, mean and worst of half a second</dt>
          <dd>
            {milliseconds(truth.meanAgeMs)}, {milliseconds(truth.worstAgeMs)}
          </dd>
          <dt>Drawn here</dt>
          <dd>{fpsText(truth.fps)} fps</dd>
          <dt>Captured by the source</dt>
          <dd>
            {countText(counts?.captured)} at {fpsText(counts?.capturedFps)} fps
          </dd>
          <dt>Processing</dt>
          <dd>{counts === undefined ? dash : `${counts.processingMs.toFixed(1)} ms`}</dd>
          {counts?.clockResidualMs !== undefined && (
            <>
              <dt>Jitter taken off the device&rsquo;s clock, worst of the last second</dt>
              <dd data-testid="clock-residual">{clockResidualText(counts.clockResidualMs, counts.clockDriftPpm)}</dd>
            </>
          )}
          <dt>Skipped for this viewer (a newer frame had come)</dt>
          <dd>{countText(skipped)}</dd>
          {lost.map(([name, count]) => (
            <Loss key={name} name={name} count={count} />
          ))}
          {truth.refused > 0 && <Loss name="viewer/not-decoded" count={truth.refused} />}
          {allLost === 0 && known && <Loss name="nothing" count={0} />}
        </dl>
      )}
    </div>
  );
}

function Loss({ name, count }: { name: string; count: number }) {
  return (
    <>
      <dt>Lost: {name}</dt>
      <dd>{countText(count)}</dd>
    </>
  );
}
