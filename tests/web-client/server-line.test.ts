import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { filter, firstValueFrom, take, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws';
import { retryWaitMs, ServerLine } from '../../web-client/server-line.ts';

const hello = JSON.stringify({ type: 'hello', protocol: 1, server: '', room: '', viewer: 1, clockUs: 5, streams: [] });

describe('ServerLine', () => {
  let server: WebSocketServer;
  let line: ServerLine;
  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    line = new ServerLine(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`, () => performance.now() * 1000);
  });
  afterEach(() => {
    line.close();
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const accepted = async (): Promise<ServerSocket> => ((await once(server, 'connection')) as [ServerSocket])[0];

  it('is open when the server has said hello, not when it has merely answered', async () => {
    const links = firstValueFrom(line.link$.pipe(take(2), toArray()));
    const message = firstValueFrom(line.message$);
    const connection = accepted();
    line.connect();
    const socket = await connection;
    expect(socket.protocol).toBe('lumencast.v1');
    socket.send(hello);
    expect(await message).toMatchObject({ type: 'hello', clockUs: 5 });
    expect(await links).toEqual([{ state: 'connecting', attempt: 0 }, { state: 'open' }]);
  });

  it('asks for the clock at once and hands binary messages on', async () => {
    const connection = accepted();
    line.connect();
    const socket = await connection;
    const [question] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(question.toString())).toEqual({ type: 'ping', sentUs: expect.any(Number) });
    const frame = firstValueFrom(line.frame$);
    socket.send(Buffer.from([1, 2, 3]));
    expect([...new Uint8Array(await frame)]).toEqual([1, 2, 3]);
  });

  it('says that it is lost and connects again by itself', async () => {
    const first = accepted();
    line.connect();
    const socket = await first;
    const lost = firstValueFrom(line.link$);
    const second = accepted();
    socket.terminate();
    expect(await lost).toMatchObject({ state: 'lost', attempt: 1 });
    await second;
  });

  it('says why it was put out, and does not come back by itself until it is told to', async () => {
    const connection = accepted();
    const links: unknown[] = [];
    line.link$.subscribe((link) => links.push(link));
    line.connect();
    const socket = await connection;
    socket.send(hello);
    await firstValueFrom(line.message$);
    socket.close(4401, 'access/sent-out');
    const shut = await firstValueFrom(line.link$);
    expect(shut).toMatchObject({ state: 'shut', wasIn: true, error: { code: 'access/sent-out' } });
    const again = accepted();
    line.connect();
    await again;
    expect(links.map((link) => (link as { state: string }).state)).toEqual(['connecting', 'open', 'shut', 'connecting']);
  });

  it('asks why where it is not even let in', async () => {
    const refusal = { code: 'access/expired', message: 'this invitation has expired', remedy: 'ask an operator for a new one' };
    const http = createServer((_request, response) => response.writeHead(401).end(JSON.stringify(refusal)));
    http.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n'));
    await once(http.listen(0, '127.0.0.1'), 'listening');
    const refused = new ServerLine(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/ws`, () => performance.now() * 1000);
    const shut = firstValueFrom(refused.link$.pipe(filter(({ state }) => state === 'shut')));
    refused.connect();
    expect(await shut).toEqual({ state: 'shut', wasIn: false, error: refusal });
    http.close();
  });

  it('stays closed once it was closed', async () => {
    const connection = accepted();
    line.connect();
    const socket = await connection;
    let links = 0;
    line.link$.subscribe(() => links++);
    const gone = once(socket, 'close');
    line.close();
    await gone;
    expect(links).toBe(0);
  });
});

describe('retryWaitMs', () => {
  it('doubles up to a bound and is spread by a quarter either way', () => {
    expect([1, 2, 3, 4, 5, 6, 50].map((failures) => retryWaitMs(failures, 0.5))).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
    expect([retryWaitMs(1, 0), retryWaitMs(1, 1)]).toEqual([187.5, 312.5]);
  });
});
