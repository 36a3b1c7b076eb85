import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openRecording } from '../../device-drivers/replay/open-recording.ts';
import type { Recording } from '../../device-drivers/replay/recording.ts';
import { AppError } from '../../src/app-error.ts';
import { frameBytes } from '../../src/frame/frame-format.ts';
import { ascii, dicomFile, element, type FileFacts, item, region, ul, us } from '../support/dicom-file.ts';
import { haveRecordings, manifest, recording } from '../support/recordings.ts';

const folder = mkdtempSync(join(tmpdir(), 'replay-'));
afterAll(() => rmSync(folder, { recursive: true }));
let written = 0;

function open(bytes: Uint8Array, name = `${written++}.dcm`): Promise<Recording> {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return openRecording(path);
}

async function frame(of: Recording, index = 0): Promise<Uint8Array> {
  const pixels = new Uint8Array(frameBytes(of.format));
  await of.decode(index, pixels);
  return pixels;
}

const grey = (facts: Partial<FileFacts> = {}): FileFacts => ({
  rows: 2,
  columns: 3,
  pixels: Uint8Array.of(0, 50, 100, 150, 200, 250),
  ...facts,
});

describe('DICOM pixels', () => {
  it('refuses YBR of 16 bits, which nobody here unpacks', async () => {
    const pixels = new Uint8Array(36);
    const deep = dicomFile(grey({ photometric: 'YBR_FULL', samples: 3, bitsAllocated: 16, pixels }));
    await expect(open(deep)).rejects.toMatchObject({
      code: expect.stringMatching(/^replay\//),
      message: expect.stringContaining('YBR_FULL of 16 bits'),
    });
  });

  it('MONOCHROME2 as stored, MONOCHROME1 with larger brighter', async () => {
    expect([...(await frame(await open(dicomFile(grey()))))]).toEqual([0, 50, 100, 150, 200, 250]);
    expect([...(await frame(await open(dicomFile(grey({ photometric: 'MONOCHROME1' })))))]).toEqual([255, 205, 155, 105, 55, 5]);
  });

  it('12 bits of 16 with a window, overlay bits masked away', async () => {
    const pixels = us(0, 1000, 4095, 0xf000 | 7, 2048, 1);
    const more = [
      [0x0028, 0x1050, 'DS', ascii('1000')],
      [0x0028, 0x1051, 'DS', ascii('500')],
    ] as const;
    const recorded = await open(dicomFile(grey({ bitsAllocated: 16, bitsStored: 12, pixels, more })));
    expect(recorded.format).toMatchObject({ pixelFormat: 'Y16', window: { centre: 1000, width: 500 } });
    expect([...new Uint16Array((await frame(recorded)).buffer)]).toEqual([0, 1000, 4095, 7, 2048, 1]);
  });

  it('signed pixels shifted, their window with them', async () => {
    const pixels = new Uint8Array(Int16Array.of(-1024, 0, 1024, -2048, 2047, 1).buffer);
    const more = [
      [0x0028, 0x1050, 'DS', ascii('40')],
      [0x0028, 0x1051, 'DS', ascii('400')],
    ] as const;
    const recorded = await open(dicomFile(grey({ bitsAllocated: 16, bitsStored: 12, signed: true, pixels, more })));
    expect(recorded.format.window).toEqual({ centre: 40 + 2048, width: 400 });
    expect([...new Uint16Array((await frame(recorded)).buffer)]).toEqual([1024, 2048, 3072, 0, 4095, 2049]);
  });

  it('a robust window where none is given for more than 8 bits', async () => {
    const values = Uint16Array.from({ length: 10_000 }, (_, i) => 100 + (i % 800));
    values[17] = 65_535;
    const recorded = await open(dicomFile({ rows: 100, columns: 100, bitsAllocated: 16, pixels: new Uint8Array(values.buffer) }));
    const { centre = 0, width = 0 } = recorded.format.window ?? {};
    expect(centre + width / 2).toBeLessThan(910);
    expect(centre - width / 2).toBeGreaterThan(95);
  });

  it('RGB interleaved and planar, 16 bits by the high byte', async () => {
    const rgb = { samples: 3, photometric: 'RGB', rows: 1, columns: 2 };
    expect([...(await frame(await open(dicomFile({ ...rgb, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6) }))))]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...(await frame(await open(dicomFile({ ...rgb, planar: true, pixels: Uint8Array.of(1, 4, 2, 5, 3, 6) }))))]).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    const deep = us(0x01ff, 0x0200, 0x0300, 0x0400, 0x0500, 0x0600);
    expect([...(await frame(await open(dicomFile({ ...rgb, bitsAllocated: 16, pixels: deep }))))]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('YBR_FULL and YBR_FULL_422 by the formula of PS3.3 C.7.6.3.1.2', async () => {
    const red = [255, 0, 0];
    const near = (pixels: Uint8Array): void => {
      for (const [at, value] of pixels.entries()) expect(Math.abs(value - (red[at % 3] as number))).toBeLessThanOrEqual(2);
    };
    const full = { samples: 3, rows: 1, columns: 2 };
    near(await frame(await open(dicomFile({ ...full, photometric: 'YBR_FULL', pixels: Uint8Array.of(76, 85, 255, 76, 85, 255) }))));
    near(await frame(await open(dicomFile({ ...full, photometric: 'YBR_FULL_422', pixels: Uint8Array.of(76, 76, 85, 255) }))));
  });

  it('PALETTE COLOR with 16-bit entries and a first mapped value', async () => {
    const tables = [1, 2, 3].flatMap((colour) => [
      [0x0028, 0x1100 + colour, 'US', us(3, 1, 16)] as const,
      [0x0028, 0x1200 + colour, 'OW', us(0x1000 * colour, 0x2000 * colour, 0x3000 * colour)] as const,
    ]);
    const recorded = await open(
      dicomFile({ rows: 1, columns: 4, photometric: 'PALETTE COLOR', pixels: Uint8Array.of(0, 1, 2, 9), more: tables }),
    );
    expect([...(await frame(recorded))]).toEqual([16, 32, 48, 16, 32, 48, 32, 64, 96, 48, 96, 144]);
  });
});

describe('DICOM calibration and time', () => {
  it('keeps signed and anisotropic deltas to the last bit, and refuses boxes outside the picture', async () => {
    const regions = Buffer.concat([
      region([0, 0, 2, 1], 1, 1, 0, 0),
      region([0, 0, 2, 1], -0.052478133506629575, 0.049),
      region([0, 0, 300, 1], 0.1, 0.1),
    ]);
    const recorded = await open(dicomFile(grey({ more: [[0x0018, 0x6011, 'SQ', regions]] })));
    expect(recorded.format.regions).toEqual([
      { kind: 'tissue', x0: 0, y0: 0, x1: 2, y1: 1, unitX: 'cm', unitY: 'cm', deltaX: -0.052478133506629575, deltaY: 0.049 },
    ]);
    expect(recorded.odd.join()).toMatch(/region 3 is not used.*leaves the picture/);
  });

  it('cuts an end that is one pixel outside, and says so; more is refused', async () => {
    const regions = Buffer.concat([region([0, 0, 3, 2], 0.1, 0.1), region([0, 0, 4, 1], 0.1, 0.1), region([3, 0, 3, 1], 0.1, 0.1)]);
    const recorded = await open(dicomFile(grey({ more: [[0x0018, 0x6011, 'SQ', regions]] })));
    expect(recorded.format.regions).toMatchObject([{ x0: 0, y0: 0, x1: 2, y1: 1 }]);
    expect(recorded.odd).toEqual([
      expect.stringMatching(/region 1 ends one pixel outside/),
      expect.stringMatching(/region 2 is not used.*leaves the picture/),
      expect.stringMatching(/region 3 is not used.*empty/),
    ]);
  });

  it('does not measure in codes that it does not know', async () => {
    const box = [0, 0, 2, 1] as const;
    const regions = Buffer.concat([region(box, 0.1, 0.1, 99), region(box, 0.1, 0.1, 1, 77), region(box, 0.1, 0.1, 0, 3)]);
    const recorded = await open(dicomFile(grey({ more: [[0x0018, 0x6011, 'SQ', regions]] })));
    expect(recorded.format.regions).toEqual([]);
    expect(recorded.odd).toEqual([
      expect.stringMatching(/region 1 is not used: its data type 99 is not known/),
      expect.stringMatching(/region 2 is not used: its unit of X 77 is not known/),
    ]);
  });

  const frames = (more: FileFacts['more']): Promise<Recording> =>
    open(dicomFile({ rows: 1, columns: 2, frames: 4, pixels: new Uint8Array(8), ...(more && { more }) }));

  it('follows the Frame Increment Pointer: an uneven vector is kept', async () => {
    const recorded = await frames([
      [0x0028, 0x0009, 'AT', us(0x0018, 0x1065)],
      [0x0018, 0x1063, 'DS', ascii('10')],
      [0x0018, 0x1065, 'DS', ascii('0\\33.3\\50\\33.3')],
    ]);
    expect(recorded.intervalsMs).toEqual([33.3, 50, 33.3, 33.3]);
    expect(recorded.format.frameIntervalMs).toBe(50);
  });

  it('falls back with a word: Frame Time 0, then Cine Rate, then 30 a second', async () => {
    const zero = [0x0018, 0x1063, 'DS', ascii('0')] as const;
    expect((await frames([zero, [0x0018, 0x0040, 'IS', ascii('25')]])).intervalsMs[0]).toBe(40);
    const nothing = await frames([zero]);
    expect(nothing.intervalsMs[0]).toBeCloseTo(33.333, 2);
    expect(nothing.odd.join()).toMatch(/Frame Time is 0.*30 frames a second/);
  });
});

describe('DICOM R waves', () => {
  const marked = (more: FileFacts['more']): Promise<Recording> =>
    open(
      dicomFile({
        rows: 1,
        columns: 2,
        frames: 5,
        pixels: new Uint8Array(10),
        more: [[0x0018, 0x1063, 'DS', ascii('40')], ...(more ?? [])],
      }),
    );

  it('by frame numbers from 1, and by times from the first frame', async () => {
    expect([...(await marked([])).rPeaks]).toEqual([]);
    expect([...(await marked([[0x0028, 0x6040, 'US', us(2, 5)]])).rPeaks]).toEqual([1, 4]);
    const times = new Uint8Array(Float32Array.of(0, 41, 80.2, 159).buffer);
    expect([...(await marked([[0x0018, 0x6060, 'FL', times]])).rPeaks]).toEqual([0, 2, 4]);
  });

  it('outside the recording, with a word', async () => {
    const recorded = await marked([
      [0x0028, 0x6040, 'US', us(0, 3, 6)],
      [0x0018, 0x6060, 'FL', new Uint8Array(Float32Array.of(-5, 1000).buffer)],
    ]);
    expect([...recorded.rPeaks]).toEqual([2]);
    expect(recorded.odd.join()).toMatch(/4 R waves are marked outside/);
  });
});

describe('DICOM palettes', () => {
  const indexed = (entries: FileFacts['more'], rest: Partial<FileFacts> = {}): Promise<Recording> =>
    open(dicomFile({ rows: 1, columns: 4, photometric: 'PALETTE COLOR', pixels: Uint8Array.of(0, 1, 2, 9), more: entries ?? [], ...rest }));
  const tables = (descriptor: Uint8Array, tag: number, data: Uint8Array): FileFacts['more'] =>
    [1, 2, 3].flatMap((colour) => [[0x0028, 0x1100 + colour, 'US', descriptor] as const, [0x0028, tag + colour, 'OW', data] as const]);
  const red = async (of: Promise<Recording>): Promise<number[]> => [...(await frame(await of))].filter((_, at) => at % 3 === 0);

  it('8-bit entries, packed or one a word; words that hold 8 bits though 16 are announced', async () => {
    expect(await red(indexed(tables(us(3, 0, 8), 0x1200, Uint8Array.of(10, 20, 30, 0))))).toEqual([10, 20, 30, 30]);
    expect(await red(indexed(tables(us(3, 0, 8), 0x1200, us(10, 20, 30))))).toEqual([10, 20, 30, 30]);
    expect(await red(indexed(tables(us(3, 0, 16), 0x1200, us(10, 20, 30))))).toEqual([10, 20, 30, 30]);
    expect(await red(indexed(tables(us(3, 0, 16), 0x1200, us(0x0a00, 0x1400, 0x1e00))))).toEqual([10, 20, 30, 30]);
  });

  it('segmented, in words and in bytes: discrete, linear, indirect', async () => {
    const words = us(0, 2, 0x1000, 0x2000, 1, 2, 0x4000, 2, 1, 0, 0);
    expect(await red(indexed(tables(us(6, 0, 16), 0x1220, words), { pixels: Uint8Array.of(1, 2, 3, 4) }))).toEqual([
      0x20, 0x30, 0x40, 0x10,
    ]);
    const bytes = Uint8Array.of(0, 2, 10, 20, 1, 2, 40, 0);
    expect(await red(indexed(tables(us(4, 0, 8), 0x1220, bytes), { pixels: Uint8Array.of(0, 1, 2, 3) }))).toEqual([10, 20, 30, 40]);
  });

  it('bits above the stored ones are no part of the index; 16-bit indices; a first value below zero of signed pixels', async () => {
    const entries = us(0x0a00, 0x1400, 0x1e00);
    const wide = { bitsAllocated: 16, bitsStored: 12, pixels: us(0xf000, 0xf001, 0x2002, 0) };
    expect(await red(indexed(tables(us(3, 0, 16), 0x1200, entries), wide))).toEqual([10, 20, 30, 10]);
    const signed = { bitsAllocated: 16, signed: true, pixels: us(0xffff, 0, 1, 0xfff0) };
    expect(await red(indexed(tables(us(3, 0xffff, 16), 0x1200, entries), signed))).toEqual([10, 20, 30, 10]);
  });

  it('without tables: refused in words', async () => {
    await expect(indexed([])).rejects.toMatchObject({
      code: 'replay/bad-header',
      message: expect.stringMatching(/palette without tables/),
    });
  });
});

describe('DICOM windows', () => {
  const windowOf = async (more: FileFacts['more'], rest: Partial<FileFacts> = {}) =>
    (
      await open(
        dicomFile(grey({ bitsAllocated: 16, bitsStored: 12, pixels: us(0, 1000, 2000, 3000, 4000, 4095), more: more ?? [], ...rest })),
      )
    ).format.window;
  const ds = (element: number, value: number | string) => [0x0028, element, 'DS', ascii(String(value))] as const;
  const window = [ds(0x1050, 100), ds(0x1051, 201)];

  it('rescaled back to stored values, falling slopes and MONOCHROME1 mirrored', async () => {
    // 100 ± 100 of modality values are shown: from 0 to 200.
    expect(await windowOf([...window, ds(0x1052, -1000), ds(0x1053, 2)])).toEqual({ centre: 550 - 0.25 + 0.5, width: 101 });
    expect(await windowOf(window, { photometric: 'MONOCHROME1' })).toEqual({ centre: 4095 - 99.5 + 0.5, width: 201 });
    const falling = [...window, ds(0x1052, 4000), ds(0x1053, -1)];
    expect(await windowOf(falling)).toEqual({ centre: 4095 - 3900.5 + 0.5, width: 201 });
    expect(await windowOf(falling, { photometric: 'MONOCHROME1' })).toEqual({ centre: 3900.5 + 0.5, width: 201 });
  });

  it('a falling slope shows small stored values bright', async () => {
    const recorded = await open(dicomFile(grey({ more: [ds(0x1053, -1)] })));
    expect([...(await frame(recorded))]).toEqual([255, 205, 155, 105, 55, 5]);
  });

  it('LINEAR_EXACT with its exact edges; what cannot be used with a word', async () => {
    const exact = [0x0028, 0x1056, 'CS', ascii('LINEAR_EXACT')] as const;
    expect(await windowOf([...window, exact])).toEqual({ centre: 100.5, width: 202 });
    const warned = async (more: FileFacts['more']): Promise<string> => (await open(dicomFile(grey({ more: more ?? [] })))).odd.join();
    const broken = item(element(0x0028, 0x3002, 'US', us(300, 0, 8)));
    expect(await warned([[0x0028, 0x3010, 'SQ', broken]])).toMatch(/VOI look-up table is not applied/);
    expect(await warned([...window, [0x0028, 0x3000, 'SQ', broken]])).toMatch(/modality look-up table is not applied/);
    expect(await warned([ds(0x1050, -9000), ds(0x1051, 10)])).toMatch(/outside the values/);
  });

  it('a guessed window is said', async () => {
    const deep = dicomFile(grey({ bitsAllocated: 16, bitsStored: 12, pixels: us(0, 1000, 2000, 3000, 4000, 4095) }));
    expect((await open(deep)).odd).toEqual([expect.stringMatching(/no usable window.*percentile/)]);
    expect((await open(dicomFile(grey()))).odd).toEqual([]);
  });

  it('X-ray angiography and fluoroscopy: the window is of stored values, their rescale is not for display (as DCMTK has it)', async () => {
    const rescaled = [...window, ds(0x1052, -1000), ds(0x1053, -2)];
    const sopClass = (uid: string) => [0x0008, 0x0016, 'UI', ascii(`${uid}\0`)] as const;
    const stored = { centre: 100, width: 201 };
    const [xa, xrf, capture] = ['12.1', '12.2', '7'].map((last) => sopClass(`1.2.840.10008.5.1.4.1.1.${last}`));
    for (const own of [xa, xrf]) expect(await windowOf([...rescaled, own as never])).toEqual(stored);
    expect(await windowOf(rescaled, { modality: 'XA' })).toEqual(stored);
    expect(await windowOf([...rescaled, capture as never], { modality: 'XA' })).not.toEqual(stored);
    const shown = await open(dicomFile(grey({ modality: 'XA', more: [ds(0x1053, -1)] })));
    expect([...(await frame(shown))]).toEqual([0, 50, 100, 150, 200, 250]);
  });
});

describe('DICOM grey that is no straight line', () => {
  const ds = (element: number, value: number) => [0x0028, element, 'DS', ascii(String(value))] as const;
  const sigmoid = [0x0028, 0x1056, 'CS', ascii('SIGMOID')] as const;
  const stored = [0, 1000, 1900, 2048, 2200, 4095];
  const deep = { bitsAllocated: 16, bitsStored: 12, pixels: us(...stored) };
  /** As the straight window of the format shows it, 0 to 255 (PS3.3 C.11.2.1.2.1). */
  async function shown(facts: Partial<FileFacts>): Promise<number[]> {
    const recorded = await open(dicomFile(grey(facts)));
    expect(recorded.odd).toEqual([]);
    const pixels = await frame(recorded);
    if (recorded.format.pixelFormat === 'GREY') return [...pixels];
    const { centre, width } = recorded.format.window as { centre: number; width: number };
    return [...new Uint16Array(pixels.buffer)].map((value) => Math.min(1, Math.max(0, (value - (centre - 0.5)) / (width - 1) + 0.5)) * 255);
  }
  const near = (given: number[], expected: number[]): void => {
    for (const [at, value] of given.entries()) expect(Math.abs(value - (expected[at] as number)), `${given}`).toBeLessThanOrEqual(0.5);
  };
  /** PS3.3 C.11.2.1.3.1. */
  const curve = (value: number): number => 255 / (1 + Math.exp((-4 * (value - 2000)) / 600));

  it('a sigmoid window, of signed and of rescaled values, of MONOCHROME1 and of 8 bits', async () => {
    const own = [ds(0x1050, 2000), ds(0x1051, 600), sigmoid];
    near(await shown({ ...deep, more: own }), stored.map(curve));
    near(
      await shown({ ...deep, more: own, photometric: 'MONOCHROME1' }),
      stored.map((value) => 255 - curve(value)),
    );
    const rescaled = [...own, ds(0x1052, 4095), ds(0x1053, -1)];
    near(
      await shown({ ...deep, more: rescaled }),
      stored.map((value) => curve(4095 - value)),
    );
    const signed = new Uint8Array(Int16Array.of(-2048, -500, -1, 0, 500, 2047).buffer);
    near(
      await shown({ ...deep, pixels: signed, signed: true, more: [...own, ds(0x1052, 2000), ds(0x1053, 1)] }),
      [-2048, -500, -1, 0, 500, 2047].map((value) => curve(value + 2000)),
    );
    near(
      await shown({ more: [ds(0x1050, 128), ds(0x1051, 60), sigmoid] }),
      [0, 50, 100, 150, 200, 250].map((value) => 255 / (1 + Math.exp((-4 * (value - 128)) / 60))),
    );
  });

  const table = (tag: number, descriptor: Uint8Array, data: Uint8Array, vr = 'US') =>
    [0x0028, tag, 'SQ', item(Buffer.concat([element(0x0028, 0x3002, vr, descriptor), element(0x0028, 0x3006, 'OW', data)]))] as const;

  it('a VOI look-up table: first value mapped, nearest entry outside, words and packed bytes; a window goes before it', async () => {
    const words = table(0x3010, us(3, 1900, 12), us(0, 4095, 1000));
    const bright = [0, 0, 0, (1000 / 4095) * 255, (1000 / 4095) * 255, (1000 / 4095) * 255];
    near(await shown({ ...deep, more: [words] }), bright);
    const packed = table(0x3010, us(4, 99, 8), Uint8Array.of(10, 20, 30, 40));
    near(await shown({ more: [packed] }), [10, 10, 20, 40, 40, 40]);
    const below = table(0x3010, new Uint8Array(Int16Array.of(3, -1, 8).buffer), us(10, 20, 30), 'SS');
    const signed = new Uint8Array(Int16Array.of(-5, -1, 0, 1, 2, 3).buffer);
    near(await shown({ ...deep, pixels: signed, signed: true, more: [below] }), [10, 10, 20, 30, 30, 30]);
    const both = await open(dicomFile(grey({ ...deep, more: [ds(0x1050, 100), ds(0x1051, 50), words] })));
    expect(both.format.window).toEqual({ centre: 100, width: 50 });
  });

  it('a modality look-up table, its window in what it gives; not for X-ray angiography', async () => {
    const falling = table(0x3000, us(0x1000, 0, 16), new Uint8Array(Uint16Array.from({ length: 4096 }, (_, at) => 8190 - 2 * at).buffer));
    const own = [falling, ds(0x1050, 4000), ds(0x1051, 4001)];
    near(
      await shown({ ...deep, more: own }),
      stored.map((value) => Math.min(1, Math.max(0, (8190 - 2 * value - 3999.5) / 4000 + 0.5)) * 255),
    );
    const angiogram = await open(dicomFile(grey({ ...deep, modality: 'XA', more: own })));
    expect([...new Uint16Array((await frame(angiogram)).buffer)]).toEqual(stored);
    expect(angiogram.format.window).toEqual({ centre: 4000, width: 4001 });
  });
});

describe('DICOM spacing', () => {
  const spaced = async (modality: string, more: FileFacts['more']): Promise<Recording> =>
    open(dicomFile(grey({ modality, more: more ?? [] })));
  const spacing = [0x0028, 0x0030, 'DS', ascii('0.25\\0.125')] as const;
  const detector = [0x0018, 0x1164, 'DS', ascii('0.5\\0.25')] as const;

  it('rows first, for the whole picture', async () => {
    const whole = { kind: 'tissue', x0: 0, y0: 0, x1: 2, y1: 1, unitX: 'cm', unitY: 'cm', deltaX: 0.0125, deltaY: 0.025 };
    expect((await spaced('MR', [spacing])).format.regions).toEqual([whole]);
    expect((await spaced('XA', [spacing, detector])).format.regions).toEqual([whole]);
    expect((await spaced('XA', [spacing, [0x0028, 0x0a02, 'CS', ascii('FIDUCIAL')]])).format.regions).toEqual([whole]);
  });

  it('of a secondary capture only where it says how it was calibrated', async () => {
    const capture = [0x0008, 0x0016, 'UI', ascii('1.2.840.10008.5.1.4.1.1.7.2\0')] as const;
    const bare = await spaced('OT', [spacing, capture]);
    expect(bare.format.regions).toEqual([]);
    expect(bare.odd.join()).toMatch(/secondary capture/);
    const calibrated = [0x0028, 0x0a02, 'CS', ascii('GEOMETRY')] as const;
    expect((await spaced('OT', [spacing, capture, calibrated])).format.regions).toMatchObject([{ deltaX: 0.0125, deltaY: 0.025 }]);
    for (const modality of ['CT', 'NM', 'PT']) expect((await spaced(modality, [spacing])).format.regions).toHaveLength(1);
  });

  it('at the detector it is told, not measured with; in ultrasound only regions count', async () => {
    for (const more of [[detector], [spacing], [detector, [0x0028, 0x0030, 'DS', ascii('0.5\\0.25')] as const]]) {
      const recorded = await spaced('XA', more);
      expect(recorded.format.regions).toEqual([]);
      expect(recorded.odd.join()).toMatch(/holds at the detector/);
    }
    const echo = await spaced('US', [spacing]);
    expect(echo.format.regions).toEqual([]);
    expect(echo.odd.join()).toMatch(/more than one scale/);
  });
});

describe('DICOM enhanced objects', () => {
  const sequence = (group: number, number: number, ...items: Uint8Array[]) =>
    [group, number, 'SQ', Buffer.concat(items.map(item))] as const;
  const written = (...entry: readonly [number, number, string, Uint8Array]): Uint8Array => element(...entry);

  it('spacing, window and rescale of the shared groups; times of the frames', async () => {
    const shared = Buffer.concat([
      written(...sequence(0x0028, 0x9110, written(0x0028, 0x0030, 'DS', ascii('0.5\\0.5')))),
      written(
        ...sequence(
          0x0028,
          0x9132,
          Buffer.concat([written(0x0028, 0x1050, 'DS', ascii('50')), written(0x0028, 0x1051, 'DS', ascii('100'))]),
        ),
      ),
      written(
        ...sequence(
          0x0028,
          0x9145,
          Buffer.concat([written(0x0028, 0x1052, 'DS', ascii('-10')), written(0x0028, 0x1053, 'DS', ascii('1'))]),
        ),
      ),
    ]);
    const stamps = ['20260101120000.000', '20260101120000.040', '20260101120000.100'];
    const frames = stamps.map((stamp) => written(...sequence(0x0020, 0x9111, written(0x0018, 0x9074, 'DT', ascii(stamp)))));
    const recorded = await open(
      dicomFile({
        rows: 1,
        columns: 2,
        frames: 3,
        bitsAllocated: 16,
        pixels: us(1, 2, 3, 4, 5, 6),
        more: [
          [0x0008, 0x0016, 'UI', ascii('1.2.840.10008.5.1.4.1.1.6.2\0')],
          sequence(0x5200, 0x9229, shared),
          sequence(0x5200, 0x9230, ...frames),
        ],
      }),
    );
    expect(recorded.format).toMatchObject({ window: { centre: 60, width: 100 }, regions: [{ deltaX: 0.05, deltaY: 0.05 }] });
    expect(recorded.intervalsMs.map(Math.round)).toEqual([40, 60, 60]);
    expect([...new Uint16Array((await frame(recorded, 2)).buffer)]).toEqual([5, 6]);
  });
});

describe('DICOM byte orders and files without a header', () => {
  it('a vector without its leading zero', async () => {
    const recorded = await open(
      dicomFile({
        rows: 1,
        columns: 2,
        frames: 4,
        pixels: new Uint8Array(8),
        more: [
          [0x0028, 0x0009, 'AT', us(0x0018, 0x1065)],
          [0x0018, 0x1065, 'DS', ascii('20\\30\\40')],
        ],
      }),
    );
    expect(recorded.intervalsMs).toEqual([20, 30, 40, 30]);
    expect(recorded.odd).toEqual([]);
  });

  it('deflated, whatever stands in the preamble', async () => {
    const plain = Buffer.from(dicomFile(grey({ transferSyntax: '1.2.840.10008.1.2.1.99' })));
    const start = plain.indexOf(Buffer.of(0x08, 0, 0x60, 0));
    const file = Buffer.concat([plain.subarray(0, start), deflateRawSync(plain.subarray(start))]);
    file.fill('made by a viewer ', 0, 128);
    const recorded = await open(file);
    expect(recorded.transferSyntax).toBe('1.2.840.10008.1.2.1.99');
    expect([...(await frame(recorded))]).toEqual([0, 50, 100, 150, 200, 250]);
  });

  it('fragments under an uncompressed transfer syntax are refused, not shown', async () => {
    const file = open(dicomFile(grey({ pixels: [Uint8Array.of(1, 2, 3, 4, 5, 6)] })));
    await expect(file).rejects.toMatchObject({ code: 'replay/bad-header', message: expect.stringMatching(/in fragments/) });
  });

  it('private sequences of undefined length, nested, one of unknown VR with implicit elements inside (CP-246)', async () => {
    const end = Buffer.concat([ul(0xe0ddfffe, 0)]);
    const undefinedItem = (value: Uint8Array): Uint8Array => Buffer.concat([ul(0xe000fffe, 0xffffffff), value, ul(0xe00dfffe, 0)]);
    const implicit = Buffer.concat([us(0x0009, 0x1010), ul(2), us(7)]);
    const inner = element(0x0009, 0x1003, 'SQ', Buffer.concat([undefinedItem(element(0x0009, 0x1004, 'US', us(3))), end]), 0xffffffff);
    const more: Uint8Array[] = [
      element(0x0009, 0x0010, 'LO', ascii('A VENDOR')),
      element(0x0009, 0x1001, 'UN', Buffer.concat([undefinedItem(implicit), end]), 0xffffffff),
      element(0x0009, 0x1002, 'SQ', Buffer.concat([undefinedItem(inner), end]), 0xffffffff),
    ];
    const whole = Buffer.from(dicomFile(grey()));
    const at = whole.indexOf(Buffer.of(0x28, 0, 0x02, 0));
    const recorded = await open(Buffer.concat([whole.subarray(0, at), ...more, whole.subarray(at)]));
    expect([...(await frame(recorded))]).toEqual([0, 50, 100, 150, 200, 250]);
    expect(recorded.odd).toEqual([]);
  });

  it('explicit VR announced as implicit', async () => {
    const file = Buffer.from(dicomFile(grey({ transferSyntax: '1.2.840.10008.1.2' })));
    const recorded = await open(file);
    expect([...(await frame(recorded))]).toEqual([0, 50, 100, 150, 200, 250]);
    expect(recorded.odd.join()).toMatch(/mixed up/);
  });

  it('a data set without preamble and meta header', async () => {
    const whole = dicomFile(grey());
    const start = Buffer.from(whole).indexOf(Buffer.of(0x08, 0, 0x60, 0));
    expect([...(await frame(await open(whole.subarray(start))))]).toEqual([0, 50, 100, 150, 200, 250]);
  });
});

describe('bad input', () => {
  it('names what is wrong', async () => {
    await expect(openRecording(join(folder, 'none.dcm'))).rejects.toMatchObject({ code: 'replay/unreadable' });
    await expect(open(Buffer.from('hello'))).rejects.toMatchObject({ code: 'replay/unknown-kind' });
    await expect(open(dicomFile(grey({ transferSyntax: '1.2.3.4' })))).rejects.toMatchObject({ code: 'replay/unknown-syntax' });
    await expect(open(dicomFile(grey({ pixels: new Uint8Array(2) })))).rejects.toMatchObject({ code: 'replay/no-frames' });
    await expect(open(dicomFile(grey({ rows: 9000, columns: 9000 })))).rejects.toMatchObject({ code: 'replay/bad-header' });
  });

  it('says how much is missing, and where a file breaks off, in words of its own', async () => {
    const said = async (bytes: Uint8Array): Promise<string> => {
      const thrown: unknown = await open(bytes).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(AppError);
      return (thrown as AppError).message;
    };
    const whole = Buffer.from(dicomFile(grey()));
    expect(await said(whole.subarray(0, whole.length - 2))).toMatch(/a picture has 6 bytes, 4 are there/);
    expect(await said(dicomFile(grey({ transferSyntax: '1.2.840.10008.1.2.5', pixels: [] })))).toMatch(/hold no whole fragment/);
    const photometric = whole.indexOf(Buffer.of(0x28, 0, 0x04, 0));
    const cut = await said(whole.subarray(0, photometric + 12));
    expect(cut).toContain(`it ends at byte ${photometric + 12}, (0028,0004) should go on to byte ${photometric + 20}`);
    const garbage = await said(Buffer.concat([whole.subarray(0, photometric), Buffer.alloc(5, 0x41)]));
    expect(garbage).toMatch(/breaks off after \(0028,0002\) at byte \d+ of \d+/);
    expect(await said(Buffer.from(whole.toString('latin1').replace('\x02\0\x10\0UI', '\x02\0\x11\0UI'), 'latin1'))).toMatch(
      /names no transfer syntax/,
    );
    const deflated = Buffer.from(dicomFile(grey({ transferSyntax: '1.2.840.10008.1.2.1.99' })));
    expect(await said(deflated)).toMatch(/deflated data set cannot be inflated/);
    for (const text of [cut, garbage]) expect(text).not.toMatch(/dicomParser|parameter|buffer/);
  });

  it('describes a file without a modality', async () => {
    expect((await open(dicomFile(grey({ modality: '' })))).facts.description).toBe('DICOM, uncompressed, 1 frame');
    expect((await open(dicomFile(grey()))).facts.description).toBe('DICOM US, uncompressed, 1 frame');
  });

  it('answers any mutation of a good file with pictures or a coded error', { timeout: 60_000 }, async () => {
    const fixtures = [
      dicomFile(grey({ more: [[0x0018, 0x6011, 'SQ', region([0, 0, 2, 1], 0.1, 0.1)]] })),
      dicomFile({
        rows: 1,
        columns: 4,
        photometric: 'PALETTE COLOR',
        pixels: new Uint8Array(4),
        more: [1, 2, 3].flatMap((c) => [
          [0x0028, 0x1100 + c, 'US', us(2, 0, 8)] as const,
          [0x0028, 0x1220 + c, 'OW', us(0, 1, 5, 1, 3, 9, 2, 1, 0, 0)] as const,
        ]),
      }),
      dicomFile({
        rows: 1,
        columns: 2,
        transferSyntax: '1.2.840.10008.1.2.5',
        pixels: [Buffer.concat([ul(1, 64), new Uint8Array(56), Uint8Array.of(1, 9, 8, 0)])],
      }),
      Buffer.concat([
        Buffer.from('ObjectType = Image\nNDims = 3\nDimSize = 3 2 2\nElementType = MET_USHORT\nElementDataFile = LOCAL\n'),
        new Uint8Array(24),
      ]),
      dicomFile({
        rows: 2,
        columns: 2,
        bitsAllocated: 16,
        pixels: new Uint8Array(8),
        more: [[0x0009, 0x0010, 'SQ', Buffer.concat([element(0xfffe, 0xe000, 'UN', new Uint8Array(3))])]],
      }),
    ];
    let state = 12_345;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    let pictures = 0;
    for (let round = 0; round < 1500; round++) {
      const mutant = Uint8Array.from(fixtures[round % fixtures.length] as Uint8Array);
      for (let change = random(6); change >= 0; change--) mutant[random(mutant.length)] = random(256);
      const cut = random(4) === 0 ? mutant.subarray(0, random(mutant.length)) : mutant;
      try {
        const recorded = await open(cut, 'mutant');
        await frame(recorded, recorded.frames - 1);
        pictures++;
      } catch (thrown) {
        expect(thrown, String((thrown as Error).stack)).toBeInstanceOf(AppError);
      }
    }
    expect(pictures).toBeGreaterThan(100);
  });
});

describe.skipIf(!haveRecordings)('real recordings (skipped where they are not there)', () => {
  const entries = haveRecordings ? manifest().filter(({ file }) => /\.(dcm|mha)$/.test(file)) : [];
  for (const { file, dicom, decode_check: check } of entries) {
    it(`${file}: pictures that are right, or a clear error`, async () => {
      const opened = await openRecording(recording(file)).catch((thrown: unknown) => thrown);
      if (opened instanceof Error) {
        expect(opened).toBeInstanceOf(AppError);
        expect((opened as AppError).message).toContain(file.split('/').at(-1));
        if (!file.startsWith('malformed/')) throw opened;
        return;
      }
      const recorded = opened as Recording;
      if (dicom?.columns) expect(recorded.format).toMatchObject({ width: dicom.columns, height: dicom.rows });
      if (check?.decoded !== true || check.mean_first === undefined) return;
      if (check.frames_found !== undefined) expect(recorded.frames).toBe(check.frames_found);
      let first: Uint8Array;
      try {
        first = await frame(recorded);
      } catch (thrown) {
        expect(file).toMatch(/^malformed/);
        expect(thrown).toMatchObject({ code: 'replay/damaged-frame' });
        return;
      }
      // The manifest means of colour are of luma or of all samples, of 16-bit grey of an 8-bit rendering.
      if (recorded.format.pixelFormat === 'GREY') expect(Math.abs(mean(first) - check.mean_first)).toBeLessThan(2);
      // Nor do they turn the bytes of big-endian words round (PS3.5 7.3), which the comparison with DCMTK shows to be right.
      const unlike = ['16bit', 'no_color_transform', 'small_odd_big_endian'].some((part) => file.includes(part));
      if (recorded.format.pixelFormat === 'RGB24' && dicom && !unlike) {
        const near = Math.min(Math.abs(mean(first) - check.mean_first), Math.abs(luma(first) - check.mean_first));
        expect(near).toBeLessThan(2);
      }
    });
  }

  it('keeps the calibration of the echo exactly, and refuses the wrong one', async () => {
    const echo = await openRecording(recording('us/us_echo_a4c_sequoia_65f_clean.dcm'));
    expect(echo.format.regions).toHaveLength(1);
    expect(echo.format.regions[0]).toMatchObject({
      x0: 27,
      y0: 48,
      x1: 548,
      y1: 391,
      unitX: 'cm',
      deltaX: -0.052478133506629575,
      deltaY: 0.052478133506629575,
    });
    expect((await openRecording(recording('us/us_echo_sonosite_30f_ybr422.dcm'))).format.regions).toEqual([]);
  });

  it('decodes JPEG of 12 bits, and JPEG 2000 whose extent was overwritten', async () => {
    const extended = await openRecording(recording('malformed/JPGExtended.dcm'));
    expect(extended.format.pixelFormat).toBe('Y16');
    expect(mean(new Uint16Array((await frame(extended)).buffer))).toBeCloseTo(14.37, 1);
    const delimiter = await openRecording(recording('malformed/JPEG2000-embedded-sequence-delimiter.dcm'));
    expect(mean(new Uint16Array((await frame(delimiter)).buffer))).toBeCloseTo(32_768 + 13.458, 1);
  });

  it('marks the R waves of the angiogram where its header does', async () => {
    expect([...(await openRecording(recording('xa/xa_coronary_rca_96f_jpeg8.dcm'))).rPeaks]).toEqual([19, 52, 76]);
  });

  it('plays what is left of a file that was cut off', async () => {
    const cut = await openRecording(recording('malformed/xa_truncated_at_60pct.dcm'));
    const whole = await openRecording(recording('xa/xa_coronary_rca_96f_jpeg8.dcm'));
    expect(cut.frames).toBeGreaterThan(50);
    expect(await frame(cut, 40)).toEqual(await frame(whole, 40));
  });
});

function mean(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total / values.length;
}

function luma(pixels: Uint8Array): number {
  const weights = [0.299, 0.587, 0.114];
  return pixels.reduce((total, value, at) => total + value * (weights[at % 3] as number), 0) / (pixels.length / 3);
}
