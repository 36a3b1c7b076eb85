import { expect, it } from 'vitest';
import { describeOnKernel, runGuest } from './on-test-kernel.ts';

interface Told {
  readonly at: 'start' | 'first' | 'unplugged' | 'other' | 'back';
  readonly [fact: string]: unknown;
}

describeOnKernel('a stream whose probe is pulled out', () => {
  it('waits for that probe, takes no other, and goes on when it is back in another port', async () => {
    const { told } = await runGuest<Told>({ program: 'tests/kernel/guest/resume.ts', seconds: 90 });
    const [start, first, unplugged, other, ...back] = told;
    const identity = first?.identity;
    expect(start).toMatchObject({ error: 'device/not-found' });
    expect(identity).toContain('OWN');
    expect(unplugged).toMatchObject({ error: 'device/gone', waitsFor: expect.stringMatching(/convex/i) });
    expect(other).toMatchObject({ state: 'lost' });
    expect(back.map(({ identity: again }) => again)).toEqual(Array(5).fill(identity));
    // The guest has a part of a busy core: half a second and one second where the machine is quiet.
    const median = (values: readonly unknown[]): number => values.map(Number).toSorted((a, b) => a - b)[2] ?? Number.NaN;
    expect(median(back.map(({ toListedMs }) => toListedMs))).toBeLessThan(2000);
    expect(median(back.map(({ toPictureMs }) => toPictureMs))).toBeLessThan(5000);
  }, 120_000);
});
