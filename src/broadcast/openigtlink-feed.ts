import type { Subscription } from 'rxjs';
import type { CalibrationRegion } from '../frame/calibration.ts';
import type { Pose } from '../frame/pose.ts';
import { imageHeadBytes, writeImageHead } from '../openigtlink/image.ts';
import { type HeaderVersion, MessageWriter, type RoomOf } from '../openigtlink/message-writer.ts';
import { type DeviceStatus, statusCodes } from '../openigtlink/text-messages.ts';
import { frameFlags, frameHeaderBytes } from '../protocol/frame-header.ts';
import type { SourceState } from '../protocol/messages.ts';
import type { SharedFrame } from '../stream/shared-frame.ts';
import type { Stream } from '../stream/stream.ts';

/** An IMAGE on its way to one client or more; whoever was handed it gives it back once. */
export interface ImageMessage {
  readonly bytes: Buffer;
  readonly poses: readonly Pose[];
  readonly stampUs: number;
  release(): void;
}

const uncalibratedMm = 1;

/** One stream as an OpenIGTLink device: writes each picture once, for all clients that send it. */
export class OpenIgtlinkFeed {
  readonly device: string;
  readonly stream: Stream;
  readonly #roomOf: RoomOf;
  readonly #version: HeaderVersion;
  readonly #holders: number[];
  readonly #images: ({ readonly sequence: number; readonly epoch: number; readonly bytes: Buffer } | undefined)[];
  #writer: MessageWriter | undefined;
  #contentBytes = 0;
  #spacingMm: readonly [number, number] | undefined;
  readonly #news: Subscription;

  /** `slots`: messages that may be under way at the same time, one for every client. */
  constructor(stream: Stream, device: string, slots: number, version: HeaderVersion, roomOf: RoomOf) {
    this.stream = stream;
    this.device = device;
    this.#roomOf = roomOf;
    this.#version = version;
    this.#holders = Array.from({ length: slots }, () => 0);
    this.#images = Array.from({ length: slots }, () => undefined);
    this.#spacingMm = spacingOf(stream.describe().regions);
    this.#news = stream.news$.subscribe(({ news }) => {
      if (news === 'described') this.#spacingMm = spacingOf(stream.describe().regions);
    });
  }

  close(): void {
    this.#news.unsubscribe();
  }

  /** The picture as a message, written now or a moment ago for somebody else. */
  image(frame: SharedFrame): ImageMessage | undefined {
    const { sequence, epoch, capturedAtUs: stampUs } = frame.header;
    const known = this.#images.findIndex((image) => image?.sequence === sequence && image.epoch === epoch);
    const slot = known >= 0 ? known : this.#write(frame);
    const image = this.#images[slot];
    if (image === undefined) return undefined;
    this.#holders[slot] = (this.#holders[slot] as number) + 1;
    const holders = this.#holders;
    return {
      bytes: image.bytes,
      poses: this.stream.posesOf(sequence) ?? [],
      stampUs,
      release: () => {
        holders[slot] = (holders[slot] as number) - 1;
      },
    };
  }

  /** What a client ought to know of the source: its state, and what the protocol has no field for. */
  status(): DeviceStatus {
    const { status, synthetic, regions, formats } = this.stream.describe();
    const parts = [
      status.state === 'faulted' ? `${status.error?.message ?? ''} (${status.error?.remedy ?? ''})` : status.state,
      ...(synthetic ? ['simulated'] : []),
      ...(formats !== undefined && spacingOf(regions) === undefined
        ? [`not calibrated: ${uncalibratedMm} mm stands for a pixel and measures nothing`]
        : []),
    ];
    return { code: codeOf[status.state], name: status.error?.code.slice(0, 20) ?? status.state, message: parts.join('; ') };
  }

  #write(frame: SharedFrame): number {
    const { width, height, pixelFormat, sequence, epoch, synthetic, capturedAtUs } = factsOf(frame);
    const pixels = frame.bytes.subarray(frameHeaderBytes);
    if (this.#writer === undefined || imageHeadBytes + pixels.length > this.#contentBytes) this.#enlarge(imageHeadBytes + pixels.length);
    const slot = this.#holders.indexOf(0);
    if (slot < 0 || this.#writer === undefined) return -1;
    const picture = { width, height, pixelFormat, spacingMm: this.#spacingMm ?? ([uncalibratedMm, uncalibratedMm] as const) };
    const head = { type: 'IMAGE', device: this.device, stampUs: capturedAtUs };
    const metadata = { Calibration: this.#spacingMm === undefined ? 'none' : 'mm', Synthetic: `${synthetic}`, Sequence: `${sequence}` };
    const fill = (content: Uint8Array): void => {
      writeImageHead(content, picture);
      content.set(pixels, imageHeadBytes);
    };
    const bytes = this.#writer.write(slot, head, imageHeadBytes + pixels.length, fill, metadata);
    this.#images[slot] = { sequence, epoch, bytes };
    return slot;
  }

  /** In other memory: what is under way stays where it is. */
  #enlarge(contentBytes: number): void {
    this.#contentBytes = contentBytes;
    this.#writer = new MessageWriter(this.#roomOf, this.#holders.length, contentBytes, this.#version);
    this.#images.fill(undefined);
  }
}

function factsOf({ header }: SharedFrame) {
  return { ...header, synthetic: (header.flags & frameFlags.synthetic) !== 0 };
}

const codeOf = {
  closed: statusCodes.notReady,
  opening: statusCodes.notReady,
  streaming: statusCodes.ok,
  held: statusCodes.ok,
  faulted: statusCodes.hardware,
  stopped: statusCodes.disabled,
  lost: statusCodes.notPresent,
} as const satisfies Record<SourceState, number>;

/**
 * Millimetres from pixel to pixel, where the whole picture has one scale: all its regions in centimetres agree. IMAGE has no field for
 * more. The sign of a delta tells the direction of an axis and is left out.
 */
function spacingOf(regions: readonly CalibrationRegion[]): readonly [number, number] | undefined {
  const scales = regions.filter(({ unitX, unitY }) => unitX === 'cm' && unitY === 'cm');
  const [first] = scales;
  if (first === undefined) return undefined;
  const near = (a: number, b: number): boolean => Math.abs(Math.abs(a) - Math.abs(b)) <= 1e-6 * Math.abs(b);
  const agree = scales.every(({ deltaX, deltaY }) => near(deltaX, first.deltaX) && near(deltaY, first.deltaY));
  return agree ? [10 * Math.abs(first.deltaX), 10 * Math.abs(first.deltaY)] : undefined;
}
