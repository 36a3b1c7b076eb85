import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { codecByNumber } from '../../src/codec/codecs.ts';
import { openCodecs } from '../../src/codec/node-codecs.ts';
import { frameHeaderBytes, readFrameHeader } from '../../src/protocol/frame-header.ts';
import { WireSplitter } from '../../web-client/past/wire-splitter.ts';
import { openRoom } from '../broadcast/test-room.ts';
import { browserPath, openBrowser } from '../support/browser.ts';
import { ascii, dicomFile } from '../support/dicom-file.ts';
import { FaultProxy, type LineFaults } from '../support/fault-proxy.ts';
import { freeze } from '../support/freeze.ts';

const [width, height, pictures, fps, block] = [160, 120, 64, 10, 16];
const folder = mkdtempSync(join(tmpdir(), 'lumencast-time-'));
const file = join(folder, 'bars.dcm');
const more: [number, number, string, Uint8Array][] = [[0x0018, 0x1063, 'DS', ascii(String(1000 / fps))]];
writeFileSync(file, dicomFile({ rows: height, columns: width, frames: pictures, pixels: barCodes(), more }));

type Room = Awaited<ReturnType<typeof openRoom>>;

/** What the source captured, as far as a viewer saw it: some pass a busy machine by. */
interface Source {
  readonly room: Room;
  readonly pixels: Map<number, Uint8Array>;
  frames: number;
  newestUs: number;
}

async function serve(dataFolder: string): Promise<Source> {
  const door = { dataFolder, archive: {}, past: { minutes: 2, mebibytes: 64 } };
  const room = await openRoom([{ name: 'Bars', driver: 'replay', options: { file } }], {}, door);
  const source: Source = { room, pixels: new Map(), frames: 0, newestUs: 0 };
  room.streams[0]?.frames('processed', 'raw').subscribe(({ header, bytes }) => {
    source.pixels.set(header.capturedAtUs, Uint8Array.from(bytes.subarray(frameHeaderBytes)));
    source.frames++;
    source.newestUs = header.capturedAtUs;
  });
  return source;
}

const state = (page: Page): Locator => page.getByTestId('tile-0').getByTestId('state');
const shownUs = async (page: Page): Promise<number> => Number(await state(page).getAttribute('data-captured-us'));

/** The bar code on the canvas that is looked at, as it is there. */
async function barOnScreen(page: Page): Promise<number> {
  const blocks: number[] = await page.evaluate(
    `(() => {
      const pen = new OffscreenCanvas(${width}, ${height}).getContext('2d');
      pen.drawImage(document.querySelector('[data-testid="tile-0"] .stage .layer canvas'), 0, 0);
      return [0, 1, 2, 3, 4, 5, 6].map((bit) => pen.getImageData(bit * ${block} + ${block / 2}, ${block / 2}, 1, 1).data[0]);
    })()`,
  );
  return barOf((bit) => blocks[bit] ?? 0);
}

type Row = readonly [capturedUs: number, sequence: number];

async function recordedFrames(source: Source): Promise<readonly Row[]> {
  const answer = await fetch(new URL('streams/0/past/index', source.room.address));
  return ((await answer.json()) as { frames: readonly Row[] }).frames;
}

/** Waits until a frame of the past is on the screen that `fits`, with the picture that was captured then. Answers its capture time. */
async function looksAt(page: Page, among: Source | readonly Row[], fits: (us: number) => boolean): Promise<number> {
  let us = 0;
  const look = async (): Promise<boolean> => {
    us = await shownUs(page);
    return fits(us);
  };
  await expect.poll(look, { timeout: 30_000 }).toBe(true);
  // The record has gone on: only now it is sure to have that frame.
  const frames = 'room' in among ? await recordedFrames(among) : among;
  const sequence = frames.find(([capturedUs]) => capturedUs === us)?.[1] ?? -1;
  await expect.poll(() => barOnScreen(page), { timeout: 30_000 }).toBe(sequence % pictures);
  return us;
}

