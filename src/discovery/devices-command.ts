import { AppError, type ErrorReport } from '../app-error.ts';
import { Discovery, type DiscoverySettings } from './discovery.ts';
import { DriverProcess } from './driver-process.ts';
import { deviceLines, deviceTable } from './listing.ts';
import { afterRules, rulesFile, rulesText, writeRules } from './udev-rules.ts';

/** Where a command puts its answer, and what went wrong beside it. */
export interface Outlet {
  line(text: string): void;
  trouble(error: ErrorReport): void;
}

export interface DevicesCommand {
  readonly configured: DiscoverySettings['configured'];
  readonly json: boolean;
}

/** Lists what is attached. Answers the exit status: 1 where a driver could not say. */
export async function listDevices({ configured, json }: DevicesCommand, to: Outlet, drivers = new DriverProcess()): Promise<number> {
  const discovery = new Discovery({ configured, drivers });
  try {
    await discovery.survey();
    const inventory = discovery.inventory$.value;
    const rules = json ? [] : await drivers.drivers();
    for (const line of json ? deviceLines(inventory) : deviceTable(inventory, rules)) to.line(line);
    for (const { error } of inventory.troubles) to.trouble(error);
    return inventory.troubles.length === 0 ? 0 : 1;
  } finally {
    discovery.close();
  }
}

/** Writes the udev rules to a file, `-` for standard output; those that may not be written are shown. Throws `devices/rules-…`. */
export async function writeUdevRules(file: string | undefined, to: Pick<Outlet, 'line'>, drivers = new DriverProcess()): Promise<void> {
  try {
    const text = rulesText(await drivers.drivers());
    if (file === '-') to.line(text.trimEnd());
    else tellWritten(file ?? rulesFile, text, to);
  } finally {
    drivers.close();
  }
}

function tellWritten(file: string, text: string, to: Pick<Outlet, 'line'>): void {
  try {
    const changed = writeRules(file, text);
    to.line(changed ? `${file} is written. Now run: ${afterRules}` : `${file} is already as it should be.`);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'devices/rules-not-permitted') to.line(text.trimEnd());
    throw thrown;
  }
}
