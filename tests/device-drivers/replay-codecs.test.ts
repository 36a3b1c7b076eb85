import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import dcmjsCodecs from 'dcmjs-codecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRecording } from '../../device-drivers/replay/open-recording.ts';
import type { Recording } from '../../device-drivers/replay/recording.ts';
import { frameBytes } from '../../src/frame/frame-format.ts';
import { dicomFile, type FileFacts } from '../support/dicom-file.ts';
import { seeded } from '../support/mutant.ts';

const { Context, NativeCodecs } = dcmjsCodecs;
const folder = mkdtempSync(join(tmpdir(), 'replay-codecs-'));
beforeAll(() => NativeCodecs.initializeAsync());
afterAll(() => rmSync(folder, { recursive: true }));
let written = 0;

const [columns, rows] = [33, 18];
const pixels = columns * rows;

interface Layout {
  readonly bits: number;
  readonly signed?: boolean;
  readonly colour?: boolean;
  readonly planar?: boolean;
}

/** A smooth hill with some noise: `noise` 0 for what is compressed with losses. */
function picture({ bits, signed = false, colour = false }: Layout, noise: number, seed: number): Int32Array {
  const random = seeded(seed);
  const top = 2 ** bits - 1;
  const samples = colour ? 3 : 1;
  return Int32Array.from({ length: pixels * samples }, (_, at) => {
    const [x, y] = [Math.floor(at / samples) % columns, Math.floor(at / samples / columns)];
    const hill = 0.5 + 0.45 * Math.sin(x / 9 + (at % samples) + seed) * Math.cos(y / 7);
    const value = Math.min(top, Math.max(0, Math.round(hill * top + (random(1001) / 1000 - 0.5) * noise * top)));
    return signed ? value - 2 ** (bits - 1) : value;
  });
}

function packed(values: Int32Array, { bits, planar = false }: Layout): Uint8Array {
  const ordered = planar ? Int32Array.from(values, (_, at) => values[(at % pixels) * 3 + Math.floor(at / pixels)] as number) : values;
  return bits > 8 ? new Uint8Array(Uint16Array.from(ordered).buffer) : Uint8Array.from(ordered);
}

type Encode = (context: InstanceType<typeof Context>) => InstanceType<typeof Context>;

function encoded(encode: Encode, values: Int32Array, layout: Layout, photometric: string): Uint8Array {
  const context = new Context({
    width: columns,
    height: rows,
    bitsAllocated: layout.bits > 8 ? 16 : 8,
    bitsStored: layout.bits,
    samplesPerPixel: layout.colour ? 3 : 1,
    pixelRepresentation: layout.signed ? 1 : 0,
    planarConfiguration: layout.planar ? 1 : 0,
    photometricInterpretation: photometric,
    decodedBuffer: packed(values, layout),
  });
  return encode(context).getEncodedBuffer() ?? new Uint8Array(0);
}

function facts(layout: Layout, rest: Pick<FileFacts, 'pixels'> & Partial<FileFacts>): FileFacts {
  const { bits, signed = false, colour = false, planar = false } = layout;
  return {
    rows,
    columns,
    samples: colour ? 3 : 1,
    photometric: colour ? 'RGB' : 'MONOCHROME2',
    bitsAllocated: bits > 8 ? 16 : 8,
    bitsStored: bits,
    signed,
    planar,
    ...rest,
  };
}

function open(file: FileFacts): Promise<Recording> {
  const path = join(folder, `${written++}.dcm`);
  writeFileSync(path, dicomFile(file));
  return openRecording(path);
}

/** Values of a decoded frame, as they were before signed ones were shifted and 16-bit colour lost its low byte. */
async function values(of: Recording, index: number, layout: Layout): Promise<Int32Array> {
  const target = new Uint8Array(frameBytes(of.format));
  await of.decode(index, target);
  const shift = layout.signed ? 2 ** (layout.bits - 1) : 0;
  return Int32Array.from(of.format.pixelFormat === 'Y16' ? new Uint16Array(target.buffer) : target, (value) => value - shift);
}

function furthest(a: Int32Array, b: Int32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - (b[at] as number))), 0);
}

