import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { parseArgs } from 'node:util';
import type { LoadReport } from '../../src/load/load.ts';

/*
 * node scripts/bench.mjs tls [--viewers 60] [--seconds 8] [--rounds 3] [--json]
 * CPU that the server spends for each frame to each viewer, 40 KB a frame, with TLS and without, in turns in one run; what it spends with a
 * single viewer (capture and drawing of the picture too) is taken off each. Goal: with TLS at most 1.6 of plain.
 */
const { values } = parseArgs({
  options: {
    viewers: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
const [side, fps, startMs] = [200, 30, 45_000];
const many = Number(values.viewers);
const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'lumencast-tls-bench-'));
const room = join(folder, 'room.json');
const streams = [{ name: 'Echo', options: { width: side, height: side, fps } }];
writeFileSync(room, JSON.stringify({ port: 0, streams, limits: { viewers: 1000 } }));

interface Announced {
  readonly address: string;
  readonly invitation?: string;
}

const kinds = { plain: [], tls: ['--host', '0.0.0.0', '--data', join(folder, 'data')] } as const;
type Kind = keyof typeof kinds;
const least = { plain: Number.POSITIVE_INFINITY, tls: Number.POSITIVE_INFINITY };
let cipher = '';
for (let round = 0; round < Number(values.rounds); round++) {
  for (const kind of ['plain', 'tls'] as const) {
    const [alone, together] = [await measure(kind, 1), await measure(kind, many)];
    const frames = together.framesPerSecond.mean * together.seconds * many;
    const cores = (together.serverCpu?.cores ?? Number.NaN) - (alone.serverCpu?.cores ?? Number.NaN);
    const microseconds = (cores * together.seconds * 1e6) / frames;
    process.stderr.write(
      `${kind}: ${microseconds.toFixed(1)} µs a frame, ${together.framesPerSecond.mean} fps, age p99 ${together.ageMs.p99} ms\n`,
    );
    least[kind] = Math.min(least[kind], microseconds);
  }
}
rmSync(folder, { recursive: true });
const row = {
  bench: 'tls',
  viewers: many,
  cipher,
  plainUs: round2(least.plain),
  tlsUs: round2(least.tls),
  ofPlain: round2(least.tls / least.plain),
};
process.stdout.write(
  values.json
    ? `${JSON.stringify(row)}\n`
    : `${many} viewers: ${row.tlsUs} µs a frame with TLS (${cipher}), ${row.plainUs} without: ${row.ofPlain} of plain\n`,
);

async function measure(kind: Kind, viewers: number): Promise<LoadReport> {
  const server = node('src/main.ts', '--config', room, '--no-archive', '--no-past', '--json', ...kinds[kind]);
  try {
    const { address, invitation } = JSON.parse(await firstLine(server)) as Announced;
    // By loopback, whatever networks this machine has.
    const link = new URL(invitation ?? address);
    link.hostname = '127.0.0.1';
    if (kind === 'tls') cipher = await cipherOf(Number(link.port));
    const load = node(
      'src/main.ts',
      'load',
      link.href,
      '--viewers',
      viewers,
      '--seconds',
      values.seconds,
      '--tier',
      'raw',
      '--insecure',
      '--json',
    );
    const report = JSON.parse(await firstLine(load)) as LoadReport;
    await ended(load);
    return report;
  } finally {
    await ended(server);
  }
}

function cipherOf(port: number): Promise<string> {
  return new Promise((done, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      done(socket.getCipher().name);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

function round2(value: number): number {
  return Number(value.toFixed(2));
}

function node(script: string, ...args: readonly (string | number)[]): ChildProcess {
  return spawn(process.execPath, [script, ...args.map(String)], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
}

async function firstLine(process: ChildProcess): Promise<string> {
  const lines = createInterface({ input: process.stdout as NodeJS.ReadableStream });
  const signal = AbortSignal.timeout(startMs + Number(values.seconds) * 1000);
  const [line] = (await once(lines, 'line', { signal })) as [string];
  return line;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
