export interface Sample {
  readonly at: number;
  readonly value: number;
}

export interface Slope {
  /** Of the least-squares line, for one of whatever `at` counts. */
  readonly perOne: number;
  /** Standard error of it; NaN with fewer than three samples. */
  readonly error: number;
  readonly mean: number;
}

export function slopeOf(samples: readonly Sample[]): Slope {
  const mean = (of: (sample: Sample) => number): number => samples.reduce((total, sample) => total + of(sample), 0) / samples.length;
  const [at, value] = [mean((sample) => sample.at), mean((sample) => sample.value)];
  const spread = samples.reduce((total, sample) => total + (sample.at - at) ** 2, 0);
  const perOne = samples.reduce((total, sample) => total + (sample.at - at) * (sample.value - value), 0) / spread;
  const residue = samples.reduce((total, sample) => total + (sample.value - value - perOne * (sample.at - at)) ** 2, 0);
  return { perOne, error: Math.sqrt(residue / (samples.length - 2) / spread), mean: value };
}
