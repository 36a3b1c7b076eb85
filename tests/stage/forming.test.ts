import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { regionFault } from '../../src/frame/calibration.ts';
import { deviceFormats, type FrameFormat, frameBytes, frameFormat } from '../../src/frame/frame-format.ts';
import type { FanScan, LinearScan } from '../../src/frame/scan-geometry.ts';
import { Forming } from '../../src/stage/forming.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { twins } from '../reference/kernels.ts';

const kernelsOn = await compileKernels();
type Settings = ConstructorParameters<typeof Forming>[0];
const on = (stage: string, options = {}) => ({ stage, enabled: true, options });
const badOption = expect.objectContaining({ code: 'stage/bad-option' });
const region = { kind: 'tissue', x0: 2, y0: 1, x1: 9, y1: 6, unitX: 'cm', unitY: 'cm', deltaX: 0.1, deltaY: 0.2 } as const;

/** The picture that a device's bytes become. */
function formed(format: FrameFormat, data: Uint8Array, settings: Settings = [], kernelsFor: typeof kernelsOn = kernelsOn) {
  const forming = new Forming(settings, format);
  const target = (frameBytes(format) + 63) & ~63;
  const scratch = (target + frameBytes(forming.output) + 63) & ~63;
  const pages = Math.ceil((scratch + forming.scratchBytes) / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  // What is left of former frames must not show.
  bytes.fill(0xa5);
  bytes.set(data);
  const form = forming.open({ kernels: kernelsFor(memory), memory: memory.buffer, scratch });
  form(0, target);
  expect(bytes.subarray(0, data.length), 'the captured data are left alone').toEqual(data);
  return { format: forming.output, pixels: bytes.slice(target, target + frameBytes(forming.output)) };
}

const noise = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => Math.imul(at + 1, 2_654_435_761) >>> 24);
const fan: FanScan = { kind: 'curvilinear', depthStartMm: 0, depthEndMm: 60, radiusMm: 40, angleStartDeg: -30, angleEndDeg: 30 };

