import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Delivery } from '../../src/broadcast/delivery.ts';
import { Viewer } from '../../src/broadcast/viewer.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { mutantOf, seeded } from '../support/mutant.ts';
import { openRoom, TestViewer } from './test-room.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** More with LUMENCAST_MUTATIONS=100000. */
const mutations = Number(process.env.LUMENCAST_MUTATIONS ?? 2000);

describe('whatever a line or a viewer does, the others go on', () => {
  let room: Awaited<ReturnType<typeof openRoom>>;
  /** The one who must not notice anything. */
  let good: TestViewer;
  let capturedBefore = 0;
  let seenBefore = 0;

  beforeEach(async () => {
    const limits = { messagesPerSecond: 100_000, connectionsPerAddress: 500, requestsPerMinute: 100_000 };
    room = await openRoom([{ name: 'Echo', options: { width: 160, height: 120, fps: 50 } }], limits);
    good = await room.view();
    good.say({ type: 'watch', stream: 0, views: ['processed'] });
    await good.until(() => good.frames.length > 2);
    begin();
  });
  afterEach(async () => {
    vi.useRealTimers();
    await room.close();
  });

  const begin = (): void => {
    capturedBefore = room.streams[0]?.counts.captured ?? 0;
    seenBefore = good.frames.length;
  };
  /** It has seen nearly everything that was captured, and it goes on; all others are gone. */
  const unharmed = async (): Promise<void> => {
    const captured = (room.streams[0]?.counts.captured ?? 0) - capturedBefore;
    expect(good.frames.length - seenBefore).toBeGreaterThan(captured * 0.4);
    const seen = good.frames.length;
    await good.until(() => good.frames.length > seen + 5);
    expect(good.closed).toBeUndefined();
    await expect.poll(viewersNow, { timeout: 15_000 }).toBe(1);
  };
  const viewersNow = async (): Promise<number> => ((await (await fetch(`${room.address}healthz`)).json()) as { viewers: number }).viewers;
  /** What `/metrics` says once everything that nobody holds has been collected. */
  const memoryNow = async (): Promise<{ heapBytes: number; residentBytes: number }> => {
    collect();
    const metrics = await (await fetch(`${room.address}metrics`)).text();
    const bytes = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
    return { heapBytes: bytes('nodejs_heap_size_used_bytes'), residentBytes: bytes('process_resident_memory_bytes') };
  };
  const port = (): number => Number(new URL(room.address).port);
  const watchThrough = async (proxy: FaultProxy, acknowledge = true): Promise<TestViewer> => {
    const viewer = new TestViewer(`http://127.0.0.1:${proxy.port}/`, acknowledge);
    await viewer.until(() => viewer.messages.length > 0);
    viewer.say({ type: 'watch', stream: 0, views: ['processed'] });
    await viewer.until(() => viewer.frames.length > 0);
    return viewer;
  };

  it('a viewer that disappears without a word is found and forgotten', { timeout: 40_000 }, async () => {
    await using proxy = await FaultProxy.open(port());
    const viewer = await watchThrough(proxy);
    proxy.set({ silent: true });
    await expect.poll(viewersNow, { timeout: 20_000 }).toBe(1);
    expect(viewer.closed).toBeUndefined();
    await unharmed();
  });

  it('a viewer that does not read for a while gets the newest picture afterwards, not the old ones', async () => {
    await using proxy = await FaultProxy.open(port());
    const viewer = await watchThrough(proxy);
    viewer.socket.pause();
    const pausedAt = viewer.frames.length;
    await wait(1500);
    viewer.socket.resume();
    await viewer.until(() => viewer.frames.length > pausedAt + 6);
    const [first, later] = [viewer.frames[pausedAt], viewer.frames[pausedAt + 5]];
    // What was under way comes first; then it has jumped over most of what was captured meanwhile.
    expect((later?.header.sequence ?? 0) - (first?.header.sequence ?? 0)).toBeGreaterThan(30);
    viewer.socket.terminate();
    await unharmed();
  });

  it('a viewer that does not read and asks anew, thousands of times, gets no more than its line takes', { timeout: 60_000 }, async () => {
    const viewer = await room.view(false);
    viewer.socket.pause();
    for (let at = 0; at < 4000; at++) viewer.say({ type: 'watch', stream: 0, views: ['processed'] });
    viewer.say({ type: 'ping', sentUs: 1 });
    await good.until(() => (good.last('stats')?.captured ?? 0) > capturedBefore + 100);
    viewer.socket.resume();
    await viewer.until(() => viewer.last('pong') !== undefined);
    // What a kernel takes unread, some megabytes, and not 4000 pictures.
    expect(viewer.frames.length).toBeLessThan(1000);
    viewer.socket.terminate();
    // So many questions and answers keep this process busy, in which the good one lives too: judged is what it gets afterwards.
    const more = async (frames: number): Promise<void> => {
      const seen = good.frames.length;
      await good.until(() => good.frames.length > seen + frames);
    };
    await more(20);
    begin();
    await more(50);
    await unharmed();
  });

  it('a viewer that reconnects a hundred times leaves nothing behind', { timeout: 120_000 }, async () => {
    await using proxy = await FaultProxy.open(port());
    const reconnect = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time++) {
        const viewer = await watchThrough(proxy, time % 2 === 0);
        proxy.cut();
        await viewer.until(() => viewer.closed !== undefined);
      }
      await expect.poll(viewersNow, { timeout: 15_000 }).toBe(1);
    };
    // What is loaded and compiled once.
    await reconnect(20);
    const before = await memoryNow();
    begin();
    await reconnect(100);
    await unharmed();
    await expect.poll(() => [queryObjects(Viewer), queryObjects(Delivery)], { timeout: 15_000, interval: 1000 }).toEqual([1, 1]);
    const after = await memoryNow();
    // The pictures of the one who goes on are kept here too.
    expect(after.heapBytes - before.heapBytes).toBeLessThan(4 * 2 ** 20);
    expect(after.residentBytes - before.residentBytes).toBeLessThan(100 * 2 ** 20);
    expect(room.streams[0]?.viewers).toBe(1);
    // A slot that is never given back is missing for ever; a busy machine may miss one for a moment. Counts come once a second.
    const missedInAWhile = async (): Promise<number> => {
      const [missed, told, seen] = [slotsMissed(), good.messages.length, good.frames.length];
      await good.until(() => good.frames.length > seen + 50 && good.messages.slice(told).filter(({ type }) => type === 'stats').length > 2);
      return slotsMissed() - missed;
    };
    const slotsMissed = (): number => room.streams[0]?.counts.lost['pool/no-free-slot'] ?? 0;
    await expect.poll(missedInAWhile, { timeout: 40_000 }).toBe(0);
  });

  it('a line that turns bits over is closed or healed, never taken for true', async () => {
    await using proxy = await FaultProxy.open(port());
    // What comes here is damaged as well: nobody reads it.
    const viewer = new WebSocket(`ws://127.0.0.1:${proxy.port}/ws`, 'lumencast.v1');
    viewer.on('error', () => undefined);
    await once(viewer, 'open');
    viewer.send(JSON.stringify({ type: 'watch', stream: 0, views: ['processed'] }));
    proxy.set({ corruptEveryBytes: 5000 });
    for (let sent = 0; sent < 200 && viewer.readyState === WebSocket.OPEN; sent++) {
      viewer.send(JSON.stringify({ type: 'ping', sentUs: sent }));
      await wait(2);
    }
    viewer.terminate();
    await unharmed();
  });

  it(`${mutations} mutated messages: refused or obeyed, never a harm`, { timeout: 1_800_000 }, async () => {
    const random = seeded(20261121);
    const valid = [
      { type: 'watch', stream: 0, views: ['processed', 'raw'], delivery: 'every', tier: 'auto', codecs: ['jpeg', 'jpeg-ls'] },
      { type: 'unwatch', stream: 0 },
      { type: 'ack', stream: 0, view: 'processed', sequence: 7, receivedUs: 1e15, drawnUs: 1e15 },
      { type: 'ping', sentUs: 12_345.678 },
      { type: 'set-stage', request: 4, stream: 0, stage: 'tone', enabled: true, options: { gamma: 1.5, name: 'x' } },
      { type: 'set-preset', request: 5, stream: 0, preset: 'ultrasound/soft' },
      { type: 'invite', request: 6, label: 'x', role: 'observer', minutes: 5 },
    ].map((message) => Buffer.from(JSON.stringify(message)));
    let socket: WebSocket | undefined;
    let refused = 0;
    for (let sent = 0; sent < mutations; sent++) {
      if (socket?.readyState !== WebSocket.OPEN) {
        socket?.terminate();
        socket = new WebSocket(`${room.address.replace('http', 'ws')}ws`, 'lumencast.v1');
        socket.on('error', () => undefined).on('close', () => refused++);
        await once(socket, 'open');
      }
      const [one, other] = [valid[random(valid.length)] as Buffer, valid[random(valid.length)] as Buffer];
      const mutant = mutantOf(one, other, random);
      // Nothing at all fills no buffer.
      const oversized = random(500) === 0 && mutant.length > 0;
      socket.send(oversized ? Buffer.alloc(300_000, mutant) : mutant, { binary: random(20) === 0 });
      if (sent % 3 === 0) await wait(0);
    }
    socket?.terminate();
    expect(refused).toBeGreaterThan(10);
    await unharmed();
  });

  it('bytes that are no WebSocket frames, cut and out of order', { timeout: 60_000 }, async () => {
    const random = seeded(7);
    const masked = Buffer.from([0x81, 0x85, 1, 2, 3, 4, 0x7b ^ 1, 0x22 ^ 2, 0x74 ^ 3, 0x22 ^ 4, 0x7d ^ 1]);
    const fragments = Buffer.concat([Buffer.from([0x01]), masked.subarray(1), Buffer.from([0x80]), masked.subarray(1)]);
    for (let time = 0; time < 200; time++) {
      const socket = await upgraded(port());
      socket.end(mutantOf(time % 2 === 0 ? masked : fragments, fragments, random));
      const closed = once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
      if (time % 3 === 0) socket.destroy();
      else setTimeout(() => socket.destroy(), 100);
      await closed;
    }
    await unharmed();
  });

  it('the wall clock jumps by an hour: the age of a picture does not', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    for (const jumpMs of [3600_000, -7200_000]) {
      vi.setSystemTime(Date.now() + jumpMs);
      const asked = good.messages.length;
      good.say({ type: 'ping', sentUs: 0 });
      await good.until(() => good.messages.slice(asked).some(({ type }) => type === 'pong'));
      const clockUs = good.last('pong')?.clockUs ?? 0;
      const seen = good.frames.length;
      await good.until(() => good.frames.length > seen);
      expect(Math.abs(clockUs - (good.frames.at(-1)?.header.capturedAtUs ?? 0))).toBeLessThan(10e6);
    }
    vi.useRealTimers();
    await unharmed();
  });
});

/** A connection that has become a WebSocket, without a library that would keep it from saying nonsense. */
async function upgraded(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: lumencast.v1\r\n\r\n',
  );
  await once(socket, 'data', { signal: AbortSignal.timeout(10_000) });
  return socket.resume();
}
