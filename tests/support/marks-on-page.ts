import type { Page } from 'playwright-core';

/** The marks on the picture are painted in the next animation frame: what is read before may be what was. */
export async function painted(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))');
}

/** Whether the server has all that was done here. Only after two seconds is it in sight that something was not answered: the page is asked as if it were left. */
export async function isAllKept(page: Page): Promise<boolean> {
  if ((await page.locator('.pending, .refused').count()) > 0) return false;
  return page.evaluate(() => window.dispatchEvent(new Event('beforeunload', { cancelable: true })));
}
