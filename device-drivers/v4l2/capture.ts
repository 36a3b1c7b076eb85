import { AppError, printable } from '../../src/app-error.ts';
import { type FrameFormat, frameFormat, type PixelFormat, tightBytes } from '../../src/frame/frame-format.ts';
import { GreyHistogram } from '../../src/frame/grey-histogram.ts';
import type { DriverContext, OpenedDevice } from '../driver.ts';
import { allowedCrop, type Crop, FieldLines, fieldOrders, isOneField, type Lines } from './field-lines.ts';
import { beingReplaced, type JpegPictures } from './jpeg-pictures.ts';
import { colourOf, type ReadableFormat } from './pixel-formats.ts';
import type { Filled, Negotiated, VideoDevice } from './video-device.ts';

/** What was agreed upon, and how it is to be shown. */
export interface CaptureSettings {
  readonly format: ReadableFormat;
  readonly agreed: Negotiated;
  /** Pictures per second; 0: not known. */
  readonly rate: number;
  readonly buffers: readonly Buffer[];
  /** Of motion JPEG, opened. */
  readonly jpegs: JpegPictures | undefined;
  readonly description: string;
  readonly opened?: OpenedDevice;
  readonly synthetic: boolean;
}

export interface CaptureOptions {
  readonly deinterlace: 'both-fields' | 'one-field' | 'off';
  readonly crop?: Crop;
  readonly modality: 'ultrasound' | 'x-ray' | 'other';
  readonly silentMs: number;
}

const checkEveryMs = 100;
/** A stamp further from its arrival was made by another clock. */
const oldestStampNs = 2_000_000_000n;
/** So many pictures of a wrong size in a row are no accident: some devices list formats that they do not send. */
const mostWrong = 10;

/** Takes pictures out of a device's buffers and lends them. */
export class Capture {
  readonly #device: VideoDevice;
  readonly #settings: CaptureSettings;
  readonly #context: DriverContext<CaptureOptions>;
  readonly #crop: Crop;
  readonly #height: number;
  readonly #planned = new Map<string, FieldLines>();
  #announced = '';
  #lastSequence: number | undefined;
  #inError = 0;
  #wrong = 0;
  #warned = false;
  #lastStampNs = 0n;
  #arrivedNs: bigint;
  #lent = 0;

