import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openRecording } from '../../device-drivers/replay/open-recording.ts';
import type { Recording } from '../../device-drivers/replay/recording.ts';
import { frameBytes } from '../../src/frame/frame-format.ts';
import { seeded } from '../support/mutant.ts';

const folder = mkdtempSync(join(tmpdir(), 'replay-metaimage-'));
afterAll(() => rmSync(folder, { recursive: true }));
let written = 0;

type Fields = Readonly<Record<string, string>>;

const usual: Fields = { ObjectType: 'Image', NDims: '3', DimSize: '3 2 2', ElementType: 'MET_UCHAR', ElementDataFile: 'LOCAL' };

function metaImage(fields: Fields, pixels: Uint8Array, lineEnd = '\n'): Uint8Array {
  const { ElementDataFile, ...rest } = { ...usual, ...fields };
  const lines = [...Object.entries(rest), ['ElementDataFile', ElementDataFile ?? '']].map(
    ([name, value]) => `${name} = ${value}${lineEnd}`,
  );
  return Buffer.concat([Buffer.from(lines.join(''), 'latin1'), pixels]);
}

function open(fields: Fields, pixels: Uint8Array, lineEnd?: string): Promise<Recording> {
  const path = join(folder, `${written++}.mha`);
  writeFileSync(path, metaImage(fields, pixels, lineEnd));
  return openRecording(path);
}

async function frame(of: Recording, index = 0): Promise<number[]> {
  const target = new Uint8Array(frameBytes(of.format));
  await of.decode(index, target);
  return [...(of.format.pixelFormat === 'Y16' ? new Uint16Array(target.buffer) : target)];
}

const counting = Uint8Array.from({ length: 12 }, (_, at) => at);

