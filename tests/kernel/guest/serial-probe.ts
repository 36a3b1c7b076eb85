import { setTimeout as wait } from 'node:timers/promises';
import { serialProbe } from '../../../device-drivers/serial-probe/serial-probe.ts';
import { runDriver } from '../../device-drivers/driver-bench.ts';
import { VirtualBus } from '../../support/virtual-usb/virtual-bus.ts';
import type { Fault } from '../../support/virtual-usb/virtual-device.ts';
import { tell } from './tell.ts';

const identity = 'usb:2e8a:000a:E6617C93E3';
const options = { device: identity, transmit: true, silentMs: 1500, rows: 256, columns: 64 };

const found = async () => (await serialProbe.discover()).find((device) => device.identity === identity);

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await condition()) return;
    await wait(50);
  }
  throw new Error(`not within 15 s: ${what}`);
}

{
  await using bus = await VirtualBus.open();
  let device = await bus.plug({ kind: 'acm' });
  await until('the line', async () => (await found()) !== undefined);
  tell({ found: await found() });

  const run = runDriver(serialProbe, options);
  await run.until(() => run.frames.length >= 5);
  const faults: Fault[] = [
    { fault: 'garbage', bytes: 300, seed: 4 },
    { fault: 'cut', bytes: 700 },
    { fault: 'zero-length' },
    { fault: 'short', bytes: 11 },
    { fault: 'silence', milliseconds: 400 },
  ];
  for (const fault of faults) {
    const before = run.frames.length;
    await device.act(fault);
    await run.until(() => run.frames.length >= before + 3);
  }
  const counts = await device.counts();
  tell({ frames: run.frames.length, lost: Object.fromEntries(run.losses), acquisitions: counts.acquisitions });

  await device.act({ fault: 'unplug' });
  const code = await run.ended.then(
    () => 'stopped',
    (thrown: { code?: string }) => thrown.code,
  );
  await until('nothing attached', async () => (await found()) === undefined);
  device = await bus.plug({ kind: 'acm' }, device.busId);
  await until('the line again', async () => (await found()) !== undefined);
  const again = runDriver(serialProbe, options);
  await again.until(() => again.frames.length >= 3);
  await again.stop();
  tell({ code, again: again.frames.length });
}
process.exit(0);
