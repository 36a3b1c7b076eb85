import { tierNames } from '../../src/protocol/tiers.ts';
import { useCounts, useMonitor, useWords } from '../hooks.ts';
import { dash, rateText } from '../texts.ts';
import { ToldError } from '../told-error.tsx';
import type { Quality, WireError } from '../worker-messages.ts';
import { Choice } from './choice.tsx';

const qualities: readonly Quality[] = ['auto', ...tierNames];

interface LineProps {
  readonly quality: Quality;
  readonly inStep: boolean;
  readonly stream: number;
  /** What is wrong with all streams together, e.g. decoders that cannot be opened. */
  readonly trouble: WireError | undefined;
}

/** How good the pictures are that this screen gets, and why. */
export function LineSection({ quality, inStep, stream, trouble }: LineProps) {
  const counts = useCounts(stream);
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  return (
    <section aria-label={say('line.title')}>
      <header>
        <h3>{say('line.title')}</h3>
      </header>
      {trouble !== undefined && <ToldError error={trouble} />}
      <Choice
        label={say('line.quality')}
        hint={say('line.quality-meaning')}
        choices={qualities}
        value={quality}
        textOf={(choice) => say(`quality.${choice}`)}
        onChange={(choice) => monitor.act({ act: 'quality', quality: choice })}
      />
      <Choice
        label={say('line.several')}
        hint={say('line.several-meaning')}
        choices={['in-step', 'as-they-come'] as const}
        value={inStep ? 'in-step' : 'as-they-come'}
        textOf={(choice) => say(`line.${choice}`)}
        onChange={(choice) => monitor.act({ act: 'in-step', inStep: choice === 'in-step' })}
      />
      <dl className="facts">
        <dt>{say('line.now')}</dt>
        <dd data-testid="tier">{counts === undefined ? dash : say(`quality.${counts.tier}`)}</dd>
        <dt>{say('line.why')}</dt>
        <dd data-testid="tier-reason">{counts?.tierReason === undefined ? dash : say(`quality-why.${counts.tierReason}`)}</dd>
        <dt>{say('line.takes')}</dt>
        <dd data-testid="tier-rate">{rateText(words, counts?.tierBytesPerSecond)}</dd>
        <dt>{say('line.bears')}</dt>
        <dd>{rateText(words, counts?.lineBytesPerSecond)}</dd>
      </dl>
    </section>
  );
}
