import { createRequire } from 'node:module';
import { asAppError } from '../../src/app-error.ts';

type Libusb = typeof import('usb')['usb'];

const require = createRequire(import.meta.url);

/**
 * node-usb with libusb inside. Loaded where it is needed: it has native code, and wants libudev on Linux. Throws `usb-probe/no-library`.
 *
 * libusb reads the list of devices once, when its context is made, and from then on follows udevd: where none runs, as in a
 * container, it never learns of a plug. `afresh`: a module of its own with a context of its own; devices that are open keep theirs.
 * node-usb ends a context, and its thread, only with the worker: one is left behind for each plug that is followed without udevd.
 */
export function loadLibusb(afresh = false): Libusb {
  if (afresh) for (const path of Object.keys(require.cache)) if (isOfUsb.test(path)) delete require.cache[path];
  try {
    return (require('usb') as typeof import('usb')).usb;
  } catch (thrown) {
    throw asAppError(thrown, 'usb-probe/no-library');
  }
}

const isOfUsb = /[\\/]node_modules[\\/]usb[\\/]/;
