import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import Type, { type Static } from 'typebox';
import { AppError, printable } from '../../src/app-error.ts';
import { attachedBehind, usbIdentity } from '../../src/device/usb-sysfs.ts';
import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import { type FrameFormat, frameFormat } from '../../src/frame/frame-format.ts';
import type { DeviceDescription, DeviceDriver, DriverContext, OpenedDevice } from '../driver.ts';
import { Conversation } from './conversation.ts';
import { depthOf, EchoLine } from './echo-line.ts';
import { MotionPicture } from './motion-picture.ts';
import { pic0rick, pic0rickIds } from './pic0rick.ts';
import { refusalOf } from './serial-line.ts';

const wholeDepthMm = depthOf(pic0rick.samples, pic0rick.sampleRateMHz);

const options = Type.Object(
  {
    device: Type.String({
      default: '',
      maxLength: 200,
      description: 'the probe by its identity, as `lumencast devices` shows it, or by its path; empty: the first one',
    }),
    transmit: Type.Boolean({
      default: false,
      description: 'allows the pulser to fire: it puts high voltage on the element with every echo. Without it nothing is started',
    }),
    show: Type.Unsafe<'m-mode' | 'a-scan'>(
      Type.Union([Type.Literal('m-mode'), Type.Literal('a-scan')], {
        default: 'm-mode',
        description: 'one element has no picture of the body: its echoes over time (M-mode), or the strength of the last one by depth',
      }),
    ),
    pulseNs: Type.Integer({ default: 200, minimum: 40, maximum: 2000, description: 'length of the pulse, nanoseconds' }),
    gain: Type.Integer({ default: 512, minimum: 0, maximum: 1023, description: "value of the board's gain converter" }),
    centreMHz: Type.Number({ default: 5, minimum: 0.5, maximum: 25, description: 'carrier of the element' }),
    depthMm: Type.Number({
      default: Math.floor(wholeDepthMm),
      minimum: 5,
      maximum: Math.floor(wholeDepthMm),
      description: 'shown, at 1540 m/s',
    }),
    dynamicRangeDb: Type.Number({ default: 50, minimum: 10, maximum: 90, description: 'from the darkest to the brightest echo' }),
    rows: Type.Integer({ default: 512, minimum: 64, maximum: 2048, description: 'of the picture, over the depth' }),
    columns: Type.Integer({ default: 512, minimum: 64, maximum: 2048, description: 'of the M-mode picture, over time' }),
    columnMs: Type.Number({ default: 50, minimum: 5, maximum: 1000, description: 'time of a column of the M-mode picture' }),
    baud: Type.Integer({ default: 115_200, minimum: 9600, maximum: 4_000_000, description: 'rate of the line; without meaning over USB' }),
    silentMs: Type.Integer({ default: 1000, minimum: 100, maximum: 30_000, description: 'longest wait for an answer' }),
  },
  { additionalProperties: false },
);
type Options = Static<typeof options>;

const ttyClass = '/sys/class/tty';
/** An echo that failed may be an accident, so many in a row are not. */
const mostFailures = 3;

/** Open-hardware probes of one element on a serial line. */
export const serialProbe = serialProbeIn(ttyClass);

/** The driver on a system that lists its serial lines in `folder` and has their device files in `nodes`. */
export function serialProbeIn(folder: string, nodes = '/dev'): DeviceDriver<typeof options> {
  return {
    name: 'serial-probe',
    options,
    discover: () => discovered(folder, nodes),
    // ModemManager would talk to every new serial line for half a minute.
    udevRules: pic0rickIds.map(
      ({ vendor, product }) =>
        `SUBSYSTEM=="tty", ATTRS{idVendor}=="${vendor}", ATTRS{idProduct}=="${product}", MODE="0660", GROUP="dialout", TAG+="uaccess", ENV{ID_MM_DEVICE_IGNORE}="1"`,
    ),
    async run(context, signal) {
      const { device, transmit, baud } = context.options;
      const line = (await attached(folder, nodes)).find(({ identity, place }) => device === '' || [identity, place].includes(device));
      const place = line?.place ?? (device.startsWith('/') ? device : undefined);
      if (place === undefined) throw new AppError('device/not-found', { device: printable(device, 120) || 'a serial probe' });
      if (!transmit) throw new AppError('serial-probe/transmit-off', { device: printable(place, 120) });
      const conversation = await Conversation.open(place, baud, signal).catch((thrown: unknown) => {
        if (!signal.aborted) throw thrown;
      });
      if (conversation === undefined) return;
      try {
        await new Echoes(conversation, context, line ?? { place }).run(signal);
      } finally {
        conversation.close();
      }
    },
  };
}

