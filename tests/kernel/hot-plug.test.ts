import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeOnKernel, runGuest } from './on-test-kernel.ts';

const rounds = 20;
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

describeOnKernel('a probe and a grabber, plugged in and pulled out 20 times', () => {
  const showsThem = async (udevd: 'udevd' | 'none'): Promise<void> => {
    const program = 'tests/kernel/guest/hot-plug.ts';
    const { told } = await runGuest<{ shownMs: number; goneMs: number }>({ program, args: [String(rounds), udevd], seconds: 150 });
    expect(told.length).toBe(rounds);
    // Guest and host are busy: one late look is not the rule.
    expect(median(told.map(({ shownMs }) => shownMs))).toBeLessThan(1000);
    expect(median(told.map(({ goneMs }) => goneMs))).toBeLessThan(1000);
  };

  it.skipIf(!existsSync('/usr/bin/udevadm'))('are shown within a second where udevd runs', () => showsThem('udevd'), 180_000);

  it('are shown within a second where no udevd runs, as in a container', () => showsThem('none'), 180_000);
});
