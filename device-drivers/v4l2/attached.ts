import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { printable } from '../../src/app-error.ts';
import { attachedBehind, sysfsText, usbIdentity } from '../../src/device/usb-sysfs.ts';

/** Where Linux lists its video devices. */
export const videoClass = '/sys/class/video4linux';

/** A video device that is attached, as the system's files tell it; nothing is opened for this. */
export interface AttachedVideo {
  /** `/dev/video0`. */
  readonly place: string;
  readonly name: string;
  /** `usb:534d:2109:A1`, with a further `:1` for a second picture source of the same device; by its place where it is no USB device. */
  readonly identity: string;
}

/** All of them, sorted by place. Two of a kind without serial numbers are told apart by their port. */
export async function attachedVideos(folder = videoClass): Promise<AttachedVideo[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^video\d{1,4}$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const title = (await sysfsText(join(folder, name, 'name'))) || name;
      return { place: `/dev/${name}`, name: printable(title, 80), ...(await identityOf(join(folder, name))) };
    }),
  );
  const sorted = found.sort((one, other) => Number(one.place.slice(10)) - Number(other.place.slice(10)));
  return sorted.map(({ place, name, identity, port }) => {
    const twins = sorted.filter((other) => other.identity === identity);
    return { place, name, identity: twins.length > 1 ? `${identity}@${port}` : identity };
  });
}

/** The device that is named by its identity or by its place; what is no video device of this machine has a place alone. */
export async function videoNamed(
  device: string,
  folder = videoClass,
): Promise<(Pick<AttachedVideo, 'place'> & Partial<AttachedVideo>) | undefined> {
  const found = (await attachedVideos(folder)).find(({ identity, place }) => device === '' || [identity, place].includes(device));
  return found ?? (device.startsWith('/') ? { place: device } : undefined);
}

async function identityOf(entry: string): Promise<{ identity: string; port: string }> {
  const [{ port, usb }, index] = await Promise.all([attachedBehind(entry), sysfsText(join(entry, 'index'))]);
  const source = index === '' || index === '0' ? '' : `:${printable(index, 4)}`;
  const identity = usb === undefined ? `v4l2:${port === '' ? printable(entry, 80) : port}` : usbIdentity(usb);
  return { identity: `${identity}${source}`, port };
}