describe('Forming', () => {
  it('leaves pictures alone', () => {
    for (const format of [frameFormat(20, 10, 'GREY'), frameFormat(20, 10, 'RGB24')]) {
      const forming = new Forming([], format);
      expect(forming.active).toBe(false);
      expect(forming.output).toEqual(format);
      expect(forming.states().map(({ stage }) => stage)).toEqual(['mask', 'orientation']);
    }
  });

  it('makes a picture of whatever devices deliver, the same with kernels and twins', () => {
    const scan = { kind: 'linear', depthStartMm: 0, depthEndMm: 40, lineStartMm: -10, lineEndMm: 10 } as const;
    const rf = { layout: 'rf', sampleRateMHz: 40, centreMHz: 5, bandMHz: 4 } as const;
    const formats = [
      ...deviceFormats.filter((name) => name !== 'S16').map((name) => frameFormat(34, 12, name, { bytesPerLine: 34 * 4 + 12 })),
      frameFormat(34, 12, 'GREY', { bytesPerLine: 50 }),
      frameFormat(34, 12, 'RGB24', { bytesPerLine: 110 }),
      frameFormat(80, 12, 'GREY', { scan }),
      ...(['rf', 'iq-lines', 'iq-pairs', 'envelope'] as const).map((layout) => frameFormat(80, 12, 'S16', { scan, rf: { ...rf, layout } })),
    ];
    for (const format of formats) {
      const settings = [
        on('scan-conversion', { height: 50 }),
        on('orientation', { turn: 90, scale: format.pixelFormat.startsWith('Y1') ? 1 : 0.5 }),
      ];
      const ours = formed(format, noise(frameBytes(format)), settings);
      expect(['GREY', 'Y16', 'RGB24']).toContain(ours.format.pixelFormat);
      expect(new Set(ours.pixels).size, `${format.pixelFormat} ${format.rf?.layout ?? ''}: levels`).toBeGreaterThan(3);
      const plain = formed(format, noise(frameBytes(format)), settings, (memory) => twins(memory.buffer));
      expect(Buffer.compare(ours.pixels, plain.pixels), `${format.pixelFormat} ${format.rf?.layout ?? ''}`).toBe(0);
    }
  });

  it('compresses an envelope as it is, and gives no calibration of numbers that nobody measured', () => {
    const scan = { kind: 'linear', depthStartMm: 0, depthEndMm: 40, lineStartMm: -10, lineEndMm: 10 } as const;
    const rf = { layout: 'envelope', sampleRateMHz: 10, centreMHz: 0, bandMHz: 0 } as const;
    const strengths = Int16Array.from({ length: 64 * 4 }, (_, at) => [32_767, 3277, 328, 0][at >> 6] as number);
    const settings = [on('b-mode', { dynamicRangeDb: 60, edgeSamples: 0 }), { stage: 'scan-conversion', enabled: false, options: {} }];
    const { pixels } = formed(frameFormat(64, 4, 'S16', { scan, rf }), new Uint8Array(strengths.buffer), settings);
    // 20 dB less are a third of 60 dB less bright.
    for (const [line, level] of [255, 170, 85, 0].entries())
      expect(Math.abs((pixels[line * 64 + 30] as number) - level)).toBeLessThanOrEqual(1);
    for (const assumed of [{}, { assumed: true }] as const) {
      const { output } = new Forming([], frameFormat(64, 4, 'GREY', { scan: { ...scan, ...assumed } }));
      expect(output.regions.length).toBe('assumed' in assumed ? 0 : 1);
    }
  });

  it('makes grey of colour where that is asked for', () => {
    for (const name of ['YUYV', 'UYVY', 'NV12', 'I420', 'BGR24', 'BGRA', 'RGB24'] as const) {
      const format = frameFormat(16, 8, name);
      const { format: picture } = formed(format, noise(frameBytes(format)), [on('pixel-format', { as: 'grey' })]);
      expect(picture).toMatchObject({ pixelFormat: 'GREY', bytesPerLine: 16 });
    }
  });

  it('takes HD as BT.709 where the source is silent', () => {
    const pixels = (matrix: string): Uint8Array => {
      const format = frameFormat(2, 720, 'YUYV');
      return formed(
        format,
        new Uint8Array(frameBytes(format)).map((_, at) => [120, 90, 120, 200][at & 3] as number),
        [on('pixel-format', { matrix })],
      ).pixels;
    };
    expect(pixels('source')).toEqual(pixels('bt709'));
    expect(pixels('source')).not.toEqual(pixels('bt601'));
  });

  it('gives detectors of 10 and 12 bits a window', () => {
    expect(new Forming([], frameFormat(8, 4, 'Y10')).output.window).toEqual({ centre: 512, width: 1024 });
    expect(new Forming([], frameFormat(8, 4, 'Y12', { window: { centre: 700, width: 50 } })).output.window).toEqual({
      centre: 700,
      width: 50,
    });
  });

  it('says when no picture can come of what is left on', () => {
    const off = [{ stage: 'pixel-format', enabled: false, options: {} }];
    expect(() => new Forming(off, frameFormat(8, 4, 'NV12'))).toThrowError(expect.objectContaining({ code: 'frame/bad-format' }));
    const lines = frameFormat(80, 12, 'GREY', { scan: fan });
    expect(new Forming([{ stage: 'scan-conversion', enabled: false, options: {} }], lines).output).toMatchObject({ width: 80, height: 12 });
  });

  it('refuses wrong settings with the option named', () => {
    const format = frameFormat(20, 10, 'GREY');
    const wrong: readonly [string, object][] = [
      ['orientation', { cropLeft: 12, cropRight: 8 }],
      ['orientation', { scale: 0 }],
      ['orientation', { scale: Number.NaN }],
      ['orientation', { turn: 45 }],
      ['orientation', { cropTop: 1.5 }],
      ['mask', { rectangles: [{ x: 15, y: 0, width: 6, height: 2 }] }],
      ['mask', { rectangles: [{ x: 0, y: 0, width: 0, height: 2 }] }],
      ['mask', { rectangles: [{ x: -1, y: 0, width: 2, height: 2 }] }],
      ['mask', { fan: { apexX: 10, apexY: 0, innerPx: 5, outerPx: 5, startDeg: -30, endDeg: 30 } }],
      ['mask', { fan: { apexX: Number.NaN, apexY: 0, innerPx: 0, outerPx: 5, startDeg: -30, endDeg: 30 } }],
      ['scan-conversion', { height: 0 }],
    ];
    for (const [stage, options] of wrong)
      expect(() => new Forming([on(stage, options)], format), JSON.stringify(options)).toThrowError(badOption);
    expect(() => new Forming([on('mask'), on('mask')], format)).toThrowError(expect.objectContaining({ code: 'stage/twice' }));
    const deep = frameFormat(20, 10, 'Y16', { window: { centre: 10, width: 20 } });
    expect(() => new Forming([on('orientation', { scale: 0.5 })], deep)).toThrowError(badOption);
  });
});

