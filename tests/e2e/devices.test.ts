import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Discovery } from '../../src/discovery/discovery.ts';
import { DriverProcess } from '../../src/discovery/driver-process.ts';
import { openRoom } from '../broadcast/test-room.ts';
import { browserPath, openBrowser } from '../support/browser.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-devices-'));
const file = join(folder, 'devices.json');
process.env.LUMENCAST_TEST_DEVICES = file;
process.env.LUMENCAST_TEST_DRIVERS = 'simulator';

const formats = ['YUYV 1920x1080, 30 fps', 'YUYV 1280x720, 60 fps', 'MJPG 1920x1080, 60 fps', 'NV12 640x480, 30 fps'];
const echo = {
  driver: 'simulator',
  name: 'Echo probe',
  identity: 'simulator:ultrasound',
  place: 'bus 1 port 2',
  formats,
  options: { kind: 'ultrasound' },
};
const arm = { driver: 'simulator', name: 'C-arm', identity: 'simulator:fluoroscopy', options: { kind: 'fluoroscopy' } };
const locked = {
  ...arm,
  name: 'Locked grabber',
  identity: 'usb:2935:0006:A',
  options: { kind: 'locked' },
  refusal: { code: 'v4l2/no-rights', message: 'this user may not open it', remedy: 'run sudo lumencast devices --udev' },
};

describe.skipIf(browserPath === undefined)('the devices on the monitor', { timeout: 240_000 }, () => {
  let browser: Browser;
  let page: Page;
  let discovery: Discovery;
  let room: Awaited<ReturnType<typeof openRoom>>;

  const plugged = async (...devices: object[]): Promise<void> => {
    writeFileSync(file, JSON.stringify(devices));
    await discovery.survey();
  };
  const open = async (faults: readonly object[] = []): Promise<void> => {
    const streams = [{ name: 'Room', options: { width: 160, height: 120, fps: 10, faults }, deviceDelayMs: 25 }];
    room = await openRoom(streams, { notLiveMs: 3000 }, {}, discovery);
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    page = await context.newPage();
    await page.goto(room.address);
  };
  const openPanel = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Devices that are attached (V)' }).waitFor();
    await page.keyboard.press('v');
  };
  const device = (name: string) => page.getByTestId('device').filter({ hasText: name });
  const stateOf = (name: string, kind: string) => device(name).locator(`[data-state="${kind}"]`);

  beforeAll(async () => {
    browser = await openBrowser();
  });
  beforeEach(() => {
    discovery = new Discovery({ configured: [], drivers: new DriverProcess(new URL('../discovery/odd-drivers.ts', import.meta.url)) });
  });
  afterEach(async () => {
    await page.context().close();
    await room.close();
    discovery.close();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  it('are listed on demand: what they deliver, the stream they are on, and why one cannot be opened', async () => {
    await plugged(echo, locked);
    await open();
    expect(await page.getByTestId('devices-panel').count()).toBe(0);
    await openPanel();
    await stateOf('Echo probe', 'used').getByText('On Room').waitFor();
    await device('Echo probe').getByText('bus 1 port 2').waitFor();
    await device('Echo probe')
      .getByText(formats[0] as string, { exact: true })
      .waitFor();
    await device('Echo probe').getByText('1 more', { exact: true }).waitFor();
    await stateOf('Locked grabber', 'refused').waitFor();
    await device('Locked grabber').getByText('run sudo lumencast devices --udev').waitFor();
    expect(await device('Locked grabber').getByRole('button').count()).toBe(0);
    const { violations } = await new AxeBuilder({ page }).include('.devices').analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    await page.keyboard.press('v');
    expect(await page.getByTestId('devices-panel').count()).toBe(0);
  });

  it('come and go while the list is open, and one is put on a stream by keyboard', async () => {
    await plugged(echo);
    await open();
    await openPanel();
    await device('Echo probe').waitFor();
    await plugged(echo, arm);
    await stateOf('C-arm', 'free').waitFor();
    await page.getByRole('status').filter({ hasText: 'Attached: Echo probe, C-arm' }).waitFor({ state: 'attached' });
    await device('C-arm').getByRole('button', { name: 'Put on Room' }).focus();
    await page.keyboard.press('Enter');
    await stateOf('C-arm', 'used').waitFor();
    await stateOf('Echo probe', 'free').waitFor();
    await plugged(arm);
    await device('Echo probe').waitFor({ state: 'detached' });
  });

  it('are judged by what arrives of what was announced, beside the picture', async () => {
    await plugged(echo);
    await open();
    await page.keyboard.press('s');
    const text = (testId: string) => page.getByTestId(testId).textContent();
    await expect.poll(() => text('source-rate'), { timeout: 30_000 }).toMatch(/^\d+\.\d of 10\.0 fps$/);
    expect(await text('source-losses')).toMatch(/^nothing$|^\d+ \S+\/\S+/);
    expect(await text('device-delay')).toMatch(/^25\sms, in the age$/);
  });

  it('that are unplugged are missed by name: NOT LIVE over the picture, and in the list', async () => {
    await plugged();
    await open([{ afterS: 3, kind: 'unplug' }]);
    await page.locator('[data-testid="state"][data-state="live"]').waitFor();
    await openPanel();
    await page.getByTestId('not-live-band').getByText('device unplugged, waiting for Simulated echo').waitFor();
    await page.getByTestId('source-card').getByText('plug it in again').waitFor();
    await stateOf('Simulated echo', 'missing').getByText('Unplugged, Room waits for it').waitFor();
  });
});
