import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom, type Observable, timeout } from 'rxjs';
import { filter } from 'rxjs/operators';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Discovery, type DiscoverySettings, type Inventory } from '../../src/discovery/discovery.ts';
import { DriverProcess } from '../../src/discovery/driver-process.ts';
import { signsOf } from '../../src/discovery/signs.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-discovery-'));
const places = { sys: join(folder, 'sys'), dev: join(folder, 'dev') };
const bus = join(places.sys, 'bus/usb/devices');
const nodes = join(places.dev, 'bus/usb/001');
const devicesFile = join(folder, 'devices.json');
process.env.LUMENCAST_TEST_DEVICES = devicesFile;
afterAll(() => rmSync(folder, { recursive: true }));

const probe = {
  driver: 'fine',
  name: 'Test probe',
  identity: 'usb:04b4:8613:A1',
  place: 'bus 1 port 1',
  options: { identity: 'usb:04b4:8613:A1' },
};
const until = <Value>(values: Observable<Value>, isMet: (value: Value) => boolean): Promise<Value> =>
  firstValueFrom(values.pipe(filter(isMet), timeout(10_000)));

/** What the kernel does: a name on the bus, and a node. */
function plugIn(node: string): void {
  mkdirSync(join(bus, '1-1'));
  writeFileSync(join(nodes, node), '');
  writeFileSync(devicesFile, JSON.stringify([probe]));
}

function pullOut(node: string): void {
  writeFileSync(devicesFile, '[]');
  rmSync(join(nodes, node));
  rmSync(join(bus, '1-1'), { recursive: true });
}

function emptyMachine(): void {
  rmSync(places.sys, { recursive: true, force: true });
  rmSync(places.dev, { recursive: true, force: true });
  for (const path of [bus, nodes]) mkdirSync(path, { recursive: true });
  writeFileSync(devicesFile, '[]');
}

const open: Discovery[] = [];
function discovery(names: string, configured: DiscoverySettings['configured'] = []): Discovery {
  emptyMachine();
  process.env.LUMENCAST_TEST_DRIVERS = names;
  const drivers = new DriverProcess(new URL('./odd-drivers.ts', import.meta.url), 1500);
  const made = new Discovery({ configured, drivers, places });
  open.push(made);
  return made;
}
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const codes = ({ troubles }: Inventory) => troubles.map(({ driver, error }) => [driver, error.code]);

describe('discovery', () => {
  it('lists what the others find when one driver hangs, one crashes and one throws, and says who could not tell', async () => {
    const found = discovery('hangs,crashes,throws,fine', [{ driver: 'fine', options: { host: '192.0.2.7' } }]);
    plugIn('002');
    await found.survey();
    expect(found.inventory$.value.devices).toMatchObject([
      probe,
      { name: 'Sender at 192.0.2.7', identity: 'fine:192.0.2.7', place: '192.0.2.7' },
    ]);
    expect(codes(found.inventory$.value)).toEqual([
      ['hangs', 'device/discovery-silent'],
      ['crashes', 'device/discovery-crashed'],
      ['throws', 'device/crashed'],
    ]);
    expect(found.inventory$.value.troubles[1]?.error.message).toContain('SIGSEGV');
  });

  it('shows plugs and unplugs within a second', async () => {
    const found = discovery('fine');
    found.watch();
    await until(found.surveyed$, () => true);
    const waitsMs: number[] = [];
    const shown = async (count: number): Promise<void> => {
      const sinceMs = performance.now();
      await until(found.inventory$, ({ devices }) => devices.length === count);
      waitsMs.push(performance.now() - sinceMs);
    };
    for (const node of ['002', '003', '004']) {
      plugIn(node);
      await shown(1);
      pullOut(node);
      await shown(0);
    }
    // The machine that tests may be busy: one late look is not the rule.
    expect(waitsMs.sort((a, b) => a - b)[3]).toBeLessThan(1000);
  });

  it('asks again when a device was pulled out and plugged in again between two looks', async () => {
    const found = discovery('fine');
    plugIn('002');
    found.watch();
    await until(found.surveyed$, ({ devices }) => devices.length === 1);
    const surveyed = until(found.surveyed$, () => true);
    pullOut('002');
    plugIn('003');
    await surveyed;
    expect(found.inventory$.value.devices).toHaveLength(1);
  });
});

describe('signs', () => {
  it('change with a device, its node and its rights, and stay the same otherwise', () => {
    emptyMachine();
    const seen = [signsOf(places)];
    plugIn('002');
    seen.push(signsOf(places));
    chmodSync(join(nodes, '002'), 0o600);
    seen.push(signsOf(places));
    writeFileSync(join(places.dev, 'video0'), '');
    seen.push(signsOf(places));
    writeFileSync(join(places.dev, 'null'), '');
    expect(new Set(seen).size).toBe(4);
    expect(signsOf(places)).toBe(seen[3]);
  });

  it('pass over a node that cannot be looked at', () => {
    emptyMachine();
    symlinkSync('video7', join(places.dev, 'video7'));
    expect(signsOf(places)).toBe('');
  });

  it('are undefined where the system shows no busses', () => {
    expect(signsOf({ sys: join(folder, 'none'), dev: join(folder, 'none') })).toBeUndefined();
  });
});
