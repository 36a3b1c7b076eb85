import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, openBrowser } from '../support/browser.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { freeze } from '../support/freeze.ts';
import { hand, type Place } from '../support/hand.ts';
import { isAllKept, painted } from '../support/marks-on-page.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-marks-'));
/** Small and slow enough for two shared cores. */
const echo = { name: 'Echo', options: { kind: 'ultrasound', width: 320, height: 240, fps: 10 } };
/** For three browsers at once. */
const small = { name: 'Echo', options: { kind: 'ultrasound', width: 160, height: 120, fps: 4 } };
const fluoroscopy = { name: 'Fluoroscopy', options: { kind: 'fluoroscopy', width: 256, height: 256, fps: 8, bits: 10 } };

const results = (page: Page): Locator => page.getByTestId('result');
const textOf = async (page: Page, number: number, stream = 0): Promise<string | null> => {
  await painted(page);
  return page.getByTestId(`tile-${stream}`).getByTestId(`mark-${number}`).locator('.value').textContent();
};
const live = (page: Page, stream = 0): Promise<void> =>
  page.getByTestId(`tile-${stream}`).locator('[data-testid="state"][data-state="live"]').waitFor({ timeout: 40_000 });
/** Every mark is on the server's disk: nothing waits or was refused. */
const allKept = (page: Page, count: number): Promise<void> =>
  expect.poll(async () => (await results(page).count()) === count && (await isAllKept(page)), { timeout: 30_000 }).toBe(true);

