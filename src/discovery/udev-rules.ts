import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { AppError } from '../app-error.ts';
import type { KnownDriver } from './answer.ts';

/** Before 73-seat-late.rules, which hands what is tagged uaccess to the user of the seat. */
export const rulesFile = '/etc/udev/rules.d/70-lumencast.rules';
export const afterRules = 'sudo udevadm control --reload && sudo udevadm trigger, or plug the devices in again';

/** The rules of all drivers, the same text for the same drivers. */
export function rulesText(drivers: readonly KnownDriver[]): string {
  const rules = drivers.flatMap(({ name, udevRules }) => (udevRules.length === 0 ? [] : [`# ${name}`, ...udevRules]));
  return [`# Devices that Lumencast may open. Written by: lumencast devices --udev`, ...new Set(rules), ''].join('\n');
}

/** Writes the rules where they are not there yet; true: something has changed. Throws `devices/rules-…`. */
export function writeRules(file: string, text: string): boolean {
  try {
    if (readIfThere(file) === text) return false;
    // udev must never read half a file.
    writeFileSync(`${file}.new`, text, { mode: 0o644 });
    renameSync(`${file}.new`, file);
    return true;
  } catch (thrown) {
    const { code = 'unknown' } = thrown as NodeJS.ErrnoException;
    if (['EACCES', 'EPERM', 'EROFS'].includes(code)) throw new AppError('devices/rules-not-permitted', { file }, { cause: thrown });
    const reason = code === 'ENOENT' ? 'there is no such folder' : code;
    throw new AppError('devices/rules-not-written', { file, reason }, { cause: thrown });
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}
