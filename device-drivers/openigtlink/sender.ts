import { AppError } from '../../src/app-error.ts';
import { DeviceClock } from '../../src/device/device-clock.ts';
import { frameFormat } from '../../src/frame/frame-format.ts';
import { type BodyParts, bodyParts, type MessageHeader } from '../../src/openigtlink/header.ts';
import { type ImageHead, imageHeadBytes, readImage } from '../../src/openigtlink/image.ts';
import { readMetadata } from '../../src/openigtlink/metadata.ts';
import { readPoses, type ToolPose } from '../../src/openigtlink/pose-messages.ts';
import type { MessageSink } from '../../src/openigtlink/receiver.ts';
import { readStatus, readString, videoCodec } from '../../src/openigtlink/text-messages.ts';
import type { DriverContext } from '../driver.ts';
import { calibrationOf, copyPixels, pixelFormatOf, windowOf } from './image-pixels.ts';
import type { Options } from './options.ts';
import { Tools } from './tools.ts';

/** A sender that has always written poses behind its images is waited for so long; then the image goes without them. */
const followersMs = 50;
/** A sender that finds new words all the time is not listened to for ever. */
const mostWarnings = 50;

interface Moment {
  readonly capturedAtNs: bigint;
  /** The same by the sender's clock. */
  readonly atNs: bigint;
  /** The sender said so; else it is the arrival. */
  readonly stamped: boolean;
}

interface HeldImage extends Moment {
  readonly image: ImageHead;
  readonly bytes: number;
}

/** What one OpenIGTLink server sends: images become frames, with the poses of their moment. */
export class Sender implements MessageSink, Disposable {
  readonly #context: DriverContext<Options>;
  readonly #clock = new DeviceClock();
  /** For poses whose stamps are not of the clock of the images: another machine's, passed on. */
  readonly #poseClock = new DeviceClock();
  readonly #tools = new Tools();
  readonly #heard = new Set<string>();
  #device: string;
  #announced = '';
  #warnings = 0;
  #held: HeldImage | undefined;
  #heldPixels = new Uint8Array(0);
  #patience: NodeJS.Timeout | undefined;
  /** Is told what goes wrong between messages. */
  failed: (thrown: unknown) => void = () => undefined;

  constructor(context: DriverContext<Options>) {
    this.#context = context;
    this.#device = context.options.device;
  }