/** Its encoder takes values of up to `bitsStored` bits, not ones whose sign is extended above. */
const jpegLossless = (predictor: number): Encode => {
  return (context) => {
    const mask = 2 ** (context.getBitsStored() ?? 0) - 1;
    const samples = context.getDecodedBuffer() ?? new Uint8Array(0);
    if (mask > 255) context.setDecodedBuffer(new Uint8Array(new Uint16Array(samples.buffer).map((value) => value & mask).buffer));
    return NativeCodecs.encodeJpeg(context, { lossy: false, predictor, pointTransform: 0 });
  };
};
const lossless: readonly (readonly [string, string, Encode])[] = [
  ['RLE', '1.2.840.10008.1.2.5', (context) => NativeCodecs.encodeRle(context)],
  ['JPEG lossless', '1.2.840.10008.1.2.4.70', jpegLossless(1)],
  ['JPEG lossless, predictor 6', '1.2.840.10008.1.2.4.57', jpegLossless(6)],
  ['JPEG-LS', '1.2.840.10008.1.2.4.80', (context) => NativeCodecs.encodeJpegLs(context, { lossy: false })],
  ['JPEG 2000', '1.2.840.10008.1.2.4.90', (context) => NativeCodecs.encodeJpeg2000(context, { lossy: false })],
  ['HTJ2K', '1.2.840.10008.1.2.4.201', (context) => NativeCodecs.encodeHtJpeg2000(context, { lossy: false })],
  ['HTJ2K RPCL', '1.2.840.10008.1.2.4.202', (context) => NativeCodecs.encodeHtJpeg2000(context, { lossy: false, progressionOrder: 2 })],
];
const jpeg =
  (sampleFactor: number, quality = 100): Encode =>
  (context) =>
    NativeCodecs.encodeJpeg(context, { lossy: true, quality, sampleFactor });
const layouts: readonly Layout[] = [
  { bits: 8 },
  { bits: 10 },
  { bits: 12 },
  { bits: 16 },
  { bits: 12, signed: true },
  { bits: 16, signed: true },
  { bits: 8, colour: true },
];
const named = ({ bits, signed, colour, planar }: Layout): string =>
  `${bits} bits${signed ? ' signed' : ''}${colour ? ' RGB' : ''}${planar ? ' planar' : ''}`;

describe('lossless transfer syntaxes, frame by frame to the last bit', () => {
  for (const [name, transferSyntax, encode] of lossless) {
    for (const layout of layouts) {
      it(`${name}, ${named(layout)}`, async () => {
        const originals = [1, 2].map((seed) => picture(layout, 0.3, seed));
        const photometric = layout.colour ? 'RGB' : 'MONOCHROME2';
        const fragments = originals.map((original) => encoded(encode, original, layout, photometric));
        const recorded = await open(facts(layout, { frames: 2, transferSyntax, pixels: fragments }));
        expect(recorded).toMatchObject({
          frames: 2,
          transferSyntax,
          odd: expect.arrayContaining([expect.stringMatching(/no frame times/)]),
        });
        for (const [index, original] of originals.entries()) expect(furthest(await values(recorded, index, layout), original)).toBe(0);
      });
    }
  }
});

/** Of 255 levels; the conversion to YCbCr and back and the halved colour resolution of JPEG lose more than its quantisation. */
const tolerance = (name: string, { colour }: Layout): number =>
  !colour || !name.startsWith('JPEG baseline') ? 2 : name.endsWith('4:2:2') ? 6 : 3;

