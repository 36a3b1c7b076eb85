/** Bytes of scratch that kernels ask for, by the size of the picture. */

const lineStride = (width: number, pad: number): number => (width + 2 * pad + 31) & ~15;
const columnBytes = (width: number, radius: number): number => 64 + (((width + radius + 16) * 4 + 63) & ~63);
const blocks = (side: number): number => Math.ceil(side / 16);

export const median5Scratch = (width: number): number => 18 * lineStride(width, 2);

export const gaussian7Scratch = (width: number): number => 9 * lineStride(width, 3) + 64;

export const bilateralScratch = (width: number): number => 5 * lineStride(width, 2);

export const leeScratch = (width: number, radius: number): number => 2 * columnBytes(width, radius);

export const guidedScratch = (width: number, height: number, radius: number): number =>
  leeScratch(width, radius) + 2 * height * ((2 * width + 31) & ~15) + 32;

export const sradScratch = (width: number, height: number): number => (height + 3) * (((width + 8) * 4 + 15) & ~15) + 64;

export const steadyAverageScratch = (width: number): number => 4 * ((2 * width + 79) & ~15) + 96;

/** One vector of two bytes per block of 16x16. */
export const vectorBytes = (width: number, height: number): number => 2 * blocks(width) * blocks(height);

export function nonLocalMeansScratch(width: number, height: number): number {
  const floats = (4 * width + 79) & ~15;
  return (height + 32) * lineStride(width, 16) + floats + 64 + 3 * height * floats;
}
