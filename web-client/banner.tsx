import { PatientBanner } from './examination/patient-banner.tsx';
import { useMonitorState, useServerMs, useWords } from './hooks.ts';
import { clockText } from './texts.ts';

/** Who is examined, where, and that nobody may diagnose from this. Never over the picture. */
export function Banner() {
  const { room, link } = useMonitorState();
  const { say } = useWords();
  return (
    <header className="banner">
      <PatientBanner />
      <h1 className="room">{room === '' ? 'Lumencast' : room}</h1>
      {link.state === 'lost' && <span className="line-lost">{say('banner.connection-lost')}</span>}
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

/** The server's clock: the one that capture times are read on. */
function RoomClock() {
  const serverMs = useServerMs();
  return <time className="clock">{serverMs === undefined ? '--:--:--' : clockText(serverMs)}</time>;
}