describe('transfer syntaxes with losses', () => {
  const near: readonly (readonly [string, string, Encode, Layout, string])[] = [
    ['JPEG baseline', '1.2.840.10008.1.2.4.50', jpeg(0), { bits: 8 }, 'MONOCHROME2'],
    ['JPEG baseline', '1.2.840.10008.1.2.4.50', jpeg(0), { bits: 8, colour: true }, 'YBR_FULL'],
    ['JPEG baseline 4:2:2', '1.2.840.10008.1.2.4.50', jpeg(1), { bits: 8, colour: true }, 'YBR_FULL_422'],
    ...[{ bits: 8 }, { bits: 8, colour: true }, { bits: 12 }, { bits: 16 }].map((layout) => {
      const encode: Encode = (context) => NativeCodecs.encodeJpegLs(context, { lossy: true, allowedLossyError: 2 });
      return ['JPEG-LS near-lossless', '1.2.840.10008.1.2.4.81', encode, layout, layout.colour ? 'RGB' : 'MONOCHROME2'] as const;
    }),
    ...[{ bits: 8 }, { bits: 8, colour: true }, { bits: 12 }, { bits: 16 }, { bits: 12, signed: true }].map((layout) => {
      const encode: Encode = (context) => NativeCodecs.encodeJpeg2000(context, { lossy: true, rate: 2 });
      return ['JPEG 2000', '1.2.840.10008.1.2.4.91', encode, layout, layout.colour ? 'YBR_ICT' : 'MONOCHROME2'] as const;
    }),
    ...[{ bits: 8 }, { bits: 8, colour: true }, { bits: 12 }].map((layout) => {
      const encode: Encode = (context) => NativeCodecs.encodeHtJpeg2000(context, { lossy: true });
      return ['HTJ2K', '1.2.840.10008.1.2.4.203', encode, layout, layout.colour ? 'YBR_ICT' : 'MONOCHROME2'] as const;
    }),
  ];
  for (const [name, transferSyntax, encode, layout, photometric] of near) {
    it(`${name}, ${named(layout)}`, async () => {
      const original = picture(layout, 0, 3);
      const written = encoded(encode, original, layout, layout.colour ? 'RGB' : 'MONOCHROME2');
      const recorded = await open(facts(layout, { transferSyntax, photometric, pixels: [written] }));
      const decoded = await values(recorded, 0, layout);
      expect(furthest(decoded, original) / 2 ** (layout.bits - 8)).toBeLessThanOrEqual(tolerance(name, layout));
    });
  }
});

describe('colours that stand inside as YBR', () => {
  /** BT.601, full range (PS3.3 C.7.6.3.1.2), and back is what the reader does. */
  const toYbr = (rgb: Int32Array): Int32Array =>
    rgb.map((_, at) => {
      const [r, g, b] = [0, 1, 2].map((c) => rgb[at - (at % 3) + c] as number) as [number, number, number];
      if (at % 3 === 0) return Math.round(0.299 * r + 0.587 * g + 0.114 * b);
      if (at % 3 === 1) return Math.round(128 - 0.168736 * r - 0.331264 * g + 0.5 * b);
      return Math.round(128 + 0.5 * r - 0.418688 * g - 0.081312 * b);
    });
  const layout = { bits: 8, colour: true };
  const syntaxes = lossless.filter(([name]) => !name.startsWith('JPEG 2000') && !name.startsWith('HTJ2K'));
  for (const [name, transferSyntax, encode] of syntaxes) {
    it(`${name}, YBR_FULL`, async () => {
      const original = picture(layout, 0, 10);
      const fragment = encoded(encode, toYbr(original), layout, 'RGB');
      const recorded = await open(facts(layout, { transferSyntax, photometric: 'YBR_FULL', pixels: [fragment] }));
      expect(furthest(await values(recorded, 0, layout), original)).toBeLessThanOrEqual(2);
    });
  }

  it('JPEG baseline, whichever YBR the header names: the decoder has made RGB of it', async () => {
    const original = picture(layout, 0, 10);
    const fragment = encoded(jpeg(0), original, layout, 'RGB');
    for (const photometric of ['YBR_FULL', 'YBR_FULL_422', 'YBR_PARTIAL_422', 'YBR_PARTIAL_420']) {
      const recorded = await open(facts(layout, { transferSyntax: '1.2.840.10008.1.2.4.50', photometric, pixels: [fragment] }));
      expect(furthest(await values(recorded, 0, layout), original), photometric).toBeLessThanOrEqual(3);
    }
  });

  it('uncompressed, only what needs no decoder', async () => {
    const pixels = new Uint8Array(columns * rows * 3);
    for (const photometric of ['YBR_RCT', 'YBR_ICT', 'YBR_PARTIAL_420', 'HSV', 'CMYK'])
      await expect(open(facts(layout, { photometric, pixels }))).rejects.toMatchObject({ code: 'replay/bad-header' });
  });
});

