import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openRoom } from '../broadcast/test-room.ts';
import { browserPath, openBrowser } from '../support/browser.ts';
import { image, message, transform } from '../support/openigtlink/messages.ts';
import { serverThat } from '../support/openigtlink/server-that.ts';

describe.skipIf(browserPath === undefined)('tracked tools on the monitor (skipped without Chromium)', () => {
  let browser: Browser;
  let page: Page;
  let room: Awaited<ReturnType<typeof openRoom>> | undefined;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await page.close();
    await room?.close();
  });

  it('show place and age, say lost when nothing tracks them, and the jitter of the clock stands among the counts', async () => {
    const tracked = new Set(['Probe', 'Needle']);
    await using sender = await serverThat((socket) => {
      const timer = setInterval(() => {
        const stampedS = Date.now() / 1000;
        for (const tool of tracked) socket.write(message('TRANSFORM', transform(12.3, -104.25, 58.9), { device: tool, stampedS }));
        socket.write(message('IMAGE', image(new Uint8Array(64 * 48), { width: 64, height: 48 }), { stampedS }));
      }, 100);
      socket.on('close', () => clearInterval(timer));
    });
    room = await openRoom([{ name: 'Tracked', driver: 'openigtlink', options: { host: '127.0.0.1', port: sender.port } }]);
    page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
    await page.goto(room.address);
    const tools = page.getByTestId('tools');
    await tools
      .getByText(/^12\.3\s+−104\.3\s+58\.9\s+mm$/)
      .nth(1)
      .waitFor();
    tracked.delete('Needle');
    await tools.getByText('lost').waitFor();
    expect(await tools.getByText(/mm$/).count()).toBe(1);
    await page.locator('.losses').hover();
    await page.getByTestId('clock-residual').waitFor();
    expect(await page.getByTestId('clock-residual').textContent()).toMatch(/^\d+\.\d\sms$/);
  }, 60_000);
});
