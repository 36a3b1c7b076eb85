import type { Page } from 'playwright-core';

const attempts = 10;

/**
 * Freezes the picture of a stream by Space until it stands for good: the next frame that comes in both views takes the place of the
 * first one, and where none comes in time, nothing can be processed anew.
 */
export async function freeze(page: Page, stream = 0): Promise<void> {
  const state = (name: string): Promise<void> =>
    page.getByTestId(`tile-${stream}`).locator(`.truth [data-state="${name}"]`).waitFor({ timeout: 60_000 });
  const stands = (): Promise<boolean> =>
    page
      .locator('.panel')
      .getByText('Changes apply to the frozen picture')
      .waitFor({ timeout: 3000 })
      .then(
        () => true,
        () => false,
      );
  const isShut = (await page.locator('.panel').count()) === 0;
  if (isShut) await page.keyboard.press('s');
  for (let attempt = 1; ; attempt++) {
    await page.keyboard.press('Space');
    await state('frozen');
    if (await stands()) break;
    if (attempt === attempts) throw new Error(`no picture stands still, ${attempts} times`);
    await page.keyboard.press('Space');
    await state('live');
  }
  if (isShut) await page.keyboard.press('s');
}
