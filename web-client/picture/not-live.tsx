import { Play, Square, TriangleAlert } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Button } from 'react-aria-components';
import type { SourceStatus, StreamDescription } from '../../src/protocol/messages.ts';
import { useMonitor, useMonitorState, useNowMs, useWords } from '../hooks.ts';
import type { SourceTrouble } from '../monitor-state.ts';
import type { PictureTruth } from '../picture-truth.ts';
import { seconds } from '../texts.ts';
import { errorWords } from '../words/error-words.ts';
import type { Words } from '../words/words.ts';
import type { WireError } from '../worker-messages.ts';

/** Across a picture that is not live: impossible to take for the patient as he is now. */
export function NotLiveBand({ truth, source }: { truth: PictureTruth; source: SourceStatus }) {
  const words = useWords();
  if (truth.frozen || (truth.state !== 'not-live' && truth.state !== 'reconnecting')) return null;
  return (
    <div className="band" data-testid="not-live-band">
      <div className="band-line">
        <TriangleAlert aria-hidden="true" />
        <span className="band-word">{words.say('state.not-live')}</span>
        <span className="band-count">{seconds(words, truth.ageMs)}</span>
      </div>
      <div className="band-reason">{reason(words, truth, source)}</div>
    </div>
  );
}

function reason(words: Words, truth: PictureTruth, source: SourceStatus): string {
  const last = words.say(truth.picture === undefined ? 'not-live.no-picture' : 'not-live.since');
  const why = cause(words, truth, source);
  return why === undefined ? last : `${last} · ${why}`;
}

function cause({ say }: Words, truth: PictureTruth, { state, waitsFor }: SourceStatus): string | undefined {
  if (truth.unanswered) return say('not-live.unanswered');
  if (truth.state === 'reconnecting') return say('not-live.reconnecting');
  if (state === 'faulted') return say('not-live.faulted');
  if (state === 'lost') return waitsFor === undefined ? say('not-live.unplugged') : say('not-live.unplugged-known', { device: waitsFor });
  if (state === 'stopped') return say('not-live.stopped');
  if (state === 'opening' || state === 'closed') return say('not-live.opening');
  return undefined;
}

/** What happened to the source, what to do, when it tries again. */
export function SourceCard({ stream, trouble }: { stream: StreamDescription; trouble: SourceTrouble | undefined }) {
  const monitor = useMonitor();
  const { role } = useMonitorState();
  const words = useWords();
  const { say } = words;
  const { state, attempts } = stream.status;
  if (trouble === undefined && state !== 'stopped') return null;
  const told = trouble && errorWords(words, trouble.error);
  return (
    <aside className="source-card" data-testid="source-card">
      <div className="told">
        <p className={trouble !== undefined && beginsWithName(trouble.error) ? 'what' : 'what sentence'}>
          {told?.message ?? say('not-live.by-operator')}
        </p>
        {told !== undefined && <p className="remedy">{told.remedy}</p>}
        {trouble !== undefined && state !== 'lost' && <Countdown untilMs={trouble.retryAtMs} attempts={attempts} />}
      </div>
      {role === 'operator' && (
        <div className="acts">
          <Button onPress={() => monitor.setSource(stream.id, true)}>
            <Play aria-hidden="true" />
            {say(trouble === undefined ? 'source.start' : 'not-live.try-now')}
          </Button>
          {trouble !== undefined && (
            <Button onPress={() => monitor.setSource(stream.id, false)}>
              <Square aria-hidden="true" />
              {say('source.stop')}
            </Button>
          )}
        </div>
      )}
    </aside>
  );
}

/** The name of a file or a device is spelt as it is. */
function beginsWithName({ message, values = {} }: WireError): boolean {
  return Object.values(values).some((value) => message.startsWith(String(value)));
}

function Countdown({ untilMs, attempts }: { untilMs: number | undefined; attempts: number }) {
  const words = useWords();
  const { say } = words;
  const nowMs = useNowMs(100);
  return (
    <p className="retry">
      {untilMs === undefined || untilMs <= nowMs ? say('not-live.trying') : say('not-live.next', { wait: seconds(words, untilMs - nowMs) })}
      {attempts > 1 ? ` · ${say('not-live.failed', { count: attempts })}` : ''}
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
  const { say } = useWords();
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
            <span className="band-word">{say('state.not-live')}</span>
          </div>
          <div className="band-reason">{say('not-live.display')}</div>
        </div>
      </div>
      <div className="curtain-truth">
        <div className="state not-live">
          <TriangleAlert />
          <span className="word">{say('state.not-live')}</span>
        </div>
      </div>
    </div>
  );
}
