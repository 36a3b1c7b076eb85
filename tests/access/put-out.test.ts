import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRoom, type TestViewer } from '../broadcast/test-room.ts';
import { image, message } from '../support/openigtlink/messages.ts';
import { serverThat } from '../support/openigtlink/server-that.ts';
import { keepLittle } from '../support/receive-buffer.ts';
import { enter, tokenOf } from './asking.ts';

describe('whoever is put out', () => {
  let folder: string;
  let room: Awaited<ReturnType<typeof openRoom>>;
  let operator: TestViewer;
  let guest: { authorization: string };
  let device: Awaited<ReturnType<typeof serverThat>>;
  let line: Promise<Socket>;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lumencast-put-out-'));
    const connected = Promise.withResolvers<Socket>();
    line = connected.promise;
    device = await serverThat(connected.resolve);
    const streams = [
      { name: 'Echo', options: { kind: 'ultrasound', width: 1024, height: 768, fps: 20 } },
      { name: 'Late', driver: 'openigtlink', options: { host: '127.0.0.1', port: device.port } },
    ];
    room = await openRoom(streams, {}, { access: 'invited', dataFolder: folder });
    operator = await room.view(true, { headers: await enter(room.address, tokenOf(room.invitation)) });
    operator.say({ type: 'invite', request: 1, label: 'Ward 3', role: 'observer', minutes: 5, once: false });
    await operator.until(() => operator.last('invited') !== undefined);
    guest = await enter(room.address, tokenOf(operator.last('invited')?.link));
  });
  afterEach(async () => {
    await room.close();
    await device[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const revoke = async (): Promise<void> => {
    operator.say({ type: 'revoke', request: 2, invitation: operator.last('invited')?.invitation ?? '' });
    await operator.until(() => operator.last('done')?.request === 2);
  };

  it.skipIf(process.platform !== 'linux')('and does not read is given nothing more of what the kernel holds', async () => {
    const viewer = await room.view(true, { headers: guest });
    keepLittle((viewer.socket as unknown as { readonly _socket: Socket })._socket);
    viewer.say({ type: 'watch', stream: 0, views: ['processed'] });
    // The kernel trusts a line with more once it has carried something.
    await viewer.until(() => viewer.frames.length > 10);
    viewer.socket.pause();
    const { hostname, port, host } = new URL(room.address);
    const dumb = connect(Number(port), hostname);
    dumb.write(`GET /streams/0/live.mjpeg HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${guest.authorization}\r\n\r\n`);
    await once(dumb, 'readable');
    const before = room.streams[0]?.counts.captured ?? 0;
    await expect.poll(() => room.streams[0]?.counts.captured ?? 0, { timeout: 10_000 }).toBeGreaterThan(before + 10);
    const { length } = viewer.frames;

    const isHere = (): boolean => operator.last('viewers')?.viewers.some(({ name }) => name === 'Ward 3') === true;
    await operator.until(isHere);
    const cut = once(dumb, 'error');
    await revoke();
    await operator.until(() => !isHere());
    dumb.resume();
    viewer.socket.resume();
    expect(await cut).toMatchObject([{ code: 'ECONNRESET' }]);
    await viewer.until(() => viewer.closed !== undefined);
    expect(viewer.closed?.code).toBe(1006);
    expect(viewer.frames).toHaveLength(length);
  });

  it('by the number of a dumb monitor is out with all that came by the same session', async () => {
    const viewer = await room.view(true, { headers: guest });
    const { hostname, port, host } = new URL(room.address);
    const dumb = connect(Number(port), hostname);
    dumb.write(`GET /streams/0/live.mjpeg HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${guest.authorization}\r\n\r\n`);
    dumb.resume();
    const entry = () => operator.last('viewers')?.viewers.find(({ by }) => by === 'mjpeg');
    await operator.until(() => entry() !== undefined);
    const { invitation } = operator.last('invited') ?? {};
    expect(entry()).toMatchObject({ name: 'Ward 3', role: 'observer', invitation, watches: [{ stream: 0, tier: 'still' }] });
    const cut = once(dumb, 'error');
    operator.say({ type: 'send-out', request: 3, viewer: entry()?.viewer ?? 0 });
    expect(await cut).toMatchObject([{ code: 'ECONNRESET' }]);
    await viewer.until(() => viewer.closed !== undefined);
    expect(viewer.closed).toEqual({ code: 4401, reason: 'access/sent-out' });
    await operator.until(() => operator.last('viewers')?.viewers.length === 1);
  });

  it('while a snapshot waits for the first picture is not shown it', async () => {
    const probe = await line;
    const { hostname, port, host } = new URL(room.address);
    const asking = connect(Number(port), hostname);
    const get = (path: string): string => `GET /${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${guest.authorization}\r\n`;
    // Asked in one breath: where the first is answered, the second is waiting.
    asking.write(`${get('session')}\r\n${get('streams/1/snapshot.jpg')}connection: close\r\n\r\n`);
    const [answer] = (await once(asking, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);
    await revoke();
    const picture = message('IMAGE', image(new Uint8Array(64 * 64).fill(90), { width: 64, height: 64 }));
    const sending = setInterval(() => probe.write(picture), 20);
    let said = '';
    for await (const data of asking) said += (data as Buffer).toString('latin1');
    clearInterval(sending);
    expect(said).toMatch(/^HTTP\/1\.1 401 .*access\/revoked/s);
  });
});
