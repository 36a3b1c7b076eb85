import type { Page } from 'playwright-core';

export type Place = readonly [x: number, y: number];

/** A hand on the picture of a stream; places are shares of its stage. `steps`: moves of the mouse from one to the next. */
export function hand(page: Page, stream = 0, steps = 4) {
  const stage = page.getByTestId(`tile-${stream}`).locator('.stage');
  const at = async ([x, y]: Place): Promise<[number, number]> => {
    const box = await stage.boundingBox({ timeout: 120_000 });
    if (box === null) throw new Error('the stage is not on the screen');
    return [box.x + box.width * x, box.y + box.height * y];
  };
  return {
    at,
    async drag(...places: Place[]): Promise<void> {
      for (const [index, place] of places.entries()) {
        await page.mouse.move(...(await at(place)), { steps: index === 0 ? 1 : steps });
        if (index === 0) await page.mouse.down();
      }
      await page.mouse.up();
    },
    async click(...places: Place[]): Promise<void> {
      for (const place of places) await page.mouse.click(...(await at(place)));
    },
  };
}
