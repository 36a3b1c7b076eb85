import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRecording } from '../../device-drivers/replay/open-recording.ts';
import { AppError } from '../../src/app-error.ts';
import { codecFacts, type PictureShape, pictureBytes } from '../../src/codec/codec.ts';
import { codecByNumber, codecNumber } from '../../src/codec/codecs.ts';
import { h264CodecString } from '../../src/codec/h264.ts';
import { openCodecs } from '../../src/codec/node-codecs.ts';
import { hasWebCodecs } from '../../src/codec/webcodecs.ts';
import { frameBytes } from '../../src/frame/frame-format.ts';
import { type CodecName, codecNames, type StillCodecName } from '../../src/protocol/tiers.ts';
import { VideoEncoder } from '../../src/stream/video-encoder.ts';
import { dicomFile } from '../support/dicom-file.ts';
import { mutantOf, seeded } from '../support/mutant.ts';
import { haveRecordings, recording } from '../support/recordings.ts';

const codecs = await openCodecs();
const stillCodecs = codecNames.filter((name): name is StillCodecName => name !== 'h264');
const exact = stillCodecs.filter((name) => codecFacts[name].lossless);
const formats = ['GREY', 'RGB24', 'Y16'] as const;

/** Like a picture: slopes with noise. */
function pixelsOf(picture: PictureShape, seed = 1): Uint8Array {
  const random = seeded(seed);
  return Uint8Array.from({ length: pictureBytes(picture) }, (_, at) => ((at >> 3) + random(9)) & 0xff);
}