describe.skipIf(browserPath === undefined)('time and what is kept (skipped without Chromium)', () => {
  let browser: Browser;
  let page: Page;
  let source: Source;
  let proxy: FaultProxy | undefined;
  let codecs: Awaited<ReturnType<typeof openCodecs>>;

  /** `faults`: of the line to the server. */
  const open = async (dataFolder: string, faults?: LineFaults): Promise<void> => {
    source = await serve(join(folder, dataFolder));
    const { address } = source.room;
    proxy = faults && (await FaultProxy.open(Number(new URL(address).port), faults));
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, bypassCSP: true });
    page = await context.newPage();
    await page.goto(proxy === undefined ? address : `http://127.0.0.1:${proxy.port}/`);
    await page.getByTestId('tile-0').locator('[data-state="live"]').waitFor({ timeout: 30_000 });
    await page.getByTestId('timeline').waitFor({ timeout: 30_000 });
  };
  const recorded = (seconds: number): Promise<void> => expect.poll(() => source.frames, { timeout: 60_000 }).toBeGreaterThan(seconds * fps);
  /** Frames of a still or a clip as the server keeps them. */
  const keptFrames = async (kept: string): Promise<{ us: number; sequence: number; pixels: Uint8Array }[]> => {
    const answer = await fetch(new URL(`kept/${kept}/frames`, source.room.address));
    expect(answer.status).toBe(200);
    const messages = [...new WireSplitter().split(new Uint8Array(await answer.arrayBuffer()))];
    return messages.map((message) => {
      const header = readFrameHeader(new DataView(message.buffer));
      const shape = { width: header.width, height: header.height, pixelFormat: header.pixelFormat };
      const pixels = codecByNumber(codecs, header.codec).decode(shape, message.subarray(frameHeaderBytes));
      return { us: header.capturedAtUs, sequence: header.sequence, pixels: Uint8Array.from(pixels) };
    });
  };
  const keptIds = (): Promise<string[]> =>
    page.getByTestId('kept').evaluateAll((items) => items.map((item) => item.getAttribute('data-kept') ?? ''));

  beforeAll(async () => {
    browser = await openBrowser();
    codecs = await openCodecs();
  });
  afterEach(async () => {
    await page.context().close();
    await proxy?.[Symbol.asyncDispose]();
    proxy = undefined;
    await source.room.close();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  it('goes back to the very frame that was captured, step by step, while the live picture runs on beside it', async () => {
    await open('steps');
    await recorded(6);
    const bar = await page.getByTestId('timeline').boundingBox();
    if (bar === null) throw new Error('the time line is not on the screen');
    await page.mouse.click(bar.x + bar.width * 0.8, bar.y + bar.height / 2);
    let us = await looksAt(page, source, (at) => at > 0);
    const frames = await recordedFrames(source);
    expect(await state(page).textContent()).toMatch(/^PAST\d\d:\d\d:\d\d\.\d−\d/);
    const after = (by: number): number => frames[frames.findIndex(([at]) => at === us) + by]?.[0] ?? -1;
    // Else the time line has the keyboard, whose steps are its own.
    await page.getByTestId('tile-0').locator('.stage').focus();
    for (const [key, by] of [
      ['ArrowLeft', -1],
      ['ArrowLeft', -1],
      ['ArrowRight', 1],
      ['Shift+ArrowLeft', -10],
    ] as const) {
      const expected = after(by);
      await page.keyboard.press(key);
      us = await looksAt(page, frames, (at) => at === expected);
    }
    await page.getByTestId('inset-state').and(page.locator('[data-state="live"]')).waitFor();
    // Frames go on coming there while what is looked at stands.
    const live = page.locator('.live-inset canvas');
    const look = (): Promise<unknown> => live.screenshot().then((png) => png.toString('base64'));
    const before = await look();
    await expect.poll(look).not.toBe(before);
    expect(await shownUs(page)).toBe(us);
    const { violations } = await new AxeBuilder({ page }).exclude('.tools-place').analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    await page.keyboard.press('Home');
    await page.getByTestId('tile-0').locator('.truth [data-state="live"]').waitFor();
    expect(await page.getByTestId('live-inset').count()).toBe(0);
  }, 90_000);

  it('shows lighter pictures of the very time while the hand moves on a thin line, and the exact one when it rests', async () => {
    // A frame takes at least 160 ms.
    await open('thin', { bytesPerSecond: 120_000, wayMs: 40 });
    await recorded(8);
    // A lighter picture may be gone before anybody looks: the page writes down what it said.
    await page.evaluate(`{
      globalThis.said = [];
      new MutationObserver(() => {
        const exactness = document.querySelector('[data-testid="exactness"]')?.getAttribute('data-exactness');
        const us = document.querySelector('[data-testid="state"]')?.getAttribute('data-captured-us');
        if (exactness && us) globalThis.said.push(exactness + ' ' + us);
      }).observe(document.body, { subtree: true, attributes: true, childList: true });
    }`);
    const said = (): Promise<string[]> => page.evaluate('[...new Set(globalThis.said)]');
    const bar = await page.getByTestId('timeline').boundingBox();
    if (bar === null) throw new Error('the time line is not on the screen');
    const move = (place: number): Promise<void> => page.mouse.move(bar.x + bar.width * place, bar.y + bar.height / 2);
    await move(0.9);
    await page.mouse.down();
    let us = await looksAt(page, source, (at) => at > 0);
    for (const place of [0.7, 0.5, 0.3]) {
      const before = us;
      await move(place);
      us = await looksAt(page, source, (at) => at > 0 && at !== before);
      await page.locator('[data-exactness="exact"]').waitFor({ timeout: 30_000 });
      expect(await looksAt(page, source, (at) => at > 0)).toBe(us);
      const order = await said();
      expect(order.indexOf(`light ${us}`), order.join(', ')).toBeGreaterThanOrEqual(0);
      expect(order.indexOf(`exact ${us}`)).toBeGreaterThan(order.indexOf(`light ${us}`));
    }
    await page.mouse.up();
    expect(await page.getByTestId('exactness').textContent()).toMatch(/^exact/);
  }, 120_000);

  it('goes round between two marks, and steps back from a frozen picture', async () => {
    await open('loop');
    await recorded(4);
    await freeze(page);
    const frozenBar = await barOnScreen(page);
    await page.keyboard.press('ArrowLeft');
    const toUs = await looksAt(page, source, (at) => at > 0);
    const frames = await recordedFrames(source);
    expect((frames[frames.findIndex(([at]) => at === toUs) + 1]?.[1] ?? -1) % pictures).toBe(frozenBar);
    await page.keyboard.press('j');
    await page.keyboard.press('Shift+ArrowLeft');
    const fromUs = await looksAt(page, frames, (at) => at < toUs);
    await page.keyboard.press('j');
    const seen: number[] = [];
    await expect
      .poll(
        async () => {
          seen.push(await shownUs(page));
          return seen.filter((at, index) => at !== 0 && at < (seen[index - 1] ?? 0)).length;
        },
        { timeout: 30_000, interval: 40 },
      )
      .toBeGreaterThan(1);
    for (const at of seen.filter((one) => one !== 0)) expect(at >= fromUs && at <= toUs).toBe(true);
  }, 90_000);

  it('keeps stills, clips that begin before the press, and bookmarks, and finds them again after a restart', async () => {
    await open('kept');
    await recorded(5);
    await page.keyboard.press('e');
    await page.keyboard.press('ArrowLeft');
    const stillUs = await looksAt(page, source, (at) => at > 0);
    await page.keyboard.press('p');
    await page.locator('[data-testid="kept"][data-state="kept"]').waitFor();
    const [still] = await keptIds();
    const [only, ...others] = await keptFrames(still ?? '');
    expect([only?.us, others.length]).toEqual([stillUs, 0]);
    const captured = source.pixels.get(stillUs);
    if (captured !== undefined) expect(Buffer.compare(only?.pixels ?? Buffer.alloc(0), captured)).toBe(0);

    await page.keyboard.press('b');
    await page.keyboard.type('Septum');
    await page.keyboard.press('Enter');
    await page.getByTestId('bookmark').getByText('Septum').waitFor();

    await page.keyboard.press('Home');
    await page.getByTestId('tile-0').locator('.truth [data-state="live"]').waitFor();
    const pressedUs = source.newestUs;
    const count = source.frames;
    await page.keyboard.press('r');
    await page.getByTestId('keeping').getByText('Clip runs').waitFor();
    await expect.poll(() => source.frames, { timeout: 30_000 }).toBeGreaterThan(count + fps);
    await page.keyboard.press('r');
    await page
      .getByTestId('keeping')
      .getByText(/Clip kept/)
      .waitFor({ timeout: 30_000 });
    const clip = (await keptIds()).find((id) => id !== still) ?? '';
    const frames = await keptFrames(clip);
    expect(frames[0]?.us).toBeLessThan(pressedUs - 2_000_000);
    expect(frames.at(-1)?.us).toBeGreaterThan(pressedUs);
    // Every frame of the record, each as it was captured.
    const all = await recordedFrames(source);
    const first = all.findIndex(([us]) => us === frames[0]?.us);
    expect(frames.map(({ us }) => us)).toEqual(all.slice(first, first + frames.length).map(([us]) => us));
    const seen = frames.filter(({ us }) => source.pixels.has(us));
    expect(seen.length).toBeGreaterThan(fps);
    for (const { us, pixels } of seen) expect(Buffer.compare(pixels, source.pixels.get(us) ?? Buffer.alloc(0))).toBe(0);

    await source.room.close();
    await page.context().close();
    const before: Row[] = [[stillUs, only?.sequence ?? -1], ...frames.map(({ us, sequence }): Row => [us, sequence])];
    await open('kept');
    await page.keyboard.press('e');
    expect(await page.getByTestId('kept').count()).toBe(2);
    await page.getByTestId('bookmark').getByText('Septum').waitFor();
    await page.getByTestId('kept').filter({ hasText: 'Clip' }).locator('.show').click();
    await page.getByTestId('past-aside').getByText(`of ${frames.length}`).waitFor();
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Play the past' }).waitFor();
    const at = await looksAt(page, before, (us) => us > 0);
    const next = frames[(frames.findIndex(({ us }) => us === at) + 1) % frames.length]?.us ?? 0;
    await page.keyboard.press('ArrowRight');
    if (next > at) await looksAt(page, before, (us) => us === next);
    await page.getByTestId('kept').filter({ hasText: 'Still' }).locator('.show').click();
    await looksAt(page, before, (us) => us === stillUs);
  }, 120_000);

  it('gives back what was written to a bookmark that could not be kept', async () => {
    await open('written', { wayMs: 1 });
    await recorded(2);
    await page.keyboard.press('b');
    await page.keyboard.type('Septum');
    await proxy?.[Symbol.asyncDispose]();
    proxy = undefined;
    await page.getByTestId('tile-0').locator('[data-state="reconnecting"]').first().waitFor({ timeout: 30_000 });
    await page.keyboard.press('Enter');
    await page.getByTestId('keeping').getByText('Not kept').waitFor();
    const field = page.locator('#bookmark-text');
    expect(await field.inputValue()).toBe('Septum');
    // The keys stay with the picture: nobody asked for the field.
    expect(await page.evaluate('document.activeElement?.id')).not.toBe('bookmark-text');
    await field.focus();
    await page.keyboard.press('Escape');
    await field.waitFor({ state: 'detached' });
  }, 90_000);

  it('names the patient, closes the examination, finds it and opens it again', async () => {
    await open('patient');
    await recorded(2);
    await page.keyboard.press('e');
    await page.getByRole('button', { name: 'New examination' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Curie <b>');
    await page.getByLabel('Number', { exact: true }).fill('4711');
    await page.getByLabel('Born', { exact: true }).fill('1967-11-07');
    await page.keyboard.press('Enter');
    // Refused, and nothing that was written is lost.
    await page.getByTestId('examination-panel').getByRole('alert').waitFor();
    expect(await page.getByLabel('Number', { exact: true }).inputValue()).toBe('4711');
    await page.getByLabel('Name', { exact: true }).fill('Curie, Marie');
    await page.keyboard.press('Enter');
    await page.getByTestId('patient').getByText('Curie, Marie · 4711 · born 1967-11-07').waitFor();
    expect(await page.getByTestId('examination-panel').getByRole('alert').count()).toBe(0);
    await page.getByRole('button', { name: 'Close examination' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Close examination' }).click();
    await page.getByTestId('examination-panel').getByText('No examination is open').waitFor();
    await page.getByLabel('Name or number').fill('curie');
    await page.keyboard.press('Enter');
    await page.getByTestId('found').getByRole('button', { name: 'Look into it' }).click();
    await page.getByTestId('looked').getByText('Curie, Marie').waitFor();
    const { violations } = await new AxeBuilder({ page }).exclude('.tools-place').analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    await page.getByRole('button', { name: 'Open again' }).click();
    await page.getByTestId('patient').getByText('Curie, Marie').waitFor();
  }, 90_000);
});

function barOf(blockAt: (bit: number) => number): number {
  let index = 0;
  for (let bit = 0; bit < 6; bit++) if (blockAt(bit) > 128) index |= 1 << bit;
  return index;
}

/** Noise with a bar code of the picture's index in the upper left corner. */
function barCodes(): Uint8Array {
  const bytes = new Uint8Array(width * height * pictures);
  let random = 1;
  for (let at = 0; at < bytes.length; at++) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = random >>> 25;
  }
  for (let picture = 0; picture < pictures; picture++) {
    for (let place = 0; place < block * width; place++) {
      const bit = Math.floor((place % width) / block);
      if (bit < 7) bytes[picture * width * height + place] = bit === 6 || (picture >> bit) & 1 ? 255 : 0;
    }
  }
  return bytes;
}
