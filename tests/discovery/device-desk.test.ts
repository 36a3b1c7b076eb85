import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { DeviceDescription } from '../../device-drivers/driver.ts';
import { isSetTo } from '../../src/discovery/device-desk.ts';
import { Discovery } from '../../src/discovery/discovery.ts';
import { DriverProcess } from '../../src/discovery/driver-process.ts';
import { enter, tokenOf } from '../access/asking.ts';
import { openRoom } from '../broadcast/test-room.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-desk-'));
const file = join(folder, 'devices.json');
process.env.LUMENCAST_TEST_DEVICES = file;
process.env.LUMENCAST_TEST_DRIVERS = 'simulator';
afterAll(() => rmSync(folder, { recursive: true }));

const echo = { driver: 'simulator', name: 'Echo probe', identity: 'simulator:ultrasound', options: { kind: 'ultrasound' } };
const angiogram = { driver: 'simulator', name: 'C-arm', identity: 'simulator:fluoroscopy', options: { kind: 'fluoroscopy' } };
const plugged = (...devices: object[]): void => writeFileSync(file, JSON.stringify(devices));
const small = { width: 96, height: 64, fps: 20 };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A room over real streams, and the drivers' answers from a file. */
async function roomWith(streams: readonly object[], door: object = {}) {
  const drivers = new DriverProcess(new URL('./odd-drivers.ts', import.meta.url), 3000);
  const discovery = new Discovery({ configured: [], drivers });
  await discovery.survey();
  const room = await openRoom(streams, {}, door, discovery);
  closing.push(async () => {
    await room.close();
    discovery.close();
  });
  const headers = room.invitation === undefined ? {} : await enter(room.address, tokenOf(room.invitation));
  const viewer = await room.view(true, { headers });
  const state = (stream = 0) => viewer.messages.findLast((said) => said.type === 'state' && said.stream === stream);
  const stateIs = (wanted: string, stream = 0) =>
    viewer.until(() => {
      const said = state(stream);
      return said?.type === 'state' && said.source.state === wanted;
    });
  /** How long the stream was lost, each time that it was. */
  const lostMs = (): number[] => {
    const times: number[] = [];
    let lostUs: number | undefined;
    for (const said of viewer.messages) {
      if (said.type !== 'state' || said.stream !== 0) continue;
      const { state: now, sinceUs } = said.source;
      if (now === 'lost') lostUs ??= sinceUs;
      if (now !== 'streaming' || lostUs === undefined) continue;
      times.push((sinceUs - lostUs) / 1000);
      lostUs = undefined;
    }
    return times;
  };
  return { discovery, room, viewer, state, stateIs, lostMs, devices: () => viewer.last('devices')?.devices };
}

describe('a device that is unplugged', () => {
  it('is waited for by name, and its stream goes on as soon as it is back', async () => {
    plugged(echo);
    const { discovery, viewer, state, stateIs, lostMs, devices } = await roomWith([
      { name: 'Echo', options: { ...small, faults: [{ afterS: 1, kind: 'unplug' }] } },
    ]);
    await viewer.until(() => devices()?.[0]?.stream === 0);
    expect(devices()).toEqual([
      { driver: 'simulator', name: 'Echo probe', identity: echo.identity, formats: [], attached: true, stream: 0 },
    ]);

    for (let round = 0; round < 3; round++) {
      plugged();
      await stateIs('lost');
      const lost = state();
      expect(lost).toMatchObject({ source: { waitsFor: 'Simulated echo (apical four chambers)', error: { code: 'device/gone' } } });
      // What comes next may be there as soon as this is: the driver looks again by itself.
      let absent: unknown;
      await viewer.until(() => {
        const [device] = devices() ?? [];
        absent = device;
        return device?.attached === false;
      });
      expect(absent).toMatchObject({ identity: echo.identity, stream: 0 });

      plugged(echo);
      await discovery.survey();
      await stateIs('streaming');
      await viewer.until(() => devices()?.[0]?.attached === true);
    }
    // By itself it would look again after two seconds. The shortest: a busy machine may pause in one of them.
    expect(Math.min(...lostMs())).toBeLessThan(1500);
  });

  it('that is back before its driver has noticed is opened again at once', async () => {
    plugged(echo);
    const { viewer, lostMs } = await roomWith([{ name: 'Echo', options: { ...small, faults: [{ afterS: 0.5, kind: 'unplug' }] } }]);
    await viewer.until(() => lostMs().length === 3);
    expect(Math.min(...lostMs())).toBeLessThan(1500);
  });
});

