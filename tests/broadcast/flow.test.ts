import { request } from 'node:http';
import { crc32 } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openRoom, type TestViewer } from './test-room.ts';

const small = { kind: 'ultrasound', width: 96, height: 80, fps: 60 };
const echo = (options = {}, stages: object[] = []) => ({ name: 'Echo', options: { ...small, ...options }, stages });

let room: Awaited<ReturnType<typeof openRoom>> | undefined;
afterEach(async () => {
  await room?.close();
  room = undefined;
});

async function watched(views: ('processed' | 'raw')[] = ['processed'], streams = [echo()], acknowledge = true): Promise<TestViewer> {
  // A busy machine may hold many for a moment.
  room = await openRoom(streams, { slots: 64 });
  const viewer = await room.view(acknowledge);
  viewer.say({ type: 'watch', stream: 0, views });
  return viewer;
}

describe('from device to viewer', () => {
  it('sends every truth of a frame: checksum, order, age, calibration', async () => {
    const viewer = await watched();
    await viewer.until(() => viewer.frames.length >= 10 && viewer.last('stream') !== undefined);
    const stream = viewer.last('stream')?.stream;
    expect(stream?.regions.some(({ kind, unitY }) => kind === 'tissue' && unitY === 'cm')).toBe(true);
    expect(stream?.formats?.processed).toMatchObject({ width: 96, height: 80, pixelFormat: 'GREY' });
    for (const [index, { header, payload }] of viewer.frames.entries()) {
      expect(crc32(payload)).toBe(header.crc32);
      expect(payload.length).toBe(96 * 80);
      expect(Math.abs(Date.now() * 1000 - header.capturedAtUs)).toBeLessThan(30e6);
      if (index > 0) expect(header.sequence).toBeGreaterThan(viewer.frames[index - 1]?.header.sequence as number);
    }
  });

  it('stages change while frames run: none is lost, and frames carry the epoch that describes them', async () => {
    const viewer = await watched();
    await viewer.until(() => viewer.frames.length >= 3);
    viewer.say({ type: 'set-stage', request: 7, stream: 0, stage: 'colour-map', enabled: true, options: { map: 'hot' } });
    await viewer.until(() => viewer.last('stage-set') !== undefined && viewer.frames.at(-1)?.header.pixelFormat === 'RGB24');
    const epoch = viewer.last('stage-set')?.epoch;
    expect(viewer.last('stage-set')?.request).toBe(7);
    for (const { header } of viewer.frames) expect(header.pixelFormat).toBe(header.epoch === epoch ? 'RGB24' : 'GREY');
    // What the device itself was too late for, on a machine that paused, is none of the stages'.
    const { 'simulator/late': _late, ...lost } = viewer.last('stats')?.lost ?? {};
    expect(lost).toEqual({});
    viewer.say({ type: 'set-stage', request: 8, stream: 0, stage: 'persistence', options: { strength: 7 } });
    await viewer.until(() => viewer.last('error') !== undefined);
    expect(viewer.last('error')).toMatchObject({ request: 8, error: { code: 'stage/bad-option' } });
    expect(viewer.closed).toBeUndefined();
  });

  it('raw and processed come as two pictures of the same frame', async () => {
    const viewer = await watched(['processed', 'raw'], [echo({}, [{ stage: 'median' }])]);
    const both = (): number | undefined =>
      viewer.frames.find(
        ({ header }) =>
          header.view === 'raw' &&
          viewer.frames.some((other) => other.header.view === 'processed' && other.header.sequence === header.sequence),
      )?.header.sequence;
    await viewer.until(() => both() !== undefined);
    const [raw, processed] = (['raw', 'processed'] as const).map((view) =>
      viewer.frames.find(({ header }) => header.view === view && header.sequence === both()),
    );
    expect(raw?.header.capturedAtUs).toBe(processed?.header.capturedAtUs);
    expect(Buffer.compare(raw?.payload ?? Buffer.alloc(0), processed?.payload ?? Buffer.alloc(0))).not.toBe(0);
  });

  it('a viewer that does not acknowledge gets a few frames, then the newest one, and others go on', async () => {
    const slow = await watched(['processed'], [echo()], false);
    const quick = (await room?.view()) as TestViewer;
    quick.say({ type: 'watch', stream: 0, views: ['processed'] });
    await quick.until(() => quick.frames.length >= 60);
    // Two and what is under way on its line for as long as the quickest answer took; sixty were captured.
    const stuck = slow.frames.length;
    expect(stuck).toBeGreaterThanOrEqual(2);
    expect(stuck).toBeLessThanOrEqual(8);
    const newest = quick.frames.at(-1)?.header.sequence as number;
    slow.acknowledge(slow.frames.at(-1) as (typeof slow.frames)[1]);
    await slow.until(() => slow.frames.length > stuck);
    expect(slow.frames[stuck]?.header.sequence).toBeGreaterThanOrEqual(newest);
    await slow.until(() => (slow.last('stats')?.skipped ?? 0) > 40);
  });

  it('every: queues for a viewer who asks for all, and counts what does not fit', async () => {
    room = await openRoom([echo({ fps: 30 })]);
    const viewer = await room.view();
    viewer.say({ type: 'watch', stream: 0, views: ['processed'], delivery: 'every' });
    await viewer.until(() => viewer.frames.length >= 45);
    const sequences = viewer.frames.slice(1, 45).map(({ header }) => header.sequence);
    const missing = (sequences.at(-1) as number) - (sequences[0] as number) - (sequences.length - 1);
    // Told once a second.
    await viewer.until(() => (viewer.last('stats')?.skipped ?? 0) >= missing);
  });

  it('counts what a viewer of the unprocessed picture alone gets', async () => {
    const viewer = await watched(['raw']);
    await viewer.until(() => (viewer.last('stats')?.sent ?? 0) > 3);
    expect(viewer.last('stats')?.viewers).toBe(1);
  });

  it('answers the clock', async () => {
    const viewer = await watched();
    viewer.say({ type: 'ping', sentUs: 123.5 });
    await viewer.until(() => viewer.last('pong') !== undefined);
    expect(viewer.last('pong')?.sentUs).toBe(123.5);
    expect(Math.abs((viewer.last('pong')?.clockUs ?? 0) - Date.now() * 1000)).toBeLessThan(5e6);
  });
});

