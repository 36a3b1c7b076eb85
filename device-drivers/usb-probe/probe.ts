import type { FrameFormat } from '../../src/frame/frame-format.ts';
import type { ReadQueue, UsbTransport } from './usb-transport.ts';

/** How the lines lie in the body, as far as somebody knows; what is missing is assumed, and then nothing may be measured. */
export interface ScanSettings {
  readonly depthMm?: number;
  /** Of the row of lines of a linear probe. */
  readonly widthMm?: number;
  /** From the first to the last line of a probe whose lines fan out. */
  readonly sectorDeg?: number;
  /** From where the lines meet to the face of the probe. */
  readonly radiusMm?: number;
}

/** What the probe's own programs send it, from a recording; see set-up.ts. */
export interface SetUp {
  readonly writes: readonly { readonly endpoint: number; readonly data: Uint8Array }[];
}

/** What must be switched on in the configuration before the driver sends it to a probe. */
export type Hazard = 'highVoltage' | 'motor';

/** What becomes of the bytes of a probe. */
export interface ScanSink {
  /** A whole picture; `fill` writes it as `Probe.format` announced, before this returns or never. `firstAtNs`: when its first bytes came. */
  picture(firstAtNs: bigint, fill: (pixels: Uint8Array) => void): void;
  /** So many lines, bytes or pictures were left out, by the name of the reason; pictures among them leave a gap in the sequence. */
  lost(name: string, count: number, pictures?: number): void;
}

/** Makes pictures of the bytes of a probe; never throws on bytes. */
export interface ScanParser {
  /** More has come than the picture that was asked for has: it began with bytes of another one, and is not shown. */
  readonly isOverfull?: boolean;
  push(bytes: Uint8Array, atNs: bigint, endpoint: number): void;
  /** The stream was interrupted: the next bytes may begin anywhere. */
  interrupted(): void;
}

/** One kind of probe, described by what is sent to it and what comes back. */
export interface Probe {
  /** `healson-up20l` */
  readonly name: string;
  /** For people: maker, model, kind. */
  readonly title: string;
  readonly vendor: number;
  readonly product: number;
  /** Product number of its chip before its firmware was loaded, which only its maker's program does. */
  readonly productWithoutFirmware?: number;
  /** Reads that wait while it runs; the first one is of the picture's lines. */
  readonly queues: readonly ReadQueue[];
  /** Bulk OUT endpoints that it needs. */
  readonly outputs: readonly number[];
  /** What starting it switches on. */
  readonly hazards: readonly Hazard[];
  /** What its own programs send it is no part of this program. */
  readonly wantsSetUp: boolean;
  /** The pause between two lines where a recording of its bytes is played. */
  readonly lineIntervalUs: number;
  readonly lineBytes: number;
  /** Throws `frame/bad-format` on settings in which no picture lies. */
  format(settings: ScanSettings): FrameFormat;
  /** True where `settings` and public facts leave nothing to assume. */
  isMeasured(settings: ScanSettings): boolean;
  /** Makes sure that it is this probe and readies it; nothing of this makes it transmit or move. */
  initialise(link: UsbTransport, setUp: SetUp | undefined): Promise<void>;
  start(link: UsbTransport, setUp: SetUp | undefined): Promise<void>;
  /** For a probe that sends a picture only when it is asked: before each one. */
  askPicture?(link: UsbTransport): Promise<void>;
  stop(link: UsbTransport): Promise<void>;
  parser(sink: ScanSink): ScanParser;
}
