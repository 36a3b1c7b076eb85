import { describe, expect, it } from 'vitest';
import { frameFormat } from '../../src/frame/frame-format.ts';
import { StageChain } from '../../src/stage/chain.ts';
import { presetNamed, presetOf, presets, settingsFrom } from '../../src/stage/presets.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';

const kernelsOn = await compileKernels();

function chainWith(settings: ConstructorParameters<typeof StageChain>[0]): StageChain {
  const format = frameFormat(64, 48, 'GREY');
  const pages = Math.ceil(StageChain.scratchBytes(format) / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  return new StageChain(settings, format, { kernels: kernelsOn(memory), memory: memory.buffer, scratch: 0 });
}

describe('presets', () => {
  for (const { name, settings, title, description } of presets) {
    it(`${name}: is allowed by the stages and knows itself again, whatever was set before`, () => {
      expect(title).toBeTruthy();
      expect(description).toBeTruthy();
      for (const before of presets) {
        const chain = chainWith(before.settings);
        for (const setting of settings) chain.set(setting.stage, setting);
        expect(presetOf(chain.settings())?.name).toBe(name);
      }
    });

    it(`${name}: leaves window, colours and overlay to whoever set them`, () => {
      expect(settings.map(({ stage }) => stage)).toEqual(['persistence', 'median', 'despeckle', 'detail']);
    });
  }

  it('are none where one option differs, and that of before where a stage that is off differs', () => {
    const chain = chainWith(presetNamed('fluoro/low-dose').settings);
    chain.set('detail', { options: { strength: 2 } });
    expect(presetOf(chain.settings())?.name).toBe('fluoro/low-dose');
    chain.set('despeckle', { options: { strength: 0.65 } });
    expect(presetOf(chain.settings())).toBeUndefined();
  });

  it('give way to what is said of a stage, option by option', () => {
    const settings = settingsFrom('fluoro/strong', [
      { stage: 'despeckle', enabled: true, options: { radius: 1 } },
      { stage: 'window', enabled: true, options: { contrast: 5 } },
    ]);
    expect(settings.find(({ stage }) => stage === 'despeckle')?.options).toMatchObject({ method: 'guided', radius: 1 });
    expect(settings.map(({ stage }) => stage).toSorted()).toEqual(['despeckle', 'detail', 'median', 'persistence', 'window']);
    expect(settingsFrom(undefined, [])).toEqual([]);
    expect(() => settingsFrom('soft', [])).toThrowError(expect.objectContaining({ code: 'stage/unknown-preset' }));
  });
});
