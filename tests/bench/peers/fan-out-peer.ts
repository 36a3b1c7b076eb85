import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';

/*
 * The other sides of fan-out.bench.ts, each in a process of its own:
 * serve net|socket.io BYTES FPS      prints its port; sends a buffer of BYTES to whoever is connected, FPS times a second
 * count net|socket.io PORT N SECONDS prints the bytes per second that N clients got
 */
const [task, kind, ...numbers] = process.argv.slice(2);
const [first = 0, second = 0, third = 0] = numbers.map(Number);
const warmUpMs = 2000;

if (task === 'serve') serve(first, second);
else count(first, second, third);

function serve(bytes: number, fps: number): void {
  const frame = Buffer.alloc(bytes, 7);
  const announce = (address: AddressInfo | string | null): void => {
    process.stdout.write(`${(address as AddressInfo).port}\n`);
  };
  if (kind === 'net') {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.setNoDelay(true));
      socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1', () => announce(server.address()));
    setInterval(() => {
      for (const socket of sockets) if (socket.writableLength === 0) socket.write(frame);
    }, 1000 / fps);
    return;
  }
  const http = createHttpServer();
  const server = new Server(http, { transports: ['websocket'], perMessageDeflate: false });
  http.listen(0, '127.0.0.1', () => announce(http.address()));
  setInterval(() => server.volatile.emit('frame', frame), 1000 / fps);
}

function count(port: number, clients: number, seconds: number): void {
  let bytes = 0;
  for (let at = 0; at < clients; at++) {
    if (kind === 'net') connect(port, '127.0.0.1').on('data', (data) => (bytes += data.length));
    else
      io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true }).on('frame', (frame: Buffer) => (bytes += frame.length));
  }
  setTimeout(() => {
    bytes = 0;
    process.stdout.write('counting\n');
    setTimeout(() => {
      process.stdout.write(`${bytes / seconds}\n`);
      process.exit();
    }, seconds * 1000);
  }, warmUpMs);
}
