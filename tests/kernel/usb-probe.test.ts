import { beforeAll, expect, it } from 'vitest';
import { describeOnKernel, runGuest } from './on-test-kernel.ts';

type Counts = Readonly<Record<string, number>>;

/** Parts of what the guest tells, each line one of them. */
interface Told {
  readonly refused?: string;
  readonly ends?: readonly string[];
  readonly identity?: string;
  readonly nobody?: readonly string[];
  readonly device?: Counts;
  readonly asked?: number;
  readonly backwards?: number;
  readonly lost?: readonly number[];
  readonly losses?: Counts;
  readonly swinging?: Counts;
  readonly stopped?: Counts;
  readonly busy?: readonly string[];
  /** How much two pictures in a row differ, as a share of what they would if one were turned round. */
  readonly between?: number;
  readonly pulled?: readonly string[];
  readonly absent?: string;
}

describeOnKernel('usb-probe with the virtual probes', () => {
  let told: readonly Told[] = [];

  beforeAll(async () => {
    ({ told } = await runGuest<Told>({ program: 'tests/kernel/guest/usb-probe.ts', memoryMiB: 512, seconds: 100 }));
  }, 130_000);

  const with_ = (part: keyof Told): Told => told.find((one) => part in one) ?? {};

  it('sends no probe anything that makes it transmit or move before that is enabled', () => {
    const refused = told.filter((one) => one.refused !== undefined);
    expect(refused.map(({ identity }) => identity)).toEqual(['usb:04b4:00f1:R1', 'usb:04b4:8613:R1', 'usb:1921:f001:R1']);
    for (const { ends, device } of refused) {
      expect(new Set(ends)).toEqual(new Set(['usb-probe/not-enabled']));
      for (const name of ['starts', 'packets', 'commands', 'motorStarts']) expect(device?.[name] ?? 0, name).toBe(0);
    }
  });

  it('says of a device that this user may not open why not', () => {
    for (const { nobody } of told.filter((one) => one.refused !== undefined)) expect(nobody).toEqual(['usb-probe/no-rights']);
  });

  it('asks a Healson UP20L for every picture, is in step after every fault, and counts what was lost', () => {
    const { asked = 0, backwards, lost = [], losses = {}, device = {} } = with_('asked');
    expect(backwards).toBe(0);
    expect(lost.length).toBe(4);
    for (const pictures of lost) expect(pictures).toBeLessThanOrEqual(3);
    const left = (losses['usb-probe/broken-picture'] ?? 0) + (losses['usb-probe/missing-picture'] ?? 0);
    // The last one may have been on its way when it was stopped.
    expect((device.pictures ?? 0) - asked - left).toBeGreaterThanOrEqual(0);
    expect((device.pictures ?? 0) - asked - left).toBeLessThanOrEqual(1);
  });

  it('shows an Interson SeeMore standing still, leaves its motor and supply off, and is refused to a second user', () => {
    const { swinging, stopped, busy, between } = with_('swinging');
    expect(swinging).toEqual({ motor: 1, supply: 1 });
    expect(stopped).toMatchObject({ motor: 0, supply: 0 });
    expect(busy).toEqual(['usb-probe/busy', 'usb-probe/busy']);
    // Two sweeps are more alike than one and the other turned round.
    expect(between).toBeLessThan(0.8);
  });

  it('tells a pulled plug from a fault, and finds the same probe again when it is back', () => {
    expect(with_('pulled')).toMatchObject({ pulled: Array.from({ length: 4 }, () => 'device/gone'), absent: 'device/not-found' });
  });
});
