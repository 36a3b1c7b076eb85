import { describe, expect, it } from 'vitest';
import { frameFormat } from '../../src/frame/frame-format.ts';
import { StageChain } from '../../src/stage/chain.ts';
import { Drawing } from '../../src/stage/drawing.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';

const kernelsOn = await compileKernels();
const truth = { sequence: 0, capturedAtNs: 0n, rPeak: false, synthetic: false };
const [width, height] = [60, 40];
const white = { red: 255, green: 255, blue: 255, opacity: 1 };

function drawn(work: (drawing: Drawing) => void) {
  const pixels = new Uint8Array(4 * width * height);
  const spans = new Uint16Array(2 * height);
  work(new Drawing(pixels, spans, width, height));
  const alphaAt = (x: number, y: number): number => pixels[4 * (y * width + x) + 3] as number;
  const covered = pixels.filter((_, at) => at % 4 === 3).reduce((sum, alpha) => sum + alpha / 255, 0);
  return { pixels, spans, alphaAt, covered };
}

describe('Drawing', () => {
  it('covers as much of the picture as a line is long and thick, whatever its direction', () => {
    for (let degrees = 0; degrees < 180; degrees += 7.5) {
      const [dx, dy] = [15 * Math.cos((degrees * Math.PI) / 180), 15 * Math.sin((degrees * Math.PI) / 180)];
      const { covered } = drawn((drawing) => drawing.line(30 - dx, 20 - dy, 30 + dx, 20 + dy, 2, white));
      // Its round ends make one circle more.
      expect(covered, `${degrees} degrees`).toBeGreaterThan((60 + Math.PI) * 0.95);
      expect(covered, `${degrees} degrees`).toBeLessThan((60 + Math.PI) * 1.08);
    }
  });

  it('draws circles that are round: the same coverage in every direction', () => {
    const { alphaAt, covered } = drawn((drawing) => drawing.circle(30, 20, 12, 1, white));
    expect([alphaAt(42, 20), alphaAt(18, 20), alphaAt(30, 8), alphaAt(30, 32)]).toEqual([255, 255, 255, 255]);
    expect(alphaAt(30, 20)).toBe(0);
    expect(covered).toBeCloseTo(2 * Math.PI * 12, -1);
  });

  it('has smooth edges: a place between two pixels is shared between them', () => {
    const { alphaAt } = drawn((drawing) => drawing.line(10, 10.5, 40, 10.5, 1, white));
    expect(alphaAt(20, 10)).toBe(128);
    expect(alphaAt(20, 11)).toBe(128);
    expect(alphaAt(20, 12)).toBe(0);
  });

  it('writes letters at any size and place', () => {
    const { alphaAt } = drawn((drawing) => drawing.text(10, 5, 'I', 1, white));
    expect([9, 10, 11, 12, 13, 14].map((x) => alphaAt(x, 5))).toEqual([0, 0, 255, 255, 255, 0]);
    const between = drawn((drawing) => drawing.text(10.5, 5, 'I', 1, white));
    expect([10, 11, 12, 13, 14].map((x) => between.alphaAt(x, 5))).toEqual([0, 128, 255, 255, 128]);
  });

  it('knows of every row which columns are drawn upon, and stays inside the picture', () => {
    const { pixels, spans } = drawn((drawing) => {
      drawing.line(-20, -10, 90, 60, 3, white);
      drawing.circle(55, 38, 20, 2, white);
      drawing.text(-3, 37, 'OUT', 2, white);
    });
    for (let y = 0; y < height; y++) {
      const columns = Array.from({ length: width }, (_, x) => x).filter((x) => pixels[4 * (y * width + x) + 3] !== 0);
      expect([spans[2 * y], spans[2 * y + 1]], `row ${y}`).toEqual(columns.length === 0 ? [0, 0] : [columns[0], (columns.at(-1) ?? 0) + 1]);
    }
  });

  it('mixes colours that overlap', () => {
    const { pixels } = drawn((drawing) => {
      drawing.line(5, 20, 55, 20, 4, { red: 200, green: 0, blue: 0, opacity: 1 });
      drawing.line(30, 5, 30, 35, 4, { red: 0, green: 100, blue: 0, opacity: 0.5 });
    });
    expect([...pixels.subarray(4 * (20 * width + 30), 4 * (20 * width + 31))]).toEqual([100, 50, 0, 255]);
  });
});

describe('annotation', () => {
  const run = (pixelFormat: 'GREY' | 'RGB24', shapes: unknown[]) => {
    const format = frameFormat(width, height, pixelFormat);
    const pages = Math.ceil((32_768 + StageChain.scratchBytes(format)) / 65_536);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const bytes = new Uint8Array(memory.buffer);
    bytes.fill(50, 0, 3 * width * height);
    const chain = new StageChain([{ stage: 'annotation', enabled: true, options: { shapes } }], format, {
      kernels: kernelsOn(memory),
      memory: memory.buffer,
      scratch: 32_768,
    });
    if (chain.active) chain.apply(0, 16_384, truth);
    return { chain, pixel: (x: number, y: number) => [...bytes.subarray(16_384 + 3 * (y * width + x), 16_384 + 3 * (y * width + x) + 3)] };
  };

  it('draws in colour over grey and over colour, leaves the rest, and says that it did', () => {
    for (const pixelFormat of ['GREY', 'RGB24'] as const) {
      const { chain, pixel } = run(pixelFormat, [{ kind: 'line', x0: 5, y0: 10, x1: 50, y1: 10, colour: '#10ff20' }]);
      expect(chain.output.pixelFormat).toBe('RGB24');
      expect(chain.overlayBurnedIn).toBe(true);
      expect(pixel(20, 10)).toEqual([16, 255, 32]);
      expect(pixel(20, 20)).toEqual([50, 50, 50]);
    }
  });

  it('does nothing without shapes, and refuses shapes that are none', () => {
    expect(run('GREY', []).chain.active).toBe(false);
    for (const wrong of [
      { kind: 'square' },
      { kind: 'circle', x: 1, y: 1, radius: 0 },
      { kind: 'line', x0: Number.NaN, y0: 0, x1: 1, y1: 1 },
    ]) {
      expect(() => run('GREY', [wrong]), JSON.stringify(wrong)).toThrowError(expect.objectContaining({ code: 'stage/bad-option' }));
    }
  });
});
