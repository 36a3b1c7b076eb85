import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, expect, it } from 'vitest';
import { addressGroup } from '../../src/access/connections.ts';
import { openRoom } from '../broadcast/test-room.ts';
import { flow } from '../support/flow.ts';
import { ask, enter, tokenOf } from './asking.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-flood-'));
const echo = { name: 'Echo', options: { kind: 'ultrasound', width: 160, height: 120, fps: 20 } };
const crowd = 1000;
let room: Awaited<ReturnType<typeof openRoom>> | undefined;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await room?.close();
  room = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ['TLS', { host: '0.0.0.0' }, ''],
  ['HTTP', { access: 'invited' }, 'GET /ws HTTP/1.1\r\nHost: '],
])('a thousand connections that never finish their %s handshake: bounded, and the others unaffected', async (_name, door, begin) => {
  room = await openRoom([echo], { connectionsPerAddress: 32 }, { ...door, dataFolder: join(folder, 'data') });
  const key = await enter(room.address, tokenOf(room.invitation));
  const viewer = await room.view(true, { headers: key, rejectUnauthorized: false });
  viewer.say({ type: 'watch', stream: 0, views: ['processed'] });
  await viewer.until(() => viewer.frames.length > 5);
  const begun = { frames: viewer.frames.length, heap: process.memoryUsage().rss };

  const { hostname, port } = new URL(room.address);
  let open = 0;
  await Promise.all(
    Array.from(
      { length: crowd },
      () =>
        new Promise<void>((resolve) => {
          const socket = connect(Number(port), hostname, () => {
            open++;
            socket.write(begin);
            resolve();
          });
          socket.resume();
          socket.on('error', () => resolve());
          socket.on('close', () => {
            open--;
          });
          sockets.push(socket);
        }),
    ),
  );
  await expect.poll(() => open, { timeout: 30_000 }).toBeLessThanOrEqual(32);

  const metrics = await ask(room.address, 'metrics', key);
  expect(Number(/^lumencast_strangers_dropped_total (\d+)$/m.exec(metrics.text)?.[1])).toBeGreaterThan(crowd / 2);
  expect(Number(/^lumencast_strangers (\d+)$/m.exec(metrics.text)?.[1])).toBeLessThanOrEqual(32);
  // Somebody who comes in earnest gets in, right in the middle of it.
  expect((await ask(room.address, 'session', key)).status).toBe(200);
  const { frames } = viewer;
  await viewer.until(() => frames.length > begun.frames + 10);
  expect(flow(frames.slice(begun.frames)).share).toBeGreaterThan(0.3);
  expect((process.memoryUsage().rss - begun.heap) / 2 ** 20).toBeLessThan(64);
  // Who says nothing is not waited for.
  await expect.poll(() => open, { timeout: 30_000 }).toBe(0);
  expect(viewer.closed).toBeUndefined();
});

it.each([
  ['TLS', { host: '0.0.0.0' }],
  ['HTTP', { access: 'invited' }],
])('over %s, somebody who is refused the WebSocket and does not hang up is cut off', async (kind, door) => {
  room = await openRoom([echo], {}, { ...door, dataFolder: join(folder, kind) });
  const { hostname: host, port, host: name } = new URL(room.address);
  const settings = { host, port: Number(port), allowHalfOpen: true, rejectUnauthorized: false };
  const socket = kind === 'TLS' ? connectTls(settings) : connect(settings);
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.write(`GET /ws HTTP/1.1\r\nhost: ${name}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 401 .*access\/no-session/s);
  // It is cut off, though it would go on talking for as long as it likes.
  const cut = new Promise((resolve) => socket.once('close', resolve));
  const talk = setInterval(() => socket.write('still here'), 100);
  await cut;
  clearInterval(talk);
});

it('takes a whole IPv6 network for one address, and an IPv4 address in its IPv6 form for itself', () => {
  expect(addressGroup('2001:db8:1:2:3:4:5:6')).toBe(addressGroup('2001:db8:1:2::9'));
  expect(addressGroup('2001:db8:1:2::9')).not.toBe(addressGroup('2001:db8:1:3::9'));
  expect(addressGroup('::ffff:192.0.2.7')).toBe('192.0.2.7');
  expect(addressGroup('::1')).toBe('0:0:0:0');
});
