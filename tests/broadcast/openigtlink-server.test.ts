import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OpenIgtlinkClient } from '../../src/broadcast/openigtlink-client.ts';
import { OpenIgtlinkFeed } from '../../src/broadcast/openigtlink-feed.ts';
import { deviceNames, openOpenIgtlinkServer } from '../../src/broadcast/openigtlink-server.ts';
import { parseRoom } from '../../src/config/room.ts';
import { anchorClock, monotonicNs, unixUs } from '../../src/device/clock.ts';
import { readImage } from '../../src/openigtlink/image.ts';
import { readPoses } from '../../src/openigtlink/pose-messages.ts';
import { readStatus } from '../../src/openigtlink/text-messages.ts';
import { Stream } from '../../src/stream/stream.ts';
import { Crc64 } from '../../wasm/crc64.ts';
import { mutantOf, seeded } from '../support/mutant.ts';
import { TestClient } from '../support/openigtlink/client.ts';
import { image, message, transform } from '../support/openigtlink/messages.ts';
import { buildPeer, haveLibrary } from '../support/openigtlink/peer.ts';
import { serverThat } from '../support/openigtlink/server-that.ts';

const small = { kind: 'ultrasound', width: 96, height: 80, fps: 50 };
const echo = (options = {}, name = 'Echo') => ({ name, options: { ...small, ...options } });

let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
  ends = [];
});

async function served(streams: readonly object[], settings: object = {}, limits: object = {}) {
  const room = parseRoom({ streams, openigtlink: { port: 0, ...settings }, limits }, 'test');
  const clock = anchorClock();
  const log = { info: () => undefined, warn: () => undefined };
  const running = room.streams.map((stream, id) => new Stream(id, stream, room.limits, clock, log));
  const server = await openOpenIgtlinkServer(room.openigtlink as NonNullable<typeof room.openigtlink>, running, clock, log);
  for (const stream of running) stream.start();
  ends.push(async () => {
    await server.close();
    await Promise.all(running.map((stream) => stream.close()));
  });
  const join = async (): Promise<TestClient> => {
    const client = await TestClient.open(server.port);
    ends.push(async () => void client.socket.destroy());
    return client;
  };
  return { server, streams: running, join };
}

/**
 * Frames for which no slot was free, in the time of a hundred images: a slot that is never given back is missing for ever, a busy machine
 * misses one for a moment. Counts come once a second.
 */
async function slotsMissed(stream: Stream | undefined, client: TestClient): Promise<number> {
  const missed = (): number => stream?.counts.lost['pool/no-free-slot'] ?? 0;
  const [before, seen] = [missed(), client.of('IMAGE').length];
  await client.until(() => client.of('IMAGE').length > seen + 100);
  return missed() - before;
}

