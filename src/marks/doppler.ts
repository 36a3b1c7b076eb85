import type { CalibrationRegion } from '../frame/calibration.ts';
import type { Point } from './mark.ts';
import { valueAlongY } from './scale.ts';

/** A place on a spectral Doppler envelope. */
export interface EnvelopePoint {
  readonly timeS: number;
  readonly velocityCmS: number;
}

export interface EnvelopeValues {
  /** Largest velocity, with its direction. */
  readonly peakCmS: number;
  readonly vtiCm: number;
  readonly peakGradientMmHg: number;
  readonly meanGradientMmHg: number;
  readonly durationS: number;
}

export type NoEnvelope =
  | 'axes are not time and velocity'
  | 'no baseline is named'
  | 'the trace runs back in time'
  | 'the trace has no duration';

const cmPerM = 100;

/**
 * Simplified Bernoulli equation, v in m/s: 4 v² in mmHg; with the velocity before the narrowing, 4 (v² - v0²), which matters from
 * 1.5 m/s on (Baumgartner et al., J Am Soc Echocardiogr 2017;30:372-392).
 */
export function gradientMmHg(velocityCmS: number, proximalCmS = 0): number {
  const [v, before] = [velocityCmS / cmPerM, proximalCmS / cmPerM];
  return Math.max(0, 4 * (v * v - before * before));
}

/** Times and velocities of a trace on a spectrum, by the region's axes, baseline and direction; times count from the first point. */
export function envelopeOf(region: CalibrationRegion, points: readonly Point[]): readonly EnvelopePoint[] | NoEnvelope {
  if (region.unitX !== 's' || region.unitY !== 'cm/s') return 'axes are not time and velocity';
  const startX = points[0]?.x ?? 0;
  const envelope: EnvelopePoint[] = [];
  for (const point of points) {
    const velocityCmS = valueAlongY(region, point);
    if (velocityCmS === undefined) return 'no baseline is named';
    envelope.push({ timeS: (point.x - startX) * region.deltaX, velocityCmS });
  }
  return envelope;
}

/** Of a stroke's duration: as much may a hand tremble backwards. */
const backwardsAllowed = 0.02;

/**
 * Peak velocity, velocity time integral and pressure gradients of a traced envelope, straight between its points, whichever way it
 * was drawn; what lies beyond the baseline does not count. The mean gradient is that of the gradients at every moment, not the gradient
 * of the mean velocity (Baumgartner et al. 2017; Quiñones et al., J Am Soc Echocardiogr 2002;15:167-184 for VTI).
 */
export function measureEnvelope(envelope: readonly EnvelopePoint[]): EnvelopeValues | NoEnvelope {
  const [first, last] = [envelope[0], envelope.at(-1)];
  if (first === undefined || last === undefined || first.timeS === last.timeS) return 'the trace has no duration';
  const inOrder = first.timeS < last.timeS ? envelope : envelope.toReversed();
  const durationS = Math.abs(last.timeS - first.timeS);
  const peakCmS = inOrder.reduce((peak, { velocityCmS: v }) => (Math.abs(v) > Math.abs(peak) ? v : peak), 0);
  const direction = Math.sign(peakCmS);
  let [vtiCm, squares] = [0, 0];
  for (let i = 1; i < inOrder.length; i++) {
    const [a, b] = [inOrder[i - 1]!, inOrder[i]!];
    const dt = b.timeS - a.timeS;
    if (dt < -backwardsAllowed * durationS) return 'the trace runs back in time';
    const part = aboveBaseline(a.velocityCmS * direction, b.velocityCmS * direction);
    vtiCm += ((part.from + part.to) / 2) * part.share * dt;
    squares += ((part.from * part.from + part.from * part.to + part.to * part.to) / 3) * part.share * dt;
  }
  const meanGradientMmHg = (4 * squares) / (cmPerM * cmPerM) / durationS;
  return { peakCmS, vtiCm, peakGradientMmHg: gradientMmHg(peakCmS), meanGradientMmHg, durationS };
}

/** The part of a straight piece that is not below 0, and its share of the time. */
function aboveBaseline(from: number, to: number): { readonly from: number; readonly to: number; readonly share: number } {
  if (from >= 0 && to >= 0) return { from, to, share: 1 };
  if (from <= 0 && to <= 0) return { from: 0, to: 0, share: 0 };
  return { from: Math.max(0, from), to: Math.max(0, to), share: Math.max(from, to) / Math.abs(to - from) };
}