describe('codecs', () => {
  it('have the numbers that the protocol gives them', () => {
    expect(['raw', 'delta-zstd', 'jpeg', 'jpeg-ls', 'h264'].map((name) => codecNumber(name as CodecName))).toEqual([0, 1, 2, 3, 4]);
    for (const name of stillCodecs) expect(codecByNumber(codecs, codecNumber(name)).name).toBe(name);
    expect(() => codecByNumber(codecs, codecNumber('h264'))).toThrow(AppError);
    expect(() => codecByNumber({ raw: codecs.raw }, 2)).toThrow(AppError);
    expect(() => codecByNumber(codecs, 200)).toThrow(AppError);
  });

  it('declare what docs/protocol.md and docs/performance.md say of them', () => {
    const doc = (name: string): string => readFileSync(resolve(import.meta.dirname, '../../docs', name), 'utf8');
    expect(Object.keys(codecFacts).toSorted()).toEqual(codecNames.toSorted());
    for (const [number, name] of codecNames.entries()) {
      const { lossless, transferSyntax, nsPerByte } = codecFacts[name];
      expect(doc('protocol.md')).toContain(`| ${number} | \`${name}\` | ${lossless ? 'yes' : 'no'} | ${transferSyntax ?? '–'} |`);
      expect(doc('performance.md')).toMatch(new RegExp(`^\\| \`${name}\`.* \\| ${nsPerByte} \\|`, 'm'));
    }
    for (const name of stillCodecs) expect(codecs[name]).toMatchObject(codecFacts[name]);
  });

  it.each(['raw', 'jpeg', 'jpeg-ls'] as const)('%s gives bits that a reader of DICOM takes by its transfer syntax', async (name) => {
    const folder = mkdtempSync(join(tmpdir(), 'lumencast-codec-'));
    const picture = { width: 64, height: 48, pixelFormat: 'GREY' as const };
    const pixels = Uint8Array.from({ length: pictureBytes(picture) }, (_, at) => 128 + 100 * Math.sin(at / 700));
    const payload = codecs[name].encode(picture, pixels);
    // Fragments have even lengths (PS3.5 A.4).
    const bits = new Uint8Array((payload.length + 1) & ~1);
    bits.set(payload);
    const { transferSyntax = '' } = codecs[name];
    const path = join(folder, 'frame.dcm');
    writeFileSync(path, dicomFile({ rows: 48, columns: 64, transferSyntax, pixels: name === 'raw' ? bits : [bits] }));
    const recorded = await openRecording(path);
    expect(recorded.transferSyntax).toBe(transferSyntax);
    const read = new Uint8Array(pixels.length);
    await recorded.decode(0, read);
    const furthest = read.reduce((worst, level, at) => Math.max(worst, Math.abs(level - (pixels[at] as number))), 0);
    expect(furthest).toBeLessThanOrEqual(codecs[name].lossless ? 0 : 12);
    rmSync(folder, { recursive: true });
  });

  it.skipIf(!hasWebCodecs())(
    'h264 is High profile, level 4.1 at most for 1920x1080, as its transfer syntax says (skipped without it)',
    async () => {
      const picture = { width: 1920, height: 1080, pixelFormat: 'GREY' as const };
      using encoder = new VideoEncoder();
      const { key, bits } = await encoder.encode(picture, new Uint8Array(pictureBytes(picture)), 8e6, true);
      expect(key).toBe(true);
      const [, profile, level] = /^avc1\.(..)..(..)$/.exec(h264CodecString(bits)) ?? [];
      expect([profile, Number.parseInt(level ?? '', 16) <= 41]).toEqual(['64', true]);
    },
  );

  it.each(exact)('%s gives every picture back to the bit', (name) => {
    const shape = fc.record({
      width: fc.integer({ min: 1, max: 70 }),
      height: fc.integer({ min: 1, max: 40 }),
      pixelFormat: fc.constantFrom(...formats),
    });
    fc.assert(
      fc.property(shape, fc.boolean(), (picture, noise) => {
        const random = seeded(picture.width * 41 + picture.height);
        const pixels = noise ? Uint8Array.from({ length: pictureBytes(picture) }, () => random(256)) : pixelsOf(picture);
        const payload = codecs[name].encode(picture, pixels).slice();
        expect(Buffer.from(codecs[name].decode(picture, payload)).equals(pixels)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it.each(['GREY', 'RGB24'] as const)('jpeg keeps %s within a few levels, and less with less quality', (pixelFormat) => {
    const picture = { width: 320, height: 240, pixelFormat };
    const pixels = Uint8Array.from({ length: pictureBytes(picture) }, (_, at) => 128 + 100 * Math.sin(at / 700));
    const sizes = [95, 50].map((quality) => {
      codecs.jpeg.quality = quality;
      const payload = codecs.jpeg.encode(picture, pixels).slice();
      const decoded = codecs.jpeg.decode(picture, payload);
      expect(decoded.reduce((worst, value, at) => Math.max(worst, Math.abs(value - (pixels[at] as number))), 0)).toBeLessThan(
        quality === 95 ? 10 : 60,
      );
      return payload.length;
    });
    expect(sizes[1]).toBeLessThan(sizes[0] as number);
  });

  it.each(['raw', 'delta-zstd'] as const)('%s answers any damage with an error or a picture of the right size', (name) => {
    const picture = { width: 64, height: 48, pixelFormat: 'GREY' as const };
    const payload = codecs[name].encode(picture, pixelsOf(picture)).slice();
    const random = seeded(5);
    let refused = 0;
    for (let round = 0; round < 300; round++) {
      try {
        expect(codecs[name].decode(picture, mutantOf(payload, payload, random)).length).toBe(64 * 48);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(AppError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(10);
    expect(codecs[name].decode(picture, payload).length).toBe(64 * 48);
  });

  it('refuse a picture of another size', () => {
    const picture = { width: 64, height: 48, pixelFormat: 'GREY' as const };
    for (const name of stillCodecs) {
      const payload = codecs[name].encode(picture, pixelsOf(picture)).slice();
      expect(() => codecs[name].decode({ ...picture, height: 47 }, payload), name).toThrow(AppError);
    }
  });
});

describe.skipIf(!haveRecordings)('on real recordings (skipped without ../shared/data)', () => {
  it.each(['us/us_echo_a4c_sequoia_65f_clean.dcm', 'xa/xa_coronary_rca_96f_jpeg8.dcm', 'us_tracked/tracked_spine_phantom_21f.mha'])(
    'the exact codecs give %s back to the bit, in less than 0.45 of its bytes',
    async (file) => {
      const { format, decode } = await openRecording(recording(file));
      const picture = format as PictureShape;
      const pixels = new Uint8Array(frameBytes(format));
      await decode(3, pixels);
      for (const name of ['delta-zstd', 'jpeg-ls'] as const) {
        const payload = codecs[name].encode(picture, pixels).slice();
        expect(payload.length).toBeLessThan(0.45 * pixels.length);
        expect(Buffer.from(codecs[name].decode(picture, payload)).equals(pixels)).toBe(true);
      }
    },
  );
});
