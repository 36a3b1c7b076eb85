import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRoom } from '../broadcast/test-room.ts';
import { browserPath, openBrowser } from '../support/browser.ts';
import { isAllKept, painted } from '../support/marks-on-page.ts';

const small = { width: 160, height: 120, fps: 10 };
const streams = [
  { name: 'Frontal', options: { kind: 'fluoroscopy', ...small }, stages: [{ stage: 'window' }] },
  { name: 'Lateral', options: { kind: 'fluoroscopy', ...small, seed: 5 }, stages: [{ stage: 'window' }] },
  { name: 'Echo', options: small },
];

/** On a busy machine a page takes its time. */
const eventually = <Value>(look: () => Promise<Value>) => expect.poll(look, { timeout: 30_000 });

describe.skipIf(browserPath === undefined)('the wall', { timeout: 240_000 }, () => {
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
  const drawCaliper = async (on: Page): Promise<void> => {
    const box = (await on.locator('[data-testid="tile-0"] .stage').boundingBox())!;
    await on.keyboard.press('c');
    await on.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.5);
    await on.mouse.down();
    await on.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5, { steps: 3 });
    await on.mouse.up();
    await on.keyboard.press('Escape');
    await eventually(() => isAllKept(on)).toBe(true);
    await painted(on);
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
    // Here it is an operator's, and still nothing that hands or keys do on it changes anything.
    await drawCaliper(page);
    const mark = ceiling.locator('[data-testid="tile-0"] .mark');
    await eventually(() => mark.count()).toBe(1);
    // Before it is kept it is a draft, with a name.
    const drawn = await page.locator('[data-testid="tile-0"] .mark .value').textContent();
    await eventually(() => mark.locator('.value').textContent()).toBe(drawn);
    const stage = (await ceiling.locator('[data-testid="tile-0"] .stage').boundingBox())!;
    await ceiling.mouse.move(stage.x + stage.width * 0.6, stage.y + stage.height * 0.5);
    await ceiling.mouse.wheel(0, -400);
    await ceiling.mouse.down();
    await ceiling.mouse.move(stage.x + stage.width * 0.8, stage.y + stage.height * 0.7, { steps: 3 });
    await ceiling.mouse.up();
    expect(await ceiling.locator('.zoom-note').count()).toBe(0);
    for (let press = 0; press < 4; press++) await ceiling.keyboard.press('Tab');
    expect(await ceiling.evaluate('document.activeElement === document.body')).toBe(true);
    expect(await page.locator('[data-testid="tile-0"] .mark .value').textContent()).toBe(drawn);

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
    await drawCaliper(page);
    const drawn = await page.locator('[data-testid="tile-0"] .mark .value').textContent();
    await page.keyboard.press('e');
    await page.keyboard.press('p');
    await page.locator('[data-testid="kept"][data-state="kept"]').waitFor();
    await page.getByRole('button', { name: /^Beside the live picture/ }).click();
    await eventually(() => shown()).toEqual(['Frontal', 'Frontal']);
    const kept = page.locator('main [data-cell="1"]');
    await kept.locator('[data-state="past"][data-captured-us]').waitFor();
    expect(await kept.getByTestId('live-inset').count()).toBe(0);
    // With what was drawn on the stream then.
    await eventually(() => kept.locator('.mark .value').textContent()).toBe(drawn);
    // Alone it is the same still, by its name and by its number. What is pressed does not move from under the hand.
    const placeOfName = () => kept.locator('.truth .name').boundingBox();
    const before = await placeOfName();
    await page.mouse.move(before!.x + before!.width / 2, before!.y + before!.height / 2);
    await page.mouse.down();
    await page.locator('main [data-cell="1"] .tile.selected').waitFor();
    expect(await placeOfName()).toEqual(before);
    await page.mouse.up();
    await eventually(() => page.locator('main .cell').count()).toBe(1);
    const alone = page.locator('main [data-cell="0"]');
    await alone.locator('[data-state="past"][data-captured-us]').waitFor();
    expect(await alone.locator('.source-card').count()).toBe(0);
    await page.keyboard.press('4');
    await eventually(() => shown()).toEqual(['Frontal', 'Frontal']);
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

  it('is gone through, zoomed and moved by keys alone, also after a click on a tool', async () => {
    const selected = (): Promise<string[]> =>
      page.locator('main .tile.selected').evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute('data-testid') ?? ''));
    const past = (stream: number) => page.locator(`[data-testid="tile-${stream}"] .truth [data-state="past"]`);
    for (const stream of [0, 1, 2]) await live(page, stream);
    await page.keyboard.press('Shift+J');
    await drawCaliper(page);
    await page.keyboard.press('F6');
    expect(await selected()).toEqual(['tile-1']);
    await page.keyboard.press('F6');
    await page.keyboard.press('F6');
    await page.keyboard.press('Shift+F6');
    expect(await selected()).toEqual(['tile-2']);
    await page.locator('[data-testid="tile-0"] .mark-handle').first().focus();
    expect(await selected()).toEqual(['tile-0']);

    await page.keyboard.press('F6');
    const canvas = page.locator('[data-testid="tile-1"] .layer canvas').first();
    for (let press = 0; press < 4; press++) await page.keyboard.press('+');
    await page.locator('.zoom-note').getByText('2.4×').waitFor();
    const before = (await canvas.boundingBox())!;
    await page.keyboard.press('Alt+ArrowRight');
    await page.keyboard.press('Alt+ArrowUp');
    await eventually(async () => {
      const now = (await canvas.boundingBox())!;
      return [now.x < before.x, now.y > before.y];
    }).toEqual([true, true]);

    // A tool that was merely clicked leaves the arrows to the time; one that Tab has reached takes those of the column.
    await page.getByRole('button', { name: /^Before\/after divider/ }).click();
    await page.getByRole('button', { name: /^Before\/after divider/ }).click();
    await page.getByTestId('timeline').waitFor();
    await page.keyboard.press('ArrowLeft');
    await past(1).waitFor();
    await page.keyboard.press('Home');
    await live(page, 1);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Shift+Tab');
    const focused = (): Promise<unknown> => page.evaluate('document.activeElement.getAttribute("aria-label")');
    const tool = await focused();
    await page.keyboard.press('ArrowDown');
    expect(await focused()).not.toBe(tool);
    await page.keyboard.press('ArrowLeft');
    await page.locator('.tile.selected .truth [data-state="past"]').waitFor();
  });

  it('has nothing that axe complains about', async () => {
    await openPanel();
    await page.getByRole('button', { name: '3 by 3 pictures' }).click();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  });
});
