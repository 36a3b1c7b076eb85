import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conversation } from '../../device-drivers/serial-probe/conversation.ts';
import { depthOf, EchoLine } from '../../device-drivers/serial-probe/echo-line.ts';
import { MotionPicture } from '../../device-drivers/serial-probe/motion-picture.ts';
import { Pic0rickReader, type ProbeEvent, pic0rick } from '../../device-drivers/serial-probe/pic0rick.ts';
import { serialProbe, serialProbeIn } from '../../device-drivers/serial-probe/serial-probe.ts';
import type { AppError } from '../../src/app-error.ts';
import { mutantOf, seeded } from '../support/mutant.ts';
import { Pic0rickShell } from '../support/pic0rick-shell.ts';
import { runDriver } from './driver-bench.ts';
import { driverContract } from './driver-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'serial-probe-'));
afterAll(() => rmSync(folder, { recursive: true }));
const mutations = Number(process.env.LUMENCAST_MUTATIONS ?? 3000);
const absent = process.platform !== 'linux' || spawnSync('python3', ['--version']).status !== 0;

/** An echo of a reflector at this depth, by the firmware's own scale of 10 bits. */
const echoAt = (depthMm: number) => (at: number) => {
  const middle = (depthMm / depthOf(8000, 60)) * 8000;
  return Math.round(512 + 400 * Math.exp(-(((at - middle) / 30) ** 2)) * Math.sin((2 * Math.PI * 5 * at) / 60));
};

/** A probe on a real pseudo terminal. */
async function plugIn(sample: (at: number, acquisition: number) => number) {
  const peer: ChildProcess = spawn('python3', [join(import.meta.dirname, '../support/pty-peer.py')], { stdio: 'pipe' });
  const [path] = (await once(peer.stderr ?? peer, 'data')) as [Buffer];
  const shell = new Pic0rickShell((text) => void peer.stdin?.write(text), sample);
  peer.stdout?.on('data', (bytes: Buffer) => shell.hear(bytes));
  peer.stdin?.on('error', () => undefined);
  const unplug = async (): Promise<void> => {
    if (peer.exitCode !== null) return;
    const gone = once(peer, 'exit');
    peer.kill();
    await gone;
  };
  return { device: path.toString().trim(), shell, say: (text: string) => void peer.stdin?.write(text), unplug };
}

/** Empty: it was closed while the list was read. */
function readlinkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

async function failure(run: { readonly ended: Promise<void> }): Promise<AppError> {
  return (await run.ended.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )) as AppError;
}

