import { accessSync, constants, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { Device } from 'usb';
import { AppError, type ErrorReport, printable } from '../../src/app-error.ts';
import { loadLibusb } from './libusb.ts';

/** An attached device as the bus shows it; nothing of it was opened. */
export interface AttachedDevice {
  readonly device: Device;
  readonly vendor: number;
  readonly product: number;
  /** Empty where it has none, or the system does not tell without opening it. */
  readonly serial: string;
  /** Maker and product by its own words; may be empty. */
  readonly ownName: string;
  readonly place: string;
  readonly refusal?: ErrorReport;
}

/** Devices with one of these vendor and product numbers. Throws `usb-probe/no-library`. */
export async function attachedDevices(ids: readonly { readonly vendor: number; readonly product: number }[]): Promise<AttachedDevice[]> {
  return loadLibusb()
    .getDeviceList()
    .flatMap((device) => {
      const { idVendor, idProduct } = device.deviceDescriptor;
      return ids.some(({ vendor, product }) => vendor === idVendor && product === idProduct) ? [seen(device)] : [];
    });
}

export const hex4 = (number: number): string => number.toString(16).padStart(4, '0');

function seen(device: Device): AttachedDevice {
  const { idVendor, idProduct } = device.deviceDescriptor;
  // node-usb leaves it undefined on systems that do not number their ports.
  const ports = (device.portNumbers as number[] | undefined) ?? [];
  const folder = `/sys/bus/usb/devices/${device.busNumber}-${ports.join('.')}`;
  const word = (name: string): string => printable(readWord(`${folder}/${name}`), 80);
  const place = `bus ${device.busNumber}${ports.length === 0 ? '' : `, port ${ports.join('.')}`}`;
  const ownName = `${word('manufacturer')} ${word('product')}`.trim();
  const found = { device, vendor: idVendor, product: idProduct, serial: word('serial'), ownName, place };
  const refusal = refusalOf(device, folder, ownName === '' ? `${hex4(idVendor)}:${hex4(idProduct)}` : ownName);
  return refusal === undefined ? found : { ...found, refusal };
}

/** Linux tells both without the device being asked; elsewhere opening it will tell. */
function refusalOf(device: Device, folder: string, name: string): ErrorReport | undefined {
  if (process.platform !== 'linux') return undefined;
  const [bus, address] = [device.busNumber, device.deviceAddress].map((number) => String(number).padStart(3, '0'));
  try {
    accessSync(`/dev/bus/usb/${bus}/${address}`, constants.R_OK | constants.W_OK);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EACCES') return new AppError('usb-probe/no-rights', { device: name }).toJSON();
  }
  // A program that has claimed an interface shows as its driver "usbfs".
  return driverOf(`${folder}:1.0`) === 'usbfs' ? new AppError('usb-probe/busy', { device: name }).toJSON() : undefined;
}

function driverOf(folder: string): string | undefined {
  try {
    return basename(readlinkSync(`${folder}/driver`));
  } catch {
    return undefined;
  }
}

function readWord(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
