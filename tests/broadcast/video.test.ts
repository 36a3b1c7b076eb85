import { afterEach, describe, expect, it } from 'vitest';
import { hasWebCodecs } from '../../src/codec/webcodecs.ts';
import { frameFlags } from '../../src/protocol/frame-header.ts';
import { codecNames, type TierName } from '../../src/protocol/tiers.ts';
import { openRoom, type ReceivedFrame, type TestViewer } from './test-room.ts';

const echo = (options = {}) => ({ name: 'Echo', options: { kind: 'ultrasound', width: 320, height: 240, fps: 30, ...options } });
const isKey = ({ header }: ReceivedFrame): boolean => (header.flags & frameFlags.key) !== 0;

let room: Awaited<ReturnType<typeof openRoom>> | undefined;
afterEach(async () => {
  await room?.close();
  room = undefined;
});

async function watching(tier: 'auto' | TierName, acknowledge = true): Promise<TestViewer> {
  const viewer = (await room?.view(acknowledge)) as TestViewer;
  viewer.say({ type: 'watch', stream: 0, views: ['processed'], tier, codecs: [...codecNames] });
  return viewer;
}

/** Every frame of video can be decoded from what came before it: its key frame did, and nothing between is missing. */
function expectUnbroken(frames: readonly ReceivedFrame[], madeFor: readonly ReceivedFrame[]): void {
  const made = madeFor.map(({ header }) => header.sequence);
  for (const [index, frame] of frames.entries()) {
    const before = frames[index - 1];
    expect(frame.header.keySequence).toBe(isKey(frame) ? frame.header.sequence : before?.header.keySequence);
    const [from, to] = [made.indexOf(before?.header.sequence ?? -1), made.indexOf(frame.header.sequence)];
    if (!isKey(frame) && from >= 0 && to >= 0) expect(to).toBe(from + 1);
  }
}

describe.skipIf(!hasWebCodecs())('video (skipped where H.264 is not installed)', () => {
  it('begins with a key frame for everybody, and is small', async () => {
    room = await openRoom([echo()]);
    const first = await watching('video');
    await first.until(() => first.frames.length >= 20);
    expect(first.frames.every(({ header }) => codecNames[header.codec] === 'h264')).toBe(true);
    expect(isKey(first.frames[0] as ReceivedFrame)).toBe(true);
    expect(first.frames.filter(isKey).length).toBeLessThan(4);
    const late = await watching('video');
    await late.until(() => late.frames.length >= 10);
    expect(isKey(late.frames[0] as ReceivedFrame)).toBe(true);
    expectUnbroken(late.frames, first.frames);
    expectUnbroken(first.frames, first.frames);
    const bytes = first.frames.reduce((sum, { payload }) => sum + payload.length, 0) / first.frames.length;
    expect(bytes).toBeLessThan((320 * 240) / 8);
  });

  it('a viewer that does not acknowledge skips to a key frame, and the others lose nothing', async () => {
    room = await openRoom([echo()]);
    const slow = await watching('video', false);
    const quick = await watching('video');
    await quick.until(() => quick.frames.length >= 40);
    const before = slow.frames.length;
    expect(before).toBeLessThan(8);
    slow.acknowledge(slow.frames.at(-1) as ReceivedFrame);
    await slow.until(() => slow.frames.length > before);
    expect(isKey(slow.frames[before] as ReceivedFrame)).toBe(true);
    expectUnbroken(slow.frames, quick.frames);
    expectUnbroken(quick.frames, quick.frames);
    const [first, last] = [quick.frames[0]?.header.capturedAtUs ?? 0, quick.frames.at(-1)?.header.capturedAtUs ?? 0];
    expect(quick.frames.filter(isKey).length).toBeLessThan(2 * ((last - first) / 1e6) + 4);
  });

  it('alone on a slow line frames are left out before the encoder: no key frame is needed', async () => {
    room = await openRoom([echo()]);
    const viewer = await watching('video', false);
    let answered = 0;
    const pace = setInterval(() => {
      const frame = viewer.frames[answered];
      if (frame === undefined) return;
      answered++;
      viewer.acknowledge(frame);
    }, 100);
    await viewer.until(() => answered >= 15);
    clearInterval(pace);
    expect(viewer.frames.filter(isKey).length).toBe(1);
    const sequences = viewer.frames.map(({ header }) => header.sequence);
    expect((sequences.at(-1) as number) - (sequences[5] as number)).toBeGreaterThan(1.5 * (sequences.length - 6));
  });

  it('gives a key frame on demand, and to who comes late to a held picture', async () => {
    room = await openRoom([echo({ frames: 10 })]);
    const first = await watching('video');
    await first.until(() => first.last('state')?.source.state === 'held' && first.frames.at(-1)?.header.sequence === 9);
    for (const tier of ['video', 'video-thin'] as const) {
      const late = await watching(tier);
      await late.until(() => late.frames.length > 0);
      expect(late.frames[0]?.header.sequence).toBe(9);
      expect(isKey(late.frames[0] as ReceivedFrame)).toBe(true);
      const before = late.frames.length;
      late.say({ type: 'key', stream: 0, view: 'processed' });
      await late.until(() => late.frames.length > before);
      expect(isKey(late.frames.at(-1) as ReceivedFrame)).toBe(true);
    }
  });

  it('16 bits stay exact; without H.264 at the other end JPEG takes its place', async () => {
    room = await openRoom([{ name: 'Ten bits', options: { kind: 'fluoroscopy', width: 128, height: 128, fps: 30, bits: 10 } }, echo()]);
    const deep = await room.view();
    deep.say({ type: 'watch', stream: 0, views: ['raw'], tier: 'video', codecs: [...codecNames] });
    await deep.until(() => deep.frames.length >= 3);
    expect(deep.frames.every(({ header }) => (header.flags & frameFlags.lossless) !== 0)).toBe(true);
    const old = await room.view();
    old.say({ type: 'watch', stream: 1, views: ['processed'], tier: 'video-thin', codecs: ['delta-zstd', 'jpeg-ls', 'jpeg'] });
    await old.until(() => old.frames.length >= 2);
    expect(codecNames[old.frames[0]?.header.codec ?? 0]).toBe('jpeg');
  });
});