describe.skipIf(absent)('serial-probe on a pseudo terminal (skipped without Python 3)', () => {
  const options = { device: '', transmit: true, silentMs: 2000, rows: 128, columns: 64 };
  let probe: Awaited<ReturnType<typeof plugIn>>;
  beforeAll(async () => {
    probe = await plugIn(echoAt(40));
    options.device = probe.device;
  });
  afterAll(() => probe.unplug());

  driverContract(serialProbe, options);

  it('shows an echo at its depth, and measures in seconds and centimetres', async () => {
    const run = runDriver(serialProbe, options);
    await run.until(() => run.frames.length >= 3);
    await run.stop();
    const { pixels, format } = run.frames[2] ?? { pixels: new Uint8Array(0), format: undefined };
    const newest = Array.from({ length: 128 }, (_, row) => pixels[row * 64 + 63] as number);
    const brightest = newest.indexOf(Math.max(...newest));
    const region = format?.regions[0];
    expect(region).toMatchObject({ kind: 'tissue', unitX: 's', deltaX: 0.05, unitY: 'cm' });
    expect(Math.abs((brightest + 0.5) * (region?.deltaY ?? 0) - 4)).toBeLessThan(0.1);
    expect(newest[10]).toBeLessThan(newest[brightest] as number);
    expect(run.announced[0]?.facts.description).toContain('never run on hardware');
    expect(probe.shell.commands).toContain('start acq 200');
    expect(probe.shell.commands).toContain('write dac 512');
  });

  it('fires nothing unless it is allowed to', async () => {
    const before = probe.shell.commands.length;
    expect(await failure(runDriver(serialProbe, { ...options, transmit: false }))).toMatchObject({ code: 'serial-probe/transmit-off' });
    expect(probe.shell.commands.length).toBe(before);
  });

  it.each([
    ['values that are missing', (said: string) => said.replace(',200,', ',')],
    ['letters between the values', (said: string) => `${said.slice(0, 900)}zz${said.slice(900)}`],
    ['an end that is missing', (said: string) => said.slice(0, 5000)],
    ['two beginnings', (said: string) => said.slice(0, 3000) + said],
    ['garbage in front', (said: string) => `\u0007\u00ff--- 7F,1,\r\n${said}`],
    ['a value beyond ten bits', (said: string) => said.replace(',200,', ',7FF,')],
  ])('goes on after %s', async (_, spoil) => {
    probe.shell.faults.spoil.push(spoil);
    const run = runDriver(serialProbe, options);
    await run.until(() => run.frames.length >= 4);
    await run.stop();
    const lost = [...run.losses].reduce((sum, [, count]) => sum + count, 0);
    expect(lost).toBeLessThanOrEqual(1);
    expect(run.frames.length + lost).toBeLessThanOrEqual(6);
    for (const name of run.losses.keys()) expect(name).toMatch(/^serial-probe\/(damaged-echo|no-answer)$/);
  });

  it('waits for an answer that does not come, and asks again', async () => {
    const run = runDriver(serialProbe, options);
    await run.until(() => run.frames.length >= 1);
    probe.shell.faults.deaf = 1;
    await run.until(() => run.losses.has('serial-probe/no-answer'));
    const before = run.frames.length;
    await run.until(() => run.frames.length >= before + 2);
    await run.stop();
    expect(run.losses.get('serial-probe/no-answer')).toBe(1);
  });

  it('shows strength by depth where that is asked for', async () => {
    const run = runDriver(serialProbe, { ...options, show: 'a-scan' });
    await run.until(() => run.frames.length >= 1);
    await run.stop();
    const { format, pixels } = run.frames[0] ?? {};
    expect(format).toMatchObject({ width: 128, height: 256, regions: [{ unitX: 'cm', unitY: 'dB' }] });
    const heights = Array.from(
      { length: 128 },
      (_, column) => [...(pixels ?? [])].filter((level, at) => at % 128 === column && level > 0).length,
    );
    const highest = heights.indexOf(Math.max(...heights));
    expect(Math.abs(((highest + 0.5) / 128) * 102 - 40)).toBeLessThan(1.5);
  });
});

