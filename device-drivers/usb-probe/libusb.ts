import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { asAppError } from '../../src/app-error.ts';

type Libusb = typeof import('usb')['usb'];

const require = createRequire(import.meta.url);
const busFolder = '/sys/bus/usb/devices';

/**
 * node-usb with libusb inside, which knows what is attached now. Loaded where it is needed: it has native code, and wants libudev on
 * Linux. Throws `usb-probe/no-library`.
 */
export function loadLibusb(): Libusb {
  try {
    const libusb = required();
    return process.platform === 'linux' && isBehind(libusb) ? requiredAnew() : libusb;
  } catch (thrown) {
    throw asAppError(thrown, 'usb-probe/no-library');
  }
}

const required = (): Libusb => (require('usb') as typeof import('usb')).usb;

/**
 * libusb reads the list of devices once, when its context is made, and from then on follows udevd: where none runs, as in a
 * container, it never learns of a plug. A module that is loaded anew makes a context of its own; devices that are open keep theirs.
 */
function requiredAnew(): Libusb {
  for (const path of Object.keys(require.cache)) if (/[\\/]node_modules[\\/]usb[\\/]/.test(path)) delete require.cache[path];
  return required();
}

function isBehind(libusb: Libusb): boolean {
  const known = libusb.getDeviceList().map(({ busNumber, deviceAddress }) => `${busNumber}.${deviceAddress}`);
  return known.sort().join() !== attachedAddresses().sort().join();
}

/** Bus and address of every device and hub, by the kernel. */
function attachedAddresses(): string[] {
  let names: string[];
  try {
    names = readdirSync(busFolder);
  } catch {
    return [];
  }
  return names
    .filter((name) => !name.includes(':'))
    .flatMap((name) => {
      try {
        const number = (file: string): number => Number(readFileSync(`${busFolder}/${name}/${file}`, 'utf8'));
        return [`${number('busnum')}.${number('devnum')}`];
      } catch {
        // Pulled out between two looks.
        return [];
      }
    });
}
