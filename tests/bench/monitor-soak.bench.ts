import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { moveMark } from '../../src/marks/edit.ts';
import type { Mark } from '../../src/marks/mark.ts';
import { TestViewer } from '../broadcast/test-room.ts';
import { openBrowser } from '../support/browser.ts';
import { startServer } from '../support/running-server.ts';
import { MemoryProbe, residentOf } from './support/page-memory.ts';
import { chanceFrom, kinds, Person } from './support/people.ts';
import { slopeOf } from './support/slope.ts';

/*
 * node scripts/bench.mjs monitor-soak [MINUTES] [FRAMES/S]
 * Two people at two monitors, two streams of 640x480 at 25 frames/s unless told otherwise, two hundred marks (of every kind, two of each
 * by hand and copies of those), an hour: one edits a mark every few seconds, the other adds, takes back, removes, points, opens panels, goes
 * back in time and freezes. Every 30 seconds what both pages and the server hold, a line of JSON each; at the end slopes of the least-squares
 * lines after a quarter of the time, in which everything that is bounded (200 steps to take back, a minute of record) fills up. Goal:
 * nothing grows.
 */

const minutes = Number(process.argv[2] ?? 60);
const fps = Number(process.argv[3] ?? 25);
const [marks, periodMs, pauseMs] = [200, 30_000, 1500];

const folder = mkdtempSync(join(tmpdir(), 'monitor-soak-'));
const file = join(folder, 'room.json');
const stream = (name: string, kind: string): object => ({ name, options: { kind, width: 640, height: 480, fps } });
const streams = [stream('Echo', 'ultrasound'), stream('Fluoroscopy', 'fluoroscopy')];
// A machine that is busy with other things holds pictures back now and then: nothing that this is about.
writeFileSync(file, JSON.stringify({ streams, limits: { notLiveMs: 10_000 }, past: { minutes: 1, mebibytes: 128 } }));
const server = await startServer(['--config', file, '--data', join(folder, 'data')]);
const browser = await openBrowser();
const clumsy: Record<string, number> = {};
try {
  await soak(browser);
} finally {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true });
}

async function soak(on: Browser): Promise<void> {
  const people: Person[] = [];
  const probes: MemoryProbe[] = [];
  for (const seed of [1, 2]) {
    const context = await on.newContext({ viewport: { width: 1280, height: 720 } });
    const page = await context.newPage();
    page.on('pageerror', ({ message }) => note(`error of page ${seed}: ${message}`));
    await page.goto(server.address, { timeout: 120_000 });
    people.push(new Person(page, seed));
    probes.push(await MemoryProbe.open(page));
  }
  const [one, other] = people as [Person, Person];
  for (const person of people) await person.sitDown();

  await Promise.all(
    people.map(async (person, turn) => {
      await tried('turn', () => person.turnTo(turn));
      for (let kind = 0; kind < kinds.length; kind++) await tried('draw', () => person.draw());
    }),
  );
  console.log(JSON.stringify(clumsy));
  console.log(`by hand after ${Math.round(performance.now() / 1000)} s`);
  await putCopies(marks);
  const atFirst: number[] = [];
  for (const turn of [0, 1]) {
    await tried('turn', () => other.turnTo(turn));
    atFirst.push(await other.results.count());
  }
  await tried('turn', () => one.turnTo(0));
  console.log(
    `${atFirst} marks after ${Math.round(performance.now() / 1000)} s, not done as meant: ${JSON.stringify(clumsy)}; ${minutes} minutes begin`,
  );

  const samples: { readonly atH: number; readonly values: Record<string, number> }[] = [];
  const beganMs = performance.now();
  const goesOn = (): boolean => performance.now() - beganMs < minutes * 60_000;
  const editing = async (): Promise<void> => {
    while (goesOn()) {
      await tried('edit', () => one.edit());
      await pause();
    }
  };
  const everything = async (): Promise<void> => {
    for (let turn = 0; goesOn(); turn++) {
      await tried('turn', () => other.turnTo(turn % 2));
      for (const act of ['draw', 'undoAndRedo', 'draw', 'removeOne', 'point', 'freeze', 'draw', 'scrub', 'lookAround'] as const) {
        await tried(act, () => other[act]());
        await pause();
      }
      const meant = atFirst[turn % 2] ?? 0;
      for (let count = await other.results.count(); count !== meant && goesOn(); count = await other.results.count()) {
        await tried('even out', () => (count > meant ? other.removeOne() : other.draw()));
        await pause();
      }
    }
  };
  const looking = async (): Promise<void> => {
    for (let due = 0; goesOn(); due += periodMs) {
      const waitMs = beganMs + due - performance.now();
      if (waitMs > 0) await pause(waitMs);
      const values = await measured(on, probes);
      samples.push({ atH: (performance.now() - beganMs) / 3.6e6, values });
      const rounded = Object.entries(values).map(([name, value]) => [name, Math.round(value * 100) / 100]);
      console.log(JSON.stringify({ minute: Math.round((performance.now() - beganMs) / 6000) / 10, ...Object.fromEntries(rounded) }));
    }
  };
  await Promise.all([editing(), everything(), looking()]);

  const after = samples.filter(({ atH }) => atH >= minutes / 240);
  const table = Object.keys(after[0]?.values ?? {}).map((name) => {
    const { perOne, error, mean } = slopeOf(after.map(({ atH, values }) => ({ at: atH, value: values[name] ?? Number.NaN })));
    // Three standard errors, and so much that it would matter after a day.
    const grows = perOne > 3 * error && perOne > Math.max(0.02 * mean, 0.5);
    const shown = (value: number): number => Math.round(value * 100) / 100;
    return { name, first: shown(after[0]?.values[name] ?? 0), mean: shown(mean), 'per hour': shown(perOne), '±': shown(error), grows };
  });
  console.table(table);
  console.log(`${after.length} samples; not done as meant: ${JSON.stringify(clumsy)}; marks at the end: ${await other.results.count()}`);
  const growing = table.filter(({ grows }) => grows).map(({ name }) => name);
  console.log(growing.length === 0 ? 'nothing grows' : `grows: ${growing.join(', ')}`);
}