/** Words over the picture that run into each other: whoever reads two values at one place reads neither. */
const overlapping = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const boxes = [...document.querySelectorAll('.mark .value')].filter((text) => text.textContent !== '').map((text) => ({ words: text.textContent, box: text.getBBox() }));
    const meet = (a, b) => Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) > 2 && Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) > 4;
    return boxes.flatMap((one, index) => boxes.slice(index + 1).filter((other) => meet(one.box, other.box)).map((other) => one.words + ' runs into ' + other.words));
  })()`);

describe.skipIf(browserPath === undefined)('marks (skipped without Chromium)', { timeout: 150_000 }, () => {
  let browser: Browser;
  const servers: RunningServer[] = [];
  const pages: Page[] = [];
  let proxy: FaultProxy | undefined;
  const complaints: string[] = [];

  const serve = async (name: string, streams: readonly object[], ...args: string[]): Promise<RunningServer> => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify({ room: 'Test room', limits: { notLiveMs: 10_000 }, streams }));
    const server = await startServer(['--config', file, '--no-past', ...args]);
    servers.push(server);
    return server;
  };
  const keeping = (name: string, streams: readonly object[], ...args: string[]): Promise<RunningServer> =>
    serve(name, streams, '--data', join(folder, name), ...args);
  const open = async (address: string, options: BrowserContextOptions = {}): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1600, height: 900 }, bypassCSP: true, ...options });
    const page = await context.newPage();
    pages.push(page);
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(address);
    return page;
  };

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close();
    await proxy?.[Symbol.asyncDispose]();
    proxy = undefined;
    for (const server of servers.splice(0)) await server.stop();
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  it('of every kind are drawn, measured, kept, and there again on another screen', async () => {
    const { address } = await keeping('kinds', [echo]);
    const page = await open(address);
    await live(page);
    const { drag, click } = hand(page);
    await page.keyboard.press('c');
    await drag([0.4, 0.3], [0.4, 0.5]);
    await page.keyboard.press('z');
    await click([0.45, 0.3], [0.5, 0.4], [0.45, 0.5], [0.45, 0.5]);
    await page.keyboard.press('a');
    await drag([0.52, 0.3], [0.6, 0.3], [0.6, 0.5], [0.52, 0.5]);
    await page.keyboard.press('o');
    await drag([0.45, 0.6], [0.55, 0.6]);
    await click([0.5, 0.68]);
    await page.keyboard.press('g');
    await click([0.35, 0.55], [0.35, 0.7], [0.45, 0.7]);
    await page.keyboard.press('i');
    await click([0.62, 0.62]);
    await page.keyboard.press('y');
    await drag([0.7, 0.3], [0.65, 0.4]);
    await page.keyboard.press('t');
    await click([0.3, 0.4]);
    await page.getByRole('dialog').getByRole('textbox').fill('lvid');
    await page.getByRole('button', { name: 'LVIDd' }).click();
    await page.keyboard.press('m');
    await click([0.7, 0.7]);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.keyboard.press('Escape');
    await allKept(page, 9);
    expect(await textOf(page, 1)).toMatch(/^1 \d+\.\d\smm$/);
    expect(await textOf(page, 2)).toMatch(/^2 \d+\.\d\smm$/);
    expect(await textOf(page, 3)).toMatch(/^3 \d+\.\d+\scm²\d+\.\d\scm$/);
    expect(await textOf(page, 4)).toMatch(/^4 \d+\.\d+\scm²\d+\.\d\scm$/);
    expect(await textOf(page, 5)).toBe('5 90°');
    expect(await textOf(page, 8)).toBe('LVIDd');
    await expect.poll(() => overlapping(page)).toEqual([]);

    // The same by hand: tile pixels of the outline, and centimetres of the ruler.
    const squareCm = await page.evaluate(`(() => {
      const ticks = [...document.querySelectorAll('.ruler line')].map((line) => Number(line.getAttribute('y1')));
      const cm = (ticks.at(-1) - ticks[0]) / (ticks.length - 1);
      const path = document.querySelector('[data-testid="mark-3"] .line').getAttribute('d');
      const points = [...path.matchAll(/(-?[\\d.]+) (-?[\\d.]+)/g)].map(([, x, y]) => [Number(x) / cm, Number(y) / cm]);
      return Math.abs(points.reduce((sum, [x, y], at) => { const [u, v] = points[(at + 1) % points.length]; return sum + x * v - u * y; }, 0)) / 2;
    })()`);
    expect(Number.parseFloat((await textOf(page, 3))?.slice(2) ?? '')).toBeCloseTo(squareCm as number, 0);

    const other = await open(address);
    await live(other);
    await allKept(other, 9);
    for (const number of [1, 2, 3, 4, 5, 8]) expect(await textOf(other, number)).toBe(await textOf(page, number));
    expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  });

  it('are placed, moved, removed, taken back and done again by keys alone', async () => {
    const { address } = await keeping('keys', [echo]);
    const page = await open(address);
    await live(page);
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press('c', 'Enter', 'Enter', ...Array<string>(4).fill('Shift+ArrowRight'));
    expect(await textOf(page, 1)).toMatch(/^1 \d+\.\d\smm$/);
    await press('Enter', 'Escape');
    await allKept(page, 1);
    const drawn = await textOf(page, 1);
    // Arrows are the time's, although the mark is selected, until its handle is reached by Tab.
    const end = page.getByRole('button', { name: /^Caliper 1, .*point 2 of 2/ });
    await end.waitFor();
    await press('Shift+ArrowRight', 'ArrowRight', 'Shift+ArrowDown');
    expect(await textOf(page, 1)).toBe(drawn);
    for (let tabs = 0; tabs < 8 && !(await end.evaluate((handle) => handle === document.activeElement)); tabs++) await press('Tab');
    await press('Shift+ArrowRight');
    await expect.poll(() => textOf(page, 1)).not.toBe(drawn);
    const moved = await textOf(page, 1);
    await press('Control+z');
    await expect.poll(() => textOf(page, 1)).toBe(drawn);
    await press('Control+Shift+z');
    await expect.poll(() => textOf(page, 1)).toBe(moved);
    await press('Delete');
    await allKept(page, 0);
    await press('Control+z');
    await allKept(page, 1);
    expect(await textOf(page, 1)).toBe(moved);

    // A line of several points ends where Enter is pressed twice.
    await press('z', 'Enter', 'Enter', 'Shift+ArrowDown', 'Enter', 'Shift+ArrowRight', 'Enter', 'Enter', 'Escape');
    await allKept(page, 2);
    await press('h');
    await expect.poll(() => page.locator('.mark').count()).toBe(0);
    await press('h');
    await expect.poll(() => page.locator('.mark').count()).toBe(2);

    // Every mark and every point of the one in hand can be reached by Tab.
    await page
      .getByRole('button', { name: /^Caliper 1, .*Arrow keys move it/ })
      .first()
      .focus();
    await page.getByRole('button', { name: /point 1 of 2/ }).focus();
    const before = await textOf(page, 1);
    await press('Shift+ArrowLeft');
    await expect.poll(() => textOf(page, 1)).not.toBe(before);
  });

  it('are traced by a finger, and a second finger makes a pinch of it', async () => {
    const { address } = await keeping('touch', [echo]);
    const page = await open(address, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    await live(page);
    const session = await page.context().newCDPSession(page);
    const { at } = hand(page);
    const touch = async (type: 'touchStart' | 'touchMove' | 'touchEnd', ...places: Place[]): Promise<void> => {
      const points = await Promise.all(places.map(at));
      await session.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
    };
    await page.getByRole('button', { name: /all drawing tools/ }).tap();
    await page.getByRole('button', { name: 'Area (A)' }).last().tap();
    await touch('touchStart', [0.4, 0.4]);
    for (const place of [
      [0.5, 0.4],
      [0.6, 0.45],
      [0.6, 0.55],
      [0.5, 0.6],
      [0.4, 0.55],
    ] as const)
      await touch('touchMove', place);
    await touch('touchEnd');
    await expect.poll(() => textOf(page, 1)).toMatch(/^1 \d+\.\d+\scm²/);
    await touch('touchStart', [0.3, 0.3]);
    await touch('touchStart', [0.3, 0.3], [0.7, 0.7]);
    await touch('touchMove', [0.2, 0.2], [0.8, 0.8]);
    await touch('touchEnd');
    await expect.poll(() => page.locator('.zoom-note').count()).toBe(1);
    expect(await page.locator('.mark').count()).toBe(1);
  });

  it('are left as they were by touches that the system takes away, that a pen comes after, or that stay in their place', async () => {
    const { address } = await keeping('palm', [echo]);
    const page = await open(address, { hasTouch: true });
    await live(page);
    const session = await page.context().newCDPSession(page);
    const { at } = hand(page);
    const touch = async (type: 'touchStart' | 'touchMove' | 'touchEnd' | 'touchCancel', ...places: Place[]): Promise<void> => {
      const points = await Promise.all(places.map(at));
      await session.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
    };
    const pen = async (type: 'mousePressed' | 'mouseMoved' | 'mouseReleased', place: Place, buttons: 0 | 1): Promise<void> => {
      const [x, y] = await at(place);
      const button = type === 'mouseMoved' ? 'none' : 'left';
      await session.send('Input.dispatchMouseEvent', { type, x, y, button, buttons, clickCount: 1, pointerType: 'pen' });
    };
    const pointsIn = (): Promise<string | null> => page.locator('.mark .line').first().getAttribute('d');
    await page.keyboard.press('c');
    await touch('touchStart', [0.3, 0.3]);
    await touch('touchMove', [0.4, 0.3]);
    await expect.poll(() => page.locator('.mark').count()).toBe(1);
    await touch('touchCancel');
    await expect.poll(() => page.locator('.mark').count()).toBe(0);

    // A mark that is held is where it was.
    await touch('touchStart', [0.3, 0.3]);
    await touch('touchMove', [0.5, 0.3]);
    await touch('touchEnd');
    await allKept(page, 1);
    await page.keyboard.press('Escape');
    const kept = await pointsIn();
    await touch('touchStart', [0.5, 0.3]);
    await touch('touchMove', [0.5, 0.4]);
    await expect.poll(pointsIn).not.toBe(kept);
    await touch('touchCancel');
    await expect.poll(pointsIn).toBe(kept);

    // A palm, then the pen that it holds, which draws; the palm moves and leaves meanwhile.
    await page.keyboard.press('c');
    await touch('touchStart', [0.7, 0.8]);
    await touch('touchMove', [0.75, 0.8]);
    await expect.poll(() => page.locator('.mark').count()).toBe(2);
    await pen('mouseMoved', [0.3, 0.6], 0);
    await expect.poll(() => page.locator('.mark').count()).toBe(1);
    await pen('mousePressed', [0.3, 0.6], 1);
    await touch('touchMove', [0.7, 0.85]);
    await pen('mouseMoved', [0.4, 0.6], 1);
    await touch('touchEnd');
    await touch('touchStart', [0.7, 0.8]);
    await pen('mouseMoved', [0.5, 0.6], 1);
    await pen('mouseReleased', [0.5, 0.6], 0);
    await touch('touchEnd');
    await allKept(page, 2);
    expect(await page.locator('.zoom-note').count()).toBe(0);
    expect(await textOf(page, 2)).toBe((await textOf(page, 1))?.replace(/^1/, '2'));

    // A long press asks for a menu, and ends nothing.
    await page.keyboard.press('a');
    const taken = await page.evaluate(() => performance.now());
    await page.waitForFunction((ms) => performance.now() > ms + 600, taken);
    await touch('touchStart', [0.6, 0.4]);
    await touch('touchMove', [0.7, 0.4]);
    await touch('touchMove', [0.7, 0.6]);
    await page
      .locator('.stage')
      .evaluate((stage) => stage.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true })));
    await touch('touchMove', [0.6, 0.6]);
    expect(await results(page).count()).toBe(2);
    await touch('touchEnd');
    await allKept(page, 3);
  });

  it('drawn on a frozen picture belong to that frame, on the live one to all that follow', async () => {
    const { address } = await keeping('frames', [echo]);
    const page = await open(address);
    await live(page);
    await freeze(page);
    await page.keyboard.press('c');
    await hand(page).drag([0.4, 0.4], [0.5, 0.4]);
    await allKept(page, 1);
    expect(await page.getByTestId('mark-1').getAttribute('class')).not.toContain('dashed');
    await page.keyboard.press('Space');
    await live(page);
    await expect.poll(() => page.getByTestId('mark-1').getAttribute('class')).toContain('dashed');
    await hand(page).drag([0.4, 0.6], [0.5, 0.6]);
    await allKept(page, 2);
    expect(await page.getByTestId('mark-2').getAttribute('class')).not.toContain('dashed');
    await page.keyboard.press('Space');
    await page.locator('[data-state="frozen"]').waitFor();
    expect(await page.getByTestId('mark-2').getAttribute('class')).not.toContain('dashed');
  });

  it('are calibrated by a known length, for all marks on the picture, and back', async () => {
    const { address } = await keeping('calibration', [fluoroscopy]);
    const page = await open(address);
    await live(page);
    const { drag } = hand(page);
    await page.keyboard.press('c');
    await drag([0.4, 0.4], [0.4, 0.6]);
    await allKept(page, 1);
    expect(await textOf(page, 1)).toMatch(/^1 \d+\spx, not calibrated$/);
    await page.keyboard.press('k');
    await drag([0.4, 0.4], [0.4, 0.6]);
    await page.getByLabel('Known length').fill('20');
    await page.getByRole('button', { name: 'Calibrate', exact: true }).click();
    await expect.poll(() => textOf(page, 1), { timeout: 30_000 }).toMatch(/^1 20\.0\smm, calibrated by hand$/);
    await page.getByRole('button', { name: 'Calibrated by hand: take it back' }).click();
    await expect.poll(() => textOf(page, 1), { timeout: 30_000 }).toMatch(/\spx, not calibrated$/);
  });

  it('give ejection fraction and stenosis, and say what is missing', async () => {
    const { address } = await keeping('clinical', [echo]);
    const page = await open(address, { viewport: { width: 1920, height: 1080 } });
    await live(page);
    const { drag } = hand(page);
    const ef = page.getByTestId('ef');
    await ef.locator('summary').click();
    await ef.getByText('Missing: A4C end diastole, A4C end systole').waitFor();
    await page.keyboard.press('a');
    // From one end of the annulus over the apex to the other.
    await drag([0.42, 0.6], [0.42, 0.35], [0.5, 0.3], [0.58, 0.35], [0.58, 0.6]);
    await drag([0.44, 0.6], [0.45, 0.42], [0.5, 0.38], [0.55, 0.42], [0.56, 0.6]);
    await page.keyboard.press('Escape');
    await allKept(page, 2);
    const choose = async (slot: string, number: number): Promise<void> => {
      await ef
        .getByRole('button', { name: new RegExp(`${slot}$`) })
        .first()
        .click();
      await page.getByRole('option', { name: new RegExp(`^Area ${number},`) }).click();
    };
    await choose('A4C end diastole', 1);
    await ef.getByText('Missing: A4C end systole').waitFor();
    await choose('A4C end systole', 2);
    const percent = Number.parseFloat((await ef.locator('output').textContent()) ?? '');
    expect(percent).toBeGreaterThan(20);
    expect(percent).toBeLessThan(80);
    await ef.getByText('single plane, method of discs, from 1, 2').waitFor();

    const stenosis = page.getByTestId('stenosis');
    await page.keyboard.press('c');
    await drag([0.3, 0.7], [0.4, 0.7]);
    await drag([0.3, 0.8], [0.35, 0.8]);
    await page.keyboard.press('Escape');
    await allKept(page, 4);
    for (const [number, word] of [
      [3, 'Reference'],
      [4, 'Lesion'],
    ] as const) {
      await page.getByRole('button', { name: `Name Caliper ${number}` }).click();
      await page.getByRole('dialog').getByRole('textbox').fill(word);
      await page.keyboard.press('Enter');
    }
    await expect.poll(() => stenosis.locator('output').textContent(), { timeout: 30_000 }).toMatch(/^50\s%$/);
  });

  it('say that nothing is kept where the server keeps nothing', async () => {
    const { address } = await serve('off', [echo]);
    const page = await open(address);
    await live(page);
    await page.keyboard.press('c');
    await hand(page).drag([0.4, 0.4], [0.5, 0.4]);
    await page.getByTestId('not-kept').waitFor();
    await expect.poll(() => textOf(page, 1)).toMatch(/^1 \d+\.\d\smm$/);
    await page.keyboard.press('Delete');
    await expect.poll(() => page.locator('.mark').count()).toBe(0);
    await page.keyboard.press('Control+z');
    await expect.poll(() => page.locator('.mark').count()).toBe(1);
  });

  it('made while the line was cut arrive afterwards; what two have changed is shown and decided', async () => {
    const server = await keeping('cut', [echo]);
    proxy = await FaultProxy.open(Number(new URL(server.address).port));
    const [far, near] = [await open(`http://127.0.0.1:${proxy.port}/`), await open(server.address)];
    await live(far);
    await live(near);
    await far.keyboard.press('c');
    await hand(far).drag([0.4, 0.4], [0.5, 0.4]);
    for (const page of [far, near]) await allKept(page, 1);

    proxy.set({ silent: true });
    proxy.cut();
    await far.locator('[data-state="reconnecting"]').waitFor({ timeout: 40_000 });
    await hand(far).drag([0.4, 0.6], [0.5, 0.6]);
    await expect.poll(() => far.locator('.pending').count()).toBe(1);
    const unkept = far.locator('.mark.unkept');
    await expect.poll(() => unkept.count()).toBe(1);
    expect(await unkept.textContent()).toContain('not kept yet');
    const asksBeforeItGoes = (page: Page): Promise<boolean> =>
      page.evaluate(() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true })));
    expect(await asksBeforeItGoes(far)).toBe(true);
    expect(await asksBeforeItGoes(near)).toBe(false);
    // Both take hold of the end of the first.
    await hand(near).drag([0.5, 0.4], [0.55, 0.4]);
    await allKept(near, 1);
    const theirs = await textOf(near, 1);
    await far.keyboard.press('Escape');
    await hand(far).drag([0.5, 0.4], [0.6, 0.4]);
    const mine = (await textOf(far, 1))?.replace('not kept yet', '');
    expect(mine).not.toBe(theirs);

    proxy.set({});
    await far.getByTestId('refused').waitFor({ timeout: 30_000 });
    await allKept(near, 2);
    await expect.poll(() => textOf(far, 1)).toContain(theirs ?? '');
    await expect.poll(() => unkept.count()).toBe(0);
    await expect.poll(async () => (await textOf(near, 2)) === (await textOf(far, 2))).toBe(true);
    await far.getByRole('button', { name: 'Keep mine' }).click();
    await expect.poll(() => textOf(near, 1), { timeout: 30_000 }).toBe(mine);
    await allKept(far, 2);
    expect(await asksBeforeItGoes(far)).toBe(false);
  });

  it('are seen by others as they are drawn, with a name; observers see and cannot mark', async () => {
    const server = await keeping('together', [small], '--host', '0.0.0.0');
    const local = (link: string): string => Object.assign(new URL(link), { hostname: '127.0.0.1' }).href;
    const comeIn = async (link: string, name: string): Promise<Page> => {
      const page = await open(local(link), { ignoreHTTPSErrors: true });
      await page.getByLabel('Your name').fill(name);
      await page.keyboard.press('Enter');
      await live(page);
      return page;
    };
    const operator = await comeIn(server.invitation ?? '', 'Ada');
    const link = async (role: string): Promise<string> => {
      await operator.getByLabel('For', { exact: true }).fill(role);
      await operator.getByRole('region', { name: 'Invite', exact: true }).getByRole('button', { name: /As/ }).first().click();
      await operator.getByRole('option', { name: role }).click();
      const made = operator.getByTestId('made-link').getByRole('textbox');
      const before = (await made.count()) === 0 ? '' : await made.inputValue();
      await operator.getByRole('button', { name: 'Make a link' }).click();
      await made.waitFor();
      await expect.poll(() => made.inputValue()).not.toBe(before);
      return made.inputValue();
    };
    await operator.keyboard.press('w');
    const [forMarker, forObserver] = [await link('Marker'), await link('Observer')];
    const marker = await comeIn(forMarker, 'Ben');
    const observer = await comeIn(forObserver, 'Cleo');

    // Draft: seen while the button is still down.
    const { at } = hand(marker);
    await marker.keyboard.press('c');
    await marker.mouse.move(...(await at([0.4, 0.4])));
    await marker.mouse.down();
    await marker.mouse.move(...(await at([0.55, 0.5])), { steps: 8 });
    // Whoever was behind for a moment is told where it moves to.
    let moves = 0;
    for (const page of [operator, observer]) {
      const names = async (): Promise<string[]> => {
        await marker.mouse.move(...(await at([0.55, 0.5 + 0.01 * (++moves % 2)])));
        return page.locator('.mark .name').allTextContents();
      };
      await expect.poll(names, { timeout: 60_000 }).toEqual(['Ben']);
    }
    await marker.mouse.up();
    await allKept(marker, 1);
    await expect.poll(() => observer.locator('.mark .name').count()).toBe(0);
    await observer.locator('.panel').getByText('by Ben').waitFor();

    // Pointer: a name and a line that fades.
    await marker.keyboard.down('q');
    const pointed = async (): Promise<boolean[]> => {
      await hand(marker).drag([0.3, 0.3], [0.4, 0.3], [0.4, 0.4]);
      const seen = [operator.locator('.pointer-name').getByText('Ben', { exact: true }), operator.locator('.pointer-way')];
      return Promise.all(seen.map(async (one) => (await one.count()) > 0));
    };
    await expect.poll(pointed, { timeout: 60_000 }).toEqual([true, true]);
    await marker.keyboard.up('q');
    await expect.poll(() => operator.locator('.pointer-way').count(), { timeout: 30_000 }).toBe(0);

    // At a frame that stands still: said, and not drawn over the one that runs.
    await marker.keyboard.press('Space');
    await marker.locator('[data-state="frozen"]').waitFor();
    await marker.keyboard.down('q');
    const elsewhere = operator.getByTestId('points-elsewhere').getByText(/^Ben points at \d\d:\d\d:\d\d$/);
    const pointedElsewhere = async (): Promise<number> => {
      await hand(marker).drag([0.3, 0.3], [0.4, 0.3]);
      return elsewhere.count();
    };
    await expect.poll(pointedElsewhere, { timeout: 60_000 }).toBe(1);
    expect(await operator.locator('.pointer-name').count()).toBe(0);
    await marker.keyboard.up('q');
    await operator.getByTestId('points-elsewhere').waitFor({ state: 'detached' });
    await marker.keyboard.press('Space');

    // Observers have no tools, and keys that do nothing.
    expect(await observer.getByRole('button', { name: /all drawing tools/ }).count()).toBe(0);
    await observer.keyboard.press('c');
    await hand(observer).drag([0.3, 0.6], [0.5, 0.6]);
    expect(await observer.locator('.mark').count()).toBe(1);
    await observer.keyboard.press('w');
    for (const name of ['Ada', 'Ben', 'Cleo']) await observer.getByTestId('people-panel').getByText(name).waitFor();
    expect((await new AxeBuilder({ page: observer }).analyze()).violations.map(({ id }) => id)).toEqual([]);
  });
});
