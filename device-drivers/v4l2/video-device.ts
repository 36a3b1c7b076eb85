import { AppError, type ErrorCode, printable } from '../../src/app-error.ts';
import type { Mapping, VideoSystem } from './video-system.ts';
import { Argument, type Call, callNumber, constants, errnos, fourccName } from './videodev.ts';

/** A size that a device offers for a format, and its rates. */
export interface OfferedSize {
  readonly width: number;
  readonly height: number;
  /** Pictures per second, the fastest first; empty: it does not say. */
  readonly rates: readonly number[];
}

export interface OfferedFormat {
  readonly code: number;
  readonly name: string;
  /** Made by software out of another one (V4L2_FMT_FLAG_EMULATED). */
  readonly emulated: boolean;
  /** Empty: it takes any or does not say. */
  readonly sizes: readonly OfferedSize[];
}

export interface VideoInput {
  readonly index: number;
  readonly name: string;
  readonly hasStandards: boolean;
  readonly hasTimings: boolean;
  /** Why there is no picture now, in words; undefined: nothing is known against it. */
  readonly trouble: string | undefined;
}

/** What was agreed upon with a device. */
export interface Negotiated {
  readonly width: number;
  /** Of a buffer: where it holds one field, the lines of that field. */
  readonly height: number;
  readonly code: number;
  readonly field: number;
  readonly bytesPerLine: number;
  readonly bytes: number;
  readonly colourSpace: number;
  readonly encoding: number;
  readonly quantization: number;
}

/** A buffer that the device filled. */
export interface Filled {
  readonly index: number;
  readonly bytes: number;
  readonly inError: boolean;
  readonly field: number;
  readonly sequence: number;
  /** CLOCK_MONOTONIC, or undefined where the stamp is of another clock. */
  readonly stampNs: bigint | undefined;
}

/** What a device may go on listing is bounded: a driver that never says "no more" must not hang us. */
const mostListed = 64;

const refusals: Readonly<Record<number, ErrorCode>> = {
  [errnos.EACCES]: 'v4l2/no-rights',
  [errnos.EPERM]: 'v4l2/no-rights',
  [errnos.EBUSY]: 'v4l2/busy',
  [errnos.ENOENT]: 'device/not-found',
  [errnos.ENODEV]: 'device/gone',
  [errnos.ENXIO]: 'device/gone',
};

const errorNames: ReadonlyMap<number, string> = new Map(Object.entries(errnos).map(([name, number]) => [number, name]));

/** The error that a number of errno.h means for a device. */
export function videoError(device: string, doing: string, errno: number): AppError {
  const reason = `${doing}: ${errorNames.get(errno) ?? `error ${errno}`}`;
  return new AppError(refusals[errno] ?? 'v4l2/refused', { device: printable(device, 120), reason });
}

/** An open video device: the calls of V4L2 as values. Everything is given back by its dispose. */
export class VideoDevice implements Disposable {
  readonly path: string;
  readonly #system: VideoSystem;
  readonly #descriptor: number;
  readonly #mappings: Mapping[] = [];
  readonly #dequeued = new Argument('v4l2_buffer');
  readonly #queued = new Argument('v4l2_buffer');
  #streaming = false;
  #open = true;