describe('layouts of uncompressed and RLE pixels', () => {
  for (const [bits, highBit, signed] of [
    [10, 9, false],
    [10, 15, false],
    [12, 11, true],
    [12, 13, false],
    [12, 15, true],
    [16, 15, true],
    [5, 4, false],
    [5, 7, true],
  ] as const) {
    it(`${bits} bits up to bit ${highBit}${signed ? ', signed' : ''}, with rubbish in the other bits`, async () => {
      const layout = { bits, signed };
      const original = picture(layout, 0.3, 4);
      const low = highBit + 1 - bits;
      const mask = 2 ** bits - 1;
      const stored = Int32Array.from(original, (value, at) => (((value & mask) << low) | ((at * 7919) & ~(mask << low))) & 0xffff);
      const bytes = packed(stored, { bits: bits > 8 ? 16 : 8 });
      const recorded = await open(facts(layout, { highBit, pixels: bytes }));
      expect(furthest(await values(recorded, 0, layout), original)).toBe(0);
    });
  }

  it('RLE colour, whatever the planar configuration says: its segments are planes', async () => {
    const layout = { bits: 8, colour: true };
    const original = picture(layout, 0.3, 5);
    const fragment = encoded((context) => NativeCodecs.encodeRle(context), original, layout, 'RGB');
    for (const planar of [false, true]) {
      const recorded = await open(facts({ ...layout, planar }, { transferSyntax: '1.2.840.10008.1.2.5', pixels: [fragment] }));
      expect(furthest(await values(recorded, 0, layout), original)).toBe(0);
    }
  });

  it('RGB, planar and interleaved, an odd number of bytes', async () => {
    const layout = { bits: 8, colour: true };
    const original = picture(layout, 0.3, 6);
    for (const planar of [false, true]) {
      const recorded = await open(facts({ ...layout, planar }, { pixels: packed(original, { ...layout, planar }) }));
      expect(furthest(await values(recorded, 0, layout), original)).toBe(0);
    }
  });
});

describe('fragments and offset tables', () => {
  const layout = { bits: 8 };
  const originals = [7, 8, 9].map((seed) => picture(layout, 0.3, seed));
  const transferSyntax = '1.2.840.10008.1.2.4.80';
  const padded = (bytes: Uint8Array): Uint8Array => (bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, new Uint8Array(1)]));
  const whole = (): Uint8Array[] =>
    originals.map((original) =>
      padded(encoded((context) => NativeCodecs.encodeJpegLs(context, { lossy: false }), original, layout, 'MONOCHROME2')),
    );
  const thirds = (bytes: Uint8Array): Uint8Array[] => [bytes.subarray(0, 40), bytes.subarray(40, 90), bytes.subarray(90)];
  const offsets = (frames: readonly Uint8Array[], itemsEach: number): number[] =>
    frames.map((_, index) => frames.slice(0, index).reduce((at, { length }) => at + length + 8 * itemsEach, 0));

  async function same(pixels: readonly Uint8Array[], rest: Partial<FileFacts> = {}): Promise<void> {
    const recorded = await open(facts(layout, { frames: 3, transferSyntax, pixels, ...rest }));
    expect(recorded.frames).toBe(3);
    for (const [index, original] of originals.entries()) expect(furthest(await values(recorded, index, layout), original)).toBe(0);
  }

  it('one fragment a frame, with a table, without one and with one that leads nowhere', async () => {
    await same(whole());
    await same(whole(), { offsetTable: offsets(whole(), 1) });
    await same(whole(), { offsetTable: [0, 12, 999_999] });
    await same(whole(), { offsetTable: [0] });
  });

  it('three fragments a frame, with a table and without one', async () => {
    const fragments = whole().flatMap(thirds);
    await same(fragments);
    await same(fragments, { offsetTable: offsets(whole(), 3) });
  });

  it('three fragments a frame in a file that was cut off: whole frames stay whole', async () => {
    const left = whole().flatMap(thirds).slice(0, 7);
    const recorded = await open(facts(layout, { frames: 9, transferSyntax, pixels: left }));
    expect(recorded.frames).toBe(3);
    for (const index of [0, 1]) expect(furthest(await values(recorded, index, layout), originals[index] as Int32Array)).toBe(0);
    await expect(values(recorded, 2, layout)).rejects.toMatchObject({ code: 'replay/damaged-frame' });
  });

  it('an extended offset table (PS3.3 C.7.6.3.1.8) and an empty basic one', async () => {
    const wide = (values: readonly number[]): Uint8Array => new Uint8Array(BigUint64Array.from(values, BigInt).buffer);
    const more = [
      [0x7fe0, 0x0001, 'OV', wide(offsets(whole(), 1))],
      [0x7fe0, 0x0002, 'OV', wide(whole().map(({ length }) => length))],
    ] as const;
    await same(whole(), { more });
  });
});

