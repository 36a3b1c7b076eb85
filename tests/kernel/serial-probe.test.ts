import { expect, it } from 'vitest';
import { describeOnKernel, runGuest } from './on-test-kernel.ts';

describeOnKernel('serial-probe on a real kernel', () => {
  it('finds the probe behind cdc_acm, goes on after each fault, says that it was unplugged, and finds it again', async () => {
    const { told } = await runGuest<Record<string, unknown>>({ program: 'tests/kernel/guest/serial-probe.ts', seconds: 120 });
    const [found, streamed, replugged] = told;
    expect(found).toMatchObject({ found: { driver: 'serial-probe', identity: 'usb:2e8a:000a:E6617C93E3', place: '/dev/ttyACM0' } });
    const lost = Object.entries(streamed?.lost as Record<string, number>);
    for (const [name] of lost) expect(name).toMatch(/^serial-probe\/(damaged-echo|no-answer)$/);
    // Garbage and what was cut out cost at most an echo each; every echo that was fired was shown or counted.
    const count = lost.reduce((sum, [, frames]) => sum + frames, 0);
    expect(count).toBeGreaterThanOrEqual(1);
    expect(count).toBeLessThanOrEqual(4);
    expect(Number(streamed?.acquisitions)).toBeLessThanOrEqual(Number(streamed?.frames) + count + 1);
    expect(replugged).toMatchObject({ code: 'device/gone' });
  }, 150_000);
});
