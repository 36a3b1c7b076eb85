import { AppError } from '../app-error.ts';
import { type CalibrationRegion, regionFault } from './calibration.ts';
import { checkRf, checkScan, type RfSignal, type ScanGeometry, scanSize } from './scan-geometry.ts';

/** Bytes of one pixel where every pixel has its own; these formats also travel to viewers. `Y16` is little-endian, larger is brighter. */
export const bytesPerPixel = { GREY: 1, Y16: 2, RGB24: 3 } as const;
/** The formats of pictures that stages work on and viewers get. */
export type PictureFormat = keyof typeof bytesPerPixel;

/**
 * What else devices deliver; the first stages make a picture of it. By V4L2 names, apart from I420 (V4L2: YUV420) and BGRA
 * (V4L2: ABGR32, bytes in the order of its name here). `S16`: signed samples of raw ultrasound. Planes follow one another without a gap.
 */
export const deviceFormats = ['Y10', 'Y12', 'YUYV', 'UYVY', 'NV12', 'I420', 'BGR24', 'BGRA', 'S16'] as const;
export type PixelFormat = PictureFormat | (typeof deviceFormats)[number];

/** Bytes of a line of the first plane for every `pixels` pixels, and lines and columns that share their chroma. */
const layouts = {
  GREY: { bytes: 1, pixels: 1 },
  Y16: { bytes: 2, pixels: 1 },
  RGB24: { bytes: 3, pixels: 1 },
  Y10: { bytes: 2, pixels: 1 },
  Y12: { bytes: 2, pixels: 1 },
  YUYV: { bytes: 4, pixels: 2 },
  UYVY: { bytes: 4, pixels: 2 },
  NV12: { bytes: 2, pixels: 2 },
  I420: { bytes: 2, pixels: 2 },
  BGR24: { bytes: 3, pixels: 1 },
  BGRA: { bytes: 4, pixels: 1 },
  S16: { bytes: 2, pixels: 1 },
} as const satisfies Record<PixelFormat, { bytes: number; pixels: number }>;

/** How Y, U and V of a video format are meant; where a source is silent, V4L2's rule: BT.709 from 720 lines on, limited range. */
export interface VideoColour {
  readonly matrix: 'bt601' | 'bt709';
  readonly range: 'limited' | 'full';
}

/** Grey window over stored values, as in DICOM PS3.3 C.11.2.1.2.1 (LINEAR): `width` ≥ 1. */
export interface GreyWindow {
  readonly centre: number;
  readonly width: number;
}

/** Everything about a stream's frames that stays constant until the device says otherwise. */
export interface FrameFormat {
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: PixelFormat;
  /** Of the first plane: at least what the pixels of a line need. Pictures that stages make are tight. */
  readonly bytesPerLine: number;
  /** Regions that may be measured in; empty: pixels only. */
  readonly regions: readonly CalibrationRegion[];
  /** The source's own window; a `Y16` format always has one. */
  readonly window?: GreyWindow;
  /** Of a video format. */
  readonly colour?: VideoColour;
  /** The rows are scan lines and no picture yet. */
  readonly scan?: ScanGeometry;
  /** Of a format with `scan`: the samples are a radio-frequency signal. An `S16` format always has one. */
  readonly rf?: RfSignal;
  /** Longest interval between two frames that the source regards as normal. Absent: unknown. */
  readonly frameIntervalMs?: number;
}

/** The largest picture of any source; 8192 x 8192 covers every detector and screen in the field. */
export const maxSide = 8192;

type Rest = Partial<Omit<FrameFormat, 'width' | 'height' | 'pixelFormat'>>;

/** A format, tight where no stride is named; what cannot be read, shown or measured in is refused here rather than passed on. */
export function frameFormat(width: number, height: number, pixelFormat: PixelFormat, rest: Rest = {}): FrameFormat {
  if (![width, height].every((side) => Number.isInteger(side) && side >= 1 && side <= maxSide)) {
    throw refuse(`size ${width}x${height}, allowed 1x1 to ${maxSide}x${maxSide}`);
  }
  const { bytes, pixels } = layouts[pixelFormat];
  if (width % pixels !== 0 || (isPlanar(pixelFormat) && height % 2 !== 0)) throw refuse(`${pixelFormat} of ${width}x${height}: odd`);
  const tight = (width / pixels) * bytes;
  const format = { width, height, pixelFormat, bytesPerLine: tight, regions: [], ...rest };
  const { bytesPerLine } = format;
  if (
    !Number.isInteger(bytesPerLine) ||
    bytesPerLine < tight ||
    bytesPerLine > 2 * maxLineBytes ||
    (isPlanar(pixelFormat) && bytesPerLine % 2 !== 0)
  ) {
    throw refuse(`lines of ${bytesPerLine} bytes, ${width} pixels need ${tight}`);
  }
  if (pixelFormat === 'Y16' && rest.window === undefined) throw refuse('Y16 without a window');
  if (rest.window !== undefined) checkWindow(rest.window);
  if ((pixelFormat === 'S16') !== (rest.rf !== undefined) || (rest.rf !== undefined && rest.scan === undefined)) {
    throw refuse('S16, the RF signal and the scan geometry belong together');
  }
  if (rest.rf !== undefined) checkRf(rest.rf);
  if (rest.scan !== undefined) checkLines(width, height, pixelFormat, rest.scan, rest.rf);
  for (const region of rest.regions ?? []) {
    const fault = regionFault(region, width, height);
    if (fault !== undefined) throw refuse(`calibration region: ${fault}`);
  }
  return format;
}

/** Bytes of a whole picture. Chroma planes have half the lines; I420 has two with half the bytes a line. */
export function frameBytes({ pixelFormat, bytesPerLine, height }: FrameFormat): number {
  return bytesPerLine * (isPlanar(pixelFormat) ? height + height / 2 : height);
}

/** Whether stages and viewers take it as it is. */
export function isPicture(format: FrameFormat): format is FrameFormat & { readonly pixelFormat: PictureFormat } {
  return format.pixelFormat in bytesPerPixel && format.scan === undefined && format.bytesPerLine === tightBytes(format);
}

/** The format of pixels that may leave for viewers. Throws `frame/bad-format` where no stage made a picture of what the device delivers. */
export function pictureFormatOf(format: FrameFormat): PictureFormat {
  if (!isPicture(format)) throw refuse(`${format.pixelFormat} is no picture yet`);
  return format.pixelFormat;
}

/** Bytes of a line without padding. */
export function tightBytes({ width, pixelFormat }: Pick<FrameFormat, 'width' | 'pixelFormat'>): number {
  const { bytes, pixels } = layouts[pixelFormat];
  return (width / pixels) * bytes;
}

const maxLineBytes = maxSide * 4;

const isPlanar = (pixelFormat: PixelFormat): boolean => pixelFormat === 'NV12' || pixelFormat === 'I420';

function checkWindow({ centre, width }: GreyWindow): void {
  if (!Number.isFinite(centre) || !Number.isFinite(width) || width < 1) throw refuse(`a window of width ${width} at ${centre}`);
}

function checkLines(width: number, height: number, pixelFormat: PixelFormat, scan: ScanGeometry, rf: RfSignal | undefined): void {
  if (pixelFormat !== 'GREY' && pixelFormat !== 'S16') throw refuse(`scan lines of ${pixelFormat}, allowed: GREY, S16`);
  const { lines, samples } = scanSize(width, height, rf);
  checkScan(scan, lines, samples);
}

const refuse = (reason: string): AppError => new AppError('frame/bad-format', { reason });
