import { readFileSync } from 'node:fs';
import Type from 'typebox';
import type { DeviceDescription, DeviceDriver } from '../../device-drivers/driver.ts';
import { AppError } from '../../src/app-error.ts';
import { answerAsks } from '../../src/discovery/answer.ts';

/** The process that drivers are asked in, with drivers that do there whatever a driver can do wrong. */
function driver(name: string, discover: DeviceDriver['discover'], more: Partial<DeviceDriver> = {}): DeviceDriver {
  return { name, options: Type.Object({}), discover, run: async () => undefined, ...more };
}

/** Its devices stand in a file, so that a test can plug them in. */
function plugged(): DeviceDescription[] {
  const file = process.env.LUMENCAST_TEST_DEVICES;
  return file === undefined ? [] : (JSON.parse(readFileSync(file, 'utf8')) as DeviceDescription[]);
}

const drivers = [
  driver('hangs', async () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    return [];
  }),
  driver('crashes', async () => {
    process.kill(process.pid, 'SIGSEGV');
    return new Promise(() => undefined);
  }),
  driver('throws', async () => {
    throw new AppError('device/crashed', { driver: 'throws', reason: 'as planned' });
  }),
  // Devices of drivers that streams run.
  driver('simulator', async () => plugged().filter((device) => device.driver === 'simulator')),
  driver('fine', async () => plugged().filter((device) => device.driver === 'fine'), {
    udevRules: ['SUBSYSTEM=="usb", ATTR{idVendor}=="04b4", TAG+="uaccess"'],
    configured: ({ host }) => (typeof host === 'string' ? { name: `Sender at ${host}`, identity: `fine:${host}`, place: host } : undefined),
  }),
];

const wanted = process.env.LUMENCAST_TEST_DRIVERS?.split(',');
answerAsks(drivers.filter(({ name }) => wanted === undefined || wanted.includes(name)));
