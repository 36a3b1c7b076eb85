import type { Static, TObject } from 'typebox';
import type { ErrorReport } from '../src/app-error.ts';
import type { FrameFormat } from '../src/frame/frame-format.ts';
import type { Pose } from '../src/frame/pose.ts';

/** A device that a driver found, whether it may be opened or not. */
export interface DeviceDescription {
  readonly driver: string;
  /** Name for people: maker and product. */
  readonly name: string;
  /** The same for the same device after it was unplugged and plugged in elsewhere, as far as it tells: `usb:04b4:8613:A123`. */
  readonly identity: string;
  /** Where it is attached now: `/dev/video0`, `bus 1 port 2.1`; absent for what has no place. */
  readonly place?: string;
  /** What it can deliver, a line each: `YUYV 1920x1080, 60 fps`. */
  readonly formats?: readonly string[];
  /** Why it cannot be opened now, and what to do. */
  readonly refusal?: ErrorReport;
  /** Options of the driver that select this device, by identity where it has one. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a driver may say of one captured image. */
export interface Capture {
  /** Host's monotonic clock in nanoseconds: `context.now()` at the moment of exposure or of the first line. */
  readonly capturedAtNs: bigint;
  /** An R peak of the ECG lies between the frame before and this one. */
  readonly rPeak?: boolean;
  /** Where the tracked tools were at that moment, as far as it was known; absent where nothing is tracked. */
  readonly poses?: readonly Pose[];
  /** The device's own clock, where the time comes from one: how far it can be trusted. */
  readonly clock?: ClockQuality;
}

/** How well a device's clock is tied to the host's, as `DeviceClock` knows it. */
export interface ClockQuality {
  /** How much later than by the shortest way the last image came: taken off as jitter. */
  readonly residualMs: number;
  /** How much too slow it runs, parts per million; undefined until it has been watched for long enough. */
  readonly driftPpm: number | undefined;
}

/** The world as a driver sees it. Nothing here retries, buffers or waits without the signal. */
export interface DriverContext<Options> {
  readonly options: Options;
  /** Says what the frames to come look like: before the first `lend` and at every change. Throws an AppError when refused. */
  announce(format: FrameFormat, facts: SourceFacts): void;
  /**
   * Counts one captured image and lends it downstream: `fill` writes the pixels (all lines, as `bytesPerLine` announced) into a slot,
   * and when this returns every consumer is done with them. False: no slot was free; the loss is already counted.
   */
  lend(capture: Capture, fill: (pixels: Uint8Array) => void): boolean;
  /**
   * Counts images or input that was lost inside the driver, by name, e.g. `replay/damaged-frame`. `frames` > 0 leaves a gap in the sequence;
   * `pieces`: how many of what leaves none, such as bytes, 1 where it is left out.
   */
  lost(name: string, frames: number, pieces?: number): void;
  /** The source says that no new frames are due (a recording that ended, a frozen scanner); undefined: frames are due again. */
  hold(reason: string | undefined): void;
  /** Something odd that the user should know, shown beside the picture and logged once. */
  warn(text: string): void;
  /** Host's monotonic clock, nanoseconds. */
  now(): bigint;
  /** Resolves at the given time of that clock, or at once when it is past; rejects with the signal's reason when stopped. */
  sleepUntil(atNs: bigint): Promise<void>;
}

/** The device that was opened; `options` select it and no other when the stream starts again. */
export type OpenedDevice = Pick<DeviceDescription, 'name' | 'identity'> & Partial<Pick<DeviceDescription, 'options'>>;

/** What a source is, beside its pixels. No patient data: it is shown, logged and sent. */
export interface SourceFacts {
  readonly modality: 'ultrasound' | 'x-ray' | 'other';
  readonly synthetic: boolean;
  /** Short text for the operator, e.g. `DICOM, JPEG baseline, 65 frames`. */
  readonly description: string;
  /** The attached device, as `discover` describes it: the stream waits for it to come back when it is gone. */
  readonly device?: OpenedDevice;
}

/**
 * One kind of source. `run` blocks until the signal stops it (then it resolves), the source ends (it calls `hold` and waits),
 * or the device breaks (it throws an AppError; `device/gone` and `device/not-found` where it is not attached). It never retries: the session does.
 */
export interface DeviceDriver<Schema extends TObject = TObject> {
  readonly name: string;
  /** One schema with every option's type, range, default and description. */
  readonly options: Schema;
  /** What is attached now; opens nothing for longer than it takes to ask, and leaves a device that is in use alone. */
  discover(): Promise<readonly DeviceDescription[]>;
  /** The source that options name and no bus shows, e.g. a network address; undefined where they name an attached device. */
  configured?(options: Static<Schema>): Omit<DeviceDescription, 'driver' | 'options'> | undefined;
  /** Lines of a udev rules file that let a user of the seat open this driver's devices. */
  readonly udevRules?: readonly string[];
  run(context: DriverContext<Static<Schema>>, signal: AbortSignal): Promise<void>;
}
