import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, openBrowser } from '../support/browser.ts';
import { hand, type Place } from '../support/hand.ts';
import { isAllKept } from '../support/marks-on-page.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-clinical-'));
const echo = (name: string) => ({ name, options: { kind: 'ultrasound', width: 320, height: 240, fps: 10 } });
const patience = { timeout: 60_000 };

/** A cavity from one end of the annulus over the apex to the other, in shares of the stage; the same on both sides of its long axis. */
interface Cavity {
  readonly base: number;
  readonly middle: number;
  readonly apex: number;
  readonly baseHalf: number;
  readonly middleHalf: number;
}
const outline = ({ base, middle, apex, baseHalf, middleHalf }: Cavity): Place[] => [
  [0.5 - baseHalf, base],
  [0.5 - middleHalf, middle],
  [0.5, apex],
  [0.5 + middleHalf, middle],
  [0.5 + baseHalf, base],
];
/** Half its width at a share of the way from its base to its apex. */
function halfAt({ base, middle, apex, baseHalf, middleHalf }: Cavity, share: number): number {
  const bend = (base - middle) / (base - apex);
  if (share <= bend) return baseHalf + ((middleHalf - baseHalf) * share) / bend;
  return (middleHalf * (1 - share)) / (1 - bend);
}
/** Pi times the integral of both half widths along the longer axis; which unit does not matter for a fraction. */
function volume(one: Cavity, other: Cavity): number {
  const slices = 4000;
  let sum = 0;
  for (let slice = 0; slice < slices; slice++) sum += halfAt(one, (slice + 0.5) / slices) * halfAt(other, (slice + 0.5) / slices);
  return (Math.PI * sum * Math.max(one.base - one.apex, other.base - other.apex)) / slices;
}
const cavities = {
  'A4C end diastole': { base: 0.66, middle: 0.42, apex: 0.3, baseHalf: 0.075, middleHalf: 0.085 },
  'A4C end systole': { base: 0.66, middle: 0.46, apex: 0.36, baseHalf: 0.05, middleHalf: 0.06 },
  'A2C end diastole': { base: 0.66, middle: 0.44, apex: 0.31, baseHalf: 0.07, middleHalf: 0.09 },
  'A2C end systole': { base: 0.66, middle: 0.46, apex: 0.37, baseHalf: 0.055, middleHalf: 0.05 },
} as const satisfies Record<string, Cavity>;
const parts = Object.keys(cavities) as (keyof typeof cavities)[];

