import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import asc from 'assemblyscript/asc';
import { kernelVariants } from './kernels.ts';

/**
 * Compiles wasm/assembly into one module per variant: imported shared memory, no heap, no static data, no globals,
 * so that any number of instances may work in one memory.
 */
for (const variant of kernelVariants) {
  const outFile = resolve(import.meta.dirname, 'build', `${variant}.wasm`);
  mkdirSync(dirname(outFile), { recursive: true });
  const features = ['simd', 'threads', ...(variant === 'relaxed-simd' ? ['relaxed-simd'] : [])];
  const { error, stderr } = await asc.main([
    resolve(import.meta.dirname, 'assembly/index.ts'),
    ...['--outFile', outFile, '--runtime', 'stub', '-O3', '--noAssert'],
    ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536', '--zeroFilledMemory'],
    ...features.flatMap((feature) => ['--enable', feature]),
  ]);
  if (error !== null) {
    process.stderr.write(`${stderr.toString()}\n`);
    throw error;
  }
}
