import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, openBrowser } from '../support/browser.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-faults-'));
const patience = { timeout: 60_000 };
const echo = { kind: 'ultrasound', width: 320, height: 240, fps: 15 };

function roomFile(name: string, options: object, notLiveMs = 800): string {
  const file = join(folder, `${name}.json`);
  const streams = [{ name: 'Echo', options: { ...echo, ...options } }];
  writeFileSync(file, JSON.stringify({ room: 'Test room', port: 0, limits: { notLiveMs }, streams }));
  return file;
}

describe.skipIf(browserPath === undefined)('monitor when something fails', { timeout: 240_000 }, () => {
  let browser: Browser;
  let page: Page;
  const servers: RunningServer[] = [];

  const serve = async (args: readonly string[]): Promise<RunningServer> => {
    const server = await startServer(args);
    servers.push(server);
    return server;
  };
  const open = async (address: string): Promise<void> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    page = await context.newPage();
    await page.goto(address);
  };
  const state = (name: string): Locator => page.locator(`[data-testid="state"][data-state="${name}"]`);
  const reached = (name: string): Promise<void> => state(name).waitFor(patience);
  const band = (): Locator => page.getByTestId('not-live-band');

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterEach(async () => {
    await page.context().close();
    for (const server of servers.splice(0)) await server.stop();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  it('says NOT LIVE and counts when the source falls silent, until a new frame is drawn', async () => {
    // Again and again: a busy machine may sleep through one of them.
    const faults = Array.from({ length: 12 }, (_, time) => ({ afterS: 6 + 18 * time, kind: 'stall', forS: 10 }));
    const { address } = await serve(['--config', roomFile('stall', { faults })]);
    await open(address);
    await reached('live');
    await expect.poll(() => band().count(), patience).toBe(0);
    const seen: { readonly seconds: number; readonly filter: string }[] = [];
    const seconds = async (): Promise<number> => {
      const look = await page.evaluate<(typeof seen)[number] | null>(`(() => {
        const count = document.querySelector('[data-testid="not-live-band"] .band-count');
        return count && { seconds: Number.parseFloat(count.textContent), filter: getComputedStyle(document.querySelector('.layers')).filter };
      })()`);
      if (look === null) return 0;
      seen.push(look);
      return look.seconds;
    };
    await expect.poll(seconds, patience).toBeGreaterThan(2);
    const last = seen.at(-1);
    expect(last?.filter).toContain('grayscale(1)');
    await expect.poll(seconds, patience).toBeGreaterThan(last?.seconds ?? 0);
    expect(Math.min(...seen.map((look) => look.seconds))).toBeGreaterThanOrEqual(0.8);
    await reached('live');
    await expect.poll(() => band().count(), patience).toBe(0);
  });

  it('is calm about a source that holds its picture', async () => {
    const { address } = await serve(['--config', roomFile('hold', { frames: 30 })]);
    await open(address);
    await reached('held');
    await page.getByTestId('held-reason').getByText('all 30 frames were sent').waitFor();
    expect(await band().count()).toBe(0);
  });

  it('tells what happened to a source that fails, what to do and when it tries again', async () => {
    const crashes = [{ afterS: 0, kind: 'crash' }];
    const { address } = await serve(['--config', roomFile('crash', { faults: crashes })]);
    await open(address);
    await reached('waiting');
    const card = page.getByTestId('source-card');
    await card.getByText('the simulator was told to fail here').waitFor();
    await card.getByText('options.faults').waitFor();
    await card.getByText(/Next attempt in/).waitFor();
    await card.getByText(/[2-9] have failed/).waitFor();
    await card.getByRole('button', { name: 'Stop' }).click();
    await card.getByText('stopped by an operator').waitFor();
  });

  it('stops and starts a source', async () => {
    const { address } = await serve(['--config', roomFile('switch', {})]);
    await open(address);
    await reached('live');
    await page.keyboard.press('s');
    await page.getByRole('button', { name: 'Stop' }).click();
    await reached('not-live');
    await page.getByTestId('source-card').getByText('stopped by an operator').waitFor();
    await page.getByTestId('source-card').getByRole('button', { name: 'Start' }).click();
    await reached('live');
  });

  it('says RECONNECTING when the server is gone, and comes back with its layout and marks', async () => {
    const server = await serve(['--config', roomFile('gone', {})]);
    await open(server.address);
    await reached('live');
    await page.keyboard.press('c');
    const box = await page.locator('.stage').boundingBox();
    if (box === null) throw new Error('the stage is not on the screen');
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.4);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.6, { steps: 3 });
    await page.mouse.up();
    const value = (): Promise<string | null> => page.locator('.mark .value').textContent(patience);
    await expect.poll(value, patience).toMatch(/^1 \d+\.\d\smm$/);
    const before = await value();
    server.process.kill('SIGKILL');
    await reached('reconnecting');
    await band().getByText('connection lost').waitFor();
    const port = new URL(server.address).port;
    await serve(['--config', roomFile('gone', {}), '--port', port]);
    await reached('live');
    await expect.poll(value, patience).toBe(before);
  });

  it('shows nothing as live while the worker that draws does not answer', async () => {
    const { address } = await serve(['--config', roomFile('hang', {})]);
    await open(address);
    await reached('live');
    const [worker] = page.workers();
    const hang = worker?.evaluate('(() => { const end = performance.now() + 4000; while (performance.now() < end); })()');
    await reached('not-live');
    await band().getByText('decoder does not answer').waitFor();
    // A machine that slept longer has had the worker replaced.
    await hang?.catch(() => undefined);
    await reached('live');
  });

  it('calls nothing live where its clock may have stood still, until the server has told its own again', async () => {
    // A frame is drawn seldom enough that the state before it is seen.
    const { address } = await serve(['--config', roomFile('slept', { fps: 4 }, 5000)]);
    await open(address);
    await reached('live');
    await page.evaluate(`
      globalThis.states = [];
      new MutationObserver(() => {
        const state = document.querySelector('[data-testid="state"]')?.dataset.state;
        if (state !== globalThis.states.at(-1)) globalThis.states.push(state);
      }).observe(document, { subtree: true, childList: true, attributes: true });
    `);
    // As after a sleep of a minute in which its own clock stood still.
    await page.workers()[0]?.evaluate('{ const wall = Date.now; Date.now = () => wall() + 60_000; }');
    await expect.poll(() => page.evaluate('globalThis.states'), { timeout: 15_000 }).toEqual(['not-live', 'live']);
  });

  it('replaces a worker that is lost', async () => {
    const { address } = await serve(['--config', roomFile('lost', {})]);
    await open(address);
    await reached('live');
    const replaced = page.waitForEvent('worker', { timeout: 30_000 });
    // It never ends; the page ends it.
    page
      .workers()[0]
      ?.evaluate('(() => { for (;;); })()')
      .catch(() => undefined);
    await replaced;
    await reached('live');
  });

  it('lets its curtain fall when the page itself hangs: nothing can show LIVE by inertia', async () => {
    const { address } = await serve(['--config', roomFile('inertia', {}, 10_000)]);
    await open(address);
    await reached('live');
    // What the compositor shows while the page's own thread does nothing.
    const seen: { readonly png: string; readonly atMs: number }[] = [];
    const session = await page.context().newCDPSession(page);
    session.on('Page.screencastFrame', ({ data, metadata, sessionId }) => {
      seen.push({ png: data, atMs: (metadata.timestamp ?? 0) * 1000 });
      session.send('Page.screencastFrameAck', { sessionId }).catch(() => undefined);
    });
    await session.send('Page.startScreencast', { format: 'png', maxWidth: 640, maxHeight: 360 });
    const red = ({ png }: { readonly png: string }): Promise<number> =>
      page.evaluate(`(async () => {
        const bytes = Uint8Array.from(atob('${png}'), (letter) => letter.charCodeAt(0));
        const image = await createImageBitmap(new Blob([bytes]));
        const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
        context.drawImage(image, 0, 0);
        const { data } = context.getImageData(0, 0, image.width, image.height);
        let red = 0;
        for (let i = 0; i < data.length; i += 4) if (data[i] > 60 && data[i + 1] < 40 && data[i + 2] < 40) red++;
        return red * 4 / data.length;
      })()`);
    await expect.poll(() => seen.length, patience).toBeGreaterThan(0);
    await expect.poll(() => red(seen.at(-1) ?? { png: '' }), patience).toBeLessThan(0.01);
    const [fromMs, toMs] = await page.evaluate<[number, number]>(
      '(() => { const fromMs = Date.now(); while (Date.now() < fromMs + 5000); return [fromMs, Date.now()]; })()',
    );
    // What was shown meanwhile may be told a moment later.
    const reddest = async (): Promise<number> =>
      Math.max(0, ...(await Promise.all(seen.filter(({ atMs }) => atMs > fromMs && atMs < toMs).map(red))));
    await expect.poll(reddest, patience).toBeGreaterThan(0.05);
    await session.send('Page.stopScreencast');
    await expect.poll(() => page.evaluate("getComputedStyle(document.querySelector('.curtain')).opacity"), patience).toBe('0');
    await reached('live');
  });
});