describe('a source that fails', () => {
  it('crash: faulted with its error and the wait, then streaming again; the other stream never stops', async () => {
    room = await openRoom([echo({ faults: [{ afterS: 0.3, kind: 'crash', forS: 0 }] }), { ...echo(), name: 'Other' }]);
    const viewer = await room.view();
    for (const stream of [0, 1]) viewer.say({ type: 'watch', stream, views: ['processed'] });
    const states = (): string[] =>
      viewer.messages.flatMap((message) => (message.type === 'state' && message.stream === 0 ? [message.source.state] : []));
    await viewer.until(() => states().join().includes('faulted,opening,streaming'));
    const faulted = viewer.messages.find((message) => message.type === 'state' && message.source.state === 'faulted');
    expect(faulted).toMatchObject({ source: { error: { code: 'device/planted-fault' }, retryInMs: 250 } });
    const others = viewer.messages.filter(
      (message) => message.type === 'state' && message.stream === 1 && message.source.state === 'faulted',
    );
    expect(others).toEqual([]);
    const sequences = viewer.frames.filter(({ header }) => header.stream === 0).map(({ header }) => header.sequence);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
  });

  it('a worker that dies, and one that hangs, is replaced', { timeout: 40_000 }, async () => {
    for (const [kind, code, silentWorkerMs] of [
      ['exit', 'device/crashed', 30_000],
      ['hang', 'device/silent', 2000],
    ] as const) {
      room = await openRoom([echo({ faults: [{ afterS: 0.3, kind, forS: 30 }] })], { silentWorkerMs });
      const viewer = await room.view();
      viewer.say({ type: 'watch', stream: 0, views: ['processed'] });
      const failed = (): number => viewer.messages.findIndex((message) => message.type === 'state' && message.source.state === 'faulted');
      await viewer.until(() => failed() >= 0);
      expect(viewer.messages[failed()]).toMatchObject({ source: { error: { code } } });
      const before = viewer.frames.length;
      await viewer.until(() => viewer.frames.length > before + 3);
      await viewer.until(() => (viewer.last('stats')?.lost['worker/restarts'] ?? 0) >= 1);
      await room.close();
      room = undefined;
    }
  });

  it('is tried again at once when an operator starts it', async () => {
    room = await openRoom([{ name: 'Missing', driver: 'replay', options: { file: '/no/such/file.dcm' } }]);
    const viewer = await room.view();
    const sources = () => viewer.messages.flatMap((message) => (message.type === 'state' ? [message.source] : []));
    await viewer.until(() => (sources().at(-1)?.retryInMs ?? 0) >= 2000);
    const waiting = sources().at(-1);
    viewer.say({ type: 'set-source', request: 1, stream: 0, running: true });
    await viewer.until(() => sources().at(-1) !== waiting);
    const opening = sources().find(({ state, sinceUs }) => state === 'opening' && sinceUs > (waiting?.sinceUs ?? 0));
    expect((opening?.sinceUs ?? 0) - (waiting?.sinceUs ?? 0)).toBeLessThan((waiting?.retryInMs ?? 0) * 1000);
  });

  it('stopped and started by a viewer; the last picture is there for who comes late', async () => {
    const viewer = await watched();
    await viewer.until(() => viewer.frames.length >= 3);
    viewer.say({ type: 'set-source', request: 1, stream: 0, running: false });
    await viewer.until(() => viewer.last('state')?.source.state === 'stopped');
    const late = (await room?.view()) as TestViewer;
    late.say({ type: 'watch', stream: 0, views: ['processed'] });
    await late.until(() => late.frames.length === 1);
    viewer.say({ type: 'set-source', request: 2, stream: 0, running: true });
    await late.until(() => late.frames.length > 3);
  });

  it('held: says why, and settings still reach the held picture', async () => {
    const viewer = await watched(['processed'], [echo({ frames: 5 })]);
    await viewer.until(() => viewer.last('state')?.source.state === 'held' || viewer.last('hello')?.streams[0]?.status.state === 'held');
    await viewer.until(() => viewer.frames.length >= 1);
    viewer.say({ type: 'set-stage', request: 1, stream: 0, stage: 'colour-map', enabled: true });
    await viewer.until(() => viewer.frames.at(-1)?.header.pixelFormat === 'RGB24');
  });

  it('held: who asks for the unprocessed picture too gets that, and the processed one is not made again', async () => {
    const viewer = await watched(['processed'], [echo({ frames: 5 }, [{ stage: 'persistence' }])]);
    await viewer.until(() => viewer.frames.length >= 1 && viewer.last('state')?.source.state === 'held');
    const before = viewer.frames.at(-1)?.payload as Uint8Array;
    const seen = viewer.frames.length;
    viewer.say({ type: 'watch', stream: 0, views: ['processed', 'raw'] });
    await viewer.until(() => viewer.frames.some(({ header }) => header.view === 'raw') && viewer.frames.length === seen + 2);
    const again = viewer.frames.find(({ header }, index) => index >= seen && header.view === 'processed');
    expect(again?.payload).toEqual(before);
    viewer.say({ type: 'ping', sentUs: 1 });
    await viewer.until(() => viewer.last('pong') !== undefined);
    expect(viewer.frames.length).toBe(seen + 2);
  });
});

