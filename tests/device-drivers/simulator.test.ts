import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { simulator } from '../../device-drivers/simulator/simulator.ts';
import { AppError } from '../../src/app-error.ts';
import { runDriver } from './driver-bench.ts';
import { driverContract } from './driver-contract.ts';

const small = { width: 96, height: 80, fps: 60 };
const seconds = (ns: bigint): number => Number(ns) / 1e9;

driverContract(simulator, small);
driverContract(simulator, { ...small, kind: 'fluoroscopy', bits: 10 });

describe('the simulator', () => {
  it('takes every default from its schema', () => {
    expect(Value.Default(simulator.options, {})).toMatchObject({
      kind: 'ultrasound',
      width: 1024,
      height: 768,
      fps: 30,
      dose: 1,
      faults: [],
    });
  });

  it('refuses what its schema does not allow', () => {
    for (const wrong of [
      { width: 63 },
      { height: 1081 },
      { fps: 3 },
      { fps: 91 },
      { bits: 9 },
      { dose: 0 },
      { faults: [{ afterS: 1, kind: 'fire' }] },
    ]) {
      expect(Value.Check(simulator.options, Value.Default(simulator.options, { ...wrong })), JSON.stringify(wrong)).toBe(false);
    }
  });

  it('offers both scenes, with options that it accepts', async () => {
    const devices = await simulator.discover();
    expect(devices.map((device) => device.options.kind)).toEqual(['ultrasound', 'fluoroscopy']);
    for (const device of devices)
      expect(Value.Check(simulator.options, Value.Default(simulator.options, { ...device.options }))).toBe(true);
  });

  it('announces what it is', async () => {
    for (const [options, expected, modality] of [
      [{}, { pixelFormat: 'GREY', bytesPerLine: 96 }, 'ultrasound'],
      [{ kind: 'fluoroscopy' }, { pixelFormat: 'GREY', regions: [] }, 'x-ray'],
      [{ kind: 'fluoroscopy', bits: 10 }, { pixelFormat: 'Y16', bytesPerLine: 192, window: { centre: 512, width: 1024 } }, 'x-ray'],
    ] as const) {
      const run = runDriver(simulator, { ...small, ...options });
      await run.until(() => run.frames.length > 0);
      await run.stop();
      expect(run.announced[0]?.format).toMatchObject(expected);
      expect(run.announced[0]?.facts).toMatchObject({ modality, synthetic: true });
    }
  });

  it('repeats a run byte by byte, and another seed gives another one', async () => {
    const record = async (seed: number): Promise<Buffer> => {
      const run = runDriver(simulator, { ...small, seed, frames: 4 });
      await run.until(() => run.holds.length > 0);
      await run.stop();
      return Buffer.concat(run.frames.map((frame) => frame.pixels));
    };
    const first = await record(3);
    expect(first.equals(await record(3))).toBe(true);
    expect(first.equals(await record(4))).toBe(false);
  });

  it('keeps an absolute pace and holds after the last frame', async () => {
    const begunNs = process.hrtime.bigint();
    const run = runDriver(simulator, { ...small, frames: 61 });
    await run.until(() => run.holds.length > 0);
    await run.stop();
    expect(run.frames.length).toBe(61);
    // How late each frame is against its due time; a machine that pauses makes one late, a pace that drifts every one more than the one before.
    const late = run.frames.map(({ capturedAtNs, sequence }) => seconds(capturedAtNs - begunNs) - sequence / 60);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...late.slice(-10))).toBeLessThan((late[0] as number) + 0.2);
  });

  it('marks R peaks one beat apart', async () => {
    const run = runDriver(simulator, { ...small, heartRate: 200, frames: 50 });
    await run.until(() => run.holds.length > 0);
    await run.stop();
    // The first on frame 9, then every 18; one that a machine was too late for is on the next frame.
    const beatsUntil = (sequence: number): number => Math.floor((sequence + 9) / 18);
    const beats = run.frames.filter(({ sequence }, at) => beatsUntil(sequence) > beatsUntil(run.frames[at - 1]?.sequence ?? 0));
    expect(beats.length).toBeGreaterThan(0);
    expect(run.frames.filter(({ rPeak }) => rPeak)).toEqual(beats);
  });

  it('marks the frame after a lost one with the R peak that came before that', async () => {
    // The first beat is on frame 9.
    const run = runDriver(simulator, { ...small, heartRate: 200, frames: 14 }, { isFull: (sequence) => sequence === 9 });
    await run.until(() => run.holds.length > 0);
    await run.stop();
    expect(run.frames.find(({ rPeak }) => rPeak)).toBe(run.frames.find(({ sequence }) => sequence > 8));
  });

  it('leaves the noise away when it is told to', async () => {
    const record = async (clean: boolean): Promise<Uint8Array> => {
      const run = runDriver(simulator, { ...small, kind: 'fluoroscopy', clean, dose: 0.05, frames: 1 });
      await run.until(() => run.holds.length > 0);
      await run.stop();
      return run.frames[0]!.pixels;
    };
    const rough = (pixels: Uint8Array): number => pixels.reduce((sum, grey, at) => sum + Math.abs(grey - (pixels[at - 1] ?? grey)), 0);
    expect(rough(await record(true))).toBeLessThan(0.5 * rough(await record(false)));
  });
});

