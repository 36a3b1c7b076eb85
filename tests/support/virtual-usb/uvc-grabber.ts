import { codedLuma, drawNumber } from './coded-picture.ts';
import { bulkPacketBytes } from './descriptors.ts';
import { fillWithNoise, StreamFaults } from './stream-faults.ts';
import { describeUvc, type Size, streamingInterface, uvcEndpoint, uvcFormats } from './uvc-descriptors.ts';
import type { Bus, Delivery, DeviceAction, Fault, InEndpoint, PayloadFault, Setup, VirtualDevice } from './virtual-device.ts';

export interface UvcOptions {
  readonly kind: 'uvc';
  readonly serial?: string;
  /** Default 640x480 alone; the first is the default of the device. Widths are multiples of 32. */
  readonly sizes?: readonly Size[];
  /** Default 15. */
  readonly framesPerSecond?: number;
  /** JPEG files for MJPG, shown in turn; without them a picture of that format is empty. */
  readonly jpegs?: readonly string[];
  /** Pictures to send before it falls silent; default: without end. */
  readonly pictures?: number;
}

/** Requests of the class: UVC 1.1 table A-15; selectors of a streaming interface: table A-18. */
const request = {
  setCurrent: 0x01,
  getCurrent: 0x81,
  getMinimum: 0x82,
  getMaximum: 0x83,
  getLength: 0x85,
  getInfo: 0x86,
  getDefault: 0x87,
};
const selector = { probe: 1, commit: 2 };
/** UVC 1.1 has 34 bytes. */
const probeBytes = 34;
/** A payload is one transfer of the kernel's uvcvideo, which are of at most 32 packets. */
const payloadBytes = 32 * bulkPacketBytes;
const headerBytes = 12;
const clockHz = 48_000_000;

const nothing = new Uint8Array(0);

/** A grabber of coded pictures (`coded-picture.ts`) over bulk; the kernel's uvcvideo makes a /dev/video of it. */
export function openUvcGrabber(options: UvcOptions): VirtualDevice {
  const {
    serial = 'U1',
    sizes = [{ width: 640, height: 480 }],
    framesPerSecond = 15,
    jpegs = [],
    pictures = Number.POSITIVE_INFINITY,
  } = options;
  const intervalMs = 1000 / framesPerSecond;
  const stream = new PictureStream(
    intervalMs,
    pictures,
    jpegs.map((base64) => Buffer.from(base64, 'base64')),
  );
  const negotiated = new Negotiation(sizes, intervalMs);
  return {
    descriptors: describeUvc(
      { vendorId: 0x1209, productId: 0x0002, maker: 'Lumencast', product: 'virtual grabber', serial },
      sizes,
      intervalMs,
    ),
    inputs: new Map([[uvcEndpoint, stream]]),
    outputs: new Map(),
    control(setup, data) {
      if ((setup.index & 255) !== streamingInterface) return undefined;
      const isCommit = setup.request === request.setCurrent && setup.value >> 8 === selector.commit;
      const answer = negotiated.control(setup, data);
      if (isCommit) stream.start(negotiated.format(), negotiated.size());
      return answer;
    },
    // Over bulk streaming ends by a cleared halt or a set interface: UVC 1.1 §2.4.3.
    choose: () => stream.stop(),
    plugged: (bus) => stream.plugged(bus),
    unplugged: () => stream.stop(),
    counts: () => stream.counts(),
    act(action: DeviceAction) {
      if ('fault' in action) stream.fault(action);
      else if ('payload' in action) stream.payloadFault(action.payload);
    },
  };
}

/** VS_PROBE_CONTROL and VS_COMMIT_CONTROL: UVC 1.1 §4.3.1.1. */
class Negotiation {
  readonly #sizes: readonly Size[];
  readonly #intervalMs: number;
  #format: number = uvcFormats.YUYV;
  #frame = 1;

  constructor(sizes: readonly Size[], intervalMs: number) {
    this.#sizes = sizes;
    this.#intervalMs = intervalMs;
  }

  format(): number {
    return this.#format;
  }

  size(): Size {
    return this.#sizes[this.#frame - 1] as Size;
  }

  control({ request: code, value }: Setup, data: Uint8Array): Uint8Array | undefined {
    const asked = value >> 8;
    if (asked !== selector.probe && asked !== selector.commit) return undefined;
    switch (code) {
      case request.setCurrent:
        this.#format = data[2] === uvcFormats.MJPG ? uvcFormats.MJPG : uvcFormats.YUYV;
        this.#frame = Math.min(Math.max(data[3] ?? 1, 1), this.#sizes.length);
        return nothing;
      case request.getCurrent:
      case request.getMinimum:
      case request.getMaximum:
      case request.getDefault:
        return this.#current();
      case request.getLength:
        return Uint8Array.of(probeBytes, 0);
      case request.getInfo:
        return Uint8Array.of(3);
    }
    return undefined;
  }