  /** Throws `v4l2/outside` where the crop leaves the picture, `v4l2/refused` where a line of it has no room for its pixels. */
  constructor(device: VideoDevice, settings: CaptureSettings, context: DriverContext<CaptureOptions>) {
    this.#device = device;
    this.#settings = settings;
    this.#context = context;
    const { agreed, format } = settings;
    const least = settings.jpegs === undefined ? tightBytes({ width: agreed.width, pixelFormat: format.pixelFormat }) : 0;
    if (agreed.bytesPerLine < least) {
      const reason = `lines of ${agreed.bytesPerLine} bytes, ${format.name} of ${agreed.width} pixels has ${least}`;
      throw new AppError('v4l2/refused', { device: printable(device.path, 120), reason });
    }
    this.#height = isOneField(agreed.field) ? 2 * agreed.height : agreed.height;
    const whole = { x: 0, y: 0, width: agreed.width, height: this.#height };
    const crop = context.options.crop;
    const allowed = crop === undefined ? whole : allowedCrop(crop, agreed.width, this.#height, format.pixelFormat);
    if (allowed === undefined) {
      throw new AppError('v4l2/outside', { device: printable(device.path, 120), width: agreed.width, height: this.#height });
    }
    this.#crop = allowed;
    this.#arrivedNs = context.now();
  }

  /** Until the signal stops it; throws what ended it otherwise. */
  run(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        signal.removeEventListener('abort', stopped);
        clearInterval(watchdog);
        stopWatching();
        settle();
      };
      const guarded = (act: () => void) => () => {
        try {
          act();
        } catch (thrown) {
          finish(() => reject(thrown));
        }
      };
      const stopped = (): void => finish(resolve);
      // First: where it throws, no interval may be left asking a device that is closed by then.
      const stopWatching = this.#device.watch(guarded(() => this.#take()));
      const watchdog = setInterval(
        guarded(() => this.#check()),
        checkEveryMs,
      );
      signal.addEventListener('abort', stopped, { once: true });
    });
  }

  #check(): void {
    const { silentMs } = this.#context.options;
    const patienceMs = this.#lent === 0 ? 2 * silentMs : silentMs;
    const device = printable(this.#device.path, 120);
    if (this.#device.sourceChanged()) throw new AppError('v4l2/source-changed', { device });
    if (Number(this.#context.now() - this.#arrivedNs) > patienceMs * 1e6) {
      throw new AppError('v4l2/silent', { device, seconds: patienceMs / 1000 });
    }
  }

  /** One buffer: a device that is faster than we are must leave time to stop it; it is called again for the next. */
  #take(): void {
    const filled = this.#device.dequeue();
    if (filled === undefined) return;
    this.#arrivedNs = this.#context.now();
    if (filled.inError) this.#bad();
    else this.#good(filled);
    this.#device.queue(filled.index);
  }

  /** Of a buffer in error neither number nor time mean anything; uvcvideo leaves both at 0. */
  #bad(): void {
    this.#context.lost('v4l2/error-buffer', 1);
    this.#inError++;
    if (this.#inError < 2 * this.#settings.buffers.length) return;
    throw new AppError('v4l2/broken', { device: printable(this.#device.path, 120), buffers: this.#inError });
  }

  #good(filled: Filled): void {
    this.#countGap(filled.sequence);
    this.#inError = 0;
    const fault = this.#settings.jpegs === undefined ? this.#raw(filled) : this.#jpeg(filled, this.#settings.jpegs);
    if (fault === undefined) {
      this.#wrong = 0;
      return;
    }
    const { jpegs } = this.#settings;
    if (jpegs === undefined) this.#context.lost('v4l2/short-picture', 1);
    else this.#context.lost('v4l2/damaged-jpeg', 1);
    // While the decoder is replaced nothing is known of the pictures that pass.
    if (fault !== beingReplaced) this.#wrong++;
    if (this.#wrong < mostWrong) return;
    throw new AppError('v4l2/wrong-picture', { device: printable(this.#device.path, 120), count: this.#wrong, reason: fault });
  }

  /** What the kernel numbered and did not hand over was lost in front of us. Buffers in error have been counted. */
  #countGap(sequence: number): void {
    const last = this.#lastSequence;
    this.#lastSequence = sequence;
    if (last === undefined) return;
    const gap = (sequence - last - 1 - this.#inError) >>> 0;
    // A device that begins to count anew has lost nothing.
    if (gap > 0 && gap < 2 ** 24) this.#context.lost('v4l2/sequence-gap', gap);
  }

  #raw(filled: Filled): string | undefined {
    const { format, agreed, buffers } = this.#settings;
    const needed = bytesOf(format.pixelFormat, agreed);
    const buffer = buffers[filled.index] as Buffer;
    // What a device says of the bytes may be more than it was given room for.
    const bytes = Math.min(filled.bytes, buffer.length);
    if (bytes < needed) return `${bytes} bytes, ${format.name} of ${agreed.width}x${agreed.height} has ${needed}`;
    this.#lend(buffer, format.pixelFormat, agreed.bytesPerLine, filled);
    return undefined;
  }

  #jpeg(filled: Filled, jpegs: JpegPictures): string | undefined {
    const { agreed, buffers } = this.#settings;
    const encoded = (buffers[filled.index] as Buffer).subarray(0, filled.bytes);
    const decoded = jpegs.decode(encoded, agreed.width, agreed.height);
    if (typeof decoded === 'string') return decoded;
    const { pixelFormat } = decoded.shape;
    this.#lend(decoded.pixels, pixelFormat, agreed.width * (pixelFormat === 'GREY' ? 1 : 3), filled);
    return undefined;
  }

  #lend(source: Buffer, pixelFormat: PixelFormat, bytesPerLine: number, filled: Filled): void {
    const fields = this.#fieldsOf(filled.field);
    const laterNs = fields.length === 1 || this.#settings.rate === 0 ? 0n : BigInt(Math.round(5e8 / this.#settings.rate));
    const stampNs = this.#stamp(filled.stampNs, laterNs);
    for (let index = 0; index < fields.length; index++) {
      const lines = this.#linesOf(fields[index] as Lines, filled.field, pixelFormat, bytesPerLine);
      this.#announce(pixelFormat, fields.length, lines, source);
      const atNs = index === 0 ? stampNs : stampNs + laterNs;
      this.#lastStampNs = atNs > this.#lastStampNs ? atNs : this.#lastStampNs + 1n;
      this.#context.lend({ capturedAtNs: this.#lastStampNs }, (pixels) => lines.copy(source, pixels));
    }
    this.#lent++;
  }

  /** Which pictures a buffer becomes, the older first. */
  #fieldsOf(field: number): readonly Lines[] {
    const { agreed } = this.#settings;
    if (isOneField(agreed.field)) return field === fieldOrders.bottom ? onlyBottom : onlyTop;
    const interlaced = agreed.field !== fieldOrders.progressive && agreed.field !== fieldOrders.any;
    const { deinterlace } = this.#context.options;
    if (!interlaced || deinterlace === 'off') return wholePicture;
    const bottomFirst =
      agreed.field === fieldOrders.sequentialBottom ||
      agreed.field === fieldOrders.interlacedBottom ||
      // videodev2.h: 525 lines have the lower field first, all other standards the upper one.
      (agreed.field === fieldOrders.interlaced && this.#height <= 486);
    if (deinterlace === 'one-field') return bottomFirst ? onlyBottom : onlyTop;
    return bottomFirst ? bottomThenTop : topThenBottom;
  }

  #linesOf(lines: Lines, field: number, pixelFormat: PixelFormat, bytesPerLine: number): FieldLines {
    const key = `${lines} ${pixelFormat}`;
    const known = this.#planned.get(key);
    if (known !== undefined) return known;
    const layout = { pixelFormat, height: this.#height, bytesPerLine, field: this.#settings.agreed.field };
    const planned = new FieldLines(layout, this.#crop, lines, field === fieldOrders.bottom ? 'bottom' : 'top');
    this.#planned.set(key, planned);
    return planned;
  }

  /** When the first picture of a buffer was taken; the last one, `laterNs` after it, came before the buffer did. */
  #stamp(stampNs: bigint | undefined, laterNs: bigint): bigint {
    const latestNs = this.#arrivedNs - laterNs;
    if (stampNs === undefined) return latestNs;
    if (latestNs - stampNs > oldestStampNs) {
      if (!this.#warned) this.#context.warn('its times are of another clock: pictures are timed when they arrive');
      this.#warned = true;
      return latestNs;
    }
    // vivid stamps the end of a picture that it has not drawn yet.
    return stampNs > latestNs ? latestNs : stampNs;
  }

  #announce(pixelFormat: PixelFormat, pictures: number, lines: FieldLines, source: Buffer): void {
    if (this.#announced === pixelFormat) return;
    this.#announced = pixelFormat;
    const { agreed, rate, description, opened, synthetic } = this.#settings;
    const interval = rate > 0 ? { frameIntervalMs: 1000 / rate / (isOneField(agreed.field) ? 2 : pictures) } : {};
    const rest: Partial<FrameFormat> = {
      ...interval,
      ...(['YUYV', 'UYVY', 'NV12', 'I420'].includes(pixelFormat)
        ? { colour: colourOf(agreed.colourSpace, agreed.encoding, agreed.quantization, this.#height) }
        : {}),
      ...(pixelFormat === 'Y16' ? { window: windowOf(lines, source) } : {}),
    };
    const format = frameFormat(this.#crop.width, this.#crop.height, pixelFormat, rest);
    this.#context.announce(format, { modality: this.#context.options.modality, synthetic, description, ...(opened && { device: opened }) });
  }
}

const wholePicture = ['all'] as const;
const onlyTop = ['top'] as const;
const onlyBottom = ['bottom'] as const;
const topThenBottom = ['top', 'bottom'] as const;
const bottomThenTop = ['bottom', 'top'] as const;

/** Bytes that a whole picture fills, without what a driver reserves beyond. */
function bytesOf(pixelFormat: PixelFormat, { bytesPerLine, height }: Negotiated): number {
  const planar = pixelFormat === 'NV12' || pixelFormat === 'I420';
  return bytesPerLine * (planar ? height + (height >> 1) : height);
}

/** 16 bits have no usual window: the levels of the first picture make one. */
function windowOf(lines: FieldLines, source: Buffer) {
  const pixels = new Uint8Array(lines.bytes);
  lines.copy(source, pixels);
  const levels = new GreyHistogram();
  levels.add(pixels);
  return levels.window();
}
