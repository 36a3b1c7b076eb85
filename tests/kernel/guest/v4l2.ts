import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { DeviceDriver } from '../../../device-drivers/driver.ts';
import { ffmpeg } from '../../../device-drivers/ffmpeg/ffmpeg.ts';
import { v4l2 } from '../../../device-drivers/v4l2/v4l2.ts';
import { openCodecs } from '../../../src/codec/node-codecs.ts';
import { runSession } from '../../../src/device/session.ts';
import { type DriverRun, runDriver, type SeenFrame } from '../../device-drivers/driver-bench.ts';
import { codedLuma, drawNumber, readNumber } from '../../support/virtual-usb/coded-picture.ts';
import type { UvcOptions } from '../../support/virtual-usb/uvc-grabber.ts';
import { type PluggedDevice, VirtualBus } from '../../support/virtual-usb/virtual-bus.ts';
import { tell } from './tell.ts';

const vivid = '/dev/video0';
const grabber = 'usb:1209:0002:U1';
const [width, height] = [320, 240];
const uvc: UvcOptions = { kind: 'uvc', sizes: [{ width, height }], framesPerSecond: 15 };

const control = (...settings: readonly string[]): string =>
  execFileSync('v4l2-ctl', ['-d', vivid, ...settings.flatMap((setting) => ['-c', setting])], { encoding: 'utf8' });

async function ended(run: { readonly ended: Promise<void> }): Promise<string> {
  return run.ended.then(
    () => 'stopped',
    (thrown: unknown) => (thrown as { code?: string }).code ?? String(thrown),
  );
}

