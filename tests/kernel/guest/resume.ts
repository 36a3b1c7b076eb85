// A stream on the first probe that is attached; it is pulled out, another one comes, and it comes back in another port.
import { parseRoom } from '../../../src/config/room.ts';
import { anchorClock } from '../../../src/device/clock.ts';
import { DeviceDesk } from '../../../src/discovery/device-desk.ts';
import { Discovery } from '../../../src/discovery/discovery.ts';
import { Stream } from '../../../src/stream/stream.ts';
import { VirtualBus } from '../../support/virtual-usb/virtual-bus.ts';
import { attached, until } from './attached.ts';
import { tell } from './tell.ts';

await using bus = await VirtualBus.open();
const settings = { name: 'Probe', driver: 'usb-probe', options: { highVoltage: true, motor: true } };
// The guest has half of a busy core: its first picture takes what a whole second of pictures takes elsewhere.
const room = parseRoom({ streams: [settings], limits: { silentWorkerMs: 60_000 } }, 'guest');
const log = { info: () => undefined, warn: (fields: object, text: string) => void console.log(text, fields) };
const stream = new Stream(0, room.streams[0] as (typeof room.streams)[number], room.limits, anchorClock(), log);
const discovery = new Discovery({ configured: room.streams });
const desk = new DeviceDesk(discovery, [stream]);
discovery.watch();
stream.start();

const state = async (wanted: string): Promise<void> => {
  await until(() => stream.status.state === wanted, `the stream is ${wanted}, it is ${stream.status.state}`, 20);
};
const listed = (identity: string) => desk.message$.value.devices.find((device) => device.identity === identity);

await state('lost');
tell({ at: 'start', error: stream.status.error?.code });

let sinceMs = performance.now();
let probe = await bus.plug({ kind: 'convex', serial: 'OWN' }, '1-1');
await state('streaming');
const identity = stream.source.device?.identity ?? '';
tell({ at: 'first', tookMs: performance.now() - sinceMs, identity });
await until(() => listed(identity)?.stream === 0, 'the list shows on which stream it is');

sinceMs = performance.now();
await probe.unplug();
await state('lost');
await until(() => listed(identity)?.attached === false, 'the list shows that it is missed');
tell({ at: 'unplugged', tookMs: performance.now() - sinceMs, waitsFor: stream.status.waitsFor, error: stream.status.error?.code });

const other = await bus.plug({ kind: 'convex', serial: 'OTHER' }, '1-2');
await until(
  () => desk.message$.value.devices.some((device) => device.attached && device.identity.includes('OTHER')),
  'the other one shows',
);
await discovery.survey();
tell({ at: 'other', state: stream.status.state, captured: stream.counts.captured });

for (let round = 0; round < 5; round++) {
  sinceMs = performance.now();
  probe = await bus.plug({ kind: 'convex', serial: 'OWN' }, '1-3');
  await until(() => attached().length === 2, 'the kernel has it');
  const attachedMs = performance.now();
  await until(() => listed(identity)?.attached === true, 'the list has it');
  const listedMs = performance.now();
  await state('streaming');
  const streamingMs = performance.now();
  tell({
    at: 'back',
    toAttachedMs: attachedMs - sinceMs,
    toListedMs: listedMs - attachedMs,
    toPictureMs: streamingMs - attachedMs,
    identity: stream.source.device?.identity,
  });
  await probe.unplug();
  await state('lost');
}
await other.unplug();
desk.close();
discovery.close();
await stream.close();
