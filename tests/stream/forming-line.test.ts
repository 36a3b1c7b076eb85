import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { RoomSchema } from '../../src/config/room.ts';
import { type FrameFormat, frameFormat } from '../../src/frame/frame-format.ts';
import { type PooledFrame, slotLayout } from '../../src/frame/frame-pool.ts';
import { StageChain } from '../../src/stage/chain.ts';
import { Forming } from '../../src/stage/forming.ts';
import { StageLine } from '../../src/stream/stage-line.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';

const kernelsOn = await compileKernels();
const limits = { memoryMiB: 256, slots: 6 };
const truth = { sequence: 0, capturedAtNs: 0n, rPeak: false, synthetic: true };
const grey = frameFormat(40, 20, 'GREY');

function opened(format: FrameFormat, settings: ConstructorParameters<typeof StageLine>[1] = []): StageLine {
  const line = new StageLine(kernelsOn, settings, limits, () => undefined);
  line.open(format);
  return line;
}

function captured(line: StageLine): PooledFrame {
  const frame = line.pool.claim(line.input as FrameFormat, truth) as PooledFrame;
  frame.pixels.forEach((_, at, pixels) => {
    pixels[at] = at;
  });
  return frame;
}

/** The picture as captured and as shown. */
function views(line: StageLine, frame: PooledFrame): { raw: number[]; processed: number[] } {
  const seen = { raw: [0], processed: [0] };
  const formed = line.form(frame, (picture) => {
    seen.raw = [...picture.pixels];
    expect(line.apply(picture, true, (result) => (seen.processed = [...result.pixels]))).toBe(true);
  });
  expect(formed).toBe(true);
  return seen;
}

describe('StageLine, forming pictures', () => {
  it('makes both views of one picture: what is masked is in neither', () => {
    const settings = [{ stage: 'mask', enabled: true, options: { rectangles: [{ x: 0, y: 0, width: 40, height: 4 }] } }];
    const line = opened(grey, [...settings, { stage: 'median', enabled: true, options: {} }]);
    using frame = captured(line);
    const { raw, processed } = views(line, frame);
    expect(new Set(raw.slice(0, 160))).toEqual(new Set([0]));
    expect(raw[170]).toBe(170);
    expect(new Set(processed.slice(0, 120))).toEqual(new Set([0]));
    expect(line.formats?.raw.regions).toEqual(line.formats?.processed.regions);
  });

  it('shows a device that delivers no pictures, and counts no slot as lost afterwards', () => {
    const line = opened(frameFormat(40, 20, 'YUYV'));
    expect(line.formats?.raw).toMatchObject({ pixelFormat: 'RGB24', width: 40, height: 20 });
    expect(line.states().map(({ stage }) => stage)).toContain('pixel-format');
    const free = line.pool.counts.free();
    for (let picture = 0; picture < 20; picture++) {
      using frame = captured(line);
      views(line, frame);
    }
    expect(line.pool.counts.free()).toBe(free);
  });

  it('turns and grows the picture while it runs; the last one goes along', () => {
    const line = opened(grey);
    using before = captured(line);
    const first = views(line, before).raw;
    line.set('orientation', true, { turn: 90, scale: 2 });
    expect(line.formats?.processed).toMatchObject({ width: 40, height: 80 });
    using kept = line.adopted(before) as PooledFrame;
    expect(kept.pixels.buffer).toBe(line.memory.buffer);
    expect([...kept.pixels]).toEqual(first);
    expect(views(line, kept).processed).toHaveLength(3200);
    line.set('orientation', false, undefined);
    using again = line.adopted(kept) as PooledFrame;
    expect(views(line, again).raw).toEqual(first);
  });

  it('is turned over again and again, and shows the last frame anew each time', () => {
    const line = opened(grey);
    using frame = captured(line);
    const first = views(line, frame).raw;
    line.set('orientation', true, { mirror: true });
    line.set('orientation', true, { mirror: false, upsideDown: true });
    using kept = line.adopted(frame) as PooledFrame;
    const last = views(line, kept).raw;
    expect(last).toEqual(Array.from({ length: 20 }, (_, y) => first.slice(40 * (19 - y), 40 * (20 - y))).flat());
  });

  it('stays as it was where a change is refused', () => {
    const line = opened(grey, [{ stage: 'median', enabled: true, options: {} }]);
    const before = line.states();
    for (const options of [{ cropLeft: 40 }, { turn: 17 }, { scale: Number.NaN }]) {
      expect(() => line.set('orientation', true, options)).toThrowError(expect.objectContaining({ code: 'stage/bad-option' }));
    }
    expect(() => line.set('mask', true, { rectangles: [{ x: 39, y: 0, width: 2, height: 1 }] })).toThrowError(
      expect.objectContaining({ code: 'stage/bad-option' }),
    );
    expect(line.states()).toEqual(before);
    using frame = captured(line);
    expect(views(line, frame).raw).toHaveLength(800);
  });

  it('has room for a 4K source within the default limits', () => {
    const { memoryMiB, slots } = Value.Default(RoomSchema.properties.limits, {}) as typeof limits;
    const forming = new Forming([], frameFormat(3840, 2160, 'YUYV'));
    const { endOffset } = slotLayout(0, slots, 3840 * 2160 * 3);
    const bytes = endOffset + StageChain.scratchBytes(forming.output) + forming.scratchBytes;
    expect(Math.ceil(bytes / 2 ** 20)).toBeLessThanOrEqual(memoryMiB);
  });

  it('keeps the settings of all stages when the device changes its format', () => {
    const line = opened(grey);
    line.set('orientation', true, { mirror: true });
    line.set('median', true, undefined);
    line.open(frameFormat(64, 48, 'GREY'));
    const states = Object.fromEntries(line.states().map((state) => [state.stage, state]));
    expect(states.orientation?.options).toMatchObject({ mirror: true });
    expect(states.median).toMatchObject({ enabled: true });
  });
});
