import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startServer } from '../support/running-server.ts';

const root = resolve(import.meta.dirname, '../..');

/** The command as a user types it, on the Node that runs npm. */
function lumencast(...args: string[]) {
  return spawnSync('node', ['scripts/lumencast.mjs', ...args], { cwd: root, encoding: 'utf8', timeout: 30_000 });
}

describe('the command', () => {
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

  it('the first line of npm start -- --json is the address, and SIGTERM to npm ends the server with status 0', async () => {
    const server = await startServer([], ['npm', 'start', '--']);
    const health = (await (await fetch(`${server.address}healthz`)).json()) as { streams: { state: string }[] };
    expect(health.streams.map(({ state }) => state)).toEqual(['streaming', 'streaming']);
    const gone = once(server.process, 'exit');
    server.process.kill('SIGTERM');
    expect(await gone).toEqual([0, null]);
    await expect(fetch(server.address)).rejects.toThrow();
  });
});
