import { readFile } from 'node:fs/promises';
import { AppError } from '../src/app-error.ts';
import { chooseVariant, instantiateKernels, type Kernels, type KernelVariant, yuvFactors } from './kernels.ts';

/**
 * Compiles the fastest build for this Node, or the one named, and warms up what streams use; what it answers binds it to a memory. A thread
 * that joins another's work has no need of the warm-up: the engine shares what it has compiled of the same bytes within a process.
 */
export async function compileKernels(variant?: KernelVariant, warm = true): Promise<(memory: WebAssembly.Memory) => Kernels> {
  const chosen = variant ?? (await chooseVariant(`Node ${process.version}`));
  const path = `wasm/build/${chosen}.wasm`;
  const bytes = await readFile(new URL(`./build/${chosen}.wasm`, import.meta.url)).catch((thrown) => {
    throw new AppError('kernels/not-built', { path }, { cause: thrown });
  });
  const module = await WebAssembly.compile(bytes);
  const kernelsOn = (memory: WebAssembly.Memory): Kernels => instantiateKernels(module, memory);
  if (!warm) return kernelsOn;
  const memory = new WebAssembly.Memory({ initial: 8, maximum: 8, shared: true });
  warmUp(kernelsOn(memory));
  warmUpForming(kernelsOn(memory), memory.buffer);
  return kernelsOn;
}

/**
 * A kernel's whole first call runs in the baseline compiler, several times slower: calls on a small picture bring the
 * optimised code before the first live frame; a dozen do not suffice, a hundred take 7 ms and halve that frame's time.
 * Tiers belong to the module, so any instance does.
 */
function warmUp(kernels: Kernels): void {
  const [width, height, a, b, c] = [200, 64, 0, 131_072, 262_144];
  for (let call = 0; call < 100; call++) {
    kernels.windowGrey(a, width, b, width, width, height, 0, 1);
    kernels.windowY16(a, width * 2, b, width, width, height, 0, 1);
    kernels.startHistory(a, width, width, height, c);
    kernels.persistence(a, width, b, width, width, height, c, 8192, 512, 3);
    kernels.median3(a, width, b, width, width, height);
    kernels.colourMap(a, width, b, width * 3, width, height, c);
    kernels.steadyAverage(a, width, b, width, width, height, c, c + 65_536, c, 8, 3, c + 131_072);
    kernels.countDifferences(a, width, width, height, c, b);
    kernels.blockMotion(a, width, b, width, height, c, 64, 8);
    kernels.followMotion(a, b, width, height, c, c + 1024, c + 65_536);
    kernels.median5(a, width, b, width, width, height, c);
    kernels.gaussian7(a, width, b, width, width, height, 54, 46, 34, 21, c);
    kernels.bilateral(a, width, b, width, width, height, c, 13, 1, c + 1024);
    kernels.lee(a, width, b, width, width, height, 3, 100, c);
    kernels.guided(a, width, b, width, width, height, 3, 100, c);
    kernels.srad(a, width, b, width, width, height, 1, 0.2, 0.2, 30, c);
    kernels.speckleScale(a, width, width, height, 30, c);
    kernels.noiseDeviation(a, width, width, height, c);
    kernels.addDetail(a, a, a, b, width * height, 8192, 8192, 64, 640);
    kernels.splitGrey(a, b, width * height);
    kernels.joinGrey(a, a, b, width * height, 4);
    kernels.overlayGrey(a, width, b, width, width, height, c, c);
    kernels.overlayRgb(a, width * 3, b, width * 3, width, height, c, c);
  }
}

/** The same for what makes pictures of devices' data, and for tone and drawings; kernels for RGBA are the browser's. */
function warmUpForming(kernels: Kernels, memory: ArrayBufferLike): void {
  const [width, height, a, b, c] = [200, 64, 0, 131_072, 262_144];
  const [tables, scratch] = [c + 65_536, c + 131_072];
  const yuv = yuvFactors('bt709', 'limited');
  const words = new Int32Array(memory, c, 1024);
  // One run of all pixels for the kernels that walk runs, and taps of one pixel each for the kernel that scales.
  words.fill(0);
  words[1] = width * height;
  const spans = scratch + 65_536;
  new Uint16Array(memory, spans, 2 * height).forEach((_, at, words16) => {
    words16[at] = at % 2 === 0 ? 0 : width;
  });
  const taps = new Int32Array(memory, tables, 3 * width);
  for (let pixel = 0; pixel < width; pixel++) taps.set([0, 1, 16_384], 3 * pixel);
  const columns = tables + 16_384;
  new Int32Array(memory, columns, 1 + 9 * (width / 4)).fill(0)[0] = 1;
  for (let call = 0; call < 100; call++) {
    kernels.lumaToGrey(a, width, b, width, width, height, 16, 149);
    for (const order of [0, 1]) {
      kernels.packedToGrey(a, 2 * width, b, width, width, height, order, 0, 128);
      kernels.packedToRgb(a, 2 * width, b, 3 * width, width, height, order, ...yuv);
    }
    kernels.nv12ToRgb(a, width, a, width, b, 3 * width, width, height, ...yuv);
    kernels.i420ToRgb(a, width, a, a, width, b, 3 * width, width, height, ...yuv);
    kernels.rgbToGrey(a, 3 * width, b, width, width, height, 77, 150, 29);
    kernels.rgbaToGrey(a, 4 * width, b, width, width, height, 77, 150, 29);
    kernels.bgraToRgb(a, 4 * width, b, 3 * width, width, height);
    kernels.bgrToRgb(a, 3 * width, b, 3 * width, width, height);
    kernels.limitY16(a, 2 * width, b, 2 * width, width, height, 4095);
    kernels.scanConvert(a, width, b, width, width, height, c, 1, a, a);
    kernels.keepRuns(a, width, b, width, width, height, c, 1, 1);
    kernels.copyRows(a, width, b, width, width, height);
    for (const bytes of [1, 2, 3]) {
      kernels.mirror(a, bytes * width, b, bytes * width, width, height, bytes);
      kernels.transpose(a, bytes * width, b, bytes * height, width, height, bytes);
    }
    kernels.scale(a, width, b, width, width, height, width, tables, columns, scratch);
    kernels.mapLevels(a, width, b, width, width, height, scratch);
    kernels.tileTables(a, width, width, height, 4, 4, 2, tables + 4096, scratch);
    kernels.equalize(a, width, b, width, width, height, 4, 4, tables + 4096, scratch);
    kernels.greyToRgb(a, width, b, 3 * width, width, height);
    kernels.blendPlane(b, 3 * width, width, height, 3, a, spans);
    kernels.iqEnvelope(a, a + 2, 4, 4 * width, b, width, width, height, c);
    if (call < 20) kernels.rfEnvelope(a, 2 * width, b, width, width, height, tables, 33, c, scratch);
  }
}
