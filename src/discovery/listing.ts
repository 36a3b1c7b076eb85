import type { DeviceDescription } from '../../device-drivers/driver.ts';
import type { KnownDriver } from './answer.ts';
import type { Inventory } from './discovery.ts';

/** One line of JSON for each device. */
export function deviceLines({ devices }: Inventory): string[] {
  return devices.map(({ driver, name, identity, place, formats = [], refusal }) =>
    JSON.stringify({ driver, name, identity, place, formats, mayOpen: refusal === undefined, ...(refusal && { refusal }) }),
  );
}

/** The same for people: a row for each device, below it what it delivers, and why it cannot be opened and what to do. */
export function deviceTable({ devices }: Inventory, drivers: readonly KnownDriver[]): string[] {
  if (devices.length === 0) return ['No device is attached.'];
  const rows = devices.map(({ name, driver, place = '', refusal, identity }) => [name, driver, place, refusal ? 'no' : 'yes', identity]);
  const head = ['NAME', 'DRIVER', 'PLACE', 'MAY OPEN', 'IDENTITY'];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(head), ...devices.flatMap((device, row) => [line(rows[row] ?? []), ...detailsOf(device, drivers)])];
}

function detailsOf(device: DeviceDescription, drivers: readonly KnownDriver[]): string[] {
  const { formats = [], refusal } = device;
  const refused = refusal === undefined ? [] : [`${refusal.code}: ${refusal.message}`, `  ${refusal.remedy}`, ...rulesFor(device, drivers)];
  return [...formats, ...refused].map((text) => `    ${text}`);
}

/** The udev rules that name the maker of a refused device, or all of its driver's where none does. */
function rulesFor({ driver, identity }: DeviceDescription, drivers: readonly KnownDriver[]): string[] {
  const rules = drivers.find(({ name }) => name === driver)?.udevRules ?? [];
  const vendor = /^usb:([0-9a-f]{4}):/i.exec(identity)?.[1];
  const own = rules.filter((rule) => vendor !== undefined && rule.toLowerCase().includes(vendor.toLowerCase()));
  return (own.length > 0 ? own : rules).map((rule) => `  udev rule (written by lumencast devices --udev): ${rule}`);
}
