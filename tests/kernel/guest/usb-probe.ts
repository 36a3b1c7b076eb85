// The driver `usb-probe` with each virtual probe: what it asks for before it starts one, pictures, faults, pulled plugs.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { usbProbe } from '../../../device-drivers/usb-probe/usb-probe.ts';
import { type DriverRun, runDriver } from '../../device-drivers/driver-bench.ts';
import type { DeviceOptions } from '../../support/virtual-usb/devices.ts';
import { numberIn } from '../../support/virtual-usb/echo-phantom.ts';
import { type PluggedDevice, VirtualBus } from '../../support/virtual-usb/virtual-bus.ts';
import type { Fault } from '../../support/virtual-usb/virtual-device.ts';
import { attached, until } from './attached.ts';
import { tell } from './tell.ts';

await using bus = await VirtualBus.open();
const enabled = { highVoltage: true, motor: true };

/** The code of the error that ended it. */
const endOf = (run: DriverRun): Promise<string> =>
  run.ended.then(
    () => 'stopped',
    (thrown: unknown) => String((thrown as { code?: string }).code),
  );

async function plug(options: DeviceOptions): Promise<PluggedDevice> {
  const before = attached().length;
  const device = await bus.plug(options, '1-1');
  await until(() => attached().length > before, 'the probe is attached');
  return device;
}

async function unplug(device: PluggedDevice): Promise<void> {
  await device.unplug();
  await until(() => attached().length === 0, 'the probe is gone');
}

/** What a user finds who has no right to any device. */
async function asNobody(): Promise<unknown> {
  const driver = new URL('../../../device-drivers/usb-probe/usb-probe.ts', import.meta.url).href;
  const program = `import { usbProbe } from '${driver}'; process.stdout.write(JSON.stringify(await usbProbe.discover()));`;
  const nobody = 65_534;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { uid: nobody, gid: nobody });
  return (JSON.parse(stdout) as { refusal?: { code: string } }[]).map(({ refusal }) => refusal?.code);
}

async function refusals(kind: 'convex' | 'up20l' | 'interson'): Promise<void> {
  const device = await plug({ kind, serial: 'R1' });
  const [found] = await usbProbe.discover();
  const ends = [await endOf(runDriver(usbProbe, {})), await endOf(runDriver(usbProbe, { motor: true }))];
  if (kind === 'interson') ends.push(await endOf(runDriver(usbProbe, { highVoltage: true })));
  tell({
    refused: kind,
    ends,
    identity: found?.identity,
    nobody: await asNobody(),
    device: await device.counts(),
  });
  await unplug(device);
}

async function asked(): Promise<void> {
  const device = await plug({ kind: 'up20l', serial: 'U1', pictureMs: 40 });
  const numbers: number[] = [];
  const run = runDriver(usbProbe, enabled, {
    keep: 0,
    look: (pixels) => numbers.push(numberIn((line, sample) => ((pixels[(line * 512 + sample) * 2 + 1] as number) > 0x3f ? 1 : -1))),
  });
  await run.until(() => numbers.length >= 6);
  const faults: Fault[] = [{ fault: 'stall' }, { fault: 'short', bytes: 100 }, { fault: 'zero-length' }, { fault: 'babble' }];
  const lost: number[] = [];
  for (const fault of faults) {
    const before = numbers.length;
    await device.act(fault);
    await run.until(() => numbers.length >= before + 5);
    lost.push((numbers.at(-1) as number) - (numbers[before - 1] as number) - (numbers.length - before));
  }
  await run.stop();
  tell({
    asked: numbers.length,
    backwards: numbers.filter((number, at) => at > 0 && number <= (numbers[at - 1] as number)).length,
    lost,
    losses: Object.fromEntries(run.losses),
    device: await device.counts(),
  });
  await unplug(device);
}

async function swinging(): Promise<void> {
  const device = await plug({ kind: 'interson', serial: 'I1' });
  const run = runDriver(usbProbe, enabled, { keep: 12 });
  await run.until(() => run.frames.length >= 12);
  const running = await device.counts();
  const [found] = await usbProbe.discover();
  const second = await endOf(runDriver(usbProbe, enabled));
  await run.stop();
  const seen = run.frames.slice(4, 12).map(({ pixels }) => pixels);
  const pairs = seen.slice(1).map((pixels, at) => [pixels, seen[at] as Uint8Array] as const);
  const between = pairs.map(([one, before]) => meanDifference(one, before));
  const turned = pairs.map(([one, before]) => meanDifference(one, turnedRound(before)));
  tell({
    swinging: { motor: running.motor, supply: running.supply },
    stopped: await device.counts(),
    busy: [found?.refusal?.code, second],
    between: Math.max(...between) / Math.min(...turned),
    losses: Object.fromEntries(run.losses),
  });
  await unplug(device);
}

/** Of means over 8 lines and 64 samples: the virtual probe's speckle is finer than its lines. */
function meanDifference(one: Uint8Array, other: Uint8Array): number {
  const [samples, lines, tall, wide] = [2048, 80, 8, 64];
  const mean = (picture: Uint8Array, line: number, sample: number): number => {
    let sum = 0;
    for (let row = line; row < line + tall; row++)
      for (let at = sample; at < sample + wide; at++) sum += picture[row * samples + at] as number;
    return sum / (tall * wide);
  };
  let sum = 0;
  for (let line = 0; line < lines; line += tall) {
    for (let sample = 0; sample < samples; sample += wide) sum += Math.abs(mean(one, line, sample) - mean(other, line, sample));
  }
  return sum;
}

/** The last line first. */
function turnedRound(picture: Uint8Array): Uint8Array {
  const samples = 2048;
  const lines = Array.from({ length: picture.length / samples }, (_, line) => picture.subarray(line * samples, (line + 1) * samples));
  return Buffer.concat(lines.reverse());
}

async function pulled(rounds: number): Promise<void> {
  const ends: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const device = await plug({ kind: 'convex', serial: 'P1' });
    const run = runDriver(usbProbe, { ...enabled, device: 'usb:04b4:00f1:P1' }, { keep: 0 });
    let shown = 0;
    await run.until(() => ++shown > 3);
    await device.unplug();
    ends.push(await endOf(run));
    await until(() => attached().length === 0, 'the probe is gone');
  }
  tell({ pulled: ends, absent: await endOf(runDriver(usbProbe, { ...enabled, device: 'usb:04b4:00f1:P1' })) });
}

await refusals('convex');
await refusals('up20l');
await refusals('interson');
await asked();
await swinging();
await pulled(4);
