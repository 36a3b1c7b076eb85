import { PatientBanner } from './examination/patient-banner.tsx';
import { useMonitorState, useServerMs, useWords } from './hooks.ts';
import { clockText } from './texts.ts';
import { errorWords } from './words/error-words.ts';
import type { WireError } from './worker-messages.ts';

/** Who is examined, where, and that nobody may diagnose from this. Never over the picture. */
export function Banner() {
  const { room, link } = useMonitorState();
  const { say } = useWords();
  return (
    <header className="banner">
      <PatientBanner />
      <h1 className="room">{room === '' ? 'Lumencast' : room}</h1>
      {link.state === 'lost' && <LineLost error={link.error} />}
      {!crossOriginIsolated && (
        <span className="not-isolated" title={say('banner.not-isolated-meaning')}>
          {say('banner.not-isolated')}
        </span>
      )}
      <span className="not-diagnostic">{say('banner.not-diagnostic')}</span>
      <RoomClock />
    </header>
  );
}

/** And why, where the server says it. */
function LineLost({ error }: { error: WireError | undefined }) {
  const words = useWords();
  const told = error && errorWords(words, error);
  return (
    <span className="line-lost" title={told?.remedy}>
      {told?.message ?? words.say('banner.connection-lost')}
    </span>
  );
}

/** The server's clock: the one that capture times are read on. */
function RoomClock() {
  const serverMs = useServerMs(1000);
  return <time className="clock">{serverMs === undefined ? '--:--:--' : clockText(serverMs)}</time>;
}
