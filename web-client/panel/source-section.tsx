import { Play, Square } from 'lucide-react';
import { Button } from 'react-aria-components';
import type { StreamDescription } from '../../src/protocol/messages.ts';
import { useMonitor } from '../hooks.ts';
import { countText } from '../texts.ts';

const stateWords = {
  closed: 'Not started',
  opening: 'Opening',
  streaming: 'Streaming',
  held: 'Held',
  faulted: 'Failed',
  lost: 'Device unplugged',
  stopped: 'Stopped',
} as const;

/** What the source says of itself, and its switch. */
export function SourceSection({ stream, viewers }: { stream: StreamDescription; viewers: number | undefined }) {
  const monitor = useMonitor();
  const { status, formats, regions, source, warnings } = stream;
  const running = status.state !== 'stopped';
  const calibrated = regions.some(({ unitX, unitY }) => unitX === 'cm' && unitY === 'cm');
  return (
    <section aria-label="Source">
      <header>
        <h3>Source</h3>
        <Button className="quiet" onPress={() => monitor.setSource(stream.id, !running)}>
          {running ? <Square aria-hidden="true" /> : <Play aria-hidden="true" />}
          {running ? 'Stop' : 'Start'}
        </Button>
      </header>
      <dl className="facts">
        <dt>State</dt>
        <dd>{stateWords[status.state]}</dd>
        <dt>Device</dt>
        <dd>{source === '' ? '–' : source}</dd>
        <dt>Picture</dt>
        <dd>{formats === undefined ? '–' : `${formats.raw.width} × ${formats.raw.height}, ${formats.raw.pixelFormat}`}</dd>
        <dt>Calibration</dt>
        <dd>{calibrated ? 'mm' : 'none, pixels only'}</dd>
        <dt>Viewers</dt>
        <dd>{countText(viewers)}</dd>
      </dl>
      {warnings.map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
    </section>
  );
}