  message(header: MessageHeader, body: Uint8Array): void {
    const arrivedNs = this.#context.now();
    try {
      const parts = bodyParts(header, body);
      this.#take(header, body, parts, arrivedNs);
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'openigtlink/bad-message') throw thrown;
      this.#context.lost('openigtlink/bad-message', this.#frames(header));
      this.#warn(thrown.message);
    }
  }

  damaged(header: MessageHeader): void {
    this.#context.lost('openigtlink/checksum', this.#frames(header));
  }

  /** An image that waits for its poses goes on with those that are there. */
  release(): void {
    clearTimeout(this.#patience);
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#lend(held.image, this.#heldPixels.subarray(0, held.bytes), held);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#patience);
    this.#held = undefined;
  }

  #take(header: MessageHeader, body: Uint8Array, parts: BodyParts, arrivedNs: bigint): void {
    const { type, device } = header;
    const content = body.subarray(parts.offset, parts.offset + parts.length);
    if (type === 'IMAGE') {
      if (this.#isOurs(device)) this.#takeImage(header, content, arrivedNs);
      return;
    }
    const poses = readPoses(type, content, device === '' ? 'unnamed' : device);
    if (poses !== undefined) this.#takePoses(header, poses, readMetadata(type, body, parts), arrivedNs);
    else if (type === 'STATUS') this.#tellStatus(device, content);
    else if (type === 'STRING') this.#tellString(device, content);
    else if (type === 'VIDEO' && this.#isOurs(device)) this.#refuseVideo(device, content);
  }

  /** Frames of ours that a message would have been. */
  #frames({ type, device }: MessageHeader): number {
    return type === 'IMAGE' && this.#isOurs(device) ? 1 : 0;
  }

  #isOurs(device: string): boolean {
    return this.#device === '' || device === this.#device;
  }

  #warn(text: string): void {
    if (++this.#warnings <= mostWarnings) this.#context.warn(text);
  }

  #tellStatus(device: string, content: Uint8Array): void {
    const { code, name, message } = readStatus(content);
    if (code !== 1) this.#warn(`${device} reports ${name === '' ? `status ${code}` : name}: ${message}`);
  }

  /** Some servers send a text with every image: the first of each device is told. */
  #tellString(device: string, content: Uint8Array): void {
    const text = readString(content);
    if (this.#heard.has(device) || text === '') return;
    if (this.#heard.size < mostWarnings) this.#heard.add(device);
    this.#warn(`${device} says: ${text}`);
  }

  #refuseVideo(device: string, content: Uint8Array): void {
    this.#context.lost('openigtlink/video', 1);
    this.#warn(`${device} sends VIDEO (${videoCodec(content)}), which is not read: let it send IMAGE`);
  }

  #takePoses(header: MessageHeader, poses: readonly ToolPose[], metadata: ReadonlyMap<string, string>, arrivedNs: bigint): void {
    const atNs = this.#poseTime(header.stampNs, arrivedNs);
    // PLUS says so in the metadata of a TRANSFORM (vtkPlusIgtlMessageCommon.cxx); the matrix is the last one that was seen.
    const status = metadata.get('TransformStatus') ?? 'OK';
    for (const { tool, matrix } of poses) {
      const taken = this.#tools.add({ tool, matrix: status === 'OK' ? matrix : undefined }, atNs);
      if (!taken) this.#warn(`there are too many tools: ${tool} is left out`);
    }
    if (this.#held !== undefined && !this.#tools.awaiting) this.release();
  }

  /** When a pose was measured, by the clock of the images; by its arrival where it was not stamped. */
  #poseTime(stampNs: bigint, arrivedNs: bigint): bigint {
    if (stampNs === 0n) return this.#clock.deviceOf(arrivedNs);
    if (!this.#clock.agrees(stampNs, arrivedNs)) return this.#clock.deviceOf(this.#poseClock.hostOf(stampNs, arrivedNs));
    this.#clock.hostOf(stampNs, arrivedNs);
    return stampNs;
  }

  #takeImage({ device, stampNs }: MessageHeader, content: Uint8Array, arrivedNs: bigint): void {
    this.release();
    const image = readImage(content);
    const pixels = content.subarray(imageHeadBytes);
    this.#announce(image, pixels, device);
    // The first that sends what can be shown.
    this.#device = device;
    // A sender without a clock stamps nothing: then the arrival is the best that is known.
    const stamped = stampNs !== 0n;
    const capturedAtNs = stamped ? this.#clock.toHost(stampNs, arrivedNs) : arrivedNs;
    const atNs = stamped ? stampNs : this.#clock.deviceOf(arrivedNs);
    if (!this.#tools.imageCame(atNs)) {
      this.#lend(image, pixels, { capturedAtNs, atNs, stamped });
      return;
    }
    if (this.#heldPixels.length < pixels.length) this.#heldPixels = new Uint8Array(pixels.length);
    this.#heldPixels.set(pixels);
    this.#held = { image, capturedAtNs, atNs, stamped, bytes: pixels.length };
    this.#patience = setTimeout(() => this.#giveUpWaiting(), followersMs);
  }

  #giveUpWaiting(): void {
    try {
      this.release();
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  #lend(image: ImageHead, pixels: Uint8Array, { capturedAtNs, atNs, stamped }: Moment): void {
    const poses = this.#tools.at(atNs, this.#context.options.poseAgeMs);
    const capture = { capturedAtNs, ...(stamped && { clock: this.#clock }), ...(poses && { poses }) };
    this.#context.lend(capture, (slot) => copyPixels(image, pixels, slot));
  }

  /** The same kind of images go on without a word. */
  #announce(image: ImageHead, pixels: Uint8Array, device: string): void {
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
