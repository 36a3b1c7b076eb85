import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { calibrateLatency } from '../../src/calibrate/calibrate.ts';
import type { DelayReport } from '../../src/calibrate/step-delay.ts';
import { parseRoom } from '../../src/config/room.ts';
import type { StepOrder } from '../../src/protocol/step.ts';
import { browserPath, openBrowser } from '../support/browser.ts';
import { image, message } from '../support/openigtlink/messages.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-calibrate-'));
afterAll(() => rmSync(folder, { recursive: true }));
const log = { info: () => undefined, warn: () => undefined };
const frameIntervalMs = 20;

/** A device that sees a screen, and hands its pictures over after a delay that is known: what it saw, it tells so much later. */
class SlowCamera {
  readonly #server: Server;
  readonly #seen: { readonly atMs: number; readonly white: boolean }[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #delayMs: number;

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      this.#timers.add(setInterval(() => socket.write(this.#picture()), frameIntervalMs));
    });
  }

  async open(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  see(white: boolean): void {
    this.#seen.push({ atMs: performance.now(), white });
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #picture(): Buffer {
    const thenMs = performance.now() - this.#delayMs;
    const white = this.#seen.findLast(({ atMs }) => atMs <= thenMs)?.white ?? false;
    return message('IMAGE', image(new Uint8Array(64 * 48).fill(white ? 220 : 20), { width: 64, height: 48, spacingMm: [1, 1] }), {
      stampedS: 0,
    });
  }
}

const cameras: SlowCamera[] = [];
afterEach(async () => {
  for (const camera of cameras.splice(0)) await camera.close();
});

async function calibration(delayMs: number, steps: number, write = false) {
  const camera = new SlowCamera(delayMs);
  cameras.push(camera);
  const port = await camera.open();
  const configFile = join(folder, 'room.json');
  const given = {
    room: 'Lab',
    streams: [{ name: 'Camera', driver: 'openigtlink', options: { host: '127.0.0.1', port }, deviceDelayMs: 7 }],
  };
  writeFileSync(configFile, JSON.stringify(given));
  const told: object[] = [];
  let opened = (_page: string): void => undefined;
  const page = new Promise<string>((resolve) => {
    opened = resolve;
  });
  const command = { room: parseRoom(given, configFile), configFile, stream: 0, steps, port: 0, write, json: true };
  const measured = calibrateLatency(command, log, (text) => {
    const line = JSON.parse(text) as { page?: string };
    told.push(line);
    if (line.page !== undefined) opened(line.page);
  });
  measured.catch(() => undefined);
  return { camera, configFile, told, measured, page: await Promise.race([page, measured.then(() => '')]) };
}

/** What the page does, for a camera that sees it. */
function playPage(address: string, act: (order: StepOrder) => void, answers = true): WebSocket {
  const { origin, host } = new URL(address);
  const socket = new WebSocket(`ws://${host}/step`, { origin });
  socket.on('message', (data) => {
    const order = JSON.parse(String(data)) as StepOrder;
    act(order);
    if (answers) socket.send(JSON.stringify({ request: order.request, heldMs: 0, agoMs: 0 }));
  });
  socket.on('error', () => undefined);
  return socket;
}

/** So much that it cannot be taken for what a busy machine adds. */
const slowMs = 800;
const near = ({ deviceDelayMs }: DelayReport): void => {
  // Half an interval that is not known, and the turns of a machine that may be busy.
  expect(deviceDelayMs).toBeGreaterThan(slowMs - 50);
  expect(deviceDelayMs).toBeLessThan(slowMs + 500);
};

describe('lumencast calibrate-latency', () => {
  it('finds the delay of a device and writes it into the configuration, and nothing else', { timeout: 120_000 }, async () => {
    const { camera, page, measured, told, configFile } = await calibration(slowMs, 4, true);
    playPage(page, ({ white }) => camera.see(white));
    const report = await measured;
    near(report);
    expect(report).toMatchObject({ steps: 4, missed: 0 });
    expect(told).toEqual([{ page }, { stream: 'Camera', ...report }]);
    const written = JSON.parse(readFileSync(configFile, 'utf8')) as { streams: { deviceDelayMs: number; name: string }[] };
    expect(written).toMatchObject({ room: 'Lab', streams: [{ name: 'Camera', deviceDelayMs: report.deviceDelayMs }] });
    expect(existsSync(`${configFile}.new`)).toBe(false);
  });

  it('says so where the device does not see the page', { timeout: 60_000 }, async () => {
    const { page, measured } = await calibration(0, 4);
    playPage(page, () => undefined);
    await expect(measured).rejects.toMatchObject({ code: 'calibrate/no-step' });
  });

  it('says why the stream does not run, with all that its driver knows', async () => {
    const configFile = join(folder, 'room.json');
    const given = { room: 'Lab', streams: [{ name: 'Camera', driver: 'serial-probe', options: { device: '/dev/ttyNONE9' } }] };
    const room = parseRoom(given, configFile);
    const command = { room, configFile, stream: 0, steps: 4, port: 0, write: false, json: true };
    const error: unknown = await calibrateLatency(command, log, () => undefined).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'serial-probe/transmit-off', message: expect.stringMatching(/^\/dev\/ttyNONE9 is not started/) });
  });

  it('says so where its port is taken', async () => {
    const camera = new SlowCamera(0);
    cameras.push(camera);
    const port = await camera.open();
    const room = parseRoom({ room: 'Lab', streams: [{ name: 'Camera', driver: 'simulator' }] }, 'room.json');
    const command = { room, configFile: 'room.json', stream: 0, steps: 4, port, write: false, json: true };
    await expect(calibrateLatency(command, log, () => undefined)).rejects.toMatchObject({ code: 'server/port-busy' });
  });

  it('says so where the page does not answer', { timeout: 60_000 }, async () => {
    const { page, measured } = await calibration(0, 4);
    playPage(page, () => undefined, false);
    await expect(measured).rejects.toMatchObject({ code: 'calibrate/page-gone' });
  });

  it('lets no page of another origin flash the screen', { timeout: 60_000 }, async () => {
    const { page, measured, camera } = await calibration(0, 4);
    const foreign = new WebSocket(`ws://${new URL(page).host}/step`, { origin: 'http://elsewhere.example' });
    const [response] = (await once(foreign, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response).toBeDefined();
    foreign.on('error', () => undefined);
    const own = playPage(page, ({ white }) => camera.see(white));
    await once(own, 'open');
    own.terminate();
    await expect(measured).rejects.toMatchObject({ code: 'calibrate/page-gone' });
  });
});

describe.skipIf(browserPath === undefined)('the page of the step', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  it('turns white and black in a real browser, and a camera that sees it is measured', { timeout: 120_000 }, async () => {
    const { camera, page: address, measured } = await calibration(slowMs, 4);
    const page = await browser.newPage();
    await page.exposeFunction('cameraSees', (colour: string) => camera.see(colour === 'rgb(255, 255, 255)'));
    await page.goto(address);
    await page.evaluate(`(() => {
      let seen = '';
      const look = () => {
        const { backgroundColor } = getComputedStyle(document.body);
        if (backgroundColor !== seen) cameraSees(backgroundColor);
        seen = backgroundColor;
        requestAnimationFrame(look);
      };
      look();
    })()`);
    near(await measured);
    await page.close();
  });
});
