import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/*
 * serve BYTES FPS: a WebSocket server as they are usually written: a frame is left out for whoever has `bufferedAmount` above zero.
 * The first eight bytes of a frame are the time of CLOCK_MONOTONIC in nanoseconds. Prints its port.
 */
const [bytes = 0, fps = 0] = process.argv.slice(2).map(Number);
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('listening', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
setInterval(() => {
  const frame = Buffer.alloc(bytes);
  frame.writeBigUInt64LE(process.hrtime.bigint());
  for (const viewer of server.clients) if (viewer.bufferedAmount === 0) viewer.send(frame);
}, 1000 / fps);
