import { Cable, CircleSlash, Unplug, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from 'react-aria-components';
import type { Device } from '../../src/protocol/messages.ts';
import { useFocusBack } from '../focus-back.ts';
import { useMonitor, useMonitorState, useWords } from '../hooks.ts';
import { type SteadyState, streamOf } from '../monitor-state.ts';
import { ToldError } from '../told-error.tsx';
import type { Words } from '../words/words.ts';

/** What is attached to the server, what each device delivers, which stream it is on, and why one cannot be opened. */
export function DevicesPanel() {
  useFocusBack();
  const monitor = useMonitor();
  const state = useMonitorState();
  const words = useWords();
  const { say } = words;
  const { devices = [], troubles = [] } = state.devices ?? {};
  const refusal = state.refusals[state.selected];
  return (
    <aside className="panel devices" aria-label={say('devices.title')} data-testid="devices-panel">
      <header>
        <h2 className="of">{say('devices.title')}</h2>
        <Button className="icon" aria-label={say('devices.close')} onPress={() => monitor.act({ act: 'devices', open: false })}>
          <X aria-hidden="true" />
        </Button>
      </header>
      <p className="for-screen-readers" role="status">
        {attachedText(words, devices)}
      </p>
      {refusal !== undefined && <ToldError error={refusal} />}
      {troubles.map(({ driver, error }) => (
        <ToldError key={driver} error={error} />
      ))}
      {devices.length === 0 && <p className="hint">{say('devices.none')}</p>}
      <ul>
        {devices.map((device) => (
          <DeviceItem key={`${device.driver}/${device.identity}/${device.place ?? ''}`} device={device} state={state} />
        ))}
      </ul>
    </aside>
  );
}

function DeviceItem({ device, state }: { device: Device; state: SteadyState }) {
  const monitor = useMonitor();
  const { say } = useWords();
  const { name, driver, identity, place, formats, attached, refusal, stream } = device;
  const selected = streamOf(state, state.selected);
  const usable = state.role === 'operator' && attached && refusal === undefined && selected !== undefined && stream !== selected.id;
  return (
    <li className={attached ? 'device' : 'device gone'} data-testid="device">
      <p className="device-name">{name}</p>
      <DeviceState device={device} on={stream === undefined ? undefined : streamOf(state, stream)?.name} />
      <p className="device-place">{[place, driver, identity].filter((part) => part !== undefined && part !== '').join(' · ')}</p>
      {refusal !== undefined && <ToldError error={refusal} kind="warning" />}
      <Formats formats={formats} />
      {usable && (
        <Button className="put" onPress={() => monitor.setDevice(selected.id, device)}>
          {say('devices.put-on', { stream: selected.name })}
        </Button>
      )}
    </li>
  );
}

/** Word and shape say the same. */
function DeviceState({ device: { attached, refusal }, on }: { device: Device; on: string | undefined }) {
  const { say } = useWords();
  if (!attached)
    return (
      <State shape={<Unplug aria-hidden="true" />} kind="missing">
        {on === undefined ? say('devices.unplugged') : say('devices.unplugged-waits', { stream: on })}
      </State>
    );
  if (refusal !== undefined)
    return (
      <State shape={<CircleSlash aria-hidden="true" />} kind="refused">
        {say('devices.refused')}
      </State>
    );
  return (
    <State shape={<Cable aria-hidden="true" />} kind={on === undefined ? 'free' : 'used'}>
      {on === undefined ? say('devices.free') : say('devices.used', { stream: on })}
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
  const { say } = useWords();
  const first = formats.slice(0, shownFormats);
  const rest = formats.slice(shownFormats);
  const item = (format: string) => <li key={format}>{format}</li>;
  if (formats.length === 0) return null;
  return (
    <div className="formats">
      <ul>{first.map(item)}</ul>
      {rest.length > 0 && (
        <details>
          <summary>{say('devices.more-formats', { count: rest.length })}</summary>
          <ul>{rest.map(item)}</ul>
        </details>
      )}
    </div>
  );
}

/** Read out when it changes: which devices there are, and which are missed. */
function attachedText({ say }: Words, devices: readonly Device[]): string {
  const named = (attached: boolean): string =>
    devices
      .filter((device) => device.attached === attached)
      .map(({ name }) => name)
      .join(', ');
  const [attached, missed] = [named(true), named(false)];
  const told = attached === '' ? say('devices.attached-nothing') : say('devices.attached', { devices: attached });
  return missed === '' ? told : `${told}; ${say('devices.missed', { devices: missed })}`;
}
