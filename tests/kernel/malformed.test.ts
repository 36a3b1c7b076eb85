import { expect, it } from 'vitest';
import { describeOnKernel, runGuest } from './on-test-kernel.ts';

interface Told {
  readonly payloads: number;
  readonly answers: number;
  readonly descriptors: number;
  readonly shown: { readonly payloads: number; readonly answers: number; readonly descriptors: number };
  /** How often a run of the driver ended so. */
  readonly ends: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
  readonly sound: number;
}

describeOnKernel('usb-probe and devices that send anything', () => {
  it('takes 1,000 malformed payloads, answers and descriptors without a crash and without a hang', async () => {
    const { told } = await runGuest<Told>({ program: 'tests/kernel/guest/malformed.ts', seconds: 300 });
    const [summary, after] = told.slice(-2) as [Told, Told];
    expect(summary).toMatchObject({ payloads: 650, answers: 300, descriptors: 50, wrong: [] });
    // Not by refusing everything: pictures came in between.
    expect(summary.shown.payloads).toBeGreaterThan(20);
    expect(summary.shown.answers).toBeGreaterThan(5);
    expect(summary.shown.descriptors).toBeGreaterThan(0);
    expect(summary.ends['usb-probe/transfer-failed']).toBeGreaterThan(10);
    expect(after.sound).toBeGreaterThanOrEqual(3);
  }, 330_000);
});
