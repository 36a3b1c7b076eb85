import { describe, expect, it } from 'vitest';
import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import { bytesPerPixel, type FrameFormat, frameBytes, frameFormat } from '../../src/frame/frame-format.ts';
import { StageChain } from '../../src/stage/chain.ts';
import type { Kernels } from '../../wasm/kernels.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { twins } from '../reference/kernels.ts';

const kernelsOn = await compileKernels();
const truth = { sequence: 0, capturedAtNs: 0n, rPeak: false, synthetic: false };
const room = 3_000_000;
const [source, target] = [0, 1_000_000];

function open(
  format: FrameFormat,
  settings: ConstructorParameters<typeof StageChain>[0] = [],
  kernelsFor: (memory: WebAssembly.Memory) => Kernels = kernelsOn,
) {
  const pages = Math.ceil((room + StageChain.scratchBytes(format)) / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const chain = new StageChain(settings, format, { kernels: kernelsFor(memory), memory: memory.buffer, scratch: room });
  return { chain, bytes: new Uint8Array(memory.buffer) };
}

const region = { kind: 'tissue', x0: 0, y0: 0, x1: 99, y1: 79, unitX: 'cm', unitY: 'cm', deltaX: 0.1, deltaY: 0.1 } as const;
/** Rows of 80 in which a bright tick begins, in a picture of 100 columns. */
function tickRows(regions: readonly CalibrationRegion[]): number[] {
  const { chain, bytes } = open(frameFormat(100, 80, 'GREY', { regions }), [on('overlay', { opacity: 1 })]);
  chain.apply(source, target, truth);
  return Array.from({ length: 80 }, (_, y) => y).filter((y) => bytes[target + y * 100 + 92] === 255);
}

interface MapSchema {
  readonly properties: { readonly map: { readonly anyOf: readonly { readonly const: string }[] } };
}

const on = (stage: string, options = {}) => ({ stage, enabled: true, options });

describe('StageChain', () => {
  it('has nothing to do for 8 bits without a window, and makes 8 bits of 16', () => {
    expect(open(frameFormat(20, 10, 'GREY')).chain.active).toBe(false);
    const { chain } = open(frameFormat(20, 10, 'Y16', { window: { centre: 512, width: 1024 } }));
    expect(chain.active).toBe(true);
    expect(chain.output).toMatchObject({ pixelFormat: 'GREY', bytesPerLine: 20 });
  });

  it('filters the grey pixels of a colour picture and keeps every coloured one to the bit', () => {
    const format = frameFormat(64, 40, 'RGB24');
    const settings = [on('persistence'), on('median', { size: 5 }), on('despeckle', { strength: 1 }), on('detail'), on('colour-map')];
    const { chain, bytes } = open(format, settings);
    for (let pixel = 0; pixel < 64 * 40; pixel++) {
      const level = (Math.imul(pixel, 2_654_435_761) >>> 24) & 0x7f;
      // A Doppler box in the middle; everywhere else grey, off by what YBR leaves.
      const coloured = pixel % 64 > 20 && pixel % 64 < 44;
      bytes.set(coloured ? [level, 20, 255 - level] : [level, level + (pixel % 3), level + 1], source + 3 * pixel);
    }
    chain.apply(source, target, truth);
    expect(chain.output).toEqual(format);
    const pixels = (at: number, x: number): number[] => [...bytes.subarray(at + 3 * (20 * 64 + x), at + 3 * (20 * 64 + x) + 3)];
    for (let x = 21; x < 44; x++) expect(pixels(target, x)).toEqual(pixels(source, x));
    const changed = [...Array(20).keys()].filter((x) => Math.abs((pixels(target, x)[1] ?? 0) - (pixels(source, x)[1] ?? 0)) > 10);
    expect(changed.length).toBeGreaterThan(10);
    expect(new Set(pixels(target, 3)).size).toBe(1);
    const applied = chain.states().filter((state) => state.applied);
    expect(applied.map(({ stage }) => stage)).toEqual(['persistence', 'median', 'despeckle', 'detail']);
  });

  it('passes a colour picture whose grey filters are all off as it is', () => {
    const { chain } = open(frameFormat(20, 10, 'RGB24'), [on('persistence'), on('colour-map')]);
    chain.set('persistence', { enabled: false });
    expect(chain.active).toBe(false);
    expect(chain.states().find(({ stage }) => stage === 'colour-map')).toMatchObject({ enabled: true, applied: false });
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

  it('forgets what lies more than a second back: no ghost of an older scene', () => {
    const { chain, bytes } = open(frameFormat(20, 10, 'GREY'), [on('persistence', { strength: 0.95, threshold: 60 })]);
    const shownAt = (ms: number, level: number): number => {
      bytes.fill(level, source, 200);
      chain.apply(source, target, { ...truth, capturedAtNs: BigInt(ms) * 1_000_000n });
      return bytes[target] as number;
    };
    expect(shownAt(10_000, 100)).toBe(100);
    expect(shownAt(10_900, 120)).toBeLessThan(110);
    expect(shownAt(11_901, 120)).toBe(120);
    expect(shownAt(11_000, 100)).toBe(100);
  });

  it('gives the same pixels with the kernels and with their readable twins, whatever stages are on', () => {
    const format = frameFormat(101, 37, 'Y16', { window: { centre: 512, width: 900 }, regions: [{ ...region, y1: 36 }] });
    const names = ['persistence', 'median', 'despeckle', 'detail', 'colour-map', 'overlay'];
    for (let mask = 0; mask < 2 ** names.length; mask++) {
      const settings = names.filter((_, bit) => mask & (1 << bit)).map((name) => on(name));
      const [fast, plain] = [open(format, settings), open(format, settings, (memory) => twins(memory.buffer))];
      for (const picture of [1, 2]) {
        for (const { bytes } of [fast, plain]) {
          const values = new Uint16Array(bytes.buffer, source, 101 * 37);
          for (let at = 0; at < values.length; at++) values[at] = (Math.imul(at * picture, 2_654_435_761) >>> 22) & 1023;
        }
        fast.chain.apply(source, target, truth);
        plain.chain.apply(source, target, truth);
      }
      const end = target + frameBytes(fast.chain.output);
      expect(fast.bytes.slice(target, end), `on: ${settings.map(({ stage }) => stage).join(', ')}`).toEqual(plain.bytes.slice(target, end));
    }
  });

  it('opens a stage afresh when other pictures reach it: the result is that of a chain built so', () => {
    const format = frameFormat(100, 80, 'GREY', { regions: [region] });
    const switched = open(format, [on('overlay')]);
    switched.chain.apply(source, target, truth);
    switched.chain.set('colour-map', { enabled: true, options: { map: 'hot' } });
    const built = open(format, [on('overlay'), on('colour-map', { map: 'hot' })]);
    for (const { chain, bytes } of [switched, built]) {
      for (let at = 0; at < 8000; at++) bytes[source + at] = at;
      chain.apply(source, target, truth);
      expect(chain.output.pixelFormat).toBe('RGB24');
    }
    expect(switched.bytes.slice(target, target + 24_000)).toEqual(built.bytes.slice(target, target + 24_000));
  });

  it('draws a ruler only where the picture is calibrated, at whole centimetres', () => {
    const plain = open(frameFormat(100, 80, 'GREY'), [on('overlay')]);
    expect(plain.chain.active).toBe(false);
    expect(plain.chain.overlayBurnedIn).toBe(false);
    expect(tickRows([region])).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
  });

  it('counts depth from the reference pixel, whichever way depth grows', () => {
    expect(tickRows([{ ...region, referenceY: 4, referenceValueY: 0 }])).toEqual([4, 14, 24, 34, 44, 54, 64, 74]);
    expect(tickRows([{ ...region, referenceY: 4, referenceValueY: 0.1 }])).toEqual([3, 13, 23, 33, 43, 53, 63, 73]);
    expect(tickRows([{ ...region, deltaY: -0.1, referenceY: 76, referenceValueY: 0 }])).toEqual([6, 16, 26, 36, 46, 56, 66, 76]);
  });

  it('draws no ruler where a centimetre has no room, and none in other units', () => {
    for (const odd of [{ deltaY: 1e9 }, { deltaY: 20 }, { unitY: 'cm/s' as const }, { kind: 'pw-doppler' as const }]) {
      const { chain } = open(frameFormat(100, 80, 'GREY', { regions: [{ ...region, ...odd }] }), [on('overlay')]);
      expect(chain.active).toBe(false);
    }
  });

  it('writes text on grey and on colour alike, and survives any letter', () => {
    for (const pixelFormat of ['GREY', 'RGB24'] as const) {
      const { chain, bytes } = open(frameFormat(100, 80, pixelFormat), [on('overlay', { text: 'I\u0000\u{1F600}é__', opacity: 1 })]);
      chain.apply(source, target, truth);
      const perPixel = bytesPerPixel[pixelFormat];
      // The upper serif of the I: three dots wide, 8 pixels from the corner.
      const line = bytes.subarray(target + 8 * 100 * perPixel, target + 8 * 100 * perPixel + 16 * perPixel);
      const lit = [...line].map((level, at) => (level === 255 ? Math.floor(at / perPixel) : -1)).filter((x) => x >= 0);
      expect([...new Set(lit)]).toEqual([9, 10, 11]);
      expect(lit.length).toBe(3 * perPixel);
    }
  });

  it('refuses unknown stages, unknown options, values out of range and NaN, and stays as it was', () => {
    const { chain } = open(frameFormat(20, 10, 'GREY'));
    const before = chain.settings();
    expect(() => chain.set('sharpen', {})).toThrowError(expect.objectContaining({ code: 'stage/unknown' }));
    expect(() => chain.set('persistence', { options: { strenght: 0.5 } })).toThrowError(/persistence\.strenght/);
    for (const strength of [2, -1, Number.NaN, '0.5']) {
      expect(() => chain.set('persistence', { options: { strength } })).toThrowError(expect.objectContaining({ code: 'stage/bad-option' }));
    }
    const polluted = JSON.parse('{"__proto__": {"strength": 0.1}}') as Record<string, unknown>;
    expect(() => chain.set('persistence', { options: polluted })).toThrowError(expect.objectContaining({ code: 'stage/bad-option' }));
    expect(chain.settings()).toEqual(before);
  });

  it('refuses a stage that is listed twice', () => {
    const format = frameFormat(20, 10, 'GREY');
    expect(() => open(format, [on('median'), on('median')])).toThrowError(expect.objectContaining({ code: 'stage/twice' }));
  });

  it('maps grey to colours that never get darker', () => {
    const format = frameFormat(256, 1, 'GREY');
    const schemas = open(format)
      .chain.states()
      .filter(({ stage }) => stage === 'colour-map') as unknown as { schema: MapSchema }[];
    const maps = schemas.flatMap(({ schema }) => schema.properties.map.anyOf);
    expect(maps.length).toBeGreaterThan(3);
    for (const { const: map } of maps.filter(({ const: name }) => name !== 'grey')) {
      const { chain, bytes } = open(format, [on('colour-map', { map })]);
      for (let level = 0; level < 256; level++) bytes[source + level] = level;
      chain.apply(source, target, truth);
      // Relative luminance of BT.709 over the stored values is enough for an order.
      const luma = Array.from({ length: 256 }, (_, level) => {
        const [r = 0, g = 0, b = 0] = bytes.subarray(target + 3 * level, target + 3 * level + 3);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      });
      const darker = luma.findIndex((value, level) => level > 0 && value < (luma[level - 1] as number) - 0.5);
      expect(darker, `${map}: first level darker than the one before`).toBe(-1);
    }
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
