import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { english } from '../../web-client/words/english.ts';
import { german } from '../../web-client/words/german.ts';
import { browserPath, openBrowser } from '../support/browser.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-languages-'));
const panels = { s: 'Bearbeitung und Ergebnisse', v: 'Geräte', w: 'Personen', e: 'Untersuchung', u: 'Bildwand' } as const;

/** Whatever the page shows or tells a screen reader, one text each. */
const everything = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const texts = new Set();
    const shown = (element) => element.closest('[lang="en"], script, style, noscript') === null;
    for (const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); walker.nextNode();) {
      if (shown(walker.currentNode.parentElement)) texts.add(walker.currentNode.textContent.trim());
    }
    for (const element of document.querySelectorAll('*')) {
      if (!shown(element)) continue;
      for (const name of ['aria-label', 'aria-description', 'aria-valuetext', 'aria-roledescription', 'title', 'placeholder', 'alt']) {
        if (element.hasAttribute(name)) texts.add(element.getAttribute(name).trim());
      }
    }
    return [...texts];
  })()`);

const barriers = async (page: Page): Promise<string[]> =>
  (await new AxeBuilder({ page }).analyze()).violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));

/** English texts that no German one is like. */
const onlyEnglish = new Set<string>(Object.values(english).filter((text) => !(Object.values(german) as string[]).includes(text)));

describe.skipIf(browserPath === undefined)('languages of the monitor', { timeout: 240_000 }, () => {
  let browser: Browser;
  let server: RunningServer;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];

  const open = async (locale: string): Promise<void> => {
    context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale });
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(server.address);
    await page.locator('[data-testid="state"][data-state="live"]').first().waitFor({ timeout: 30_000 });
  };
  const language = (): Promise<string | null> => page.locator('html').getAttribute('lang');

  beforeAll(async () => {
    const file = join(folder, 'room.json');
    const streams = [
      { name: 'Echo', options: { kind: 'ultrasound', width: 320, height: 240, fps: 15 } },
      { name: 'Film', driver: 'replay', options: { file: join(folder, 'no-such.dcm') } },
    ];
    writeFileSync(file, JSON.stringify({ room: 'Raum 2', limits: { notLiveMs: 1500 }, streams }));
    browser = await openBrowser();
    server = await startServer(['--config', file, '--data', join(folder, 'data')]);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it('speaks German where the browser does, with commas, errors and stages too', async () => {
    await open('de-AT');
    expect(await language()).toBe('de');
    await expect.poll(() => page.getByTestId('fps').first().textContent()).toMatch(/^\d+,\d B\/s$/);
    await page.getByText('no-such.dcm lässt sich nicht lesen: nicht da (ENOENT)', { exact: false }).first().waitFor();
    await page.getByText('Nächster Versuch in', { exact: false }).or(page.getByText('Neuer Versuch läuft')).first().waitFor();
  });

  it.each(Object.entries(panels))('has not a word of English in the panel of %s: %s', async (key, name) => {
    const panel = page.getByRole('complementary', { name });
    if (!(await panel.isVisible())) await page.keyboard.press(key);
    await panel.waitFor();
    expect((await everything(page)).filter((text) => onlyEnglish.has(text))).toEqual([]);
    expect(await barriers(page)).toEqual([]);
    // What is wider than the panel is cut off.
    expect(await panel.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(0);
    await page.keyboard.press(key);
    await panel.waitFor({ state: 'detached' });
  });

  it('lists the keys in German, and is switched there at once', async () => {
    await page.keyboard.press('?');
    const keys = page.getByRole('dialog', { name: 'Tasten' });
    await keys.getByText('Leertaste').waitFor();
    expect((await everything(page)).filter((text) => onlyEnglish.has(text))).toEqual([]);
    expect(await barriers(page)).toEqual([]);
    await keys.getByRole('radio', { name: 'English' }).click();
    await page.getByRole('dialog', { name: 'Keys' }).getByText('Space', { exact: true }).waitFor();
    expect(await language()).toBe('en');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByTestId('fps').first().textContent()).toMatch(/^\d+\.\d fps$/);
    await page.getByText('no-such.dcm cannot be read', { exact: false }).first().waitFor();
  });

  it('keeps what was chosen, and takes it back in the side panel', async () => {
    await page.reload();
    await page.getByRole('button', { name: /^Freeze/ }).waitFor();
    expect(await language()).toBe('en');
    await page.keyboard.press('s');
    const panel = page.getByRole('complementary', { name: 'Stages and results' });
    await panel.getByRole('radio', { name: 'Deutsch' }).click();
    await page.getByRole('button', { name: /^Einfrieren/ }).waitFor();
    expect(await language()).toBe('de');
    await page.getByRole('complementary', { name: panels.s }).getByRole('button', { name: 'Weich' }).waitFor();
  });

  it('says in German that a picture is not live', async () => {
    const tile = page.locator('.tile', { has: page.locator('[data-testid="state"][data-state="live"]') }).first();
    await tile.waitFor({ timeout: 60_000 });
    const name = await tile.getAttribute('data-testid');
    server.process.kill('SIGSTOP');
    try {
      const band = page.getByTestId(name ?? '').getByTestId('not-live-band');
      await band.getByText('NICHT LIVE').waitFor();
      expect(await band.textContent()).toMatch(/\d,\d\u00a0s/);
    } finally {
      server.process.kill('SIGCONT');
    }
    await page.locator('[data-testid="state"][data-state="live"]').first().waitFor({ timeout: 30_000 });
    await context.close();
  });

  it('speaks English where the browser speaks neither', async () => {
    await open('fr-FR');
    expect(await language()).toBe('en');
    await page.getByRole('button', { name: /^Freeze/ }).waitFor();
    await context.close();
    expect(complaints).toEqual([]);
  });
});
