import { Value } from 'typebox/value';
import type { DeviceDescription, DeviceDriver } from '../../device-drivers/driver.ts';
import { AppError, asAppError, type ErrorReport } from '../app-error.ts';

type Options = Readonly<Record<string, unknown>>;

/** Who looks for devices → the process that asks the drivers; one at a time. */
export interface Ask {
  readonly driver: string;
  /** Options of streams with this driver: they may name sources that no bus shows. */
  readonly configured: readonly Options[];
}

export interface KnownDriver {
  readonly name: string;
  readonly udevRules: readonly string[];
}

/** What came of an ask: devices, or why the driver could not say. */
export type Finding = { readonly devices: readonly DeviceDescription[] } | { readonly error: ErrorReport };

/** And back: first who can be asked, then a finding for each ask. */
export type Answer = Finding | { readonly drivers: readonly KnownDriver[] };

/** Answers the parent process until it lets go. */
export function answerAsks(drivers: readonly DeviceDriver[]): void {
  const tell = (answer: Answer): void => void process.send?.(answer);
  process.on('message', (ask: Ask) => void answer(drivers, ask).then(tell));
  process.on('disconnect', () => process.exit());
  tell({ drivers: drivers.map(({ name, udevRules = [] }) => ({ name, udevRules })) });
}

async function answer(drivers: readonly DeviceDriver[], { driver: name, configured }: Ask): Promise<Finding> {
  const driver = drivers.find((known) => known.name === name);
  if (driver === undefined) return { error: new AppError('device/unknown-driver', { driver: name, known: '' }).toJSON() };
  try {
    const attached = await driver.discover();
    return { devices: [...attached, ...configured.flatMap((options) => sourceOf(driver, options))] };
  } catch (thrown) {
    return { error: asAppError(thrown, 'device/discovery-failed', { driver: name }).toJSON() };
  }
}

function sourceOf(driver: DeviceDriver, options: Options): DeviceDescription[] {
  const source = driver.configured?.(Value.Default(driver.options, structuredClone(options)) as Options);
  return source === undefined ? [] : [{ ...source, driver: driver.name, options }];
}
