import { type TierReason, tierNames } from '../../src/protocol/tiers.ts';
import { useMonitor } from '../hooks.ts';
import type { StreamCounts } from '../monitor-state.ts';
import { rateText } from '../texts.ts';
import type { Quality, WireError } from '../worker-messages.ts';
import { Choice } from './choice.tsx';

const qualities: readonly Quality[] = ['auto', ...tierNames];
export const qualityWords: Readonly<Record<Quality, string>> = {
  auto: 'Best the line bears',
  raw: 'As it is',
  exact: 'Exact, packed',
  video: 'Video',
  'video-thin': 'Video for a thin line',
  still: 'Single pictures',
  thin: 'Single pictures for a thin line',
};

const reasonWords: Readonly<Record<TierReason, string>> = {
  asked: 'this quality was asked for',
  beginning: 'begins with it, and sees what the line bears',
  bears: 'the line bears it',
  thin: 'the line, or this machine, bears no more',
  failing: 'the encoder of a better one fails',
};

interface LineProps {
  readonly quality: Quality;
  readonly inStep: boolean;
  readonly counts: StreamCounts | undefined;
  /** What is wrong with all streams together, e.g. decoders that cannot be opened. */
  readonly trouble: WireError | undefined;
}

/** How good the pictures are that this screen gets, and why. */
export function LineSection({ quality, inStep, counts, trouble }: LineProps) {
  const monitor = useMonitor();
  return (
    <section aria-label="Line">
      <header>
        <h3>Line</h3>
      </header>
      {trouble !== undefined && (
        <p className="refusal" role="alert">
          {trouble.message}
          <br />
          <small>{trouble.remedy}</small>
        </p>
      )}
      <Choice
        label="Quality"
        hint="of all pictures on this screen"
        choices={qualities}
        value={quality}
        textOf={(choice) => qualityWords[choice]}
        onChange={(choice) => monitor.act({ act: 'quality', quality: choice })}
      />
      <Choice
        label="Several pictures"
        hint="in step: each waits up to 120 ms until that of the other stream has come, so that both show the same moment"
        choices={['in step', 'as they come']}
        value={inStep ? 'in step' : 'as they come'}
        textOf={(choice) => choice}
        onChange={(choice) => monitor.act({ act: 'in-step', inStep: choice === 'in step' })}
      />
      <dl className="facts">
        <dt>Now</dt>
        <dd data-testid="tier">{counts === undefined ? '–' : qualityWords[counts.tier]}</dd>
        <dt>Why</dt>
        <dd data-testid="tier-reason">{counts?.tierReason === undefined ? '–' : reasonWords[counts.tierReason]}</dd>
        <dt>It takes</dt>
        <dd data-testid="tier-rate">{rateText(counts?.tierBytesPerSecond)}</dd>
        <dt>The line bears</dt>
        <dd>{rateText(counts?.lineBytesPerSecond)}</dd>
      </dl>
    </section>
  );
}
