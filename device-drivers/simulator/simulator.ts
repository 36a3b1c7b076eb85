import { setImmediate as nextTurn } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { type Static, Type } from 'typebox';
import { AppError } from '../../src/app-error.ts';
import { type FrameFormat, frameBytes, frameFormat } from '../../src/frame/frame-format.ts';
import type { DeviceDriver, DriverContext, SourceFacts } from '../driver.ts';
import { createFluoroscopyScene } from './fluoroscopy-scene.ts';
import { createUltrasoundScene } from './ultrasound-scene.ts';

const fault = Type.Object(
  {
    afterS: Type.Number({ minimum: 0, maximum: 86_400, description: 'Seconds after the start of the run' }),
    kind: Type.Union(
      [
        Type.Literal('stall'),
        Type.Literal('crash'),
        Type.Literal('unplug'),
        Type.Literal('hold'),
        Type.Literal('hang'),
        Type.Literal('exit'),
      ],
      {
        description:
          'stall: silence; crash: the driver throws; unplug: the device is gone; hold: the source says that no frames are due; hang: the thread blocks; exit: the thread ends',
      },
    ),
    forS: Type.Number({ minimum: 0, maximum: 600, default: 2, description: 'Length of a stall, hold or hang in seconds' }),
  },
  { additionalProperties: false },
);

