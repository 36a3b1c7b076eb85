import { crc32 } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { codecByNumber } from '../../src/codec/codecs.ts';
import { openCodecs } from '../../src/codec/node-codecs.ts';
import { frameFlags } from '../../src/protocol/frame-header.ts';
import { codecNames, type TierName } from '../../src/protocol/tiers.ts';
import { openRoom, type ReceivedFrame, type TestViewer } from './test-room.ts';

const codecs = await openCodecs();
const streams = [
  { name: 'Grey', options: { kind: 'ultrasound', width: 160, height: 120, fps: 30 } },
  {
    name: 'Colour',
    options: { kind: 'ultrasound', width: 96, height: 80, fps: 30 },
    stages: [{ stage: 'colour-map', options: { map: 'hot' } }],
  },
  { name: 'Ten bits', options: { kind: 'fluoroscopy', width: 128, height: 128, fps: 30, bits: 10 } },
];

let room: Awaited<ReturnType<typeof openRoom>> | undefined;
afterEach(async () => {
  await room?.close();
  room = undefined;
});

async function watching(stream: number, view: 'processed' | 'raw', tier: 'auto' | TierName, names = codecNames): Promise<TestViewer> {
  const viewer = (await room?.view()) as TestViewer;
  viewer.say({ type: 'watch', stream, views: [view], tier, codecs: [...names] });
  return viewer;
}

function decoded({ header, payload }: ReceivedFrame): Buffer {
  expect(crc32(payload)).toBe(header.crc32);
  return Buffer.from(codecByNumber(codecs, header.codec).decode(header, payload));
}

describe('tiers', () => {
  it.each([
    [0, 'processed', 'GREY'],
    [1, 'processed', 'RGB24'],
    [2, 'raw', 'Y16'],
  ] as const)('exact: stream %i, %s pictures arrive to the bit, packed', async (stream, view, pixelFormat) => {
    room = await openRoom(streams);
    const plain = await watching(stream, view, 'raw');
    const packed = await watching(stream, view, 'exact');
    await packed.until(() => packed.frames.length >= 10);
    const bySequence = new Map(plain.frames.map((frame) => [frame.header.sequence, frame]));
    let compared = 0;
    for (const frame of packed.frames) {
      const same = bySequence.get(frame.header.sequence);
      if (same === undefined) continue;
      expect(frame.header).toMatchObject({ pixelFormat, capturedAtUs: same.header.capturedAtUs });
      expect(frame.header.flags & frameFlags.lossless).toBeTruthy();
      expect(frame.payload.length).toBeLessThan(same.payload.length);
      expect(decoded(frame).equals(same.payload)).toBe(true);
      compared++;
    }
    expect(compared).toBeGreaterThan(2);
  });

  it('still and thin: JPEG, each smaller than the one above; 16 bits stay exact', async () => {
    room = await openRoom(streams);
    const sizes: number[] = [];
    for (const tier of ['exact', 'still', 'thin'] as const) {
      const viewer = await watching(0, 'processed', tier);
      await viewer.until(() => viewer.frames.length >= 3 && viewer.last('stats')?.tier === tier);
      const frame = viewer.frames.at(-1) as ReceivedFrame;
      expect(decoded(frame).length).toBe(160 * 120);
      if (tier !== 'exact') expect(codecNames[frame.header.codec]).toBe('jpeg');
      sizes.push(frame.payload.length);
    }
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    const deep = await watching(2, 'raw', 'still');
    await deep.until(() => deep.frames.length >= 2);
    expect(deep.frames.at(-1)?.header.flags).toSatisfy((flags: number) => (flags & frameFlags.lossless) !== 0);
  });

  it('a viewer that decodes nothing else gets raw pictures, whatever it asks for', async () => {
    room = await openRoom(streams);
    const viewer = await watching(0, 'processed', 'exact', ['raw'] as unknown as typeof codecNames);
    await viewer.until(() => viewer.frames.length >= 2);
    expect(viewer.frames.every(({ header }) => header.codec === 0)).toBe(true);
  });

  it('auto on this machine: the pictures as they are', async () => {
    room = await openRoom(streams);
    const viewer = await watching(0, 'processed', 'auto');
    await viewer.until(() => viewer.frames.length >= 5);
    expect(viewer.frames.every(({ header }) => header.codec === 0)).toBe(true);
  });

  it('a held picture reaches who comes late, in every tier', async () => {
    room = await openRoom([{ name: 'Still', options: { kind: 'ultrasound', width: 96, height: 80, fps: 30, frames: 3 } }]);
    const first = await watching(0, 'processed', 'exact');
    await first.until(() => first.last('state')?.source.state === 'held' || first.last('hello')?.streams[0]?.status.state === 'held');
    for (const tier of ['exact', 'exact', 'still'] as const) {
      const late = await watching(0, 'processed', tier);
      await late.until(() => late.frames.at(-1)?.header.sequence === 2);
    }
  });

  it('a held picture that comes again and again is acknowledged once, and nothing waits for the others', { timeout: 60_000 }, async () => {
    room = await openRoom([{ name: 'Echo', options: { kind: 'ultrasound', width: 96, height: 80, fps: 30 } }], { slots: 64 });
    const viewer = await room.view(false);
    let acknowledges = true;
    viewer.socket.on('message', (_data, isBinary) => {
      if (isBinary && acknowledges) viewer.acknowledge(viewer.frames.at(-1) as ReceivedFrame);
    });
    viewer.say({ type: 'watch', stream: 0, views: ['processed'] });
    await viewer.until(() => (viewer.last('pace')?.withinMs ?? 0) > 0);
    room.streams[0]?.setRunning(false);
    await viewer.until(() => viewer.last('state')?.source.state === 'stopped');
    acknowledges = false;
    // On a machine so busy that nothing is taken for calm any more, there are fewer.
    const isCalm = (): boolean => viewer.last('pace')?.withinMs !== 0;
    for (let request = 1; request <= 4 && isCalm(); request++) {
      const before = viewer.frames.length;
      viewer.say({ type: 'set-stage', request, stream: 0, stage: 'tone', options: { gamma: 1 + request / 10 } });
      await viewer.until(() => viewer.frames.length > before || !isCalm());
    }
    expect(viewer.frames.at(-1)?.header.sequence).toBe(viewer.frames.at(-2)?.header.sequence);
    acknowledges = true;
    viewer.acknowledge(viewer.frames.at(-1) as ReceivedFrame);
    // What was late would have been noticed by then.
    const told = viewer.messages.filter(({ type }) => type === 'stats').length;
    await viewer.until(() => viewer.messages.filter(({ type }) => type === 'stats').length >= told + 3);
    room.streams[0]?.setRunning(true);
    const from = viewer.frames.length;
    await viewer.until(() => viewer.frames.length >= from + 2);
  });
});