describe('an operator', () => {
  it('puts a device on a stream: it shows that device from then on', async () => {
    plugged(echo, angiogram);
    const { viewer, devices } = await roomWith([{ name: 'Screen', options: small }]);
    await viewer.until(() => devices()?.[0]?.stream === 0);
    viewer.say({ type: 'set-device', request: 1, stream: 0, driver: 'simulator', identity: angiogram.identity });
    await viewer.until(() => viewer.last('stream')?.stream.modality === 'x-ray' && devices()?.[1]?.stream === 0);
    expect(devices()?.[0]?.stream).toBeUndefined();
    expect(viewer.last('stream')?.stream).toMatchObject({ name: 'Screen', formats: { raw: { width: 96, height: 64 } } });
  });

  it('is told why not where the device is not there, and stays', async () => {
    plugged(echo);
    const { viewer } = await roomWith([{ name: 'Screen', options: small }]);
    viewer.say({ type: 'set-device', request: 7, stream: 0, driver: 'simulator', identity: 'usb:1:2:3' });
    await viewer.until(() => viewer.last('error') !== undefined);
    expect(viewer.last('error')).toMatchObject({ request: 7, error: { code: 'device/not-found' } });
    expect(viewer.closed).toBeUndefined();
  });
});

describe('an operator of some streams', () => {
  it('cannot take a device from a stream that it may not see', async () => {
    plugged(echo, angiogram);
    const streams = [
      { name: 'Echo', options: small },
      { name: 'Screen', options: { ...small, kind: 'fluoroscopy' } },
    ];
    const { room, viewer, stateIs } = await roomWith(streams, { access: 'invited', dataFolder: join(folder, 'data') });
    await Promise.all([stateIs('streaming', 0), stateIs('streaming', 1)]);
    viewer.say({ type: 'invite', request: 1, label: 'Ward 3', role: 'operator', minutes: 5, once: true, streams: [1] });
    await viewer.until(() => viewer.last('invited') !== undefined);
    const guest = await room.view(true, { headers: await enter(room.address, tokenOf(viewer.last('invited')?.link)) });
    guest.say({ type: 'set-device', request: 2, stream: 1, driver: 'simulator', identity: echo.identity });
    await guest.until(() => guest.last('error') !== undefined || guest.last('stream')?.stream.modality === 'ultrasound');
    expect(guest.last('error')).toMatchObject({ request: 2, error: { code: 'device/not-found' } });

    viewer.say({ type: 'set-device', request: 3, stream: 1, driver: 'simulator', identity: echo.identity });
    await guest.until(() => guest.last('stream')?.stream.modality === 'ultrasound');
  });
});

describe('a stream is set to a device', () => {
  const device: DeviceDescription = { driver: 'v4l2', name: 'Grabber', identity: 'usb:2935:0006:A', options: { device: '/dev/video0' } };
  const set = (options: Readonly<Record<string, unknown>>, driver = 'v4l2', identity?: string) =>
    isSetTo({ source: { driver, options, ...(identity !== undefined && { device: { name: '', identity } }) } }, device);

  it('by its options until it was opened, by its identity from then on', () => {
    expect(set({ device: '/dev/video0', width: 640 })).toBe(true);
    expect(set({ device: '/dev/video1' })).toBe(false);
    expect(set({ device: '/dev/video0' }, 'ffmpeg')).toBe(false);
    expect(set({ device: '/dev/video1' }, 'v4l2', 'usb:2935:0006:A')).toBe(true);
    expect(set({ device: '/dev/video0' }, 'v4l2', 'usb:2935:0006:B')).toBe(false);
  });
});