describe('mask', () => {
  it('leaves nothing of what lies in its rectangles, and everything beside them', () => {
    for (const [pixelFormat, bytes] of [
      ['GREY', 1],
      ['RGB24', 3],
    ] as const) {
      const format = frameFormat(20, 10, pixelFormat);
      const rectangles = [
        { x: 3, y: 2, width: 5, height: 4 },
        { x: 6, y: 5, width: 14, height: 5 },
      ];
      const { pixels } = formed(format, new Uint8Array(frameBytes(format)).fill(200), [on('mask', { rectangles })]);
      const hidden = (x: number, y: number): boolean =>
        rectangles.some((r) => x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height);
      expect([...pixels]).toEqual(
        Array.from({ length: pixels.length }, (_, at) => (hidden(Math.floor(at / bytes) % 20, Math.floor(at / bytes / 20)) ? 0 : 200)),
      );
    }
  });

  it('keeps a fan', () => {
    const given = { apexX: 50, apexY: 0, innerPx: 10, outerPx: 60, startDeg: -30, endDeg: 30 };
    const { pixels } = formed(frameFormat(101, 70, 'GREY'), new Uint8Array(7070).fill(9), [on('mask', { fan: given })]);
    const at = (x: number, y: number): number => pixels[y * 101 + x] as number;
    expect([at(50, 9), at(50, 10), at(50, 60), at(50, 61)]).toEqual([0, 9, 9, 0]);
    expect([at(25, 40), at(28, 40), at(72, 40), at(75, 40)]).toEqual([0, 9, 9, 0]);
  });
});

describe('orientation', () => {
  /** Every pixel says where it came from. */
  const format = frameFormat(12, 8, 'GREY', { regions: [region] });
  const picture = Uint8Array.from({ length: 96 }, (_, at) => at);
  const mmOf = (f: FrameFormat, x: number, y: number): [number, number] => {
    const [r] = f.regions;
    if (r === undefined) throw new Error('no region');
    return [(x - r.x0 - (r.referenceX ?? 0)) * r.deltaX, (y - r.y0 - (r.referenceY ?? 0)) * r.deltaY];
  };

  for (const turn of [0, 90, 180, 270]) {
    for (const mirror of [false, true]) {
      for (const upsideDown of [false, true]) {
        it(`turns by ${turn}, mirror ${mirror}, upside down ${upsideDown}: pixels and calibration go together`, () => {
          const given = on('orientation', { turn, mirror, upsideDown, cropLeft: 1, cropTop: 2, cropRight: 1 });
          const result = formed(format, picture, [given]);
          const sideways = turn === 90 || turn === 270;
          expect([result.format.width, result.format.height]).toEqual(sideways ? [6, 10] : [10, 6]);
          expect(result.format.regions.map((r) => regionFault(r, result.format.width, result.format.height))).toEqual([undefined]);
          result.pixels.forEach((from, at) => {
            const [x, y] = [at % result.format.width, Math.floor(at / result.format.width)];
            const here = mmOf(result.format, x, y);
            const there = mmOf(format, from % 12, Math.floor(from / 12));
            const expected = sideways ? [there[1], there[0]] : there;
            expect(here[0]).toBeCloseTo(expected[0] as number, 9);
            expect(here[1]).toBeCloseTo(expected[1] as number, 9);
          });
          const upperLeft = { 0: [1, 2], 90: [1, 7], 180: [10, 7], 270: [10, 2] }[turn] as [number, number];
          const [x, y] = [mirror ? 11 - upperLeft[0] : upperLeft[0], upsideDown ? 9 - upperLeft[1] : upperLeft[1]];
          expect(result.pixels[0]).toBe(y * 12 + x);
        });
      }
    }
  }

  it('scales the calibration with the pixels', () => {
    const { format: half, pixels } = formed(format, new Uint8Array(96).fill(77), [on('orientation', { scale: 0.5 })]);
    expect([half.width, half.height]).toEqual([6, 4]);
    expect(half.regions[0]).toMatchObject({ x0: 1, x1: 4, y0: 0, y1: 3, deltaX: 0.2, deltaY: 0.4 });
    // The middle between the source's columns 2 and 3 is the middle of column 1.
    expect(mmOf(half, 1, 0)[0]).toBeCloseTo(0.05, 9);
    expect(new Set(pixels)).toEqual(new Set([77]));
  });

  it('leaves out regions that are cut away', () => {
    expect(new Forming([on('orientation', { cropLeft: 10 })], format).output.regions).toEqual([]);
  });

  it('scales colour while it turns', () => {
    const colour = frameFormat(12, 8, 'RGB24');
    const data = Uint8Array.from({ length: 288 }, (_, at) => [10, 120, 240][at % 3] as number);
    const { format: big, pixels } = formed(colour, data, [on('orientation', { scale: 1.5, turn: 90 })]);
    expect([big.width, big.height]).toEqual([12, 18]);
    expect([...pixels]).toEqual(Array.from({ length: pixels.length }, (_, at) => [10, 120, 240][at % 3]));
  });
});

