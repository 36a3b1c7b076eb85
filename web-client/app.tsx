import { useEffect } from 'react';
import { Banner } from './banner.tsx';
import { ExaminationPanel } from './examination/examination-panel.tsx';
import { ExportDialog } from './export/export-dialog.tsx';
import { useMonitorState, useWords } from './hooks.ts';
import { JoinPage } from './join-page.tsx';
import { KeyMapDialog } from './key-map-dialog.tsx';
import { MarkAsker } from './mark-asker.tsx';
import { showsSidePanel } from './monitor-state.ts';
import { DevicesPanel } from './panel/devices-panel.tsx';
import { PeoplePanel } from './panel/people-panel.tsx';
import { SidePanel } from './panel/side-panel.tsx';
import { WallPanel } from './panel/wall-panel.tsx';
import { TimeStrip } from './time/time-strip.tsx';
import { ToolColumn } from './tool-column.tsx';
import { WallGrid } from './wall-grid.tsx';
import { errorWords } from './words/error-words.ts';
import type { WireError } from './worker-messages.ts';

/** The whole page: banner, tools, pictures, panel. */
export function App() {
  const state = useMonitorState();
  const { unfit, room, link, panelOpen, devicesOpen, peopleOpen, wallOpen, examinationOpen, display, joining } = state;
  useEffect(() => {
    document.title = room === '' ? 'Lumencast' : `${room} · Lumencast`;
  }, [room]);
  if (unfit !== undefined) return <Unfit error={unfit} />;
  if (joining !== undefined || link.state === 'shut') return <JoinPage />;
  if (display !== undefined) {
    return (
      <div className="monitor display">
        <Banner />
        <WallGrid />
      </div>
    );
  }
  return (
    <div className={panelOpen || devicesOpen || peopleOpen || wallOpen || examinationOpen ? 'monitor with-panel' : 'monitor'}>
      <Banner />
      <ToolColumn />
      <MarkAsker />
      <WallGrid />
      <TimeStrip />
      {peopleOpen && <PeoplePanel />}
      {devicesOpen && <DevicesPanel />}
      {wallOpen && <WallPanel />}
      {examinationOpen && <ExaminationPanel />}
      {showsSidePanel(state) && <SidePanel />}
      <KeyMapDialog />
      <ExportDialog />
    </div>
  );
}

function Unfit({ error }: { readonly error: WireError }) {
  const words = useWords();
  const { message, remedy } = errorWords(words, error);
  return (
    <main className="unfit">
      <div role="alert">
        <h1>{words.say('unfit.title')}</h1>
        <p>{message}</p>
        <p>{remedy}</p>
      </div>
    </main>
  );
}
