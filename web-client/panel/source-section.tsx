import { Play, Square } from 'lucide-react';
import { Button } from 'react-aria-components';
import type { StreamDescription } from '../../src/protocol/messages.ts';
import { useCounts, useMonitor, useMonitorState, useWords } from '../hooks.ts';
import type { StreamCounts } from '../monitor-state.ts';
import { countText, dash, milliseconds, tenthText } from '../texts.ts';
import { placeWords } from '../words/server-words.ts';
import type { Words } from '../words/words.ts';

/** What arrives, of what was announced. */
function rateOf(words: Words, { frameIntervalMs }: StreamDescription, counts: StreamCounts | undefined): string {
  const measured = tenthText(words, counts?.capturedFps);
  if (frameIntervalMs === undefined) return words.say('source.rate-is', { measured });
  return words.say('source.rate-of', { measured, announced: tenthText(words, 1000 / frameIntervalMs) });
}

function lossesOf(words: Words, counts: StreamCounts | undefined): string {
  if (counts === undefined) return dash;
  const lost = Object.entries(counts.lost).filter(([, count]) => count > 0);
  return lost.length === 0
    ? words.say('source.nothing-lost')
    : lost.map(([place, count]) => `${countText(count)} ${placeWords(words, place)}`).join(', ');
}

/** What the source says of itself, and its switch. */
export function SourceSection({ stream }: { stream: StreamDescription }) {
  const counts = useCounts(stream.id);
  const monitor = useMonitor();
  const { role } = useMonitorState();
  const words = useWords();
  const { say } = words;
  const { status, formats, regions, source, warnings } = stream;
  const state = say(`source-state.${status.state}`);
  const running = status.state !== 'stopped';
  const calibrated = regions.some(({ unitX, unitY }) => unitX === 'cm' && unitY === 'cm');
  return (
    <section aria-label={say('source.title')}>
      <header>
        <h3>{say('source.title')}</h3>
        {role === 'operator' && (
          <Button className="quiet" onPress={() => monitor.setSource(stream.id, !running)}>
            {running ? <Square aria-hidden="true" /> : <Play aria-hidden="true" />}
            {say(running ? 'source.stop' : 'source.start')}
          </Button>
        )}
      </header>
      <dl className="facts">
        <dt>{say('source.state')}</dt>
        <dd>{status.waitsFor === undefined ? state : say('source.waiting', { state, device: status.waitsFor })}</dd>
        <dt>{say('source.device')}</dt>
        <dd>{source === '' ? dash : source}</dd>
        <dt>{say('source.picture')}</dt>
        <dd>{formats === undefined ? dash : `${formats.raw.width} × ${formats.raw.height}, ${formats.raw.pixelFormat}`}</dd>
        <dt>{say('source.rate')}</dt>
        <dd data-testid="source-rate">{rateOf(words, stream, counts)}</dd>
        {stream.deviceDelayMs !== undefined && (
          <>
            <dt>{say('source.delay')}</dt>
            <dd data-testid="device-delay">{say('source.in-age', { delay: milliseconds(stream.deviceDelayMs) })}</dd>
          </>
        )}
        <dt>{say('source.lost')}</dt>
        <dd data-testid="source-losses">{lossesOf(words, counts)}</dd>
        <dt>{say('source.calibration')}</dt>
        <dd>{calibrated ? 'mm' : say('source.pixels-only')}</dd>
        <dt>{say('source.viewers')}</dt>
        <dd>{countText(counts?.viewers)}</dd>
      </dl>
      {warnings.map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
    </section>
  );
}