describe('scan conversion', () => {
  it('puts every echo where it is in the body, and says so in the calibration', () => {
    // A bright point at 20 mm on the line at +15 degrees of 61 lines, one sample each half millimetre.
    const format = frameFormat(121, 61, 'GREY', { scan: fan });
    const data = new Uint8Array(frameBytes(format));
    data[45 * 121 + 40] = 255;
    const { format: picture, pixels } = formed(format, data, [on('scan-conversion', { height: 600 })]);
    const brightest = pixels.indexOf(pixels.reduce((most, level) => Math.max(most, level), 0));
    const [x, y] = [brightest % picture.width, Math.floor(brightest / picture.width)];
    const [r] = picture.regions;
    if (r === undefined) throw new Error('no region');
    const cm = [(x - r.x0 - (r.referenceX ?? 0)) * r.deltaX, (y - r.y0 - (r.referenceY ?? 0)) * r.deltaY];
    expect(cm[0]).toBeCloseTo(6 * Math.sin(Math.PI / 12), 1);
    expect(cm[1]).toBeCloseTo(6 * Math.cos(Math.PI / 12) - 4, 1);
  });

  it('fits the whole scan, from edge to edge', () => {
    const scans: readonly (FanScan | LinearScan)[] = [
      fan,
      { ...fan, kind: 'sector', radiusMm: 0, angleStartDeg: -45, angleEndDeg: 20 },
      { ...fan, angleStartDeg: 75, angleEndDeg: -75 },
      { kind: 'linear', depthStartMm: 40, depthEndMm: 2, lineStartMm: -19, lineEndMm: 18 },
    ];
    for (const scan of scans) {
      const format = frameFormat(121, 61, 'GREY', { scan });
      const { format: picture, pixels } = formed(format, new Uint8Array(frameBytes(format)).fill(50), [
        on('scan-conversion', { height: 200 }),
      ]);
      const rows = Array.from({ length: 200 }, (_, y) => pixels.subarray(y * picture.width, (y + 1) * picture.width).includes(50));
      const columns = Array.from({ length: picture.width }, (_, x) => rows.some((_row, y) => pixels[y * picture.width + x] === 50));
      expect(rows.filter((row) => !row).length, JSON.stringify(scan)).toBeLessThanOrEqual(2);
      expect(columns.filter((column) => !column).length, JSON.stringify(scan)).toBeLessThanOrEqual(2);
    }
  });

  it('takes lines from right to left and samples from deep to shallow', () => {
    const scan: LinearScan = { kind: 'linear', depthStartMm: 0, depthEndMm: 30, lineStartMm: -10, lineEndMm: 10 };
    const data = noise(31 * 21);
    const back = data.slice().reverse();
    const settings = [on('scan-conversion', { height: 91 })];
    const there = formed(frameFormat(31, 21, 'GREY', { scan }), data, settings);
    const reversed = { ...scan, depthStartMm: 30, depthEndMm: 0, lineStartMm: 10, lineEndMm: -10 };
    const again = formed(frameFormat(31, 21, 'GREY', { scan: reversed }), back, settings);
    const farthest = there.pixels.reduce((most, level, at) => Math.max(most, Math.abs(level - (again.pixels[at] as number))), 0);
    expect(farthest).toBeLessThanOrEqual(2);
  });
});

