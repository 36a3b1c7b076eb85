import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, openBrowser } from '../support/browser.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-states-'));
/** Two streams, slow enough for two shared cores. */
const streams = [
  { name: 'Echo', options: { kind: 'ultrasound', width: 320, height: 240, fps: 4 } },
  { name: 'Fluoroscopy', options: { kind: 'fluoroscopy', width: 128, height: 128, fps: 2 } },
];

const barriers = async (page: Page): Promise<string[]> =>
  (await new AxeBuilder({ page }).analyze()).violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));

/** What is wider than the place that it has, and so cut off. */
const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll('.panel, .asker, .dialog, .flyout, .tool, .breakdown')]
    .filter((element) => element.scrollWidth > element.clientWidth + 1)
    .map((element) => element.className + ': ' + element.textContent.slice(0, 60))`);

const focused = (page: Page): Promise<string> =>
  page.evaluate('document.activeElement.getAttribute("aria-label") ?? document.activeElement.className');
const kept = (page: Page): Promise<unknown> => page.evaluate('JSON.parse(localStorage.getItem("lumencast.preferences") ?? "{}")');
const pressed = (page: Page): Promise<string[]> => page.locator('.tool[data-selected]').allInnerTexts();

async function put(page: Page, ...places: (readonly [x: number, y: number])[]): Promise<void> {
  const box = await page.getByTestId('tile-0').locator('.stage').boundingBox();
  if (box === null) throw new Error('the stage is not on the screen');
  for (const [x, y] of places) await page.mouse.click(box.x + box.width * x, box.y + box.height * y);
}

describe.skipIf(browserPath === undefined)('states of the monitor (skipped without Chromium)', { timeout: 240_000 }, () => {
  let browser: Browser;
  let server: RunningServer;
  let context: BrowserContext;
  let page: Page;

  const live = (): Promise<void> =>
    page.getByTestId('tile-0').locator('[data-testid="state"][data-state="live"]').waitFor({ timeout: 60_000 });
  const open = async (locale: string, viewport = { width: 1280, height: 720 }): Promise<void> => {
    context = await browser.newContext({ viewport, locale });
    page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(server.address);
    await live();
  };
  const key = async (name: string, shown: Locator): Promise<void> => {
    await page.keyboard.press(name);
    await shown.waitFor();
  };

  beforeAll(async () => {
    const file = join(folder, 'room.json');
    writeFileSync(file, JSON.stringify({ room: 'Room 2', limits: { notLiveMs: 10_000 }, streams, past: { minutes: 1, mebibytes: 64 } }));
    browser = await openBrowser();
    server = await startServer(['--config', file, '--data', join(folder, 'data')]);
  });
  afterEach(() => context.close());
  afterAll(async () => {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it.each(['en-GB', 'de-DE'])(
    'with every flyout, question and list open have nothing that axe complains about, nothing cut off: %s',
    async (locale) => {
      await open(locale);
      const look = async (what: string): Promise<void> => {
        expect([...(await barriers(page)), ...(await cutOff(page))], what).toEqual([]);
      };
      const flyout = page.locator('.flyout');
      for (const tool of await page.locator('.flyout-tool').all()) {
        await tool.click();
        await flyout.waitFor();
        await look('flyout');
        await page.keyboard.press('Escape');
        await flyout.waitFor({ state: 'detached' });
      }
      await page.keyboard.press('1');
      const asker = page.getByRole('dialog');
      await page.keyboard.press('t');
      await put(page, [0.6, 0.3]);
      await asker.waitFor();
      await look('caption');
      await page.keyboard.type(locale === 'en-GB' ? 'left atrium' : 'linker Vorhof');
      await asker.getByRole('button', { name: /^LA/ }).waitFor();
      await look('caption found');
      await page.keyboard.press('Escape');
      await asker.waitFor({ state: 'detached' });
      await page.keyboard.press('m');
      await put(page, [0.2, 0.8]);
      await asker.waitFor();
      await look('body marker');
      await asker.getByRole('button').last().click();
      await page.keyboard.press('k');
      await put(page, [0.3, 0.5], [0.5, 0.5]);
      await asker.waitFor();
      await look('calibration');
      await page.keyboard.press('Escape');
      await page.locator('.losses').first().click();
      await page.getByTestId('breakdown').waitFor();
      await look('breakdown');
    },
  );

  it('close by Escape one at a time, and hand the keyboard back', async () => {
    await open('en-GB');
    const tile = page.getByTestId('tile-1');
    await page.keyboard.press('1');
    await tile.waitFor({ state: 'detached' });
    const marks = page.getByRole('button', { name: 'Marks: all drawing tools' });
    await marks.focus();
    await key('Enter', page.locator('.flyout'));
    await page.keyboard.press('Escape');
    await page.locator('.flyout').waitFor({ state: 'detached' });
    // The stream is alone as before.
    expect(await tile.count()).toBe(0);
    expect(await focused(page)).toBe('Marks: all drawing tools');
    await marks.click();
    await key('s', page.getByRole('complementary', { name: 'Stages and results' }));
    await page.locator('.flyout').waitFor({ state: 'detached' });
    const keys = page.getByRole('button', { name: 'Keys: what each key does (?)' });
    await keys.focus();
    await key('Enter', page.getByRole('dialog', { name: 'Keys' }));
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => focused(page)).toBe('Keys: what each key does (?)');
    const people = page.getByRole('button', { name: /^People/ });
    await people.focus();
    await key('Enter', page.getByTestId('people-panel'));
    await page.getByRole('button', { name: 'Close the list of people' }).focus();
    await page.keyboard.press('Enter');
    await page.getByTestId('people-panel').waitFor({ state: 'detached' });
    await expect.poll(() => focused(page)).toMatch(/^People/);
    await page.keyboard.press('t');
    await put(page, [0.5, 0.3]);
    await page.getByRole('dialog', { name: 'What is it?' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => focused(page)).toBe('stage');
  });

  it('show one panel as pressed, and come back to what was chosen', async () => {
    await open('en-GB');
    await key('s', page.getByRole('complementary', { name: 'Stages and results' }));
    expect(await pressed(page)).toEqual(['Results']);
    await key('u', page.getByTestId('wall-panel'));
    expect(await pressed(page)).toEqual(['Wall']);
    await page.keyboard.press('h');
    await expect.poll(() => kept(page)).toEqual({ panel: 'wall', marksHidden: true });
    await page.reload();
    await live();
    await page.getByTestId('wall-panel').waitFor();
    await page.keyboard.press('h');
    await key('s', page.getByRole('complementary', { name: 'Stages and results' }));
    await expect.poll(() => kept(page)).toEqual({ panel: 'results', marksHidden: false });
    await page.evaluate('localStorage.setItem("lumencast.preferences", "{\\"panel\\": [1], \\"quality\\"")');
    await page.reload();
    await live();
    expect(await page.locator('.panel').count()).toBe(0);
  });

  it('leave most of a phone that lies to the picture', async () => {
    await open('en-GB', { width: 844, height: 390 });
    await page.keyboard.press('1');
    await page.getByTestId('tile-1').waitFor({ state: 'detached' });
    await page.getByTestId('timeline').waitFor();
    const box = await page.getByTestId('tile-0').locator('.stage').boundingBox();
    expect(box?.height).toBeGreaterThan(390 * 0.6);
  });
});
