// node scripts/bench.mjs archive: how long a mark takes until it is on disk, against one row of plain node:sqlite with synchronous=FULL.
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Archive } from '../../src/archive/archive.ts';
import { hex, markOf, silentLog } from '../archive/examples.ts';

const rounds = 5;
const marksEach = 400;
const together = 32;
const many = 50_000;

// On the disk of the repository: a folder in memory would have nothing to wait for.
const folder = mkdtempSync(join(resolve(import.meta.dirname, '../..'), 'node_modules', '.archive-bench-'));
let numbers = 0;

interface Series {
  readonly name: string;
  readonly ms: number[];
  seconds: number;
}

const series = (name: string): Series => ({ name, ms: [], seconds: 0 });

const peer = new DatabaseSync(join(folder, 'peer.db'));
peer.exec('pragma journal_mode=wal; pragma synchronous=full; create table mark (study text, id text, body text, primary key (study, id))');
const insert = peer.prepare('insert into mark values (?, ?, ?)');

const archive = await Archive.open({ folder: join(folder, 'archive'), nowUs: () => Date.now() * 1000, log: silentLog });
const by = markOf(0).author;
const { examination } = await archive.openExamination(undefined, by);

async function timed(into: Series, keep: () => Promise<void> | void): Promise<void> {
  const startMs = performance.now();
  await keep();
  into.ms.push(performance.now() - startMs);
}

const putOne = (): Promise<void> => archive.putMarks(examination, [{ ...markOf(1), mark: hex(numbers++) }], by);

async function over(into: Series, work: () => Promise<void>): Promise<void> {
  const startMs = performance.now();
  await work();
  into.seconds += (performance.now() - startMs) / 1000;
}

async function oneByOne(into: Series, keep: () => Promise<void> | void): Promise<void> {
  await over(into, async () => {
    for (let mark = 0; mark < marksEach; mark++) await timed(into, keep);
  });
}

async function atOnce(into: Series): Promise<void> {
  const writer = async (): Promise<void> => {
    for (let mark = 0; mark < marksEach / together; mark++) await timed(into, putOne);
  };
  await over(into, async () => {
    await Promise.all(Array.from({ length: together }, writer));
  });
}

const [plain, single, crowd] = [
  series('node:sqlite, one row'),
  series('archive, one at a time'),
  series(`archive, ${together} at a time`),
] as const;
for (let round = 0; round < rounds; round++) {
  await oneByOne(plain, () => void insert.run(examination, hex(numbers++), JSON.stringify(markOf(1))));
  await oneByOne(single, putOne);
  await atOnce(crowd);
}

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN;
for (const { name, ms, seconds } of [plain, single, crowd]) {
  const [p50, p99] = [quantile(ms, 0.5), quantile(ms, 0.99)];
  console.log(`${name}: ${Math.round(ms.length / seconds)} marks/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`);
}
const rate = ({ ms, seconds }: Series): number => ms.length / seconds;
console.log(`many at a time: ${(rate(crowd) / rate(plain)).toFixed(2)} times the marks a second of plain node:sqlite`);

for (let left = many; left > 0; left -= 500) {
  const marks = Array.from({ length: 500 }, () => ({ ...markOf(1), mark: hex(numbers++) }));
  await archive.putMarks(examination, marks, by);
}
await archive.close();
peer.close();
const startMs = performance.now();
const again = await Archive.open({ folder: join(folder, 'archive'), nowUs: () => Date.now() * 1000, log: silentLog });
const openedMs = performance.now();
const marks = (await again.open())?.marks.length ?? 0;
console.log(
  `opened and checked with ${marks} marks: ${Math.round(openedMs - startMs)} ms; its content: ${Math.round(performance.now() - openedMs)} ms`,
);
await again.close();
rmSync(folder, { recursive: true });
if (rate(crowd) < rate(plain)) process.exitCode = 1;
