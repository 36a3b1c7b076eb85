/** A picture of the stream: when it was captured by the host's clock, and how bright it is. */
export interface Sample {
  readonly atMs: number;
  readonly brightness: number;
}

export interface DelayReport {
  readonly steps: number;
  /** Steps that no picture showed in time. */
  readonly missed: number;
  /** From the step on the screen to the capture time of the first picture that shows it. */
  readonly p50Ms: number;
  readonly p5Ms: number;
  readonly p95Ms: number;
  readonly frameIntervalMs: number;
  /** The device's own delay: a step falls anywhere between two pictures, so the first one to show it comes half an interval late on average. */
  readonly deviceDelayMs: number;
}

/** The first picture beyond the middle between two levels, on the side that was stepped to. */
export function crossing(samples: readonly Sample[], from: number, to: number, sinceMs: number): Sample | undefined {
  const middle = (from + to) / 2;
  return samples.find(({ atMs, brightness }) => atMs >= sinceMs && (to > from ? brightness > middle : brightness < middle));
}

export function reportOf(delaysMs: readonly number[], missed: number, intervalsMs: readonly number[]): DelayReport {
  const frameIntervalMs = quantile(intervalsMs, 0.5);
  const p50Ms = quantile(delaysMs, 0.5);
  return {
    steps: delaysMs.length,
    missed,
    p50Ms: tenths(p50Ms),
    p5Ms: tenths(quantile(delaysMs, 0.05)),
    p95Ms: tenths(quantile(delaysMs, 0.95)),
    frameIntervalMs: tenths(frameIntervalMs),
    deviceDelayMs: Math.max(0, Math.round(p50Ms - frameIntervalMs / 2)),
  };
}

/** Linear between the two nearest values; 0 of nothing. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? 0;
  return low + (high - low) * (at - Math.floor(at));
}

const tenths = (value: number): number => Math.round(value * 10) / 10;
