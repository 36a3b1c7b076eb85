import { AppError } from '../src/app-error.ts';
import type { DeviceDriver } from './driver.ts';
import { ffmpeg } from './ffmpeg/ffmpeg.ts';
import { openigtlink } from './openigtlink/openigtlink.ts';
import { replay } from './replay/replay.ts';
import { serialProbe } from './serial-probe/serial-probe.ts';
import { simulator } from './simulator/simulator.ts';
import { usbProbe } from './usb-probe/usb-probe.ts';
import { v4l2 } from './v4l2/v4l2.ts';

export const drivers = [simulator, replay, openigtlink, ffmpeg, v4l2, serialProbe, usbProbe] as unknown as readonly DeviceDriver[];

/** The driver of that name. Throws `device/unknown-driver`. */
export function driverNamed(name: string): DeviceDriver {
  const driver = drivers.find((candidate) => candidate.name === name);
  if (driver === undefined)
    throw new AppError('device/unknown-driver', { driver: name, known: drivers.map((known) => known.name).join(', ') });
  return driver;
}
