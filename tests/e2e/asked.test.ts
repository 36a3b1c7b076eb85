import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openRoom } from '../broadcast/test-room.ts';
import { browserPath, openBrowser } from '../support/browser.ts';
import { FaultProxy } from '../support/fault-proxy.ts';

const echo = { name: 'Echo', options: { width: 160, height: 120, fps: 10 } };
const patience = { timeout: 30_000 };
const eventually = <Value>(look: () => Promise<Value>) => expect.poll(look, patience);

describe.skipIf(browserPath === undefined)('what is refused and what is asked (skipped without Chromium)', () => {
  let browser: Browser;
  let context: BrowserContext;
  let folder: string;
  let room: Awaited<ReturnType<typeof openRoom>>;

  const serve = async (door: object): Promise<void> => {
    folder = mkdtempSync(join(tmpdir(), 'lumencast-asked-'));
    room = await openRoom([echo], { notLiveMs: 3000 }, { dataFolder: folder, past: { minutes: 1 }, ...door });
    context = await browser.newContext({ locale: 'en', viewport: { width: 1280, height: 720 } });
    context.setDefaultTimeout(patience.timeout);
  };
  const open = async (address = room.address): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(address);
    await page.locator('[data-testid="tile-0"] .truth [data-state="live"]').waitFor();
    await page.getByTestId('time-strip').locator('.timeline:not(.empty)').waitFor();
    return page;
  };
  const past = (page: Page) => page.locator('[data-testid="tile-0"] .truth [data-state="past"][data-captured-us]');
  const focused = (page: Page): Promise<unknown> => page.evaluate('document.activeElement.textContent');

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterEach(async () => {
    await context.close();
    await room.close();
    rmSync(folder, { recursive: true });
  });
  afterAll(() => browser.close());

  it('says with the panel closed that marks are not kept, and that a setting was not taken back', async () => {
    await serve({});
    const [page, other] = [await open(), await open()];
    expect(await page.locator('.panel').count()).toBe(0);
    const box = (await page.locator('.stage').boundingBox())!;
    await page.keyboard.press('c');
    await page.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.5);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5, { steps: 3 });
    await page.mouse.up();
    await page.getByTestId('keeping').getByText('Not kept: this server has no archive').waitFor();
    await page.locator('.tools .waits').getByText('1 not kept').waitFor();

    const map = (on: Page) => on.getByTestId('stage-colour-map').getByRole('switch');
    for (const on of [page, other]) await on.keyboard.press('s');
    await page.getByTestId('stage-colour-map').locator('.switch').click();
    await eventually(() => map(other).isChecked()).toBe(true);
    const brightness = (on: Page) => on.getByTestId('stage-window').getByRole('slider', { name: 'Brightness' });
    await brightness(page).focus();
    await page.keyboard.press('End');
    const set = await brightness(page).inputValue();
    await eventually(() => brightness(other).inputValue()).toBe(set);
    await brightness(other).focus();
    await other.keyboard.press('ArrowLeft');
    const theirs = await brightness(other).inputValue();
    await eventually(() => brightness(page).inputValue()).toBe(theirs);
    const undo = page.getByRole('button', { name: 'Undo (Ctrl+Z)' });
    await undo.click();
    await page.getByTestId('keeping').getByText('was set by somebody else meanwhile').waitFor();
    // The step before it is nobody else's, and what was asked for after the other one has its answer by then.
    await undo.click();
    await eventually(() => map(other).isChecked()).toBe(false);
    expect(await brightness(other).inputValue()).toBe(theirs);
  });

  it('asks before an examination ends for all or something is discarded, on what does nothing, and Escape means no', async () => {
    await serve({ archive: {} });
    const page = await open();
    await page.keyboard.press('p');
    await page.keyboard.press('e');
    await page.locator('[data-testid="kept"][data-state="kept"]').waitFor();
    const asked = page.getByRole('alertdialog');
    const anew = page.getByRole('button', { name: 'New, anonymous' });
    await anew.click();
    await asked.waitFor();
    expect(await focused(page)).toBe('Leave open');
    await page.keyboard.press('Escape');
    await asked.waitFor({ state: 'detached' });
    await eventually(() => focused(page)).toBe('New, anonymous');
    await page.getByRole('button', { name: /^Discard Still/ }).click();
    await asked.waitFor();
    expect(await focused(page)).toBe('Keep');
    await page.keyboard.press('Escape');
    await asked.waitFor({ state: 'detached' });
    expect(await page.getByTestId('kept').count()).toBe(1);
    await anew.click();
    await asked.getByRole('button', { name: 'New, anonymous' }).click();
    await eventually(() => page.getByTestId('kept').count()).toBe(0);
  });

  it('offers what the record holds before a clip; arrows are the time’s after a click; a compared clip stays where it is when the line comes back', async () => {
    await serve({ archive: {} });
    await using proxy = await FaultProxy.open(Number(new URL(room.address).port));
    const page = await open(`http://127.0.0.1:${proxy.port}/`);
    const lead = page.locator('.keep .choice button');
    const options = page.getByRole('option');
    await lead.click();
    await options.first().waitFor();
    expect(await options.allTextContents()).toEqual([
      ...['now', '1 s before', '2 s before', '5 s before', '10 s before'],
      ...['30 s before', '60 s before', '2 min before', '3 min before'],
    ]);
    // One minute is kept, and 10 s are what was chosen before.
    expect(await page.getByRole('option', { name: '3 min before' }).getAttribute('aria-disabled')).toBe('true');
    await page.getByRole('option', { name: '1 s before' }).click();
    await options.first().waitFor({ state: 'detached' });
    await page.keyboard.press('ArrowLeft');
    await past(page).waitFor();
    expect(await lead.textContent()).toBe('1 s before');
    await page.keyboard.press('Home');
    await page.locator('[data-testid="tile-0"] .truth [data-state="live"]').waitFor();

    await page.keyboard.press('r');
    await page.getByTestId('keeping').getByText('Clip runs').waitFor();
    await page.keyboard.press('r');
    await page.keyboard.press('e');
    await page.locator('[data-testid="kept"][data-state="kept"]').waitFor();
    await page.getByRole('button', { name: /^Beside the live picture/ }).click();
    const clip = page.locator('main [data-cell="1"] [data-state="past"][data-captured-us]');
    await clip.waitFor();
    await page.keyboard.press('F6');
    await page.keyboard.press(' ');
    const firstUs = async (): Promise<number> => Number(await clip.getAttribute('data-captured-us'));
    let atUs = await firstUs();
    for (let step = 0; step < 3; step++) {
      await page.keyboard.press('ArrowRight');
      await eventually(firstUs).not.toBe(atUs);
      atUs = await firstUs();
    }
    proxy.set({ silent: true });
    proxy.cut();
    await page.locator('[data-testid="tile-0"] [data-state="reconnecting"]').first().waitFor();
    proxy.set({});
    await page.locator('[data-testid="tile-0"] .truth [data-state="live"]').waitFor();
    // What is kept now is told after what was told again.
    await page.keyboard.press('F6');
    await page.keyboard.press('p');
    await eventually(() => page.locator('[data-testid="kept"][data-state="kept"]').count()).toBe(2);
    await page.keyboard.press('F6');
    expect(await firstUs()).toBe(atUs);
    await page.keyboard.press('ArrowLeft');
    await eventually(firstUs).not.toBe(atUs);
    await page.keyboard.press('ArrowRight');
    await eventually(firstUs).toBe(atUs);
  });
});
