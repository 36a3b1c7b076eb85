import { spawnSync } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { startServer } from '../support/running-server.ts';

const root = resolve(import.meta.dirname, '../..');

const folder = mkdtempSync(join(tmpdir(), 'lumencast-command-'));
afterAll(() => rmSync(folder, { recursive: true }));
const smallRoom = join(folder, 'room.json');
writeFileSync(smallRoom, JSON.stringify({ streams: [{ name: 'Echo', options: { width: 160, height: 120, fps: 10 } }] }));

/** The command as a user types it, on the Node that runs npm. */
function lumencast(...args: string[]) {
  return spawnSync('node', ['scripts/lumencast.mjs', ...args], { cwd: root, encoding: 'utf8', timeout: 60_000 });
}

// A busy machine takes seconds for every start.
describe('the command', { timeout: 240_000 }, () => {
  it('says its version and what it takes', () => {
    const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { version: string };
    expect(lumencast('--version')).toMatchObject({ status: 0, stdout: `lumencast ${version}\n` });
    const help = lumencast('--help');
    expect(help.status).toBe(0);
    for (const flag of ['--port', '--config', '--once', '--json', 'inspect']) expect(help.stdout).toContain(flag);
  });

  it('ends with status 2 where the command line or the configuration is wrong, and says what to do', () => {
    for (const [args, code] of [
      [['--colour'], 'cli/'],
      [['--port', '99999'], 'cli/bad-value'],
      [['--config', 'none.json'], 'config/unreadable'],
      [['mistyped.dcm'], 'config/unreadable: mistyped.dcm'],
    ] as const) {
      const { status, stdout, stderr } = lumencast(...args);
      expect(status).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toMatch(new RegExp(`^lumencast: ${code}.*\\n  \\S`));
    }
  });

  it('lists devices as JSON, one on a line', () => {
    const { status, stdout } = lumencast('devices', '--json');
    const devices = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(status).toBe(0);
    expect(devices).toContainEqual(expect.objectContaining({ driver: 'simulator', identity: 'simulator:ultrasound', mayOpen: true }));
  });

  it('ends with status 1 where the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { status, stderr } = lumencast('--port', String((other.address() as AddressInfo).port));
    other.close();
    expect(status).toBe(1);
    expect(stderr).toContain('lumencast: server/');
  });

  it('starts a server again that crashed, at the same address, where viewers look for it', async () => {
    const server = await startServer(['--config', smallRoom], ['node', 'scripts/lumencast.mjs']);
    const log = createInterface({ input: server.process.stderr as Readable });
    const said = on(log, 'line', { signal: AbortSignal.timeout(100_000) });
    const [serving] = readFileSync(`/proc/${server.process.pid}/task/${server.process.pid}/children`, 'utf8').split(' ');
    process.kill(Number(serving), 'SIGSEGV');
    let crashed = false;
    for await (const [line] of said) {
      crashed ||= String(line).includes('the server crashed (SIGSEGV)');
      if (crashed && String(line).includes('Echo: streaming')) break;
    }
    const health = (await (await fetch(`${server.address}healthz`)).json()) as { streams: { state: string }[] };
    expect(health.streams).toMatchObject([{ state: 'streaming' }]);
    const gone = once(server.process, 'exit');
    await server.stop();
    expect(await gone).toEqual([0, null]);
  });

  it('the first line of npm start -- --json is the address, and SIGTERM to npm ends the server with status 0', async () => {
    const server = await startServer([], ['npm', 'start', '--']);
    const states = async (): Promise<string[]> => {
      const health = (await (await fetch(`${server.address}healthz`)).json()) as { streams: { state: string }[] };
      return health.streams.map(({ state }) => state);
    };
    await expect.poll(states, { timeout: 30_000 }).toEqual(['streaming', 'streaming']);
    const gone = once(server.process, 'exit');
    server.process.kill('SIGTERM');
    expect(await gone).toEqual([0, null]);
    await expect(fetch(server.address)).rejects.toThrow();
  });
});