describe('a frame that was cut off', () => {
  const layout = { bits: 8 };
  const original = picture(layout, 0.3, 11);
  const cases = [...lossless, ['JPEG baseline', '1.2.840.10008.1.2.4.50', jpeg(0)] as const];
  for (const [name, transferSyntax, encode] of cases) {
    it(`${name}: is damaged, never half a picture; the whole one behind it is right`, async () => {
      const whole = encoded(encode, original, layout, 'MONOCHROME2');
      const sizes = [0.3, 0.6, 0.9].map((share) => Math.floor(whole.length * share) & ~1);
      const recorded = await open(
        facts(layout, { frames: 4, transferSyntax, pixels: [...sizes.map((size) => whole.subarray(0, size)), whole] }),
      );
      for (const index of sizes.keys())
        await expect(values(recorded, index, layout)).rejects.toMatchObject({ code: 'replay/damaged-frame' });
      expect(furthest(await values(recorded, 3, layout), original)).toBeLessThanOrEqual(2);
    });
  }
});

describe('RLE that is longer or shorter than its picture', () => {
  const transferSyntax = '1.2.840.10008.1.2.5';
  const layout = { bits: 8 };
  const literal = (values: Int32Array): Uint8Array =>
    Buffer.concat(
      Array.from({ length: Math.ceil(values.length / 100) }, (_, k) => {
        const run = Uint8Array.from(values.subarray(100 * k, 100 * (k + 1)));
        return Uint8Array.of(run.length - 1, ...run);
      }),
    );
  const frameOf = (...segments: Uint8Array[]): Uint8Array => {
    const header = new Uint32Array(16);
    header[0] = segments.length;
    for (const [k] of segments.entries()) header[k + 1] = 64 + segments.slice(0, k).reduce((total, { length }) => total + length, 0);
    return Buffer.concat([new Uint8Array(header.buffer), ...segments]);
  };
  const original = picture(layout, 0.3, 21);
  const opened = (fragment: Uint8Array): Promise<Recording> => open(facts(layout, { transferSyntax, pixels: [fragment] }));

  it('plays what holds the picture, whatever pads it: zeros, or rows that a writer appended in the same run', async () => {
    const longer = Int32Array.from({ length: original.length + columns }, (_, at) => original[at] ?? 99);
    for (const bytes of [literal(original), Buffer.concat([literal(original), new Uint8Array(3)]), literal(longer)])
      expect(furthest(await values(await opened(frameOf(bytes)), 0, layout), original)).toBe(0);
  });

  it('is damaged where bytes are missing, or too many by no whole rows', async () => {
    const odd = Int32Array.from({ length: original.length + 7 }, (_, at) => original[at] ?? 99);
    const short = original.subarray(0, original.length - columns);
    for (const [bytes, words] of [
      [literal(short), `holds ${short.length} of ${original.length}`],
      [literal(original).subarray(0, 300), 'RLE segment 1 holds'],
      [literal(odd), `there is room for ${original.length}`],
    ] as const) {
      const said = { code: 'replay/damaged-frame', message: expect.stringContaining(words) };
      await expect(values(await opened(frameOf(bytes)), 0, layout)).rejects.toMatchObject(said);
    }
  });

  it('is damaged where the bytes of one colour are missing', async () => {
    const planes = [original, original.subarray(0, original.length - 1), original].map(literal);
    const recorded = await open(facts({ bits: 8, colour: true }, { transferSyntax, pixels: [frameOf(...planes)] }));
    await expect(values(recorded, 0, layout)).rejects.toMatchObject({ message: expect.stringContaining('RLE segment 2 holds') });
  });
});

