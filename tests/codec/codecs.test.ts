import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRecording } from '../../device-drivers/replay/open-recording.ts';
import { AppError } from '../../src/app-error.ts';
import { type PictureShape, pictureBytes } from '../../src/codec/codec.ts';
import { codecByNumber, codecNumber } from '../../src/codec/codecs.ts';
import { openCodecs } from '../../src/codec/node-codecs.ts';
import { frameBytes } from '../../src/frame/frame-format.ts';
import { type CodecName, codecNames, type StillCodecName } from '../../src/protocol/tiers.ts';
import { mutantOf, seeded } from '../support/mutant.ts';
import { haveRecordings, recording } from '../support/recordings.ts';

const codecs = await openCodecs();
const stillCodecs = codecNames.filter((name): name is StillCodecName => name !== 'h264');
const exact = stillCodecs.filter((name) => codecs[name].lossless);
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
