import type { Kernels } from '../../wasm/kernels.ts';
import { clamp, quotientOfQ15 } from './plane.ts';

/** Readable twins of the kernels over single pixels of several planes. */
export function detailTwins(buffer: ArrayBufferLike): Pick<Kernels, 'addDetail' | 'splitGrey' | 'joinGrey'> {
  const bytes = new Uint8Array(buffer);
  const u8 = (at: number): number => bytes[at] as number;
  const within = (value: number, limit: number): number => Math.min(Math.max(value, -limit), limit);

  return {
    addDetail(source, fine, coarse, target, pixels, fineAmount, coarseAmount, threshold, limit) {
      const beyond = (difference: number): number => difference * 64 - within(difference * 64, threshold);
      for (let i = 0; i < pixels; i++) {
        const half =
          quotientOfQ15(beyond(u8(source + i) - u8(fine + i)) * fineAmount) +
          quotientOfQ15(beyond(u8(fine + i) - u8(coarse + i)) * coarseAmount);
        const sum = u8(source + i) * 64 + within(within(2 * half, 32_767), limit);
        bytes[target + i] = clamp(Math.floor(Math.min(sum + 32, 32_767) / 64), 255);
      }
    },
    splitGrey(source, target, pixels) {
      for (let i = 0; i < pixels; i++) {
        const [r, g, b] = [0, 1, 2].map((c) => u8(source + 3 * i + c)) as [number, number, number];
        bytes[target + i] = (r + 2 * g + b + 2) >> 2;
      }
    },
    joinGrey(source, grey, target, pixels, tolerance) {
      for (let i = 0; i < pixels; i++) {
        const colour = [0, 1, 2].map((c) => u8(source + 3 * i + c));
        const isGrey = Math.max(...colour) - Math.min(...colour) <= tolerance;
        const level = u8(grey + i);
        bytes.set(isGrey ? [level, level, level] : colour, target + 3 * i);
      }
    },
  };
}
