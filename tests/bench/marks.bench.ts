import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { TestViewer } from '../broadcast/test-room.ts';
import { openBrowser } from '../support/browser.ts';
import { startServer } from '../support/running-server.ts';

/*
 * node scripts/bench.mjs marks [SECONDS]
 * Frames of the screen while the point of a mark is dragged over a live picture of 640x480 at 30 frames/s, with no other mark and with 100,
 * in turns: what 100 marks cost is the difference. Beside it the same drag with nothing in hand, which is what the machine can do at all.
 * Goal: 100 marks cost no frame, and no task of the page is longer than 50 ms.
 */

const seconds = Number(process.argv[2] ?? 5);
const folder = mkdtempSync(join(tmpdir(), 'marks-bench-'));
const file = join(folder, 'room.json');
writeFileSync(
  file,
  JSON.stringify({ streams: [{ name: 'Echo', driver: 'simulator', options: { kind: 'ultrasound', width: 640, height: 480, fps: 30 } }] }),
);
await using server = await startServer(['--config', file, '--no-past', '--data', join(folder, 'data')]);
const browser = await openBrowser();
const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
await page.goto(server.address);
await page.locator('[data-testid="state"][data-state="live"]').waitFor();
await page.evaluate(`globalThis.longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });`);
const box = (await page.locator('.stage').boundingBox())!;

const nothing = await dragging(page, 0.9);
await page.keyboard.press('c');
await page.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.5);
await page.mouse.down();
await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5, { steps: 3 });
await page.mouse.up();
await page.keyboard.press('Escape');
await page.getByTestId('mark-1').waitFor();
const alone = await dragging(page, 0.5);
await putMarks(100);
await page.locator('.mark').nth(100).waitFor();
const among = await dragging(page, 0.5);

console.table({ 'nothing in hand': nothing, 'one mark': alone, 'among 100 marks': among });
await browser.close();
await server.stop();
rmSync(folder, { recursive: true });

/** Drags from a share of the stage's width to and fro, as a mouse of 125 Hz; what the screen did meanwhile. */
async function dragging(at: Page, share: number): Promise<object> {
  const [x, y] = [box.x + box.width * share, box.y + box.height * 0.5];
  await at.mouse.move(x, y);
  await at.mouse.down();
  await at.evaluate(`longTasks.length = 0; globalThis.stamps = [];
    globalThis.count = (atMs) => { stamps.push(atMs); globalThis.counting = requestAnimationFrame(count); };
    globalThis.counting = requestAnimationFrame(count);`);
  const endMs = performance.now() + seconds * 1000;
  for (let step = 0; performance.now() < endMs; step++) await at.mouse.move(x + 80 * Math.sin(step / 20), y + 60 * Math.cos(step / 20));
  const found = (await at.evaluate(`(() => {
    cancelAnimationFrame(counting);
    const gaps = stamps.slice(1).map((atMs, index) => atMs - stamps[index]).sort((a, b) => a - b);
    return { frames: stamps.length, spanMs: stamps.at(-1) - stamps[0], p95: gaps[Math.floor(gaps.length * 0.95)], longest: gaps.at(-1), long: longTasks.length, worst: Math.max(0, ...longTasks) };
  })()`)) as Record<'frames' | 'spanMs' | 'p95' | 'longest' | 'long' | 'worst', number>;
  // Back to where it was: the next run takes hold of the same point.
  await at.mouse.move(x, y);
  await at.mouse.up();
  return {
    'frames/s': Math.round((found.frames * 1000) / found.spanMs),
    'p95 between frames, ms': Math.round(found.p95),
    'longest, ms': Math.round(found.longest),
    'long tasks': found.long,
    'longest task, ms': Math.round(found.worst),
  };
}

async function putMarks(count: number): Promise<void> {
  const viewer = new TestViewer(server.address, true, {});
  await viewer.until(() => viewer.last('hello') !== undefined);
  const { streams, clockUs: fromUs } = viewer.last('hello')!;
  const { epoch } = streams[0]!;
  for (let index = 0; index < count; index++) {
    const [x, y] = [20 + (index % 10) * 58, 20 + Math.floor(index / 10) * 42];
    const points = [
      { x, y },
      { x: x + 30, y: y + 12 },
    ];
    const shape = { kind: 'distance', number: 1, points };
    viewer.say({
      type: 'put-mark',
      request: index,
      mark: randomBytes(8).toString('hex'),
      stream: 0,
      on: { epoch },
      revision: 0,
      shape,
      fromUs,
    });
  }
  await viewer.until(() => viewer.messages.filter(({ type }) => type === 'mark-put' || type === 'error').length >= count);
  const refused = viewer.last('error');
  if (refused !== undefined) throw new Error(JSON.stringify(refused));
  viewer.socket.terminate();
}
