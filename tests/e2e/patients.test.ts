import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRoom, type TestViewer } from '../broadcast/test-room.ts';
import { browserPath, openBrowser } from '../support/browser.ts';
import { freeze } from '../support/freeze.ts';

const patienceMs = 120_000;
const still = 'aaaaaaaaaaaaaaa1';
const [erika, max] = [
  { name: 'Example, Erika', id: '4711' },
  { name: 'Muster, Max', id: '12' },
];

describe.skipIf(browserPath === undefined)('two patients, one after the other (skipped without Chromium)', () => {
  let folder = '';
  let room: Awaited<ReturnType<typeof openRoom>>;
  let viewer: TestViewer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let boundaryUs = 0;

  const seconds = (count: number): Promise<void> => {
    const newestUs = (): number => room.stores.past?.past(0).newestUs ?? 0;
    const fromUs = newestUs();
    return viewer.until(() => newestUs() >= fromUs + count * 1e6);
  };
  const openExamination = async (request: number, patient: typeof erika): Promise<void> => {
    viewer.say({ type: 'open-examination', request, patient });
    await viewer.until(() => viewer.messages.some((heard) => heard.type === 'examination-set' && heard.request === request));
  };
  const tile = () => page.getByTestId('tile-0');
  const whose = () => tile().getByTestId('whose');
  const picture = (name: string): Promise<unknown> =>
    process.env.PATIENTS_PICTURES === undefined
      ? Promise.resolve()
      : page.screenshot({ path: join(process.env.PATIENTS_PICTURES, `${name}.png`) });
  /** At both sizes in which it is judged. */
  const pictures = async (name: string): Promise<void> => {
    for (const [width, height] of [
      [1920, 1080],
      [1280, 720],
    ] as const) {
      await page.setViewportSize({ width, height });
      await uncovered();
      await picture(`${name}-${height}`);
    }
  };
  /** What stands in the middle of a state or a note is that itself, and all of it is on the screen. */
  const uncovered = async (): Promise<void> => {
    const covered = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('.truth .state, .live-inset .state, .whose')].flatMap((element) => {
          const { left, top, right, bottom } = element.getBoundingClientRect();
          const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
          const isWhole = left >= 0 && top >= 0 && right <= innerWidth + 1 && bottom <= innerHeight + 1;
          return isWhole && (element.contains(there) || there?.contains(element) === true) ? [] : [element.outerHTML];
        }),
      );
    await expect.poll(covered, { timeout: 30_000 }).toEqual([]);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lumencast-patients-'));
    const streams = [{ name: 'Echo', driver: 'simulator', options: { width: 320, height: 240, fps: 10 } }];
    room = await openRoom(streams, {}, { dataFolder: folder, archive: {}, past: { minutes: 5 } });
    viewer = await room.view();
    viewer.say({ type: 'watch', stream: 0, views: ['processed'] });
    await viewer.until(() => viewer.frames.length > 3);
    await openExamination(1, erika);
    await seconds(2);
    viewer.say({ type: 'keep', request: 2, kept: still, stream: 0, kind: 'still' });
    const kept = () => viewer.messages.flatMap((heard) => (heard.type === 'kept' && heard.kept.state === 'kept' ? [heard.kept] : []));
    await viewer.until(() => kept().length > 0);
    const { fromUs } = kept()[0]!;
    const points = [
      { x: 100, y: 60 },
      { x: 200, y: 140 },
    ];
    const shape = { kind: 'distance', number: 1, points, caption: { label: 'lvidd' } };
    viewer.say({
      ...{ type: 'put-mark', request: 3, mark: 'bbbbbbbbbbbbbbb1', stream: 0, on: { kept: still }, revision: 0, shape },
      ...{ fromUs, untilUs: fromUs },
    });
    await viewer.until(() => viewer.last('mark-put') !== undefined);
    browser = await openBrowser();
    context = await browser.newContext({ locale: 'en', viewport: { width: 1280, height: 720 }, bypassCSP: true });
    page = await context.newPage();
    page.setDefaultTimeout(patienceMs / 2);
    // Its dialog belongs to the system; the way without it is the one that can be driven.
    await page.addInitScript('delete globalThis.showSaveFilePicker');
    await page.goto(room.address);
    await tile().locator('.truth .state.live').waitFor();
  }, patienceMs);
  afterAll(async () => {
    await browser?.close();
    await room?.close();
    rmSync(folder, { recursive: true });
  });

  it(
    'says under a frozen picture that the next patient has come meanwhile',
    async () => {
      await freeze(page);
      expect(await whose().count()).toBe(0);
      await openExamination(4, max);
      boundaryUs = viewer.last('examination')?.boundaryUs ?? 0;
      await page.getByTestId('patient').getByText('Muster, Max').waitFor();
      await whose().getByText('Before this examination').waitFor();
      await pictures('frozen');
    },
    patienceMs,
  );

  const exportIt = async (kind: string): Promise<void> => {
    await page.keyboard.press('x');
    await page.getByTestId('export-dialog').waitFor();
    await page.getByRole('radio', { name: kind, exact: true }).click();
    const box = page.getByRole('switch', { name: /^With name/ });
    if (!(await box.isChecked())) await page.locator('label.switch', { has: box }).click();
  };
  const refused = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByTestId('export-dialog').getByText('not captured during the examination').waitFor();
  };
  const saved = async (): Promise<void> => {
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await coming;
  };

  it(
    'puts the name of the next patient on no such picture, frozen or past, and saves it without',
    async () => {
      await exportIt('Picture');
      await refused();
      await page.locator('label.switch', { has: page.getByRole('switch', { name: /^With name/ }) }).click();
      await saved();
      await page.keyboard.press('Escape');
      await page.keyboard.press('ArrowLeft');
      await tile().locator('.truth .state.past').waitFor();
      await whose().getByText('Before this examination').waitFor();
      const atUs = async () => Number(await tile().locator('.truth .state').getAttribute('data-captured-us'));
      await expect.poll(atUs, { timeout: 30_000 }).toBeGreaterThan(0);
      expect(await atUs()).toBeLessThan(boundaryUs);
      await page.getByTestId('boundary').waitFor();
      expect(await page.getByTestId('boundary').getAttribute('title')).toContain('begins here');
      const leftOf = (what: string): string => `document.querySelector('.bar ${what}').getBoundingClientRect().left`;
      expect(await page.evaluate(`${leftOf('.hand')} < ${leftOf('.boundary')}`)).toBe(true);
      await pictures('past');
      await exportIt('Picture');
      await refused();
      await page.keyboard.press('Escape');
      await page.keyboard.press('Home');
      await tile().locator('.truth .state.live').waitFor();
      await whose().waitFor({ state: 'detached' });
    },
    patienceMs,
  );

  it(
    'saves of the last minute with a name only what is since that patient',
    async () => {
      await seconds(1);
      const asked: { readonly path: string; readonly examination: string | undefined }[] = [];
      let firstUs = 0;
      page.on('request', (request) => {
        const { pathname: path } = new URL(request.url());
        asked.push({ path, examination: request.headers()['lumencast-examination'] });
      });
      page.on('response', async (response) => {
        if (response.request().headers()['lumencast-examination'] === undefined || !response.url().includes('/index')) return;
        firstUs = ((await response.json()) as { frames: number[][] }).frames[0]?.[0] ?? 0;
      });
      await exportIt('Clip');
      await page.getByTestId('export-dialog').locator('.choice', { hasText: 'Of' }).getByRole('button').click();
      await page.getByRole('option', { name: /last 60 s/ }).click();
      await page.getByTestId('export-dialog').locator('.choice', { hasText: 'Format' }).getByRole('button').click();
      await page.getByRole('option', { name: 'WebM' }).click();
      await saved();
      const open = viewer.last('examination')?.examination?.examination;
      for (const route of ['/index', '/frames'])
        expect(asked.some(({ path, examination }) => path.endsWith(`past${route}`) && examination === open)).toBe(true);
      expect(firstUs).toBeGreaterThanOrEqual(boundaryUs);
      await page.keyboard.press('Escape');
    },
    patienceMs,
  );

  const asideOf = () => page.locator('main [data-cell="1"]');
  const showsErikas = async (): Promise<void> => {
    await page.keyboard.press('s');
    await asideOf().getByTestId('whose').getByText('Earlier examination · Example, Erika · 4711').waitFor();
    await asideOf().locator('.mark.earlier .value').getByText('LVIDd').waitFor();
    await asideOf().locator('.stage').click();

    const listed = page.getByTestId('earlier-results');
    await listed.getByText('Earlier examination · Example, Erika').waitFor();
    const value = /\d+\.\d/.exec((await asideOf().locator('.mark.earlier .value').textContent()) ?? '')?.[0] ?? 'none';
    expect(await listed.getByTestId('earlier-result').textContent()).toContain(value);
  };

  it(
    'shows a still of the earlier patient beside the live picture, with whose it is and what was measured on it',
    async () => {
      await page.keyboard.press('e');
      await page.getByLabel('Name or number').fill('erika');
      await page.keyboard.press('Enter');
      await page.getByTestId('found').filter({ hasText: 'Erika' }).getByRole('button', { name: 'Look into it' }).click();
      await page.getByRole('button', { name: /^Beside the live picture/ }).click();
      await showsErikas();
      // Nobody looks for it any more, and it stays Erika's.
      await page.keyboard.press('e');
      await page.getByTestId('found').first().waitFor();
      await showsErikas();
      expect(await page.locator('main [data-cell="0"]').getByTestId('whose').count()).toBe(0);
      expect(await asideOf().locator('.mark-handle').count()).toBe(0);
      await pictures('beside');
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    },
    patienceMs,
  );

  it(
    'shows it so on a layout of the room too, to a screen that has looked into nothing',
    async () => {
      const cells = [{ stream: 0 }, { kept: still }];
      viewer.say({ type: 'save-wall', request: 6, wall: { name: 'Compared', columns: 2, rows: 1, cells, linked: false } });
      await viewer.until(() => viewer.messages.some((heard) => heard.type === 'done' && heard.request === 6));
      await page.goto(`${room.address}?display=Compared`);
      await asideOf().getByTestId('whose').getByText('Earlier examination · Example, Erika · 4711').waitFor();
      await asideOf().locator('.mark.earlier .value').getByText('LVIDd').waitFor();
      await page.locator('main [data-cell="0"] .truth .state.live').waitFor();
      await pictures('display');
    },
    patienceMs,
  );
});
