import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Download, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codecByNumber } from '../../src/codec/codecs.ts';
import { openCodecs } from '../../src/codec/node-codecs.ts';
import { frameHeaderBytes, readFrameHeader } from '../../src/protocol/frame-header.ts';
import { openRoom, type TestViewer } from '../broadcast/test-room.ts';
import { browserPath, openBrowser } from '../support/browser.ts';

const haveFfmpeg = existsSync('/usr/bin/ffprobe');
const [width, height] = [320, 240];
const still = 'aaaaaaaaaaaaaaa1';
const clip = 'aaaaaaaaaaaaaaa2';
const patient = { name: 'Müller, Zoë', id: 'P-77' };
const patienceMs = 90_000;

/** On dark tissue, far from the ECG. */
const square = [
  { x: 100, y: 60 },
  { x: 200, y: 60 },
  { x: 200, y: 140 },
  { x: 100, y: 140 },
];

interface Source {
  readonly capturedUs: number;
  readonly pixels: Uint8Array;
}

describe.skipIf(browserPath === undefined || !haveFfmpeg)('exports of the monitor (skipped without Chromium or ffmpeg)', () => {
  let folder = '';
  let room: Awaited<ReturnType<typeof openRoom>>;
  let viewer: TestViewer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lumencast-export-'));
    const streams = [{ name: 'Écho 1', driver: 'simulator', options: { width, height, fps: 15 } }];
    room = await openRoom(streams, {}, { dataFolder: folder, archive: { off: false }, past: { minutes: 1 } });
    viewer = await room.view();
    viewer.say({ type: 'watch', stream: 0, views: ['processed'], tier: 'raw', codecs: ['raw'] });
    await viewer.until(() => viewer.frames.length > 3);
    viewer.say({ type: 'open-examination', request: 1, patient });
    await viewer.until(() => viewer.last('examination-set') !== undefined);
    const { epoch, capturedAtUs: fromUs } = viewer.frames.at(-1)!.header;
    viewer.say({
      type: 'put-mark',
      request: 2,
      mark: 'bbbbbbbbbbbbbbb1',
      stream: 0,
      on: { epoch },
      revision: 0,
      shape: { kind: 'area', number: 1, points: square },
      fromUs,
    });
    await viewer.until(() => viewer.last('mark-put') !== undefined);
    viewer.say({ type: 'keep', request: 3, kept: still, stream: 0, kind: 'still' });
    viewer.say({ type: 'keep', request: 4, kept: clip, stream: 0, kind: 'clip' });
    const told = (kept: string, state: string, frames: number): boolean =>
      viewer.messages.some(
        (message) => message.type === 'kept' && message.kept.kept === kept && message.kept.state === state && message.kept.frames >= frames,
      );
    await viewer.until(() => told(clip, 'running', 20));
    viewer.say({ type: 'keep-until', request: 5, kept: clip });
    await viewer.until(() => told(clip, 'kept', 20) && told(still, 'kept', 1));
    browser = await openBrowser();
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, bypassCSP: true })).newPage();
    page.setDefaultTimeout(patienceMs);
    // Its dialog belongs to the system; the way without it is the one that can be driven.
    await page.addInitScript('delete globalThis.showSaveFilePicker');
    await page.goto(room.address);
    await page.waitForFunction(`document.querySelector('.truth .state.live') !== null`);
    await page.keyboard.press('x');
    await page.getByTestId('export-dialog').waitFor();
  }, patienceMs);
  afterAll(async () => {
    await browser?.close();
    await room?.close();
    rmSync(folder, { recursive: true });
  });

  async function sourceOf(kept: string): Promise<Source[]> {
    const bytes = new Uint8Array(await (await fetch(new URL(`kept/${kept}/frames`, room.address))).arrayBuffer());
    const codecs = await openCodecs();
    const frames: Source[] = [];
    for (let at = 0; at < bytes.length; ) {
      const payloadBytes = new DataView(bytes.buffer).getUint32(at + 36, true);
      const message = bytes.slice(at, at + frameHeaderBytes + payloadBytes);
      const header = readFrameHeader(new DataView(message.buffer));
      expect(header.pixelFormat).toBe('GREY');
      const decoded = codecByNumber(codecs, header.codec).decode(header, message.subarray(frameHeaderBytes));
      frames.push({ capturedUs: header.capturedAtUs, pixels: Uint8Array.from(decoded) });
      at += message.length;
    }
    return frames;
  }

  const choose = (kind: string): Promise<void> => page.getByRole('radio', { name: kind, exact: true }).click();

  async function pick(label: string, option: string | RegExp): Promise<void> {
    await page.getByTestId('export-dialog').locator('.choice', { hasText: label }).getByRole('button').click();
    await page.getByRole('option', { name: option }).click();
  }

  async function toggle(name: string | RegExp, on: boolean): Promise<void> {
    const box = page.getByRole('switch', { name });
    if ((await box.isChecked()) !== on) await page.locator('label.switch', { has: box }).click();
  }

  async function saved(button: string, name: string): Promise<{ readonly path: string; readonly download: Download }> {
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: button, exact: true }).click();
    const download = await coming;
    const path = join(folder, name);
    await download.saveAs(path);
    return { path, download };
  }

  const rawVideo = (path: string, pixelFormat: string): Buffer =>
    execFileSync('ffmpeg', ['-v', 'fatal', '-i', path, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', pixelFormat, '-'], {
      maxBuffer: 1 << 28,
    });

  it(
    'saves a kept still bit for bit, its marks where they lie and the truth below it',
    async () => {
      const [source] = await sourceOf(still);
      await choose('Picture');
      await pick('Of', /^Still/);
      await toggle('With marks', false);
      const bare = await saved('Save', 'bare.png');
      expect(bare.download.suggestedFilename()).toMatch(/^\d{8}-\d{6}Z-echo-1\.png$/);
      await page.getByText('Saved as').waitFor();
      await toggle('With marks', true);
      const marked = await saved('Save', 'marked.png');
      const [plain, drawn] = [rawVideo(bare.path, 'rgb24'), rawVideo(marked.path, 'rgb24')];
      expect(plain.length).toBe(drawn.length);
      expect(plain.length).toBeGreaterThan(width * height * 3);
      let [changed, yellow] = [0, 0];
      for (let pixel = 0; pixel < width * height; pixel++) {
        const [x, y] = [pixel % width, Math.floor(pixel / width)];
        for (let channel = 0; channel < 3; channel++) {
          // Grey is grey, and exact.
          if (plain[3 * pixel + channel] !== source!.pixels[pixel]) throw new Error(`pixel ${x}, ${y} is not that of the source`);
        }
        if (drawn[3 * pixel] === plain[3 * pixel] && drawn[3 * pixel + 2] === plain[3 * pixel + 2]) continue;
        changed++;
        const toEdge = Math.min(Math.abs(x + 0.5 - 100), Math.abs(x + 0.5 - 200), Math.abs(y + 0.5 - 60), Math.abs(y + 0.5 - 140));
        const inside = x > 95 && x < 205 && y > 55 && y < 145;
        // What is neither at the outline nor where its value stands is untouched.
        if (inside && toEdge > 4) throw new Error(`pixel ${x}, ${y} inside the outline was drawn on`);
        if (toEdge < 1 && drawn[3 * pixel]! > drawn[3 * pixel + 2]! + 60) yellow++;
      }
      expect(yellow).toBeGreaterThan(200);
      expect(changed).toBeLessThan(width * height * 0.2);
      // The strip below has letters, light on black.
      expect(plain.subarray(width * height * 3).some((value) => value > 150)).toBe(true);
    },
    patienceMs,
  );

  it(
    'names the patient only where somebody asks for it',
    async () => {
      await choose('Picture');
      await pick('Of', /^Still/);
      await toggle('With marks', false);
      await toggle(/With name/, true);
      const named = await saved('Save', 'named.png');
      await toggle(/With name/, false);
      const unnamed = await saved('Save', 'unnamed.png');
      const below = (path: string): Buffer => rawVideo(path, 'gray').subarray(width * height);
      const ink = (pixels: Buffer): number => pixels.reduce((sum, value) => sum + (value > 100 ? 1 : 0), 0);
      expect(ink(below(named.path))).toBeGreaterThan(ink(below(unnamed.path)) * 1.1);
      expect(named.download.suggestedFilename()).toBe(unnamed.download.suggestedFilename());
    },
    patienceMs,
  );

  it(
    'saves what is on the screen',
    async () => {
      await choose('Picture');
      await pick('Of', /^On the screen/);
      const shown = await saved('Save', 'shown.png');
      expect(rawVideo(shown.path, 'gray').length).toBeGreaterThan(width * height);
    },
    patienceMs,
  );

  it.each([
    ['MP4', 'mp4', 20],
    ['WebM', 'webm', 1000],
  ] as const)(
    'saves a clip as %s: every frame, at its time, as good as the source, with its marks',
    async (format, ending, tickUs) => {
      const source = await sourceOf(clip);
      await choose('Clip');
      await pick('Of', /^Clip/);
      await pick('Format', format);
      await toggle('With marks', true);
      const { path, download } = await saved('Save', `clip.${ending}`);
      expect(download.suggestedFilename()).toMatch(new RegExp(`^\\d{8}-\\d{6}Z-echo-1\\.${ending}$`));
      await page.getByText(`${source.length} frames`).waitFor();
      const probed = JSON.parse(
        execFileSync('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_streams', '-show_frames', '-of', 'json', path], {
          encoding: 'utf8',
          maxBuffer: 1 << 26,
        }),
      ) as {
        readonly frames: readonly { readonly best_effort_timestamp_time: string }[];
        readonly streams: readonly { readonly width: number; readonly height: number }[];
      };
      expect(probed.frames).toHaveLength(source.length);
      const beginUs = source[0]!.capturedUs;
      for (const [index, { best_effort_timestamp_time: time }] of probed.frames.entries()) {
        expect(Math.abs(Number(time) * 1e6 - (source[index]!.capturedUs - beginUs))).toBeLessThanOrEqual(tickUs);
      }
      const [{ width: wide, height: high }] = probed.streams as readonly [{ width: number; height: number }];
      const luma = rawVideo(path, 'gray');
      expect(luma.length).toBe(source.length * wide * high);
      const psnr = source.map(({ pixels }, frame) => {
        let [squares, counted] = [0, 0];
        for (let y = 0; y < height; y++) {
          // Above and below the mark and its value.
          if (y > 50 && y < 200) continue;
          for (let x = 0; x < width; x++) {
            squares += (luma[frame * wide * high + y * wide + x]! - pixels[y * width + x]!) ** 2;
            counted++;
          }
        }
        return 10 * Math.log10(255 ** 2 / (squares / counted));
      });
      expect(Math.min(...psnr)).toBeGreaterThanOrEqual(35);
      const colours = rawVideo(path, 'rgb24');
      const edge = Array.from({ length: 100 }, (_, step) => (60 * wide + 100 + step) * 3);
      for (let frame = 0; frame < source.length; frame++) {
        const yellow = edge.filter((at) => {
          const place = frame * wide * high * 3 + at;
          return colours[place]! > colours[place + 2]! + 25;
        });
        expect(yellow.length).toBeGreaterThan(60);
      }
    },
    patienceMs,
  );

  it(
    'saves the last seconds of the stream',
    async () => {
      await choose('Clip');
      await pick('Of', /last 10 s/);
      await pick('Format', 'MP4');
      const { path } = await saved('Save', 'last.mp4');
      const frames = execFileSync(
        'ffprobe',
        ['-v', 'error', '-count_frames', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', path],
        { encoding: 'utf8' },
      );
      expect(Number(frames)).toBeGreaterThan(20);
    },
    patienceMs,
  );

  it(
    'saves the measurements for other programs',
    async () => {
      await choose('Measurements');
      await pick('Format', 'CSV');
      const { path } = await saved('Save', 'marks.csv');
      const csv = readFileSync(path, 'utf8');
      expect(csv).toMatch(/^\ufeffnumber,kind,.*\r\n1,area,,,area,[\d.]+,(cm²|px²),/);
      expect(csv).not.toContain('Müller');
      await pick('Format', 'JSON');
      const json = JSON.parse(readFileSync((await saved('Save', 'marks.json')).path, 'utf8')) as { marks: { pointsPx: unknown }[] };
      expect(json.marks[0]?.pointsPx).toEqual(square);
    },
    patienceMs,
  );

  it.skipIf(!existsSync('/usr/bin/pdftotext'))(
    'saves a print of what was chosen',
    async () => {
      await choose('Print');
      await page.getByRole('button', { name: 'All', exact: true }).click();
      await toggle(/With name/, true);
      const { path } = await saved('Save PDF', 'print.pdf');
      const text = execFileSync('pdftotext', ['-layout', path, '-'], { encoding: 'utf8' });
      expect(text).toContain('Müller, Zoë');
      expect(text).toContain('Not for diagnostic use');
      expect(text.match(/Écho 1 ·/g)).toHaveLength(2);
    },
    patienceMs,
  );

  it.skipIf(!existsSync('/usr/bin/pdfimages'))(
    'prints the frame of a clip that was chosen, else its first',
    async () => {
      const source = await sourceOf(clip);
      await choose('Print');
      await page.getByRole('button', { name: 'None', exact: true }).click();
      await page.getByTestId('export-dialog').locator('.export-list label', { hasText: 'Clip' }).click();
      const printed = async (name: string): Promise<Buffer> => {
        const { path } = await saved('Save PDF', `${name}.pdf`);
        execFileSync('pdfimages', ['-png', path, join(folder, name)]);
        return rawVideo(join(folder, `${name}-000.png`), 'gray');
      };
      const slider = page.getByRole('slider', { name: /^Frame that is printed of Clip/ });
      await page.getByText(`frame 1 of ${source.length}`).waitFor();
      expect(Buffer.compare(await printed('first'), source[0]?.pixels ?? Buffer.alloc(0))).toBe(0);
      await slider.focus();
      for (let press = 0; press < 5; press++) await page.keyboard.press('ArrowRight');
      await page.getByText(`frame 6 of ${source.length}`).waitFor();
      await page.locator('.frame-choice .thumbnail img').waitFor();
      expect(Buffer.compare(await printed('sixth'), source[5]?.pixels ?? Buffer.alloc(0))).toBe(0);
    },
    patienceMs,
  );

  it(
    'is ended by a press, and says what cannot be',
    async () => {
      await choose('Clip');
      await pick('Of', /^Clip/);
      await page.route('**/kept/*/frames*', () => undefined);
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('button', { name: 'Save', exact: true }).waitFor();
      await page.unrouteAll();
      await page.route('**/kept/*/index*', (route) =>
        route.fulfill({ status: 404, json: { code: 'x', message: 'it is gone', remedy: 'look' } }),
      );
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByRole('alert').filter({ hasText: 'it is gone' }).waitFor();
      await page.unrouteAll();
    },
    patienceMs,
  );

  it(
    'has a dialog in which axe finds nothing',
    async () => {
      for (const kind of ['Picture', 'Clip', 'Measurements', 'Print']) {
        await choose(kind);
        const { violations } = await new AxeBuilder({ page }).include('.export-dialog').analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      }
    },
    patienceMs,
  );
});
