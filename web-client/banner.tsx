import { PatientBanner } from './examination/patient-banner.tsx';
import { useMonitorState, useServerMs } from './hooks.ts';
import { clockText } from './texts.ts';

/** Who is examined, where, and that nobody may diagnose from this. Never over the picture. */
export function Banner() {
  const { room, link } = useMonitorState();
  return (
    <header className="banner">
      <PatientBanner />
      <h1 className="room">{room === '' ? 'Lumencast' : room}</h1>
      {link.state === 'lost' && <span className="line-lost">Connection lost</span>}
      {!crossOriginIsolated && (
        <span className="not-isolated" title="The server did not send COOP and COEP: shared memory may be refused by this browser">
          Page not isolated
        </span>
      )}
      <span className="not-diagnostic">Not for diagnostic use</span>
      <RoomClock />
    </header>
  );
}

/** The server's clock: the one that capture times are read on. */
function RoomClock() {
  const serverMs = useServerMs();
  return <time className="clock">{serverMs === undefined ? '--:--:--' : clockText(serverMs)}</time>;
}
