import { createHash } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { frameHeaderBytes, writeFrameHeader } from '../../../src/protocol/frame-header.ts';

/*
 * The other sides of fan-out.bench.ts, each in a process of its own:
 * serve net|net-ws|socket.io BYTES FPS  prints its port; sends a buffer of BYTES to whoever is connected, FPS times a second
 * count net|socket.io PORT N SECONDS    prints the bytes per second that N clients got
 * `net-ws` writes what `lumencast load` takes for frames, so that the same clients receive them, and looks at nothing that they say.
 */
const [task, kind, ...numbers] = process.argv.slice(2);
const [first = 0, second = 0, third = 0] = numbers.map(Number);
const warmUpMs = 2000;

if (task === 'serve') (kind === 'net-ws' ? serveFrames : serve)(first, second);
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

/** A WebSocket server without anything behind its handshake (RFC 6455 §4.2.2, §5.2). */
function serveFrames(bytes: number, fps: number): void {
  const watching = new Set<Socket>();
  const server = createServer((socket) => {
    socket.setNoDelay(true).on('error', () => undefined);
    socket.once('data', (request) => {
      const key = /sec-websocket-key: (\S+)/i.exec(request.toString())?.[1];
      if (key === undefined) {
        const { user, system } = process.cpuUsage();
        socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nprocess_cpu_seconds_total ${(user + system) / 1e6}\n`);
        return;
      }
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\nsec-websocket-protocol: lumencast.v1\r\n\r\n`,
      );
      for (const text of [
        JSON.stringify({ type: 'hello', clockUs: Date.now() * 1000, streams: [{ id: 0 }] }),
        JSON.stringify({ type: 'pace', withinMs: 400 }),
      ])
        socket.write(Buffer.concat([Buffer.of(0x81, text.length), Buffer.from(text)]));
      watching.add(socket);
      socket.on('data', () => undefined).on('close', () => watching.delete(socket));
    });
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
  const headBytes = 4;
  const message = Buffer.alloc(headBytes + bytes, 7);
  message.writeUInt8(0x82, 0);
  message.writeUInt8(126, 1);
  message.writeUInt16BE(bytes, 2);
  const side = Math.round(Math.sqrt(bytes - frameHeaderBytes));
  let sequence = 0;
  setInterval(() => {
    writeFrameHeader(new DataView(message.buffer, message.byteOffset + headBytes, frameHeaderBytes), {
      ...{ codec: 0, flags: 3, pixelFormat: 'GREY', view: 'processed', stream: 0, sequence, capturedAtUs: Date.now() * 1000 },
      ...{ processingUs: 0, width: side, height: side, keySequence: sequence, payloadBytes: bytes - frameHeaderBytes, crc32: 0, epoch: 0 },
    });
    sequence++;
    for (const socket of watching) if (socket.writableLength === 0) socket.write(message);
  }, 1000 / fps);
}
