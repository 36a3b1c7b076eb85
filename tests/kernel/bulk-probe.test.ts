import { beforeAll, expect, it } from 'vitest';
import { describeOnKernel, runGuest } from './on-test-kernel.ts';

interface Steady {
  readonly shown: number;
  readonly first: number;
  readonly last: number;
  readonly unaccounted: number;
  readonly MBps: number;
  readonly losses: Readonly<Record<string, number>>;
  readonly memoryMiB: readonly number[];
  readonly device: Readonly<Record<string, number>>;
}
type Told =
  | { readonly firstPictureMs: number }
  | { readonly steady: Steady }
  | { readonly fault: { readonly fault: string }; readonly lost: number; readonly leftOut: number }
  | { readonly end: string; readonly unaccounted: number };

describeOnKernel('usb-probe at 40 MB/s on a real USB stack', () => {
  const seconds = 60;
  let told: readonly Told[] = [];

  beforeAll(async () => {
    const program = 'tests/kernel/guest/bulk-probe.ts';
    ({ told } = await runGuest<Told>({ program, args: [String(seconds)], memoryMiB: 768, seconds: seconds + 60 }));
  }, 150_000);

  const steady = (): Steady => told.flatMap((one) => ('steady' in one ? [one.steady] : []))[0] as Steady;

  it('shows the first picture within three seconds of being opened', () => {
    expect((told[0] as { firstPictureMs: number }).firstPictureMs).toBeLessThan(2900);
  });

  it('shows or counts every frame that the probe made, for a minute', () => {
    const { shown, first, last, unaccounted, MBps, losses } = steady();
    expect(unaccounted).toBe(0);
    expect(last - first + 1).toBe(shown + (losses['usb-probe/missing-picture'] ?? 0) + (losses['usb-probe/broken-picture'] ?? 0));
    // The device makes them by the clock, whoever reads.
    expect(MBps).toBeGreaterThan(38);
  });

  it('loses nothing that the probe sent: what is missing was left out in the probe, for want of a reader', () => {
    const { losses, device } = steady();
    expect(losses['usb-probe/broken-picture'] ?? 0).toBe(0);
    expect(losses['usb-probe/missing-picture'] ?? 0).toBeLessThanOrEqual(device.framesLeftOut ?? 0);
  });

  it('needs no more memory at the end than at the beginning', () => {
    const { memoryMiB } = steady();
    const early = Math.max(...memoryMiB.slice(0, 3));
    expect(Math.max(...memoryMiB.slice(-3))).toBeLessThan(early + 16);
  });

  it('is in step again within three frames after every fault', () => {
    const faults = told.flatMap((one) => ('fault' in one ? [one] : []));
    expect(faults.length).toBe(10);
    for (const { fault, lost, leftOut } of faults) expect(lost - leftOut, JSON.stringify(fault)).toBeLessThanOrEqual(3);
  });

  it('takes a plug that is pulled in the middle of a frame for a device that is gone', () => {
    expect(told.at(-1)).toEqual({ end: 'device/gone', unaccounted: 0 });
  });
});