describe.skipIf(browserPath === undefined)('clinical measurements (skipped without Chromium)', { timeout: 240_000 }, () => {
  let browser: Browser;
  let server: RunningServer | undefined;
  const pages: Page[] = [];
  const complaints: string[] = [];
  const serve = async (): Promise<RunningServer> => {
    const file = join(folder, 'room.json');
    writeFileSync(file, JSON.stringify({ room: 'Test room', limits: { notLiveMs: 10_000 }, streams: [echo('Four'), echo('Two')] }));
    server = await startServer(['--config', file, '--data', join(folder, 'data')]);
    return server;
  };
  const open = async (address: string, locale = 'en-GB'): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, bypassCSP: true, locale });
    const page = await context.newPage();
    pages.push(page);
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(address);
    await page.getByTestId('tile-1').locator('[data-testid="state"][data-state="live"]').waitFor(patience);
    await openResults(page);
    return page;
  };
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close();
    await server?.stop();
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  const openResults = async (page: Page): Promise<void> => {
    await page.keyboard.press('s');
    await ef(page).waitFor(patience);
  };
  const ef = (page: Page): Locator => page.getByTestId('ef');
  const shownBy = async (measurement: Locator): Promise<number> =>
    Number.parseFloat((await measurement.locator('output').textContent(patience)) ?? '');
  const choose = async (page: Page, part: string, name: RegExp): Promise<void> => {
    await ef(page)
      .getByRole('button', { name: new RegExp(`${part}$`) })
      .first()
      .click();
    await page.getByRole('option', { name }).click();
  };
  const select = (page: Page, stream: number): Promise<void> => hand(page, stream).click([0.1, 0.2]);
  const nothingPending = (page: Page): Promise<void> => expect.poll(() => isAllKept(page), patience).toBe(true);

  it('stand on marks of two streams, and still do after a reload, on another screen, and in an examination opened again', async () => {
    const { address } = await serve();
    const page = await open(address);
    // Heartbeats behind what will be frozen.
    await expect
      .poll(async () => (await page.locator('path.peaks').first().getAttribute('d'))?.match(/M/g)?.length ?? 0, patience)
      .toBeGreaterThan(3);
    for (const [index, part] of parts.entries()) {
      const stream = index < 2 ? 0 : 1;
      await select(page, stream);
      await page.keyboard.press('Space');
      await page.getByTestId(`tile-${stream}`).locator('[data-testid="state"]:not([data-state="live"])').waitFor(patience);
      await page.keyboard.press('a');
      await hand(page, stream).drag(...outline(cavities[part]));
      await page.keyboard.press('Escape');
      await expect.poll(() => page.getByTestId('result').count(), patience).toBe((index % 2) + 1);
      await nothingPending(page);
      await page.keyboard.press('Space');
      await page.getByTestId(`tile-${stream}`).locator('[data-testid="state"][data-state="live"]').waitFor(patience);
    }
    await ef(page).locator('summary').click();
    await ef(page).getByText('Missing: A4C end diastole, A4C end systole').waitFor();
    for (const [index, part] of parts.entries())
      await choose(page, part, new RegExp(`^Area ${(index % 2) + 1}, .* · ${index < 2 ? 'Four' : 'Two'}, \\d`));
    await ef(page).getByText('biplane, method of discs, from Four 1, Four 2, Two 1, Two 2').waitFor(patience);
    await nothingPending(page);
    const [d4, s4, d2, s2] = parts.map((part) => cavities[part]) as [Cavity, Cavity, Cavity, Cavity];
    const wanted = 100 * (1 - volume(s4, s2) / volume(d4, d2));
    const found = await shownBy(ef(page));
    expect(Math.abs(found - wanted)).toBeLessThan(1.5);
    const rate = page.getByTestId('rate');
    const perMinute = await shownBy(rate);
    // The simulator's heart.
    expect(perMinute).toBeGreaterThan(30);
    expect(perMinute).toBeLessThan(120);
    await rate.locator('summary').click();
    await rate.getByText('from the R peaks of the source around the end-diastolic frame').waitFor();

    await page.reload();
    expect([await shownBy(ef(page)), await shownBy(rate)]).toEqual([found, perMinute]);
    const other = await open(address, 'de-DE');
    expect([await shownBy(ef(other)), await shownBy(other.getByTestId('rate'))]).toEqual([found, perMinute]);

    await page.keyboard.press('e');
    await page.getByRole('button', { name: 'Close examination' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Close examination' }).click();
    await page.getByTestId('examination-panel').getByText('No examination is open').waitFor(patience);
    await expect.poll(() => ef(other).locator('output').count(), patience).toBe(0);
    await server?.stop();
    const again = await open((await serve()).address);
    await again.keyboard.press('e');
    await again.getByLabel('Name or number').fill('');
    await again.keyboard.press('Enter');
    await again.getByTestId('found').getByRole('button', { name: 'Look into it' }).first().click();
    await again.getByRole('button', { name: 'Open again' }).click();
    await again
      .getByTestId('examination-panel')
      .getByText('No examination is open')
      .waitFor({ state: 'detached', ...patience });
    await openResults(again);
    await expect.poll(() => ef(again).locator('output').count(), patience).toBe(1);
    expect([await shownBy(ef(again)), await shownBy(again.getByTestId('rate'))]).toEqual([found, perMinute]);

    await again.keyboard.press('x');
    await again.getByRole('radio', { name: 'Measurements', exact: true }).click();
    const saving = again.waitForEvent('download', patience);
    await again.getByRole('button', { name: 'Save', exact: true }).click();
    const csv = readFileSync(await (await saving).path(), 'utf8');
    const line =
      csv
        .split('\r\n')
        .find((row) => row.includes('ejection-fraction,'))
        ?.split(',') ?? [];
    expect(line.slice(1, 7)).toEqual(['ejection-fraction', 'biplane-discs', '', 'ejection-fraction', expect.any(String), '%']);
    expect(Math.round(Number(line[5]))).toBe(found);
  });
});
