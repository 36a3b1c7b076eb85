import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import Type, { type Static } from 'typebox';
import { AppError, printable } from '../../src/app-error.ts';
import { DeviceClock } from '../../src/device/device-clock.ts';
import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import { frameFormat, type PictureFormat } from '../../src/frame/frame-format.ts';
import { GreyHistogram } from '../../src/frame/grey-histogram.ts';
import type { DeviceDriver, DriverContext } from '../driver.ts';
import { contentOf, type ImageHeader, type MessageHeader, readImage, readStatus } from './message.ts';
import { Receiver } from './receiver.ts';

const options = Type.Object(
  {
    host: Type.String({ minLength: 1, maxLength: 255, description: 'name or address of the OpenIGTLink server, e.g. a PLUS server' }),
    port: Type.Integer({ default: 18_944, minimum: 1, maximum: 65_535, description: 'its port' }),
    device: Type.String({ default: '', maxLength: 20, description: 'device name whose images are taken; empty: the first that sends one' }),
    modality: Type.Unsafe<'ultrasound' | 'x-ray' | 'other'>(
      Type.Union([Type.Literal('ultrasound'), Type.Literal('x-ray'), Type.Literal('other')], {
        default: 'ultrasound',
        description: 'kind of picture; the protocol does not tell',
      }),
    ),
    calibrated: Type.Boolean({
      default: false,
      description: "the sender's pixel spacing is a calibration; many senders put 1 mm, or the screen's, where they know none",
    }),
    longestMiB: Type.Integer({ default: 64, minimum: 1, maximum: 512, description: 'largest message that is taken' }),
  },
  { additionalProperties: false },
);
type Options = Static<typeof options>;

const connectPatienceMs = 5000;

/** Images of any OpenIGTLink server, protocol versions 1 to 3: PLUS and whatever stands behind it. */
export const openigtlink: DeviceDriver<typeof options> = {
  name: 'openigtlink',
  options,
  async discover() {
    return [];
  },
  async run(context, signal) {
    const place = `${printable(context.options.host, 80)}:${context.options.port}`;
    const images = new Images(context);
    const receiver = await Receiver.open(context.options.longestMiB * 2 ** 20, images);
    const socket = connect({
      host: context.options.host,
      port: context.options.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 5000,
    });
    const stopped = (): void => void socket.destroy();
    signal.addEventListener('abort', stopped, { once: true });
    try {
      await connected(socket, place, signal);
      await received(socket, receiver, place, signal);
    } finally {
      signal.removeEventListener('abort', stopped);
      socket.destroy();
    }
  },
};

async function connected(socket: Socket, place: string, signal: AbortSignal): Promise<void> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(connectPatienceMs)]);
  try {
    await once(socket, 'connect', { signal: patience });
  } catch (thrown) {
    if (signal.aborted) return;
    const reason = patience.aborted ? 'no answer' : printable((thrown as Error).message);
    throw new AppError('openigtlink/no-connection', { place, reason }, { cause: thrown });
  }
}

/** Until the signal or the end of the line, which is an error: what was there is gone. */
function received(socket: Socket, receiver: Receiver, place: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = (reason: string): void => {
      if (signal.aborted) resolve();
      else reject(new AppError('openigtlink/connection-lost', { place, reason }));
    };
    if (signal.aborted) {
      resolve();
      return;
    }
    socket.on('data', (chunk: Buffer) => {
      try {
        receiver.receive(chunk);
      } catch (thrown) {
        reject(thrown);
      }
    });
    socket.on('error', (thrown) => over(printable(thrown.message)));
    socket.on('close', () => over('the other end closed it'));
  });
}

/** Turns IMAGE messages into frames. */
class Images {
  readonly #context: DriverContext<Options>;
  readonly #clock = new DeviceClock();
  #device: string;
  #announced = '';

  constructor(context: DriverContext<Options>) {
    this.#context = context;
    this.#device = context.options.device;
  }

  message(header: MessageHeader, body: Uint8Array): void {
    const arrivedNs = this.#context.now();
    try {
      const { offset, length } = contentOf(header, body);
      const content = body.subarray(offset, offset + length);
      if (header.type === 'STATUS') this.#tellStatus(header, content);
      if (header.type === 'IMAGE' && this.#isOurs(header.device)) this.#lend(header, content, arrivedNs);
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'openigtlink/bad-message') throw thrown;
      this.#context.lost('openigtlink/bad-message', this.#frames(header));
      this.#context.warn(thrown.message);
    }
  }

