import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { filter, firstValueFrom, take, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws';
import { frameHeaderBytes, writeFrameHeader } from '../../src/protocol/frame-header.ts';
import type { ViewerMessage } from '../../src/protocol/messages.ts';
import { retryWaitMs, ServerLine } from '../../web-client/server-line.ts';

const hello = JSON.stringify({ type: 'hello', protocol: 1, server: '', room: '', viewer: 1, clockUs: 5, streams: [] });

function frameOf(sequence: number, payload: readonly number[]): Buffer {
  const message = Buffer.alloc(frameHeaderBytes + payload.length);
  writeFrameHeader(new DataView(message.buffer, message.byteOffset), {
    ...{ codec: 0, flags: 0, pixelFormat: 'GREY', view: 'processed', stream: 0, sequence, capturedAtUs: 0, processingUs: 0 },
    ...{ width: 3, height: 1, keySequence: sequence, payloadBytes: payload.length, crc32: 0, epoch: 0 },
  });
  message.set(payload, frameHeaderBytes);
  return message;
}

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
    socket.send(frameOf(7, [1, 2, 3]));
    const { header, payload } = await frame;
    expect([header.sequence, ...payload]).toEqual([7, 1, 2, 3]);
  });

  it.each([
    ['a frame', Buffer.from([1, 2, 3]), 'protocol/bad-header'],
    ['a message', '{"type":"hel', 'protocol/not-json'],
  ])('begins anew where %s cannot be read, and says why: it could never be acknowledged', async (_, data, code) => {
    const first = accepted();
    const lost = firstValueFrom(line.link$.pipe(filter(({ state }) => state === 'lost')));
    line.connect();
    const socket = await first;
    const second = accepted();
    const gone = once(socket, 'close');
    socket.send(hello);
    socket.send(data);
    expect(await lost).toMatchObject({ state: 'lost', attempt: 1, error: { code } });
    await gone;
    await second;
  });

  it('asks for the clock anew at once', async () => {
    let nowUs = 1;
    const asking = new ServerLine(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`, () => nowUs);
    const connection = accepted();
    asking.connect();
    const socket = await connection;
    const sentUs: number[] = [];
    socket.on('message', (data: Buffer) => sentUs.push((JSON.parse(data.toString()) as { sentUs: number }).sentUs));
    await once(socket, 'message');
    nowUs = 42;
    asking.askClock();
    nowUs = 43;
    while (!sentUs.includes(43)) await once(socket, 'message');
    expect(sentUs.filter((us) => us === 42)).toHaveLength(1);
    asking.close();
    // Nobody is there to be asked.
    asking.askClock();
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

  it('tries again at once where the machine has a network again', async () => {
    const first = accepted();
    line.connect();
    (await first).terminate();
    await firstValueFrom(line.link$.pipe(filter(({ state }) => state === 'lost')));
    const second = accepted();
    const attempt = firstValueFrom(line.link$);
    line.retryNow();
    expect(await attempt).toEqual({ state: 'connecting', attempt: 1 });
    await second;
    // One that is under way is not begun again.
    const before = server.clients.size;
    line.retryNow();
    expect(server.clients.size).toBe(before);
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

  it('says why where there is no place now, and goes on trying', async () => {
    const lack = { code: 'access/too-many-guests', message: 'no place', remedy: 'later' };
    const http = createServer((_request, response) => response.writeHead(200).end(JSON.stringify({ role: 'observer', lack })));
    http.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 503 Unavailable\r\nconnection: close\r\n\r\n'));
    await once(http.listen(0, '127.0.0.1'), 'listening');
    const refused = new ServerLine(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/ws`, () => performance.now() * 1000);
    const told = firstValueFrom(refused.link$.pipe(filter((link) => link.state === 'lost' && link.error !== undefined)));
    const again = firstValueFrom(refused.link$.pipe(filter((link) => link.state === 'connecting' && link.attempt >= 2)));
    refused.connect();
    expect(await told).toMatchObject({ state: 'lost', error: lack });
    await again;
    refused.close();
    http.close();
  });

  it('lets what is drawn wait while the line is full, sends its newest look then, and nothing of it once it is kept', {
    timeout: 120_000,
  }, async () => {
    const connection = accepted();
    line.connect();
    const socket = await connection;
    socket.send(hello);
    await firstValueFrom(line.message$);
    const heard: ViewerMessage[] = [];
    socket.on('message', (data) => heard.push(JSON.parse(String(data)) as ViewerMessage));
    const of = (type: ViewerMessage['type']): ViewerMessage[] => heard.filter((message) => message.type === type);
    const draft = (x?: number): ViewerMessage => ({
      type: 'draft-mark',
      mark: 'a',
      stream: 0,
      fromUs: 0,
      ...(x !== undefined && { shape: x }),
    });
    const put = (request: number): ViewerMessage => ({
      ...{ type: 'put-mark', request, mark: 'a', stream: 0, on: { epoch: 0 }, revision: 0, fromUs: 0 },
      shape: 'x'.repeat(2 ** 18),
    });
    const fill = (): void => {
      socket.pause();
      for (let request = 0; request < 40; request++) line.send(put(request));
    };
    fill();
    for (let x = 0; x < 100; x++) line.send(draft(x));
    socket.resume();
    await expect.poll(() => of('draft-mark'), { timeout: 60_000 }).toEqual([draft(99)]);
    expect(of('put-mark')).toHaveLength(40);

    fill();
    line.send(draft(200));
    line.send(put(40));
    line.send(draft());
    socket.resume();
    await expect.poll(() => of('draft-mark').at(-1), { timeout: 60_000 }).toEqual(draft());
    // Timers end in their order: one that was to send it would have ended before this one.
    await new Promise((resolve) => setTimeout(resolve, 100));
    line.send({ type: 'ping', sentUs: -1 });
    // Others may follow: the line asks for the clock by itself too.
    await expect.poll(() => heard.some((message) => message.type === 'ping' && message.sentUs === -1), { timeout: 60_000 }).toBe(true);
    expect(of('draft-mark')).toEqual([draft(99), draft()]);
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
    expect([1, 2, 3, 4, 5, 6, 50].map((failures) => retryWaitMs(failures, 0.5))).toEqual([250, 500, 1000, 1500, 1500, 1500, 1500]);
    expect([retryWaitMs(1, 0), retryWaitMs(1, 1)]).toEqual([187.5, 312.5]);
  });
});
