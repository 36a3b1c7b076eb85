import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openRecording } from '../../device-drivers/replay/open-recording.ts';
import type { Recording } from '../../device-drivers/replay/recording.ts';
import { frameBytes } from '../../src/frame/frame-format.ts';
import { haveRecordings, recording } from '../support/recordings.ts';

/*
 * Every frame of every recording beside the decoders of others: DCMTK, and GDCM for JPEG 2000.
 * They are system tools (Debian: dcmtk, libgdcm-tools); without them, or without the recordings, this is skipped.
 */

const has = (tool: string): boolean => spawnSync(tool, ['--version']).error === undefined;
const haveTools = ['dcmcjpeg', 'dcmcjpls', 'dcmcrle', 'dcmdjpls', 'dcmdjpeg', 'dcmdrle', 'dcmconv', 'dcmdump', 'dcm2pnm', 'gdcmconv'].every(
  has,
);
const folder = mkdtempSync(join(tmpdir(), 'replay-dcmtk-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (tool: string, ...parameters: string[]): boolean => spawnSync(tool, parameters).status === 0;

/** Who makes it uncompressed: by transfer syntax. */
const decompress = (from: string, to: string, syntax: string): boolean => {
  if (/\.4\.9\d$/.test(syntax)) return run('gdcmconv', '--raw', from, to);
  if (syntax === '1.2.840.10008.1.2.5') return run('dcmdrle', '+te', from, to);
  if (/\.4\.8\d$/.test(syntax)) return run('dcmdjpls', '+te', from, to);
  if (syntax.includes('1.2.840.10008.1.2.4.')) return run('dcmdjpeg', '+te', from, to);
  return run('dcmconv', '+te', from, to);
};

/**
 * Stored grey values of all frames, signed ones shifted to start at zero as frames carry them; undefined where the tools gave none.
 * `original` tells the stored bits: GDCM announces 16 where it has decoded 13.
 */
function greyReference(file: string, original: string): Uint8Array | undefined {
  const out = mkdtempSync(join(folder, 'raw-'));
  if (!run('dcmdump', '+W', out, file)) return undefined;
  const [raw] = readdirSync(out).filter((name) => name.endsWith('.raw'));
  if (raw === undefined) return undefined;
  const values = readFileSync(join(out, raw));
  const header = spawnSync('dcmdump', ['+P', '0028,0101', '+P', '0028,0103', original]).stdout.toString('latin1');
  const [bits, signed] = [/\(0028,0101\) US (\d+)/, /\(0028,0103\) US (\d+)/].map((field) => Number(field.exec(header)?.[1]));
  if (signed !== 1 || bits === undefined) return values;
  for (let at = 0; at < values.length; at += 2) {
    values.writeUInt16LE((values.readUInt16LE(at) & (2 ** bits - 1)) ^ (2 ** (bits - 1)), at);
  }
  return values;
}

/** Binary PPM files of all frames one behind the other. */
function colourReference(file: string): Uint8Array | undefined {
  const out = mkdtempSync(join(folder, 'ppm-'));
  if (!run('dcm2pnm', '+op', '+Fa', file, join(out, 'f'))) return undefined;
  const frames = readdirSync(out).sort((a, b) => Number(a.split('.')[1]) - Number(b.split('.')[1]));
  return Buffer.concat(frames.map((name) => ppmPixels(readFileSync(join(out, name)))));
}

function ppmPixels(file: Buffer): Buffer {
  const header = /^P6\s+\d+\s+\d+\s+255\s/.exec(file.toString('latin1', 0, 64));
  return file.subarray(header?.[0].length ?? 0);
}

async function furthest(of: Recording, reference: Uint8Array): Promise<number> {
  const bytes = frameBytes(of.format);
  const wide = of.format.pixelFormat === 'Y16';
  const target = new Uint8Array(bytes);
  const other = Buffer.from(reference);
  let most = 0;
  for (let frame = 0; frame < of.frames; frame++) {
    await of.decode(frame, target);
    const own = Buffer.from(target.buffer);
    for (let i = 0; i < bytes; i += wide ? 2 : 1) {
      const at = frame * bytes + i;
      const apart = wide ? own.readUInt16LE(i) - other.readUInt16LE(at) : (own[i] as number) - (other[at] as number);
      most = Math.max(most, Math.abs(apart));
    }
  }
  return most;
}

const files = haveRecordings
  ? ['us', 'xa', 'stills', 'malformed'].flatMap((kind) => readdirSync(recording(kind)).map((name) => `${kind}/${name}`))
  : [];
/** Played, but of no use as a reference: `why`. */
const without: Readonly<Record<string, string>> = {
  'us/us_echo_a4c_sequoia_65f.dcm': 'DCMTK refuses its trailing bytes; its clean twin is compared',
  'stills/us_aloka_palette16.dcm': 'DCMTK reads no segmented palettes',
  'malformed/JPEG2000-embedded-sequence-delimiter.dcm': 'GDCM refuses its damaged header',
  'malformed/xa_truncated_at_60pct.dcm': 'DCMTK refuses what was cut off',
};

async function expectSame(path: string, recorded: Recording, what = ''): Promise<void> {
  const plain = join(folder, `plain-${basename(path)}`);
  expect(decompress(path, plain, recorded.transferSyntax), what).toBe(true);
  const reference = recorded.format.pixelFormat === 'RGB24' ? colourReference(plain) : greyReference(plain, path);
  rmSync(plain);
  expect(reference?.length, what).toBeGreaterThanOrEqual(recorded.frames * frameBytes(recorded.format));
  expect(await furthest(recorded, reference as Uint8Array), what).toBeLessThanOrEqual(2);
}

describe.skipIf(!haveRecordings || !haveTools)('beside DCMTK and GDCM (skipped without the recordings or these tools)', () => {
  for (const file of files.filter((name) => name.endsWith('.dcm'))) {
    it(`${file}: every frame within two levels`, { timeout: 60_000 }, async ({ skip }) => {
      const recorded = await openRecording(recording(file)).catch(() => undefined);
      if (recorded === undefined) return skip('it is refused');
      if (without[file] !== undefined) return skip(without[file]);
      await expectSame(recording(file), recorded);
    });
  }
});

describe.skipIf(!haveRecordings || !haveTools)('written by DCMTK and GDCM (skipped without the recordings or these tools)', () => {
  /** Each with the writers that matter to its kind of picture. */
  const sources: readonly (readonly [string, RegExp])[] = [
    ['stills/examples_rgb_color', /./],
    ['stills/examples_palette', /dcmconv|rle|jpls$|e1/],
    ['malformed/J2K_pixelrep_mismatch', /dcmconv|rle|jpls$|e1|el|j2k/],
    ['malformed/JPGExtended', /e[esp]$|md/],
  ];
  const writers: readonly (readonly [string, ...string[]])[] = [
    ['dcmconv', '+ti'],
    ['dcmconv', '+tb'],
    ['dcmconv', '+td'],
    ['dcmconv', '+te', '-e'],
    ['dcmcrle'],
    ['dcmcjpls'],
    ['dcmcjpls', '+fs', '8'],
    ['dcmcjpls', '+en', '+md', '2'],
    ['dcmcjpeg', '+e1'],
    ['dcmcjpeg', '+el', '+sv', '6'],
    ['dcmcjpeg', '+eb'],
    ['dcmcjpeg', '+eb', '+cr'],
    ['dcmcjpeg', '+eb', '+s2'],
    ['dcmcjpeg', '+ee'],
    ['dcmcjpeg', '+es'],
    ['dcmcjpeg', '+ep'],
    ['gdcmconv', '--rle'],
    ['gdcmconv', '--jpeg'],
    ['gdcmconv', '--jpegls'],
    ['gdcmconv', '--j2k'],
  ];
  for (const [source, kinds] of sources) {
    it(source, { timeout: 60_000 }, async () => {
      const plain = join(folder, 'source.dcm');
      const { transferSyntax } = await openRecording(recording(`${source}.dcm`));
      expect(decompress(recording(`${source}.dcm`), plain, transferSyntax)).toBe(true);
      const fitting = writers.filter((writer) => kinds.test(writer.join(' ')));
      let read = 0;
      for (const [tool, ...parameters] of fitting) {
        const path = join(folder, 'written.dcm');
        // Not every writer takes every kind of picture.
        if (!run(tool, ...parameters, plain, path)) continue;
        await expectSame(path, await openRecording(path), [tool, ...parameters].join(' '));
        read++;
      }
      expect(read).toBeGreaterThanOrEqual(fitting.length - 1);
    });
  }
});
