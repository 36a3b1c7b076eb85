import { describe, expect, it } from 'vitest';
import { frameFormat } from '../../src/frame/frame-format.ts';
import { FramePool, slotHeadBytes, slotLayout } from '../../src/frame/frame-pool.ts';

const format = frameFormat(33, 7, 'GREY');
const truth = (sequence: number) => ({ sequence, capturedAtNs: 5n, rPeak: false, synthetic: true });

function pool(slots: number): FramePool {
  const layout = slotLayout(100, slots, 33 * 7);
  return new FramePool(new SharedArrayBuffer(layout.endOffset), layout);
}

describe('FramePool', () => {
  it('lends its slots and no more, and takes them back', () => {
    const frames = pool(3);
    const lent = [0, 1, 2].map((sequence) => frames.claim(format, truth(sequence)));
    expect(lent.every((frame) => frame !== undefined)).toBe(true);
    expect(frames.claim(format, truth(3))).toBeUndefined();
    expect(frames.counts.free()).toBe(0);
    lent[1]?.[Symbol.dispose]();
    expect(frames.claim(format, truth(4))?.slot).toBe(lent[1]?.slot);
  });

  it('keeps slots apart, with room for a header before each', () => {
    const frames = pool(4);
    const offsets = [0, 1, 2, 3].map((sequence) => frames.claim(format, truth(sequence))?.byteOffset as number);
    for (const [index, offset] of offsets.entries()) {
      expect(offset % 64).toBe(0);
      if (index > 0) expect(offset - (offsets[index - 1] as number)).toBeGreaterThanOrEqual(33 * 7 + slotHeadBytes);
    }
  });

  it('refuses the pixels of a loan that ended, even when the slot was lent again', () => {
    const frames = pool(1);
    const first = frames.claim(format, truth(0));
    first?.[Symbol.dispose]();
    const second = frames.claim(format, truth(1));
    expect(second?.slot).toBe(first?.slot);
    expect(() => first?.pixels).toThrowError(expect.objectContaining({ code: 'frame/loan-ended' }));
    expect(() => first?.byteOffset).toThrowError(/frame 0/);
    expect(() => first?.retain()).toThrow();
    first?.[Symbol.dispose]();
    expect(frames.counts.free()).toBe(0);
  });

  it('keeps a retained frame until the last holder gives it back', () => {
    const frames = pool(1);
    const lent = frames.claim(format, truth(0));
    const kept = lent?.retain();
    lent?.[Symbol.dispose]();
    expect(frames.counts.free()).toBe(0);
    expect(kept?.pixels.length).toBe(33 * 7);
    kept?.[Symbol.dispose]();
    kept?.[Symbol.dispose]();
    expect(frames.counts.free()).toBe(1);
  });

  it('leaks no slot over 200,000 loans', () => {
    const frames = pool(4);
    for (let sequence = 0; sequence < 200_000; sequence++) {
      using frame = frames.claim(format, truth(sequence));
      if (sequence % 3 === 0) frame?.retain()[Symbol.dispose]();
    }
    expect(frames.counts.free()).toBe(4);
  });

  it('refuses a picture that does not fit, without losing the slot', () => {
    const frames = pool(1);
    expect(() => frames.claim(frameFormat(640, 480, 'RGB24'), truth(0))).toThrowError(
      expect.objectContaining({ code: 'frame/bad-format' }),
    );
    expect(frames.counts.free()).toBe(1);
  });
});

describe('frameFormat', () => {
  it('refuses sizes out of bounds, Y16 without a window and regions that cannot be measured in', () => {
    for (const [width, height] of [
      [0, 1],
      [1, 8193],
      [1.5, 2],
      [Number.NaN, 2],
    ] as const) {
      expect(() => frameFormat(width, height, 'GREY')).toThrowError(expect.objectContaining({ code: 'frame/bad-format' }));
    }
    expect(() => frameFormat(2, 2, 'Y16')).toThrow(/window/);
    const region = { kind: 'tissue', x0: 0, y0: 0, x1: 40, y1: 4, unitX: 'cm', unitY: 'cm', deltaX: 0.1, deltaY: 0.1 } as const;
    expect(() => frameFormat(33, 7, 'GREY', { regions: [region] })).toThrow(/leaves the picture/);
    expect(() => frameFormat(41, 7, 'GREY', { regions: [{ ...region, deltaX: 0 }] })).toThrow(/delta/);
    expect(frameFormat(41, 7, 'GREY', { regions: [{ ...region, deltaX: -0.1 }] }).regions[0]?.deltaX).toBe(-0.1);
  });
});