/** Fires, reads and shows, one echo after the other. */
class Echoes {
  readonly #conversation: Conversation;
  readonly #context: DriverContext<Options>;
  readonly #place: string;
  readonly #opened: { readonly device?: OpenedDevice };
  readonly #line: EchoLine;
  readonly #motion: MotionPicture;
  readonly #levels: Uint8Array;
  #lastNs = 0n;

  constructor(conversation: Conversation, context: DriverContext<Options>, { place, name, identity }: OpenedLine) {
    this.#conversation = conversation;
    this.#context = context;
    this.#place = printable(place, 120);
    this.#opened = name === undefined || identity === undefined ? {} : { device: { name, identity, options: { device: identity } } };
    const { rows, columns, columnMs } = context.options;
    this.#line = new EchoLine({ ...pic0rick, ...context.options });
    this.#motion = new MotionPicture(columns, rows, columnMs);
    this.#levels = new Uint8Array(rows);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { gain, silentMs } = this.#context.options;
    await this.#settle(signal);
    if (signal.aborted) return;
    this.#refuseOthers((await this.#conversation.ask(`write dac ${gain}`, silentMs))?.texts ?? []);
    this.#announce();
    for (let failures = 0; !signal.aborted; ) {
      const fault = await this.#echo(signal);
      failures = fault === undefined ? 0 : failures + 1;
      if (fault !== undefined) this.#context.lost(fault, 1);
      if (fault === 'serial-probe/no-answer') await this.#settle(signal);
      if (failures >= mostFailures) throw this.#conversation.silence((mostFailures * silentMs) / 1000);
    }
  }

  /** One echo; the name of the loss where it failed. */
  async #echo(signal: AbortSignal): Promise<'serial-probe/no-answer' | 'serial-probe/no-echo' | 'serial-probe/damaged-echo' | undefined> {
    const { pulseNs, silentMs } = this.#context.options;
    const firedAtNs = this.#context.now();
    const fired = await this.#conversation.ask(`start acq ${pulseNs}`, silentMs);
    if (signal.aborted) return undefined;
    if (fired === undefined) return 'serial-probe/no-answer';
    this.#refuseOthers(fired.texts);
    const complaint = fired.texts.find((text) => /out of range|busy|timeout/i.test(text));
    if (complaint !== undefined) {
      this.#context.warn(`${this.#place}: ${complaint}`);
      return 'serial-probe/no-echo';
    }
    const read = await this.#conversation.ask('read', silentMs);
    if (signal.aborted) return undefined;
    if (read === undefined) return 'serial-probe/no-answer';
    if (read.samples === undefined || read.damaged !== undefined) return 'serial-probe/damaged-echo';
    this.#lend(read.samples, firedAtNs);
    return undefined;
  }

  /** Three tries: what was under way when the line was opened may be half a command. */
  async #settle(signal: AbortSignal): Promise<void> {
    const { silentMs } = this.#context.options;
    for (let tries = 0; tries < mostFailures; tries++) {
      if ((await this.#conversation.settle(silentMs)) || signal.aborted) return;
    }
    throw this.#conversation.silence((mostFailures * silentMs) / 1000);
  }

  #refuseOthers(texts: readonly string[]): void {
    const reason = texts.find((text) => /unknown command/i.test(text));
    if (reason !== undefined) throw new AppError('serial-probe/not-a-probe', { device: this.#place, reason });
  }

  #lend(samples: Uint16Array, firedAtNs: bigint): void {
    const atNs = firedAtNs > this.#lastNs ? firedAtNs : this.#lastNs + 1n;
    this.#lastNs = atNs;
    if (this.#context.options.show === 'm-mode') {
      this.#motion.add(atNs, (into, at, step) => this.#line.draw(samples, into, at, step));
      this.#context.lend({ capturedAtNs: atNs }, (pixels) => pixels.set(this.#motion.pixels));
      return;
    }
    this.#line.draw(samples, this.#levels, 0, 1);
    this.#context.lend({ capturedAtNs: atNs }, (pixels) => drawLevels(this.#levels, pixels));
  }

  #announce(): void {
    const { show, silentMs } = this.#context.options;
    const format = show === 'm-mode' ? motionFormat(this.#context.options) : levelFormat(this.#context.options);
    const what = show === 'm-mode' ? 'one element over time (M-mode)' : 'one element, strength by depth (A-scan)';
    const description = `pic0rick, ${what}; open hardware, never run on hardware by us`;
    this.#context.announce(
      { ...format, frameIntervalMs: silentMs },
      { modality: 'ultrasound', synthetic: false, description, ...this.#opened },
    );
  }
}