const schema = Type.Object(
  {
    kind: Type.Union([Type.Literal('ultrasound'), Type.Literal('fluoroscopy')], {
      default: 'ultrasound',
      description: 'Cardiac echo, or coronary angiography with a catheter',
    }),
    width: Type.Integer({ minimum: 64, maximum: 1920, default: 1024, description: 'Width of the picture in pixels' }),
    height: Type.Integer({ minimum: 64, maximum: 1080, default: 768, description: 'Height of the picture in pixels' }),
    fps: Type.Number({ minimum: 3.75, maximum: 90, default: 30, description: 'Frames per second' }),
    seed: Type.Integer({ minimum: 0, maximum: 0xffff_ffff, default: 1, description: 'The same seed gives the same pictures' }),
    depthCm: Type.Number({ minimum: 8, maximum: 24, default: 16, description: 'Depth of the sector in cm (ultrasound)' }),
    heartRate: Type.Number({ minimum: 30, maximum: 200, default: 61, description: 'Beats per minute' }),
    breathsPerMinute: Type.Number({ minimum: 0, maximum: 40, default: 14, description: 'Breaths per minute, 0: held' }),
    bits: Type.Union([Type.Literal(8), Type.Literal(10)], { default: 8, description: 'Bits per pixel (fluoroscopy)' }),
    dose: Type.Number({
      minimum: 0.05,
      maximum: 4,
      default: 1,
      description: 'Relative dose; noise variance goes as 1 / dose (fluoroscopy)',
    }),
    clean: Type.Boolean({ default: false, description: 'Without speckle and noise' }),
    frames: Type.Integer({ minimum: 0, maximum: 10_000_000, default: 0, description: 'Hold after so many frames, 0: endless' }),
    faults: Type.Array(fault, { maxItems: 100, default: [], description: 'Faults to show, for tests and demonstrations' }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof schema>;

const devices = {
  ultrasound: { name: 'Simulated echo (apical four chambers)', identity: 'simulator:ultrasound' },
  fluoroscopy: { name: 'Simulated coronary angiogram', identity: 'simulator:fluoroscopy' },
} as const;
type Context = DriverContext<Options>;

interface Source {
  readonly format: FrameFormat;
  readonly facts: SourceFacts;
  render(frameIndex: number, target: Uint8Array): void;
  rPeak(frameIndex: number, frameBefore: number): boolean;
}

/** A driver that is this late skips what it missed; less is caught up, frame by frame. */
const latestNs = 1_000_000_000n;

/**
 * Made-up pictures at an absolute pace: frame n is due n / fps after the start. While it waits, the next picture is drawn into
 * a private buffer; capture is the moment of delivery. Needs no hardware and never carries a patient.
 */
export const simulator: DeviceDriver<typeof schema> = {
  name: 'simulator',
  options: schema,
  async discover() {
    return [
      { driver: 'simulator', ...devices.ultrasound, options: { kind: 'ultrasound' } },
      { driver: 'simulator', ...devices.fluoroscopy, options: { kind: 'fluoroscopy', fps: 15 } },
    ];
  },
  async run(context, signal) {
    try {
      await play(context, signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  },
};

async function play(context: Context, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { fps, frames } = context.options;
  const source = context.options.kind === 'fluoroscopy' ? fluoroscopy(context.options) : ultrasound(context.options);
  context.announce(source.format, { ...source.facts, device: devices[context.options.kind] });
  const picture = new Uint8Array(frameBytes(source.format));
  const copy = (pixels: Uint8Array): void => pixels.set(picture);
  const faults = context.options.faults.toSorted((a, b) => a.afterS - b.afterS);

  const startNs = context.now();
  const dueNs = (index: number): bigint => startNs + BigInt(Math.round((index * 1e9) / fps));
  const indexAt = (atNs: bigint): number => Math.ceil((Number(atNs - startNs) * fps) / 1e9);
  let sent = 0;
  let before = -1;
  for (let index = 0; frames === 0 || sent < frames; index++) {
    source.render(index, picture);
    await waitFor(context, signal, dueNs(index));
    const sinceS = Number(context.now() - startNs) / 1e9;
    const next = faults[0];
    if (next !== undefined && next.afterS <= sinceS) {
      faults.shift();
      await fail(context, next);
      // What a device does not send while it is silent was never captured: no loss, but its heart beats on.
      if (next.kind !== 'hang') {
        index = Math.max(index, indexAt(context.now()) - 1);
        continue;
      }
    }
    const lateNs = context.now() - dueNs(index);
    if (lateNs > latestNs) {
      const missed = indexAt(context.now()) - index;
      context.lost('simulator/late', missed);
      index += missed - 1;
      continue;
    }
    // What came before a frame that found no slot is said of the next one.
    if (context.lend({ capturedAtNs: context.now(), rPeak: source.rPeak(index, before) }, copy)) before = index;
    sent++;
  }
  context.hold(`all ${frames} frames were sent`);
  await stopped(signal);
}

/** A wait that is already over still gives the thread back for a turn: otherwise a driver that is late could not be stopped. */
async function waitFor(context: Context, signal: AbortSignal, atNs: bigint): Promise<void> {
  if (context.now() < atNs) await context.sleepUntil(atNs);
  else await nextTurn(undefined, { signal });
  signal.throwIfAborted();
}

async function fail(context: Context, { kind, forS }: Options['faults'][number]): Promise<void> {
  const forNs = BigInt(Math.round(forS * 1e9));
  if (kind === 'unplug') throw new AppError('device/gone', { device: devices[context.options.kind].name });
  if (kind === 'crash') throw new AppError('device/planted-fault', { kind });
  // On the main thread this would end the whole server, and that is not the fault that was asked for.
  if (kind === 'exit' && isMainThread) throw new AppError('device/planted-fault', { kind });
  if (kind === 'exit') process.exit(1);
  if (kind === 'hang') {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forS * 1000);
    return;
  }
  if (kind === 'hold') context.hold('held by a planted fault');
  await context.sleepUntil(context.now() + forNs);
  if (kind === 'hold') context.hold(undefined);
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function ultrasound(options: Options): Source {
  const scene = createUltrasoundScene(options);
  const noise = { noise: !options.clean };
  return {
    format: frameFormat(options.width, options.height, 'GREY', { regions: scene.regions, frameIntervalMs: 1000 / options.fps }),
    facts: { modality: 'ultrasound', synthetic: true, description: `Simulated apical four-chamber echo, ${options.depthCm} cm` },
    render: (frameIndex, target) => scene.render(frameIndex, target, noise),
    rPeak: scene.rPeak,
  };
}

/** Without calibration: the detector's pixels are not the object's, so no length is right in the whole picture. */
function fluoroscopy(options: Options): Source {
  const scene = createFluoroscopyScene(options);
  const noise = { noise: !options.clean };
  const interval = { frameIntervalMs: 1000 / options.fps };
  return {
    format:
      options.bits === 10
        ? frameFormat(options.width, options.height, 'Y16', { window: { centre: 512, width: 1024 }, ...interval })
        : frameFormat(options.width, options.height, 'GREY', interval),
    facts: { modality: 'x-ray', synthetic: true, description: `Simulated coronary angiogram, ${options.bits} bits` },
    render: (frameIndex, target) => scene.render(frameIndex, target, noise),
    rPeak: () => false,
  };
}