  #current(): Uint8Array {
    const bytes = new Uint8Array(probeBytes);
    const view = new DataView(bytes.buffer);
    const { width, height } = this.size();
    bytes[2] = this.#format;
    bytes[3] = this.#frame;
    view.setUint32(4, Math.round(this.#intervalMs * 10_000), true);
    view.setUint32(18, width * height * 2, true);
    view.setUint32(22, payloadBytes, true);
    view.setUint32(26, clockHz, true);
    return bytes;
  }
}

/** Pictures cut into payloads, each with its header, each ended by a short packet or by its full size. */
class PictureStream implements InEndpoint {
  readonly #intervalMs: number;
  readonly #pictures: number;
  readonly #jpegs: readonly Uint8Array[];
  readonly #faults = new StreamFaults();
  readonly #payloadFaults: PayloadFault[] = [];
  #bus: Bus | undefined;
  #timer: NodeJS.Timeout | undefined;
  #picture: Uint8Array = nothing;
  #isJpeg = false;
  #width = 0;
  #at = 0;
  /** A picture is due, or is being sent. */
  #open = false;
  #frameId = 0;
  #startedAtMs = 0;
  readonly #counts = { pictures: 0, leftOut: 0, starts: 0, faults: 0 };

  constructor(intervalMs: number, pictures: number, jpegs: readonly Uint8Array[]) {
    this.#intervalMs = intervalMs;
    this.#pictures = pictures;
    this.#jpegs = jpegs;
  }

  counts(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }

  plugged(bus: Bus): void {
    this.#bus = bus;
  }

  fault(fault: Fault): void {
    this.#counts.faults++;
    this.#faults.add(fault);
  }

  payloadFault(fault: PayloadFault): void {
    this.#counts.faults++;
    this.#payloadFaults.push(fault);
  }

  start(format: number, { width, height }: Size): void {
    this.stop();
    this.#isJpeg = format === uvcFormats.MJPG;
    this.#width = width;
    this.#picture = this.#isJpeg ? nothing : yuyv(width, height);
    this.#counts.starts++;
    this.#startedAtMs = performance.now();
    this.#timer = setInterval(() => this.#tick(), this.#intervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#open = false;
  }

  deliver(into: Uint8Array): Delivery {
    if (!this.#open || this.#faults.isQuiet()) return { kind: 'wait' };
    const fault = this.#faults.next();
    if (fault === undefined) return this.#payload(into);
    switch (fault.fault) {
      case 'stall':
        return { kind: 'stall' };
      case 'babble':
        return { kind: 'babble' };
      case 'zero-length':
        return { kind: 'data', bytes: 0 };
      case 'garbage': {
        const bytes = Math.min(fault.bytes, into.length);
        fillWithNoise(into.subarray(0, bytes), fault.seed);
        return { kind: 'data', bytes };
      }
      case 'unplug':
        this.#bus?.unplug();
        return { kind: 'wait' };
      case 'short':
      case 'cut':
        this.#at += fault.bytes;
        return this.#payload(into);
    }
  }

  #tick(): void {
    if (this.#counts.pictures + this.#counts.leftOut >= this.#pictures) return;
    if (this.#open) this.#counts.leftOut++;
    else this.#openPicture();
    this.#bus?.ready(uvcEndpoint);
  }

  #openPicture(): void {
    const number = this.#counts.pictures + this.#counts.leftOut;
    if (this.#isJpeg) this.#picture = this.#jpegs[number % this.#jpegs.length] ?? nothing;
    else drawNumber(this.#picture, this.#width, 2, number);
    this.#at = 0;
    this.#frameId ^= 1;
    this.#open = true;
  }

  /** UVC 1.1 table 2-5: length, then end of header, presentation time, source clock, end of frame and frame id as bits. */
  #payload(into: Uint8Array): Delivery {
    const fault = this.#payloadFaults.shift();
    const room = Math.min(into.length, payloadBytes) - headerBytes;
    const left = Math.max(0, this.#picture.length - this.#at);
    const bytes = fault === 'empty-header' ? 0 : Math.min(room, left);
    const isLast = bytes === left;
    const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
    const ticks = Math.round((performance.now() - this.#startedAtMs) * (clockHz / 1000)) >>> 0;
    into[0] = fault === 'bad-header' ? 255 : headerBytes;
    into[1] = 0x8c | this.#frameId | (isLast ? 2 : 0) | (fault === 'error-bit' ? 0x40 : 0);
    view.setUint32(2, ticks, true);
    view.setUint32(6, ticks, true);
    view.setUint16(10, 0, true);
    into.set(this.#picture.subarray(this.#at, this.#at + bytes), headerBytes);
    this.#at += fault === 'truncated' ? left : bytes;
    if (isLast || fault === 'truncated') {
      this.#open = false;
      this.#counts.pictures++;
    }
    return { kind: 'data', bytes: headerBytes + bytes };
  }
}

function yuyv(width: number, height: number): Uint8Array {
  const luma = codedLuma(width, height, 0);
  const bytes = new Uint8Array(width * height * 2).fill(128);
  for (let at = 0; at < luma.length; at++) bytes[2 * at] = luma[at] as number;
  return bytes;
}
