// 1,000 malformed payloads, answers and descriptors, seeded: every run of the driver shows pictures or ends by an error of ours, in time.
import { usbProbe } from '../../../device-drivers/usb-probe/usb-probe.ts';
import { AppError } from '../../../src/app-error.ts';
import { type DriverRun, runDriver } from '../../device-drivers/driver-bench.ts';
import { type Random, seeded } from '../../support/mutant.ts';
import type { DeviceOptions } from '../../support/virtual-usb/devices.ts';
import { type PluggedDevice, VirtualBus } from '../../support/virtual-usb/virtual-bus.ts';
import type { Fault } from '../../support/virtual-usb/virtual-device.ts';
import { attached, until } from './attached.ts';
import { tell } from './tell.ts';

const probes: readonly DeviceOptions[] = [
  { kind: 'convex', rateMBps: 10 },
  { kind: 'up20l', pictureMs: 10 },
  { kind: 'interson', turnsPerSecond: 20 },
];
const patienceMs = 5000;
/** For a first picture from a device that may be beyond showing any. */
const glanceMs = 200;
const ends: Record<string, number> = {};
const shown = { payloads: 0, answers: 0, descriptors: 0 };
/** What must never be: an error that is none of ours, a run that does not end. */
const wrong: string[] = [];
let payloads = 0;
let answers = 0;
let descriptors = 0;

await using bus = await VirtualBus.open();
for (const [place, options] of probes.entries()) {
  const device = await bus.plug(options, `1-${place + 1}`);
  await until(() => attached().length === 1, options.kind);
  await feedPayloads(device, options.kind, place === 1 ? 100 : 275);
  await device.unplug();
  await until(() => attached().length === 0, `${options.kind} is gone`);
  const liar = await bus.plug(options, `1-${place + 1}`, { what: 'answers', seed: place });
  await until(() => attached().length === 1, options.kind);
  await feedAnswers(liar, 100);
  await liar.unplug();
  await until(() => attached().length === 0, `${options.kind} is gone`);
  tell({ kind: options.kind, payloads, answers, shown });
}
await feedDescriptors(50);
tell({ payloads, answers, descriptors, shown, ends, wrong });

// And a sound probe shows its pictures as if nothing had been.
await bus.plug({ kind: 'convex' }, '1-1');
await until(() => attached().length === 1, 'a sound probe');
const sound = start();
await sound.until(() => sound.frames.length >= 3);
await ended(sound, 'a sound probe');
tell({ sound: sound.frames.length, memoryMiB: Math.round(process.memoryUsage.rss() / 2 ** 20) });

function start(): DriverRun {
  return runDriver(usbProbe, { highVoltage: true, motor: true }, { keep: 0 });
}

/** Stops a run and counts how it ended. */
async function ended(run: DriverRun, what: string): Promise<void> {
  const late = Symbol('late');
  const clock = Promise.withResolvers<typeof late>();
  const patience = setTimeout(() => clock.resolve(late), patienceMs);
  const end = await Promise.race([
    run.stop().then(
      () => 'stopped',
      (thrown: unknown) => thrown,
    ),
    clock.promise,
  ]);
  clearTimeout(patience);
  const name = end instanceof AppError ? end.code : String(end);
  ends[name] = (ends[name] ?? 0) + 1;
  if (end !== 'stopped' && !(end instanceof AppError)) wrong.push(`${what}: ${String(end)}`);
}

async function feedPayloads(device: PluggedDevice, kind: string, count: number): Promise<void> {
  const random = seeded(kind.length);
  let run = await showing(kind);
  for (let fed = 0; fed < count; fed++, payloads++) {
    await device.act(anyFault(random));
    if (fed % 10 !== 9) continue;
    if (await goesOn(run)) shown.payloads++;
    else {
      await ended(run, `payload ${fed} of ${kind}`);
      run = await showing(kind);
    }
  }
  await ended(run, `payloads of ${kind}`);
}

/** A run that shows pictures. What the probe still has wrong in store may end some before. */
async function showing(kind: string): Promise<DriverRun> {
  for (let tries = 0; tries < 20; tries++) {
    const run = start();
    if (await goesOn(run)) return run;
    await ended(run, `start of ${kind}`);
  }
  throw new Error(`${kind} shows nothing any more`);
}

function goesOn(run: DriverRun): Promise<boolean> {
  const seen = run.frames.length;
  return run
    .until(() => run.frames.length > seen, patienceMs)
    .then(
      () => true,
      () => false,
    );
}

function anyFault(random: Random): Fault {
  const bytes = 1 + random(random(2) === 0 ? 64 : 60_000);
  const faults: readonly Fault[] = [
    { fault: 'garbage', bytes, seed: random(2 ** 31) },
    { fault: 'garbage', bytes, seed: random(2 ** 31) },
    { fault: 'cut', bytes },
    { fault: 'short', bytes },
    { fault: 'zero-length' },
    { fault: 'babble' },
    { fault: 'stall' },
  ];
  return faults[random(faults.length)] as Fault;
}

async function feedAnswers(device: PluggedDevice, count: number): Promise<void> {
  for (let seed = 0; seed < count; seed++, answers++) {
    await device.act({ reseed: seed });
    const run = start();
    const went = await run
      .until(() => run.frames.length > 0, glanceMs)
      .then(
        () => true,
        () => false,
      );
    if (went) shown.answers++;
    await ended(run, `answers of seed ${seed}`);
  }
}

async function feedDescriptors(count: number): Promise<void> {
  for (let seed = 0; seed < count; seed++, descriptors++) {
    const options = probes[seed % probes.length] as DeviceOptions;
    const device = await bus.plug(options, '1-1', { what: 'descriptors', seed });
    const isThere = await until(() => attached().length === 1, 'a liar', 1.5).then(
      () => true,
      () => false,
    );
    if (isThere) {
      await usbProbe.discover();
      const run = start();
      const went = await run
        .until(() => run.frames.length > 0, glanceMs)
        .then(
          () => true,
          () => false,
        );
      if (went) shown.descriptors++;
      await ended(run, `descriptors of seed ${seed}`);
    }
    await device.unplug();
    await until(() => attached().length === 0, 'the liar is gone', 20);
  }
}
