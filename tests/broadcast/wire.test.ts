import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Duplex, Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { Wire } from '../../src/broadcast/wire.ts';
import { SlotCounts, slotLayout, slotPixels } from '../../src/frame/frame-pool.ts';
import { frameHeaderBytes, writeFrameHeader } from '../../src/protocol/frame-header.ts';
import { SharedFrame } from '../../src/stream/shared-frame.ts';

/** Around those where the length of a WebSocket message takes more bytes: RFC 6455 §5.2. */
const lengths = [1, 125 - frameHeaderBytes, 126 - frameHeaderBytes, 65_535 - frameHeaderBytes, 65_536 - frameHeaderBytes, 200_000];

/** A frame in a slot of its own, one of so many. */
function frameOf(payloadBytes: number, slots: number): SharedFrame {
  const layout = slotLayout(0, slots, payloadBytes);
  const buffer = new SharedArrayBuffer(layout.endOffset);
  const counts = new SlotCounts(buffer, layout);
  const slot = counts.take(0);
  const offset = slotPixels(layout, slot);
  writeFrameHeader(new DataView(buffer, offset - frameHeaderBytes, frameHeaderBytes), {
    ...{ codec: 0, flags: 1, pixelFormat: 'GREY', view: 'processed', stream: 0, sequence: 1, capturedAtUs: 1, processingUs: 1 },
    ...{ width: 8, height: 8, keySequence: 1, payloadBytes, crc32: 0, epoch: 0 },
  });
  new Uint8Array(buffer, offset, payloadBytes).forEach((_, at, bytes) => {
    bytes[at] = (at * 31 + payloadBytes) & 0xff;
  });
  return SharedFrame.receive({ buffer, layout, counts }, slot);
}

it('says when a frame that a line did not take at once has left, and holds its slot until then', async () => {
  const waiting: (() => void)[] = [];
  const line = new Writable({
    highWaterMark: 1,
    write: ({ length }: Buffer, _encoding, written) => (length === 0 ? written() : void waiting.push(written)),
  });
  const [frame, next] = [frameOf(100, 8), frameOf(100, 8)];
  const wire = new Wire(line as Duplex);
  let left = 0;
  wire.freed = () => left++;
  wire.send(frame);
  frame[Symbol.dispose]();
  expect(wire.free).toBe(false);
  expect([left, frame.memory.counts.free()]).toEqual([0, 7]);
  waiting.shift()?.();
  await expect.poll(() => left).toBe(1);
  expect(frame.memory.counts.free()).toBe(8);
  expect(wire.free).toBe(true);
  wire.send(next);
  next[Symbol.dispose]();
  line.destroy();
  // As the handle of a socket does for what it was writing.
  waiting.shift()?.();
  await expect.poll(() => left).toBe(2);
  expect(next.memory.counts.free()).toBe(8);
});

it.each([
  ['straight from its slot', 8],
  ['from a copy where slots are few', 1],
])('a frame leaves as a message that every WebSocket reads, between those of the library, %s', async (_way, slots) => {
  const http = createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const frames = lengths.map((length) => frameOf(length, slots));
  const expected = frames.map(({ bytes }) => Buffer.from(bytes));
  const done: number[] = [];
  http.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const wire = new Wire(socket);
      const next = (at: number): void => {
        const frame = frames[at];
        if (frame === undefined) return;
        webSocket.send('{}');
        wire.freed = () => {
          done.push(at);
          next(at + 1);
        };
        wire.send(frame);
        frame[Symbol.dispose]();
        if (wire.free) wire.freed();
      };
      next(0);
    }),
  );
  await once(http.listen(0, '127.0.0.1'), 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/`);
  const received: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    client.on('message', (data: Buffer, isBinary) => {
      if (isBinary) received.push(data);
      if (received.length === lengths.length) resolve();
    });
  });
  expect(received.map((data, at) => data.equals(expected[at] as Buffer))).toEqual(lengths.map(() => true));
  await expect.poll(() => done).toEqual(lengths.map((_, at) => at));
  for (const { memory } of frames) expect(memory.counts.free()).toBe(slots);
  client.terminate();
  http.close();
});
