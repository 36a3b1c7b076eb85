import {
  Cable,
  Columns2,
  EyeOff,
  Keyboard,
  LayoutGrid,
  type LucideIcon,
  Maximize,
  PanelRight,
  Ruler,
  Scan,
  Snowflake,
  Undo2,
  Users,
  ZoomIn,
  ZoomOut,
} from 'lucide-react';
import { Button, ToggleButton, Toolbar } from 'react-aria-components';
import { useMonitor, useMonitorState } from './hooks.ts';
import { toggleCaliper, toggleDivider, toggleFreeze, toggleFullScreen, zoomSelected, zoomStep } from './keys.ts';
import { streamOf } from './monitor-state.ts';

interface ActProps {
  readonly icon: LucideIcon;
  readonly word: string;
  readonly name: string;
  readonly disabled?: boolean;
  onPress(): void;
}

function Act({ icon: Icon, word, name, disabled = false, onPress }: ActProps) {
  return (
    <Button className="tool" aria-label={name} isDisabled={disabled} onPress={onPress}>
      <Icon aria-hidden="true" />
      <span>{word}</span>
    </Button>
  );
}

function Toggle({ icon: Icon, word, name, on, onPress }: ActProps & { readonly on: boolean }) {
  return (
    <ToggleButton className="tool" aria-label={name} isSelected={on} onChange={onPress}>
      <Icon aria-hidden="true" />
      <span>{word}</span>
    </ToggleButton>
  );
}

/** One column of touch targets; everything here has a key too. */
export function ToolColumn() {
  const monitor = useMonitor();
  const state = useMonitorState();
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
        <Toggle icon={Ruler} word="Caliper" name="Caliper (C)" on={state.tool === 'caliper'} onPress={() => toggleCaliper(monitor)} />
        <Act icon={Undo2} word="Undo" name="Undo (Ctrl+Z)" disabled={state.undoSteps.length === 0} onPress={() => monitor.undo()} />
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
        <Act
          icon={LayoutGrid}
          word="Layout"
          name="Layout: all streams, or the selected one alone (1–9)"
          disabled={state.streams.length < 2}
          onPress={() => monitor.act({ act: 'alone', stream: state.alone === undefined ? selected : undefined })}
        />
        <Toggle
          icon={PanelRight}
          word="Panel"
          name="Panel with stages and results (P)"
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
        {state.role === 'operator' && (
          <Toggle
            icon={Users}
            word="People"
            name="People: who is watching, who is invited (W)"
            on={state.peopleOpen}
            onPress={() => monitor.act({ act: 'people', open: !state.peopleOpen })}
          />
        )}
        <Act icon={ZoomIn} word="In" name={`Zoom in${of} (+)`} onPress={() => zoomSelected(monitor, zoomStep)} />
        <Act icon={ZoomOut} word="Out" name={`Zoom out${of} (−)`} onPress={() => zoomSelected(monitor, 1 / zoomStep)} />
        <Act icon={Scan} word="Whole" name={`Whole picture${of} (0)`} onPress={() => zoomSelected(monitor, 0)} />
        <Act icon={Maximize} word="Full" name="Full screen (F)" onPress={toggleFullScreen} />
        <Act icon={Keyboard} word="Keys" name="Keys: what each key does (?)" onPress={() => monitor.act({ act: 'key-map', open: true })} />
      </Toolbar>
    </nav>
  );
}
