import { availableParallelism } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { frameFormat } from '../../src/frame/frame-format.ts';
import type { PooledFrame } from '../../src/frame/frame-pool.ts';
import { StageLine } from '../../src/stream/stage-line.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';

const kernelsOn = await compileKernels();
const format = frameFormat(640, 480, 'GREY');
const limits = { memoryMiB: 256, slots: 8 };
const settings = [{ stage: 'median', enabled: true, options: {} }];
const [tooFastNs, slowNs] = [100_000n, 1_000_000_000n];

/** Passes picture `index` of a source that brings one every `intervalNs`; answers what comes out. */
function pass(line: StageLine, index: number, intervalNs: bigint): Buffer {
  let result = Buffer.alloc(0);
  const truth = { sequence: index, capturedAtNs: BigInt(index) * intervalNs, rPeak: false, synthetic: true };
  using frame = line.pool.claim(format, truth) as PooledFrame;
  frame.pixels.forEach((_, at, pixels) => {
    pixels[at] = (at * 7 + index * 13 + (at >> 9)) & 0xff;
  });
  expect(line.apply(frame, false, ({ pixels }) => (result = Buffer.from(pixels)))).toBe(true);
  return result;
}

describe.skipIf(availableParallelism() < 2)('StageLine, with more than one core', () => {
  it('calls other cores in when the pictures come too fast for one, and nobody sees the difference', async () => {
    const [alone, hurried] = [
      new StageLine(kernelsOn, settings, limits, () => undefined),
      new StageLine(kernelsOn, settings, limits, () => undefined),
    ];
    alone.open(format);
    hurried.open(format);
    let index = 0;
    const compare = (): void => {
      expect(pass(hurried, index, tooFastNs).equals(pass(alone, index, slowNs))).toBe(true);
      index++;
    };
    // It needs some pictures for the measurement, and its threads some time to open.
    await vi.waitUntil(() => {
      compare();
      return hurried.cores > 1;
    }, 10_000);
    expect(alone.cores).toBe(1);
    for (let more = 0; more < 3; more++) compare();
    hurried.close();
    expect(hurried.cores).toBe(1);
    compare();
  });

  it('stays on one core while that has time', () => {
    const line = new StageLine(kernelsOn, settings, limits, () => undefined);
    line.open(format);
    for (let index = 0; index < 100; index++) pass(line, index, slowNs);
    expect(line.cores).toBe(1);
  });
});
