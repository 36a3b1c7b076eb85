import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Acknowledger } from '../../src/protocol/acknowledger.ts';

const ack = (sequence: number, stream = 0) => ({ type: 'ack', stream, view: 'processed', sequence }) as const;

describe('acknowledgements', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('go at once, until the server says how long they may wait; then the last of each view goes in time', () => {
    const sent: string[] = [];
    const acknowledger = new Acknowledger(({ stream, sequence }) => sent.push(`${stream}/${sequence}`));
    acknowledger.acknowledge(ack(1));
    expect(sent).toEqual(['0/1']);
    acknowledger.setPace(200);
    for (const sequence of [2, 3, 4]) acknowledger.acknowledge(ack(sequence));
    acknowledger.acknowledge(ack(9, 1));
    vi.advanceTimersByTime(199);
    expect(sent).toEqual(['0/1']);
    vi.advanceTimersByTime(1);
    expect(sent).toEqual(['0/1', '0/4', '1/9']);
    vi.advanceTimersByTime(1000);
    expect(sent).toHaveLength(3);
  });

  it('what waits goes when the pace changes, and is forgotten with the line', () => {
    const sent: number[] = [];
    const acknowledger = new Acknowledger(({ sequence }) => sent.push(sequence));
    acknowledger.setPace(200);
    acknowledger.acknowledge(ack(1));
    acknowledger.setPace(0);
    expect(sent).toEqual([1]);
    acknowledger.setPace(200);
    acknowledger.acknowledge(ack(2));
    acknowledger.forget();
    vi.advanceTimersByTime(1000);
    acknowledger.acknowledge(ack(3));
    expect(sent).toEqual([1, 3]);
  });
});
