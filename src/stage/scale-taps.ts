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

/** Bytes of the taps from `from` to `to` pixels in the kernels' memory. */
export function tapsBytes(from: number, to: number): number {
  return to * (8 + 4 * (from > to ? Math.ceil(from / to) + 1 : 2));
}

/** Writes taps as the kernel `scale` reads them, in units of 1/`unit`; their sum stays `unit`, one tap alone gets the most that 16 bits hold. */
export function writeTaps(memory: ArrayBufferLike, at: number, { first, count, weights, most }: Taps, unit: number): void {
  const words = new Int32Array(memory, at);
  let next = 0;
  for (let pixel = 0; pixel < first.length; pixel++) {
    const taps = count[pixel] as number;
    words[next++] = first[pixel] as number;
    words[next++] = taps;
    let left = unit;
    for (let tap = 0; tap < taps; tap++) {
      const weight = tap === taps - 1 ? left : Math.round((weights[pixel * most + tap] as number) * unit);
      words[next++] = Math.min(weight, 32_767);
      left -= weight;
    }
  }
}