describe('the OpenIGTLink server', () => {
  it('pushes the pictures of every stream with their scale, their time and a status', async () => {
    const { join } = await served([echo(), { name: 'X-ray', options: { kind: 'fluoroscopy', width: 64, height: 64, fps: 50, bits: 10 } }]);
    const client = await join();
    await client.until(() => client.of('IMAGE', 'Echo').length > 3 && client.of('IMAGE', 'X-ray').length > 3);
    const [echoImage, xray] = [client.of('IMAGE', 'Echo').at(-1), client.of('IMAGE', 'X-ray').at(-1)];
    const head = readImage(echoImage?.content ?? Buffer.alloc(0));
    expect(head).toMatchObject({ width: 96, height: 80, components: 1, scalar: 'uint8' });
    expect(head.spacingMm[0]).toBeGreaterThan(0.1);
    expect(head.spacingMm[0]).not.toBe(1);
    // The first pixel lies at the origin: the centre is half of (size - 1) from there.
    expect(echoImage?.content.readFloatBE(48)).toBeCloseTo((95 / 2) * head.spacingMm[0], 3);
    expect(readImage(xray?.content ?? Buffer.alloc(0))).toMatchObject({ width: 64, scalar: 'uint8' });
    const ageS = Date.now() / 1000 - Number(echoImage?.header.stampNs ?? 0n) / 1e9;
    expect(Math.abs(ageS)).toBeLessThan(30);
    expect(echoImage?.header.version).toBe(1);
    await client.until(() => client.of('STATUS', 'Echo').some(({ content }) => readStatus(content).code === 1));
    expect(
      client
        .of('STATUS', 'Echo')
        .map(({ content }) => readStatus(content).message)
        .at(-1),
    ).toMatch(/^streaming; simulated/);
    expect(client.damaged).toBe(0);
  });

  it('says that the pictures are not calibrated, and puts 1 mm where a number must be', async () => {
    await using sender = await serverThat((socket) => {
      const timer = setInterval(() => socket.write(message('IMAGE', image(new Uint8Array(12), { width: 4, height: 3 }))), 10);
      socket.on('close', () => clearInterval(timer));
    });
    const { join } = await served([{ name: 'Grabber', driver: 'openigtlink', options: { host: '127.0.0.1', port: sender.port } }], {
      headerVersion: 2,
    });
    const client = await join();
    await client.until(() => client.of('IMAGE').length > 1 && client.of('STATUS').some(({ content }) => readStatus(content).code === 1));
    const sent = client.of('IMAGE').at(-1);
    expect(readImage(sent?.content ?? Buffer.alloc(0)).spacingMm).toEqual([1, 1]);
    expect(sent?.header.version).toBe(2);
    expect(sent?.metadata.get('Calibration')).toBe('none');
    expect(readStatus(client.of('STATUS').at(-1)?.content ?? Buffer.alloc(0)).message).toMatch(/not calibrated/);
  });

  it('answers queries, stops and starts again', async () => {
    const { join } = await served([echo({ fps: 20 })]);
    const client = await join();
    await client.until(() => client.of('IMAGE').length > 0);
    client.socket.write(message('STP_IMAGE', new Uint8Array(0), { device: 'Echo' }));
    await client.until(() => client.of('RTS_IMAGE').length === 1);
    const before = client.of('IMAGE').length;
    client.socket.write(message('GET_STATUS', new Uint8Array(0), { device: 'Echo' }));
    const states = client.of('STATUS').length;
    await client.until(() => client.of('STATUS').length > states);
    expect(client.of('IMAGE').length).toBe(before);
    client.socket.write(message('GET_IMAGE', new Uint8Array(0), { device: 'Echo' }));
    await client.until(() => client.of('IMAGE').length === before + 1);
    client.socket.write(message('GET_IMAGE', new Uint8Array(0), { device: 'Nobody' }));
    await client.until(() => client.of('IMAGE', 'Nobody').length === 1);
    expect(client.of('IMAGE', 'Nobody')[0]?.content.length).toBe(0);
    client.socket.write(message('STT_IMAGE', new Uint8Array(0), { device: 'Nobody' }));
    client.socket.write(message('STT_IMAGE', new Uint8Array(0), { device: '' }));
    await client.until(() => client.of('IMAGE', 'Echo').length > before + 4);
    expect(client.of('RTS_IMAGE').map(({ content }) => content[0])).toEqual([0, 1, 0]);
    client.socket.write(message('GET_CAPABIL', new Uint8Array(0)));
    client.socket.write(message('GET_TRANS', new Uint8Array(0), { device: 'Probe' }));
    client.socket.write(message('GET_POLYDATA', new Uint8Array(0)));
    client.socket.write(message('GET_STATUS', new Uint8Array(0), { crc: 7n }));
    await client.until(() => client.of('STATUS', 'Test').length === 2 && client.of('TRANSFORM').length === 1);
    expect(client.of('CAPABILITY')[0]?.content.toString('latin1')).toMatch(/^IMAGE\0+TRANSFORM/);
    expect(client.of('STATUS', 'Test').map(({ content }) => readStatus(content).code)).toEqual([12, 9]);
  });

  it('ends clients that announce a gigabyte or speak as a browser does, and no other', async () => {
    const { join, server } = await served([echo()]);
    const [greedy, browser, other] = [await join(), await join(), await join()];
    await other.until(() => other.of('IMAGE').length > 0);
    const closed = Promise.all([greedy, browser].map(({ socket }) => new Promise((resolve) => socket.on('close', resolve))));
    greedy.socket.write(message('GET_IMAGE', new Uint8Array(0), { bodyBytes: 2 ** 30 }));
    browser.socket.write('GET / HTTP/1.1\r\nhost: 127.0.0.1:18944\r\naccept: text/html,application/xhtml+xml\r\n\r\n');
    await closed;
    const before = other.of('IMAGE').length;
    await other.until(() => other.of('IMAGE').length > before + 3);
    expect(server.clients.size).toBe(1);
  });

  it('survives any queries', async () => {
    const { join, server } = await served([echo({ fps: 10 })]);
    const steady = await join();
    const types = ['GET_IMAGE', 'STT_TDATA', 'STP_IMAGE', 'GET_STATUS', 'GET_CAPABIL', 'GET_TRANS'];
    const whole = Buffer.concat(types.map((type, index) => message(type, Buffer.alloc(36), { version: 1 + (index % 2), device: 'Echo' })));
    const random = seeded(3);
    for (let round = 0; round < 150; round++) {
      const rude = connect({ port: server.port, host: '127.0.0.1' }).resume();
      // A reset is an answer too.
      rude.on('error', () => undefined);
      const closed = new Promise((resolve) => rude.on('close', resolve));
      rude.end(mutantOf(whole, whole, random));
      await closed;
    }
    const before = steady.of('IMAGE').length;
    await steady.until(() => steady.of('IMAGE').length > before + 2 && server.clients.size === 1);
  });

  it('lends nothing any more to a client that was put out in the middle of what it asked', { timeout: 120_000 }, async () => {
    const { join, server, streams } = await served([echo()], {}, { slots: 8 });
    const steady = await join();
    await steady.until(() => steady.of('IMAGE').length > 0);
    // Answers to so many queries are more than a client may leave unread.
    const asked = Array.from({ length: 1100 }, () => message('GET_CAPABIL', new Uint8Array(0)));
    const attack = Buffer.concat([...asked, message('GET_IMAGE', new Uint8Array(0), { device: 'Echo' })]);
    for (let round = 0; round < 12; round++) {
      const greedy = connect({ port: server.port, host: '127.0.0.1' });
      greedy.on('error', () => undefined);
      await once(greedy, 'data');
      greedy.pause().write(attack);
      await expect.poll(() => server.clients.size).toBe(1);
      greedy.destroy();
    }
    await expect.poll(() => slotsMissed(streams[0], steady), { timeout: 40_000 }).toBe(0);
  });

  it('takes no more clients than it is told', async () => {
    const { join, server } = await served([echo()], { clients: 1 });
    const first = await join();
    const second = await join();
    if (!second.socket.closed) await once(second.socket, 'close');
    const before = first.of('IMAGE').length;
    await first.until(() => first.of('IMAGE').length > before + 3);
    expect(server.clients.size).toBe(1);
  });

  it('refuses an address beyond loopback, unless the room says that all may watch', async () => {
    await expect(served([echo()], { host: '0.0.0.0' })).rejects.toMatchObject({ code: 'openigtlink/address-refused' });
    const { server } = await served([echo()], { host: '0.0.0.0', openOnNetwork: true });
    expect(server.port).toBeGreaterThan(0);
  });

  it('gives every stream a name of its own', () => {
    expect(deviceNames(['Echo', 'Écho', 'Kardiologischer Ultraschall 1', 'Kardiologischer Ultraschall 2', '心臓'])).toEqual([
      'Echo',
      'Echo 1',
      'Kardiologischer Ultr',
      'Kardiologischer Ul 3',
      '??',
    ]);
  });
});

