import { relaxedSimd, simd } from 'wasm-feature-detect';
import { AppError } from '../src/app-error.ts';

/** Builds of the same source; results are the same to the bit. */
export const kernelVariants = ['relaxed-simd', 'simd'] as const;
export type KernelVariant = (typeof kernelVariants)[number];

/**
 * The kernels, bound to one memory. All places are byte offsets in it, all strides bytes, all sizes pixels.
 * No kernel allocates, grows the memory or keeps state outside what it is handed; source and target never overlap.
 */
export interface Kernels {
  // written with the kernels
  readonly variant: KernelVariant;
}

/** The fastest build that this engine runs. Throws `kernels/no-simd` where there is none. */
export async function chooseVariant(where: string): Promise<KernelVariant> {
  if (await relaxedSimd()) return 'relaxed-simd';
  if (await simd()) return 'simd';
  throw new AppError('kernels/no-simd', { where });
}
