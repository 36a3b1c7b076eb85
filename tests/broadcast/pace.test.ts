import { afterEach, describe, expect, it } from 'vitest';
import { Pace, type PaceReading } from '../../src/broadcast/pace.ts';
import { Acknowledger } from '../../src/protocol/acknowledger.ts';
import { openRoom } from './test-room.ts';

const calm: PaceReading = { needBytesPerSecond: 1.2e6, lineBytesPerSecond: 40e6, roundTripMs: 1, lateMs: 20, curious: false };

function paceAfter(seconds: number, reading: PaceReading, pace = new Pace()): number {
  for (let ms = 0; ms <= seconds * 1000; ms += 200) pace.review(reading, ms);
  return pace.withinMs;
}

describe('the pace of acknowledgements', () => {
  it('each at once, until the line has been calm for a while', () => {
    expect(paceAfter(1.8, calm)).toBe(0);
    expect(paceAfter(2.2, calm)).toBe(400);
  });

  it('more often where the frames are heavier', () => {
    expect(paceAfter(2.2, { ...calm, needBytesPerSecond: 2e6 })).toBe(200);
  });

  it.each([
    ['the line bears only a few times what it carries', { lineBytesPerSecond: 3.5e6 }],
    ['nothing is known of the line', { lineBytesPerSecond: undefined }],
    ['frames are so large that a few would bury a line', { needBytesPerSecond: 3e6 }],
    ['the way is long', { roundTripMs: 80 }],
    ['a tier is being chosen', { curious: true }],
    ['frames are late', { lateMs: 650 }],
  ])('each at once where %s, and at once again when that begins', (_why, rest) => {
    expect(paceAfter(5, { ...calm, ...rest })).toBe(0);
    const pace = new Pace();
    paceAfter(5, calm, pace);
    expect(pace.review({ ...calm, ...rest }, 5200)).toBe(true);
    expect(pace.withinMs).toBe(0);
  });
});

describe('a viewer on a calm line', () => {
  let room: Awaited<ReturnType<typeof openRoom>> | undefined;
  afterEach(() => room?.close());

  it('acknowledges a few times a second and misses nothing; where it falls silent it gets no more than a few frames', async () => {
    room = await openRoom([{ name: 'Echo', options: { width: 64, height: 64, fps: 30 } }]);
    const viewer = await room.view(false);
    let silent = false;
    let sent = 0;
    const acknowledger = new Acknowledger((acknowledgement) => {
      if (silent) return;
      sent++;
      viewer.say(acknowledgement);
    });
    viewer.socket.on('message', (_data, isBinary) => {
      const header = viewer.frames.at(-1)?.header;
      if (!isBinary) acknowledger.setPace(viewer.last('pace')?.withinMs ?? 0);
      else if (header !== undefined)
        acknowledger.acknowledge({ type: 'ack', stream: 0, view: 'processed', sequence: header.sequence, receivedUs: header.capturedAtUs });
    });
    viewer.say({ type: 'watch', stream: 0, views: ['processed'] });
    await viewer.until(() => (viewer.last('pace')?.withinMs ?? 0) > 0, 20_000);
    const [framesBefore, sentBefore] = [viewer.frames.length, sent];
    await viewer.until(() => viewer.frames.length > framesBefore + 30);
    expect(sent - sentBefore).toBeLessThan((viewer.frames.length - framesBefore) / 2);

    silent = true;
    const last = viewer.frames.length;
    await viewer.until(() => viewer.last('pace')?.withinMs === 0, 20_000);
    expect(viewer.frames.length - last).toBeLessThan(24);
  });
});