describe('a client that does not read', () => {
  it('holds up nobody, is thinned, and gets the newest picture when it reads again', { timeout: 120_000 }, async () => {
    const { join, streams } = await served([echo({ width: 320, height: 240, fps: 75 })], {}, { slots: 64 });
    const [slow, quick, other] = [await join(), await join(), await join()];
    await slow.until(() => slow.of('IMAGE').length > 2);
    slow.socket.pause();
    const readBefore = slow.of('IMAGE').length;
    const from = quick.of('IMAGE').length;
    await Promise.all([quick, other].map((one) => one.until(() => one.of('IMAGE').length > from + 150)));
    const [slowCounts, ...quickCounts] = [...(streams[0]?.outlets ?? [])];
    expect(quickCounts).toHaveLength(2);
    // What the kernels hold for the slow one: a few pictures, and not the hundreds that went by.
    const backlog = (slowCounts?.sent ?? 0) - readBefore;
    expect(backlog).toBeLessThan(60);
    expect(slowCounts?.skipped).toBeGreaterThan(80);
    for (const { sent, skipped } of quickCounts) expect(skipped).toBeLessThan(sent);
    await expect.poll(() => slotsMissed(streams[0], quick), { timeout: 40_000 }).toBe(0);
    const stampsBefore = quick.of('IMAGE').at(-1)?.header.stampNs ?? 0n;
    slow.socket.resume();
    await slow.until(() => (slow.of('IMAGE').at(-1)?.header.stampNs ?? 0n) > stampsBefore);
  });
});

