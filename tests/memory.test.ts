import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const module = resolve(import.meta.dirname, '../src/memory.ts');
const isGlibc = process.platform === 'linux' && 'glibcVersionRuntime' in (process.report.getReport() as { header: object }).header;

/** Arenas that glibc has made for eight threads, each in 64 MiB of addresses. */
async function arenasForThreads(before: string): Promise<number> {
  const program = `
    import { Worker } from 'node:worker_threads';
    import { readFileSync } from 'node:fs';
    ${before}
    function arenas() {
      const maps = [...readFileSync('/proc/self/maps', 'latin1').matchAll(/^([0-9a-f]+)-([0-9a-f]+) (\\S+) \\S+ \\S+ 0 *$/gm)];
      const isArena = ([, from, to, access], at) =>
        access === 'rw-p' && maps[at + 1]?.[1] === to && maps[at + 1][3] === '---p' && parseInt(maps[at + 1][2], 16) - parseInt(from, 16) === 2 ** 26;
      return maps.filter(isArena).length;
    }
    const before = arenas();
    const code = "import { parentPort } from 'node:worker_threads'; for (let at = 0; at < 100; at++) Buffer.allocUnsafeSlow(50_000); parentPort.postMessage(0); setInterval(() => 0, 1000);";
    await Promise.all(Array.from({ length: 8 }, () => new Promise((done) => new Worker(code, { eval: true }).once('message', done))));
    console.log(arenas() - before);
    process.exit();`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program]);
  return Number(stdout);
}

describe.skipIf(!isGlibc)('memory that was freed (skipped without glibc)', () => {
  it('does not stay behind in an arena for each thread', async () => {
    expect(await arenasForThreads('')).toBeGreaterThan(1);
    expect(await arenasForThreads(`import { boundMemory } from ${JSON.stringify(module)}; await boundMemory();`)).toBeLessThanOrEqual(1);
  });
});
