import {
  Cable,
  Columns2,
  Download,
  EyeOff,
  Keyboard,
  LayoutGrid,
  Maximize,
  PanelRight,
  Scan,
  Snowflake,
  Undo2,
  Users,
  ZoomIn,
  ZoomOut,
} from 'lucide-react';
import { Button, Toolbar } from 'react-aria-components';
import { MarkTools } from './drawing-tools.tsx';
import { Flyout } from './flyout.tsx';
import { useMarks, useMonitor, useMonitorState, useWords } from './hooks.ts';
import { toggleDivider, toggleFreeze, toggleFullScreen, zoomSelected, zoomStep } from './keys.ts';
import type { MarksState } from './marks-state.ts';
import { showsSidePanel, streamOf } from './monitor-state.ts';
import { Act, Toggle } from './tool-button.tsx';

/** What was not kept or refused: more about it is said in the results, which may be closed. */
const refusedOf = ({ edits, calibrationRefusals, stepRefusal, keeping, shown }: MarksState): number => {
  const marks = keeping === 'off' ? shown.length : [...edits.values()].filter(({ error }) => error !== undefined).length;
  return marks + Object.keys(calibrationRefusals).length + (stepRefusal === undefined ? 0 : 1);
};

/** One column of touch targets; everything here has a key too. */
export function ToolColumn() {
  const monitor = useMonitor();
  const state = useMonitorState();
  const { say } = useWords();
  const refused = useMarks(refusedOf);
  const marked = useMarks(({ undoSteps, own }) => undoSteps.length > 0 || own !== undefined);
  const { selected } = state;
  const of = state.streams.length > 1 ? `, ${streamOf(state, selected)?.name ?? ''}` : '';
  return (
    <nav className="tools-place" aria-label={say('column.tools')}>
      <Toolbar className="tools" orientation="vertical" aria-label={say('column.acts')}>
        <Toggle
          icon={Snowflake}
          word={say('column.freeze')}
          name={say('column.freeze-name', { of })}
          on={state.frozen[selected] === true}
          onPress={() => toggleFreeze(monitor)}
        />
        {state.role !== 'observer' && <MarkTools />}
        <Act
          icon={Undo2}
          word={say('column.undo')}
          name={say('column.undo-name')}
          disabled={state.undoSteps.length === 0 && !marked}
          onPress={() => monitor.undo()}
        />
        <Button
          className={state.rawHeld === undefined ? 'tool' : 'tool held'}
          aria-label={say('column.raw-name', { of })}
          onPressStart={() => monitor.act({ act: 'hold-raw', stream: selected })}
          onPressEnd={() => monitor.act({ act: 'hold-raw', stream: undefined })}
        >
          <EyeOff aria-hidden="true" />
          <span>{say('column.raw')}</span>
        </Button>
        <Toggle
          icon={Columns2}
          word={say('column.divider')}
          name={say('column.divider-name', { of })}
          on={state.dividers[selected] !== undefined}
          onPress={() => toggleDivider(monitor)}
        />
        <Toggle
          icon={LayoutGrid}
          word={say('wall.title')}
          name={say('wall.tool')}
          on={state.wallOpen}
          onPress={() => monitor.act({ act: 'wall-panel', open: !state.wallOpen })}
        />
        <Toggle
          icon={PanelRight}
          word={refused === 0 ? say('column.panel') : say('column.refused', { count: refused })}
          name={refused === 0 ? say('column.panel-name') : say('column.refused-name', { count: refused })}
          on={showsSidePanel(state)}
          waits={refused > 0}
          onPress={() => monitor.act({ act: 'panel', open: !showsSidePanel(state) })}
        />
        {state.devices !== undefined && (
          <Toggle
            icon={Cable}
            word={say('devices.title')}
            name={say('column.devices-name')}
            on={state.devicesOpen}
            onPress={() => monitor.act({ act: 'devices', open: !state.devicesOpen })}
          />
        )}
        <Toggle
          icon={Users}
          word={say('people.title')}
          name={say(state.role === 'operator' ? 'column.people-and-invited' : 'column.people-name')}
          on={state.peopleOpen}
          onPress={() => monitor.act({ act: 'people', open: !state.peopleOpen })}
        />
        <Flyout icon={ZoomIn} word={say('tools.zoom')} name={say('tools.zoom-name', { of })}>
          {() => (
            <>
              <Act
                icon={ZoomIn}
                word={say('column.in')}
                name={say('column.in-name', { of })}
                onPress={() => zoomSelected(monitor, zoomStep)}
              />
              <Act
                icon={ZoomOut}
                word={say('column.out')}
                name={say('column.out-name', { of })}
                onPress={() => zoomSelected(monitor, 1 / zoomStep)}
              />
              <Act
                icon={Scan}
                word={say('column.whole')}
                name={say('column.whole-name', { of })}
                onPress={() => zoomSelected(monitor, 0)}
              />
            </>
          )}
        </Flyout>
        <Act icon={Download} word={say('export.word')} name={say('export.tool')} onPress={() => monitor.exporting.setOpen(true)} />
        <Act icon={Maximize} word={say('column.full')} name={say('column.full-name')} onPress={toggleFullScreen} />
        <Act
          icon={Keyboard}
          word={say('keys.title')}
          name={say('column.keys-name')}
          onPress={() => monitor.act({ act: 'key-map', open: true })}
        />
      </Toolbar>
    </nav>
  );
}
