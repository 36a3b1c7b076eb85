import { useEffect } from 'react';
import { Banner } from './banner.tsx';
import { useMonitor, useMonitorState } from './hooks.ts';
import { JoinPage } from './join-page.tsx';
import { KeyMapDialog } from './key-map-dialog.tsx';
import { shownStreams } from './monitor-state.ts';
import { DevicesPanel } from './panel/devices-panel.tsx';
import { PeoplePanel } from './panel/people-panel.tsx';
import { SidePanel } from './panel/side-panel.tsx';
import { Tile } from './picture/tile.tsx';
import { ToolColumn } from './tool-column.tsx';

/** The whole page: banner, tools, pictures, panel. */
export function App() {
  const monitor = useMonitor();
  const { unfit, room, streams, link, alone, panelOpen, devicesOpen, peopleOpen, joining } = useMonitorState();
  useEffect(() => {
    document.title = room === '' ? 'Lumencast' : `${room} · Lumencast`;
  }, [room]);
  if (unfit !== undefined) return <Unfit message={unfit.message} remedy={unfit.remedy} />;
  if (joining !== undefined || link.state === 'shut') return <JoinPage />;
  const shown = shownStreams({ ...monitor.state, streams, alone });
  return (
    <div className={panelOpen || devicesOpen || peopleOpen ? 'monitor with-panel' : 'monitor'}>
      <Banner />
      <ToolColumn />
      <main
        className="tiles"
        style={{
          '--columns': columns(shown.length),
          '--rows': Math.ceil(shown.length / columns(shown.length)),
          '--columns-upright': shown.length > 2 ? 2 : 1,
        }}
      >
        {shown.map((stream) => (
          <Tile key={stream.id} stream={stream} position={streams.indexOf(stream) + 1} />
        ))}
        {streams.length === 0 && (
          <p className="no-stream" role="status">
            {link.state === 'open' ? 'This room has no stream' : 'Connecting to the server'}
          </p>
        )}
      </main>
      {peopleOpen && <PeoplePanel />}
      {devicesOpen && <DevicesPanel />}
      {panelOpen && !peopleOpen && !devicesOpen && <SidePanel />}
      <KeyMapDialog />
    </div>
  );
}

/** Pictures are wider than high, and screens too: two stand side by side. */
const columns = (count: number): number => Math.max(1, Math.ceil(Math.sqrt(count)));

function Unfit({ message, remedy }: { message: string; remedy: string }) {
  return (
    <main className="unfit">
      <div role="alert">
        <h1>No live picture on this device</h1>
        <p>{message}</p>
        <p>{remedy}</p>
      </div>
    </main>
  );
}
