/** Weights of gaussian7, from the centre in 1/256; they add up to 256 over the seven. `sigma` in pixels, above 0. */
export function gaussianWeights(sigma: number): { w0: number; w1: number; w2: number; w3: number } {
  const bells = [0, 1, 2, 3].map((distance) => Math.exp(-0.5 * (distance / sigma) ** 2)) as [number, number, number, number];
  const sum = bells[0] + 2 * (bells[1] + bells[2] + bells[3]);
  const [w1, w2, w3] = bells.slice(1).map((bell) => Math.round((256 * bell) / sum)) as [number, number, number];
  return { w0: 256 - 2 * (w1 + w2 + w3), w1, w2, w3 };
}

export interface BilateralWeights {
  readonly centreWeight: number;
  readonly shift: number;
}

/** Fills the three rows of the kernel bilateral: a Gaussian of the difference in levels times one of the distance in pixels. */
export function writeBilateralWeights(rows: Uint8Array, sigmaLevels: number, sigmaPixels: number): BilateralWeights {
  // The row ends where the weight has fallen to a hundredth.
  const shift = Math.min(Math.max(Math.ceil(Math.log2((3 * sigmaLevels) / 16)), 0), 4);
  const bells = [0, 1, 2, 4].map((square) => Math.exp(-square / (2 * sigmaPixels ** 2))) as [number, number, number, number];
  // 252 leaves the rounding of thirteen weights room below 255.
  const scale = Math.min(252 / (bells[0] + 4 * (bells[1] + bells[2] + bells[3])), 127);
  for (let row = 0; row < 3; row++) {
    for (let step = 0; step < 16; step++) {
      const difference = (step + 0.5) * 2 ** shift - 0.5;
      rows[16 * row + step] = Math.floor(scale * (bells[row + 1] as number) * Math.exp(-0.5 * (difference / sigmaLevels) ** 2) + 0.25);
    }
  }
  return { centreWeight: Math.floor(scale * bells[0]), shift };
}
