import { Play, Square } from 'lucide-react';
import { Button } from 'react-aria-components';
import type { StreamDescription } from '../../src/protocol/messages.ts';
import { useMonitor, useMonitorState } from '../hooks.ts';
import type { StreamCounts } from '../monitor-state.ts';
import { countText, dash, milliseconds } from '../texts.ts';

const stateWords = {
  closed: 'Not started',
  opening: 'Opening',
  streaming: 'Streaming',
  held: 'Held',
  faulted: 'Failed',
  lost: 'Device unplugged',
  stopped: 'Stopped',
} as const;

/** What arrives, of what was announced. */
function rateOf({ frameIntervalMs }: StreamDescription, counts: StreamCounts | undefined): string {
  const measured = counts === undefined ? dash : counts.capturedFps.toFixed(1);
  return frameIntervalMs === undefined ? `${measured} fps` : `${measured} of ${(1000 / frameIntervalMs).toFixed(1)} fps`;
}

function lossesOf(counts: StreamCounts | undefined): string {
  if (counts === undefined) return dash;
  const lost = Object.entries(counts.lost).filter(([, count]) => count > 0);
  return lost.length === 0 ? 'nothing' : lost.map(([place, count]) => `${countText(count)} ${place}`).join(', ');
}

/** What the source says of itself, and its switch. */
export function SourceSection({ stream, counts }: { stream: StreamDescription; counts: StreamCounts | undefined }) {
  const monitor = useMonitor();
  const { role } = useMonitorState();
  const { status, formats, regions, source, warnings } = stream;
  const running = status.state !== 'stopped';
  const calibrated = regions.some(({ unitX, unitY }) => unitX === 'cm' && unitY === 'cm');
  return (
    <section aria-label="Source">
      <header>
        <h3>Source</h3>
        {role === 'operator' && (
          <Button className="quiet" onPress={() => monitor.setSource(stream.id, !running)}>
            {running ? <Square aria-hidden="true" /> : <Play aria-hidden="true" />}
            {running ? 'Stop' : 'Start'}
          </Button>
        )}
      </header>
      <dl className="facts">
        <dt>State</dt>
        <dd>
          {stateWords[status.state]}
          {status.waitsFor === undefined ? '' : `, waiting for ${status.waitsFor}`}
        </dd>
        <dt>Device</dt>
        <dd>{source === '' ? '–' : source}</dd>
        <dt>Picture</dt>
        <dd>{formats === undefined ? '–' : `${formats.raw.width} × ${formats.raw.height}, ${formats.raw.pixelFormat}`}</dd>
        <dt>Rate</dt>
        <dd data-testid="source-rate">{rateOf(stream, counts)}</dd>
        {stream.deviceDelayMs !== undefined && (
          <>
            <dt>Its own delay</dt>
            <dd data-testid="device-delay">{milliseconds(stream.deviceDelayMs)}, in the age</dd>
          </>
        )}
        <dt>Lost</dt>
        <dd data-testid="source-losses">{lossesOf(counts)}</dd>
        <dt>Calibration</dt>
        <dd>{calibrated ? 'mm' : 'none, pixels only'}</dd>
        <dt>Viewers</dt>
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
