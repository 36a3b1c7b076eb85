/** What a DICOM header says of time; undefined where it is silent. */
export interface TimeFacts {
  /** Frame Increment Pointer (0028,0009) as group and element, e.g. `00181065`. */
  readonly pointer: string | undefined;
  /** (0018,1063), ms. */
  readonly frameTimeMs: number | undefined;
  /** (0018,1065), ms; the first entry stands before the first frame. */
  readonly vectorMs: readonly number[] | undefined;
  /** (0018,0040) frames per second. */
  readonly cineRate: number | undefined;
  /** (0008,2144) frames per second. */
  readonly recommendedRate: number | undefined;
}

const defaultIntervalMs = 1000 / 30;
const usable = (ms: number | undefined): ms is number => ms !== undefined && Number.isFinite(ms) && ms >= 1 && ms <= 60_000;

/** Intervals after each frame: the pointer's attribute first (PS3.3 C.7.6.6), then what else is there, then 30 a second. */
export function frameIntervals(frames: number, facts: TimeFacts, warn: (text: string) => void): number[] {
  const constant = (ms: number): number[] => new Array<number>(frames).fill(ms);
  const fromVector = (): number[] | undefined => vectorIntervals(frames, facts.vectorMs, warn);
  const fromTime = (): number[] | undefined => (usable(facts.frameTimeMs) ? constant(facts.frameTimeMs) : undefined);
  const attributes = facts.pointer === '00181065' ? [fromVector, fromTime] : [fromTime, fromVector];
  for (const attribute of attributes) {
    const intervals = attribute();
    if (intervals !== undefined) return intervals;
  }
  if (frames > 1 && facts.frameTimeMs !== undefined) warn(`Frame Time is ${facts.frameTimeMs} ms and was not used`);
  for (const rate of [facts.cineRate, facts.recommendedRate]) {
    if (rate !== undefined && usable(1000 / rate)) return constant(1000 / rate);
  }
  if (frames > 1) warn('the file tells no frame times: played at 30 frames a second');
  return constant(defaultIntervalMs);
}

function vectorIntervals(frames: number, vectorMs: readonly number[] | undefined, warn: (text: string) => void): number[] | undefined {
  const given = vectorMs?.slice(1);
  if (given === undefined || given.length === 0) return undefined;
  const good = given.filter(usable);
  if (good.length === 0) return undefined;
  const typical = [...good].sort((a, b) => a - b)[good.length >> 1] as number;
  if (good.length < given.length) warn(`${given.length - good.length} entries of the Frame Time Vector were not used`);
  if (given.length < frames - 1) warn(`the Frame Time Vector has ${given.length + 1} entries for ${frames} frames`);
  return Array.from({ length: frames }, (_, index) => {
    const ms = given[index];
    return usable(ms) ? ms : typical;
  });
}