describe('MetaImage pixels', () => {
  const put: Readonly<Record<string, (view: DataView, at: number, value: number, little: boolean) => void>> = {
    MET_USHORT: (view, at, value, little) => view.setUint16(2 * at, value, little),
    MET_SHORT: (view, at, value, little) => view.setInt16(2 * at, value, little),
    MET_UINT: (view, at, value, little) => view.setUint32(4 * at, value, little),
    MET_INT: (view, at, value, little) => view.setInt32(4 * at, value, little),
    MET_FLOAT: (view, at, value, little) => view.setFloat32(4 * at, value, little),
    MET_DOUBLE: (view, at, value, little) => view.setFloat64(8 * at, value, little),
  };
  const bytesOf = (type: string, values: readonly number[], little: boolean): Uint8Array => {
    const view = new DataView(new ArrayBuffer(values.length * ({ MET_DOUBLE: 8, MET_USHORT: 2, MET_SHORT: 2 }[type] ?? 4)));
    for (const [at, value] of values.entries()) put[type]?.(view, at, value, little);
    return new Uint8Array(view.buffer);
  };

  for (const little of [true, false]) {
    const order = { BinaryDataByteOrderMSB: little ? 'False' : 'True', DimSize: '3 2', NDims: '2' };
    const said = little ? 'little-endian' : 'big-endian';

    it(`16 bits, ${said}: values as they are, signed ones shifted`, async () => {
      const values = [0, 1, 256, 1000, 65_535, 40_000];
      const plain = await open({ ...order, ElementType: 'MET_USHORT' }, bytesOf('MET_USHORT', values, little));
      expect(await frame(plain)).toEqual(values);
      expect(plain.format.window).toEqual({ centre: 32_768, width: 65_536 });
      const signed = await open({ ...order, ElementType: 'MET_SHORT' }, bytesOf('MET_SHORT', [0, 1, -1, -1000, 1000, 7], little));
      expect(await frame(signed)).toEqual([0, 1, -1, -1000, 1000, 7].map((value) => value + 32_768));
      expect(signed.format.window).toEqual({ centre: 32_768.5, width: 2001 });
      expect(signed.odd).toEqual([expect.stringMatching(/no window: its values from -1000 to 1000/)]);
    });

    for (const type of ['MET_UINT', 'MET_INT', 'MET_FLOAT', 'MET_DOUBLE']) {
      it(`${type}, ${said}: from the smallest to the largest value, and says so`, async () => {
        const low = type === 'MET_UINT' ? 100_000 : -50_000;
        const values = [0, 1, 0.5, 0.25, 0.75, 1].map((share) => low + share * 100_000);
        const recorded = await open({ ...order, ElementType: type }, bytesOf(type, values, little));
        expect(recorded.format).toMatchObject({ pixelFormat: 'Y16', window: { centre: 32_768, width: 65_536 } });
        expect(await frame(recorded)).toEqual([0, 65_535, 32_768, 16_384, 49_151, 65_535]);
        expect(recorded.odd.join()).toContain(`from ${low} to ${low + 100_000}`);
      });
    }
  }

  it('what is no number is black and does not count as a value', async () => {
    const values = bytesOf('MET_FLOAT', [Number.NaN, 1, 2, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], true);
    const recorded = await open({ NDims: '2', DimSize: '3 2', ElementType: 'MET_FLOAT' }, values);
    expect(await frame(recorded)).toEqual([0, 0, 32_768, 65_535, 65_535, 0]);
  });

  it('8 bits: signed, colour of 8 and of 16 bits', async () => {
    const signed = await open({ NDims: '2', DimSize: '3 1', ElementType: 'MET_CHAR' }, Uint8Array.of(0x80, 0, 0x7f));
    expect(await frame(signed)).toEqual([0, 128, 255]);
    const colour = { NDims: '2', DimSize: '2 1', ElementNumberOfChannels: '3' };
    expect(await frame(await open(colour, Uint8Array.of(1, 2, 3, 4, 5, 6)))).toEqual([1, 2, 3, 4, 5, 6]);
    const deep = new Uint8Array(Uint16Array.of(0x100, 0x200, 0x300, 0x400, 0x500, 0x600).buffer);
    expect(await frame(await open({ ...colour, ElementType: 'MET_USHORT' }, deep))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('compressed, with lines that end in CR LF, two to four dimensions', async () => {
    const zipped = await open({ CompressedData: 'True' }, deflateSync(counting), '\r\n');
    expect(zipped).toMatchObject({ frames: 2, transferSyntax: 'zlib' });
    expect(await frame(zipped, 1)).toEqual([6, 7, 8, 9, 10, 11]);
    expect(await open({ NDims: '2', DimSize: '3 4' }, counting)).toMatchObject({ frames: 1, format: { height: 4 } });
    const volumes = await open({ NDims: '4', DimSize: '3 1 2 2' }, counting);
    expect(volumes.frames).toBe(4);
    expect(await frame(volumes, 3)).toEqual([9, 10, 11]);
    expect(volumes.odd.join()).toMatch(/slices of its volumes/);
  });

  it('pixels in a file beside it, raw and compressed, behind bytes that are none', async () => {
    writeFileSync(join(folder, 'beside.raw'), Buffer.concat([Buffer.from('junk'), counting]));
    writeFileSync(join(folder, 'beside.zraw'), deflateSync(counting));
    const none = new Uint8Array(0);
    expect(await frame(await open({ ElementDataFile: 'beside.raw', HeaderSize: '4' }, none), 1)).toEqual([6, 7, 8, 9, 10, 11]);
    expect(await frame(await open({ ElementDataFile: 'beside.raw', HeaderSize: '-1' }, none), 1)).toEqual([6, 7, 8, 9, 10, 11]);
    expect(await frame(await open({ ElementDataFile: 'beside.zraw', CompressedData: 'True' }, none), 1)).toEqual([6, 7, 8, 9, 10, 11]);
  });
});

describe('MetaImage calibration, time and tracking', () => {
  it('spacing in millimetres, X and Y apart; 1 1 is what writers leave who do not know it', async () => {
    const recorded = await open({ ElementSpacing: '0.2 0.1 1' }, counting);
    expect(recorded.format.regions).toEqual([
      { kind: 'tissue', x0: 0, y0: 0, x1: 2, y1: 1, unitX: 'cm', unitY: 'cm', deltaX: 0.02, deltaY: 0.01 },
    ]);
    for (const spacing of ['1 1 1', '0 1 1', '-1 1', 'a b', '1e300 1'])
      expect((await open({ ElementSpacing: spacing }, counting)).format.regions).toEqual([]);
  });

  it('uneven time stamps; one that runs backwards gives way to the usual interval', async () => {
    const stamps = [2.5, 2.58, 2.7, 2.6, 2.68].map((stamp, at) => [`Seq_Frame000${at}_Timestamp`, String(stamp)]);
    const recorded = await open({ DimSize: '2 1 5', ...Object.fromEntries(stamps) }, counting);
    expect(recorded.intervalsMs.map(Math.round)).toEqual([80, 120, 80, 80, 80]);
    expect(recorded.odd.join()).toMatch(/1 time stamps are absent or jump/);
    expect(recorded.format.frameIntervalMs).toBeCloseTo(120, 6);
  });

  it('a picture that the file calls invalid is a damaged frame; another orientation is told', async () => {
    const recorded = await open({ Seq_Frame0000_ImageStatus: 'INVALID', UltrasoundImageOrientation: 'UNA' }, counting);
    await expect(frame(recorded, 0)).rejects.toMatchObject({ code: 'replay/damaged-frame' });
    expect(await frame(recorded, 1)).toEqual([6, 7, 8, 9, 10, 11]);
    expect(recorded).toMatchObject({
      facts: { modality: 'ultrasound' },
      odd: expect.arrayContaining([expect.stringMatching(/orientation UNA/)]),
    });
  });
});

describe('MetaImage files that lie or end early', () => {
  const refused: readonly (readonly [string, Fields, RegExp])[] = [
    ['poses without pictures', { DimSize: '0 0 5' }, /DimSize is 0 0 5/],
    ['sides that are no numbers', { DimSize: 'x y z' }, /DimSize is x y z/],
    ['a negative count', { DimSize: '3 2 -2' }, /DimSize is 3 2 -2/],
    ['more dimensions than it says', { NDims: '2' }, /NDims is 2/],
    ['five dimensions', { NDims: '5', DimSize: '3 2 1 1 2' }, /NDims is 5/],
    ['a picture of gigabytes', { NDims: '2', DimSize: '90000 90000' }, /DimSize is 90000/],
    ['frames of gigabytes', { DimSize: '8000 8000 400' }, /more than 2147483647 bytes/],
    ['more than zlib can hold', { DimSize: '800 800 300', CompressedData: 'True' }, /cannot hold them/],
    ['rubbish as zlib', { CompressedData: 'True' }, /compressed pixels are damaged/],
    ['a type of unknown size', { ElementType: 'MET_LONG' }, /ElementType is MET_LONG, allowed: MET_UCHAR/],
    ['a name of every object', { ElementType: 'constructor' }, /ElementType is constructor/],
    ['two channels', { ElementNumberOfChannels: '2' }, /2 channels of MET_UCHAR/],
    ['pixels as text', { BinaryData: 'False' }, /written as text/],
    ['a list of files', { ElementDataFile: 'LIST' }, /many files/],
    ['a pattern of files', { ElementDataFile: 'slice%03d.raw 1 9 1' }, /many files/],
    ['a file elsewhere', { ElementDataFile: '../../etc/hosts' }, /only a file beside it is read/],
    ['a folder', { ElementDataFile: 'folder.raw/' }, /only a file beside it is read/],
    ['a header of bytes before the pixels that is none', { HeaderSize: '-7' }, /HeaderSize is -7/],
  ];
  for (const [what, fields, reason] of refused) {
    it(`${what}: refused in words`, async () => {
      await expect(open(fields, counting)).rejects.toMatchObject({ code: 'replay/bad-header', message: expect.stringMatching(reason) });
    });
  }

  it('a file beside it that is missing or none: named', async () => {
    mkdirSync(join(folder, 'folder.raw'));
    for (const name of ['gone.raw', 'folder.raw'])
      await expect(open({ ElementDataFile: name }, counting)).rejects.toMatchObject({
        code: 'replay/unreadable',
        message: expect.stringContaining(name),
      });
  });

  it('cut off: what is there is played, raw and compressed', async () => {
    const raw = await open({}, counting.subarray(0, 8));
    expect(raw).toMatchObject({ frames: 1, odd: expect.arrayContaining(['2 frames are announced, 1 are there']) });
    const random = seeded(1);
    const noise = Uint8Array.from({ length: 40_000 }, () => random(256));
    const zipped = deflateSync(noise);
    const cut = await open({ DimSize: '100 100 4', CompressedData: 'True' }, zipped.subarray(0, zipped.length * 0.6));
    expect(cut.frames).toBe(2);
    expect(await frame(cut, 1)).toEqual([...noise.subarray(10_000, 20_000)]);
    await expect(open({}, counting.subarray(0, 5))).rejects.toMatchObject({ code: 'replay/no-frames' });
  });

  it('a stream of zeros that runs on for a gigabyte is read no further than announced', async () => {
    const bomb = deflateSync(new Uint8Array(64 * 2 ** 20));
    const before = process.memoryUsage().arrayBuffers;
    const recorded = await open({ CompressedData: 'True' }, bomb);
    expect(await frame(recorded, 1)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 2 ** 20);
  });

  it('a file of two gigabytes is refused by its size, before it is read', async () => {
    const path = join(folder, 'large.mha');
    writeFileSync(path, metaImage({}, counting));
    truncateSync(path, 2 ** 31);
    await expect(openRecording(path)).rejects.toMatchObject({ code: 'replay/too-large' });
    rmSync(path);
  });
});
