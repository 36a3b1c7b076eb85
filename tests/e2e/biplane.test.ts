import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRoom } from '../broadcast/test-room.ts';
import { browserPath, openBrowser } from '../support/browser.ts';

const small = { kind: 'fluoroscopy', width: 160, height: 120 };
const streams = [
  { name: 'Frontal', options: { ...small, fps: 10 } },
  { name: 'Lateral', options: { ...small, fps: 8, seed: 5 } },
];

/** On a busy machine a page takes its time. */
const eventually = <Value>(look: () => Promise<Value>) => expect.poll(look, { timeout: 30_000 });

describe.skipIf(browserPath === undefined)('two planes in step (skipped without Chromium)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lumencast-biplane-'));
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let room: Awaited<ReturnType<typeof openRoom>>;

  const tile = (stream: number): Locator => page.getByTestId(`tile-${stream}`);
  const state = (stream: number): Locator => tile(stream).getByTestId('state');
  const shownUs = async (stream: number): Promise<number> => Number((await state(stream).getAttribute('data-captured-us')) ?? -1);
  const live = (stream: number): Promise<void> => tile(stream).locator('[data-testid="state"][data-state="live"]').waitFor();
  const timesOf = async (stream: number): Promise<readonly number[]> => {
    const answer = await fetch(new URL(`streams/${stream}/past/index`, room.address));
    return ((await answer.json()) as { frames: readonly (readonly number[])[] }).frames.map(([us = 0]) => us);
  };
  /** Waits until the other plane shows the newest frame that was captured by the time of the one that leads; before all of them, the first. */
  const together = async (leads: number, follows: number): Promise<number> => {
    const times = await timesOf(follows);
    await eventually(async () => {
      const [leading, following] = [await shownUs(leads), await shownUs(follows)];
      return leading > 0 && following === (times.findLast((us) => us <= leading) ?? times[0]);
    }).toBe(true);
    const apartMs = Number(await tile(follows).getByTestId('apart').getAttribute('data-ms'));
    expect(apartMs).toBeCloseTo(((await shownUs(follows)) - (await shownUs(leads))) / 1000, 1);
    expect(await tile(leads).getByTestId('apart').textContent()).toMatch(/^in step/);
    return shownUs(leads);
  };

  beforeAll(async () => {
    browser = await openBrowser();
  });
  beforeEach(async () => {
    room = await openRoom(streams, { notLiveMs: 3000 }, { dataFolder: folder, past: { minutes: 1 } });
    context = await browser.newContext({ locale: 'en', viewport: { width: 1280, height: 720 } });
    page = await context.newPage();
    await page.goto(room.address);
    for (const stream of [0, 1]) await live(stream);
    // The time line is ten seconds long at least: what is gone to below lies within the record, and not at its beginning.
    await expect.poll(async () => (await timesOf(1)).length, { timeout: 60_000 }).toBeGreaterThan(60);
    await page.getByTestId('timeline').waitFor();
  });
  afterEach(async () => {
    await context.close();
    await room.close();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  it('scrubs, steps and loops both, whichever is touched, and goes back to live with both', async () => {
    const bar = await page.getByTestId('timeline').boundingBox();
    if (bar === null) throw new Error('the time line is not on the screen');
    await page.mouse.move(bar.x + bar.width * 0.95, bar.y + bar.height / 2);
    await page.mouse.down();
    await page.mouse.move(bar.x + bar.width * 0.8, bar.y + bar.height / 2, { steps: 8 });
    await page.mouse.up();
    let us = await together(0, 1);
    await tile(0).locator('.stage').focus();
    for (const [key, earlier] of [
      ['ArrowLeft', true],
      ['Shift+ArrowLeft', true],
      ['ArrowRight', false],
    ] as const) {
      const before = us;
      await page.keyboard.press(key);
      await eventually(async () => earlier === (await shownUs(0)) < before && (await shownUs(0)) !== before).toBe(true);
      us = await together(0, 1);
    }
    // Now the other one leads.
    await tile(1).locator('.stage').click();
    const lateral = await timesOf(1);
    const at = lateral.indexOf(await shownUs(1));
    await page.keyboard.press('ArrowRight');
    await eventually(() => shownUs(1)).toBe(lateral[at + 1]);
    await together(1, 0);
    await page.keyboard.press('j');
    await page.keyboard.press('Shift+ArrowRight');
    const toUs = lateral[at + 11] ?? 0;
    await eventually(() => shownUs(1)).toBe(toUs);
    await page.keyboard.press('j');
    const seen: number[] = [];
    await expect
      .poll(
        async () => {
          seen.push(await shownUs(0));
          return seen.filter((one, index) => one > 0 && one < (seen[index - 1] ?? 0)).length;
        },
        { timeout: 30_000, interval: 40 },
      )
      .toBeGreaterThan(1);
    const oldestUs = (await timesOf(0)).findLast((one) => one <= (lateral[at + 1] ?? 0)) ?? 0;
    for (const one of seen.filter((known) => known > 0)) expect(one >= oldestUs && one <= toUs, String(one)).toBe(true);
    await page.keyboard.press('Home');
    for (const stream of [0, 1]) await live(stream);
  }, 120_000);

  it('leaves the other one alone where that is switched off, by its key, which stands in the map of keys', async () => {
    await page.keyboard.press('?');
    await page.locator('.key-map').getByText('Pictures in step', { exact: false }).waitFor();
    expect(await page.locator('.key-map div', { hasText: 'Pictures in step' }).locator('kbd').textContent()).toBe('Shift + J');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Shift+J');
    await page.keyboard.press('ArrowLeft');
    await tile(0).locator('[data-state="past"][data-captured-us]').waitFor();
    expect(await tile(1).locator('[data-state="past"]').count()).toBe(0);
    await live(1);
    expect(await tile(0).getByTestId('apart').count()).toBe(0);
    // Switched on, the other one comes along at the next step.
    await page.getByRole('button', { name: /^Pictures in step/ }).click();
    await page.keyboard.press('ArrowLeft');
    await together(0, 1);
  }, 120_000);
});
