import { describe, expect, it } from 'vitest';
import { type FrameFormat, frameBytes, frameFormat } from '../../src/frame/frame-format.ts';
import { StageChain, type StageSettings } from '../../src/stage/chain.ts';
import { gaussianWeights, writeBilateralWeights } from '../../src/stage/filter-weights.ts';
import type { Kernels } from '../../wasm/kernels.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { twins } from '../reference/kernels.ts';

const kernelsOn = await compileKernels();
const [source, target, room] = [0, 500_000, 1_000_000];
const frameNs = 33_000_000n;

const on = (stage: string, options = {}): StageSettings => ({ stage, enabled: true, options });

/** A chain that is shown pictures at 30 a second. */
function open(
  format: FrameFormat,
  settings: readonly StageSettings[],
  kernelsFor: (memory: WebAssembly.Memory) => Kernels = kernelsOn,
  rubbish = 0,
) {
  const pages = Math.ceil((room + StageChain.scratchBytes(format)) / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(rubbish);
  const chain = new StageChain(settings, format, { kernels: kernelsFor(memory), memory: memory.buffer, scratch: room });
  let capturedAtNs = 0n;
  return {
    chain,
    show(level: (x: number, y: number) => number): Uint8Array {
      for (let at = 0; at < format.width * format.height; at++) {
        bytes[source + at] = level(at % format.width, Math.floor(at / format.width));
      }
      capturedAtNs += frameNs;
      chain.apply(source, target, { sequence: 0, capturedAtNs, rPeak: false, synthetic: true });
      return bytes.slice(target, target + frameBytes(chain.output));
    },
  };
}

/** Noise that is the same in every run: a sum of four uniform ones, of the given deviation. */
function grain(deviation: number): () => number {
  let state = 1;
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return () => deviation * Math.sqrt(3) * (uniform() + uniform() + uniform() + uniform());
}

const deviationFrom = (levels: Uint8Array, expected: (x: number, y: number) => number, width: number): number =>
  Math.sqrt(levels.reduce((total, level, at) => total + (level - expected(at % width, Math.floor(at / width))) ** 2, 0) / levels.length);

const measured = ['quantum', 'motion-compensated'] as const;
const format = frameFormat(128, 96, 'GREY');

describe('persistence that measures the noise', () => {
  for (const mode of measured) {
    it(`${mode}: calms noise of any strength to less than half without being told`, () => {
      for (const deviation of [3, 8, 20]) {
        const { show } = open(format, [on('persistence', { mode, strength: 0.9 })]);
        const noise = grain(deviation);
        let last = show(() => 120 + noise());
        for (let frame = 0; frame < 15; frame++) last = show(() => 120 + noise());
        expect(
          deviationFrom(last, () => 120, 128),
          `deviation ${deviation}`,
        ).toBeLessThan(deviation / 2);
      }
    });

    it(`${mode}: averages more the stronger it is, from the least strength on`, () => {
      const left = [0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8].map((strength) => {
        const { show } = open(format, [on('persistence', { mode, strength })]);
        const noise = grain(8);
        let last = show(() => 120 + noise());
        for (let frame = 0; frame < 12; frame++) last = show(() => 120 + noise());
        return deviationFrom(last, () => 120, 128);
      });
      expect(left[0]).toBeGreaterThan(7.6);
      for (let step = 1; step < left.length; step++) expect(left[step]).toBeLessThan(0.95 * (left[step - 1] as number));
    });

    it(`${mode}: gives bright and dark tissue each its own threshold`, () => {
      const { show } = open(format, [on('persistence', { mode, strength: 0.9 })]);
      const noise = grain(1);
      const level = (x: number): number => (x < 64 ? 40 : 200);
      const scene = (x: number): number => level(x) + noise() * (x < 64 ? 2 : 14);
      let last = show(scene);
      for (let frame = 0; frame < 15; frame++) last = show(scene);
      const half = (from: number): Uint8Array => last.filter((_, at) => at % 128 >= from && at % 128 < from + 56);
      expect(deviationFrom(half(4), () => 40, 56)).toBeLessThan(1);
      expect(deviationFrom(half(68), () => 200, 56)).toBeLessThan(7);
    });

    it(`${mode}: starts again where the scene changes, with no trace of the one before`, () => {
      const { show } = open(format, [on('persistence', { mode, strength: 0.95 })]);
      const noise = grain(4);
      for (let frame = 0; frame < 8; frame++) show((x) => 60 + x / 2 + noise());
      const fresh = (x: number, y: number): number => 200 - y + ((x * 31 + y * 17) % 5);
      expect([...show(fresh)]).toEqual([...open(format, []).show(fresh)].map((_, at) => Math.floor(fresh(at % 128, Math.floor(at / 128)))));
    });

    it(`${mode}: depends on nothing that was in the memory before`, () => {
      const [clean, dirty] = [0, 0xa5].map((rubbish) => open(format, [on('persistence', { mode })], kernelsOn, rubbish)) as [
        ReturnType<typeof open>,
        ReturnType<typeof open>,
      ];
      for (let frame = 0; frame < 4; frame++) {
        const scene = (x: number, y: number): number => (x * 7 + y * 3 + frame * 5) & 0xff;
        expect(dirty.show(scene)).toEqual(clean.show(scene));
      }
    });
  }

  it('quantum: a dark wire that moves keeps its contrast and its place', () => {
    const { show } = open(format, [on('persistence', { mode: 'quantum', strength: 0.9 })]);
    const noise = grain(3);
    const wire =
      (frame: number) =>
      (x: number): number =>
        (Math.abs(x - 30 - 3 * frame) <= 1 ? 80 : 150) + noise();
    let last = show(wire(0));
    for (let frame = 1; frame < 12; frame++) last = show(wire(frame));
    const profile = Array.from({ length: 128 }, (_, x) => {
      let sum = 0;
      for (let y = 0; y < 96; y++) sum += last[y * 128 + x] as number;
      return sum / 96;
    });
    expect(profile.indexOf(Math.min(...profile))).toBeGreaterThanOrEqual(62);
    expect(profile.indexOf(Math.min(...profile))).toBeLessThanOrEqual(64);
    expect(150 - (profile[63] as number)).toBeGreaterThan(70 * 0.95);
    // Where it was three frames ago nothing is left.
    expect(Math.abs((profile[54] as number) - 150)).toBeLessThan(4);
  });

  it('motion-compensated: averages what moves as a whole, which quantum alone cannot', () => {
    const scene = (frame: number) => {
      const noise = grain(5);
      for (let skip = 0; skip < frame * 997; skip++) noise();
      return (x: number, y: number): number => texture(x + 2 * frame, y + frame) + noise();
    };
    const texture = (x: number, y: number): number => 120 + 40 * Math.sin(x / 4) + 40 * Math.cos(y / 5 + x / 9);
    const errors = measured.map((mode) => {
      const { show } = open(format, [on('persistence', { mode, strength: 0.9 })]);
      let last = show(scene(0));
      for (let frame = 1; frame < 10; frame++) last = show(scene(frame));
      return deviationFrom(last, (x, y) => texture(x + 18, y + 9), 128);
    });
    expect(errors[1]).toBeLessThan((errors[0] as number) * 0.8);
  });
});

describe('despeckle and detail', () => {
  const noisyStep = (): ((x: number) => number) => {
    const noise = grain(10);
    return (x) => (x < 64 ? 70 : 180) + noise();
  };
  const step = (x: number): number => (x < 64 ? 70 : 180);

  for (const method of ['guided', 'lee', 'bilateral', 'gaussian', 'srad']) {
    it(`${method}: takes noise away, more of it the stronger it is`, () => {
      const errors = [0.2, 0.8].map((strength) => {
        const { show } = open(format, [on('despeckle', { method, strength, radius: 3 })]);
        const away = show(noisyStep()).filter((_, at) => Math.abs((at % 128) - 63.5) > 6);
        return deviationFrom(away, (at) => (at < 58 ? 70 : 180), 116);
      }) as [number, number];
      expect(errors[0]).toBeLessThan(10);
      expect(errors[1]).toBeLessThan(errors[0]);
    });
  }

  for (const method of ['unsharp', 'multi-scale']) {
    it(`${method}: raises a wall, leaves flat tissue and its noise, overshoots within its bound`, () => {
      const { show } = open(format, [on('detail', { method, strength: 2, noise: 0 })]);
      const row = show(step).subarray(48 * 128, 49 * 128);
      expect(row[63]).toBeLessThan(70);
      expect(row[64]).toBeGreaterThan(180);
      expect(Math.min(...row)).toBeGreaterThanOrEqual(70 - 24);
      expect(Math.max(...row)).toBeLessThanOrEqual(180 + 24);
      expect([row[0], row[40], row[100], row[127]]).toEqual([70, 70, 180, 180]);
      const guarded = open(format, [on('detail', { method, strength: 2, noise: 40 })]).show((x) => 100 + (x % 2) * 20);
      expect(deviationFrom(guarded, (x) => 100 + (x % 2) * 20, 128)).toBe(0);
    });
  }

  it('gives the same pixels with the kernels and with their readable twins, by every method and mode', () => {
    const small = frameFormat(45, 37, 'GREY');
    const settings = [
      ...measured.map((mode) => [on('persistence', { mode })]),
      ...['guided', 'lee', 'bilateral', 'gaussian', 'srad'].map((method) => [
        on('despeckle', { method, radius: 1 }),
        on('median', { size: 5 }),
      ]),
      ...['unsharp', 'multi-scale'].map((method) => [on('detail', { method })]),
    ];
    for (const setting of settings) {
      const fast = open(small, setting);
      const plain = open(small, setting, (memory) => twins(memory.buffer));
      for (let frame = 0; frame < 3; frame++) {
        const scene = (x: number, y: number): number => (Math.imul(x + 3 * frame, 2_654_435_761) ^ Math.imul(y, 40_503)) >>> 24;
        expect(fast.show(scene), JSON.stringify(setting)).toEqual(plain.show(scene));
      }
    }
  });
});

describe('weights', () => {
  it('of the Gaussian add up to 256 and keep its deviation', () => {
    for (const sigma of [0.1, 0.5, 1, 1.2]) {
      const { w0, w1, w2, w3 } = gaussianWeights(sigma);
      expect(w0 + 2 * (w1 + w2 + w3)).toBe(256);
      expect(Math.sqrt((2 * (w1 + 4 * w2 + 9 * w3)) / 256)).toBeCloseTo(sigma, sigma < 0.3 ? 0 : 1);
    }
    for (const sigma of [2, 100]) expect(Math.max(...Object.values(gaussianWeights(sigma)).slice(1))).toBeLessThanOrEqual(127);
  });

  it('of the bilateral filter stay within a byte for thirteen pixels and fall with difference and distance', () => {
    for (const sigma of [0.5, 3, 10, 30, 80]) {
      for (const pixels of [0.3, 1, 2, 50]) {
        const rows = new Uint8Array(48);
        const { centreWeight, shift } = writeBilateralWeights(rows, sigma, pixels);
        expect(centreWeight + 4 * ((rows[0] ?? 0) + (rows[16] ?? 0) + (rows[32] ?? 0))).toBeLessThanOrEqual(255);
        expect(Math.max(centreWeight, ...rows)).toBeLessThanOrEqual(127);
        expect(centreWeight).toBeGreaterThan(0);
        expect(shift).toBeLessThanOrEqual(4);
        for (let at = 1; at < 48; at++) if (at % 16 > 0) expect(rows[at]).toBeLessThanOrEqual(rows[at - 1] as number);
        for (let at = 16; at < 48; at++) expect(rows[at]).toBeLessThanOrEqual(rows[at - 16] as number);
      }
    }
  });
});
