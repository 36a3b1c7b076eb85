export interface HeartRate {
  readonly perMinute: number;
  readonly beats: number;
  /** How irregular the beats are: the shortest and the longest R-R interval. */
  readonly shortestS: number;
  readonly longestS: number;
}

/** Intervals beyond these are R peaks that were missed or doubled: 300 and 20 a minute. */
const shortestRrS = 0.2;
const longestRrS = 3;

/**
 * Heart rate from the times of successive R peaks: 60 s over the mean R-R interval (60 over a single one is the rate of that beat).
 * Undefined with fewer than two peaks, times that do not rise, or an interval that no heart has.
 */
export function heartRate(rPeaksS: readonly number[]): HeartRate | undefined {
  const intervals = rPeaksS.slice(1).map((timeS, index) => timeS - rPeaksS[index]!);
  if (intervals.length === 0 || !intervals.every((rrS) => rrS >= shortestRrS && rrS <= longestRrS)) return undefined;
  const meanS = intervals.reduce((sum, rrS) => sum + rrS, 0) / intervals.length;
  return { perMinute: 60 / meanS, beats: intervals.length, shortestS: Math.min(...intervals), longestS: Math.max(...intervals) };
}

/** R peaks before a moment, and behind it, that tell its rate: those of a few beats, at which it is the same. */
const mostPeaks = 3;

/** The R peaks around a moment, before an interval that no heart has; times in microseconds, rising. */
export function peaksAround(peaksUs: readonly number[], atUs: number): number[] {
  const before = runFrom(atUs, peaksUs.filter((us) => us <= atUs).toReversed());
  const behind = runFrom(
    atUs,
    peaksUs.filter((us) => us > atUs),
  );
  return [...before.toReversed(), ...behind];
}

function runFrom(atUs: number, peaksUs: readonly number[]): number[] {
  const run: number[] = [];
  for (const us of peaksUs.slice(0, mostPeaks)) {
    if (Math.abs(us - (run.at(-1) ?? atUs)) > longestRrS * 1e6) break;
    run.push(us);
  }
  return run;
}
