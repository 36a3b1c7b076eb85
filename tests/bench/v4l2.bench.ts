import type { DriverContext } from '../../device-drivers/driver.ts';
import { v4l2On } from '../../device-drivers/v4l2/v4l2.ts';
import { monotonicNs } from '../../src/device/clock.ts';
import { type FrameFormat, frameBytes } from '../../src/frame/frame-format.ts';
import { Forming } from '../../src/stage/forming.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { testKernel } from '../kernel/boot.ts';
import { runGuest } from '../kernel/on-test-kernel.ts';
import { VideoDouble } from '../support/video-double.ts';

/*
 * node scripts/bench.mjs v4l2 [SECONDS] [--json]
 * 1. 1920x1080 YUYV at 60 pictures a second out of memory, through the driver's copy into a slot and the forming stage's conversion
 *    to RGB: share of one core, without what paces it (goal: under 40 %).
 * 2. On the test kernel: from the kernel's time of a picture to its pixels in a slot, and to the line that v4l2-ctl --stream-mmap
 *    writes of it, in turns (goal: medians within 2 ms).
 */

const [width, height, rate] = [1920, 1080, 60];
const seconds = Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 5);

const core = await shareOfCore();
const latency = testKernel === undefined ? undefined : await latencies();
const report = { width, height, rate, node: process.version, ...core, ...latency };
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(report)}\n`);
else {
  console.log(`1080p60 YUYV: copy ${core.copyMs.toFixed(2)} ms and conversion ${core.convertMs.toFixed(2)} ms a picture (medians)`);
  console.log(`share of one core, paced, all that the process used: ${core.percent.toFixed(1)} % (goal: under 40)`);
  if (latency === undefined) console.log('no test kernel: latency against v4l2-ctl was not measured');
  else console.log(`kernel to slot p50 ${latency.oursMs.toFixed(2)} ms, v4l2-ctl ${latency.theirsMs.toFixed(2)} ms (goal: within 2 ms)`);
}

async function shareOfCore() {
  const format = { letters: 'YUYV', width, height, rates: [rate], bytesPerLine: 2 * width, bytes: 2 * width * height };
  // Every buffer is filled once: what a device writes there costs us nothing.
  const double = new VideoDouble([format], 0, (buffer, sequence) => {
    if (sequence < 4) for (let at = 0; at < buffer.length; at++) buffer[at] = (at * 7 + sequence) & 0xff;
  });
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });
  const kernels = (await compileKernels())(memory);
  const copies: number[] = [];
  const conversions: number[] = [];
  let convert: ((source: number, target: number) => void) | undefined;
  let slot = new Uint8Array(0);
  const target = 16 * 2 ** 20;
  const stop = new AbortController();
  const context = {
    options: {
      ...{ device: '/dev/video0', pixelFormat: 'auto', input: '', standard: '', deinterlace: 'off' },
      ...{ buffers: 4, modality: 'other', silentMs: 60_000 },
    },
    announce(announced: FrameFormat) {
      slot = new Uint8Array(memory.buffer, 65_536, frameBytes(announced));
      convert = new Forming([], announced).open({ kernels, memory: memory.buffer, scratch: 32 * 2 ** 20 });
    },
    lend(_: unknown, fill: (pixels: Uint8Array) => void) {
      const began = performance.now();
      fill(slot);
      const copied = performance.now();
      convert?.(65_536, target);
      copies.push(copied - began);
      conversions.push(performance.now() - copied);
      return true;
    },
    lost: () => undefined,
    hold: () => undefined,
    warn: () => undefined,
    now: monotonicNs,
  };
  const run = v4l2On(async () => double).run(context as unknown as DriverContext<never>, stop.signal);
  await double.starts();
  for (let warm = 0; warm < 120; warm++) double.deliver();
  copies.length = 0;
  conversions.length = 0;
  const before = process.cpuUsage();
  const began = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      for (const due = ((performance.now() - began) / 1000) * rate; copies.length < Math.min(due, seconds * rate); ) double.deliver();
      if (copies.length < seconds * rate) return;
      clearInterval(timer);
      resolve();
    }, 2);
  });
  const used = process.cpuUsage(before);
  const elapsedUs = (performance.now() - began) * 1000;
  stop.abort();
  await run;
  return { copyMs: median(copies), convertMs: median(conversions), percent: (100 * (used.user + used.system)) / elapsedUs };
}

async function latencies() {
  const { told } = await runGuest<{ ours: number[]; theirs: number[] }>({ program: 'tests/kernel/guest/v4l2-latency.ts', seconds: 120 });
  // While a program starts, pictures wait for it.
  const steady = (ages: readonly number[]): readonly number[] => ages.slice(15);
  return { oursMs: median(told.flatMap(({ ours }) => steady(ours))), theirsMs: median(told.flatMap(({ theirs }) => steady(theirs))) };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN;
}
