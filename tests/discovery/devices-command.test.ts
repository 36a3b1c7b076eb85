import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ErrorReport } from '../../src/app-error.ts';
import { listDevices, writeUdevRules } from '../../src/discovery/devices-command.ts';
import { DriverProcess } from '../../src/discovery/driver-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-devices-'));
afterAll(() => rmSync(folder, { recursive: true }));
process.env.LUMENCAST_TEST_DEVICES = join(folder, 'devices.json');
const refusal: ErrorReport = { code: 'device/crashed', message: 'not permitted', remedy: 'write the udev rule' };
writeFileSync(
  process.env.LUMENCAST_TEST_DEVICES,
  JSON.stringify([
    {
      driver: 'fine',
      name: 'Convex probe',
      identity: 'usb:04b4:00f1:7',
      place: 'bus 1 port 2',
      formats: ['80 lines, 12 fps'],
      options: {},
      refusal,
    },
    { driver: 'fine', name: 'Grabber', identity: 'usb:2935:0006:', place: '/dev/video0', options: {} },
  ]),
);

function outlet() {
  const lines: string[] = [];
  const troubles: ErrorReport[] = [];
  return { lines, troubles, line: (text: string) => void lines.push(text), trouble: (error: ErrorReport) => void troubles.push(error) };
}

const oddDrivers = () => new DriverProcess(new URL('./odd-drivers.ts', import.meta.url), 1500);

describe('lumencast devices', () => {
  it('tells a program all of each device, and ends with 1 because three drivers could not say', async () => {
    const to = outlet();
    const configured = [{ driver: 'fine', options: { host: '192.0.2.7' } }];
    expect(await listDevices({ configured, json: true }, to, oddDrivers())).toBe(1);
    expect(to.lines.map((line) => JSON.parse(line))).toEqual([
      {
        driver: 'fine',
        name: 'Convex probe',
        identity: 'usb:04b4:00f1:7',
        place: 'bus 1 port 2',
        formats: ['80 lines, 12 fps'],
        mayOpen: false,
        refusal,
      },
      { driver: 'fine', name: 'Grabber', identity: 'usb:2935:0006:', place: '/dev/video0', formats: [], mayOpen: true },
      { driver: 'fine', name: 'Sender at 192.0.2.7', identity: 'fine:192.0.2.7', place: '192.0.2.7', formats: [], mayOpen: true },
    ]);
    expect(to.troubles.map(({ code }) => code)).toEqual(['device/discovery-silent', 'device/discovery-crashed', 'device/crashed']);
  });

  it('shows people a table, and beside a refused device what to do and the rule for its maker', async () => {
    const to = outlet();
    await listDevices({ configured: [], json: false }, to, oddDrivers());
    expect(to.lines).toEqual([
      'NAME          DRIVER  PLACE         MAY OPEN  IDENTITY',
      'Convex probe  fine    bus 1 port 2  no        usb:04b4:00f1:7',
      '    80 lines, 12 fps',
      '    device/crashed: not permitted',
      '      write the udev rule',
      '      udev rule (written by lumencast devices --udev): SUBSYSTEM=="usb", ATTR{idVendor}=="04b4", TAG+="uaccess"',
      'Grabber       fine    /dev/video0   yes       usb:2935:0006:',
    ]);
  });
});

describe('lumencast devices --udev', () => {
  const file = join(folder, '70-lumencast.rules');
  const rule = 'SUBSYSTEM=="usb", ATTR{idVendor}=="04b4", TAG+="uaccess"\n';

  it('writes the rules of all drivers once, and says what to run then', async () => {
    const to = outlet();
    await writeUdevRules(file, to, oddDrivers());
    expect(readFileSync(file, 'utf8')).toContain(rule);
    expect(to.lines[0]).toMatch(/is written\. Now run: sudo udevadm control --reload/);
    const again = outlet();
    await writeUdevRules(file, again, oddDrivers());
    expect(again.lines[0]).toMatch(/already as it should be/);
    expect(existsSync(`${file}.new`)).toBe(false);
  });

  it('prints them', async () => {
    const to = outlet();
    await writeUdevRules('-', to, oddDrivers());
    expect(`${to.lines[0]}\n`).toBe(readFileSync(file, 'utf8'));
  });

  it('says where there is no such folder', async () => {
    await expect(writeUdevRules(join(folder, 'none/a.rules'), outlet(), oddDrivers())).rejects.toMatchObject({
      code: 'devices/rules-not-written',
      message: expect.stringContaining('there is no such folder'),
    });
  });

  it.skipIf(process.getuid?.() === 0)('prints what it may not write, and says how to write it', async () => {
    const locked = join(folder, 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    const to = outlet();
    await expect(writeUdevRules(join(locked, 'a.rules'), to, oddDrivers())).rejects.toMatchObject({ code: 'devices/rules-not-permitted' });
    expect(to.lines[0]).toContain(rule.trim());
  });
});
