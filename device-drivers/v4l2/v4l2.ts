import Type, { type Static } from 'typebox';
import { AppError, asAppError, printable } from '../../src/app-error.ts';
import type { DeviceDescription, DeviceDriver, DriverContext } from '../driver.ts';
import { attachedVideos, videoClass, videoNamed } from './attached.ts';
import { Capture } from './capture.ts';
import { isOneField } from './field-lines.ts';
import { JpegPictures } from './jpeg-pictures.ts';
import { chooseMode, type Mode, modeLines, rateText } from './mode-choice.ts';
import { type FormatName, formatNames } from './pixel-formats.ts';
import { type Negotiated, VideoDevice } from './video-device.ts';
import { linuxSystem, type VideoSystem } from './video-system.ts';

const names = ['auto', ...formatNames] as const;

const options = Type.Object(
  {
    device: Type.String({
      default: '',
      maxLength: 200,
      description: 'the device by its identity, as `lumencast devices` shows it, or by its path; empty: the first one',
    }),
    pixelFormat: Type.Unsafe<'auto' | FormatName>(
      Type.Union(
        names.map((name) => Type.Literal(name)),
        { default: 'auto', description: 'format that the device is asked for; auto: the one that loses nothing at a live rate' },
      ),
    ),
    width: Type.Optional(Type.Integer({ minimum: 1, maximum: 8192, description: 'of the picture, pixels; absent: the largest live one' })),
    height: Type.Optional(Type.Integer({ minimum: 1, maximum: 8192, description: 'of the picture, pixels' })),
    framesPerSecond: Type.Optional(Type.Number({ minimum: 1, maximum: 1000, description: 'asked for; absent: the fastest, up to 60' })),
    input: Type.String({ default: '', maxLength: 40, description: 'name or number of the input, e.g. HDMI; empty: as it is' }),
    standard: Type.Unsafe<'' | 'PAL' | 'NTSC' | 'SECAM'>(
      Type.Union([Type.Literal(''), Type.Literal('PAL'), Type.Literal('NTSC'), Type.Literal('SECAM')], {
        default: '',
        description: 'of analogue inputs; empty: as it is',
      }),
    ),
    deinterlace: Type.Unsafe<'both-fields' | 'one-field' | 'off'>(
      Type.Union([Type.Literal('both-fields'), Type.Literal('one-field'), Type.Literal('off')], {
        default: 'both-fields',
        description: 'of sources that send half pictures: each becomes a picture, or one of two, or their lines stay as they are',
      }),
    ),
    crop: Type.Optional(
      Type.Object(
        {
          x: Type.Integer({ minimum: 0, maximum: 8191, description: 'left edge, pixel' }),
          y: Type.Integer({ minimum: 0, maximum: 8191, description: 'upper edge, pixel' }),
          width: Type.Integer({ minimum: 1, maximum: 8192, description: 'pixels' }),
          height: Type.Integer({ minimum: 1, maximum: 8192, description: 'pixels' }),
        },
        { additionalProperties: false, description: 'the picture inside the screen; grown to whole pairs where colours are shared' },
      ),
    ),
    buffers: Type.Integer({ default: 4, minimum: 2, maximum: 32, description: 'pictures that the device may hold ready' }),
    modality: Type.Unsafe<'ultrasound' | 'x-ray' | 'other'>(
      Type.Union([Type.Literal('ultrasound'), Type.Literal('x-ray'), Type.Literal('other')], {
        default: 'other',
        description: 'kind of picture',
      }),
    ),
    silentMs: Type.Integer({
      default: 2000,
      minimum: 200,
      maximum: 60_000,
      description: 'a device that has sent nothing for so long is given up; twice that until the first picture',
    }),
  },
  { additionalProperties: false },
);
type Options = Static<typeof options>;

/** Frame grabbers and cameras of Linux, through the kernel's own interface. */
export const v4l2 = v4l2On(linuxSystem);

/** The driver on a system; `folder` lists the devices of it. */
export function v4l2On(openSystem: () => Promise<VideoSystem>, folder = videoClass): DeviceDriver<typeof options> {
  return {
    name: 'v4l2',
    options,
    discover: () => discovered(openSystem, folder),
    // systemd's convention: who sits at the machine may use what is tagged so.
    udevRules: ['SUBSYSTEM=="video4linux", KERNEL=="video[0-9]*", GROUP="video", MODE="0660", TAG+="uaccess"'],
    async run(context, signal) {
      const { device: asked, buffers } = context.options;
      const found = await videoNamed(asked, folder);
      if (found === undefined) throw new AppError('device/not-found', { device: printable(asked, 120) || 'a video device' });
      using device = new VideoDevice(await openedSystem(openSystem), found.place);
      const { name, synthetic } = device.capability();
      chooseInput(device, context);
      const mode = settled(device, context.options);
      const jpegs = mode.format.name === 'MJPG' ? new JpegPictures() : undefined;
      await jpegs?.open();
      if (signal.aborted) return;
      const description = `V4L2, ${name}, ${mode.format.name} ${mode.width}x${mode.height}${rateText(mode.rate)}`;
      const shared = device.start(buffers, mode.agreed.bytes);
      const opened =
        found.identity === undefined ? {} : { opened: { name, identity: found.identity, options: { device: found.identity } } };
      await new Capture(device, { ...mode, ...opened, jpegs, description, synthetic, buffers: shared }, context).run(signal);
    },
  };
}

