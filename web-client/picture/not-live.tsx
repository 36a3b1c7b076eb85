import { Play, Square, TriangleAlert } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Button } from 'react-aria-components';
import type { SourceStatus, StreamDescription } from '../../src/protocol/messages.ts';
import { useMonitor, useMonitorState, useNowMs } from '../hooks.ts';
import { liveWords } from '../live-state.ts';
import type { SourceTrouble } from '../monitor-state.ts';
import type { PictureTruth } from '../picture-truth.ts';
import { seconds } from '../texts.ts';

/** Across a picture that is not live: impossible to take for the patient as he is now. */
export function NotLiveBand({ truth, source }: { truth: PictureTruth; source: SourceStatus }) {
  if (truth.frozen || (truth.state !== 'not-live' && truth.state !== 'reconnecting')) return null;
  return (
    <div className="band" data-testid="not-live-band">
      <div className="band-line">
        <TriangleAlert aria-hidden="true" />
        <span className="band-word">{liveWords['not-live']}</span>
        <span className="band-count">{seconds(truth.ageMs)}</span>
      </div>
      <div className="band-reason">{reason(truth, source)}</div>
    </div>
  );
}

function reason(truth: PictureTruth, source: SourceStatus): string {
  const last = truth.picture === undefined ? 'no picture yet' : 'since the last frame';
  if (truth.unanswered) return `${last} · this viewer's decoder does not answer`;
  if (truth.state === 'reconnecting') return `${last} · connection lost, reconnecting`;
  if (source.state === 'faulted') return `${last} · the source has failed`;
  if (source.state === 'lost') return `${last} · device unplugged, waiting for ${source.waitsFor ?? 'it'}`;
  if (source.state === 'stopped') return `${last} · the source was stopped`;
  if (source.state === 'opening' || source.state === 'closed') return `${last} · the source is opening`;
  return last;
}

/** What happened to the source, what to do, when it tries again. */
export function SourceCard({ stream, trouble }: { stream: StreamDescription; trouble: SourceTrouble | undefined }) {
  const monitor = useMonitor();
  const { role } = useMonitorState();
  const { state, attempts } = stream.status;
  if (trouble === undefined && state !== 'stopped') return null;
  return (
    <aside className="source-card" data-testid="source-card">
      <div className="told">
        <p className="what">{trouble?.error.message ?? 'stopped by an operator'}</p>
        {trouble !== undefined && <p className="remedy">{trouble.error.remedy}</p>}
        {trouble !== undefined && state !== 'lost' && <Countdown untilMs={trouble.retryAtMs} attempts={attempts} />}
      </div>
      {role === 'operator' && (
        <div className="acts">
          <Button onPress={() => monitor.setSource(stream.id, true)}>
            <Play aria-hidden="true" />
            {trouble === undefined ? 'Start' : 'Try now'}
          </Button>
          {trouble !== undefined && (
            <Button onPress={() => monitor.setSource(stream.id, false)}>
              <Square aria-hidden="true" />
              Stop
            </Button>
          )}
        </div>
      )}
    </aside>
  );
}

function Countdown({ untilMs, attempts }: { untilMs: number | undefined; attempts: number }) {
  const nowMs = useNowMs(100);
  return (
    <p className="retry">
      {untilMs === undefined || untilMs <= nowMs ? 'Trying again' : `Next attempt in ${seconds(untilMs - nowMs)}`}
      {attempts > 1 ? ` · ${attempts} have failed` : ''}
    </p>
  );
}

/** Longer than any tick is late on a busy machine, short enough that nobody acts on a dead page. */
const curtainMs = 1500;

/**
 * A curtain that falls by itself: its animation runs in the compositor and would cover the picture, were it not wound back
 * by every fresh verdict. A page that hangs winds nothing back, so it cannot go on showing LIVE.
 */
export function DeadManCurtain({ stream }: { stream: number }) {
  const monitor = useMonitor();
  const curtain = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const fall = curtain.current?.animate([{ opacity: 0 }, { opacity: 0, offset: 0.98 }, { opacity: 1 }], {
      duration: curtainMs,
      fill: 'forwards',
    });
    if (fall === undefined) return;
    let woundMs = 0;
    const subscription = monitor.truths$.subscribe(({ silentMs, byStream, atMs }) => {
      const fresh = silentMs < curtainMs / 3 && byStream.has(stream);
      if (!fresh || atMs - woundMs < curtainMs / 6) return;
      woundMs = atMs;
      fall.currentTime = 0;
      fall.play();
    });
    return () => {
      subscription.unsubscribe();
      fall.cancel();
    };
  }, [monitor, stream]);
  return (
    <div ref={curtain} className="curtain" aria-hidden="true">
      <div className="curtain-stage">
        <div className="band">
          <div className="band-line">
            <TriangleAlert />
            <span className="band-word">{liveWords['not-live']}</span>
          </div>
          <div className="band-reason">this display does not answer</div>
        </div>
      </div>
      <div className="curtain-truth">
        <div className="state not-live">
          <TriangleAlert />
          <span className="word">{liveWords['not-live']}</span>
        </div>
      </div>
    </div>
  );
}
