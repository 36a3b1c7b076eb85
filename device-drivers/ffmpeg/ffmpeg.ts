import { type ChildProcess, spawn } from 'node:child_process';
import Type, { type Static } from 'typebox';
import { AppError, printable } from '../../src/app-error.ts';
import { frameFormat } from '../../src/frame/frame-format.ts';
import { GreyHistogram } from '../../src/frame/grey-histogram.ts';
import type { DeviceDriver, DriverContext } from '../driver.ts';
import { Complaint, withoutSecrets } from './complaint.ts';
import { type PnmPicture, PnmReader } from './pnm-reader.ts';
import { type FfmpegVersion, passThrough, versionOf } from './version.ts';

const options = Type.Object(
  {
    input: Type.String({ minLength: 1, maxLength: 1000, description: 'what ffmpeg opens: a device, a URL (rtsp, srt, rtp, …) or a file' }),
    format: Type.String({
      default: '',
      pattern: '^[a-z0-9_,]*$',
      maxLength: 40,
      description: "ffmpeg's name of the input format, e.g. v4l2, dshow, avfoundation, lavfi; empty: it finds out",
    }),
    pixels: Type.Unsafe<'grey' | 'grey16' | 'colour'>(
      Type.Union([Type.Literal('grey'), Type.Literal('grey16'), Type.Literal('colour')], {
        default: 'colour',
        description: 'what is made of the picture: 8 bits grey, 16 bits grey, or RGB',
      }),
    ),
    paced: Type.Boolean({ default: false, description: 'read as fast as the pictures were recorded: for files; a device paces itself' }),
    loop: Type.Boolean({ default: false, description: 'begin a file again at its end' }),
    deinterlace: Type.Boolean({ default: false, description: 'for sources of standard definition that send half pictures' }),
    crop: Type.Optional(
      Type.Object(
        {
          x: Type.Integer({ minimum: 0, maximum: 8191, description: 'left edge, pixel' }),
          y: Type.Integer({ minimum: 0, maximum: 8191, description: 'upper edge, pixel' }),
          width: Type.Integer({ minimum: 1, maximum: 8192, description: 'pixels' }),
          height: Type.Integer({ minimum: 1, maximum: 8192, description: 'pixels' }),
        },
        { additionalProperties: false, description: 'the picture inside the screen' },
      ),
    ),
    inputOptions: Type.Array(Type.String({ maxLength: 200 }), {
      default: [],
      maxItems: 40,
      description: "further words of ffmpeg's command line in front of the input, e.g. -video_size 1280x720",
    }),
    modality: Type.Unsafe<'ultrasound' | 'x-ray' | 'other'>(
      Type.Union([Type.Literal('ultrasound'), Type.Literal('x-ray'), Type.Literal('other')], {
        default: 'other',
        description: 'kind of picture',
      }),
    ),
    program: Type.String({ default: 'ffmpeg', minLength: 1, maxLength: 500, description: 'the ffmpeg program' }),
    silentMs: Type.Integer({
      default: 5000,
      minimum: 500,
      maximum: 60_000,
      description: 'a source that has sent nothing for so long is given up; twice that until the first picture',
    }),
  },
  { additionalProperties: false },
);
type Options = Static<typeof options>;

const patienceMs = 500;

