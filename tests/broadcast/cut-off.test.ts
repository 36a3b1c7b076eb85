import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { CutOff } from '../../src/broadcast/cut-off.ts';
import { writeCertificate } from '../access/certificates.ts';

let server: Server | undefined;
let viewer: Socket | undefined;
afterEach(() => {
  viewer?.destroy();
  server?.closeAllConnections();
  server?.close();
});

async function certificate(): Promise<{ cert: Buffer; key: Buffer }> {
  const folder = mkdtempSync(join(tmpdir(), 'cut-off-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeCertificate(cert, key);
  const made = { cert: readFileSync(cert), key: readFileSync(key) };
  rmSync(folder, { recursive: true });
  return made;
}

describe('CutOff', () => {
  it.each(['plain', 'TLS'] as const)('%s: ends a connection without what still waits to be sent', async (kind) => {
    server = kind === 'TLS' ? createTlsServer(await certificate()) : createServer();
    const cutOff = new CutOff(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const upgraded = once(server, 'upgrade');
    viewer = kind === 'TLS' ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }) : connect(port, '127.0.0.1');
    viewer.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    const [{ socket }] = (await upgraded) as [{ socket: Socket }];
    socket.on('error', () => undefined);
    viewer.pause();
    // More than any buffer of the kernel holds.
    socket.write(Buffer.alloc(40_000_000));
    const gone = new Promise((resolve) => viewer?.on('error', resolve).on('close', resolve));
    cutOff.end(socket);
    viewer.resume();
    await gone;
    expect(viewer.bytesRead).toBeLessThan(40_000_000);
    expect(socket.destroyed).toBe(true);
  });
});
