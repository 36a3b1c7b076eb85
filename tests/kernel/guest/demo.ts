// The guest's side of `npm run demo:usb`: virtual probes on its USB, the Lumencast server, and the tunnel to the host's browser.
import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { DeviceOptions } from '../../support/virtual-usb/devices.ts';
import { type PluggedDevice, VirtualBus } from '../../support/virtual-usb/virtual-bus.ts';
import { Tunnel } from '../tunnel.ts';

/** Descriptor 3 is the line to the host. */
const line = 3;
const port = Number(process.argv[2]);
const probes: Readonly<Record<string, DeviceOptions>> = {
  convex: { kind: 'convex', serial: 'DEMO1', rateMBps: 2.5 },
  interson: { kind: 'interson', serial: 'DEMO2', turnsPerSecond: 2 },
};
const room = {
  room: 'Virtual USB probes on a real Linux USB stack',
  // Two streams, their devices and the server share one emulated processor.
  limits: { silentWorkerMs: 60_000 },
  streams: [
    { name: 'Convex', driver: 'usb-probe', options: { device: 'usb:04b4:00f1:DEMO1', highVoltage: true } },
    { name: 'Mechanical sector', driver: 'usb-probe', options: { device: 'usb:1921:f001:DEMO2', highVoltage: true, motor: true } },
  ],
};

const tunnel = new Tunnel({
  input: createReadStream('', { fd: line }),
  output: createWriteStream('', { fd: line }),
  connect: () => connect(port, '127.0.0.1'),
  hear: (word) => void obey(word).then((answer) => tunnel.say(answer)),
});
const bus = await VirtualBus.open();
const plugged = new Map<string, PluggedDevice>();
await plug('convex');

writeFileSync('/run/room.json', JSON.stringify(room));
const server = spawn(
  process.execPath,
  ['src/main.ts', '--config', '/run/room.json', '--no-archive', '--no-past', '--port', String(port), '--json'],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
server.stdout.once('data', () => tunnel.say('ready'));
server.once('exit', (status) => process.exit(status ?? 1));

async function plug(name: string): Promise<void> {
  const busId = `1-${Object.keys(probes).indexOf(name) + 1}`;
  plugged.set(name, await bus.plug(probes[name] as DeviceOptions, busId));
}

/** `plug convex`, `unplug convex`, `stall convex`. */
async function obey(word: string): Promise<string> {
  const [verb = '', name = 'convex'] = word.split(' ');
  if (!(name in probes)) return `no such probe; there are ${Object.keys(probes).join(' and ')}`;
  const device = plugged.get(name);
  if (verb === 'plug' && device === undefined) await plug(name);
  else if (verb === 'unplug' && device !== undefined) {
    plugged.delete(name);
    await device.unplug();
  } else if ((verb === 'stall' || verb === 'babble') && device !== undefined) await device.act({ fault: verb });
  else return `${word}: not now`;
  return `${word}: done`;
}
