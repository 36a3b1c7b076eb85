import { afterEach, describe, expect, it } from 'vitest';
import { openRoom } from '../broadcast/test-room.ts';

const rooms: Awaited<ReturnType<typeof openRoom>>[] = [];
afterEach(async () => {
  for (const room of rooms.splice(0)) await room.close();
});

describe("a device's own delay", () => {
  it('is part of the age of its pictures, told to viewers, and no time of processing', async () => {
    const options = { width: 96, height: 64, fps: 20 };
    const room = await openRoom([
      { name: 'Prompt', options },
      { name: 'Slow', options, deviceDelayMs: 1500 },
    ]);
    rooms.push(room);
    const viewer = await room.view();
    for (const stream of [0, 1]) viewer.say({ type: 'watch', stream, views: ['processed'] });
    const framesOf = (stream: number) => viewer.frames.filter(({ header }) => header.stream === stream);
    await viewer.until(() => framesOf(0).length > 5 && framesOf(1).length > 5);
    const nowMs = Date.now();
    const ageMs = (stream: number): number => nowMs - (framesOf(stream).at(-1)?.header.capturedAtUs ?? 0) / 1000;
    expect(ageMs(1) - ageMs(0)).toBeGreaterThan(1000);
    await viewer.until(() => viewer.messages.some((said) => said.type === 'stats' && said.stream === 1 && said.processingMs > 0));
    const stats = viewer.messages.findLast((said) => said.type === 'stats' && said.stream === 1);
    expect(stats).toMatchObject({ processingMs: expect.closeTo(0, -3) });
    const delays = viewer.messages.flatMap((said) => (said.type === 'hello' ? said.streams.map(({ deviceDelayMs }) => deviceDelayMs) : []));
    expect(delays).toEqual([undefined, 1500]);
  });
});
