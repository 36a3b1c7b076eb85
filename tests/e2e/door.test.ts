import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, openBrowser } from '../support/browser.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-door-'));
const options = { kind: 'ultrasound', width: 320, height: 240, fps: 15 };

describe.skipIf(browserPath === undefined)('the door, over TLS', { timeout: 240_000 }, () => {
  let browser: Browser;
  let server: RunningServer;
  let operator: Page;
  const complaints: string[] = [];

  /** A browser of its own: other cookies, another person. */
  const open = async (address: string, width = 1600, height = 900): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width, height }, ignoreHTTPSErrors: true });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(address);
    return page;
  };
  const local = (link: string): string => {
    const url = new URL(link);
    url.hostname = '127.0.0.1';
    return url.href;
  };
  const comeIn = async (page: Page, name: string): Promise<void> => {
    await page.getByLabel('Your name').fill(name);
    await page.keyboard.press('Enter');
  };
  const live = (page: Page): Promise<void> => page.locator('[data-testid="state"][data-state="live"]').first().waitFor({ timeout: 30_000 });
  const makeLink = async (label: string, prepare: () => Promise<unknown> = async () => undefined): Promise<string> => {
    await operator.getByLabel('For', { exact: true }).fill(label);
    await prepare();
    await operator.getByRole('button', { name: 'Make a link' }).click();
    await operator.getByTestId('invitation').getByText(label).waitFor();
    await operator.getByTestId('made-link').getByRole('button', { name: 'Copy' }).click();
    await operator.getByRole('button', { name: 'Copied' }).waitFor();
    return operator.evaluate(() => navigator.clipboard.readText());
  };

  beforeAll(async () => {
    const file = join(folder, 'room.json');
    const streams = [
      { name: 'Echo', options },
      { name: 'Angiogram', options },
    ];
    writeFileSync(file, JSON.stringify({ room: 'Test room', limits: { notLiveMs: 1500 }, streams }));
    browser = await openBrowser();
    server = await startServer(['--config', file, '--host', '0.0.0.0', '--data', join(folder, 'data')]);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it('asks whoever comes without an invitation for one, and shows nothing', async () => {
    const page = await open(local(server.address));
    await page.getByRole('heading', { name: 'Ask for an invitation' }).waitFor();
    expect(await page.locator('canvas').count()).toBe(0);
    expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id)).toEqual([]);
    await page.getByLabel('Link').fill(`${server.address}#invite=${'A'.repeat(43)}`);
    await comeIn(page, 'Nobody');
    await page.getByText('this invitation is not known').waitFor();
    expect(await page.locator('canvas').count()).toBe(0);
    await page.context().close();
  });

  it('lets the operator in by the printed link, which leaves no trace in the address bar', async () => {
    operator = await open(local(server.invitation ?? ''));
    await operator.getByRole('heading', { name: 'You are invited' }).waitFor();
    expect(operator.url()).toBe(local(server.address));
    await comeIn(operator, 'Operator');
    await live(operator);
    expect(await operator.locator('.tile').count()).toBe(2);
    await operator.reload();
    await live(operator);
    expect(await operator.evaluate(() => document.cookie)).toBe('');
    await operator.getByRole('button', { name: /^People/ }).click();
    await operator.getByTestId('person').filter({ hasText: 'Operator, since' }).getByText('this screen').waitFor();
  });

  it('shows an observer its streams and nothing to set, and blanks the screen of whoever is sent out', async () => {
    const link = await makeLink('Ward 3', () => operator.getByRole('switch', { name: 'Angiogram' }).click({ force: true }));
    expect(new URL(link).origin).not.toContain('127.0.0.1');
    const guest = await open(local(link));
    await comeIn(guest, 'Dr Example');
    await live(guest);
    expect(await guest.locator('.tile').count()).toBe(1);
    expect(await guest.getByRole('button', { name: 'Stop', exact: true }).count()).toBe(0);
    await guest.keyboard.press('w');
    // Everybody may know who is here, and only an operator who was let in how, and by what line.
    const present = guest.getByTestId('people-panel');
    await present.getByTestId('person').filter({ hasText: 'Operator' }).first().waitFor();
    expect(await present.getByRole('button', { name: /^(Send out|Revoke|Make a link)/ }).count()).toBe(0);
    expect(await present.textContent()).not.toMatch(/since|line bears|Ward 3/);
    await guest.keyboard.press('w');

    const person = operator.getByTestId('person').filter({ hasText: 'Dr Example' });
    await person.getByText(/^Echo: /).waitFor();
    expect((await new AxeBuilder({ page: operator }).analyze()).violations.map(({ id }) => id)).toEqual([]);
    await person.getByRole('button', { name: 'Send out' }).click();
    await operator.evaluate("addEventListener('click', () => { globalThis.clickedMs = Date.now(); }, true)");
    await guest.evaluate(`new MutationObserver(() => {
      if (document.querySelector('canvas') === null) globalThis.goneMs ??= Date.now();
    }).observe(document, { childList: true, subtree: true })`);
    await person.getByRole('button', { name: 'Send out' }).click();
    await guest.getByRole('heading', { name: 'An operator has sent you out' }).waitFor();
    // Tens of milliseconds on a machine that does nothing else.
    const [clickedMs, goneMs] = [
      await operator.evaluate<number>('globalThis.clickedMs'),
      await guest.evaluate<number>('globalThis.goneMs'),
    ];
    expect(goneMs - clickedMs).toBeLessThan(10_000);
    await guest.getByRole('alert').getByText('NOT LIVE').waitFor();
    expect(await guest.locator('canvas').count()).toBe(0);
    expect((await new AxeBuilder({ page: guest }).analyze()).violations.map(({ id }) => id)).toEqual([]);
    await expect.poll(() => person.count()).toBe(0);

    await guest.reload();
    await guest.getByRole('heading', { name: 'An operator has sent you out' }).waitFor();
    await guest.goto(local(link).replace('#', '?again#'));
    await comeIn(guest, 'Dr Example');
    await guest.getByText('this invitation has been used already').waitFor();
    expect(await guest.locator('canvas').count()).toBe(0);
    await guest.context().close();
  });

  it('ends the pictures of all who came by an invitation that is revoked, and takes them back by a new one', async () => {
    const link = await makeLink('Lecture hall', () =>
      operator.getByRole('switch', { name: 'For one browser only' }).click({ force: true }),
    );
    const guests = await Promise.all([open(local(link), 800, 600), open(local(link), 800, 600)]);
    for (const guest of guests) {
      await comeIn(guest, '');
      await live(guest);
    }
    // A dumb monitor of one of them stands in the list as well, and its pictures end with the others.
    const plain = operator.getByTestId('person').filter({ hasText: 'Echo: single pictures, as a plain picture (MJPEG)' });
    await guests[0]?.evaluate(() => {
      const picture = document.createElement('img');
      picture.src = 'streams/0/live.mjpeg';
      document.body.append(picture);
    });
    await plain.waitFor();
    const invitation = operator.getByTestId('invitation').filter({ hasText: 'Lecture hall' });
    await invitation.getByText('Used 2 times').waitFor();
    await invitation.getByRole('button', { name: 'Revoke' }).click();
    await invitation.getByRole('button', { name: 'Revoke' }).click();
    for (const guest of guests) {
      await guest.getByRole('heading', { name: 'Your invitation was revoked' }).waitFor();
      expect(await guest.locator('canvas').count()).toBe(0);
    }
    await expect.poll(() => invitation.getAttribute('data-state')).toBe('revoked');
    await expect.poll(() => plain.count()).toBe(0);
    const [guest] = guests as [Page, Page];
    await guest.getByLabel('Link').fill(await makeLink('Lecture hall again'));
    await comeIn(guest, 'Lecture hall');
    await live(guest);
    for (const page of guests) await page.context().close();
    expect(complaints).toEqual([]);
  });
});
