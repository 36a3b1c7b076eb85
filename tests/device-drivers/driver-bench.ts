import type { Static, TObject } from 'typebox';
import { Value } from 'typebox/value';
import type { Capture, DeviceDriver, DriverContext, SourceFacts } from '../../device-drivers/driver.ts';
import { type FrameFormat, frameBytes } from '../../src/frame/frame-format.ts';
import { FramePool, slotLayout } from '../../src/frame/frame-pool.ts';
import type { Pose } from '../../src/frame/pose.ts';

export interface SeenFrame {
  readonly sequence: number;
  readonly capturedAtNs: bigint;
  readonly rPeak: boolean;
  readonly poses?: readonly Pose[];
  readonly format: FrameFormat;
  /** A copy of the pixels. */
  readonly pixels: Uint8Array;
}

/** A real pool with a driver running into it, and what came out. */
export interface DriverRun {
  readonly frames: SeenFrame[];
  readonly announced: { format: FrameFormat; facts: SourceFacts }[];
  readonly losses: Map<string, number>;
  readonly holds: (string | undefined)[];
  readonly warnings: string[];
  /** Settles when `run` does. */
  readonly ended: Promise<void>;
  /** Resolves when the condition holds after an event of the driver; rejects after `timeoutMs`. */
  until(condition: () => boolean, timeoutMs?: number): Promise<void>;
  /** Aborts and waits for `run` to end. */
  stop(): Promise<void>;
}

export interface RunSettings {
  /** Keep pixel copies of the first frames only, to bound the memory of a test; default 1000. */
  readonly keep?: number;
  /** Slots that somebody else holds for ever: all of them makes every `lend` fail. */
  readonly slotsHeld?: number;
  /** Whether no slot is free for that frame. */
  readonly isFull?: (sequence: number) => boolean;
  /** Sees every frame's pixels in place, for a test that cannot keep them all. */
  readonly look?: (pixels: Uint8Array, format: FrameFormat, sequence: number) => void;
}

const slots = 4;

export function runDriver<Schema extends TObject>(
  driver: DeviceDriver<Schema>,
  options: Readonly<Record<string, unknown>>,
  settings: RunSettings = {},
): DriverRun {
  const stop = new AbortController();
  const waiting = new Set<() => void>();
  const happened = (): void => {
    for (const check of waiting) check();
  };
  const frames: SeenFrame[] = [];
  const announced: DriverRun['announced'] = [];
  const losses = new Map<string, number>();
  const holds: DriverRun['holds'] = [];
  const warnings: string[] = [];
  let pool: FramePool | undefined;
  let sequence = 0;
  let ended = false;

  const context: DriverContext<Static<Schema>> = {
    options: Value.Parse(driver.options, Value.Default(driver.options, { ...options })) as Static<Schema>,
    announce(format, facts) {
      const layout = slotLayout(0, slots, frameBytes(format));
      pool = new FramePool(new SharedArrayBuffer(layout.endOffset), layout);
      for (let held = 0; held < (settings.slotsHeld ?? 0); held++) pool.counts.take(0);
      announced.push({ format, facts });
      happened();
    },
    lend(capture: Capture, fill) {
      const format = announced.at(-1)?.format;
      if (pool === undefined || format === undefined) throw new Error('lend before announce');
      const truth = { sequence: sequence++, capturedAtNs: capture.capturedAtNs, rPeak: capture.rPeak ?? false, synthetic: false };
      using frame = settings.isFull?.(truth.sequence) ? undefined : pool.claim(format, truth);
      if (frame === undefined) {
        losses.set('pool/no-free-slot', (losses.get('pool/no-free-slot') ?? 0) + 1);
        happened();
        return false;
      }
      frame.pixels.fill(0xa5);
      fill(frame.pixels);
      settings.look?.(frame.pixels, format, truth.sequence);
      const kept = frames.length < (settings.keep ?? 1000) ? frame.pixels.slice() : new Uint8Array(0);
      frames.push({ ...truth, ...(capture.poses && { poses: capture.poses }), format, pixels: kept });
      happened();
      return true;
    },
    lost(name, frames, pieces = 1) {
      losses.set(name, (losses.get(name) ?? 0) + Math.max(pieces, frames));
      sequence += frames;
      happened();
    },
    hold(reason) {
      holds.push(reason);
      happened();
    },
    warn(text) {
      warnings.push(text);
      happened();
    },
    now: () => process.hrtime.bigint(),
    sleepUntil: (atNs) => sleepUntil(atNs, stop.signal),
  };

  const run = driver.run(context, stop.signal).finally(() => {
    ended = true;
    happened();
  });
  run.catch(() => undefined);

  return {
    frames,
    announced,
    losses,
    holds,
    warnings,
    ended: run,
    until(condition, timeoutMs = 20_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => settle(new Error(`not within ${timeoutMs} ms; ${frames.length} frames seen`)), timeoutMs);
        const settle = (fault?: Error): void => {
          clearTimeout(timer);
          waiting.delete(check);
          if (fault === undefined) resolve();
          else reject(fault);
        };
        const check = (): void => {
          if (condition()) settle();
          else if (ended) settle(new Error('the driver ended before that'));
        };
        waiting.add(check);
        check();
      });
    },
    async stop() {
      stop.abort();
      await run;
    },
  };
}

function sleepUntil(atNs: bigint, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const waitMs = Number(atNs - process.hrtime.bigint()) / 1e6;
    if (waitMs <= 0) return resolve();
    const stopped = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stopped);
      resolve();
    }, waitMs);
    signal.addEventListener('abort', stopped, { once: true });
  });
}
