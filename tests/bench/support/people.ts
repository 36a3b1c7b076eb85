import type { Locator, Page } from 'playwright-core';
import { hand, type Place } from '../../support/hand.ts';

/** The same at every run. */
export function chanceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Through how many places each kind is drawn, and how, all by the keys and the mouse of a person. */
export const kinds = [
  { key: 'c', how: 'drag', places: 2 },
  { key: 'z', how: 'line', places: 3 },
  { key: 'a', how: 'drag', places: 4 },
  { key: 'o', how: 'ellipse', places: 2 },
  { key: 'g', how: 'click', places: 3 },
  { key: 'i', how: 'click', places: 1 },
  { key: 'y', how: 'drag', places: 2 },
  { key: 't', how: 'text', places: 1 },
  { key: 'm', how: 'body', places: 1 },
] as const;

const patience = { timeout: 120_000 };
/** Whether it is live at this moment is the machine's affair. */
const now = ':not([data-state="past"]):not([data-state="frozen"])';

/** Somebody at a monitor, who does one thing after another. */
export class Person {
  readonly page: Page;
  readonly #chance: () => number;
  #drawn = 0;
  #stream = 0;

  constructor(page: Page, seed: number) {
    this.page = page;
    this.#chance = chanceFrom(seed);
  }

  get results(): Locator {
    return this.page.getByTestId('result');
  }

  /** Waits for the pictures, and has the results beside them. */
  async sitDown(): Promise<void> {
    for (const stream of [0, 1]) await this.#state('[data-state="live"]', stream, 300_000);
    await this.page.keyboard.press('s');
    await this.page.locator('.panel').waitFor(patience);
  }

  /** Selects a stream by a click beside its picture. */
  async turnTo(stream: number): Promise<void> {
    this.#stream = stream;
    await hand(this.page, stream).click([0.02, 0.03]);
  }

  /** A mark of the next kind, somewhere; the tool is put away afterwards. */
  async draw(): Promise<void> {
    const kind = kinds[this.#drawn++ % kinds.length]!;
    const { drag, click } = hand(this.page, this.#stream, 2);
    const places = this.#places(kind.places);
    await this.page.keyboard.press('Escape');
    await this.page.keyboard.press(kind.key);
    if (kind.how === 'drag') await drag(...places);
    else await click(...places);
    if (kind.how === 'line')
      await this.page.mouse.click(...(await hand(this.page, this.#stream, 2).at(places.at(-1)!)), { button: 'right' });
    if (kind.how === 'ellipse') await click([places[1]![0], places[1]![1] + 0.04]);
    if (kind.how === 'text') {
      await this.page.keyboard.type('septum');
      await this.page.keyboard.press('Enter');
    }
    for (let press = 0; press < 2; press++) await this.page.keyboard.press('Escape');
  }

  /** Takes hold of one of the marks and moves it: by its first point, or by keys. */
  async edit(): Promise<void> {
    const count = await this.results.count();
    await this.results
      .nth(Math.floor(this.#chance() * count))
      .locator('.result')
      .click(patience);
    if (this.#chance() < 0.5) {
      // Keys move a point that they have got hold of, and go through time otherwise.
      await this.page.locator('.mark-handle[aria-pressed]').nth(1).focus(patience);
      const key = this.#chance() < 0.5 ? 'Shift+ArrowLeft' : 'Shift+ArrowDown';
      for (const way of [key, key, key.replace('Left', 'Right').replace('Down', 'Up')]) await this.page.keyboard.press(way);
      return;
    }
    const box = await this.page.locator('.mark-handle[aria-pressed]').nth(1).boundingBox(patience);
    if (box === null) return;
    // Its corner may lie on something beside the picture.
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await this.page.mouse.move(x, y);
    await this.page.mouse.down();
    await this.page.mouse.move(x + 40 * (this.#chance() - 0.5), y + 40 * (this.#chance() - 0.5), { steps: 4 });
    await this.page.mouse.up();
  }

  async removeOne(): Promise<void> {
    await this.results
      .last()
      .getByRole('button', { name: /^Remove/ })
      .click(patience);
  }

  /** Draws and takes back, so often that all comes and goes. */
  async undoAndRedo(): Promise<void> {
    for (const key of ['Control+z', 'Control+Shift+z', 'Control+z']) await this.page.keyboard.press(key);
  }

  async point(): Promise<void> {
    await this.page.keyboard.down('q');
    await hand(this.page, this.#stream, 2).drag(...this.#places(4));
    await this.page.keyboard.up('q');
  }

  /** Opens every panel and dialog, and closes it. */
  async lookAround(): Promise<void> {
    for (const key of ['w', 'e', 'u', 'v']) {
      await this.page.keyboard.press(key);
      await this.page.keyboard.press(key);
    }
    for (const key of ['?', 'x']) {
      await this.page.keyboard.press(key);
      await this.page.getByRole('dialog').first().waitFor(patience);
      await this.page.keyboard.press('Escape');
      await this.page
        .getByRole('dialog')
        .first()
        .waitFor({ ...patience, state: 'detached' });
    }
  }

  async scrub(): Promise<void> {
    const bar = await this.page.getByTestId('timeline').boundingBox(patience);
    if (bar === null) return;
    await this.page.mouse.click(bar.x + bar.width * (0.3 + 0.6 * this.#chance()), bar.y + bar.height / 2);
    await this.#state('[data-state="past"]');
    await this.page.getByTestId(`tile-${this.#stream}`).locator('.stage').focus();
    for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowRight', 'Shift+ArrowLeft', ' ', ' ']) await this.page.keyboard.press(key);
    await this.page.keyboard.press('Home');
    await this.#state(now);
  }

  async freeze(): Promise<void> {
    await this.page.keyboard.press(' ');
    await this.#state('[data-state="frozen"]');
    await this.page.keyboard.press(' ');
    await this.#state(now);
  }

  #state(which: string, stream = this.#stream, timeout: number = patience.timeout): Promise<void> {
    return this.page.getByTestId(`tile-${stream}`).locator(`.truth [data-testid="state"]${which}`).first().waitFor({ timeout });
  }

  #places(count: number): Place[] {
    const [x, y] = [0.12 + 0.6 * this.#chance(), 0.33 + 0.28 * this.#chance()];
    return Array.from({ length: count }, (_, index) => [
      x + 0.04 * index * (0.5 + this.#chance()),
      y + 0.06 * (index % 2 === 0 ? 0 : 1) * (0.5 + this.#chance()),
    ]);
  }
}
