import { expect, it } from 'vitest';
import { describeOnKernel, runGuest } from './on-test-kernel.ts';

describeOnKernel('the test kernel', () => {
  it('runs our programs on the pinned Node', async () => {
    const { told } = await runGuest<{ node: string; usb: number }>({ program: 'tests/kernel/guest/hello.ts' });
    expect(told).toEqual([{ node: process.version, usb: expect.any(Number) }]);
  });

  it('shows the console of a program that fails', async () => {
    await expect(runGuest({ program: 'tests/kernel/guest/no-such-program.ts' })).rejects.toThrow(/ended with status 1.*no-such-program/s);
  });

  it('takes the virtual devices for a grabber, a serial line and a probe, and notices a pulled plug', async () => {
    const { told } = await runGuest({ program: 'tests/kernel/guest/devices.ts' });
    expect(told).toEqual([{ drivers: ['ttyACM0', 'video4'], attached: 3 }, { attached: 2 }]);
  });
});
