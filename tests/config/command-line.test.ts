import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../../src/app-error.ts';
import { parseCommandLine } from '../../src/config/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function config(content: unknown): string {
  const path = join(folder, 'room.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function refusal(args: string[], environment = {}): AppError {
  try {
    parseCommandLine(args, environment);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AppError);
    return thrown as AppError;
  }
  throw new Error(`${args.join(' ')} was not refused`);
}

const serve = (args: string[], environment = {}) => {
  const command = parseCommandLine(args, environment);
  if (command.run !== 'serve') throw new Error(command.run);
  return command;
};

describe('command line', () => {
  it('without arguments: two simulated streams on loopback', () => {
    const { room, json } = serve([]);
    expect(room.streams.map(({ driver }) => driver)).toEqual(['simulator', 'simulator']);
    expect(room).toMatchObject({ host: '127.0.0.1', port: 8420, limits: { notLiveMs: 400 } });
    expect(json).toBe(false);
  });

  it('plays files as streams, looping or once', () => {
    const [a, b] = ['a.dcm', 'b.mha'].map((name) => join(folder, name)) as [string, string];
    for (const file of [a, b]) writeFileSync(file, 'not even a recording: that the stream tells');
    expect(serve([a, b]).room.streams).toMatchObject([
      { name: 'a.dcm', driver: 'replay', options: { file: a } },
      { name: 'b.mha', driver: 'replay' },
    ]);
    expect(serve([a, '--once']).room.streams[0]?.options).toMatchObject({ loop: false });
  });

  it('refuses a file that is not there or is none, by its name', () => {
    const missing = refusal([join(folder, 'mistyped.dcm')]);
    expect(missing).toMatchObject({
      code: 'config/unreadable',
      message: expect.stringMatching(/mistyped\.dcm cannot be read: there is no such/),
    });
    expect(refusal([folder])).toMatchObject({ code: 'config/unreadable', message: expect.stringContaining('it is not a file') });
  });

  it('flags go before the environment, that before the file', () => {
    const file = config({ port: 1, room: 'Lab', streams: [{ name: 'x' }] });
    expect(serve(['--config', file]).room).toMatchObject({ port: 1, room: 'Lab' });
    expect(serve([], { LUMENCAST_CONFIG: file, LUMENCAST_PORT: '2' }).room.port).toBe(2);
    expect(serve(['--port', '3'], { LUMENCAST_CONFIG: file, LUMENCAST_PORT: '2' }).room.port).toBe(3);
  });

  it('inspects', () => {
    expect(parseCommandLine(['inspect', 'a', 'b', '--json', '--pixels'], {})).toEqual({
      run: 'inspect',
      files: ['a', 'b'],
      json: true,
      pixels: true,
    });
    expect(parseCommandLine(['--help'], {})).toEqual({ run: 'help' });
    expect(parseCommandLine(['--version'], {})).toEqual({ run: 'version' });
  });

  it('lists devices, those of a room too, and writes rules', () => {
    expect(parseCommandLine(['devices'], {})).toEqual({ run: 'devices', room: undefined, json: false });
    const file = config({ streams: [{ name: 'x', driver: 'openigtlink' }] });
    expect(parseCommandLine(['devices', '--json', '--config', file], {})).toMatchObject({ json: true, room: { streams: [{ name: 'x' }] } });
    expect(parseCommandLine(['devices', '--udev'], {})).toEqual({ run: 'udev', file: undefined });
    expect(parseCommandLine(['devices', '--udev', 'a.rules'], {})).toEqual({ run: 'udev', file: 'a.rules' });
    for (const args of [['devices', 'a.rules'], ['devices', '--udev', 'a', 'b'], ['devices', '--once'], ['--udev']])
      expect(refusal(args).code).toBe('cli/bad-value');
  });

  it('calibrates a stream of a room that stands in a file', () => {
    const file = config({ streams: [{ name: 'x' }, { name: 'y', deviceDelayMs: 80 }] });
    expect(parseCommandLine(['calibrate-latency', '--config', file, '--stream', '1', '--write'], {})).toMatchObject({
      run: 'calibrate-latency',
      configFile: file,
      stream: 1,
      steps: 20,
      port: 0,
      write: true,
      room: { streams: [{ deviceDelayMs: 0 }, { deviceDelayMs: 80 }] },
    });
    const refused = [['calibrate-latency'], ['calibrate-latency', '--config', file, '--stream', '2'], ['--steps', '5'], ['--write']];
    for (const args of refused) expect(refusal(args).code).toBe('cli/bad-value');
  });

  it('refuses options that the command would not read, and says where they belong', () => {
    const all = {
      config: 'x',
      port: '1',
      host: 'x',
      data: 'x',
      once: undefined,
      pixels: undefined,
      udev: undefined,
      steps: '5',
      write: undefined,
      viewers: '1',
      seconds: '1',
      stream: '1',
      tier: 'raw',
      insecure: undefined,
    };
    const read: Readonly<Record<string, readonly string[]>> = {
      '': ['config', 'port', 'host', 'data', 'once'],
      'inspect a': ['pixels'],
      devices: ['config', 'udev'],
      'calibrate-latency': ['config', 'port', 'steps', 'write', 'stream'],
      'load http://x': ['viewers', 'seconds', 'stream', 'tier', 'insecure'],
    };
    for (const [command, own] of Object.entries(read)) {
      for (const [option, value] of Object.entries(all)) {
        if (own.includes(option)) continue;
        const args = [...command.split(' ').filter(Boolean), `--${option}`, ...(value === undefined ? [] : [value])];
        expect(refusal(args), args.join(' ')).toMatchObject({
          code: 'cli/bad-value',
          message: expect.stringMatching(new RegExp(`^--${option} cannot be used with`)),
        });
      }
    }
    expect(refusal(['--stream', '1']).remedy).toBe('allowed: with calibrate-latency, with load');
    expect(refusal(['devices', '--udev', '--json']).message).toBe('--json cannot be used with devices --udev');
  });

  it('refuses what it does not know', () => {
    expect(refusal(['--colour']).message).toContain('--colour');
    expect(refusal(['inspect']).code).toBe('cli/bad-value');
    for (const port of ['x', '-1', '70000', '1.5']) expect(refusal([`--port=${port}`]).message).toContain(port);
  });
});