  /** Throws `v4l2/…` where it cannot be opened. */
  constructor(system: VideoSystem, path: string) {
    this.path = path;
    this.#system = system;
    this.#descriptor = system.open(path);
    if (this.#descriptor < 0) throw videoError(path, 'opening', -this.#descriptor);
  }

  /** Its name, and whether a test driver of the kernel makes its pictures up. Throws `v4l2/no-capture` on what gives no pictures in memory of one plane. */
  capability(): { readonly name: string; readonly synthetic: boolean } {
    const answer = new Argument('v4l2_capability');
    const errno = this.#try('VIDIOC_QUERYCAP', answer.bytes);
    const refuse = (reason: string): AppError => new AppError('v4l2/no-capture', { device: printable(this.path, 120), reason });
    if (errno === errnos.ENOTTY || errno === errnos.EINVAL) throw refuse('it is no video device');
    if (errno !== 0) throw videoError(this.path, 'asking what it is', errno);
    const whole = answer.get('capabilities');
    const own = (whole & constants.V4L2_CAP_DEVICE_CAPS) !== 0 ? answer.get('device_caps') : whole;
    if ((own & constants.V4L2_CAP_VIDEO_CAPTURE) === 0) {
      const planes = (own & constants.V4L2_CAP_VIDEO_CAPTURE_MPLANE) !== 0;
      throw refuse(planes ? 'it delivers planes in separate memory' : 'it delivers no pictures');
    }
    if ((own & constants.V4L2_CAP_STREAMING) === 0) throw refuse('it cannot stream into memory');
    return { name: printable(answer.getText('card', 32), 80), synthetic: answer.getText('driver', 16) === 'vivid' };
  }

  /** What it offers, format by format. */
  formats(): OfferedFormat[] {
    return listed(
      () => new Argument('v4l2_fmtdesc').set('type', constants.V4L2_BUF_TYPE_VIDEO_CAPTURE),
      (argument, index) => {
        if (this.#try('VIDIOC_ENUM_FMT', argument.set('index', index).bytes) !== 0) return undefined;
        const code = argument.get('pixelformat');
        const emulated = (argument.get('flags') & constants.V4L2_FMT_FLAG_EMULATED) !== 0;
        return { code, name: printable(fourccName(code), 12), emulated, sizes: this.#sizes(code) };
      },
    );
  }

  inputs(): VideoInput[] {
    return listed(
      () => new Argument('v4l2_input'),
      (argument, index) => {
        if (this.#try('VIDIOC_ENUMINPUT', argument.set('index', index).bytes) !== 0) return undefined;
        const [capabilities, status] = [argument.get('capabilities'), argument.get('status')];
        return {
          index,
          name: printable(argument.getText('name', 32), 40),
          hasStandards: (capabilities & constants.V4L2_IN_CAP_STD) !== 0,
          hasTimings: (capabilities & constants.V4L2_IN_CAP_DV_TIMINGS) !== 0,
          trouble: troubleOf(status),
        };
      },
    );
  }

  /** The input that is chosen; undefined where there is nothing to choose. */
  chosenInput(): number | undefined {
    const word = Buffer.alloc(4);
    return this.#try('VIDIOC_G_INPUT', word) === 0 ? word.readInt32LE(0) : undefined;
  }

  chooseInput(index: number): void {
    const word = Buffer.alloc(4);
    word.writeInt32LE(index, 0);
    this.#must('VIDIOC_S_INPUT', word, 'choosing the input');
  }

  /** Names of the television standards of the chosen input. */
  standards(): string[] {
    return listed(
      () => new Argument('v4l2_standard'),
      (argument, index) =>
        this.#try('VIDIOC_ENUMSTD', argument.set('index', index).bytes) === 0 ? printable(argument.getText('name', 24), 24) : undefined,
    );
  }

  chooseStandard(standard: 'PAL' | 'NTSC' | 'SECAM'): void {
    const word = Buffer.alloc(8);
    word.writeBigUInt64LE(BigInt(constants[`V4L2_STD_${standard}`]), 0);
    this.#must('VIDIOC_S_STD', word, `choosing ${standard}`);
  }

  /** Takes the timings of the digital signal that arrives. Throws `v4l2/no-signal` where none does. */
  followSignal(): void {
    const timings = new Argument('v4l2_dv_timings').bytes;
    const errno = this.#try('VIDIOC_QUERY_DV_TIMINGS', timings);
    const reason = { [errnos.ENOLINK]: 'no signal', [errnos.ENOLCK]: 'the signal is not steady', [errnos.ERANGE]: 'unknown timings' }[
      errno
    ];
    if (reason !== undefined) throw new AppError('v4l2/no-signal', { device: printable(this.path, 120), reason });
    if (errno === errnos.ENOTTY || errno === errnos.ENODATA) return;
    if (errno !== 0) throw videoError(this.path, 'asking for the signal', errno);
    this.#must('VIDIOC_S_DV_TIMINGS', timings, 'taking over the signal');
  }

  current(): Negotiated {
    const format = new Argument('v4l2_format').set('type', constants.V4L2_BUF_TYPE_VIDEO_CAPTURE);
    this.#must('VIDIOC_G_FMT', format.bytes, 'asking for the format');
    return negotiated(format);
  }

  /** Asks for a format; the device answers with the nearest one that it has. */
  choose(code: number, width: number, height: number): Negotiated {
    const format = new Argument('v4l2_format')
      .set('type', constants.V4L2_BUF_TYPE_VIDEO_CAPTURE)
      .set('fmt.pix.width', width)
      .set('fmt.pix.height', height)
      .set('fmt.pix.pixelformat', code)
      .set('fmt.pix.field', constants.V4L2_FIELD_ANY);
    this.#must('VIDIOC_S_FMT', format.bytes, 'choosing the format');
    return negotiated(format);
  }

  /** Asks for a rate, 0: leaves it. What comes of it in pictures per second; undefined where the device does not say. */
  chooseRate(rate: number): number | undefined {
    const argument = new Argument('v4l2_streamparm').set('type', constants.V4L2_BUF_TYPE_VIDEO_CAPTURE);
    if (this.#try('VIDIOC_G_PARM', argument.bytes) !== 0) return undefined;
    if (rate > 0 && (argument.get('parm.capture.capability') & constants.V4L2_CAP_TIMEPERFRAME) !== 0) {
      argument.set('parm.capture.timeperframe.numerator', 1000).set('parm.capture.timeperframe.denominator', Math.round(rate * 1000));
      this.#must('VIDIOC_S_PARM', argument.bytes, 'choosing the rate');
    }
    const seconds = argument.get('parm.capture.timeperframe.numerator');
    const pictures = argument.get('parm.capture.timeperframe.denominator');
    return seconds > 0 && pictures > 0 ? pictures / seconds : undefined;
  }

  /** Has the device share memory, queues all of it and starts. Answers the buffers by their numbers. */
  start(count: number, bytes: number): Buffer[] {
    const request = new Argument('v4l2_requestbuffers')
      .set('count', count)
      .set('type', constants.V4L2_BUF_TYPE_VIDEO_CAPTURE)
      .set('memory', constants.V4L2_MEMORY_MMAP);
    this.#must('VIDIOC_REQBUFS', request.bytes, 'asking for buffers');
    const given = Math.min(request.get('count'), mostListed);
    const buffers = Array.from({ length: given }, (_, index) => this.#shared(index));
    if (given === 0 || buffers.some((buffer) => buffer.length < bytes)) {
      throw new AppError('v4l2/refused', { device: printable(this.path, 120), reason: `${given} buffers for ${bytes} bytes` });
    }
    for (let index = 0; index < given; index++) this.queue(index);
    this.#must('VIDIOC_STREAMON', captureType(), 'starting');
    this.#streaming = true;
    // Not every device tells of it; those that do are asked by `sourceChanged`.
    this.#try('VIDIOC_SUBSCRIBE_EVENT', new Argument('v4l2_event_subscription').set('type', constants.V4L2_EVENT_SOURCE_CHANGE).bytes);
    return buffers;
  }

  watch(ready: () => void): () => void {
    return this.#system.watch(this.#descriptor, ready);
  }

  /** A filled buffer, or undefined where there is none yet. Throws `device/gone` when the device is gone. */
  dequeue(): Filled | undefined {
    const argument = this.#dequeued.set('type', constants.V4L2_BUF_TYPE_VIDEO_CAPTURE).set('memory', constants.V4L2_MEMORY_MMAP);
    const errno = this.#try('VIDIOC_DQBUF', argument.bytes);
    if (errno === errnos.EAGAIN) return undefined;
    if (errno !== 0) throw this.#failed('taking a picture', errno);
    const flags = argument.get('flags');
    const monotonic = (flags & constants.V4L2_BUF_FLAG_TIMESTAMP_MASK) === constants.V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    return {
      index: argument.get('index'),
      bytes: argument.get('bytesused'),
      inError: (flags & constants.V4L2_BUF_FLAG_ERROR) !== 0,
      field: argument.get('field'),
      sequence: argument.get('sequence'),
      stampNs: monotonic
        ? argument.getLong('timestamp.tv_sec') * 1_000_000_000n + argument.getLong('timestamp.tv_usec') * 1000n
        : undefined,
    };
  }

  queue(index: number): void {
    const argument = this.#queued
      .set('index', index)
      .set('type', constants.V4L2_BUF_TYPE_VIDEO_CAPTURE)
      .set('memory', constants.V4L2_MEMORY_MMAP)
      .set('flags', 0);
    const errno = this.#try('VIDIOC_QBUF', argument.bytes);
    if (errno !== 0) throw this.#failed('giving a buffer back', errno);
  }

  /** The error that says who streams from it already; asked without taking anything. */
  inUse(): AppError | undefined {
    const request = new Argument('v4l2_requestbuffers')
      .set('type', constants.V4L2_BUF_TYPE_VIDEO_CAPTURE)
      .set('memory', constants.V4L2_MEMORY_MMAP);
    const errno = this.#try('VIDIOC_REQBUFS', request.bytes);
    return errno === errnos.EBUSY ? videoError(this.path, 'asking for buffers', errno) : undefined;
  }

  /** Whether another signal arrives than the one that was agreed upon. */
  sourceChanged(): boolean {
    const event = new Argument('v4l2_event');
    return this.#try('VIDIOC_DQEVENT', event.bytes) === 0 && event.get('type') === constants.V4L2_EVENT_SOURCE_CHANGE;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#streaming) this.#try('VIDIOC_STREAMOFF', captureType());
    for (const mapping of this.#mappings) mapping.unmap();
    this.#system.close(this.#descriptor);
  }

  #shared(index: number): Buffer {
    const argument = new Argument('v4l2_buffer')
      .set('index', index)
      .set('type', constants.V4L2_BUF_TYPE_VIDEO_CAPTURE)
      .set('memory', constants.V4L2_MEMORY_MMAP);
    this.#must('VIDIOC_QUERYBUF', argument.bytes, 'asking for a buffer');
    const mapping = this.#system.map(this.#descriptor, argument.get('length'), argument.get('m.offset'));
    if (typeof mapping === 'number') throw videoError(this.path, 'sharing a buffer', mapping);
    this.#mappings.push(mapping);
    return Buffer.from(mapping.bytes.buffer, mapping.bytes.byteOffset, mapping.bytes.byteLength);
  }

  #sizes(code: number): OfferedSize[] {
    return listed(
      () => new Argument('v4l2_frmsizeenum').set('pixel_format', code),
      (argument, index) => {
        if (this.#try('VIDIOC_ENUM_FRAMESIZES', argument.set('index', index).bytes) !== 0) return undefined;
        if (argument.get('type') !== constants.V4L2_FRMSIZE_TYPE_DISCRETE) return undefined;
        const [width, height] = [argument.get('discrete.width'), argument.get('discrete.height')];
        return { width, height, rates: this.#rates(code, width, height) };
      },
    );
  }

  #rates(code: number, width: number, height: number): number[] {
    const make = () => new Argument('v4l2_frmivalenum').set('pixel_format', code).set('width', width).set('height', height);
    const rates = listed(make, (argument, index) => {
      if (this.#try('VIDIOC_ENUM_FRAMEINTERVALS', argument.set('index', index).bytes) !== 0) return undefined;
      const kind = argument.get('type') === constants.V4L2_FRMIVAL_TYPE_DISCRETE ? 'discrete' : 'stepwise.min';
      if (kind === 'stepwise.min' && index > 0) return undefined;
      return argument.get(`${kind}.denominator`) / argument.get(`${kind}.numerator`);
    });
    return rates.filter((rate) => rate > 0 && Number.isFinite(rate)).sort((one, other) => other - one);
  }

  /** A device that is pulled out may first only say that it does not stream. */
  #failed(doing: string, errno: number): AppError {
    const gone = this.#try('VIDIOC_QUERYCAP', new Argument('v4l2_capability').bytes) === errnos.ENODEV;
    return videoError(this.path, doing, gone ? errnos.ENODEV : errno);
  }

  #try(call: Call, argument: Uint8Array): number {
    return this.#system.call(this.#descriptor, callNumber(call), argument);
  }

  #must(call: Call, argument: Uint8Array, doing: string): void {
    const errno = this.#try(call, argument);
    if (errno !== 0) throw videoError(this.path, doing, errno);
  }
}

function listed<Argument, Item>(make: () => Argument, ask: (argument: Argument, index: number) => Item | undefined): Item[] {
  const items: Item[] = [];
  for (let index = 0; index < mostListed; index++) {
    const item = ask(make(), index);
    if (item === undefined) break;
    items.push(item);
  }
  return items;
}

function captureType(): Buffer {
  const word = Buffer.alloc(4);
  word.writeInt32LE(constants.V4L2_BUF_TYPE_VIDEO_CAPTURE, 0);
  return word;
}

function troubleOf(status: number): string | undefined {
  if ((status & constants.V4L2_IN_ST_NO_POWER) !== 0) return 'it has no power';
  if ((status & constants.V4L2_IN_ST_NO_SIGNAL) !== 0) return 'it has no signal';
  return undefined;
}

function negotiated(format: Argument<'v4l2_format'>): Negotiated {
  return {
    width: format.get('fmt.pix.width'),
    height: format.get('fmt.pix.height'),
    code: format.get('fmt.pix.pixelformat'),
    field: format.get('fmt.pix.field'),
    bytesPerLine: format.get('fmt.pix.bytesperline'),
    bytes: format.get('fmt.pix.sizeimage'),
    colourSpace: format.get('fmt.pix.colorspace'),
    encoding: format.get('fmt.pix.ycbcr_enc'),
    quantization: format.get('fmt.pix.quantization'),
  };
}