describe('JPEG data that libjpeg takes with a word', () => {
  const baseline = '1.2.840.10008.1.2.4.50';
  const original = picture({ bits: 8 }, 0.3, 22);
  let whole: Buffer;
  let end: number;
  beforeAll(() => {
    whole = Buffer.from(encoded(jpeg(0), original, { bits: 8 }, 'MONOCHROME2'));
    end = whole.lastIndexOf(Buffer.of(0xff, 0xd9));
  });
  const shown = async (fragment: Uint8Array): Promise<number> =>
    furthest(await values(await open(facts({ bits: 8 }, { transferSyntax: baseline, pixels: [fragment] })), 0, { bits: 8 }), original);

  it('shows what only lacks the end marker, or has zeros before it', async () => {
    expect(await shown(whole.subarray(0, end))).toBeLessThanOrEqual(2);
    expect(await shown(Buffer.concat([whole.subarray(0, end), Uint8Array.of(0, 0, 0xff, 0xd9)]))).toBeLessThanOrEqual(2);
  });

  it('lossless ones too, to the last bit; a few bytes more off are damage', async () => {
    for (const [name, transferSyntax, encode] of lossless.filter(([name]) => name.startsWith('JPEG') && !name.includes('2000'))) {
      const exact = encoded(encode, original, { bits: 8 }, 'MONOCHROME2');
      const marker = Buffer.from(exact).lastIndexOf(Buffer.of(0xff, 0xd9));
      const cut = async (at: number): Promise<number> =>
        furthest(
          await values(await open(facts({ bits: 8 }, { transferSyntax, pixels: [exact.subarray(0, at)] })), 0, { bits: 8 }),
          original,
        );
      expect(await cut(marker), name).toBe(0);
      for (const bytes of [3, 6, 20, 60]) await expect(cut(marker - bytes), name).rejects.toMatchObject({ code: 'replay/damaged-frame' });
    }
  });

  it('is damaged where data are missing before the end, or overwritten', async () => {
    const overwritten = Uint8Array.from(whole).fill(0, end - 200, end - 100);
    const hole = Buffer.concat([whole.subarray(0, end - 300), whole.subarray(end)]);
    for (const fragment of [hole, overwritten, whole.subarray(0, end - 20)])
      await expect(shown(fragment)).rejects.toMatchObject({ message: expect.stringContaining('its JPEG data are damaged') });
  });

  it('without the end marker of several scans, nobody knows whether one is missing', async () => {
    const colours = picture({ bits: 8, colour: true }, 0, 23);
    const scans = encoded(jpeg(0), colours, { bits: 8, colour: true }, 'RGB');
    const cut = Uint8Array.from(scans.subarray(0, scans.length - 2));
    const scan = Buffer.from(cut.buffer).indexOf(Buffer.of(0xff, 0xda));
    cut[scan + 4] = 1;
    const recorded = await open(facts({ bits: 8, colour: true }, { transferSyntax: baseline, pixels: [cut] }));
    await expect(values(recorded, 0, { bits: 8 })).rejects.toMatchObject({ message: expect.stringContaining('end marker is missing') });
  });
});

describe('a picture inside that is not the announced one', () => {
  const original = picture({ bits: 8 }, 0.3, 12);
  const cases = [...lossless.filter(([name]) => name !== 'RLE'), ['JPEG baseline', '1.2.840.10008.1.2.4.50', jpeg(0)] as const];
  for (const [name, transferSyntax, encode] of cases) {
    it(`${name}: said, and nothing shown`, async () => {
      const fragment = encoded(encode, original, { bits: 8 }, 'MONOCHROME2');
      for (const other of [{ columns: columns - 1 }, { rows: rows * 2 }, { rows: columns, columns: rows }]) {
        const recorded = await open(facts({ bits: 8 }, { transferSyntax, pixels: [fragment], ...other }));
        const said = { code: 'replay/damaged-frame', message: expect.stringContaining(`the picture inside is ${columns}x${rows}x1`) };
        await expect(values(recorded, 0, { bits: 8 })).rejects.toMatchObject(said);
      }
    });
  }
});
