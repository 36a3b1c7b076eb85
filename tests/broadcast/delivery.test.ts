import { expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { Delivery } from '../../src/broadcast/delivery.ts';
import type { Line } from '../../src/broadcast/line.ts';
import type { Wire } from '../../src/broadcast/wire.ts';
import { frameFlags } from '../../src/protocol/frame-header.ts';
import type { TierName } from '../../src/protocol/tiers.ts';
import type { SharedFrame } from '../../src/stream/shared-frame.ts';
import type { Stream } from '../../src/stream/stream.ts';
import type { TierViewer } from '../../src/stream/tier.ts';

/** A frame that nobody has to give back. */
function frameOf(tier: TierName, sequence: number): SharedFrame {
  const frame = {
    ...{ header: { sequence, capturedAtUs: sequence, flags: frameFlags.key }, bytes: { length: 10 }, name: `${tier} ${sequence}` },
    retain: () => frame,
    [Symbol.dispose]: () => undefined,
  };
  return frame as unknown as SharedFrame;
}

/** A delivery that has chosen stills and still has raw frames, over a line that takes `window` frames. */
function falling() {
  const readers = new Map<TierName, TierViewer>();
  const sent: string[] = [];
  const line = { window: 1 };
  const stream = {
    fps: 30,
    tierCounts: () => ({ frameBytes: 1e5, skipped: 0, failing: false }),
    watch: (_view: string, tier: TierName, reader: TierViewer) => {
      readers.set(tier, reader);
      return { pull: () => undefined, askKey: () => undefined, end: () => readers.delete(tier) };
    },
  };
  const wire = {
    free: true,
    freed: () => undefined,
    send: (frame: SharedFrame) => sent.push((frame as SharedFrame & { name: string }).name),
  };
  const reading = {
    window: () => line.window,
    bytesPerSecond: 1e4,
    burst: { bytesPerSecond: 1e4, orMore: false },
    carried: () => undefined,
  };
  const delivery = new Delivery(
    { readyState: 1, OPEN: 1 } as WebSocket,
    wire as unknown as Wire,
    reading as unknown as Line,
    stream as unknown as Stream,
    {
      ...{ view: 'processed', delivery: 'newest', tiers: ['raw', 'still'], first: 'raw', lateMs: 100 },
      ...{ suspectBelow: Number.POSITIVE_INFINITY, sending: () => undefined },
    },
  );
  const put = (tier: TierName, sequence: number): void => readers.get(tier)?.put(frameOf(tier, sequence));
  put('raw', 1);
  for (let second = 1; second < 10; second++) delivery.review(performance.now() + second * 1000, true, 0);
  expect([...readers.keys()]).toEqual(['raw', 'still']);
  return { delivery, line, sent, put };
}

it('sends what it has of the next tier before anything newer of the one before', () => {
  const { delivery, line, sent, put } = falling();
  put('still', 1);
  // The line takes more, and nobody was asked to send.
  line.window = 2;
  put('raw', 2);
  put('still', 3);
  delivery.acknowledge(1, performance.now(), undefined);
  expect(sent).toEqual(['raw 1', 'still 1', 'still 3']);
});
