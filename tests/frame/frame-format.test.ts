import { describe, expect, it } from 'vitest';
import { type FrameFormat, frameBytes, frameFormat, isPicture, type PixelFormat, pictureFormatOf } from '../../src/frame/frame-format.ts';
import type { ScanGeometry } from '../../src/frame/scan-geometry.ts';

const linear: ScanGeometry = { kind: 'linear', depthStartMm: 0, depthEndMm: 55, lineStartMm: -19, lineEndMm: 19 };
const fan: ScanGeometry = {
  kind: 'curvilinear',
  depthStartMm: 0,
  depthEndMm: 72,
  radiusMm: 10,
  angleStartDeg: -75,
  angleEndDeg: 75,
};
const rf = { layout: 'iq-lines', sampleRateMHz: 20, centreMHz: 0, bandMHz: 0 } as const;
const refused = expect.objectContaining({ code: 'frame/bad-format' });

describe('frameFormat', () => {
  it('knows how many bytes a picture of each format has, padding and planes included', () => {
    const bytes: readonly (readonly [PixelFormat, number, number])[] = [
      ['GREY', 640, 640 * 480],
      ['Y10', 1280, 1280 * 480],
      ['YUYV', 1280, 1280 * 480],
      ['UYVY', 1344, 1344 * 480],
      ['NV12', 640, (640 * 480 * 3) / 2],
      ['NV12', 704, (704 * 480 * 3) / 2],
      ['I420', 704, (704 * 480 * 3) / 2],
      ['BGR24', 1920, 1920 * 480],
      ['BGRA', 2560, 2560 * 480],
    ];
    for (const [pixelFormat, bytesPerLine, expected] of bytes) {
      expect(frameBytes(frameFormat(640, 480, pixelFormat, { bytesPerLine })), pixelFormat).toBe(expected);
    }
  });

  it('makes lines tight where no stride is named', () => {
    const widths: Partial<Record<PixelFormat, number>> = { GREY: 6, YUYV: 12, NV12: 6, I420: 6, BGRA: 24, Y12: 12 };
    for (const [pixelFormat, bytesPerLine] of Object.entries(widths)) {
      expect(frameFormat(6, 4, pixelFormat as PixelFormat).bytesPerLine, pixelFormat).toBe(bytesPerLine);
    }
  });

  it('refuses odd sizes of formats whose pixels share chroma, and takes them elsewhere', () => {
    for (const pixelFormat of ['YUYV', 'UYVY', 'NV12', 'I420'] as const) expect(() => frameFormat(7, 4, pixelFormat)).toThrowError(refused);
    for (const pixelFormat of ['NV12', 'I420'] as const) expect(() => frameFormat(8, 5, pixelFormat)).toThrowError(refused);
    expect(frameFormat(8, 5, 'YUYV').bytesPerLine).toBe(16);
    expect(frameFormat(7, 5, 'BGR24').bytesPerLine).toBe(21);
  });

  it('refuses lines shorter than their pixels, and strides that are no whole number', () => {
    for (const bytesPerLine of [0, 15, 16.5, Number.NaN, -16, 1e9]) {
      expect(() => frameFormat(8, 4, 'YUYV', { bytesPerLine }), `${bytesPerLine}`).toThrowError(refused);
    }
    expect(() => frameFormat(8, 4, 'I420', { bytesPerLine: 9 })).toThrowError(refused);
  });

  it('refuses windows of no width', () => {
    for (const width of [0, 0.5, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => frameFormat(8, 4, 'Y16', { window: { centre: 100, width } }), `${width}`).toThrowError(refused);
    }
    expect(() => frameFormat(8, 4, 'Y16', { window: { centre: Number.NaN, width: 10 } })).toThrowError(refused);
  });

  it('refuses scans in which no picture lies', () => {
    const odd: readonly ScanGeometry[] = [
      { ...linear, depthEndMm: 0 },
      { ...linear, depthStartMm: -1 },
      { ...linear, depthEndMm: Number.NaN },
      { ...linear, lineEndMm: -19 },
      { ...linear, lineEndMm: 1e6 },
      { ...fan, radiusMm: -1 },
      { ...fan, angleStartDeg: 75 },
      { ...fan, angleEndDeg: 180 },
      { ...fan, angleEndDeg: Number.NaN },
    ];
    for (const scan of odd) expect(() => frameFormat(100, 20, 'GREY', { scan }), JSON.stringify(scan)).toThrowError(refused);
    expect(() => frameFormat(100, 1, 'GREY', { scan: linear })).toThrowError(refused);
    expect(() => frameFormat(100, 20, 'RGB24', { scan: linear })).toThrowError(refused);
    expect(frameFormat(100, 20, 'GREY', { scan: { ...linear, depthStartMm: 55, depthEndMm: 0 } }).scan).toBeDefined();
    expect(frameFormat(100, 20, 'GREY', { scan: { ...fan, angleStartDeg: 75, angleEndDeg: -75 } }).scan).toBeDefined();
  });

  it('takes RF samples only with their signal and their geometry', () => {
    expect(frameFormat(2080, 256, 'S16', { scan: linear, rf }).bytesPerLine).toBe(4160);
    expect(() => frameFormat(2080, 256, 'S16')).toThrowError(refused);
    expect(() => frameFormat(2080, 256, 'S16', { rf })).toThrowError(refused);
    expect(() => frameFormat(2080, 256, 'GREY', { scan: linear, rf })).toThrowError(refused);
    expect(() => frameFormat(2080, 255, 'S16', { scan: linear, rf })).toThrowError(refused);
    for (const wrong of [{ sampleRateMHz: 0 }, { centreMHz: 10 }, { bandMHz: Number.NaN }]) {
      expect(() => frameFormat(2080, 256, 'S16', { scan: linear, rf: { ...rf, ...wrong } })).toThrowError(refused);
    }
  });
});

describe('isPicture', () => {
  it('is true of tight grey and colour only: nothing else may leave for viewers', () => {
    const pictures: readonly FrameFormat[] = [frameFormat(8, 4, 'GREY'), frameFormat(8, 4, 'RGB24')];
    const others = [
      frameFormat(8, 4, 'YUYV'),
      frameFormat(8, 4, 'GREY', { bytesPerLine: 16 }),
      frameFormat(100, 20, 'GREY', { scan: linear }),
    ];
    expect(pictures.map(isPicture)).toEqual([true, true]);
    expect(others.map(isPicture)).toEqual([false, false, false]);
    expect(pictureFormatOf(frameFormat(8, 4, 'GREY'))).toBe('GREY');
    expect(() => pictureFormatOf(frameFormat(8, 4, 'NV12'))).toThrowError(refused);
  });
});
