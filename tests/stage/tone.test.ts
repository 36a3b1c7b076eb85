import { describe, expect, it } from 'vitest';
import { frameFormat } from '../../src/frame/frame-format.ts';
import { StageChain } from '../../src/stage/chain.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';

const kernelsOn = await compileKernels();
const truth = { sequence: 0, capturedAtNs: 0n, rPeak: false, synthetic: false };
const [width, height] = [256, 32];

/** A picture of all levels, column by column, after the stage. */
function toned(options: object): Uint8Array {
  const format = frameFormat(width, height, 'GREY');
  const scratch = 65_536;
  const pages = Math.ceil((scratch + StageChain.scratchBytes(format)) / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  for (let at = 0; at < width * height; at++) bytes[at] = at % width;
  const chain = new StageChain([{ stage: 'tone', enabled: true, options: { ...options } }], format, {
    kernels: kernelsOn(memory),
    memory: memory.buffer,
    scratch,
  });
  if (!chain.active) return bytes.slice(0, width * height);
  chain.apply(0, 16_384, truth);
  return bytes.slice(16_384, 16_384 + width * height);
}

describe('tone', () => {
  it('does nothing at rest', () => {
    expect(toned({})[77]).toBe(77);
  });

  it('bends the levels between black and white, which stay', () => {
    for (const gamma of [0.2, 0.5, 2.2, 5]) {
      const levels = [...toned({ gamma }).subarray(0, 256)];
      expect([levels[0], levels[255]]).toEqual([0, 255]);
      expect(levels).toEqual(levels.toSorted((a, b) => a - b));
      expect(Math.sign((levels[64] as number) - 64)).toBe(Math.sign(gamma - 1));
    }
    expect(toned({ gamma: 2 })[64]).toBe(Math.round(255 * Math.sqrt(64 / 255)));
  });

  it('inverts, alone and after local contrast', () => {
    expect([...toned({ invert: true }).subarray(0, 256)]).toEqual(Array.from({ length: 256 }, (_, x) => 255 - x));
    const [plain, inverted] = [toned({ localContrast: 2, tiles: 4 }), toned({ localContrast: 2, tiles: 4, invert: true })];
    expect([...inverted]).toEqual([...plain].map((level) => 255 - level));
    expect(plain).not.toEqual(toned({}));
  });

  it('takes more parts than the picture has rows', () => {
    expect(toned({ localContrast: 3, tiles: 16 })).toHaveLength(width * height);
  });
});
