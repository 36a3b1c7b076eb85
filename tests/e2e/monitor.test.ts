import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, openBrowser } from '../support/browser.ts';
import { freeze } from '../support/freeze.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-monitor-'));
/** Small and slow enough for two shared cores; what is tested is the monitor and not the speed. */
const echo = { name: 'Echo', options: { kind: 'ultrasound', width: 320, height: 240, fps: 15 } };
const fluoroscopy = { name: 'Fluoroscopy', options: { kind: 'fluoroscopy', width: 256, height: 256, fps: 8, bits: 10 } };

function roomFile(name: string, room: object): string {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ room: 'Test room', limits: { notLiveMs: 1500 }, ...room }));
  return file;
}

const tile = (page: Page, stream: number): Locator => page.getByTestId(`tile-${stream}`);
const inState = (page: Page, stream: number, state: string): Promise<void> =>
  tile(page, stream).locator(`[data-testid="state"][data-state="${state}"]`).waitFor({ timeout: 30_000 });

/** Mean brightness, share of nearly white pixels and a checksum of a place on the screen, as a person would see it. */
async function look(page: Page, where: Locator): Promise<{ mean: number; white: number; sum: number }> {
  const png = (await where.screenshot()).toString('base64');
  return page.evaluate(`(async () => {
    const image = await createImageBitmap(await (await fetch('data:image/png;base64,${png}')).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let sum = 0, white = 0, check = 0;
    for (let i = 0; i < data.length; i += 4) {
      sum += data[i];
      if (Math.min(data[i], data[i + 1], data[i + 2]) > 235) white++;
      check = (check * 31 + data[i]) >>> 0;
    }
    return { mean: sum * 4 / data.length, white: white * 4 / data.length, sum: check };
  })()`);
}

