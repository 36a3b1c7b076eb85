import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/app-error.ts';
import { type PictureShape, pictureBytes } from '../../src/codec/codec.ts';
import { h264CodecString } from '../../src/codec/h264.ts';
import { evenSide, i420Bytes, videoColour, writeI420 } from '../../src/codec/i420.ts';
import { lumaFactors, yuvFactors } from '../../wasm/kernels.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';

const kernelsOn = await compileKernels();

/** There with our own code, back with the kernels that the browser uses. */
function roundTrip(picture: PictureShape, pixels: Uint8Array): Uint8Array {
  const { width, height } = picture;
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  const [stride, target] = [evenSide(width), 65_536];
  writeI420(picture, pixels, bytes);
  const u = stride * evenSide(height);
  const kernels = kernelsOn(memory);
  if (picture.pixelFormat === 'GREY') {
    const { black, gain } = lumaFactors[videoColour.range];
    kernels.lumaToGrey(0, stride, target, width, width, height, black, gain);
  } else {
    const factors = yuvFactors(videoColour.matrix, videoColour.range);
    kernels.i420ToRgb(0, stride, u, u + u / 4, stride / 2, target, 3 * width, width, height, ...factors);
  }
  return bytes.slice(target, target + pictureBytes(picture));
}

describe('I420', () => {
  it('keeps every grey level within one; black stays black and white stays white', () => {
    const picture = { width: 16, height: 16, pixelFormat: 'GREY' } as const;
    const pixels = Uint8Array.from({ length: 256 }, (_, grey) => grey);
    const back = roundTrip(picture, pixels);
    for (let grey = 0; grey < 256; grey++) expect(Math.abs((back[grey] as number) - grey)).toBeLessThanOrEqual(1);
    expect([back[0], back[255]]).toEqual([0, 255]);
  });

  it('keeps flat colours within a few levels, and grey without colour', () => {
    const picture = { width: 4, height: 2, pixelFormat: 'RGB24' } as const;
    for (const colour of [
      [0, 0, 0],
      [255, 255, 255],
      [128, 128, 128],
      [200, 30, 30],
      [20, 40, 220],
      [0, 180, 90],
    ]) {
      const back = roundTrip(
        picture,
        Uint8Array.from({ length: 24 }, (_, at) => colour[at % 3] as number),
      );
      back.forEach((value, at) => {
        expect(Math.abs(value - (colour[at % 3] as number)), colour.join()).toBeLessThanOrEqual(4);
      });
    }
  });

  it.each([
    [1, 1],
    [3, 5],
    [17, 2],
    [2, 9],
  ])('%i x %i: a side that is odd is made even by its last line or column', (width, height) => {
    for (const pixelFormat of ['GREY', 'RGB24'] as const) {
      const picture = { width, height, pixelFormat };
      const pixels = new Uint8Array(pictureBytes(picture)).fill(90);
      const target = new Uint8Array(i420Bytes(picture) + 8).fill(7);
      writeI420(picture, pixels, target);
      const luma = evenSide(width) * evenSide(height);
      expect(new Set(target.subarray(0, luma)).size).toBe(1);
      expect([...new Set(target.subarray(luma, i420Bytes(picture)))]).toEqual([128]);
      expect([...new Set(target.subarray(i420Bytes(picture)))]).toEqual([7]);
    }
  });
});

describe('h264CodecString', () => {
  it('reads profile and level from the sequence parameter set, wherever it stands', () => {
    const frame = Uint8Array.of(0, 0, 0, 1, 0x09, 0xf0, 0, 0, 1, 0x67, 0x64, 0x00, 0x28, 0xac, 0);
    expect(h264CodecString(frame)).toBe('avc1.640028');
  });

  it.each([
    ['nothing', []],
    ['no such unit', [0, 0, 1, 0x65, 1, 2, 3, 4]],
    ['one cut short', [0, 0, 1, 0x67, 0x64]],
  ])('refuses %s', (_, bytes) => {
    expect(() => h264CodecString(Uint8Array.from(bytes))).toThrow(AppError);
  });
});
