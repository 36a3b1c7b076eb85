// A probe and a grabber, plugged in and pulled out: how soon `Discovery` shows it. Arguments: rounds, with or without udevd.
import { filter, firstValueFrom, timeout } from 'rxjs';
import { Discovery, type Inventory } from '../../../src/discovery/discovery.ts';
import type { DeviceOptions } from '../../support/virtual-usb/devices.ts';
import { VirtualBus } from '../../support/virtual-usb/virtual-bus.ts';
import { attached, until } from './attached.ts';
import { tell } from './tell.ts';
import { startUdevd } from './udevd.ts';

/** A driver that did not answer in time is left in peace for 30 s: on a machine that has other things to do that happens. */
const patienceMs = 45_000;
const [rounds, with_] = process.argv.slice(2);
await using _udevd = with_ === 'udevd' ? await startUdevd() : undefined;
await using bus = await VirtualBus.open();
const discovery = new Discovery({ configured: [] });
discovery.watch();
await firstValueFrom(discovery.surveyed$);

const devices: readonly (readonly [DeviceOptions, string])[] = [
  [{ kind: 'convex', serial: 'H1' }, 'usb:04b4:00f1:H1'],
  [{ kind: 'uvc', serial: 'H2' }, '1209:0002'],
];
for (let round = 0; round < Number(rounds); round++) {
  const [options, identity] = devices[round % devices.length] as (typeof devices)[number];
  const shows = (is: boolean) => (inventory: Inventory) => inventory.devices.some((device) => device.identity.includes(identity)) === is;
  const device = await bus.plug(options, '1-1');
  const shown = seenAt(shows(true));
  await until(() => attached().length === 1, 'the kernel has it');
  const attachedAtMs = performance.now();
  const shownMs = (await shown) - attachedAtMs;
  const gone = seenAt(shows(false));
  await device.unplug();
  await until(() => attached().length === 0, 'the kernel has let it go');
  const detachedAtMs = performance.now();
  tell({ identity, shownMs, goneMs: (await gone) - detachedAtMs });
}
discovery.close();

async function seenAt(isMet: (inventory: Inventory) => boolean): Promise<number> {
  await firstValueFrom(discovery.inventory$.pipe(filter(isMet), timeout(patienceMs)));
  return performance.now();
}
