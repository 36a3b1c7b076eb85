import { access, constants, readdir, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Device } from 'usb';
import { AppError, type ErrorReport, printable } from '../../src/app-error.ts';
import { sysfsText, usbIdentity } from '../../src/device/usb-sysfs.ts';
import { loadLibusb } from './libusb.ts';

/** An attached device as the system shows it; nothing of it is opened for this. */
export interface AttachedDevice {
  readonly vendor: number;
  readonly product: number;
  /** `usb:04b4:00f1:A1`; two of a kind without serial numbers are told apart by their port. */
  readonly identity: string;
  /** Maker and product by its own words; may be empty. */
  readonly ownName: string;
  readonly place: string;
  /** Number of its bus and its address there: another one whenever it is plugged in. */
  readonly bus: number;
  readonly address: number;
  readonly refusal?: ErrorReport;
}

type Ids = readonly { readonly vendor: number; readonly product: number }[];

export const hex4 = (number: number): string => number.toString(16).padStart(4, '0');

/** Devices with one of these vendor and product numbers. Throws `usb-probe/no-library` on systems that only libusb knows. */
export async function attachedDevices(ids: Ids): Promise<AttachedDevice[]> {
  const seen = process.platform === 'linux' ? await bySysfs() : byLibusb();
  const wanted = seen.filter((device) => ids.some(({ vendor, product }) => vendor === device.vendor && product === device.product));
  return wanted.map((device) => {
    const twins = wanted.filter((other) => other.identity === device.identity);
    return twins.length > 1 ? { ...device, identity: `${device.identity}@${device.place}` } : device;
  });
}

/** The same device as libusb knows it. Throws `device/gone`. */
export function libusbDevice({ bus, address, ownName, identity }: AttachedDevice): Device {
  const find = (afresh: boolean): Device | undefined =>
    loadLibusb(afresh)
      .getDeviceList()
      .find((device) => device.busNumber === bus && device.deviceAddress === address);
  // Without udev's events libusb knows only what was attached when it was loaded.
  const device = find(false) ?? find(true);
  if (device === undefined) throw new AppError('device/gone', { device: ownName === '' ? identity : ownName });
  return device;
}

const sysfs = '/sys/bus/usb/devices';

async function bySysfs(): Promise<AttachedDevice[]> {
  const names = await readdir(sysfs).catch(() => []);
  const found = await Promise.all(names.filter((name) => /^\d+-[\d.]+$/.test(name)).map(seenAt));
  return found.filter((device) => device !== undefined).sort((one, other) => one.bus - other.bus || one.address - other.address);
}

async function seenAt(port: string): Promise<AttachedDevice | undefined> {
  const words = ['idVendor', 'idProduct', 'serial', 'manufacturer', 'product', 'busnum', 'devnum'];
  const [vendor = '', product = '', serial = '', maker = '', title = '', bus = '', address = ''] = await Promise.all(
    words.map((word) => sysfsText(`${sysfs}/${port}/${word}`)),
  );
  // It was pulled out while it was looked at.
  if (vendor === '' || product === '' || address === '') return undefined;
  const ownName = printable(`${maker} ${title}`.trim(), 80);
  const identity = usbIdentity({ vendor, product, serial: printable(serial, 60), name: ownName });
  const refusal = await refusalOf(port, Number(bus), Number(address), ownName === '' ? identity : ownName);
  return {
    ...{ vendor: Number.parseInt(vendor, 16), product: Number.parseInt(product, 16), identity, ownName },
    ...{ place: `port ${port}`, bus: Number(bus), address: Number(address) },
    ...(refusal !== undefined && { refusal }),
  };
}

async function refusalOf(port: string, bus: number, address: number, device: string): Promise<ErrorReport | undefined> {
  const [busName, addressName] = [bus, address].map((number) => String(number).padStart(3, '0'));
  const fault = await access(`/dev/bus/usb/${busName}/${addressName}`, constants.R_OK | constants.W_OK).then(
    () => undefined,
    (thrown: NodeJS.ErrnoException) => thrown.code,
  );
  if (fault === 'EACCES') return new AppError('usb-probe/no-rights', { device }).toJSON();
  // A program that has claimed the interface shows as its driver "usbfs".
  const driver = await readlink(`${sysfs}/${port}:1.0/driver`).catch(() => '');
  return basename(driver) === 'usbfs' ? new AppError('usb-probe/busy', { device }).toJSON() : undefined;
}

/** Serial numbers would have to be asked of the device: here a place tells them apart. */
function byLibusb(): AttachedDevice[] {
  return loadLibusb(false)
    .getDeviceList()
    .map(({ deviceDescriptor: { idVendor: vendor, idProduct: product }, busNumber: bus, deviceAddress: address }) => ({
      ...{ vendor, product, bus, address, ownName: '', place: `bus ${bus}, address ${address}` },
      identity: `usb:${hex4(vendor)}:${hex4(product)}`,
    }));
}
