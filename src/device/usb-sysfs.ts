import { readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { printable } from '../app-error.ts';

/** The USB device that a device file of Linux belongs to, by what it tells of itself. */
export interface UsbBehind {
  /** Four hexadecimal digits. */
  readonly vendor: string;
  readonly product: string;
  /** Empty: it has none. */
  readonly serial: string;
  /** Its maker's and its own name, as far as it has them. */
  readonly name: string;
}

/** What stands behind an entry of /sys/class: its place on the bus, and the USB device where it is one. Opens no device. */
export async function attachedBehind(entry: string): Promise<{ readonly port: string; readonly usb: UsbBehind | undefined }> {
  const device = await realpath(join(entry, 'device')).catch(() => '');
  const port = printable(device.split('/').at(-1) ?? '', 40);
  const [vendor, product, serial, maker, title] = await Promise.all(
    ['idVendor', 'idProduct', 'serial', 'manufacturer', 'product'].map((name) => sysfsText(join(dirname(device), name))),
  );
  if (vendor === undefined || product === undefined || vendor === '') return { port, usb: undefined };
  const name = printable(`${maker ?? ''} ${title ?? ''}`.trim(), 80);
  return { port, usb: { vendor, product, serial: printable(serial ?? '', 60), name } };
}

/** `usb:534d:2109:A1`; without a serial number the last part is left out. */
export const usbIdentity = ({ vendor, product, serial }: UsbBehind): string =>
  `usb:${vendor}:${product}${serial === '' ? '' : `:${serial}`}`;

/** A file of /sys without its line end; empty where it cannot be read. */
export const sysfsText = (path: string): Promise<string> =>
  readFile(path, 'utf8').then(
    (content) => content.trim(),
    () => '',
  );
