/** Repeatable random numbers: the same seed gives the same sequence on every machine. */
export interface Random {
  /** 0 ≤ u < 1. */
  uniform(): number;
  /** Mean 0, variance 1. */
  gaussian(): number;
}

/** xorshift32: Marsaglia 2003, doi 10.18637/jss.v008.i14. */
export function createRandom(seed: number): Random {
  let state = mix(seed, 0x9e3779b9) || 1;
  let spare = Number.NaN;

  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };

  return {
    uniform,
    // Box and Muller 1958: both numbers of a pair are used.
    gaussian() {
      if (!Number.isNaN(spare)) {
        const second = spare;
        spare = Number.NaN;
        return second;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}

/** A hash of two 32-bit integers, ≥ 0: neighbours give unrelated values. The finaliser of MurmurHash3 (Appleby, public domain). */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x5bd1e995, 0x85ebca6b) ^ Math.imul(b + 0x27d4eb2f, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Smooth noise over the plane, about -1..1: random values on the integer lattice, interpolated with smoothstep. */
export function latticeNoise(x: number, y: number, seed: number): number {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const u = ease(x - column);
  const v = ease(y - row);
  const top = lerp(lattice(column, row, seed), lattice(column + 1, row, seed), u);
  const bottom = lerp(lattice(column, row + 1, seed), lattice(column + 1, row + 1, seed), u);
  return lerp(top, bottom, v);
}

const lattice = (column: number, row: number, seed: number): number => mix(mix(column, row), seed) / 2 ** 31 - 1;

const lerp = (a: number, b: number, t: number): number => a + (b - a) * t;

const ease = (t: number): number => t * t * (3 - 2 * t);

/** 0 below `from`, 1 above `to`, smooth between; `from` may be the larger one. */
export function smoothstep(from: number, to: number, value: number): number {
  return ease(Math.min(1, Math.max(0, (value - from) / (to - from))));
}