describe.skipIf(absent)('serial-probe meets trouble', () => {
  it('says that a line is silent, or speaks of something else', async () => {
    const { device, shell, unplug } = await plugIn(() => 512);
    shell.faults.deaf = 1000;
    expect(await failure(runDriver(serialProbe, { device, transmit: true, silentMs: 100 }))).toMatchObject({ code: 'serial-probe/silent' });
    await unplug();
    const other = await plugIn(() => 512);
    other.shell.faults.foreign = true;
    other.shell.hear(Buffer.from('half a command'));
    expect(await failure(runDriver(serialProbe, { device: other.device, transmit: true }))).toMatchObject({
      code: 'serial-probe/not-a-probe',
      fields: { reason: 'Unknown command: write dac 512' },
    });
    await other.unplug();
  });

  it('says that it was unplugged, in the middle of an echo', async () => {
    const { device, shell, unplug } = await plugIn(() => 512);
    const run = runDriver(serialProbe, { device, transmit: true, silentMs: 5000 });
    await run.until(() => run.frames.length >= 1);
    shell.faults.spoil.push((said) => said.slice(0, 4000));
    shell.faults.deaf = 0;
    await unplug();
    expect(await failure(run)).toMatchObject({ code: 'device/gone' });
  });

  it.each([
    ['nothing attached', '', 'device/not-found'],
    ['a probe that is not attached', 'usb:2e8a:000a:X', 'device/not-found'],
    ['a path without a device', '/dev/ttyNONE9', 'device/not-found'],
    ['a file that is no line', import.meta.filename, 'serial-probe/refused'],
  ])('%s', async (_, device, code) => {
    const driver = serialProbeIn(join(folder, 'none'));
    expect(await failure(runDriver(driver, { device, transmit: true }))).toMatchObject({ code });
  });

  /** What the system tells of a probe at a port. */
  function attach(node: string, port: string, product: string, serial = `S${port[2]}`, list = 'tty'): void {
    const usb = join(folder, `${list}-devices`, port.split(':')[0] as string);
    mkdirSync(join(usb, port), { recursive: true });
    for (const [name, content] of Object.entries({ idVendor: '2e8a', idProduct: product, serial, product: 'Pico' })) {
      writeFileSync(join(usb, name), `${content}\n`);
    }
    mkdirSync(join(folder, list, node), { recursive: true });
    symlinkSync(join(usb, port), join(folder, list, node, 'device'));
  }

  it('names the probe that it opened, and tells twins apart by their port', async () => {
    const { device, unplug } = await plugIn(() => 512);
    attach('ttyACM0', '1-2:1.0', '000a', '', 'twins');
    attach('ttyACM1', '1-3:1.0', '000a', '', 'twins');
    mkdirSync(join(folder, 'nodes'));
    symlinkSync(device, join(folder, 'nodes', 'ttyACM1'));
    const driver = serialProbeIn(join(folder, 'twins'), join(folder, 'nodes'));
    const identity = 'usb:2e8a:000a@1-3:1.0';
    expect((await driver.discover()).map((found) => found.identity)).toEqual(['usb:2e8a:000a@1-2:1.0', identity]);
    for (const given of [identity, join(folder, 'nodes', 'ttyACM1')]) {
      const run = runDriver(driver, { device: given, transmit: true });
      await run.until(() => run.announced.length === 1);
      await run.stop();
      expect(run.announced[0]?.facts.device).toEqual({ name: 'pic0rick (Pico)', identity, options: { device: identity } });
    }
    await unplug();
  });

  it('leaves nothing open, whether it was stopped or unplugged', async () => {
    const { device, unplug } = await plugIn(() => 512);
    const open = () =>
      readdirSync('/proc/self/fd').filter((descriptor) => readlinkOf(`/proc/self/fd/${descriptor}`).startsWith(device)).length;
    const run = runDriver(serialProbe, { device, transmit: true });
    await run.until(() => run.announced.length === 1);
    expect(open()).toBeGreaterThan(0);
    await run.stop();
    expect(open()).toBe(0);
    const other = runDriver(serialProbe, { device, transmit: true });
    await other.until(() => other.announced.length === 1);
    await unplug();
    expect(await failure(other)).toMatchObject({ code: 'device/gone' });
    expect(open()).toBe(0);
  });

  it('asks nothing of a line that is gone, and leaves no wait behind', async () => {
    const { device, unplug } = await plugIn(() => 512);
    const conversation = await Conversation.open(device, 115_200, new AbortController().signal);
    const cutOff = expect(conversation.ask('read', 5000)).rejects.toMatchObject({ code: 'device/gone' });
    await unplug();
    await cutOff;
    // A promise that nobody awaits would end the test run with an unhandled rejection.
    await expect(conversation.ask('read', 5000)).rejects.toMatchObject({ code: 'device/gone' });
    await expect(conversation.settle(5000)).rejects.toMatchObject({ code: 'device/gone' });
    conversation.close();
  });

  it('finds known probes by what USB tells of them', async () => {
    attach('ttyACM7', '1-2:1.0', '000a');
    attach('ttyACM8', '1-3:1.0', '0009');
    attach('ttyACM9', '1-4:1.0', '0003');
    const found = await serialProbeIn(join(folder, 'tty')).discover();
    expect(found.map(({ identity, place, options }) => [identity, place, options])).toEqual([
      ['usb:2e8a:000a:S2', '/dev/ttyACM7', { device: 'usb:2e8a:000a:S2' }],
      ['usb:2e8a:0009:S3', '/dev/ttyACM8', { device: 'usb:2e8a:0009:S3' }],
    ]);
    expect(found[0]?.refusal?.code).toBe('device/not-found');
  });
});