describe('a planted fault', () => {
  const planted = (kind: string, forS: number): Record<string, unknown> => ({ ...small, faults: [{ afterS: 1, kind, forS }] });

  it('crash: the run fails with the code', async () => {
    const run = runDriver(simulator, planted('crash', 0));
    await expect(run.ended).rejects.toMatchObject({ code: 'device/planted-fault', fields: { kind: 'crash' } });
    await expect(run.ended).rejects.toBeInstanceOf(AppError);
    expect(run.frames.length).toBeGreaterThan(0);
  });

  it('stall: silence, then frames again, without a loss', async () => {
    // Whoever was late for so long would count what it missed as lost.
    const run = runDriver(simulator, planted('stall', 1.3));
    await run.until(() => run.frames.length > 70);
    await run.stop();
    const [stalled, next] = run.frames.flatMap((frame, at) => {
      const before = run.frames[at - 1];
      return before !== undefined && seconds(frame.capturedAtNs - before.capturedAtNs) > 1.29 ? [before, frame] : [];
    });
    expect((next?.sequence ?? 0) - (stalled?.sequence ?? 0)).toBe(1);
    expect(run.holds).toEqual([]);
  });

  it('a stall can be stopped', async () => {
    const run = runDriver(simulator, planted('stall', 600));
    await run.until(() => run.frames.length > 3);
    await expect
      .poll(() => seconds(process.hrtime.bigint() - (run.frames.at(-1)?.capturedAtNs ?? 0n)), { timeout: 30_000 })
      .toBeGreaterThan(0.5);
    await run.stop();
  });

  it('hold: says so and takes it back', async () => {
    const run = runDriver(simulator, planted('hold', 0.2));
    await run.until(() => run.holds.length === 2);
    const held = run.frames.length;
    await run.until(() => run.frames.length > held);
    await run.stop();
    expect(run.holds).toEqual(['held by a planted fault', undefined]);
  });

  it('hang: blocks the thread; what was due meanwhile is counted as lost', async () => {
    const run = runDriver(simulator, planted('hang', 1.3));
    // 1.3 s at 60/s; the frame that was due when it hung is one of them.
    await run.until(() => (run.losses.get('simulator/late') ?? 0) >= 77);
    const before = run.frames.length;
    await run.until(() => run.frames.length > before);
    await run.stop();
    expect(run.frames.at(-1)!.sequence + 1).toBe(run.frames.length + (run.losses.get('simulator/late') ?? 0));
  });

  it('exit: ends its worker thread', async () => {
    const driver = new URL('../../device-drivers/simulator/simulator.ts', import.meta.url).href;
    const worker = new Worker(
      `import(${JSON.stringify(driver)}).then(({ simulator }) => {
        const options = { kind: 'ultrasound', width: 64, height: 64, fps: 30, seed: 1, depthCm: 16, heartRate: 60, breathsPerMinute: 14,
          bits: 8, dose: 1, clean: false, frames: 0, faults: [{ afterS: 0, kind: 'exit', forS: 0 }] };
        const context = { options, announce() {}, now: () => process.hrtime.bigint(), sleepUntil: async () => {}, lend() {} };
        return simulator.run(context, new AbortController().signal);
      });`,
      { eval: true },
    );
    const [code] = await once(worker, 'exit');
    expect(code).toBe(1);
  });
});
