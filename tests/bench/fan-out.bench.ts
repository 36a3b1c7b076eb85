import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { LoadReport } from '../../src/load/load.ts';
import { frameHeaderBytes } from '../../src/protocol/frame-header.ts';

/*
 * node scripts/bench.mjs fan-out [--viewers 100,200] [--seconds 10] [--rounds 3] [--json]
 * CPU that a server spends for each frame to each viewer: ours, with everything that it does for one (acknowledgements, the line, losses),
 * against net.Socket.write of the same bytes (`net`: to clients that count bytes; `net-ws`: to the same clients as ours, `lumencast load`,
 * of which it hears nothing) and against socket.io, in turns in one run, viewers in another process. What a server spends
 * with a single viewer (capture and drawing of the picture too) is taken off each. Also the ages of all frames, ours.
 * Goals: at most 1.15 of net.Socket, at most 0.55 of socket.io; age p99 with 200 viewers at most 50 ms over that of one.
 */
const { values } = parseArgs({
  options: {
    viewers: { type: 'string', default: '100,200' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
const [side, fps, startMs] = [200, 30, 20_000];
const payloadBytes = side * side + frameHeaderBytes;
const seconds = Number(values.seconds);
const root = resolve(import.meta.dirname, '../..');
const peer = join(import.meta.dirname, 'peers/fan-out-peer.ts');
const folder = mkdtempSync(join(tmpdir(), 'fan-out-'));
const room = join(folder, 'room.json');
writeFileSync(
  room,
  JSON.stringify({ port: 0, streams: [{ name: 'Echo', options: { width: side, height: side, fps } }], limits: { viewers: 1000 } }),
);

interface Measured {
  readonly cpuSeconds: number;
  readonly frames: number;
  /** Of ours. */
  readonly report?: LoadReport | undefined;
}

type Kind = 'lumencast' | 'net' | 'net-ws' | 'socket.io';
const kinds = ['lumencast', 'net', 'net-ws', 'socket.io'] as const;

const least = new Map<string, number>();
const reports = new Map<number, LoadReport>();
for (let round = 0; round < Number(values.rounds); round++) {
  for (const viewers of [1, ...values.viewers.split(',').map(Number)]) {
    for (const kind of kinds) {
      const { cpuSeconds, frames, report } = await measure(kind, viewers);
      if (report !== undefined) keepFreshest(viewers, report);
      const key = `${kind}/${viewers}`;
      const perSecond = cpuSeconds / seconds;
      process.stderr.write(
        `${key}: ${perSecond.toFixed(3)} cores, ${((cpuSeconds / frames) * 1e6).toFixed(1)} µs, ${(frames / seconds / viewers).toFixed(1)} fps\n`,
      );
      const alone = least.get(`${kind}/1`) ?? 0;
      const cost = viewers === 1 ? perSecond : ((cpuSeconds - alone * seconds) / frames) * 1e6;
      least.set(key, Math.min(cost, least.get(key) ?? Number.POSITIVE_INFINITY));
    }
  }
}
rmSync(folder, { recursive: true });

for (const viewers of values.viewers.split(',').map(Number)) {
  const [ours, net, netWs, socketIo] = kinds.map((kind) => least.get(`${kind}/${viewers}`) as number) as [number, number, number, number];
  const age = reports.get(viewers)?.ageMs;
  const aloneAge = reports.get(1)?.ageMs;
  const row = {
    bench: 'fan-out',
    viewers,
    frameBytes: payloadBytes,
    oursUs: round(ours, 2),
    netUs: round(net, 2),
    netWsUs: round(netWs, 2),
    socketIoUs: round(socketIo, 2),
    ofNet: round(ours / net, 3),
    ofNetWs: round(ours / netWs, 3),
    ofSocketIo: round(ours / socketIo, 3),
    ageMs: age,
    ageOfOneMs: aloneAge,
  };
  process.stdout.write(
    values.json
      ? `${JSON.stringify(row)}\n`
      : `${viewers} viewers: ${row.oursUs} µs a frame; net ${row.netUs} (${row.ofNet}), net-ws ${row.netWsUs} (${row.ofNetWs}), socket.io ${row.socketIoUs} (${row.ofSocketIo}); ` +
          `age p50 ${age?.p50.toFixed(1)} p99 ${age?.p99.toFixed(1)} ms (one viewer: p99 ${aloneAge?.p99.toFixed(1)})\n`,
  );
}

async function measure(kind: Kind, viewers: number): Promise<Measured> {
  const server =
    kind === 'lumencast'
      ? node('src/main.ts', '--config', room, '--no-archive', '--no-past', '--json')
      : node(peer, 'serve', kind, payloadBytes, fps);
  try {
    const announced = await firstLine(server);
    if (kind === 'lumencast') return await measureByLoad((JSON.parse(announced) as { address: string }).address, viewers);
    if (kind === 'net-ws') return { ...(await measureByLoad(`http://127.0.0.1:${announced}/`, viewers)), report: undefined };
    return await measurePeer(server, kind, announced, viewers);
  } finally {
    await ended(server);
  }
}

async function measureByLoad(address: string, viewers: number): Promise<Measured> {
  const load = node('src/main.ts', 'load', address, '--viewers', viewers, '--seconds', seconds, '--tier', 'raw', '--json');
  const report = JSON.parse(await firstLine(load)) as LoadReport;
  await ended(load);
  const frames = report.framesPerSecond.mean * report.seconds * viewers;
  return { cpuSeconds: (report.serverCpu?.cores ?? Number.NaN) * report.seconds, frames, report };
}

async function measurePeer(server: ChildProcess, kind: Kind, port: string, viewers: number): Promise<Measured> {
  const clients = node(peer, 'count', kind, port, viewers, seconds);
  const lines = createInterface({ input: clients.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  await lines.next();
  const before = cpuSecondsOf(server.pid as number);
  const bytesPerSecond = Number((await lines.next()).value);
  const cpuSeconds = cpuSecondsOf(server.pid as number) - before;
  return { cpuSeconds, frames: (bytesPerSecond * seconds) / payloadBytes };
}

/** User and system time of all threads; Linux counts in hundredths of a second (proc(5), fields 14 and 15). */
function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function keepFreshest(viewers: number, report: LoadReport): void {
  const known = reports.get(viewers);
  if (known === undefined || report.ageMs.p99 < known.ageMs.p99) reports.set(viewers, report);
}

function node(script: string, ...args: readonly (string | number)[]): ChildProcess {
  return spawn(process.execPath, [script, ...args.map(String)], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
}

async function firstLine(process: ChildProcess): Promise<string> {
  const lines = createInterface({ input: process.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line', { signal: AbortSignal.timeout(startMs + seconds * 1000) })) as [string];
  return line;
}

async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const exit = once(process, 'exit');
  process.kill('SIGTERM');
  await exit;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
