import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { errorTable } from '../../src/app-error.ts';
import { type InspectSettings, inspectFiles } from '../../src/inspect/inspect.ts';
import { ascii, dicomFile, region, us } from '../support/dicom-file.ts';
import { haveRecordings, manifest, recording } from '../support/recordings.ts';
import { slowFile } from '../support/slow-frame.ts';

const folder = mkdtempSync(join(tmpdir(), 'inspect-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function inspect(files: readonly string[], settings: Partial<InspectSettings> = {}) {
  const lines: string[] = [];
  const status = await inspectFiles(files, { json: false, pixels: false, ...settings }, (line) => lines.push(line));
  return { status, lines };
}

type Said = Record<string, unknown> & { readonly file: string; readonly ok: boolean };
const parsed = (lines: readonly string[]): Said[] => lines.map((line) => JSON.parse(line) as Said);

function written(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const pixels = Uint8Array.of(0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255);
const clip = written(
  'clip.dcm',
  dicomFile({
    rows: 2,
    columns: 3,
    frames: 2,
    pixels,
    more: [
      [0x0018, 0x1063, 'DS', ascii('40')],
      [0x0018, 0x6011, 'SQ', region([0, 0, 2, 1], -0.05, 0.025)],
    ],
  }),
);
const deep = written(
  'deep.dcm',
  dicomFile({ rows: 1, columns: 2, bitsAllocated: 16, bitsStored: 12, pixels: us(100, 201), modality: 'XA' }),
);
const rle = (bytes: Uint8Array): Uint8Array => Buffer.concat([us(1, 0, 64, 0), new Uint8Array(56), bytes]);
const halfDamaged = written(
  'half.dcm',
  dicomFile({
    rows: 1,
    columns: 2,
    frames: 2,
    transferSyntax: '1.2.840.10008.1.2.5',
    pixels: [new Uint8Array(8).fill(0xff), rle(Uint8Array.of(1, 7, 9, 0))],
  }),
);

describe('what is said of a recording', () => {
  it('in words, one line', async () => {
    const { status, lines } = await inspect([clip]);
    expect(status).toBe(0);
    expect(lines).toEqual([
      'clip.dcm: DICOM US, 2 frames of 3x2 · GREY (MONOCHROME2, 1.2.840.10008.1.2.1) · 25 frames/s (40 to 40 ms) · ' +
        'calibrated: tissue 0,0–2,1 -0.05 cm/px, 0.025 cm/px',
    ]);
  });

  it('as JSON: every field that another program needs', async () => {
    const { lines } = await inspect([clip], { json: true });
    expect(parsed(lines)).toEqual([
      {
        file: 'clip.dcm',
        ok: true,
        kind: 'DICOM US',
        frames: 2,
        width: 3,
        height: 2,
        pixelFormat: 'GREY',
        photometric: 'MONOCHROME2',
        transferSyntax: '1.2.840.10008.1.2.1',
        times: { fps: 25, minIntervalMs: 40, maxIntervalMs: 40 },
        regions: [{ kind: 'tissue', x0: 0, y0: 0, x1: 2, y1: 1, unitX: 'cm', unitY: 'cm', deltaX: -0.05, deltaY: 0.025 }],
        odd: [],
      },
    ]);
  });

  it('with pixels: mean and CRC-32 of every decoded frame, of 16 bits the mean of the values', async () => {
    const { lines } = await inspect([clip, deep], { json: true, pixels: true });
    const sum = (frame: number, bytes: Uint8Array, mean: number) => ({ frame, mean, crc32: crc32(bytes).toString(16).padStart(8, '0') });
    expect(parsed(lines)).toMatchObject([
      { pixels: [sum(0, pixels.subarray(0, 6), 2.5), sum(1, pixels.subarray(6), 252.5)] },
      { kind: 'DICOM XA', pixelFormat: 'Y16', window: { centre: 151, width: 102 }, pixels: [sum(0, us(100, 201), 150.5)] },
    ]);
    const words = (await inspect([clip], { pixels: true })).lines[0];
    expect(words).toContain(`pixels: 0 2.5 ${crc32(pixels.subarray(0, 6)).toString(16).padStart(8, '0')}, 1 252.5 `);
  });

  it('a damaged frame is odd, not a failure, while another one can be decoded', async () => {
    const { status, lines } = await inspect([halfDamaged], { json: true, pixels: true });
    expect(status).toBe(0);
    expect(parsed(lines)[0]).toMatchObject({
      ok: true,
      frames: 2,
      odd: expect.arrayContaining([expect.stringMatching(/^frame 0 is damaged/)]),
      pixels: [{ frame: 1, mean: 8 }],
    });
  });

  it('a MetaImage', async () => {
    const bytes = Buffer.from('ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\nabcd');
    const { lines } = await inspect([written('still.mha', bytes)]);
    expect(lines).toEqual(['still.mha: MetaImage, 1 frame of 2x2 · GREY (MONOCHROME2, raw) · a still · not calibrated']);
  });
});

describe('what cannot be read', () => {
  const nonsense = written('nonsense.txt', Buffer.from('hello'));
  const allDamaged = written(
    'damaged.dcm',
    dicomFile({ rows: 1, columns: 2, transferSyntax: '1.2.840.10008.1.2.5', pixels: [new Uint8Array(8).fill(0xff)] }),
  );
  const video = written(
    'video.dcm',
    dicomFile({ rows: 1, columns: 2, transferSyntax: '1.2.840.10008.1.2.4.102', pixels: [new Uint8Array(8)] }),
  );
  const empty = written('empty.dcm', new Uint8Array(0));
  mkdirSync(join(folder, 'folder.dcm'));

  it('one line a file in the order given, with its code; the others are still told; status 1', async () => {
    const files = [join(folder, 'none.dcm'), nonsense, clip, allDamaged, video, empty, join(folder, 'folder.dcm')];
    const { status, lines } = await inspect(files, { json: true });
    expect(status).toBe(1);
    expect(parsed(lines).map(({ file, ok, code }) => [file, ok, code])).toEqual([
      ['none.dcm', false, 'replay/unreadable'],
      ['nonsense.txt', false, 'replay/unknown-kind'],
      ['clip.dcm', true, undefined],
      ['damaged.dcm', false, 'replay/all-damaged'],
      ['video.dcm', false, 'replay/unknown-syntax'],
      ['empty.dcm', false, 'replay/unknown-kind'],
      ['folder.dcm', false, 'replay/unreadable'],
    ]);
  });

  it('a frame that takes too long fails its file, and the ones behind it are told', { timeout: 60_000 }, async () => {
    const slow = written('slow.dcm', await slowFile([undefined]));
    const { status, lines } = await inspect([slow, clip], { json: true, frameMs: 1000 });
    expect(status).toBe(1);
    expect(parsed(lines)).toMatchObject([
      { file: 'slow.dcm', ok: false, code: 'replay/decoder-silent', message: 'slow.dcm: frame 0 was not decoded within 1 s' },
      { file: 'clip.dcm', ok: true },
    ]);
  });

  it('in words: code, what is wrong, what to do; a video is called by its name', async () => {
    const { status, lines } = await inspect([video]);
    expect(status).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/^video\.dcm: replay\/unknown-syntax: .*\(H\.264 video\); export it/)]);
  });

  it('a name with control characters makes no second line', async () => {
    const { lines } = await inspect([written('two\nlines\u001b[2J.dcm', Buffer.from('x'))]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^two\\u000alines\\u001b\[2J\.dcm: replay\/unknown-kind/);
  });

  it.skipIf(process.platform === 'win32')('a pipe that nobody writes to is refused at once', async () => {
    const pipe = join(folder, 'pipe.dcm');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    expect((await inspect([pipe])).lines).toEqual([expect.stringMatching(/replay\/unreadable.*not a file/)]);
  });
});

describe.skipIf(!haveRecordings)('the recordings beside the repository (skipped where they are not there)', () => {
  it('every one: a whole report, or a code of the table with file and remedy', { timeout: 120_000 }, async () => {
    const files = manifest()
      .map(({ file }) => file)
      .filter((file) => /\.(dcm|mha)$/.test(file));
    const { status, lines } = await inspect(files.map(recording), { json: true });
    expect(lines).toHaveLength(files.length);
    const failed = parsed(lines).filter(({ ok }) => !ok);
    expect(status).toBe(failed.length === 0 ? 0 : 1);
    for (const said of failed) {
      expect(Object.keys(errorTable)).toContain(said.code);
      expect(said.message).toContain(said.file);
      expect(files.find((file) => file.endsWith(`/${said.file}`))).toMatch(/^malformed\//);
    }
  });
});
