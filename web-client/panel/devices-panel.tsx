import { Cable, CircleSlash, Unplug, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from 'react-aria-components';
import type { Device } from '../../src/protocol/messages.ts';
import { useMonitor, useMonitorState } from '../hooks.ts';
import { type MonitorState, streamOf } from '../monitor-state.ts';

/** What is attached to the server, what each device delivers, which stream it is on, and why one cannot be opened. */
export function DevicesPanel() {
  const monitor = useMonitor();
  const state = useMonitorState();
  const { devices = [], troubles = [] } = state.devices ?? {};
  const refusal = state.refusals[state.selected];
  return (
    <aside className="panel devices" aria-label="Devices" data-testid="devices-panel">
      <header>
        <h2 className="of">Devices</h2>
        <Button className="icon" aria-label="Close the list of devices" onPress={() => monitor.act({ act: 'devices', open: false })}>
          <X aria-hidden="true" />
        </Button>
      </header>
      <p className="for-screen-readers" role="status">
        {attachedText(devices)}
      </p>
      {refusal !== undefined && (
        <p className="refusal" role="alert">
          {refusal.message}
          <br />
          <small>{refusal.remedy}</small>
        </p>
      )}
      {troubles.map(({ driver, error }) => (
        <p key={driver} className="refusal" role="alert">
          {error.message}
          <br />
          <small>{error.remedy}</small>
        </p>
      ))}
      {devices.length === 0 && <p className="hint">No device is attached.</p>}
      <ul>
        {devices.map((device) => (
          <DeviceItem key={`${device.driver}/${device.identity}/${device.place ?? ''}`} device={device} state={state} />
        ))}
      </ul>
    </aside>
  );
}

function DeviceItem({ device, state }: { device: Device; state: MonitorState }) {
  const monitor = useMonitor();
  const { name, driver, identity, place, formats, attached, refusal, stream } = device;
  const selected = streamOf(state, state.selected);
  const usable = state.role === 'operator' && attached && refusal === undefined && selected !== undefined && stream !== selected.id;
  return (
    <li className={attached ? 'device' : 'device gone'} data-testid="device">
      <p className="device-name">{name}</p>
      <DeviceState device={device} on={stream === undefined ? undefined : streamOf(state, stream)?.name} />
      <p className="device-place">{[place, driver, identity].filter((part) => part !== undefined && part !== '').join(' · ')}</p>
      {refusal !== undefined && (
        <p className="warning">
          {refusal.message}
          <br />
          <small>{refusal.remedy}</small>
        </p>
      )}
      <Formats formats={formats} />
      {usable && (
        <Button className="put" onPress={() => monitor.setDevice(selected.id, device)}>
          Put on {selected.name}
        </Button>
      )}
    </li>
  );
}

/** Word and shape say the same. */
function DeviceState({ device: { attached, refusal }, on }: { device: Device; on: string | undefined }) {
  if (!attached)
    return (
      <State shape={<Unplug aria-hidden="true" />} kind="missing">
        Unplugged{on === undefined ? '' : `, ${on} waits for it`}
      </State>
    );
  if (refusal !== undefined)
    return (
      <State shape={<CircleSlash aria-hidden="true" />} kind="refused">
        Cannot be opened
      </State>
    );
  return (
    <State shape={<Cable aria-hidden="true" />} kind={on === undefined ? 'free' : 'used'}>
      {on === undefined ? 'Attached, on no stream' : `On ${on}`}
    </State>
  );
}

function State({ shape, kind, children }: { shape: ReactNode; kind: string; children: ReactNode }) {
  return (
    <p className={`device-state ${kind}`} data-state={kind}>
      {shape}
      <span>{children}</span>
    </p>
  );
}

const shownFormats = 3;

function Formats({ formats }: { formats: readonly string[] }) {
  const first = formats.slice(0, shownFormats);
  const rest = formats.slice(shownFormats);
  const item = (format: string) => <li key={format}>{format}</li>;
  if (formats.length === 0) return null;
  return (
    <div className="formats">
      <ul>{first.map(item)}</ul>
      {rest.length > 0 && (
        <details>
          <summary>{rest.length} more</summary>
          <ul>{rest.map(item)}</ul>
        </details>
      )}
    </div>
  );
}

/** Read out when it changes: which devices there are, and which are missed. */
function attachedText(devices: readonly Device[]): string {
  const named = (attached: boolean): string =>
    devices
      .filter((device) => device.attached === attached)
      .map(({ name }) => name)
      .join(', ');
  return [`Attached: ${named(true) || 'nothing'}`, ...(named(false) === '' ? [] : [`unplugged: ${named(false)}`])].join('; ');
}
