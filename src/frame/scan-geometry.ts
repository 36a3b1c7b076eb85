import { AppError } from '../app-error.ts';

/**
 * What every scan has: samples lie at equal steps of depth, the first and the last at these distances from the face of the probe.
 * Some devices send the deepest sample first.
 */
interface Depths {
  readonly depthStartMm: number;
  readonly depthEndMm: number;
  /** Nobody has measured these numbers: the picture has about the right shape, and nothing may be measured in it. */
  readonly assumed?: true;
}

/** Parallel lines at equal steps, the first and the last at these places from the middle of the face, positive to the right. */
export interface LinearScan extends Depths {
  readonly kind: 'linear';
  readonly lineStartMm: number;
  readonly lineEndMm: number;
}

/** Lines that meet in one point behind the face, or in it (`sector`, radius 0); angles from straight down, positive to the right. */
export interface FanScan extends Depths {
  readonly kind: 'sector' | 'curvilinear';
  /** From the point where the lines meet to the face of the probe. */
  readonly radiusMm: number;
  /** Of the first and of the last line; the last may lie left of the first, as in the way back of a mechanical probe. */
  readonly angleStartDeg: number;
  readonly angleEndDeg: number;
}

/** How raw lines lie in the body: the rows of a frame are its lines, the columns their samples. */
export type ScanGeometry = LinearScan | FanScan;

/** What the samples of raw radio-frequency lines are. */
export interface RfSignal {
  /**
   * `rf`: one row a line; `iq-lines`: in turn a row of in-phase and a row of quadrature samples, so that a frame has twice as
   * many rows as lines; `iq-pairs`: both in turn along the row; `envelope`: one row a line, detected by the device, not compressed.
   */
  readonly layout: 'rf' | 'iq-lines' | 'iq-pairs' | 'envelope';
  readonly sampleRateMHz: number;
  /** Centre of the band that the probe hears; 0: not known, nothing is filtered. */
  readonly centreMHz: number;
  /** Width of that band. */
  readonly bandMHz: number;
}

/** Lines and samples of a frame of raw data. */
export function scanSize(width: number, height: number, rf: RfSignal | undefined): { readonly lines: number; readonly samples: number } {
  if (rf?.layout === 'iq-lines') return { lines: height / 2, samples: width };
  if (rf?.layout === 'iq-pairs') return { lines: height, samples: width / 2 };
  return { lines: height, samples: width };
}

/** Throws `frame/bad-format` on a geometry in which no picture lies. */
export function checkScan(scan: ScanGeometry, lines: number, samples: number): void {
  const fault = scanFault(scan, lines, samples);
  if (fault !== undefined) throw new AppError('frame/bad-format', { reason: `scan geometry: ${fault}` });
}

/** Throws `frame/bad-format` on a signal that cannot be filtered. */
export function checkRf({ sampleRateMHz, centreMHz, bandMHz }: RfSignal): void {
  const refuse = (reason: string): AppError => new AppError('frame/bad-format', { reason: `RF signal: ${reason}` });
  if (!(sampleRateMHz > 0 && sampleRateMHz <= 1000)) throw refuse(`a sample rate of ${sampleRateMHz} MHz`);
  if (!(centreMHz >= 0 && centreMHz < sampleRateMHz / 2)) throw refuse(`a centre of ${centreMHz} MHz at ${sampleRateMHz} MHz`);
  if (!(bandMHz >= 0 && bandMHz <= sampleRateMHz)) throw refuse(`a band of ${bandMHz} MHz at ${sampleRateMHz} MHz`);
}

function scanFault(scan: ScanGeometry, lines: number, samples: number): string | undefined {
  if (!(Number.isInteger(lines) && Number.isInteger(samples) && lines >= 2 && samples >= 2)) return `${lines} lines of ${samples} samples`;
  const { depthStartMm, depthEndMm } = scan;
  const isDepth = (mm: number): boolean => mm >= 0 && mm <= longestMm;
  if (!(isDepth(depthStartMm) && isDepth(depthEndMm) && depthStartMm !== depthEndMm))
    return `depths from ${depthStartMm} to ${depthEndMm} mm`;
  if (scan.kind === 'linear') {
    const { lineStartMm, lineEndMm } = scan;
    const inRange = Math.abs(lineStartMm) <= longestMm && Math.abs(lineEndMm) <= longestMm;
    return inRange && lineStartMm !== lineEndMm ? undefined : `lines from ${lineStartMm} to ${lineEndMm} mm`;
  }
  const { radiusMm, angleStartDeg, angleEndDeg } = scan;
  if (!(radiusMm >= 0 && radiusMm <= longestMm)) return `a radius of ${radiusMm} mm`;
  const inRange = Math.abs(angleStartDeg) < widestDeg && Math.abs(angleEndDeg) < widestDeg;
  return inRange && angleStartDeg !== angleEndDeg ? undefined : `angles from ${angleStartDeg} to ${angleEndDeg} degrees`;
}

const longestMm = 1000;
/** Lines that look backwards are a mistake of units or signs. */
const widestDeg = 120;