  damaged(header: MessageHeader): void {
    this.#context.lost('openigtlink/checksum', this.#frames(header));
  }

  /** Frames of ours that a message would have been. */
  #frames({ type, device }: MessageHeader): number {
    return type === 'IMAGE' && this.#isOurs(device) ? 1 : 0;
  }

  #isOurs(device: string): boolean {
    return this.#device === '' || device === this.#device;
  }

  #tellStatus({ device }: MessageHeader, content: Uint8Array): void {
    const { code, name, message } = readStatus(content);
    if (code !== 1) this.#context.warn(`${device} reports ${name === '' ? `status ${code}` : name}: ${message}`);
  }

  #lend({ device, stampedS }: MessageHeader, content: Uint8Array, arrivedNs: bigint): void {
    const image = readImage(content);
    const pixels = content.subarray(image.pixelsAt);
    this.#announce(image, pixels, device);
    // The first that sends what can be shown.
    this.#device = device;
    // A sender without a clock stamps nothing: then the arrival is the best that is known.
    const capturedAtNs = stampedS === 0 ? arrivedNs : this.#clock.toHost(BigInt(Math.round(stampedS * 1e9)), arrivedNs);
    this.#context.lend({ capturedAtNs }, (slot) => copyPixels(image, pixels, slot));
  }

  /** The same kind of images go on without a word. */
  #announce(image: ImageHeader, pixels: Uint8Array, device: string): void {
    const { components, scalar, width, height, spacingMm } = image;
    // A tracked probe turns the vectors whose lengths these are: their last digits mean nothing.
    const spacing = this.#context.options.calibrated ? spacingMm.map((mm) => mm.toPrecision(6)) : [];
    const kind = [components, scalar, width, height, ...spacing].join();
    if (kind === this.#announced) return;
    const pixelFormat = pixelFormatOf(image);
    const regions = this.#context.options.calibrated ? calibrationOf(image) : [];
    const format = frameFormat(width, height, pixelFormat, { regions, ...(pixelFormat === 'Y16' && { window: windowOf(image, pixels) }) });
    const description = `OpenIGTLink, ${device === '' ? 'unnamed device' : device}, ${scalar}`;
    this.#context.announce(format, { modality: this.#context.options.modality, synthetic: false, description });
    this.#announced = kind;
  }
}

function pixelFormatOf({ components, scalar }: ImageHeader): PictureFormat {
  if (scalar === 'uint8' && components === 1) return 'GREY';
  if (scalar === 'uint8' && components === 3) return 'RGB24';
  if ((scalar === 'uint16' || scalar === 'int16') && components === 1) return 'Y16';
  const reason = `${components} samples of ${scalar} for a pixel; taken are one of 8 or 16 bits, or three of 8`;
  throw new AppError('openigtlink/bad-message', { type: 'IMAGE', reason });
}

/** Signed samples are shifted so that the lowest is 0. */
function copyPixels({ scalar, littleEndian }: ImageHeader, pixels: Uint8Array, slot: Uint8Array): void {
  if (scalar === 'uint8' || (scalar === 'uint16' && littleEndian)) {
    slot.set(pixels);
    return;
  }
  const [low, high] = littleEndian ? [0, 1] : [1, 0];
  const sign = scalar === 'int16' ? 0x80 : 0;
  for (let at = 0; at < slot.length; at += 2) {
    slot[at] = pixels[at + low] as number;
    slot[at + 1] = (pixels[at + high] as number) ^ sign;
  }
}

/** The protocol has no window: the levels of the first picture make one. */
function windowOf(image: ImageHeader, pixels: Uint8Array) {
  const first = new Uint8Array(pixels.length);
  copyPixels(image, pixels, first);
  const levels = new GreyHistogram();
  levels.add(first);
  return levels.window();
}

function calibrationOf({ width, height, spacingMm: [x, y] }: ImageHeader): CalibrationRegion[] {
  if (!(x > 0 && y > 0)) return [];
  const whole = { x0: 0, y0: 0, x1: width - 1, y1: height - 1 };
  return [{ kind: 'tissue', ...whole, unitX: 'cm', unitY: 'cm', deltaX: x / 10, deltaY: y / 10 }];
}
