import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRoom } from '../broadcast/test-room.ts';
import { browserPath, openBrowser } from '../support/browser.ts';

const small = { width: 160, height: 120, fps: 10 };
const streams = [
  { name: 'Frontal', options: { kind: 'fluoroscopy', ...small }, stages: [{ stage: 'window' }] },
  { name: 'Lateral', options: { kind: 'fluoroscopy', ...small, seed: 5 }, stages: [{ stage: 'window' }] },
  { name: 'Echo', options: small },
];

/** On a busy machine a page takes its time. */
const eventually = <Value>(look: () => Promise<Value>) => expect.poll(look, { timeout: 30_000 });

describe.skipIf(browserPath === undefined)('the wall', () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let folder: string;
  let room: Awaited<ReturnType<typeof openRoom>>;

  const open = async (query = '', viewport = { width: 1280, height: 720 }): Promise<Page> => {
    const opened = await context.newPage();
    await opened.setViewportSize(viewport);
    await opened.goto(`${room.address}${query}`);
    return opened;
  };
  /** Names of the pictures, place by place. */
  const shown = (on: Page = page): Promise<string[]> =>
    on.locator('main .cell').evaluateAll((cells) => cells.map((cell) => cell.querySelector('.tile')?.getAttribute('aria-label') ?? ''));
  const openPanel = async (): Promise<void> => {
    await page.getByTestId('tile-2').getByTestId('state').waitFor();
    await page.keyboard.press('u');
    await page.getByTestId('wall-panel').waitFor();
  };
  const live = (on: Page, stream: number): Promise<void> =>
    on.locator(`[data-testid="tile-${stream}"] [data-testid="state"][data-state="live"]`).waitFor();

  beforeAll(async () => {
    browser = await openBrowser();
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lumencast-wall-'));
    room = await openRoom(streams, { notLiveMs: 3000 }, { dataFolder: folder, archive: {}, past: { minutes: 1 } });
    context = await browser.newContext({ locale: 'en' });
    page = await open();
  });
  afterEach(async () => {
    await context.close();
    await room.close();
    rmSync(folder, { recursive: true });
  });
  afterAll(() => browser.close());

  it('shows all streams until somebody puts them elsewhere, by tap or by key', async () => {
    await openPanel();
    expect(await shown()).toEqual(['Frontal', 'Lateral', 'Echo', '']);
    await page.getByRole('button', { name: '2 by 1 pictures' }).click();
    await eventually(() => shown()).toEqual(['Frontal', 'Lateral']);
    await page.locator('.chip', { hasText: 'Echo' }).click();
    await page.getByTestId('place-0').click();
    await eventually(() => shown()).toEqual(['Echo', 'Lateral']);
    await live(page, 2);
    await page.getByTestId('place-1').focus();
    await page.keyboard.press('Enter');
    await page.getByTestId('place-0').focus();
    await page.keyboard.press('Enter');
    await eventually(() => shown()).toEqual(['Lateral', 'Echo']);
    await page.getByRole('button', { name: 'All streams' }).click();
    await eventually(() => shown()).toEqual(['Frontal', 'Lateral', 'Echo', '']);
  });

  it('lets a picture be dragged by the line below it, and from the panel', async () => {
    await openPanel();
    const drag = async (from: string, to: string): Promise<void> => {
      await page.locator(from).hover();
      await page.mouse.down();
      await page.locator(to).hover();
      await page.locator(`${to}[data-over]`).waitFor({ timeout: 30_000 });
      await page.mouse.up();
    };
    await drag('[data-testid="tile-0"] .truth .state', 'main [data-cell="1"]');
    await eventually(() => shown()).toEqual(['Lateral', 'Frontal', 'Echo', '']);
    await drag('[data-testid="tile-2"] .truth .name', 'main [data-cell="3"]');
    await eventually(() => shown()).toEqual(['Lateral', 'Frontal', '', 'Echo']);
    await drag('.chip:has-text("Frontal")', 'main [data-cell="2"]');
    await eventually(() => shown()).toEqual(['Lateral', '', 'Frontal', 'Echo']);
    // A tap on the line stays what it was.
    await page.locator('[data-testid="tile-1"] .truth .name').click();
    await eventually(() => shown()).toEqual(['Lateral']);
  });

  it('is kept for the room, and followed by a screen that only shows', async () => {
    await openPanel();
    await page.getByRole('button', { name: '2 by 1 pictures' }).click();
    await page.getByLabel('Name of the layout').fill('Biplane');
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    await page.getByRole('link', { name: 'Display' }).waitFor();
    expect(await page.getByRole('link', { name: 'Display' }).getAttribute('href')).toBe('?display=Biplane');

    const ceiling = await open('?display=Biplane', { width: 1920, height: 1080 });
    await eventually(() => shown(ceiling)).toEqual(['Frontal', 'Lateral']);
    await live(ceiling, 0);
    expect(await ceiling.getByRole('toolbar').count()).toBe(0);
    await ceiling.keyboard.press('s');
    await ceiling.keyboard.press(' ');
    expect(await ceiling.locator('.panel, .frozen').count()).toBe(0);

    await page.locator('.chip', { hasText: 'Echo' }).first().click();
    await page.getByTestId('place-0').click();
    await page.getByLabel('Name of the layout').fill('Biplane');
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    await eventually(() => shown(ceiling)).toEqual(['Echo', 'Lateral']);

    await page.getByRole('button', { name: 'Discard Biplane' }).click();
    await page.getByText('No layout is kept yet.').waitFor();
    await eventually(() => shown(ceiling)).toEqual(['Frontal', 'Lateral', 'Echo', '']);
  });

  it('zooms and windows linked pictures together', async () => {
    await openPanel();
    await page.getByRole('button', { name: '2 by 1 pictures' }).click();
    const zoomed = page.locator('.zoom-note');
    for (const stream of [0, 1]) await live(page, stream);
    await page.keyboard.press('+');
    await eventually(() => zoomed.count()).toBe(1);
    await page.keyboard.press('0');
    await eventually(() => zoomed.count()).toBe(0);
    await page.getByText('Zoom and window linked').click();
    await page.keyboard.press('+');
    await eventually(() => zoomed.count()).toBe(2);
  });

  it('shows what was kept beside the live picture, in a place of its own', async () => {
    await live(page, 0);
    await page.keyboard.press('e');
    await page.keyboard.press('p');
    await page.locator('[data-testid="kept"][data-state="kept"]').waitFor();
    await page.getByRole('button', { name: /^Beside the live picture/ }).click();
    await eventually(() => shown()).toEqual(['Frontal', 'Frontal']);
    const kept = page.locator('main [data-cell="1"]');
    await kept.locator('[data-state="past"][data-captured-us]').waitFor();
    expect(await kept.getByTestId('live-inset').count()).toBe(0);
    await live(page, 0);
    // Home goes back to what is live, and here nothing is.
    await kept.locator('.truth .state').click();
    await page.keyboard.press('Home');
    await page.keyboard.press('u');
    await page.getByTestId('place-1').click();
    await page.getByTestId('place-0').click();
    await kept.locator('[data-testid="tile-0"]').waitFor();
    await page.locator('main [data-cell="0"] [data-state="past"][data-captured-us]').waitFor();
    await page.locator('.chip', { hasText: 'Echo' }).first().click();
    await page.getByTestId('place-0').click();
    await eventually(() => shown()).toEqual(['Echo', 'Frontal']);
  });

  it('has nothing that axe complains about', async () => {
    await openPanel();
    await page.getByRole('button', { name: '3 by 3 pictures' }).click();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  });
});
