import { describe, expect, it } from 'vitest';
import { type FrameFormat, frameFormat } from '../../src/frame/frame-format.ts';
import { StageChain } from '../../src/stage/chain.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';

const kernelsOn = await compileKernels();
const truth = { sequence: 0, capturedAtNs: 0n, rPeak: false, synthetic: false };
const room = 3_000_000;
const [source, target] = [0, 1_000_000];

function open(format: FrameFormat, settings: ConstructorParameters<typeof StageChain>[0] = []) {
  const pages = Math.ceil((room + StageChain.scratchBytes(format)) / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const chain = new StageChain(settings, format, { kernels: kernelsOn(memory), memory: memory.buffer, scratch: room });
  return { chain, bytes: new Uint8Array(memory.buffer) };
}

const region = { kind: 'tissue', x0: 0, y0: 0, x1: 99, y1: 79, unitX: 'cm', unitY: 'cm', deltaX: 0.1, deltaY: 0.1 } as const;
const on = (stage: string, options = {}) => ({ stage, enabled: true, options });

describe('StageChain', () => {
  it('has nothing to do for 8 bits without a window, and makes 8 bits of 16', () => {
    expect(open(frameFormat(20, 10, 'GREY')).chain.active).toBe(false);
    const { chain } = open(frameFormat(20, 10, 'Y16', { window: { centre: 512, width: 1024 } }));
    expect(chain.active).toBe(true);
    expect(chain.output).toMatchObject({ pixelFormat: 'GREY', bytesPerLine: 20 });
  });

  it('never alters colour by a grey filter, and says that it is not applied', () => {
    const { chain } = open(frameFormat(20, 10, 'RGB24'), [on('persistence'), on('median'), on('colour-map')]);
    expect(chain.active).toBe(false);
    expect(chain.states().find(({ stage }) => stage === 'median')).toMatchObject({ enabled: true, applied: false });
  });

  it('runs all stages in order and leaves the source as it was', () => {
    const format = frameFormat(100, 80, 'Y16', { window: { centre: 512, width: 1024 }, regions: [region] });
    const { chain, bytes } = open(
      format,
      ['persistence', 'median', 'colour-map', 'overlay'].map((stage) => on(stage)),
    );
    new Uint16Array(bytes.buffer, source, 8000).fill(1023);
    const before = bytes.slice(source, 16_000);
    chain.apply(source, target, truth);
    expect(chain.output.pixelFormat).toBe('RGB24');
    expect(chain.overlayBurnedIn).toBe(true);
    expect(bytes.slice(source, 16_000)).toEqual(before);
    // White under sepia's last stop, where the ruler does not lie.
    expect([...bytes.subarray(target, target + 3)]).toEqual([255, 240, 208]);
  });

  it('keeps what persistence has learnt while other settings change, and starts afresh when it was off', () => {
    const { chain, bytes } = open(frameFormat(20, 10, 'GREY'), [on('persistence', { strength: 0.9, threshold: 60 })]);
    bytes.fill(100, source, 200);
    chain.apply(source, target, truth);
    bytes.fill(120, source, 200);
    chain.apply(source, target, truth);
    const smoothed = bytes[target] as number;
    expect(smoothed).toBeGreaterThan(100);
    expect(smoothed).toBeLessThan(110);
    chain.set('median', { enabled: true });
    chain.set('persistence', { options: { strength: 0.95 } });
    chain.apply(source, target, truth);
    expect(bytes[target]).toBeLessThan(112);
    chain.set('persistence', { enabled: false });
    chain.set('persistence', { enabled: true });
    chain.apply(source, target, truth);
    expect(bytes[target]).toBe(120);
  });

  it('follows at once what moves more than the threshold allows', () => {
    const { chain, bytes } = open(frameFormat(20, 10, 'GREY'), [on('persistence', { strength: 0.95, threshold: 6 })]);
    bytes.fill(20, source, 200);
    chain.apply(source, target, truth);
    bytes.fill(200, source, 200);
    chain.apply(source, target, truth);
    expect(bytes[target]).toBe(200);
  });

  it('draws a ruler only where the picture is calibrated, at whole centimetres', () => {
    const plain = open(frameFormat(100, 80, 'GREY'), [on('overlay')]);
    plain.chain.apply(source, target, truth);
    expect(plain.bytes.subarray(target, target + 8000).every((value) => value === 0)).toBe(true);

    const calibrated = open(frameFormat(100, 80, 'GREY', { regions: [region] }), [on('overlay', { opacity: 1 })]);
    calibrated.chain.apply(source, target, truth);
    const tickRows = Array.from({ length: 80 }, (_, y) => y).filter((y) => calibrated.bytes[target + y * 100 + 92] === 255);
    expect(tickRows).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
  });

  it('refuses unknown stages, unknown options, values out of range and NaN, and stays as it was', () => {
    const { chain } = open(frameFormat(20, 10, 'GREY'));
    const before = chain.settings();
    expect(() => chain.set('sharpen', {})).toThrowError(expect.objectContaining({ code: 'stage/unknown' }));
    expect(() => chain.set('persistence', { options: { strenght: 0.5 } })).toThrowError(/persistence\.strenght/);
    for (const strength of [2, -1, Number.NaN, '0.5']) {
      expect(() => chain.set('persistence', { options: { strength } })).toThrowError(expect.objectContaining({ code: 'stage/bad-option' }));
    }
    expect(chain.settings()).toEqual(before);
  });

  it('has a title and a description for every option', () => {
    for (const { title, schema } of open(frameFormat(20, 10, 'GREY')).chain.states()) {
      expect(title).toBeTruthy();
      for (const option of Object.values((schema as { properties: Record<string, object> }).properties)) {
        expect(option).toMatchObject({ title: expect.any(String), description: expect.any(String) });
      }
    }
  });
});
