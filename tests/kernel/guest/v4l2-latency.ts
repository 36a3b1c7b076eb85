import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import type { DriverContext } from '../../../device-drivers/driver.ts';
import { v4l2 } from '../../../device-drivers/v4l2/v4l2.ts';
import { monotonicNs, sleepUntil } from '../../../src/device/clock.ts';
import { VirtualBus } from '../../support/virtual-usb/virtual-bus.ts';
import { tell } from './tell.ts';

/* From the kernel's time of a picture to its pixels in a slot, and to the line that v4l2-ctl writes of it, in turns. */
const pictures = 60;
const rounds = 5;
const size = { width: 640, height: 480 };

async function ours(device: string): Promise<number[]> {
  const ages: number[] = [];
  const stop = new AbortController();
  const slot = new Uint8Array(size.width * size.height * 2);
  const context = {
    options: { device, pixelFormat: 'auto', input: '', standard: '', deinterlace: 'off', buffers: 4, modality: 'other', silentMs: 5000 },
    announce: () => undefined,
    lend(capture: { capturedAtNs: bigint }, fill: (pixels: Uint8Array) => void) {
      fill(slot);
      ages.push(Number(monotonicNs() - capture.capturedAtNs) / 1e6);
      if (ages.length >= pictures) stop.abort();
      return true;
    },
    lost: () => undefined,
    hold: () => undefined,
    warn: () => undefined,
    now: monotonicNs,
    sleepUntil: (atNs: bigint) => sleepUntil(atNs, stop.signal),
  };
  await v4l2.run(context as unknown as DriverContext<never>, stop.signal);
  return ages;
}

async function theirs(device: string): Promise<number[]> {
  const child = spawn('v4l2-ctl', ['-d', device, '--stream-mmap=4', `--stream-count=${pictures}`, '--verbose'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const over = once(child, 'exit');
  const ages: number[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    const stamp = /dqbuf: .* ts: (\d+\.\d+)/.exec(line)?.[1];
    if (stamp !== undefined) ages.push(Number(monotonicNs()) / 1e6 - Number(stamp) * 1000);
  }
  await over;
  return ages;
}

{
  await using bus = await VirtualBus.open();
  await bus.plug({ kind: 'uvc', sizes: [size], framesPerSecond: 15 });
  const place = async () => (await v4l2.discover()).find(({ identity }) => identity.startsWith('usb:'))?.place;
  for (let tries = 0; tries < 200 && (await place()) === undefined; tries++) await wait(50);
  const device = (await place()) ?? '';
  for (let round = 0; round < rounds; round++) tell({ ours: await ours(device), theirs: await theirs(device) });
}
process.exit(0);
