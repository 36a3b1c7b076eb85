// 40 MB/s of scan lines through the driver `usb-probe`, then every fault: what was shown, and what the device says it sent.
import { usbProbe } from '../../../device-drivers/usb-probe/usb-probe.ts';
import { runDriver } from '../../device-drivers/driver-bench.ts';
import { convexProbe } from '../../support/virtual-usb/convex-probe.ts';
import { numberIn } from '../../support/virtual-usb/echo-phantom.ts';
import { VirtualBus } from '../../support/virtual-usb/virtual-bus.ts';
import type { Fault } from '../../support/virtual-usb/virtual-device.ts';
import { attached, until } from './attached.ts';
import { tell } from './tell.ts';

const seconds = Number(process.argv[2]);
await using bus = await VirtualBus.open();
const device = await bus.plug({ kind: 'convex', rateMBps: 40 });
await until(() => attached().length === 1, 'the probe is attached');
const openedAtMs = performance.now();

const samples = convexProbe.lineWords - convexProbe.headWords;
const seen = { shown: 0, first: -1, last: -1, offset: 0, unaccounted: 0, largestGap: 0 };

/** The number inside the picture moves as the driver's own sequence does: no frame is lost that was not counted. */
function look(pixels: Uint8Array, sequence: number): void {
  const number = numberIn((line, sample) => ((pixels[(line * samples + sample) * 2 + 1] as number) << 24) >> 24);
  if (seen.shown === 0) {
    tell({ firstPictureMs: Math.round(performance.now() - openedAtMs) });
    seen.first = number;
    seen.offset = number - sequence;
  } else seen.largestGap = Math.max(seen.largestGap, number - seen.last);
  if (number - sequence !== seen.offset) {
    seen.unaccounted++;
    seen.offset = number - sequence;
  }
  seen.last = number;
  seen.shown++;
}

const run = runDriver(usbProbe, { highVoltage: true }, { keep: 0, look: (pixels, _format, sequence) => look(pixels, sequence) });
await run.until(() => seen.shown > 0, 10_000);

const startedAtMs = performance.now();
const memoryMiB: number[] = [];
for (let part = 1; part <= 12; part++) {
  await run.until(() => performance.now() - startedAtMs > (part * seconds * 1000) / 12);
  memoryMiB.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
}
const MBps = ((seen.last - seen.first) * convexProbe.lines * convexProbe.lineWords * 2) / 1000 / (performance.now() - startedAtMs);
tell({ steady: { ...seen, MBps, losses: Object.fromEntries(run.losses), memoryMiB, device: await device.counts() } });

await device.act({ rateMBps: 10 });
const leftOut = async (): Promise<number> => (await device.counts()).framesLeftOut ?? 0;
const faults: Fault[] = [
  { fault: 'stall' },
  { fault: 'short', bytes: 1000 },
  { fault: 'short', bytes: 1 },
  { fault: 'zero-length' },
  { fault: 'babble' },
  { fault: 'cut', bytes: 3 },
  { fault: 'cut', bytes: 100_000 },
  { fault: 'garbage', bytes: 4096, seed: 7 },
  { fault: 'garbage', bytes: 65_536, seed: 8 },
  { fault: 'silence', milliseconds: 500 },
];
for (const fault of faults) {
  const before = { ...seen, leftOut: await leftOut() };
  seen.largestGap = 0;
  await device.act(fault);
  await run.until(() => seen.last >= before.last + 12);
  tell({ fault, lost: seen.largestGap - 1, leftOut: (await leftOut()) - before.leftOut });
}
await device.act({ fault: 'unplug' });
const end = await run.ended.then(
  () => 'stopped',
  (thrown: unknown) => (thrown as { code?: string }).code,
);
tell({ end, unaccounted: seen.unaccounted });