describe('configuration', () => {
  const cases: readonly (readonly [unknown, ErrorCode, RegExp])[] = [
    ['{', 'config/not-json', /room\.json is not JSON/],
    [[], 'config/bad-value', /the whole/],
    [{ streams: [{ name: 'x', colour: 1 }] }, 'config/unknown-key', /streams\[0\]\.colour/],
    [{ streams: [{ name: 'x' }], limits: { notLiveMs: -3 } }, 'config/bad-value', /limits\.notLiveMs is -3/],
    [{ streams: [] }, 'config/bad-value', /streams/],
    [{ streams: [{}] }, 'config/missing-key', /streams\[0\]\.name/],
    [{}, 'config/missing-key', /streams/],
    [{ streams: [{ name: 'x' }], port: 'high' }, 'config/bad-value', /port is "high"/],
  ];
  for (const [content, code, message] of cases) {
    it(`${JSON.stringify(content)}: ${code}`, () => {
      const error = refusal(['--config', config(content)]);
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
      expect(error.remedy).not.toContain('{');
    });
  }

  it('says when the file is not there', () => {
    expect(refusal(['--config', join(folder, 'none.json')]).code).toBe('config/unreadable');
  });

  it('says what is allowed', () => {
    expect(refusal(['--config', config({ streams: [{ name: 'x' }], limits: { viewers: 0 } })]).remedy).toBe(
      'allowed: a whole number from 1 to 10000',
    );
    expect(refusal(['--config', config({ streams: [{ name: 'x' }], rom: 1 })]).remedy).toContain('room');
  });
});
