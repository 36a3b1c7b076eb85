/** What a DICOM header says of time; undefined where it is silent. */
export interface TimeFacts {
  /** Frame Increment Pointer (0028,0009) as group and element, e.g. `00181065`. */
  readonly pointer: string | undefined;
  /** (0018,1063), ms. */
  readonly frameTimeMs: number | undefined;
  /** (0018,1065), ms; the first entry stands before the first frame. */
  readonly vectorMs: readonly number[] | undefined;
  /** Of the frames of an enhanced object, ms of one clock; NaN where a frame has none. */
  readonly stampsMs: readonly number[];
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
  const fromStamps = (): number[] | undefined => stampIntervals(frames, facts.stampsMs);
  const attributes = facts.pointer === '00181065' ? [fromVector, fromTime, fromStamps] : [fromTime, fromVector, fromStamps];
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
  // Some writers leave out the entry before the first frame, which is always 0.
  const given = vectorMs?.length === frames - 1 && vectorMs[0] !== 0 ? vectorMs : vectorMs?.slice(1);
  if (given === undefined || given.length === 0) return undefined;
  const good = given.filter(usable);
  const typical = median(good);
  if (typical === undefined) return undefined;
  if (good.length < given.length) warn(`${given.length - good.length} entries of the Frame Time Vector were not used`);
  if (given.length < frames - 1) warn(`the Frame Time Vector has ${given.length + 1} entries for ${frames} frames`);
  return Array.from({ length: frames }, (_, index) => {
    const ms = given[index];
    return usable(ms) ? ms : typical;
  });
}

/** Frames of one volume share a stamp: what does not tell two frames apart gives way to the usual interval. */
function stampIntervals(frames: number, stampsMs: readonly number[]): number[] | undefined {
  const steps = Array.from({ length: frames }, (_, index) => (stampsMs[index + 1] ?? Number.NaN) - (stampsMs[index] ?? Number.NaN));
  const typical = median(steps.filter(usable));
  return typical === undefined ? undefined : steps.map((ms) => (usable(ms) ? ms : typical));
}

const median = (values: readonly number[]): number | undefined => [...values].sort((a, b) => a - b)[values.length >> 1];