/** Rows are depth, columns are time. */
function motionFormat({ columns, rows, columnMs, depthMm }: Options): FrameFormat {
  const region: CalibrationRegion = {
    ...wholePicture(columns, rows),
    unitX: 's',
    deltaX: columnMs / 1000,
    unitY: 'cm',
    deltaY: depthMm / 10 / rows,
    referenceY: 0,
    referenceValueY: 0,
  };
  return frameFormat(columns, rows, 'GREY', { regions: [region] });
}

const levelRows = 256;

/** Columns are depth, rows are decibels below full scale. */
function levelFormat({ rows, depthMm, dynamicRangeDb }: Options): FrameFormat {
  const region: CalibrationRegion = {
    ...wholePicture(rows, levelRows),
    unitX: 'cm',
    deltaX: depthMm / 10 / rows,
    referenceX: 0,
    referenceValueX: 0,
    unitY: 'dB',
    deltaY: -dynamicRangeDb / levelRows,
    referenceY: 0,
    referenceValueY: 0,
  };
  return frameFormat(rows, levelRows, 'GREY', { regions: [region] });
}

const wholePicture = (width: number, height: number) => ({ kind: 'tissue' as const, x0: 0, y0: 0, x1: width - 1, y1: height - 1 });

/** A bar of its strength under every depth. */
function drawLevels(levels: Uint8Array, pixels: Uint8Array): void {
  const columns = levels.length;
  for (let row = 0; row < levelRows; row++) {
    const least = levelRows - 1 - row;
    for (let column = 0; column < columns; column++) {
      const level = levels[column] as number;
      pixels[row * columns + column] = level >= least && level > 0 ? 200 : 0;
    }
  }
}

interface AttachedLine {
  readonly place: string;
  readonly name: string;
  readonly identity: string;
}

/** What no bus shows has a place alone. */
type OpenedLine = Pick<AttachedLine, 'place'> & Partial<AttachedLine>;

/** Serial lines behind which a known probe stands; nothing is opened for this. Two of a kind without serial numbers are told apart by their port. */
async function attached(folder: string, nodes: string): Promise<AttachedLine[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^tty(ACM|USB)\d{1,3}$/.test(name)).sort();
  const lines = await Promise.all(
    names.map(async (name) => {
      const { usb, port } = await attachedBehind(join(folder, name));
      const known = usb !== undefined && pic0rickIds.some(({ vendor, product }) => vendor === usb.vendor && product === usb.product);
      return known ? [{ place: join(nodes, name), name: `pic0rick (${usb.name || 'Pico'})`, identity: usbIdentity(usb), port }] : [];
    }),
  );
  const found = lines.flat();
  return found.map(({ place, name, identity, port }) => {
    const twins = found.filter((other) => other.identity === identity);
    return { place, name, identity: twins.length > 1 ? `${identity}@${port}` : identity };
  });
}

async function discovered(folder: string, nodes: string): Promise<DeviceDescription[]> {
  const lines = await attached(folder, nodes);
  return Promise.all(
    lines.map(async ({ place, name, identity }) => {
      const found = { driver: 'serial-probe', name, identity, place, formats: ['one element'], options: { device: identity } };
      const refusal = await access(place, constants.R_OK | constants.W_OK).then(
        () => undefined,
        (thrown: unknown) => refusalOf(place, thrown).toJSON(),
      );
      return refusal === undefined ? found : { ...found, refusal };
    }),
  );
}
