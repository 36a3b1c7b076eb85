import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { replay } from '../../device-drivers/replay/replay.ts';
import { AppError } from '../../src/app-error.ts';
import { runDriver } from '../device-drivers/driver-bench.ts';
import { mutantOf, seeded } from '../support/mutant.ts';
import { recording } from '../support/recordings.ts';
import type { FuzzAnswer } from './support/fuzz-worker.ts';

/*
 * node scripts/bench.mjs replay-fuzz [COUNT] [SEED] [FILTER] [FOLDER]
 * Damaged copies of the real recordings beside the repository, or of a folder's: each must give frames or an AppError, at most a second later than its
 * original; every 25th is played by the driver. Prints what came out, the slowest, and the peak of resident memory; status 1 on a fault.
 */

const count = Number(process.argv[2] ?? 5000);
const seed = Number(process.argv[3] ?? 1);
const filter = process.argv[4] ?? '';
const hangMs = 10_000;
const slackMs = 1000;
const playedEvery = 25;

const folders = process.argv[5] ? [process.argv[5]] : ['us', 'xa', 'stills', 'malformed', 'us_tracked', 'us_raw'].map(recording);
const originals = folders
  .flatMap((place) => readdirSync(place).map((name) => join(place, name)))
  .filter((path) => /\.(dcm|mha)$/.test(path) && path.includes(filter))
  .map((path) => ({ path, name: basename(path), bytes: readFileSync(path) }));

const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
const path = join(folder, 'mutant');
const results = new Map<string, number>();
const faults: string[] = [];
let slowest = { ms: 0, what: '' };
let peakMB = 0;

let settle: (answer: FuzzAnswer | string) => void = () => undefined;
function startWorker(): Worker {
  const started = new Worker(new URL('./support/fuzz-worker.ts', import.meta.url));
  started.on('message', (answer: FuzzAnswer) => settle(answer));
  started.on('error', (thrown) => settle(`ends its thread: ${String(thrown)}`));
  return started;
}
let worker = startWorker();

/** Its answer, or undefined when it hung or died and was replaced. */
async function ask(file: string): Promise<FuzzAnswer | undefined> {
  const answer = await new Promise<FuzzAnswer | string>((resolve) => {
    const timer = setTimeout(() => resolve('hangs'), hangMs);
    settle = (value): void => {
      clearTimeout(timer);
      resolve(value);
    };
    worker.postMessage(file);
  });
  peakMB = Math.max(peakMB, process.memoryUsage.rss() / 1e6);
  if (typeof answer !== 'string') return answer;
  faults.push(answer);
  await worker.terminate();
  worker = startWorker();
  return undefined;
}

const normalMs = new Map<string, number>();
for (const { name, path: original } of originals) {
  await ask(original);
  normalMs.set(name, (await ask(original))?.ms ?? 0);
}

for (let index = 0; index < count; index++) {
  const random = seeded(Math.imul(seed, 1_000_003) + index * 7919);
  random(1);
  const original = originals[index % originals.length] as (typeof originals)[number];
  const other = originals[random(originals.length)] as (typeof originals)[number];
  writeFileSync(path, mutantOf(original.bytes, other.bytes, random));
  const what = `mutant ${index} of seed ${seed}, ${original.name}`;
  const known = faults.length;
  const answer = await ask(path);
  if (answer === undefined) {
    faults[known] = `${what}: ${faults[known]}`;
    continue;
  }
  if (answer.result.startsWith('WRONG')) faults.push(`${what}: ${answer.result}`);
  if (answer.ms > slackMs + (normalMs.get(original.name) ?? 0)) faults.push(`${what}: ${Math.round(answer.ms)} ms`);
  if (answer.ms > slowest.ms) slowest = { ms: answer.ms, what };
  results.set(answer.result.split(' ')[0] as string, (results.get(answer.result.split(' ')[0] as string) ?? 0) + 1);
  if (index % playedEvery === 0) await play(what, answer.result);
}
await worker.terminate();
rmSync(folder, { recursive: true });

/** The driver must come to the same: frames, or its own end with a code. */
async function play(what: string, result: string): Promise<void> {
  const run = runDriver(replay, { file: path, rate: 4 }, { keep: 0 });
  const played = await run
    .until(() => run.frames.length >= 2 || run.holds.length > 0)
    .then(
      () => 'frames',
      (thrown: Error) => thrown.message,
    );
  const ended = await run.stop().then(
    () => played,
    (thrown: unknown) => (thrown instanceof AppError ? thrown.code : `WRONG ${String(thrown)}`),
  );
  const same = ended === 'frames' || (result !== 'frames' && ended.startsWith('replay/'));
  if (!same) faults.push(`${what}: inspected ${result}, played ${ended}`);
}

for (const [result, times] of [...results].sort((a, b) => b[1] - a[1])) console.log(`${String(times).padStart(6)} ${result}`);
console.log(`slowest ${Math.round(slowest.ms)} ms (${slowest.what}); peak ${Math.round(peakMB)} MB resident`);
for (const fault of faults) console.log(`FAULT ${fault}`);
console.log(`${count} mutants of ${originals.length} recordings, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
