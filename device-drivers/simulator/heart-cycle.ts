import { smoothstep } from './random.ts';

/**
 * One regular heart: what moves and what the electrodes see, as functions of time in seconds.
 * Durations at 60/min after Wiggers' diagram: isovolumic contraction 50 ms, ejection 290 ms, isovolumic relaxation 70 ms,
 * early filling 170 ms, atrial contraction 150 ms; they shorten with the root of the RR interval (Bazett 1920).
 */
export interface HeartCycle {
  readonly rrS: number;
  /** Beats since the R peak before time 0; an R peak is where it passes a whole number. */
  beats(timeS: number): number;
  /** Left ventricular volume: 1 at end diastole, 0 at end systole. */
  volume(timeS: number): number;
  /** Opening of the mitral and tricuspid valves, 0..1. */
  inflow(timeS: number): number;
  /** Surface ECG (lead II), about -0.3..1.2 mV. */
  ecgMillivolt(timeS: number): number;
}

/** Time 0 lies in mid-diastole, so that a run starts with a whole beat before it. */
const beatsAtStart = 0.5;

/** Time from R over the root of RR in seconds, amplitude in mV, width in seconds. */
const ecgWaves = [
  { name: 'P', atS: -0.17, mV: 0.14, widthS: 0.024, scales: true },
  { name: 'Q', atS: -0.026, mV: -0.12, widthS: 0.008, scales: false },
  { name: 'R', atS: 0, mV: 1.2, widthS: 0.01, scales: false },
  { name: 'S', atS: 0.028, mV: -0.26, widthS: 0.01, scales: false },
  { name: 'T rises', atS: 0.255, mV: 0.13, widthS: 0.05, scales: true },
  { name: 'T falls', atS: 0.29, mV: 0.17, widthS: 0.03, scales: true },
] as const;

export function createHeartCycle(heartRatePerMinute: number): HeartCycle {
  const rrS = 60 / heartRatePerMinute;
  // Above 107/min the diastole would vanish under Bazett's rule alone.
  const scale = Math.min(Math.sqrt(rrS), rrS / 0.75);
  const ejectionS = 0.05 * scale;
  const ejectionEndS = 0.34 * scale;
  const fillingS = 0.41 * scale;
  const fillingEndS = 0.58 * scale;
  const atrialS = rrS - 0.15 * scale;
  const closedS = rrS - 0.01 * scale;

  const beats = (timeS: number): number => timeS / rrS + beatsAtStart;
  const sinceRS = (timeS: number): number => {
    const count = beats(timeS);
    return (count - Math.floor(count)) * rrS;
  };

  return {
    rrS,
    beats,
    volume(timeS) {
      const u = sinceRS(timeS);
      const ejected = smoothstep(ejectionS, ejectionEndS, u);
      const early = 0.7 * smoothstep(fillingS, fillingEndS, u);
      const slow = 0.06 * smoothstep(fillingEndS, atrialS, u);
      const atrial = 0.24 * smoothstep(atrialS, closedS, u);
      return 1 - ejected + early + slow + atrial;
    },
    inflow(timeS) {
      const u = sinceRS(timeS);
      const early = smoothstep(fillingS, fillingS + 0.07 * scale, u) * (1 - 0.68 * smoothstep(fillingS + 0.1 * scale, fillingEndS, u));
      const atrial = 0.5 * smoothstep(atrialS, atrialS + 0.06 * scale, u);
      return (early + atrial) * (1 - smoothstep(rrS - 0.06 * scale, closedS, u));
    },
    ecgMillivolt(timeS) {
      const u = sinceRS(timeS);
      let sum = 0;
      for (const wave of ecgWaves) {
        const stretch = wave.scales ? scale : Math.min(1, scale * 1.4);
        // The nearest of this beat's wave and the next one's: waves are narrow against RR.
        let distanceS = u - wave.atS * stretch;
        if (distanceS > rrS / 2) distanceS -= rrS;
        const z = distanceS / (wave.widthS * stretch);
        if (z * z < 30) sum += wave.mV * Math.exp(-0.5 * z * z);
      }
      return sum;
    },
  };
}

/** Breath, 0 = end of expiration, 1 = full inspiration; expiration lasts longer than inspiration. */
export function breathDepth(timeS: number, breathsPerMinute: number): number {
  const wave = 0.5 - 0.5 * Math.cos((2 * Math.PI * timeS * breathsPerMinute) / 60);
  return wave ** 1.6;
}
