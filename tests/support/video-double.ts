import type { Mapping, VideoSystem } from '../../device-drivers/v4l2/video-system.ts';
import { type Call, callNumber, calls, constants, errnos, fourcc, structures } from '../../device-drivers/v4l2/videodev.ts';

/** A format of the device that stands in for a real one. */
export interface DoubleFormat {
  readonly letters: string;
  readonly width: number;
  readonly height: number;
  readonly rates: readonly number[];
  readonly bytesPerLine: number;
  readonly bytes: number;
  readonly field?: number;
  readonly emulated?: boolean;
}

export interface Delivery {
  readonly sequence?: number;
  readonly flags?: number;
  readonly field?: number;
  readonly stampNs?: bigint;
  readonly bytes?: number;
}

type Answers = Partial<Record<Call, (argument: Buffer) => number>>;

const numbers = new Map(Object.keys(calls).map((call) => [callNumber(call as Call), call as Call]));

/** The kernel's side of V4L2 for one device, so that the driver can be tried without one. The kernel itself is tried in tests/kernel. */
export class VideoDouble implements VideoSystem {
  /** What `open` answers instead of a descriptor. */
  openErrno = 0;
  /** Fills every buffer as soon as it is given back. */
  eager = false;
  /** Errors that calls answer. */
  readonly errnos: Partial<Record<Call, number>> = {};
  /** Buffers that are still queued, and what happened to the device. */
  queued: number[] = [];
  chosen: DoubleFormat;
  streams = false;
  opened = 0;
  closed = 0;
  mapped = 0;
  input = 0;
  standard = 0n;
  inputs: readonly { name: string; capabilities: number; status: number }[] = [{ name: 'Camera', capabilities: 0, status: 0 }];
  #gone = false;
  #memory: Buffer[] = [];
  #filled: { index: number; delivery: Required<Delivery> }[] = [];
  #ready: (() => void) | undefined;
  #started: (() => void) | undefined;
  #sequence = 0;
  readonly #formats: readonly DoubleFormat[];
  readonly #everyMs: number;
  readonly #paint: (buffer: Buffer, sequence: number) => void;
  #timer: NodeJS.Timeout | undefined;

  /** `everyMs`: delivers by itself; 0: `deliver` does. */
  constructor(formats: readonly DoubleFormat[], everyMs: number, paint: (buffer: Buffer, sequence: number) => void) {
    this.#formats = formats;
    this.#everyMs = everyMs;
    this.#paint = paint;
    this.chosen = formats[0] as DoubleFormat;
  }

  open(): number {
    if (this.openErrno !== 0) return -this.openErrno;
    this.opened++;
    this.#gone = false;
    return 77;
  }

  close(): void {
    this.closed++;
    this.#stop();
  }

  map(_descriptor: number, bytes: number, offset: number): Mapping {
    this.mapped++;
    const buffer = this.#memory[offset / 4096] as Buffer;
    return { bytes: buffer.subarray(0, bytes), unmap: () => void this.mapped-- };
  }

  watch(_descriptor: number, ready: () => void): () => void {
    this.#ready = ready;
    return () => {
      this.#ready = undefined;
    };
  }

  call(_descriptor: number, request: number, argument: Uint8Array): number {
    const call = numbers.get(request);
    if (call === undefined) return errnos.ENOTTY;
    if (this.#gone) return errnos.ENODEV;
    const planned = this.errnos[call];
    if (planned !== undefined) return planned;
    return this.#answers[call]?.(Buffer.from(argument.buffer, argument.byteOffset, argument.byteLength)) ?? errnos.ENOTTY;
  }

  /** Fills the next buffer. False: none is queued, the picture is lost as it is in a kernel. */
  deliver(delivery: Delivery = {}): boolean {
    const filled = this.#fill(delivery);
    if (filled) this.#ready?.();
    return filled;
  }

  #fill(delivery: Delivery): boolean {
    const sequence = delivery.sequence ?? this.#sequence;
    this.#sequence = sequence + 1;
    const index = this.queued.shift();
    if (index === undefined) return false;
    this.#paint(this.#memory[index] as Buffer, sequence);
    const whole = { sequence, flags: constants.V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, field: 1, stampNs: process.hrtime.bigint() };
    this.#filled.push({ index, delivery: { ...whole, bytes: this.chosen.bytes, ...delivery } });
    return true;
  }

