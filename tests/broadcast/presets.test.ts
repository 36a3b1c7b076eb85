import { afterEach, expect, it } from 'vitest';
import { presets } from '../../src/stage/presets.ts';
import { openRoom, type ReceivedFrame } from './test-room.ts';

let room: Awaited<ReturnType<typeof openRoom>> | undefined;
afterEach(async () => {
  await room?.close();
  room = undefined;
});

const fluoroscopy = {
  name: 'X-ray',
  options: { kind: 'fluoroscopy', width: 160, height: 160, fps: 25, dose: 0.3 },
  preset: 'fluoro/low-dose',
};

/** Mean difference of two pictures in levels. */
function difference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += Math.abs((a[at] as number) - (b[at] as number));
  return sum / a.length;
}

it('goes through all presets of a running stream: no frame is lost, every picture is that of its moment', async () => {
  room = await openRoom([fluoroscopy], { slots: 64 });
  const viewer = await room.view();
  viewer.say({ type: 'watch', stream: 0, views: ['processed', 'raw'], delivery: 'every' });
  await viewer.until(() => viewer.frames.length > 4);
  expect(viewer.last('stream')?.stream.preset ?? viewer.last('hello')?.streams[0]?.preset).toBe('fluoro/low-dose');
  for (const [index, { name }] of presets.entries()) {
    viewer.say({ type: 'set-preset', request: index, stream: 0, preset: name });
    await viewer.until(() => viewer.last('stage-set')?.request === index);
    expect(viewer.last('stream')?.stream.preset).toBe(name);
    const epoch = viewer.last('stage-set')?.epoch;
    const settled = viewer.frames.length;
    await viewer.until(() => viewer.frames.slice(settled).filter(({ header }) => header.epoch === epoch).length > 9);
  }
  const of = (view: string): ReceivedFrame[] => viewer.frames.filter(({ header }) => header.view === view);
  const [processed, raw] = [of('processed'), of('raw')];
  const gaps = processed.filter(({ header }, at) => at > 0 && header.sequence !== (processed[at - 1]?.header.sequence ?? 0) + 1);
  // A machine that pauses leaves frames out and says so; a preset leaves none out, whatever the machine does.
  expect(processed.every(({ header }, at) => at === 0 || header.sequence > (processed[at - 1]?.header.sequence ?? 0))).toBe(true);
  const beforeOf = new Map(processed.map(({ header }, at) => [header.sequence, processed[at - 1]?.header]));
  const missing = gaps.reduce((sum, { header }) => sum + header.sequence - 1 - (beforeOf.get(header.sequence)?.sequence ?? 0), 0);
  const counted = (): number => {
    const { skipped = 0, lost = {} } = viewer.last('stats') ?? {};
    return Object.values(lost).reduce((sum, count) => sum + count, skipped);
  };
  await viewer.until(() => counted() >= missing);
  expect(gaps.filter(({ header }) => header.epoch !== beforeOf.get(header.sequence)?.epoch).length).toBeLessThanOrEqual(1);
  for (const { header, payload } of processed) {
    const captured = raw.find((frame) => frame.header.sequence === header.sequence);
    // The noise of this dose is about eight levels; another moment or another memory would differ by far more.
    if (captured !== undefined) expect(difference(payload, captured.payload), `frame ${header.sequence}`).toBeLessThan(12);
  }
  expect(processed.length).toBeGreaterThan(5 * presets.length);
}, 120_000);

it('names the preset in force only while its settings are, and refuses one that is not known', async () => {
  room = await openRoom([{ ...fluoroscopy, stages: [{ stage: 'despeckle', options: { strength: 0.9 } }] }]);
  const viewer = await room.view();
  viewer.say({ type: 'watch', stream: 0, views: ['processed'] });
  await viewer.until(() => viewer.last('stream')?.stream.formats !== undefined);
  expect(viewer.last('stream')?.stream.preset).toBeUndefined();
  const despeckle = viewer.last('stream')?.stream.stages.find(({ stage }) => stage === 'despeckle');
  expect(despeckle).toMatchObject({ enabled: true, options: { method: 'bilateral', strength: 0.9 } });
  viewer.say({ type: 'set-preset', request: 1, stream: 0, preset: 'fluoro/none' });
  await viewer.until(() => viewer.last('error') !== undefined);
  expect(viewer.last('error')).toMatchObject({ request: 1, error: { code: 'stage/unknown-preset' } });
  viewer.say({ type: 'set-preset', request: 2, stream: 0, preset: 'fluoro/low-dose' });
  await viewer.until(() => viewer.last('stage-set')?.request === 2);
  expect(viewer.last('stream')?.stream.preset).toBe('fluoro/low-dose');
  viewer.say({ type: 'set-stage', request: 3, stream: 0, stage: 'median', enabled: true });
  await viewer.until(() => viewer.last('stage-set')?.request === 3);
  expect(viewer.last('stream')?.stream.preset).toBeUndefined();
});

it('does not start with a preset that is not known', async () => {
  await expect(openRoom([{ ...fluoroscopy, preset: 'fluoro' }])).rejects.toMatchObject({ code: 'stage/unknown-preset' });
});