/** Without Linux there is no V4L2; without the shared library of the door nothing can be called. */
async function openedSystem(open: () => Promise<VideoSystem>): Promise<VideoSystem> {
  if (process.platform !== 'linux' || !['x64', 'arm64', 'riscv64'].includes(process.arch)) {
    throw new AppError('v4l2/other-system', { system: `${process.platform} ${process.arch}` });
  }
  try {
    return await open();
  } catch (thrown) {
    throw asAppError(thrown, 'v4l2/other-system', { system: `${process.platform} ${process.arch}` });
  }
}

function chooseInput(device: VideoDevice, context: DriverContext<Options>): void {
  const { input: asked, standard } = context.options;
  const inputs = device.inputs();
  if (asked !== '') {
    const found =
      inputs.find(({ name, index }) => name === asked || String(index) === asked) ?? inputs.find(({ name }) => name.startsWith(asked));
    if (found === undefined)
      throw notThere(
        device,
        'input',
        asked,
        inputs.map(({ name }) => name),
      );
    device.chooseInput(found.index);
  }
  const chosen = device.chosenInput();
  const input = inputs.find(({ index }) => index === chosen);
  if (standard !== '') {
    if (input?.hasStandards !== true) throw notThere(device, 'standard', standard, device.standards());
    device.chooseStandard(standard);
  }
  if (input?.hasTimings === true) device.followSignal();
  if (input?.trouble !== undefined) context.warn(`input ${input.name}: ${input.trouble}`);
}

function notThere(device: VideoDevice, kind: string, asked: string, offered: readonly string[]): AppError {
  const allowed = offered.length === 0 ? 'nothing to choose' : offered.join(', ');
  return new AppError('v4l2/no-input', { device: printable(device.path, 120), kind, asked: printable(asked, 40), allowed });
}

interface SettledMode extends Mode {
  readonly agreed: Negotiated;
}

/** Agrees with the device upon a mode. Throws `v4l2/no-format` where it has none that was asked for. */
function settled(device: VideoDevice, { pixelFormat, width, height, framesPerSecond }: Options): SettledMode {
  const current = device.current();
  const offered = device.formats();
  const mode = chooseMode(
    offered,
    { width: current.width, height: current.height, rates: [] },
    {
      ...(pixelFormat === 'auto' ? {} : { format: pixelFormat }),
      ...(width === undefined ? {} : { width }),
      ...(height === undefined ? {} : { height }),
      ...(framesPerSecond === undefined ? {} : { rate: framesPerSecond }),
    },
  );
  const size = width === undefined && height === undefined ? '' : ` ${width ?? 'any'}x${height ?? 'any'}`;
  const asked = `${pixelFormat === 'auto' ? 'pictures' : pixelFormat}${size}${rateText(framesPerSecond ?? 0)}`;
  const refuse = (): AppError =>
    new AppError('v4l2/no-format', { device: printable(device.path, 120), asked, offered: printable(modeLines(offered).join('; '), 600) });
  if (mode === undefined) throw refuse();
  const agreed = device.choose(mode.format.code, mode.width, mode.height);
  const wrongSize = (width !== undefined && agreed.width !== width) || (height !== undefined && frameLines(agreed) !== height);
  if (agreed.code !== mode.format.code || wrongSize) throw refuse();
  const rate = device.chooseRate(mode.rate) ?? mode.rate;
  return { format: mode.format, width: agreed.width, height: frameLines(agreed), rate, agreed };
}

/** Of the whole picture, where a buffer holds one field of it. */
const frameLines = ({ field, height }: Negotiated): number => (isOneField(field) ? 2 * height : height);

async function discovered(openSystem: () => Promise<VideoSystem>, folder: string): Promise<DeviceDescription[]> {
  const attached = await attachedVideos(folder);
  if (attached.length === 0) return [];
  const system = await openedSystem(openSystem);
  return attached.flatMap(({ place, name, identity }): DeviceDescription[] => {
    const found = { driver: 'v4l2', name, identity, place, options: { device: identity } };
    try {
      using device = new VideoDevice(system, place);
      device.capability();
      const formats = modeLines(device.formats()).slice(0, 60);
      const busy = device.inUse();
      return [{ ...found, formats, ...(busy === undefined ? {} : { refusal: busy.toJSON() }) }];
    } catch (thrown) {
      const error = asAppError(thrown, 'v4l2/refused', { device: place });
      // Devices list nodes that carry no pictures, such as the times of their pictures.
      return error.code === 'v4l2/no-capture' ? [] : [{ ...found, refusal: error.toJSON() }];
    }
  });
}