/** People are slower than scripts; and what one of them cannot do at this moment is counted. */
async function tried(what: string, act: () => Promise<void>): Promise<void> {
  await act().catch((error: Error) => note(`${what}: ${error.message.split('\n')[0]}`));
}

function note(what: string): void {
  clumsy[what] = (clumsy[what] ?? 0) + 1;
}

function pause(forMs = pauseMs): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}

/** What was drawn by hand once more, elsewhere, until there are so many. */
async function putCopies(count: number): Promise<void> {
  const chance = chanceFrom(3);
  const viewer = new TestViewer(server.address, true);
  await viewer.until(() => viewer.last('marks') !== undefined);
  const drawn = viewer.last('marks')!.marks;
  const { streams: described, clockUs: fromUs } = viewer.last('hello')!;
  for (let request = drawn.length; request < count; request++) {
    const { stream: on = 0, shape, picture } = drawn[request % drawn.length]!;
    const moved = moveMark(shape as Mark, 200 * (chance() - 0.5), 200 * (chance() - 0.5), picture);
    const { epoch } = described[on]!;
    const mark = randomBytes(8).toString('hex');
    viewer.say({ type: 'put-mark', request, mark, stream: on, on: { epoch }, revision: 0, shape: moved, fromUs });
    await viewer.until(() => viewer.messages.some((message) => 'request' in message && message.request === request), 60_000);
    // No person is as fast, and both pages show each.
    await pause(200);
  }
  const refused = viewer.last('error');
  viewer.socket.terminate();
  if (refused !== undefined) throw new Error(JSON.stringify(refused));
}

async function measured(on: Browser, probes: readonly MemoryProbe[]): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const [index, probe] of probes.entries()) {
    for (const [name, value] of Object.entries(await probe.read())) values[`page ${index + 1}: ${name}`] = value;
  }
  for (const [name, value] of Object.entries(await residentOf(on))) values[`browser: ${name}`] = value;
  const text = await (await fetch(`${server.address}metrics`)).text();
  const metric = (name: string): number => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);
  values['server: heap'] = metric('nodejs_heap_size_used_bytes') / 1e6;
  values['server: resident'] = metric('process_resident_memory_bytes') / 1e6;
  values['server: descriptors'] = readdirSync(`/proc/${server.process.pid}/fd`).length;
  return values;
}