describe('rubbish', () => {
  const rubbish: readonly (readonly [string, string | Buffer, string])[] = [
    ['no JSON', 'hello', 'protocol/not-json'],
    ['an unknown type', '{"type":"fly"}', 'protocol/bad-message'],
    ['a prototype', '{"type":"constructor"}', 'protocol/bad-message'],
    ['a missing field', '{"type":"watch","stream":0}', 'protocol/bad-message'],
    ['an unknown field', '{"type":"unwatch","stream":0,"x":1}', 'protocol/bad-message'],
    ['binary', Buffer.from([1, 2, 3]), 'protocol/binary-refused'],
  ];
  it('is closed with a reason, and nobody else notices', async () => {
    const viewer = await watched();
    for (const [what, data, code] of rubbish) {
      const rude = (await room?.view()) as TestViewer;
      rude.socket.send(data);
      await rude.until(() => rude.closed !== undefined);
      expect(rude.closed, what).toEqual({ code: 1008, reason: code });
      expect(rude.last('error')?.error.remedy).toBeTruthy();
    }
    const huge = (await room?.view()) as TestViewer;
    huge.socket.send('x'.repeat(300_000));
    await huge.until(() => huge.closed !== undefined);
    expect(huge.closed?.code).toBe(1009);
    const before = viewer.frames.length;
    await viewer.until(() => viewer.frames.length > before + 5);
  });

  it('an unknown stream is refused without a close', async () => {
    const viewer = await watched();
    viewer.say({ type: 'watch', stream: 9, views: ['raw'] });
    await viewer.until(() => viewer.last('error') !== undefined);
    expect(viewer.last('error')?.error.code).toBe('protocol/unknown-stream');
    viewer.say({ type: 'set-source', request: 12, stream: 9, running: true });
    await viewer.until(() => viewer.last('error')?.request === 12);
    await viewer.until(() => viewer.frames.length >= 3);
  });
});

describe('the door', () => {
  const status = (address: string, path: string, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const asked = request(new URL(path, address), { headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      asked.on('error', reject).end();
    });

  it('refuses foreign origins and foreign names', async () => {
    room = await openRoom([echo()]);
    expect(await status(room.address, '/healthz', {})).toBe(200);
    expect(await status(room.address, '/healthz', { host: 'evil.example' })).toBe(403);
    expect(await status(room.address, '/', { origin: 'http://evil.example' })).toBe(403);
    expect(await status(room.address, '/..%2f..%2fetc/passwd', {})).toBe(404);
    const answer = await new Promise<number | undefined>((resolve) => {
      const socket = new WebSocket(`${room?.address.replace('http', 'ws')}ws`, { origin: 'http://evil.example' });
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('error', () => undefined);
    });
    expect(answer).toBe(403);
  });

  it('shows health and metrics with every loss by name', async () => {
    const viewer = await watched();
    await viewer.until(() => (viewer.last('stats')?.captured ?? 0) > 0 && viewer.frames.length > 3);
    const health = (await (await fetch(`${room?.address}healthz`)).json()) as { status: string; streams: object[] };
    expect(health).toMatchObject({ status: 'ok', viewers: 1, streams: [{ name: 'Echo', state: 'streaming' }] });
    const metrics = await (await fetch(`${room?.address}metrics`)).text();
    expect(metrics).toMatch(/lumencast_frames_captured_total\{stream="Echo"\} [1-9]/);
    expect(metrics).toMatch(/lumencast_viewer_frames_sent\{stream="Echo",view="processed"\} [1-9]/);
    expect(metrics).toMatch(/lumencast_source_state\{stream="Echo",state="streaming"\} 1/);
    expect(metrics).toMatch(/lumencast_announced_frames_per_second\{stream="Echo"\} \d/);
  });
});
