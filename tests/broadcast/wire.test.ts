import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { Joined } from '../../src/broadcast/wire.ts';

/** Where the length of a WebSocket message takes more bytes: RFC 6455 §5.2. */
const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000];

it('a joined message is one that every WebSocket reads, between those of the library, and is made once', async () => {
  const http = createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const joined = new Joined();
  const payloads = lengths.map((length) => Buffer.from(Array.from({ length }, (_, at) => (at * 31 + length) & 0xff)));
  http.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      for (const payload of payloads) {
        webSocket.send('{}');
        socket.write(joined.message(payload));
      }
    }),
  );
  await once(http.listen(0, '127.0.0.1'), 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/`);
  const received: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    client.on('message', (data: Buffer, isBinary) => {
      if (isBinary) received.push(data);
      if (received.length === payloads.length) resolve();
    });
  });
  expect(received.map((data, at) => data.equals(payloads[at] as Buffer))).toEqual(lengths.map(() => true));
  for (const payload of payloads) expect(joined.message(payload)).toBe(joined.message(payload));
  client.terminate();
  http.close();
});