const raw = resolve(import.meta.dirname, '../../../shared/data/us_raw');

describe.skipIf(!existsSync(raw))('a real linear probe (skipped without the recordings)', () => {
  /** MetaImage with its pixels behind the header. */
  const pixelsOf = (file: string): Uint8Array => {
    const bytes = readFileSync(resolve(raw, file));
    return new Uint8Array(bytes.subarray(bytes.indexOf('ElementDataFile = LOCAL') + 'ElementDataFile = LOCAL\n'.length));
  };

  it('gives the reference picture: under a level of difference inside the scan', () => {
    // Geometry of rf_linear_config.xml: 128 lines over 38 mm, 2080 samples over 55 mm, stored from deep to shallow.
    const scan: LinearScan = {
      kind: 'linear',
      depthStartMm: (55 * 2079) / 2080,
      depthEndMm: 0,
      lineStartMm: -19,
      lineEndMm: (38 * 127) / 128 - 19,
    };
    const rf = { layout: 'iq-lines', sampleRateMHz: 40, centreMHz: 0, bandMHz: 0 } as const;
    const { format, pixels } = formed(frameFormat(2080, 256, 'S16', { scan, rf }), pixelsOf('rf_linear_ultrasonix.mha'), [
      // The reference shows 20 times the fourth root of the amplitude.
      on('b-mode', { compression: 'fourth-root', gainDb: 20 * Math.log10((20 / 255) ** 4 * 32_767) }),
      on('scan-conversion', { width: 260, height: 400, mmPerPixel: 0.2, probeX: 120, probeY: 12, interpolation: 'nearest' }),
    ]);
    const reference = pixelsOf('rf_linear_ultrasonix_reference_bmode.mha');
    expect([format.width, format.height, pixels.length]).toEqual([260, 400, reference.length]);
    let [total, inside] = [0, 0];
    reference.forEach((level, at) => {
      if (level === 0 && pixels[at] === 0) return;
      total += Math.abs(level - (pixels[at] as number));
      inside++;
    });
    expect(inside).toBeGreaterThan(50_000);
    expect(total / inside).toBeLessThan(1);
  });

  it('shows the curved probe of the scan lines as bilinear interpolation in double precision does', () => {
    // Geometry of scanlines_curvilinear_config.xml: radius 10 to 82 mm, ±75 degrees.
    const [samples, lines] = [3640, 96];
    const perMm = samples / 72;
    const scan: FanScan = {
      kind: 'curvilinear',
      depthStartMm: 0,
      depthEndMm: (samples - 1) / perMm,
      radiusMm: 10,
      angleStartDeg: -75,
      angleEndDeg: 75,
    };
    const data = pixelsOf('scanlines_curvilinear_ultrasonix_5f.mha').slice(0, samples * lines);
    const { pixels } = formed(frameFormat(samples, lines, 'GREY', { scan }), data, [
      on('scan-conversion', { width: 820, height: 616, mmPerPixel: 0.15, probeX: 409.5, probeY: 87 }),
    ]);
    let [worst, inside] = [0, 0];
    for (let y = 0; y < 616; y++) {
      for (let x = 0; x < 820; x++) {
        const [xMm, zMm] = [(x - 409.5) * 0.15, (y - 87) * 0.15 + 10];
        const sample = (Math.hypot(xMm, zMm) - 10) * perMm;
        const line = (((Math.atan2(xMm, zMm) * 180) / Math.PI + 75) / 150) * (lines - 1);
        const [s, l] = [Math.floor(sample), Math.floor(line)];
        if (s < 0 || l < 0 || s + 1 >= samples || l + 1 >= lines) continue;
        const on2 = (at: number): number => (data[at] as number) + ((data[at + 1] as number) - (data[at] as number)) * (sample - s);
        const exact = on2(l * samples + s) + (on2((l + 1) * samples + s) - on2(l * samples + s)) * (line - l);
        worst = Math.max(worst, Math.abs(exact - (pixels[y * 820 + x] as number)));
        inside++;
      }
    }
    expect(inside).toBeGreaterThan(200_000);
    expect(worst).toBeLessThan(2);
  });
});