/** Everything that ffmpeg opens, through a process of its own: devices of all systems, network streams, files. */
export const ffmpeg: DeviceDriver<typeof options> = {
  name: 'ffmpeg',
  options,
  // On Linux the driver v4l2 lists what can be opened here too; names of other systems' devices are not asked for yet.
  discover: async () => [],
  configured({ input }) {
    if (!/^[a-z0-9+]+:\/\//i.test(input)) return undefined;
    const place = shownName(input);
    return { name: 'Network stream', identity: `ffmpeg:${place}`, place };
  },
  async run(context, signal) {
    const { input, program } = context.options;
    const version = await versionOf(program, signal).catch((thrown: unknown) => {
      if (!signal.aborted) throw thrown;
    });
    if (version === undefined || signal.aborted) return;
    const child = spawn(program, argumentsFor(context.options, version), { stdio: ['ignore', 'pipe', 'pipe'] });
    const stopped = (): void => void endProcess(child);
    signal.addEventListener('abort', stopped, { once: true });
    try {
      await played(child, context, new Complaint(input), signal);
    } finally {
      signal.removeEventListener('abort', stopped);
      await endProcess(child);
    }
    if (!signal.aborted) await holdTheEnd(context, signal);
  },
};

/** Pictures leave as PGM or PPM: each tells its own size. */
function argumentsFor({ input, format, pixels, paced, loop, deinterlace, crop, inputOptions }: Options, version: FfmpegVersion): string[] {
  const filters = [
    ...(deinterlace ? ['yadif'] : []),
    ...(crop === undefined ? [] : [`crop=${crop.width}:${crop.height}:${crop.x}:${crop.y}`]),
  ];
  const out = { grey: ['pgm', 'gray'], grey16: ['pgm', 'gray16be'], colour: ['ppm', 'rgb24'] }[pixels] as [string, string];
  return [
    '-nostdin',
    ...(paced ? ['-re'] : ['-fflags', 'nobuffer', '-flags', 'low_delay']),
    ...(loop ? ['-stream_loop', '-1'] : []),
    ...(format === '' ? [] : ['-f', format]),
    ...(input.startsWith('rtsp:') ? ['-rtsp_transport', 'tcp'] : []),
    ...inputOptions,
    ...['-i', input, '-an', '-sn', '-dn'],
    ...(filters.length === 0 ? [] : ['-vf', filters.join(',')]),
    ...passThrough(version),
    ...['-f', 'image2pipe', '-c:v', out[0], '-pix_fmt', out[1], '-'],
  ];
}

/** Resolves at the end of a file, or when the signal stopped it; throws what ended it otherwise. */
function played(child: ChildProcess, context: DriverContext<Options>, complaint: Complaint, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const { input, program, silentMs } = context.options;
    const pictures = new Pictures(context);
    const watch = (patienceMs: number): NodeJS.Timeout =>
      setTimeout(() => reject(new AppError('ffmpeg/silent', { input: shownName(input), seconds: patienceMs / 1000 })), patienceMs);
    let watchdog = watch(2 * silentMs);
    const over = (act: () => void): void => {
      clearTimeout(watchdog);
      act();
    };
    const reader = new PnmReader(
      (picture, beganNs) => pictures.lend(picture, beganNs),
      () => context.now(),
    );
    child.stdout?.on('data', (chunk: Buffer) => {
      clearTimeout(watchdog);
      watchdog = watch(pictures.lent === 0 ? 2 * silentMs : silentMs);
      try {
        if (!signal.aborted) reader.receive(chunk);
      } catch (thrown) {
        over(() => reject(thrown));
      }
    });
    child.stderr?.on('data', (chunk: Buffer) => complaint.hear(chunk));
    child.on('error', (thrown) =>
      over(() => reject(new AppError('ffmpeg/missing', { program: printable(program, 120), reason: printable(thrown.message) }))),
    );
    child.on('close', (status, killedBy) => {
      // Any end of a device is its loss, whatever status ffmpeg gives it; only a file may end.
      const fileEnded = status === 0 && pictures.lent > 0 && context.options.paced;
      const ended = killedBy === null ? `it ended with status ${status}` : `it was ended by ${killedBy}`;
      over(() => (signal.aborted || fileEnded ? resolve() : reject(complaint.error(ended, pictures.lent > 0))));
    });
  });
}

async function holdTheEnd(context: DriverContext<Options>, signal: AbortSignal): Promise<void> {
  context.hold('the recording has ended');
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** First politely, so that a device is given back in order. */
async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGINT');
    const impatient = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    await exited;
    clearTimeout(impatient);
  }
  // A program that it started may hold the other ends open.
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** Announces what is new in a picture and lends it. */
class Pictures {
  readonly #context: DriverContext<Options>;
  #announced = '';
  lent = 0;

  constructor(context: DriverContext<Options>) {
    this.#context = context;
  }

  lend(picture: PnmPicture, beganNs: bigint): void {
    const { width, height, pixelFormat, pixels } = picture;
    const kind = `${width}x${height} ${pixelFormat}`;
    if (kind !== this.#announced) this.#announce(picture);
    this.#announced = kind;
    this.#context.lend({ capturedAtNs: beganNs }, (slot) => {
      slot.set(pixels);
      if (pixelFormat === 'Y16') Buffer.from(slot.buffer, slot.byteOffset, slot.length).swap16();
    });
    this.lent++;
  }

  #announce({ width, height, pixelFormat, pixels }: PnmPicture): void {
    const { input, modality } = this.#context.options;
    const format = frameFormat(width, height, pixelFormat, pixelFormat === 'Y16' ? { window: windowOf(pixels) } : {});
    this.#context.announce(format, { modality, synthetic: false, description: `ffmpeg, ${shownName(input)}` });
  }
}

/** A video has no window: the levels of the first picture make one. */
function windowOf(bigEndian: Uint8Array) {
  const little = Buffer.from(bigEndian).swap16();
  const levels = new GreyHistogram();
  levels.add(little);
  return levels.window();
}

const shownName = (input: string): string => printable(withoutSecrets(input), 120);