/** Waits for what the kernel or the session does in its own time. */
async function until(what: string, condition: () => boolean | Promise<boolean>, seconds = 15): Promise<void> {
  for (let tries = 0; tries < seconds * 20; tries++) {
    if (await condition()) return;
    await wait(50);
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

const placeOfGrabber = async (): Promise<string | undefined> => (await v4l2.discover()).find(({ identity }) => identity === grabber)?.place;

/** Number of a coded picture, and whether every sample of luma is what was sent. */
function numberOf({ pixels, format }: SeenFrame, step: number): { readonly number: number; readonly exact: boolean } {
  const line = format.bytesPerLine;
  const number = readNumber(format.width, (x, y) => pixels[y * line + x * step] as number) ?? -1;
  const sent = codedLuma(format.width, format.height, number);
  let exact = pixels.length === sent.length * step;
  for (let at = 0; exact && at < sent.length; at++) exact = pixels[at * step] === sent[at];
  return { number, exact };
}

const scenes: Readonly<Record<string, (bus: VirtualBus) => Promise<object>>> = {
  /** Still pictures of vivid, format by format, against those that v4l2-ctl takes. */
  async formats() {
    control('osd_text_mode=2');
    const names = ['YUYV', 'UYVY', 'NV12', 'YU12', 'BGR24', 'RGB24', 'XR24', 'GREY', 'Y16'] as const;
    const letters = { BGR24: 'BGR3', RGB24: 'RGB3', Y16: 'Y16 ' } as const satisfies Record<string, string>;
    const equal: Record<string, boolean> = {};
    for (const name of names) {
      const run = runDriver(v4l2, { device: vivid, input: '0', pixelFormat: name, width: 320, height: 180 });
      await run.until(() => run.frames.length >= 3);
      await run.stop();
      const code = name in letters ? letters[name as keyof typeof letters] : name;
      const setting = `width=320,height=180,pixelformat=${code}`;
      const file = '/dev/shm/theirs';
      execFileSync('v4l2-ctl', ['-d', vivid, '-v', setting, '--stream-mmap', '--stream-count=2', `--stream-to=${file}`], {
        stdio: 'ignore',
      });
      const theirs = readFileSync(file);
      equal[name] = theirs.length > 0 && Buffer.compare(Buffer.from(run.frames[2]?.pixels ?? []), theirs.subarray(theirs.length / 2)) === 0;
    }
    const child = runDriver(ffmpeg, {
      input: vivid,
      format: 'v4l2',
      pixels: 'grey',
      inputOptions: ['-pixel_format', 'gray', '-video_size', '320x180'],
    });
    await child.until(() => child.frames.length >= 3);
    await child.stop();
    const own = runDriver(v4l2, { device: vivid, pixelFormat: 'GREY', width: 320, height: 180 });
    await own.until(() => own.frames.length >= 3);
    await own.stop();
    const throughFfmpeg = Buffer.compare(Buffer.from(child.frames[2]?.pixels ?? []), Buffer.from(own.frames[2]?.pixels ?? [])) === 0;
    return { equal, throughFfmpeg };
  },

  /** The fields of an interlaced source, and a digital signal that goes away. */
  async inputs() {
    const kinds: Record<string, unknown> = {};
    for (const standard of ['PAL', 'NTSC'] as const) {
      const run = runDriver(v4l2, { device: vivid, input: 'S-Video 0', standard, pixelFormat: 'YUYV' });
      await run.until(() => run.frames.length >= 8);
      await run.stop();
      const { width: columns, height: lines, frameIntervalMs } = run.announced[0]?.format ?? {};
      kinds[standard] = { columns, lines, rate: Math.round(1000 / (frameIntervalMs ?? 1)) };
    }
    const run = runDriver(v4l2, { device: vivid, input: 'HDMI', pixelFormat: 'YUYV' });
    await run.until(() => run.frames.length >= 2);
    const { width: columns, height: lines } = run.announced[0]?.format ?? {};
    await run.stop();
    control('dv_timings_signal_mode=1');
    const without = await ended(runDriver(v4l2, { device: vivid, input: 'HDMI' }));
    control('dv_timings_signal_mode=0');
    return { ...kinds, hdmi: { columns, lines }, without, unknown: await ended(runDriver(v4l2, { device: vivid, input: 'DisplayPort' })) };
  },

  /** What vivid can do to a stream: buffers that are dropped, returned in error, or a device that dies. */
  async injected() {
    execFileSync('v4l2-ctl', ['-d', vivid, '-i', '0']);
    const options = { device: vivid, input: '0', pixelFormat: 'GREY', width: 320, height: 180 };
    control('percentage_of_dropped_buffers=30');
    const dropping = runDriver(v4l2, options);
    await dropping.until(() => dropping.frames.length >= 40);
    control('percentage_of_dropped_buffers=0');
    await dropping.stop();
    const span = (dropping.frames.at(-1)?.sequence ?? 0) - (dropping.frames[0]?.sequence ?? 0) + 1;
    const gaps = dropping.losses.get('v4l2/sequence-gap') ?? 0;
    const elapsedMs = Number((dropping.frames.at(-1)?.capturedAtNs ?? 0n) - (dropping.frames[0]?.capturedAtNs ?? 0n)) / 1e6;

    const faulty = runDriver(v4l2, options);
    await faulty.until(() => faulty.frames.length >= 5);
    control('inject_v4l2_buf_flag_error=1');
    await faulty.until(() => faulty.losses.has('v4l2/error-buffer'));
    const before = faulty.frames.length;
    await faulty.until(() => faulty.frames.length >= before + 5);
    await faulty.stop();

    const dying = runDriver(v4l2, options);
    await dying.until(() => dying.frames.length >= 5);
    control('inject_fatal_streaming_error=1');
    const fatal = await ended(dying);
    return {
      gaps,
      accounted: span === dropping.frames.length + gaps,
      expectedPictures: Math.round(elapsedMs / (1000 / 60)) + 1,
      span,
      errorBuffers: faulty.losses.get('v4l2/error-buffer') ?? 0,
      fatal,
    };
  },

  /** Coded pictures of a grabber: each as it was sent, none lost in silence, whatever happens to its payloads. */
  async coded(bus) {
    const device = await bus.plug({ ...uvc, pictures: 45 });
    await until('the grabber', async () => (await placeOfGrabber()) !== undefined);
    const run = runDriver(v4l2, { device: grabber, silentMs: 1500 });
    for (const [after, payload] of [[8, 'truncated'] as const, [14, 'error-bit'] as const, [20, 'truncated'] as const]) {
      await run.until(() => run.frames.length >= after);
      await device.act({ payload });
    }
    const end = await ended(run);
    const numbers = run.frames.map((frame) => numberOf(frame, 2));
    const counts = await device.counts();
    await device.unplug();
    return {
      end,
      description: run.announced[0]?.facts.description,
      frames: run.frames.length,
      torn: numbers.filter(({ exact }) => !exact).length,
      ascending: numbers.every(({ number }, at) => at === 0 || number > (numbers[at - 1]?.number ?? 0)),
      lost: Object.fromEntries(run.losses),
      sent: counts.pictures,
      leftOut: counts.leftOut,
    };
  },

  /** Motion JPEG of a grabber, without its tables in some pictures. */
  async jpegs(bus) {
    const { jpeg } = await openCodecs();
    const shape = { width, height, pixelFormat: 'RGB24' as const };
    const picture = (number: number): Buffer => {
      const rgb = new Uint8Array(width * height * 3).fill(90);
      for (let channel = 0; channel < 3; channel++) drawNumber(rgb.subarray(channel), width, 3, number);
      return Buffer.from(jpeg.encode(shape, rgb));
    };
    const jpegs = [1, 2, 3, 4].map(picture);
    jpegs[2] = (jpegs[2] as Buffer).subarray(0, 900);
    const device = await bus.plug({ ...uvc, jpegs: jpegs.map((bytes) => bytes.toString('base64')) });
    await until('the grabber', async () => (await placeOfGrabber()) !== undefined);
    const run = runDriver(v4l2, { device: grabber, pixelFormat: 'MJPG' });
    await run.until(() => run.frames.length >= 12);
    await run.stop();
    await device.unplug();
    const numbers = new Set(run.frames.map(({ pixels }) => readNumber(width, (x, y) => pixels[(y * width + x) * 3] as number) ?? -1));
    return { numbers: [...numbers].sort(), damaged: (run.losses.get('v4l2/damaged-jpeg') ?? 0) > 0 };
  },

  /** The plug is pulled in the middle of a picture, twice; somebody holds the old place, so that the device comes back at another. */
  async replugged(bus) {
    return { v4l2: await replugging(bus, v4l2, { device: grabber }) };
  },

  async ffmpeg(bus) {
    return { ffmpeg: await replugging(bus, ffmpeg, { input: '/dev/video4', format: 'v4l2', pixels: 'grey' }) };
  },

  /** A stalled endpoint ends the kernel's transfers; the stream must go on. */
  async stalled(bus) {
    const device = await bus.plug(uvc);
    await until('the grabber', async () => (await placeOfGrabber()) !== undefined);
    const session = startSession(v4l2, { device: grabber, silentMs: 1000 });
    await until('pictures', () => session.frames() >= 5);
    await device.act({ fault: 'stall' });
    await until('the end of a run', () => session.runs.length >= 2);
    const before = session.frames();
    await until('more pictures', () => session.frames() >= before + 5);
    await session.stop();
    await device.unplug();
    return { code: session.codes[0], runs: session.runs.length };
  },

  /** A device that somebody else streams from, and a user who may not. */
  async refused(bus) {
    const device = await bus.plug(uvc);
    await until('the grabber', async () => (await placeOfGrabber()) !== undefined);
    const place = (await placeOfGrabber()) as string;
    const other = spawn('v4l2-ctl', ['-d', place, '--stream-mmap', '--stream-count=1000'], { stdio: 'ignore' });
    await until('the other program', async () => (await v4l2.discover()).some(({ identity, refusal }) => identity === grabber && refusal));
    const found = (await v4l2.discover()).find(({ identity }) => identity === grabber);
    const busy = await ended(runDriver(v4l2, { device: grabber }));
    const gone = once(other, 'exit');
    other.kill();
    await gone;
    const asNobody = `import { v4l2 } from '${import.meta.dirname}/../../../device-drivers/v4l2/v4l2.ts';
      console.log(JSON.stringify(await v4l2.discover()));`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', asNobody], { encoding: 'utf8', uid: 65_534, gid: 65_534 });
    const theirs = (JSON.parse(said) as { identity: string; refusal?: { code: string; remedy: string } }[]).find(
      ({ identity }) => identity === grabber,
    );
    await device.unplug();
    return {
      found: found?.refusal?.code,
      busy,
      formats: found?.formats,
      nobody: theirs?.refusal,
      all: (await v4l2.discover()).map(({ place, identity, name }) => [place, identity, name]),
    };
  },
};

/** A driver as its session runs it: started again whenever it breaks. */
function startSession(driver: DeviceDriver, options: Readonly<Record<string, unknown>>) {
  const runs: DriverRun[] = [];
  const codes: string[] = [];
  const stop = new AbortController();
  const over = runSession(
    {
      driver: driver.name,
      run: async (signal) => {
        const run = runDriver(driver, options, { keep: 40 });
        runs.push(run);
        signal.addEventListener('abort', () => void run.stop().catch(() => undefined), { once: true });
        await run.ended;
      },
      delivered: () => (runs.at(-1)?.frames.length ?? 0) > 0,
      report: (status) => void ('error' in status && codes.push(status.error.code)),
      hurried: () => undefined,
    },
    stop.signal,
  );
  return {
    runs,
    codes,
    frames: () => runs.reduce((sum, run) => sum + run.frames.length, 0),
    async stop() {
      stop.abort();
      await over;
    },
  };
}

async function replugging(bus: VirtualBus, driver: DeviceDriver, options: Readonly<Record<string, unknown>>) {
  let device: PluggedDevice = await bus.plug(uvc);
  await until('the grabber', async () => (await placeOfGrabber()) !== undefined);
  const session = startSession(driver, options);
  const places: (string | undefined)[] = [await placeOfGrabber()];
  const resumedMs: number[] = [];
  for (let round = 0; round < 2; round++) {
    const before = session.frames();
    await until('pictures', () => session.frames() >= before + 5);
    const known = session.codes.length;
    // Whoever holds the old place keeps its name; only a driver that knows its device by name can do without it.
    const held = driver === v4l2 && round === 1 ? openSync(places.at(-1) as string, 'r') : undefined;
    await device.act({ fault: 'unplug' });
    await until('the loss', () => session.codes.length > known);
    await until('nothing attached', async () => (await placeOfGrabber()) === undefined);
    device = await bus.plug(uvc, device.busId);
    const pluggedMs = performance.now();
    const seen = session.frames();
    await until('the picture again', () => session.frames() > seen);
    resumedMs.push(Math.round(performance.now() - pluggedMs));
    await until('more pictures', () => session.frames() > seen + 3);
    places.push(await placeOfGrabber());
    if (held !== undefined) closeSync(held);
  }
  await session.stop();
  await device.unplug();
  const step = driver === v4l2 ? 2 : 1;
  const last = session.runs.at(-1)?.frames.slice(0, 5) ?? [];
  const numbers = last.map((frame) => numberOf(frame, step).number);
  return { codes: [...new Set(session.codes)], places, resumedMs, numbers };
}

{
  await using bus = await VirtualBus.open();
  for (const name of process.argv.slice(2)) {
    const scene = scenes[name] as (bus: VirtualBus) => Promise<object>;
    tell({ [name]: await scene(bus).catch((thrown: unknown) => ({ failed: String(thrown) })) });
  }
}
// uvcvideo ends its work in its own time; what is told is told.
process.exit(0);
