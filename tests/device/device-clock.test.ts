import { describe, expect, it } from 'vitest';
import { DeviceClock } from '../../src/device/device-clock.ts';
import { seeded } from '../support/mutant.ts';

const ms = 1_000_000n;
const second = 1000n * ms;

/** Images every 33 ms by a device whose clock is `offsetNs` behind and runs `driftPpm` fast; each needs 5 ms and up to `jitterMs` more. */
function play(clock: DeviceClock, { images = 600, driftPpm = 0, jitterMs = 0, offsetNs = 7n * second, startNs = 1000n * second }) {
  const random = seeded(3);
  let arrivedNs = 0n;
  return Array.from({ length: images }, (_, image) => {
    const capturedNs = startNs + BigInt(image) * 33n * ms;
    const deviceNs = capturedNs - offsetNs + (BigInt(image) * 33n * ms * BigInt(driftPpm)) / 1_000_000n;
    // A line keeps the order: who is held up holds up those behind.
    const aloneNs = capturedNs + 5n * ms + BigInt(random(jitterMs * 1000 + 1)) * 1000n;
    arrivedNs = aloneNs > arrivedNs ? aloneNs : arrivedNs + 1n;
    const toldNs = clock.toHost(deviceNs, arrivedNs);
    expect(toldNs).toBeLessThanOrEqual(arrivedNs);
    return { errorMs: Number(toldNs - capturedNs) / 1e6 - 5, toldNs };
  });
}

describe('DeviceClock', () => {
  it('takes the jitter of the line off', () => {
    const images = play(new DeviceClock(), { jitterMs: 60 });
    for (const { errorMs } of images.slice(100)) expect(Math.abs(errorMs)).toBeLessThan(2);
  });

  it('follows a clock that drifts', () => {
    const images = play(new DeviceClock(), { images: 3000, driftPpm: 100 });
    for (const { errorMs } of images) expect(Math.abs(errorMs)).toBeLessThan(2.5);
  });

  it.each([120, -120])('knows a drift of %i ppm after a minute, and takes it off', (driftPpm) => {
    const clock = new DeviceClock();
    const images = play(clock, { images: 4000, driftPpm, jitterMs: 1 });
    // A device that runs fast tells more and more of its own time: that is a negative lag.
    expect(clock.driftPpm).toBeGreaterThan(-driftPpm - 20);
    expect(clock.driftPpm).toBeLessThan(-driftPpm + 20);
    for (const { errorMs } of images.slice(3000)) expect(Math.abs(errorMs)).toBeLessThan(0.7);
  });

  it('maps what comes beside the images to the same time, as often as it comes', () => {
    const clock = new DeviceClock();
    const image = clock.toHost(1000n * ms, 1005n * ms);
    expect(clock.hostOf(1000n * ms, 1007n * ms)).toBe(image);
    expect(clock.hostOf(1000n * ms, 1009n * ms)).toBe(image);
    expect(clock.agrees(1040n * ms, 1046n * ms)).toBe(true);
    expect(clock.agrees(90_000n * ms, 1046n * ms)).toBe(false);
  });

  it('begins anew when the clock of the device is set', () => {
    const clock = new DeviceClock();
    play(clock, { images: 100 });
    const after = play(clock, { images: 100, offsetNs: -3600n * second, startNs: 1010n * second });
    for (const { errorMs } of after) expect(Math.abs(errorMs)).toBeLessThan(0.001);
  });

  it('never tells the same time twice, nor an earlier one', () => {
    const images = play(new DeviceClock(), { images: 300, jitterMs: 200 });
    for (const [index, { toldNs }] of images.entries()) if (index > 0) expect(toldNs > (images[index - 1]?.toldNs ?? 0n)).toBe(true);
  });

  it('knows by how much an image was late', () => {
    const clock = new DeviceClock();
    clock.toHost(0n, 5n * ms);
    clock.toHost(33n * ms, 58n * ms);
    expect(clock.residualMs).toBe(20);
  });
});