describe('Pic0rickReader', () => {
  const said = (values: readonly number[]): Buffer =>
    Buffer.from(
      `read\r\n----------Start of ACQ----------\r\n${values.map((value) => `${value.toString(16).toUpperCase()},`).join('')}\r\n-----------End of ACQ-----------\r\nrun> `,
    );
  const ramp = Array.from({ length: pic0rick.samples }, (_, at) => (at * 7) % pic0rick.levels);

  function read(bytes: Uint8Array, step: number): (ProbeEvent | number[])[] {
    const events: (ProbeEvent | number[])[] = [];
    const reader = new Pic0rickReader((event) => events.push(event.kind === 'samples' ? [...event.samples] : event));
    for (let at = 0; at < bytes.length; at += step) reader.receive(bytes.subarray(at, at + step));
    return events;
  }

  it.each([1, 7, 64, 100_000])('reads an echo in pieces of %i bytes', (step) => {
    expect(read(said(ramp), step)).toEqual([{ kind: 'text', text: 'read' }, ramp, { kind: 'prompt' }]);
  });

  it('tells what is wrong with an echo', () => {
    expect(read(said(ramp.slice(1)), 64)[1]).toEqual({ kind: 'damaged', reason: '7999 values instead of 8000' });
    expect(read(said([...ramp.slice(1), 1024]), 64)[1]).toEqual({ kind: 'damaged', reason: 'a value of more than ten bits' });
  });

  it('answers to anything with events, holds little, and reads the next echo after it', () => {
    const random = seeded(8);
    const short = said(ramp).subarray(0, 700);
    let damaged = 0;
    for (let round = 0; round < mutations; round++) {
      const mutant = Buffer.concat([mutantOf(short, short, random), Buffer.from('\r\n')]);
      const events = read(mutant, 50);
      damaged += events.filter((event) => 'kind' in event && event.kind === 'damaged').length;
      for (const event of events) if ('kind' in event && event.kind === 'text') expect(event.text.length).toBeLessThanOrEqual(200);
    }
    expect(damaged).toBeGreaterThan(mutations / 4);
    for (let round = 0; round < Math.min(50, mutations); round++) {
      const mutant = mutantOf(said(ramp), short, random);
      const events = read(Buffer.concat([mutant, Buffer.from('\r\n'), said(ramp)]), 4096);
      expect(events.some((event) => Array.isArray(event) && event.length === ramp.length)).toBe(true);
    }
  });

  it('does not grow with lines or values that never end', () => {
    expect(read(Buffer.alloc(300_000, 'x'), 4096)).toEqual([]);
    const endless = Buffer.concat([Buffer.from('----------Start of ACQ----------\n'), Buffer.alloc(100_000, '1,')]);
    expect(read(endless, 4096)).toEqual([{ kind: 'damaged', reason: '16001 values instead of 8000' }]);
  });
});

describe('EchoLine', () => {
  it('is as bright as the echo is strong, in decibels, and dark without one', () => {
    const settings = { ...pic0rick, centreMHz: 5, dynamicRangeDb: 60, rows: 100, depthMm: 100 };
    const levels = new Uint8Array(100);
    const sine = (amplitude: number) =>
      Uint16Array.from({ length: 8000 }, (_, at) => 512 + Math.round(amplitude * Math.sin((2 * Math.PI * 5 * at) / 60)));
    const middle = (values: Uint16Array): number => {
      new EchoLine(settings).draw(values, levels, 0, 1);
      return levels[50] as number;
    };
    expect(middle(sine(511))).toBeGreaterThanOrEqual(254);
    expect(Math.abs(middle(sine(51.1)) - 255 * (1 - 20 / 60))).toBeLessThan(3);
    expect(middle(new Uint16Array(8000).fill(700))).toBe(0);
  });
});

describe('MotionPicture', () => {
  it('moves by time, not by echo', () => {
    const picture = new MotionPicture(4, 1, 10);
    const add = (ms: number, level: number): number[] => {
      picture.add(BigInt(ms * 1_000_000), (into, at) => {
        into[at] = level;
      });
      return [...picture.pixels];
    };
    expect(add(1000, 1)).toEqual([0, 0, 0, 1]);
    expect(add(1005, 2)).toEqual([0, 0, 0, 2]);
    expect(add(1012, 3)).toEqual([0, 0, 2, 3]);
    expect(add(1035, 4)).toEqual([2, 3, 3, 4]);
  });

  it('is dark where there was nothing for long', () => {
    const picture = new MotionPicture(30, 1, 10);
    for (const ms of [0, 10, 200]) {
      picture.add(BigInt(ms * 1_000_000), (into, at) => {
        into[at] = 9;
      });
    }
    expect([...picture.pixels].map((level, at) => (level > 0 ? at : -1)).filter((at) => at >= 0)).toEqual([9, 10, 29]);
  });
});