/** What runs into its neighbour or out of the place it belongs to, by the words on it. Whoever reads half a number reads another number. */
const misplaced = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const shown = (selector, within = document) => [...within.querySelectorAll(selector)]
      .map((element) => ({ words: element.textContent, box: element.getBoundingClientRect() }))
      .filter(({ words, box }) => words !== '' && box.width > 0 && box.height > 0);
    const overlap = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
    const outside = (inner, outer) => inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1;
    const faults = [];
    const check = (place, parts) => {
      for (const { words, box } of parts) if (outside(box, place)) faults.push(words + ' is cut off');
      parts.forEach((one, at) => parts.slice(at + 1).filter((other) => overlap(one.box, other.box)).forEach((other) => faults.push(one.words + ' runs into ' + other.words)));
    };
    check(new DOMRect(0, 0, innerWidth, innerHeight), shown('.banner > *'));
    for (const tile of document.querySelectorAll('.tile')) {
      check(tile.getBoundingClientRect(), shown('.truth .state > span, .aside, .name, .counts > *', tile));
      const stage = tile.querySelector('.stage').getBoundingClientRect();
      check(stage, shown('.notices > *', tile));
      for (const text of shown('.marks text', tile)) check(stage, [text]);
    }
    for (const heading of document.querySelectorAll('.panel h2')) if (heading.scrollWidth > heading.clientWidth) faults.push('the heading of the panel is cut off');
    return faults;
  })()`);

async function drag(page: Page, stream: number, from: [number, number], to: [number, number]): Promise<void> {
  const box = await tile(page, stream).locator('.stage').boundingBox();
  if (box === null) throw new Error('the stage is not on the screen');
  await page.mouse.move(box.x + box.width * from[0], box.y + box.height * from[1]);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to[0], box.y + box.height * to[1], { steps: 5 });
  await page.mouse.up();
}

describe.skipIf(browserPath === undefined)('monitor', { timeout: 240_000 }, () => {
  let browser: Browser;
  let page: Page;
  const servers: RunningServer[] = [];

  const serve = async (name: string, room: object): Promise<RunningServer> => {
    const server = await startServer(['--config', roomFile(name, room)]);
    servers.push(server);
    return server;
  };
  const open = async (address: string, width = 1280, height = 720): Promise<string[]> => {
    // The checker's own page fetches nothing, but `look` reads screenshots from data: addresses.
    const context = await browser.newContext({ viewport: { width, height }, bypassCSP: true });
    page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(address);
    return complaints;
  };

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

  it('shows live pictures of plausible age, nothing white, nothing that axe or the console complain about', async () => {
    const { address } = await serve('two', { streams: [echo, fluoroscopy] });
    const complaints = await open(address);
    await inState(page, 0, 'live');
    await inState(page, 1, 'live');
    const ageMs = Number.parseFloat((await tile(page, 0).locator('.age').textContent()) ?? '');
    expect(ageMs).toBeGreaterThan(0);
    expect(ageMs).toBeLessThan(1500);
    for (const stream of [0, 1]) {
      const picture = tile(page, stream).locator('.layers');
      const before = await look(page, picture);
      expect(before.mean).toBeGreaterThan(8);
      await expect.poll(async () => (await look(page, picture)).sum, { timeout: 30_000 }).not.toBe(before.sum);
    }
    expect(await page.evaluate('crossOriginIsolated')).toBe(true);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    // A fluoroscopy may be bright; everything around it may not.
    expect((await look(page, page.getByRole('dialog'))).white).toBeLessThan(0.02);
    expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('is dark before any script has run', async () => {
    const { address } = await serve('dark', { streams: [echo] });
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
    const bare = await context.newPage();
    await bare.route('**/*.css', (route) => route.abort());
    await bare.goto(address);
    const shot = (await bare.screenshot()).toString('base64');
    await context.close();
    await open(address, 390, 844);
    const mean = await page.evaluate(`(async () => {
      const image = await createImageBitmap(await (await fetch('data:image/png;base64,${shot}')).blob());
      const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, image.width, image.height).data.reduce((sum, value, at) => at % 4 === 3 ? sum : sum + value, 0) / (image.width * image.height * 3);
    })()`);
    expect(mean).toBeLessThan(10);
  });

  it('freezes one picture, says so with its time, and lets it go on', async () => {
    const { address } = await serve('freeze', { streams: [echo] });
    await open(address);
    await inState(page, 0, 'live');
    await page.keyboard.press('s');
    await freeze(page);
    expect(await tile(page, 0).locator('.age').textContent()).toMatch(/^\d\d:\d\d:\d\d\.\d$/);
    const aside = tile(page, 0).getByTestId('live-aside');
    await expect.poll(() => aside.textContent(), { timeout: 30_000 }).toMatch(/^source live \d+\u00a0ms$/);
    const frozen = await look(page, tile(page, 0).locator('.layers'));
    // Frames go on arriving: the age of what is not shown changes while the picture stays.
    const told = await aside.textContent();
    await expect.poll(() => aside.textContent(), { timeout: 30_000 }).not.toBe(told);
    expect((await look(page, tile(page, 0).locator('.layers'))).sum).toBe(frozen.sum);
    await page.keyboard.press('Space');
    await inState(page, 0, 'live');
    await expect.poll(async () => (await look(page, tile(page, 0).locator('.layers'))).sum, { timeout: 30_000 }).not.toBe(frozen.sum);

    // Space freezes also after a click on another tool; reached by Tab, the tool itself is pressed.
    const caliper = page.getByRole('button', { name: 'Caliper (C)' });
    await caliper.click();
    await page.keyboard.press('Space');
    await inState(page, 0, 'frozen');
    expect(await caliper.getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('Space');
    await inState(page, 0, 'live');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Shift+Tab');
    await caliper.focus();
    await page.keyboard.press('Space');
    await expect.poll(() => caliper.getAttribute('aria-pressed')).toBe('false');
    await inState(page, 0, 'live');
  });

  it('processes a frozen picture anew on this screen alone', async () => {
    const server = await serve('anew', { streams: [echo] });
    await open(server.address);
    await inState(page, 0, 'live');
    await page.keyboard.press('s');
    await freeze(page);
    const frozen = await look(page, tile(page, 0).locator('.layers'));
    const map = page.getByTestId('stage-colour-map');
    await map.getByText('Colour map').click();
    await tile(page, 0).getByText('Processed anew on this screen').waitFor();
    await expect.poll(async () => (await look(page, tile(page, 0).locator('.layers'))).sum).not.toBe(frozen.sum);
    const other = await page.context().newPage();
    await other.goto(server.address);
    await inState(other, 0, 'live');
    // Which panel is open is kept in this browser.
    expect(await other.getByTestId('stage-colour-map').getByRole('switch').isChecked()).toBe(false);
    await other.close();
    await page.getByRole('button', { name: 'As frozen' }).click();
    await expect.poll(async () => (await look(page, tile(page, 0).locator('.layers'))).sum).toBe(frozen.sum);
    // What takes longer than a live picture has is offered for a frozen one alone.
    const nonLocalMeans = page.getByTestId('stage-non-local-means');
    await nonLocalMeans.getByText('Non-local means').click();
    await expect.poll(async () => (await look(page, tile(page, 0).locator('.layers'))).sum, { timeout: 30_000 }).not.toBe(frozen.sum);
    await page.keyboard.press('Space');
    await inState(page, 0, 'live');
    expect(await map.getByRole('switch').isChecked()).toBe(false);
    expect(await nonLocalMeans.count()).toBe(0);
  });

  it('shows the same picture exactly packed and a lossy one on a thin line, and says which', async () => {
    const { address } = await serve('quality', { streams: [{ ...echo, options: { ...echo.options, frames: 3 } }] });
    await open(address);
    await inState(page, 0, 'held');
    await page.keyboard.press('s');
    const tier = page.getByTestId('tier');
    await expect.poll(() => tier.textContent(), { timeout: 30_000 }).toBe('As it is');
    const layers = tile(page, 0).locator('.layers');
    const asItIs = await look(page, layers);
    const choose = async (words: string): Promise<void> => {
      await page.getByRole('region', { name: 'Line' }).getByRole('button', { name: 'Quality' }).click();
      await page.getByRole('option', { name: words, exact: true }).click();
      await expect.poll(() => tier.textContent(), { timeout: 30_000 }).toBe(words);
    };
    await choose('Single pictures for a thin line');
    await expect.poll(async () => (await look(page, layers)).sum, { timeout: 30_000 }).not.toBe(asItIs.sum);
    await choose('Exact, packed');
    await expect.poll(async () => (await look(page, layers)).sum, { timeout: 30_000 }).toBe(asItIs.sum);
  });

  it('measures millimetres on the calibrated echo and pixels on fluoroscopy, and undoes', async () => {
    const { address } = await serve('caliper', { streams: [echo, fluoroscopy] });
    await open(address);
    await inState(page, 0, 'live');
    await inState(page, 1, 'live');
    await page.keyboard.press('c');
    await drag(page, 0, [0.5, 0.4], [0.5, 0.55]);
    await drag(page, 1, [0.4, 0.5], [0.6, 0.5]);
    await page.keyboard.press('Escape');
    const echoValue = tile(page, 0).locator('.mark .value');
    await expect.poll(() => echoValue.textContent()).toMatch(/^1 \d+\.\d\smm$/);
    await expect.poll(() => tile(page, 1).locator('.mark .value').textContent()).toMatch(/^1 \d+\spx, not calibrated$/);

    // The ruler beside it says the same: as many tenths of its centimetres as the caliper has millimetres.
    const before = await echoValue.textContent();
    const lengths = await page.evaluate(`(() => {
      const number = (element, name) => Number(element.getAttribute(name));
      const ticks = [...document.querySelectorAll('.ruler line')].map((line) => number(line, 'y1'));
      const [x1, y1, x2, y2] = document.querySelector('.mark .line').getAttribute('d').match(/-?[\\d.]+/g).map(Number);
      const long = Math.hypot(x2 - x1, y2 - y1);
      return { mm: (long / ((ticks.at(-1) - ticks[0]) / (ticks.length - 1))) * 10 };
    })()`);
    expect(Number.parseFloat(before?.slice(2) ?? '')).toBeCloseTo((lengths as { mm: number }).mm, 0.5);
    await drag(page, 0, [0.5, 0.55], [0.5, 0.6]);
    await expect.poll(() => echoValue.textContent()).not.toBe(before);
    const after = await echoValue.textContent();
    expect(Number.parseFloat(after?.slice(2) ?? '')).toBeGreaterThan(Number.parseFloat(before?.slice(2) ?? ''));
    // Keys move what they have got hold of.
    await tile(page, 0)
      .getByRole('button', { name: /^Caliper 1, .*point 2 of 2/ })
      .focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => echoValue.textContent()).not.toBe(after);
    await page.keyboard.press('Control+z');
    await expect.poll(() => echoValue.textContent()).toBe(after);
    await page.keyboard.press('Control+z');
    await expect.poll(() => echoValue.textContent()).toBe(before);

    // Marks stay on the anatomy: zoomed, the value is the same and the line is longer.
    const length = async (): Promise<number> => (await tile(page, 0).locator('.mark .line').boundingBox())?.height ?? 0;
    const whole = await length();
    await page.keyboard.press('+');
    await expect.poll(length).toBeGreaterThan(whole * 1.2);
    expect(await echoValue.textContent()).toBe(before);
    await tile(page, 0)
      .getByRole('button', { name: /^Caliper 1, .*point 2 of 2/ })
      .focus();
    await page.keyboard.press('Delete');
    await expect.poll(() => echoValue.count()).toBe(0);
  });

  it('shows the unprocessed picture while N is held, and both under the divider', async () => {
    const dark = { stage: 'window', options: {} };
    const { address } = await serve('divider', { streams: [{ ...echo, stages: [dark] }] });
    await open(address);
    await inState(page, 0, 'live');
    await page.keyboard.down('n');
    await tile(page, 0).getByText('Unprocessed').waitFor();
    await page.keyboard.up('n');
    await expect.poll(() => tile(page, 0).getByText('Unprocessed').count()).toBe(0);

    await page.keyboard.press('d');
    const divider = tile(page, 0).getByRole('slider', { name: /Divider/ });
    await divider.waitFor();
    const at = (): Promise<string | null> => divider.getAttribute('aria-valuenow');
    await expect.poll(at).toBe('50');
    await page.keyboard.press('ArrowRight');
    await expect.poll(at).toBe('52');
    await drag(page, 0, [0.52, 0.8], [0.25, 0.8]);
    await expect.poll(async () => Math.abs(Number(await at()) - 25)).toBeLessThan(2);
    await expect.poll(() => tile(page, 0).getByText('not the same frame').count()).toBe(0);
    await page.keyboard.press('d');
    await expect.poll(() => divider.count()).toBe(0);
    await inState(page, 0, 'live');
  });

  it('changes stages live, for every viewer, and back by undo', async () => {
    const { address } = await serve('stages', { streams: [echo] });
    await open(address);
    await inState(page, 0, 'live');
    await page.keyboard.press('s');
    const picture = tile(page, 0).locator('.layers');
    const before = await look(page, picture);
    const map = page.getByTestId('stage-colour-map');
    await map.getByRole('switch').press('Space');
    const brightness = page.getByTestId('stage-window').getByRole('slider', { name: 'Brightness' });
    await brightness.focus();
    await page.keyboard.press('End');
    await expect.poll(async () => (await look(page, picture)).mean, { timeout: 30_000 }).toBeGreaterThan(before.mean + 30);

    const other = await browser.newContext();
    const second = await other.newPage();
    await second.goto(address);
    await second.locator('[data-state="live"]').waitFor();
    await second.keyboard.press('s');
    await expect.poll(() => second.getByTestId('stage-colour-map').getByRole('switch').isChecked()).toBe(true);
    await other.close();

    await page.getByRole('button', { name: 'Undo (Ctrl+Z)' }).click();
    await expect.poll(async () => (await look(page, picture)).mean, { timeout: 30_000 }).toBeLessThan(before.mean + 15);
    await page.getByRole('button', { name: 'Undo (Ctrl+Z)' }).click();
    await expect.poll(() => map.getByRole('switch').isChecked()).toBe(false);

    const presets = page.getByRole('group', { name: 'Presets' });
    await expect.poll(() => presets.getByRole('button').allTextContents()).toEqual(['Off', 'Soft', 'Strong']);
    await presets.getByRole('button', { name: 'Strong' }).click();
    const despeckle = page.getByTestId('stage-despeckle').getByRole('switch');
    await expect.poll(() => despeckle.isChecked()).toBe(true);
    await expect.poll(() => presets.getByRole('button', { pressed: true }).allTextContents()).toEqual(['Strong']);
    await page.getByRole('button', { name: 'Undo (Ctrl+Z)' }).click();
    await expect.poll(() => despeckle.isChecked()).toBe(false);
    await presets.getByRole('button', { name: 'Strong' }).click();
    await expect.poll(() => despeckle.isChecked()).toBe(true);
    await page.getByTestId('stage-despeckle').getByText('Despeckle').click();
    await expect.poll(() => despeckle.isChecked()).toBe(false);
    await expect.poll(() => presets.getByRole('button', { pressed: true }).count()).toBe(0);
  });

  it.each([2, 6])('cuts nothing off and lets nothing overlap, from a phone to a wall, with %i streams', async (count) => {
    const small = { width: 160, height: 120, fps: 4 };
    const named = { name: 'Transoesophageal_echo_with_a_long_name', options: { ...small, kind: 'ultrasound' } };
    const held = { name: 'Held', options: { ...small, kind: 'ultrasound', frames: 3 } };
    const failing = { name: 'Failing', options: { ...small, faults: [{ afterS: 0, kind: 'crash' }] } };
    const stalled = { name: 'Stalled', options: { ...small, kind: 'ultrasound', faults: [{ afterS: 2, kind: 'stall', forS: 600 }] } };
    const second = { name: 'Fluoroscopy', options: { ...small, kind: 'fluoroscopy' } };
    const streams = [named, second, held, failing, stalled, { ...named, name: 'Sixth' }].slice(0, count);
    const server = await serve(`sizes-${count}`, { streams });
    await open(server.address);
    await inState(page, 0, 'live');
    await inState(page, 1, 'live');
    if (count > 2) await inState(page, 4, 'not-live');
    await page.keyboard.press('c');
    await drag(page, 1, [0.3, 0.3], [0.55, 0.6]);
    await drag(page, 0, [0.4, 0.4], [0.9, 0.9]);
    await page.keyboard.press('Escape');
    for (const act of ['as it is', 'Space', 's']) {
      if (act !== 'as it is') await page.keyboard.press(act);
      for (const [width, height] of [
        [390, 844],
        [844, 390],
        [1280, 720],
        [3840, 2160],
      ] as const) {
        await page.setViewportSize({ width, height });
        await expect.poll(() => misplaced(page), { message: `${act}, ${width}x${height}`, timeout: 30_000 }).toEqual([]);
      }
    }
    await page.keyboard.press('s');
    await page.setViewportSize({ width: 390, height: 844 });
    await server.stop();
    await inState(page, 1, 'reconnecting');
    await expect.poll(() => misplaced(page), { timeout: 30_000 }).toEqual([]);
  });

  it('keeps the pictures where they are while controls far down in the panel are used', async () => {
    const { address } = await serve('panel', { streams: [echo] });
    await open(address, 1280, 420);
    await inState(page, 0, 'live');
    await page.keyboard.press('s');
    const controls = page.locator('.panel :is(button, input)');
    await controls.first().waitFor({ state: 'attached' });
    const count = await controls.count();
    expect(count).toBeGreaterThan(5);
    for (let at = 0; at < count; at++) await controls.nth(at).focus();
    await page.locator('.panel .stage-head .switch:visible').last().click();
    const moved = await page.evaluate(`['html', 'body', '#monitor', '.monitor', '.tiles']
      .map((selector) => document.querySelector(selector).scrollTop + document.querySelector('.banner').getBoundingClientRect().top)`);
    expect(moved).toEqual([0, 0, 0, 0, 0]);
  });

  it('works by touch: two fingers zoom, a double tap shows the whole picture, a held button the unprocessed one', async () => {
    const { address } = await serve('touch', { streams: [echo] });
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    page = await context.newPage();
    await page.goto(address);
    await inState(page, 0, 'live');
    const session = await context.newCDPSession(page);
    const box = await tile(page, 0).locator('.stage').boundingBox();
    if (box === null) throw new Error('the stage is not on the screen');
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...at: number[]): Promise<unknown> =>
      session.send('Input.dispatchTouchEvent', { type, touchPoints: at.map((dx, id) => ({ x: x + dx, y, id })) });
    await touch('touchStart', -40, 40);
    for (const spread of [60, 80, 100, 120]) await touch('touchMove', -spread, spread);
    await touch('touchEnd');
    await expect.poll(async () => Number.parseFloat((await tile(page, 0).locator('.zoom-note').textContent()) ?? '')).toBeGreaterThan(2);
    const doubleTap = async (): Promise<number> => {
      for (let tap = 0; tap < 2; tap++) await page.touchscreen.tap(x, y);
      return tile(page, 0).locator('.zoom-note').count();
    };
    // Two taps that a busy machine keeps apart are none.
    await expect.poll(doubleTap, { timeout: 60_000 }).toBe(0);
    const raw = await page.getByRole('button', { name: /^Raw/ }).boundingBox();
    const held = [{ x: (raw?.x ?? 0) + 20, y: (raw?.y ?? 0) + 20 }];
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: held });
    await tile(page, 0).getByText('Unprocessed').waitFor();
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await expect.poll(() => tile(page, 0).getByText('Unprocessed').count()).toBe(0);
    // Gloves: nothing that is touched is smaller than 48 by 48.
    const small = await page.evaluate(`[...document.querySelectorAll('.tools button, .truth button')]
      .map((button) => button.getBoundingClientRect()).filter(({ width, height }) => width < 48 || height < 48).length`);
    expect(small).toBe(0);
  });

  it('says on the whole page why there is no picture where the kernels do not run', async () => {
    const { address } = await serve('unfit', { streams: [echo] });
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, bypassCSP: true });
    page = await context.newPage();
    await context.route('**/*.wasm', (route) => route.abort());
    await page.goto(address);
    await page.getByRole('alert').getByText('No live picture on this device').waitFor();
    await page.getByRole('alert').getByText('kernels').first().waitFor();
    expect((await look(page, page.locator('body'))).mean).toBeLessThan(20);
    expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id)).toEqual([]);
  });

  it('says when the page was served without isolation', async () => {
    const { address } = await serve('isolation', { streams: [echo] });
    const context = await browser.newContext();
    page = await context.newPage();
    await page.route(address, async (route) => {
      const response = await route.fetch();
      const headers = Object.fromEntries(Object.entries(response.headers()).filter(([name]) => !name.startsWith('cross-origin')));
      await route.fulfill({ response, headers });
    });
    await page.goto(address);
    await page.getByText('Page not isolated').waitFor();
  });
});
