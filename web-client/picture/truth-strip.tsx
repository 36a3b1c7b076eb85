import { Circle, CircleDashed, Pause, Snowflake, TriangleAlert, Unplug } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { StreamDescription } from '../../src/protocol/messages.ts';
import type { Whose } from '../examination/whose.ts';
import { WhoseNote } from '../examination/whose-note.tsx';
import { useMonitor, useWords } from '../hooks.ts';
import type { Skew } from '../in-step.ts';
import type { LiveState } from '../live-state.ts';
import { type StreamCounts, skippedOf } from '../monitor-state.ts';
import type { PictureTruth } from '../picture-truth.ts';
import { clockResidualText, countText, dash, milliseconds, seconds, tenthsText, tenthText } from '../texts.ts';
import { placeWords, reasonWords } from '../words/server-words.ts';
import type { Words } from '../words/words.ts';

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
  readonly whose: Whose;
}

/** The same line under every picture: what it is, how old it is, how many came and how many did not. */
export function TruthStrip({ place, stream, truth, counts, alone, whose }: TruthStripProps) {
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  const word: Word = truth.frozen ? 'frozen' : truth.state;
  return (
    <footer className="truth">
      <div className={`state ${word}`} data-testid="state" data-state={word} title={stateTitle(words, word, truth)}>
        {shapes[word]}
        <span className="word">{say(`state.${word}`)}</span>
        <span className="age">{ageText(words, word, truth)}</span>
      </div>
      {truth.frozen && <LiveAside truth={truth} />}
      {truth.skew !== undefined && <SkewAside skew={truth.skew} />}
      {word === 'held' && stream.status.reason !== undefined && (
        <div className="aside reason" data-testid="held-reason" title={reasonWords(words, stream.status.reason)}>
          {reasonWords(words, stream.status.reason)}
        </div>
      )}
      <button
        type="button"
        className="name"
        aria-pressed={alone}
        title={say(alone ? 'truth.show-all' : 'truth.show-alone')}
        disabled={monitor.state.display !== undefined}
        onClick={() => monitor.act({ act: 'alone', stream: alone ? undefined : stream.id })}
      >
        <span className="place">{place}</span>
        <span className="text">{stream.name}</span>
        {stream.synthetic && <span className="simulated">{say('truth.simulated')}</span>}
        {truth.picture?.lossy === true && <Lossy counts={counts} />}
      </button>
      <Counts truth={truth} counts={counts} />
      <WhoseNote whose={whose} />
    </footer>
  );
}

/** Fine texture is not to be trusted in it. */
function Lossy({ counts }: { counts: StreamCounts | undefined }) {
  const { say } = useWords();
  const of = counts && { quality: say(`quality.${counts.tier}`), why: counts.tierReason && say(`quality-why.${counts.tierReason}`) };
  return (
    <span className="lossy" data-testid="lossy" title={[say('truth.lossy-meaning'), of?.quality, of?.why].filter(Boolean).join(' · ')}>
      <span className="word-of">{say('truth.lossy')}</span>
      <span className="sign-of" aria-hidden="true">
        ≈
      </span>
    </span>
  );
}

function ageText(words: Words, word: Word, truth: PictureTruth): string {
  switch (word) {
    case 'live':
      return milliseconds(truth.meanAgeMs);
    case 'frozen':
      return truth.picture === undefined ? dash : tenthsText(words, truth.picture.capturedUs / 1000);
    case 'held':
    case 'not-live':
    case 'reconnecting':
      return seconds(words, truth.ageMs);
    case 'waiting':
      return '';
  }
}

function stateTitle({ say }: Words, word: Word, { worstAgeMs, meanAgeMs }: PictureTruth): string {
  if (word === 'frozen') return say('truth.frozen-meaning');
  if (word !== 'live') return say('truth.since-captured');
  return say('truth.age', { mean: milliseconds(meanAgeMs), worst: milliseconds(worstAgeMs) });
}

/** While this viewer has frozen the picture, the patient goes on: what would be seen now. */
function LiveAside({ truth }: { truth: PictureTruth }) {
  const words = useWords();
  const age = truth.state === 'live' ? milliseconds(truth.meanAgeMs) : seconds(words, truth.ageMs);
  return (
    <div className={`aside ${truth.state}`} data-testid="live-aside">
      {words.say(`truth.source-${truth.state}`, { age })}
    </div>
  );
}

/** How the picture stands to those beside it. */
function SkewAside({ skew: { behindMs, left } }: { skew: Skew }) {
  const { say } = useWords();
  const behind = milliseconds(behindMs);
  const isBehind = behindMs >= inStepMs;
  return (
    <div className={left && isBehind ? 'aside skew left' : 'aside skew'} data-testid="skew" title={say('truth.skew', { behind })}>
      {say(isBehind ? 'truth.behind' : 'truth.in-step', { behind })}
    </div>
  );
}

function Counts({ truth, counts }: { truth: PictureTruth; counts: StreamCounts | undefined }) {
  const words = useWords();
  const { say } = words;
  const [open, setOpen] = useState(false);
  const [pinned, setPinned] = useState(false);
  const lost = Object.entries(counts?.lost ?? {}).filter(([, count]) => count > 0);
  const allLost = lost.reduce((sum, [, count]) => sum + count, truth.refused);
  const skipped = counts === undefined ? undefined : skippedOf(counts) + truth.overtaken;
  const known = counts !== undefined;
  return (
    <div className="counts">
      <span className="fps" data-testid="fps">
        {tenthText(words, truth.fps)} <small>{say('truth.fps')}</small>
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
          {countText(skipped)} <small>{say('truth.skipped')}</small>
        </span>
        <span data-testid="lost">
          {known ? countText(allLost) : dash} <small>{say('truth.lost')}</small>
        </span>
      </button>
      {(open || pinned) && (
        <dl className="breakdown" data-testid="breakdown">
          <dt>{say('truth.mean-and-worst')}</dt>
          <dd>
            {milliseconds(truth.meanAgeMs)}, {milliseconds(truth.worstAgeMs)}
          </dd>
          <dt>{say('truth.drawn')}</dt>
          <dd>
            {tenthText(words, truth.fps)} {say('truth.fps')}
          </dd>
          <dt>{say('truth.captured')}</dt>
          <dd>{say('truth.captured-at', { count: countText(counts?.captured), fps: tenthText(words, counts?.capturedFps) })}</dd>
          <dt>{say('truth.processing')}</dt>
          <dd>{counts === undefined ? dash : `${words.number(counts.processingMs, 1)} ms`}</dd>
          {counts?.clockResidualMs !== undefined && (
            <>
              <dt>{say('truth.jitter')}</dt>
              <dd data-testid="clock-residual">{clockResidualText(words, counts.clockResidualMs, counts.clockDriftPpm)}</dd>
            </>
          )}
          <dt>{say('truth.skipped-here')}</dt>
          <dd>{countText(skipped)}</dd>
          {lost.map(([name, count]) => (
            <Loss key={name} name={placeWords(words, name)} count={count} />
          ))}
          {truth.refused > 0 && <Loss name={placeWords(words, 'viewer/not-decoded')} count={truth.refused} />}
          {allLost === 0 && known && <Loss name={say('truth.nothing')} count={0} />}
        </dl>
      )}
    </div>
  );
}

function Loss({ name, count }: { name: string; count: number }) {
  const { say } = useWords();
  return (
    <>
      <dt>{say('truth.lost-where', { place: name })}</dt>
      <dd>{countText(count)}</dd>
    </>
  );
}
