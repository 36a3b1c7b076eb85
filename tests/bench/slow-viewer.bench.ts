import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { AgeHistogram } from '../../src/load/age-histogram.ts';
import { frameHeaderBytes, readFrameHeader } from '../../src/protocol/frame-header.ts';
import type { ServerMessage } from '../../src/protocol/messages.ts';

/*
 * node scripts/bench.mjs slow-viewer [ROUNDS]
 * How old the pictures are that a viewer gets who reads at half the rate (40 KB, 30 frames/s), ours against a server that only looks at
 * `bufferedAmount`; and whether the other viewers feel it. In turns in one run. Goals: p50 at most 1/10 of the peer's; the others' p99
 * moves by less than 5 ms.
 */
const [side, fps, seconds] = [200, 30, 8];
const rounds = Number(process.argv[2] ?? 3);
const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'slow-viewer-'));
const room = join(folder, 'room.json');
writeFileSync(room, JSON.stringify({ port: 0, streams: [{ name: 'Echo', options: { width: side, height: side, fps } }] }));

const [oursMs, peerMs, alone, beside]: [number[], number[], number[], number[]] = [[], [], [], []];
for (let round = 0; round < rounds; round++) {
  const ours = node('src/main.ts', '--config', room, '--no-archive', '--no-past', '--json');
  const address = (JSON.parse(await firstLine(ours)) as { address: string }).address;
  const before = await withOurs(address, false);
  alone.push((await before.after(seconds)).quantile(0.99));
  const slow = await withOurs(address, true);
  const other = await withOurs(address, false);
  const [slowAges, otherAges] = await Promise.all([slow.after(seconds), other.after(seconds)]);
  oursMs.push(slowAges.quantile(0.5));
  beside.push(otherAges.quantile(0.99));
  await ended(ours);

  const peer = node(join(import.meta.dirname, 'peers/buffered-amount-peer.ts'), side * side + frameHeaderBytes, fps);
  const port = await firstLine(peer);
  peerMs.push((await (await withPeer(port)).after(seconds)).quantile(0.5));
  await ended(peer);
}
rmSync(folder, { recursive: true });
const [best, worst] = [Math.min(...oursMs), Math.max(...oursMs)];
console.log(
  `half the rate: ours p50 ${best.toFixed(0)} to ${worst.toFixed(0)} ms, bufferedAmount ${Math.min(...peerMs).toFixed(0)} to ${Math.max(...peerMs).toFixed(0)} ms: ` +
    `${median(oursMs.map((own, round) => own / (peerMs[round] as number))).toFixed(3)} of it; ` +
    `another viewer's p99 ${median(alone).toFixed(1)} ms without it, ${median(beside).toFixed(1)} ms beside it`,
);

interface Watching {
  /** Ages of what came in that time, after as long as it takes buffers to fill. */
  after(seconds: number): Promise<AgeHistogram>;
}

async function withOurs(address: string, slow: boolean): Promise<Watching> {
  const socket = new WebSocket(`${address.replace('http', 'ws')}ws`, 'lumencast.v1');
  // Same machine: the clock of `hello` and of the frames is this one's, read when the server began to speak.
  let offsetUs = 0;
  const send = (message: object): void => socket.send(JSON.stringify(message));
  return watch(
    socket,
    slow,
    (data) => {
      const { stream, view, sequence, capturedAtUs } = readFrameHeader(new DataView(data.buffer, data.byteOffset, data.length));
      const nowUs = performance.now() * 1000 + offsetUs;
      send({ type: 'ack', stream, view, sequence, receivedUs: Math.round(nowUs) });
      return (nowUs - capturedAtUs) / 1000;
    },
    (message) => {
      if (message.type !== 'hello') return;
      offsetUs = message.clockUs - performance.now() * 1000;
      send({ type: 'watch', stream: 0, views: ['processed'], tier: 'raw' });
    },
  );
}

function withPeer(port: string): Promise<Watching> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  return watch(
    socket,
    true,
    (data) => Number(process.hrtime.bigint() - data.readBigUInt64LE()) / 1e6,
    () => undefined,
  );
}

async function watch(
  socket: WebSocket,
  slow: boolean,
  ageOf: (data: Buffer) => number,
  hear: (message: ServerMessage) => void,
): Promise<Watching> {
  let ages = new AgeHistogram();
  let readyMs = 0;
  let timer: NodeJS.Timeout | undefined;
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) {
      hear(JSON.parse(data.toString()) as ServerMessage);
      return;
    }
    ages.add(ageOf(data));
    if (!slow) return;
    // Several may come at once although the socket pauses: each of them takes its time.
    readyMs = Math.max(readyMs, performance.now()) + 2000 / fps;
    socket.pause();
    clearTimeout(timer);
    timer = setTimeout(() => socket.resume(), readyMs - performance.now());
  });
  await once(socket, 'open', { signal: AbortSignal.timeout(10_000) });
  return {
    async after(time) {
      await wait(time * 1000);
      ages = new AgeHistogram();
      await wait(time * 1000);
      socket.terminate();
      return ages;
    },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

function node(script: string, ...args: readonly (string | number)[]): ChildProcess {
  return spawn(process.execPath, [script, ...args.map(String)], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
}

async function firstLine(process: ChildProcess): Promise<string> {
  const [line] = (await once(createInterface({ input: process.stdout as NodeJS.ReadableStream }), 'line', {
    signal: AbortSignal.timeout(20_000),
  })) as [string];
  return line;
}

async function ended(process: ChildProcess): Promise<void> {
  const exit = once(process, 'exit');
  process.kill('SIGTERM');
  await exit;
}
