/** Which pixels of a line make which of another, and how much of each. */
export interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `most` for each pixel of the result, the rest zero. */
  readonly weights: Float64Array;
  readonly most: number;
}

/**
 * Taps from `from` pixels to `to`: bilinear where the picture grows, each pixel the mean of the area that it covers where it
 * shrinks. Pixels are areas: the outer edges of both lines are the same.
 */
export function scaleTaps(from: number, to: number): Taps {
  const ratio = from / to;
  const most = ratio > 1 ? Math.ceil(ratio) + 1 : 2;
  const [first, count, weights] = [new Int32Array(to), new Int32Array(to), new Float64Array(to * most)];
  for (let pixel = 0; pixel < to; pixel++) {
    const [start, shares] = ratio > 1 ? areaOf(pixel * ratio, (pixel + 1) * ratio, from) : neighboursOf((pixel + 0.5) * ratio - 0.5, from);
    first[pixel] = start;
    count[pixel] = shares.length;
    weights.set(shares, pixel * most);
  }
  return { first, count, weights, most };
}

function areaOf(start: number, end: number, from: number): readonly [number, number[]] {
  const first = Math.floor(start + 1e-9);
  const last = Math.min(Math.ceil(end - 1e-9), from);
  const shares = Array.from({ length: last - first }, (_, tap) => Math.min(end, first + tap + 1) - Math.max(start, first + tap));
  return [first, shares.map((share) => share / (end - start))];
}

function neighboursOf(place: number, from: number): readonly [number, number[]] {
  const kept = Math.min(Math.max(place, 0), from - 1);
  const first = Math.floor(kept);
  const share = kept - first;
  return [first, share === 0 ? [1] : [1 - share, share]];
}

/** Weights of the pixel's taps in units of 1/`unit`: their sum stays `unit`, one tap alone gets the most that 16 bits hold. */
function wholeWeights({ count, weights, most }: Taps, pixel: number, unit: number): number[] {
  let left = unit;
  return Array.from({ length: count[pixel] as number }, (_, tap) => {
    const weight = tap === (count[pixel] as number) - 1 ? left : Math.round((weights[pixel * most + tap] as number) * unit);
    left -= weight;
    return Math.min(weight, 32_767);
  });
}

/** Bytes of the row taps from `from` to `to` lines in the kernels' memory. */
export function rowTapsBytes(from: number, to: number): number {
  return to * (8 + 4 * (from > to ? Math.ceil(from / to) + 1 : 2));
}

/** Writes taps as the kernel `scale` reads them for rows. */
export function writeRowTaps(memory: ArrayBufferLike, at: number, taps: Taps): void {
  const words = new Int32Array(memory, at);
  let next = 0;
  for (let pixel = 0; pixel < taps.first.length; pixel++) {
    const weights = wholeWeights(taps, pixel, rowUnit);
    words.set([taps.first[pixel] as number, weights.length, ...weights], next);
    next += 2 + weights.length;
  }
}

/** A sample of a line and its weight. */
interface Tap {
  readonly at: number;
  readonly weight: number;
}
/** Up to two taps for each of four neighbouring samples of the result, all among eight neighbouring samples of the line from `first` on. */
interface Part {
  readonly first: number;
  readonly taps: readonly (readonly Tap[])[];
}

/** Units of the weights of rows and of columns; two taps of a column make one sum of 32 bits. */
const [rowUnit, columnUnit] = [32_768, 16_384] as const;
const [groupSamples, windowSamples, partBytes] = [4, 8, 36] as const;

/** Bytes of the column taps in the kernels' memory. */
export function columnTapsBytes(taps: Taps, channels: number): number {
  const { groups, most } = columnGroups(taps, channels);
  return 4 + groups.length * most * partBytes;
}

/**
 * Writes taps as the kernel `scale` reads them for columns: the number of parts of every group, i32, and then, for every four samples of a
 * line of the result, those parts: each its first sample, i32, the bytes from there on that go into its eight 16-bit lanes, two for each
 * sample, and their weights.
 */
export function writeColumnTaps(memory: ArrayBufferLike, at: number, taps: Taps, channels: number): void {
  const view = new DataView(memory);
  const { groups, most } = columnGroups(taps, channels);
  view.setInt32(at, most, true);
  for (const [group, parts] of groups.entries()) {
    for (let part = 0; part < most; part++) {
      writePart(view, at + 4 + (group * most + part) * partBytes, parts[part] ?? { first: parts[0]?.first ?? 0, taps: [] });
    }
  }
}

function writePart(view: DataView, at: number, { first, taps }: Part): void {
  view.setInt32(at, first, true);
  for (let lane = 0; lane < 2 * groupSamples; lane++) {
    const tap = taps[lane >> 1]?.[lane & 1];
    // A place beyond the vector gives nought.
    const place = tap === undefined ? 0xffff : 2 * (tap.at - first) + ((2 * (tap.at - first) + 1) << 8);
    view.setUint16(at + 4 + 2 * lane, place, true);
    view.setInt16(at + 20 + 2 * lane, tap?.weight ?? 0, true);
  }
}

/** The parts of every four samples of a line of the result, and the most that one of them has. */
function columnGroups(taps: Taps, channels: number): { readonly groups: readonly (readonly Part[])[]; readonly most: number } {
  const samples = taps.first.length * channels;
  const groups = Array.from({ length: Math.ceil(samples / groupSamples) }, (_, group) => {
    const from = group * groupSamples;
    return partsOf(Array.from({ length: Math.min(groupSamples, samples - from) }, (_, lane) => tapsOfSample(taps, channels, from + lane)));
  });
  return { groups, most: groups.reduce((most, parts) => Math.max(most, parts.length), 0) };
}

function partsOf(samples: readonly Tap[][]): Part[] {
  const left = samples.map((taps) => [...taps]);
  const parts: Part[] = [];
  while (left.some((own) => own.length > 0)) {
    const first = Math.min(...left.map((own) => own[0]?.at ?? Number.POSITIVE_INFINITY));
    const within = (tap: Tap | undefined): boolean => tap !== undefined && tap.at < first + windowSamples;
    parts.push({ first, taps: left.map((own) => own.splice(0, Number(within(own[0])) + Number(within(own[1])))) });
  }
  return parts;
}

function tapsOfSample(taps: Taps, channels: number, sample: number): Tap[] {
  const pixel = Math.floor(sample / channels);
  const first = taps.first[pixel] as number;
  return wholeWeights(taps, pixel, columnUnit).map((weight, tap) => ({ at: (first + tap) * channels + (sample % channels), weight }));
}