describe('a client for whose picture no place is free', () => {
  it('has it counted as skipped', async () => {
    const room = parseRoom({ streams: [echo({ width: 1024, height: 768 })] }, 'test');
    const clock = anchorClock();
    const log = { info: () => undefined, warn: () => undefined };
    const streams = room.streams.map((settings, id) => new Stream(id, settings, room.limits, clock, log));
    const roomOf = await Crc64.load();
    const feeds = streams.map((stream) => new OpenIgtlinkFeed(stream, 'Echo', 1, 1, roomOf));
    const host = {
      feeds,
      version: 1,
      roomOf,
      unacknowledged: () => 0,
      toolName: () => '',
      nowUs: () => unixUs(clock, monotonicNs()),
    } as const;
    const clients: OpenIgtlinkClient[] = [];
    const server = await serverThat((socket) => clients.push(new OpenIgtlinkClient(socket, host)));
    ends.push(async () => {
      for (const client of clients) client.close();
      for (const feed of feeds) feed.close();
      await server[Symbol.asyncDispose]();
      await Promise.all(streams.map((stream) => stream.close()));
    });
    for (const stream of streams) stream.start();
    // The one place is held by whoever does not read.
    const slow = connect({ port: server.port, host: '127.0.0.1' });
    await once(slow, 'connect');
    slow.pause();
    const outlets = () => [...(streams[0]?.outlets ?? [])];
    await expect.poll(() => outlets()[0]?.skipped, { timeout: 10_000 }).toBeGreaterThan(0);
    const other = await TestClient.open(server.port);
    ends.push(async () => void [slow, other.socket].map((socket) => socket.destroy()));
    await expect.poll(() => outlets()[1]?.skipped, { timeout: 10_000 }).toBeGreaterThan(3);
    expect(outlets()[1]?.sent).toBe(0);
  });
});

