import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import asc from 'assemblyscript/asc';
import type { KernelVariant } from './kernels.ts';

/**
 * Compiles wasm/assembly: the kernels into one module per variant, the checksums into one of their own each. Imported shared memory,
 * no heap, no static data, no globals, so that any number of instances may work in one memory.
 */
const folder = resolve(import.meta.dirname, 'build');
mkdirSync(folder, { recursive: true });
await compile('index.ts', 'simd', ['simd', 'threads']);
await compile('index.ts', 'relaxed-simd', ['simd', 'threads', 'relaxed-simd']);
await compile('crc64.ts', 'crc64', ['threads']);
await compile('crc32.ts', 'crc32', ['threads']);

async function compile(source: string, name: KernelVariant | 'crc64' | 'crc32', features: readonly string[]): Promise<void> {
  const { error, stderr } = await asc.main([
    resolve(import.meta.dirname, 'assembly', source),
    ...['--outFile', resolve(folder, `${name}.wasm`), '--runtime', 'stub', '-O3', '--noAssert'],
    ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536', '--zeroFilledMemory'],
    ...features.flatMap((feature) => ['--enable', feature]),
  ]);
  if (error !== null) {
    process.stderr.write(`${stderr.toString()}\n`);
    throw error;
  }
}
