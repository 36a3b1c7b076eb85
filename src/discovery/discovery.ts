import { BehaviorSubject, Subject } from 'rxjs';
import type { DeviceDescription } from '../../device-drivers/driver.ts';
import { asAppError, type ErrorReport } from '../app-error.ts';
import type { Finding, KnownDriver } from './answer.ts';
import { DriverProcess } from './driver-process.ts';
import { type Places, signsOf, systemPlaces } from './signs.ts';

/** What all drivers find, in their order, and who of them could not say. */
export interface Inventory {
  readonly devices: readonly DeviceDescription[];
  readonly troubles: readonly { readonly driver: string; readonly error: ErrorReport }[];
}

export interface DiscoverySettings {
  /** The streams of the room: their options may name sources that no bus shows. */
  readonly configured: readonly { readonly driver: string; readonly options: Readonly<Record<string, unknown>> }[];
  readonly drivers?: DriverProcess;
  readonly places?: Places;
}

const lookPeriodMs = 300;
/** Where nothing shows that something changed, the drivers are asked now and then. */
const blindPeriodMs = 5000;
/** A driver that was silent or crashed has cost seconds and a process: it is left in peace for a while. */
const restMs = 30_000;

/** Keeps a list of what is attached. Asks the drivers only when there are signs of a change, in a process of their own. */
export class Discovery {
  readonly inventory$ = new BehaviorSubject<Inventory>({ devices: [], troubles: [] });
  /** After every round of questions, whether anything has changed or not. */
  readonly surveyed$ = new Subject<Inventory>();
  readonly #settings: DiscoverySettings;
  readonly #process: DriverProcess;
  readonly #findings = new Map<string, Finding>();
  readonly #restUntilMs = new Map<string, number>();
  #signs: string | undefined;
  #askedMs = 0;
  #survey: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(settings: DiscoverySettings) {
    this.#settings = settings;
    this.#process = settings.drivers ?? new DriverProcess();
  }

  /** Looks from now on, and at once. */
  watch(): void {
    this.#look();
    this.#timer = setInterval(() => this.#look(), lookPeriodMs);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#process.close();
    this.inventory$.complete();
    this.surveyed$.complete();
  }

  /** Asks all drivers; a survey that is under way is followed by another. */
  survey(): Promise<void> {
    this.#again = true;
    this.#survey ??= this.#askWhileNeeded().finally(() => {
      this.#survey = undefined;
    });
    return this.#survey;
  }

  #look(): void {
    const signs = signsOf(this.#settings.places ?? systemPlaces);
    const changed = signs !== this.#signs || this.#askedMs === 0;
    const nowMs = performance.now();
    const blind = signs === undefined && nowMs - this.#askedMs > blindPeriodMs;
    const rested = [...this.#restUntilMs.values()].some((untilMs) => untilMs > this.#askedMs && untilMs <= nowMs);
    this.#signs = signs;
    if (changed || blind || rested) void this.survey();
  }

  async #askWhileNeeded(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      this.#askedMs = performance.now();
      await this.#askAll();
      if (!this.#closed) this.surveyed$.next(this.inventory$.value);
    }
  }

  async #askAll(): Promise<void> {
    let drivers: readonly KnownDriver[];
    try {
      drivers = await this.#process.drivers();
    } catch (thrown) {
      this.#find([], 'all', { error: asAppError(thrown, 'device/discovery-failed', { driver: 'all' }).toJSON() });
      return;
    }
    this.#findings.delete('all');
    for (const { name } of drivers) {
      if (this.#closed) return;
      if (performance.now() < (this.#restUntilMs.get(name) ?? 0)) continue;
      this.#find(drivers, name, await this.#ask(name));
    }
  }

  async #ask(driver: string): Promise<Finding> {
    const configured = this.#settings.configured.filter((stream) => stream.driver === driver).map(({ options }) => options);
    try {
      return await this.#process.ask({ driver, configured });
    } catch (thrown) {
      this.#restUntilMs.set(driver, performance.now() + restMs);
      return { error: asAppError(thrown, 'device/discovery-failed', { driver }).toJSON() };
    }
  }

  /** Told driver by driver: one that is slow keeps nobody from seeing what the others have found. */
  #find(drivers: readonly KnownDriver[], driver: string, finding: Finding): void {
    if (this.#closed) return;
    this.#findings.set(driver, finding);
    const names = [...new Set([...drivers.map(({ name }) => name), ...this.#findings.keys()])];
    const known = names.flatMap((name) => {
      const found = this.#findings.get(name);
      return found === undefined ? [] : [{ name, found }];
    });
    const inventory: Inventory = {
      devices: known.flatMap(({ found }) => ('devices' in found ? found.devices : [])),
      troubles: known.flatMap(({ name, found }) => ('error' in found ? [{ driver: name, error: found.error }] : [])),
    };
    if (JSON.stringify(inventory) !== JSON.stringify(this.inventory$.value)) this.inventory$.next(inventory);
  }
}
