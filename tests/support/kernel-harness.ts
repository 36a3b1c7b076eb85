import type { Kernels } from '../../wasm/kernels.ts';
import { twins } from '../reference/kernels.ts';

/** Around every vector's length, and the smallest there is. */
export const sizes = [
  [1, 1],
  [2, 3],
  [15, 4],
  [16, 2],
  [17, 5],
  [18, 3],
  [31, 7],
  [33, 33],
  [32, 3],
  [47, 2],
  [48, 2],
  [49, 3],
  [64, 9],
  [129, 6],
] as const;

/** Buffers far apart in one memory; the gaps are guards. */
export const place = {
  source: 4096,
  target: 40_000,
  history: 90_000,
  table: 130_000,
  level: 140_000,
  alpha: 160_000,
  scratch: 200_000,
} as const;
export const memoryBytes = 4 * 65_536;

/**
 * One use of a kernel on a picture at `place`; `pad`: bytes by which its lines are longer than the picture is wide.
 */
export type Call = (kernels: Kernels, width: number, height: number, pad: number) => void;

/**
 * Runs a call with the kernels and with their twins over the same noise: first byte of the whole memory that differs, -1 where
 * none does. `scratchBytes` at `place.scratch` may be left as one likes; `prepare` puts tables into the noise.
 */
export function firstByteThatDiffers(
  kernelsOn: (memory: WebAssembly.Memory) => Kernels,
  call: Call,
  size: { readonly width: number; readonly height: number; readonly pad: number },
  scratchBytes = 0,
  prepare: (buffer: ArrayBufferLike, width: number, height: number) => void = () => undefined,
): number {
  const { width, height, pad } = size;
  const memory = noise(width * 31 + height + pad);
  prepare(memory.buffer, width, height);
  const expected = new SharedArrayBuffer(memoryBytes);
  const [ours, other] = [Buffer.from(memory.buffer), Buffer.from(expected)];
  ours.copy(other);
  call(kernelsOn(memory), width, height, pad);
  call(twins(expected), width, height, pad);
  ours.copy(other, place.scratch, place.scratch, place.scratch + scratchBytes);
  return ours.equals(other) ? -1 : ours.findIndex((value, at) => value !== other[at]);
}

const randomBytes = Uint8Array.from(
  { length: memoryBytes + 8192 },
  ((state) => () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  })(1),
);

/** Random bytes everywhere; the history holds what a filter left there, the table colours. */
export function noise(seed: number): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(randomBytes.subarray(seed, seed + memoryBytes));
  // History holds what a filter left there: 0..255 in 1/128 level.
  const history = new Int16Array(memory.buffer, place.history, 20_000);
  for (let at = 0; at < history.length; at++) history[at] = (bytes[at] as number) * 128;
  for (let entry = 0; entry < 256; entry++) bytes[place.table + 4 * entry + 3] = 0;
  // Mostly nothing to blend: the sparse path is walked too.
  for (let at = 0; at < 10_000; at++) if (at % 100 < 60) bytes[place.alpha + at] = 0;
  return memory;
}
