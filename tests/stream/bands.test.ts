import { describe, expect, it, vi } from 'vitest';
import { type FrameFormat, frameBytes, frameFormat } from '../../src/frame/frame-format.ts';
import { StageChain, type StageSettings } from '../../src/stage/chain.ts';
import { presets } from '../../src/stage/presets.ts';
import { Bands } from '../../src/stream/bands.ts';
import { Sharing } from '../../src/stream/sharing.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';

const kernelsOn = await compileKernels();
const slot = 400_000;
const [source, target] = [0, slot];
const region = { kind: 'tissue', x0: 0, y0: 0, x1: 150, y1: 250, unitX: 'cm', unitY: 'cm', deltaX: 0.05, deltaY: 0.05 } as const;
const on = (stage: string, options = {}): StageSettings => ({ stage, enabled: true, options });

/** A chain with its own pictures; with `bands` > 1 the same chain shared out between threads. */
async function chainOf(format: FrameFormat, settings: readonly StageSettings[], count: number) {
  const scratch = 2 * slot;
  const own = scratch + StageChain.scratchBytes(format);
  const pages = Math.ceil((own + Bands.scratchBytes(format, count)) / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const chain = new StageChain(settings, format, { kernels: kernelsOn(memory), memory: memory.buffer, scratch });
  const bands = count === 1 ? undefined : new Bands(count, memory, own, format, settings);
  if (bands !== undefined) {
    await vi.waitUntil(() => bands.ready, 10_000);
    chain.share({ index: 0, count }, bands);
  }
  const bytes = new Uint8Array(memory.buffer);
  return {
    set(stage: string, change: { enabled?: boolean; options?: Record<string, unknown> }) {
      chain.set(stage, change);
      bands?.set({ stage, ...change });
    },
    pass(picture: Uint8Array, index: number): Buffer {
      bytes.set(picture, source);
      const truth = { sequence: index, capturedAtNs: BigInt(index) * 33_000_000n, rPeak: false, synthetic: true };
      expect(chain.apply(source, target, truth)).toBe(true);
      return Buffer.from(bytes.slice(target, target + frameBytes(chain.output)));
    },
    [Symbol.dispose]: () => bands?.[Symbol.dispose](),
  };
}

/** Noise over a slope that moves from picture to picture. */
function picture(format: FrameFormat, index: number): Uint8Array {
  let state = index + 1;
  return Uint8Array.from({ length: frameBytes(format) }, (_, at) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    if (format.pixelFormat === 'Y16' && at % 2 === 1) return (at >> 7) & 3;
    return ((at >> 4) + index * 3 + (state >>> 27)) & 0xff;
  });
}

describe('Bands', () => {
  const everything = ['persistence', 'median', 'colour-map', 'overlay'].map((stage) => on(stage));
  const y16 = frameFormat(151, 251, 'Y16', { window: { centre: 512, width: 1024 }, regions: [region] });
  const grey = frameFormat(151, 251, 'GREY', { regions: [region] });
  const colour = frameFormat(151, 251, 'RGB24', { regions: [region] });
  it.each([
    ['16 bits, all stages', y16, everything, 2],
    ['16 bits, all stages', y16, everything, 3],
    ['grey, one stage that looks beyond its row', grey, [on('median')], 2],
    ['grey, a stage that nobody shares', grey, [on('overlay')], 2],
    ['colour, filters on its grey plane', colour, [on('persistence'), on('median', { size: 5 }), on('detail'), on('overlay')], 2],
    ...presets.map(({ name, settings }) => [`grey, ${name}`, grey, [...settings, on('colour-map')], 2] as const),
    ...(['guided', 'lee', 'bilateral', 'gaussian', 'srad'] as const).map(
      (method) => [`grey, despeckled by ${method}`, grey, [on('median'), on('despeckle', { method, radius: 4 }), on('detail')], 3] as const,
    ),
    ['lower than its bands are many', frameFormat(40, 3, 'GREY'), [on('median'), on('persistence')], 4],
  ] as const)('give the same picture as one core, to the bit: %s (%#)', async (_, format, settings, count) => {
    using alone = await chainOf(format, settings, 1);
    using shared = await chainOf(format, settings, count);
    for (let index = 0; index < 5; index++) {
      const next = picture(format, index);
      expect(shared.pass(next, index).equals(alone.pass(next, index))).toBe(true);
    }
  });

  it('take new settings with the next picture, and keep what they have learnt', async () => {
    using alone = await chainOf(y16, everything, 1);
    using shared = await chainOf(y16, everything, 2);
    const changes = [
      ['median', { enabled: false }],
      ['window', { options: { contrast: 40 } }],
      ['colour-map', { options: { map: 'hot' } }],
      ['colour-map', { enabled: false }],
      ['median', { enabled: true }],
      ['overlay', { enabled: false }],
    ] as const;
    for (const [index, [stage, change]] of changes.entries()) {
      const next = picture(y16, index);
      expect(shared.pass(next, index).equals(alone.pass(next, index))).toBe(true);
      shared.set(stage, change);
      alone.set(stage, change);
    }
    const last = picture(y16, 99);
    expect(shared.pass(last, 99).equals(alone.pass(last, 99))).toBe(true);
  });

  it('say so when a thread cannot open its stages', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    using bands = new Bands(2, memory, 65_536 * 2, grey, [on('overlay')]);
    await vi.waitUntil(() => bands.failed, 10_000);
    expect(bands.ready).toBe(false);
  });
});

describe('Sharing', () => {
  /** Answers after as many pictures as a decision takes. */
  const decide = (sharing: Sharing, bands: number, tookMs: number, intervalMs: number): number => {
    let wanted = bands;
    for (let pictures = 0; pictures < 33; pictures++) wanted = sharing.next(bands, tookMs, intervalMs);
    return wanted;
  };

  it('stays on one core while that has time', () => {
    expect(decide(new Sharing(4), 1, 6, 33)).toBe(1);
  });

  it('takes as many cores as the rate demands, and no more than there are', () => {
    expect(decide(new Sharing(4), 1, 20, 33)).toBe(2);
    expect(decide(new Sharing(4), 1, 60, 33)).toBe(4);
    expect(decide(new Sharing(2), 1, 60, 33)).toBe(2);
    expect(decide(new Sharing(1), 1, 60, 33)).toBe(1);
  });

  it('goes on sharing while it pays, and gives the core back where it does not', () => {
    const pays = new Sharing(2);
    decide(pays, 1, 20, 33);
    expect(decide(pays, 2, 11, 33)).toBe(2);
    const doesNot = new Sharing(2);
    decide(doesNot, 1, 20, 33);
    expect(decide(doesNot, 2, 19, 33)).toBe(1);
    expect(decide(doesNot, 1, 20, 33)).toBe(1);
  });

  it('gives the core back when the stages have become cheap', () => {
    const sharing = new Sharing(2);
    decide(sharing, 1, 20, 33);
    expect(decide(sharing, 2, 2, 33)).toBe(1);
  });
});
