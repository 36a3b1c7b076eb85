import { openBrowser } from '../support/browser.ts';
import { startServer } from '../support/running-server.ts';

/*
 * node scripts/bench.mjs start [ROUNDS]
 * From `npm start` (installed and built) to both simulated streams LIVE in a browser that stands open and loads the page
 * as soon as its address is printed. Goal: under 3 s.
 */

const rounds = Number(process.argv[2] ?? 5);
const browser = await openBrowser();
const addressMs: number[] = [];
const pictureMs: number[] = [];
for (let round = 0; round < rounds; round++) {
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  const startedAt = performance.now();
  await using server = await startServer([], ['npm', 'start', '--']);
  addressMs.push(performance.now() - startedAt);
  await page.goto(server.address, { waitUntil: 'commit' });
  await page.waitForFunction(() => document.querySelectorAll('[data-testid="state"][data-state="live"]').length === 2);
  pictureMs.push(performance.now() - startedAt);
  await page.close();
}
const version = browser.version();
await browser.close();

const seconds = (values: readonly number[]): string =>
  [...values]
    .sort((a, b) => a - b)
    .map((ms) => (ms / 1000).toFixed(2))
    .join(' ');
console.log(`address printed after ${seconds(addressMs)} s; both pictures live after ${seconds(pictureMs)} s (goal: under 3)`);
console.log(`Node ${process.version}, Chromium ${version}`);
