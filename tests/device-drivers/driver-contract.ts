import type { TObject, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import type { DeviceDriver } from '../../device-drivers/driver.ts';
import { frameBytes } from '../../src/frame/frame-format.ts';
import { shortestMs } from '../support/shortest.ts';
import { runDriver } from './driver-bench.ts';

/** What every driver promises, whatever it drives. `options` must yield at least `frames` frames within seconds. */
export function driverContract<Schema extends TObject>(
  driver: DeviceDriver<Schema>,
  options: Readonly<Record<string, unknown>>,
  frames = 5,
): void {
  describe(`${driver.name} keeps the driver contract`, () => {
    it('has a kebab-case name and an option schema with descriptions, that refuses unknown keys', () => {
      expect(driver.name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      expect((driver.options as { additionalProperties?: unknown }).additionalProperties).toBe(false);
      for (const [name, schema] of Object.entries(driver.options.properties as Record<string, TSchema & { description?: string }>)) {
        expect(schema.description, `description of ${name}`).toBeTruthy();
      }
      const complete = Value.Parse(driver.options, Value.Default(driver.options, { ...options })) as Record<string, unknown>;
      expect(Value.Check(driver.options, { ...complete, 'no-such-option': 1 })).toBe(false);
    });

    it('announces a format before it lends, fills whole pictures, counts and times them in order', async () => {
      const run = runDriver(driver, options);
      await run.until(() => run.frames.length >= frames);
      await run.stop();
      expect(run.announced.length).toBeGreaterThan(0);
      expect(run.announced[0]?.facts.description).toBeTruthy();
      for (const frame of run.frames) expect(frame.pixels.length).toBe(frameBytes(frame.format));
      for (const [index, frame] of run.frames.entries()) {
        const before = run.frames[index - 1];
        if (before === undefined) continue;
        expect(frame.sequence).toBeGreaterThan(before.sequence);
        expect(frame.capturedAtNs).toBeGreaterThan(before.capturedAtNs);
      }
    });

    it('resolves within a second when it is stopped, and lends nothing afterwards', async () => {
      const round = async (): Promise<number> => {
        const run = runDriver(driver, options);
        await run.until(() => run.frames.length >= 1);
        const stoppedAt = performance.now();
        await run.stop();
        const tookMs = performance.now() - stoppedAt;
        const seen = run.frames.length;
        await new Promise((resolve) => setImmediate(resolve));
        expect(run.frames.length).toBe(seen);
        return tookMs;
      };
      expect(await shortestMs(round)).toBeLessThan(1000);
    });

    it('resolves when it is stopped before the first frame', async () => {
      const run = runDriver(driver, options);
      await run.stop();
    });

    it('goes on when no slot is free', async () => {
      const run = runDriver(driver, options, { slotsHeld: 4 });
      await run.until(() => (run.losses.get('pool/no-free-slot') ?? 0) >= 2);
      await run.stop();
      expect(run.frames.length).toBe(0);
    });

    it('runs twice, one after the other', async () => {
      for (const _ of [1, 2]) {
        const run = runDriver(driver, options);
        await run.until(() => run.frames.length >= 1);
        await run.stop();
      }
    });

    it('answers discover()', async () => {
      expect(Array.isArray(await driver.discover())).toBe(true);
    });
  });
}