describe('poses', () => {
  it('go out as TRANSFORM with every picture, or as TDATA when asked, lost tools left out', async () => {
    await using sender = await serverThat((socket) => {
      let index = 0;
      const timer = setInterval(() => {
        index++;
        const stampedS = Date.now() / 1000;
        if (index < 10) socket.write(message('TRANSFORM', transform(-1), { device: 'Gone', stampedS }));
        // A byte of the picture holds no more.
        const place = index & 0xff;
        socket.write(message('TRANSFORM', transform(place), { device: 'ProbeToTracker', stampedS }));
        socket.write(message('IMAGE', image(new Uint8Array(12).fill(place), { width: 4, height: 3 }), { device: 'Probe', stampedS }));
      }, 20);
      socket.on('close', () => clearInterval(timer));
    });
    const { join } = await served([
      { name: 'Probe', driver: 'openigtlink', options: { host: '127.0.0.1', port: sender.port, poseAgeMs: 60 } },
    ]);
    const client = await join();
    await client.until(() => client.of('TRANSFORM', 'ProbeToTracker').length > 20);
    for (const [index, { header }] of client.messages.entries()) {
      if (header.type !== 'TRANSFORM' || header.device !== 'ProbeToTracker') continue;
      const next = client.messages.slice(index).find(({ header: after }) => after.type === 'IMAGE');
      const [pose] = readPoses('TRANSFORM', client.messages[index]?.content ?? Buffer.alloc(0), 'x') ?? [];
      if (next === undefined) break;
      expect(header.stampNs).toBe(next.header.stampNs);
      expect(pose?.matrix?.[3]).toBe(next.content[72]);
    }
    expect(client.of('TRANSFORM', 'Gone').length).toBeLessThan(16);
    client.socket.write(message('STT_TDATA', Buffer.alloc(36)));
    await client.until(() => client.of('TDATA').length > 3);
    expect(client.of('RTS_TDATA')[0]?.content[0]).toBe(0);
    const tools = readPoses('TDATA', client.of('TDATA').at(-1)?.content ?? Buffer.alloc(0), '') ?? [];
    expect(tools.map(({ tool }) => tool)).toEqual(['ProbeToTracker']);
    expect(tools[0]?.matrix?.slice(7, 8)).toEqual([2]);
    client.socket.write(message('GET_TRANS', new Uint8Array(0), { device: 'ProbeToTracker' }));
    const told = client.of('TRANSFORM').length;
    await client.until(() => client.of('TRANSFORM').length === told + 1);
  });
});

describe.skipIf(!haveLibrary)("the protocol's C++ library as a client (skipped without libopenigtlink-dev and g++)", () => {
  let peer: ReturnType<typeof buildPeer>;
  beforeAll(() => {
    peer = buildPeer();
  }, 180_000);
  afterAll(() => peer[Symbol.dispose]());

  it('takes images, poses, states and what the server can, all checksums right', async () => {
    const pixels = Uint8Array.from({ length: 64 * 48 }, (_, at) => (at * 13) & 0xff);
    await using sender = await serverThat((socket) => {
      let index = 0;
      const timer = setInterval(() => {
        const stampedS = Date.now() / 1000;
        socket.write(message('TRANSFORM', transform(index++), { device: 'ProbeToTracker', stampedS }));
        socket.write(message('IMAGE', image(pixels, { width: 64, height: 48, spacingMm: [0.2, 0.3] }), { stampedS }));
      }, 20);
      socket.on('close', () => clearInterval(timer));
    });
    const options = { host: '127.0.0.1', port: sender.port, calibrated: true };
    const { server } = await served([{ name: 'Tracked', driver: 'openigtlink', options }]);
    const watching = spawn(peer.program, ['watch', `${server.port}`, '20']);
    ends.push(async () => void watching.kill());
    const lines: string[] = [];
    createInterface(watching.stdout).on('line', (line) => lines.push(line));
    const [status] = (await once(watching, 'close')) as [number];
    expect(status).toBe(0);
    const of = (type: string): string[] => lines.filter((line) => line.startsWith(`${type} `));
    expect(of('BAD')).toEqual([]);
    expect(of('CAPABILITY')[0]).toMatch(/ IMAGE TRANSFORM .*GET_IMAGE/);
    expect(of('STATUS').at(-1)).toBe('STATUS Tracked 1 streaming');
    const sum = pixels.reduce((before, value) => (Math.imul(before, 31) + value) >>> 0, 0);
    for (const line of of('IMAGE')) {
      expect(line).toMatch(
        new RegExp(`^IMAGE Tracked 64 48 1 type 3 components 1 spacing 0\\.2000 0\\.3000 origin 6\\.300 7\\.050 sum ${sum} at `),
      );
    }
    expect(of('TRANSFORM')[0]).toMatch(/^TRANSFORM ProbeToTracker place \d+\.000 2\.000 3\.000 first 1\.000 0\.000 0\.000 at /);
    expect(of('TDATA').at(-1)).toMatch(/^TDATA ProbeToTracker place \d+\.000 2\.000 3\.000$/);
    // A pose has the time of its picture.
    const timeOf = (line: string): string | undefined => line.split(' at ')[1];
    const times = of('IMAGE').map(timeOf);
    for (const line of of('TRANSFORM').slice(0, 5)) expect(times).toContain(timeOf(line));
  }, 60_000);
});
