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
import { streamOf } from './monitor-state.ts';
import { Act, Toggle } from './tool-button.tsx';

/** One column of touch targets; everything here has a key too. */
export function ToolColumn() {
  const monitor = useMonitor();
  const state = useMonitorState();
  const { say } = useWords();
  const marked = useMarks(({ undoSteps, own }) => undoSteps.length > 0 || own !== undefined);
  const { selected } = state;
  const of = state.streams.length > 1 ? `, ${streamOf(state, selected)?.name ?? ''}` : '';
  return (
    <nav className="tools-place" aria-label="Tools">
      <Toolbar className="tools" orientation="vertical" aria-label="Acts on the selected picture">
        <Toggle
          icon={Snowflake}
          word="Freeze"
          name={`Freeze${of} (Space)`}
          on={state.frozen[selected] === true}
          onPress={() => toggleFreeze(monitor)}
        />
        {state.role !== 'observer' && <MarkTools />}
        <Act
          icon={Undo2}
          word="Undo"
          name="Undo (Ctrl+Z)"
          disabled={state.undoSteps.length === 0 && !marked}
          onPress={() => monitor.undo()}
        />
        <Button
          className={state.rawHeld === undefined ? 'tool' : 'tool held'}
          aria-label={`Raw: unprocessed picture while held${of} (N)`}
          onPressStart={() => monitor.act({ act: 'hold-raw', stream: selected })}
          onPressEnd={() => monitor.act({ act: 'hold-raw', stream: undefined })}
        >
          <EyeOff aria-hidden="true" />
          <span>Raw</span>
        </Button>
        <Toggle
          icon={Columns2}
          word="Divider"
          name={`Before/after divider${of} (D)`}
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
          word="Panel"
          name="Panel with stages and results (S)"
          on={state.panelOpen}
          onPress={() => monitor.act({ act: 'panel', open: !state.panelOpen })}
        />
        {state.devices !== undefined && (
          <Toggle
            icon={Cable}
            word="Devices"
            name="Devices that are attached (V)"
            on={state.devicesOpen}
            onPress={() => monitor.act({ act: 'devices', open: !state.devicesOpen })}
          />
        )}
        <Toggle
          icon={Users}
          word="People"
          name={state.role === 'operator' ? 'People: who is watching, who is invited (W)' : 'People: who is watching (W)'}
          on={state.peopleOpen}
          onPress={() => monitor.act({ act: 'people', open: !state.peopleOpen })}
        />
        <Flyout icon={ZoomIn} word={say('tools.zoom')} name={say('tools.zoom-name', { of })}>
          {() => (
            <>
              <Act icon={ZoomIn} word="In" name={`Zoom in${of} (+)`} onPress={() => zoomSelected(monitor, zoomStep)} />
              <Act icon={ZoomOut} word="Out" name={`Zoom out${of} (−)`} onPress={() => zoomSelected(monitor, 1 / zoomStep)} />
              <Act icon={Scan} word="Whole" name={`Whole picture${of} (0)`} onPress={() => zoomSelected(monitor, 0)} />
            </>
          )}
        </Flyout>
        <Act icon={Download} word={say('export.word')} name={say('export.tool')} onPress={() => monitor.exporting.setOpen(true)} />
        <Act icon={Maximize} word="Full" name="Full screen (F)" onPress={toggleFullScreen} />
        <Act icon={Keyboard} word="Keys" name="Keys: what each key does (?)" onPress={() => monitor.act({ act: 'key-map', open: true })} />
      </Toolbar>
    </nav>
  );
}
