import { describe, expect, it } from 'vitest';
import { raw } from '../../src/codec/raw.ts';
import { frameFormat } from '../../src/frame/frame-format.ts';
import { StageChain, type StageSettings } from '../../src/stage/chain.ts';
import { frozenStates } from '../../src/stage/stage-state.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { Reprocessor } from '../../web-client/reprocessor.ts';

const kernelsOn = await compileKernels();
const format = frameFormat(96, 64, 'GREY');
const nonLocalMeans: StageSettings = { stage: 'non-local-means', enabled: true, options: { noise: 'even', strength: 0.5 } };

/** A wall between two kinds of tissue, with noise that is the same in every run. */
function captured() {
  let state = 1;
  const payload = Uint8Array.from({ length: 96 * 64 }, (_, at) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (at % 96 < 48 ? 60 : 170) + (state >>> 27) - 16;
  });
  return { format, codec: raw, payload };
}

/** Deviation of the pixels left of the wall. */
function deviationOf(levels: Uint8Array): number {
  const tissue = levels.filter((_, at) => at % 96 < 40);
  const mean = tissue.reduce((total, level) => total + level, 0) / tissue.length;
  return Math.sqrt(tissue.reduce((total, level) => total + (level - mean) ** 2, 0) / tissue.length);
}

describe('a frozen picture that is processed anew', () => {
  it('can go through non-local means, stronger and weaker, and keeps its wall', () => {
    const reprocessor = new Reprocessor(kernelsOn, captured());
    const before = deviationOf(captured().payload);
    const [weak, strong] = [0.05, 0.5].map((strength) => {
      const { payload, stages } = reprocessor.process([{ ...nonLocalMeans, options: { noise: 'even', strength } }]);
      expect(stages.find(({ stage }) => stage === 'non-local-means')).toMatchObject({ applied: true, options: { strength } });
      return payload.slice();
    }) as [Uint8Array, Uint8Array];
    expect(deviationOf(weak)).toBeLessThan(before);
    expect(deviationOf(strong)).toBeLessThan(before / 4);
    expect((strong[32 * 96 + 52] as number) - (strong[32 * 96 + 43] as number)).toBeGreaterThan(100);
  });

  it('is left as it was captured where everything is off again', () => {
    const picture = captured();
    const reprocessor = new Reprocessor(kernelsOn, picture);
    reprocessor.process([nonLocalMeans]);
    expect(reprocessor.process([{ ...nonLocalMeans, enabled: false }]).payload).toEqual(picture.payload);
  });

  it('has what a live one has not: a live picture refuses it, whether set or configured', () => {
    const pages = Math.ceil(StageChain.scratchBytes(format) / 65_536);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const room = { kernels: kernelsOn(memory), memory: memory.buffer, scratch: 0 };
    const refusal = expect.objectContaining({ code: 'stage/frozen-only', fields: { stage: 'non-local-means' } });
    const live = new StageChain([], format, room);
    expect(() => live.set('non-local-means', { enabled: true })).toThrowError(refusal);
    expect(() => new StageChain([nonLocalMeans], format, room)).toThrowError(refusal);

    const [told, frozen] = [live.states(), frozenStates(live.states())];
    expect(told.map(({ stage }) => stage)).not.toContain('non-local-means');
    expect(frozen.find(({ stage }) => stage === 'non-local-means')).toMatchObject({ enabled: false, applied: false });
    expect(frozen.filter(({ stage }) => stage !== 'non-local-means')).toEqual(told);
    expect(frozenStates([])).toEqual([]);
  });
});