  /** Resolves when the device has been told to stream. */
  starts(): Promise<void> {
    if (this.streams) return Promise.resolve();
    return new Promise((resolve) => {
      this.#started = resolve;
    });
  }

  unplug(): void {
    this.#gone = true;
    this.#stop();
    this.#ready?.();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.streams = false;
    this.#filled = [];
    this.queued = [];
  }

  readonly #answers: Answers = {
    VIDIOC_QUERYCAP: (bytes) => {
      bytes.write('Test grabber', structures.v4l2_capability.members.card);
      bytes.writeUInt32LE(constants.V4L2_CAP_VIDEO_CAPTURE + constants.V4L2_CAP_STREAMING, structures.v4l2_capability.members.capabilities);
      return 0;
    },
    VIDIOC_ENUM_FMT: (bytes) => {
      const format = distinct(this.#formats)[bytes.readUInt32LE(0)];
      if (format === undefined) return errnos.EINVAL;
      const { members } = structures.v4l2_fmtdesc;
      bytes.writeUInt32LE(fourcc(format.letters), members.pixelformat);
      bytes.writeUInt32LE(format.emulated === true ? constants.V4L2_FMT_FLAG_EMULATED : 0, members.flags);
      return 0;
    },
    VIDIOC_ENUM_FRAMESIZES: (bytes) => {
      const { members } = structures.v4l2_frmsizeenum;
      const format = this.#of(bytes.readUInt32LE(members.pixel_format))[bytes.readUInt32LE(0)];
      if (format === undefined) return errnos.EINVAL;
      bytes.writeUInt32LE(constants.V4L2_FRMSIZE_TYPE_DISCRETE, members.type);
      bytes.writeUInt32LE(format.width, members['discrete.width']);
      bytes.writeUInt32LE(format.height, members['discrete.height']);
      return 0;
    },
    VIDIOC_ENUM_FRAMEINTERVALS: (bytes) => {
      const { members } = structures.v4l2_frmivalenum;
      const width = bytes.readUInt32LE(members.width);
      const format = this.#of(bytes.readUInt32LE(members.pixel_format)).find((one) => one.width === width);
      const rate = format?.rates[bytes.readUInt32LE(0)];
      if (rate === undefined) return errnos.EINVAL;
      bytes.writeUInt32LE(constants.V4L2_FRMIVAL_TYPE_DISCRETE, members.type);
      bytes.writeUInt32LE(1000, members['discrete.numerator']);
      bytes.writeUInt32LE(rate * 1000, members['discrete.denominator']);
      return 0;
    },
    VIDIOC_ENUMINPUT: (bytes) => {
      const input = this.inputs[bytes.readUInt32LE(0)];
      if (input === undefined) return errnos.EINVAL;
      const { members } = structures.v4l2_input;
      bytes.write(input.name, members.name);
      bytes.writeUInt32LE(input.capabilities, members.capabilities);
      bytes.writeUInt32LE(input.status, members.status);
      return 0;
    },
    VIDIOC_G_INPUT: (bytes) => {
      bytes.writeInt32LE(this.input, 0);
      return 0;
    },
    VIDIOC_S_INPUT: (bytes) => {
      this.input = bytes.readInt32LE(0);
      return 0;
    },
    VIDIOC_S_STD: (bytes) => {
      this.standard = bytes.readBigUInt64LE(0);
      return 0;
    },
    VIDIOC_G_FMT: (bytes) => this.#describe(bytes),
    VIDIOC_S_FMT: (bytes) => {
      const { members } = structures.v4l2_format;
      const asked = this.#of(bytes.readUInt32LE(members['fmt.pix.pixelformat']));
      const width = bytes.readUInt32LE(members['fmt.pix.width']);
      this.chosen = asked.find((format) => format.width === width) ?? asked[0] ?? this.chosen;
      return this.#describe(bytes);
    },
    VIDIOC_G_PARM: (bytes) => {
      const { members } = structures.v4l2_streamparm;
      bytes.writeUInt32LE(constants.V4L2_CAP_TIMEPERFRAME, members['parm.capture.capability']);
      bytes.writeUInt32LE(1, members['parm.capture.timeperframe.numerator']);
      bytes.writeUInt32LE(this.chosen.rates[0] ?? 0, members['parm.capture.timeperframe.denominator']);
      return 0;
    },
    VIDIOC_S_PARM: () => 0,
    VIDIOC_REQBUFS: (bytes) => {
      const count = bytes.readUInt32LE(0);
      this.#memory = Array.from({ length: count }, () => Buffer.alloc(this.chosen.bytes));
      return 0;
    },
    VIDIOC_QUERYBUF: (bytes) => {
      const { members } = structures.v4l2_buffer;
      bytes.writeUInt32LE(this.chosen.bytes, members.length);
      bytes.writeUInt32LE(bytes.readUInt32LE(0) * 4096, members['m.offset']);
      return 0;
    },
    VIDIOC_QBUF: (bytes) => {
      this.queued.push(bytes.readUInt32LE(0));
      if (this.eager && this.streams) {
        this.#fill({});
        setImmediate(() => this.#ready?.());
      }
      return 0;
    },
    VIDIOC_STREAMON: () => {
      this.streams = true;
      this.#started?.();
      if (this.#everyMs > 0) this.#timer = setInterval(() => this.deliver(), this.#everyMs);
      return 0;
    },
    VIDIOC_STREAMOFF: () => {
      this.#stop();
      return 0;
    },
    VIDIOC_DQBUF: (bytes) => {
      const filled = this.#filled.shift();
      if (filled === undefined) return errnos.EAGAIN;
      const { members } = structures.v4l2_buffer;
      const { sequence, flags, field, stampNs, bytes: used } = filled.delivery;
      bytes.writeUInt32LE(filled.index, members.index);
      bytes.writeUInt32LE(used, members.bytesused);
      bytes.writeUInt32LE(flags, members.flags);
      bytes.writeUInt32LE(field, members.field);
      bytes.writeUInt32LE(sequence, members.sequence);
      bytes.writeBigInt64LE(stampNs / 1_000_000_000n, members['timestamp.tv_sec']);
      bytes.writeBigInt64LE((stampNs % 1_000_000_000n) / 1000n, members['timestamp.tv_usec']);
      return 0;
    },
  };

  #of(code: number): DoubleFormat[] {
    return this.#formats.filter(({ letters }) => fourcc(letters) === code);
  }

  #describe(bytes: Buffer): number {
    const { members } = structures.v4l2_format;
    const { letters, width, height, bytesPerLine, bytes: size, field } = this.chosen;
    bytes.writeUInt32LE(width, members['fmt.pix.width']);
    bytes.writeUInt32LE(height, members['fmt.pix.height']);
    bytes.writeUInt32LE(fourcc(letters), members['fmt.pix.pixelformat']);
    bytes.writeUInt32LE(field ?? 1, members['fmt.pix.field']);
    bytes.writeUInt32LE(bytesPerLine, members['fmt.pix.bytesperline']);
    bytes.writeUInt32LE(size, members['fmt.pix.sizeimage']);
    return 0;
  }
}

function distinct(formats: readonly DoubleFormat[]): DoubleFormat[] {
  return formats.filter(({ letters }, index) => formats.findIndex((other) => other.letters === letters) === index);
}
