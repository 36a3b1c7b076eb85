import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlotCounts, slotLayout, slotPixels } from '../../src/frame/frame-pool.ts';
import { frameFlags, frameHeaderBytes, writeFrameHeader } from '../../src/protocol/frame-header.ts';
import { SharedFrame } from '../../src/stream/shared-frame.ts';
import { Unbroken } from '../../src/stream/unbroken.ts';

const layout = slotLayout(0, 32, 16);
const buffer = new SharedArrayBuffer(layout.endOffset);
const memory = { buffer, layout, counts: new SlotCounts(buffer, layout) };

function frameOf(sequence: number, key: boolean): SharedFrame {
  const slot = memory.counts.take(0);
  const at = slotPixels(layout, slot) - frameHeaderBytes;
  writeFrameHeader(new DataView(buffer, at, frameHeaderBytes), {
    codec: 4,
    flags: key ? frameFlags.key : 0,
    pixelFormat: 'GREY',
    view: 'processed',
    stream: 0,
    sequence,
    capturedAtUs: 0,
    processingUs: 0,
    width: 4,
    height: 4,
    keySequence: 0,
    payloadBytes: 1,
    crc32: 0,
    epoch: 0,
  });
  return SharedFrame.receive(memory, slot);
}

describe('Unbroken', () => {
  it('never gives a frame whose predecessor it left out, whatever comes and goes; counts what it left out, and gives all back', () => {
    const step = fc.constantFrom('frame', 'frame', 'frame', 'key', 'take', 'lost');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, capacity) => {
        const edge = new Unbroken(capacity);
        let [sequence, taken, last] = [0, 0, -1];
        const put = (key: boolean): void => {
          using frame = frameOf(sequence++, key);
          edge.put(frame);
        };
        const take = (): void => {
          using frame = edge.take();
          if (frame === undefined) return;
          taken++;
          const key = (frame.header.flags & frameFlags.key) !== 0;
          if (!key) expect(frame.header.sequence).toBe(last + 1);
          last = frame.header.sequence;
        };
        for (const name of steps) {
          if (name === 'take') take();
          else if (name === 'lost') edge.skipToKey();
          else put(name === 'key');
          if (name === 'key' || name === 'lost') expect(edge.needsKey).toBe(name === 'lost');
        }
        if (!steps.includes('key')) expect([edge.needsKey, edge.empty]).toEqual([true, true]);
        while (!edge.empty) take();
        expect(edge.skipped).toBe(sequence - taken);
        edge[Symbol.dispose]();
        expect(memory.counts.free()).toBe(32);
      }),
    );
  });

  it('a key frame takes the place of what waits', () => {
    const edge = new Unbroken(3);
    for (const [sequence, key] of [
      [0, true],
      [1, false],
      [2, true],
    ] as const) {
      using frame = frameOf(sequence, key);
      edge.put(frame);
    }
    using frame = edge.take();
    expect(frame?.header.sequence).toBe(2);
    expect(edge.skipped).toBe(2);
    expect(edge.empty).toBe(true);
  });
});
