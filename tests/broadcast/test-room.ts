import { type ClientOptions, WebSocket } from 'ws';
import { openServer } from '../../src/broadcast/server.ts';
import { parseRoom } from '../../src/config/room.ts';
import { anchorClock, monotonicNs, unixUs } from '../../src/device/clock.ts';
import { DeviceDesk } from '../../src/discovery/device-desk.ts';
import type { Discovery } from '../../src/discovery/discovery.ts';
import { openStores, type Stores } from '../../src/examination/stores.ts';
import { type FrameHeader, frameHeaderBytes, readFrameHeader } from '../../src/protocol/frame-header.ts';
import type { ServerMessage, ViewerMessage } from '../../src/protocol/messages.ts';
import { Stream } from '../../src/stream/stream.ts';

/**
 * A real server on loopback over real workers; `door`: how it is reached, as in a room's configuration. Nothing is kept unless that says so:
 * `archive` and `past`, under its `dataFolder`.
 */
export async function openRoom(
  streams: readonly object[],
  limits: object = {},
  door: object = {},
  discovery?: Discovery,
  /** Puts something between the desk and what keeps and records, e.g. faults. */
  between: (stores: Stores) => Stores = (stores) => stores,
) {
  const room = parseRoom({ port: 0, streams, limits, archive: { off: true }, past: { minutes: 0 }, ...door }, 'test');
  const clock = anchorClock();
  const log = { info: () => undefined, warn: () => undefined };
  const running = room.streams.map((settings, id) => new Stream(id, settings, room.limits, clock, log));
  const desk = discovery && new DeviceDesk(discovery, running);
  const stores = await openStores(room, room.dataFolder ?? '', running, () => unixUs(clock, monotonicNs()), log);
  const server = await openServer(room, running, clock, 'test', log, desk, between(stores));
  for (const stream of running) stream.start();
  const viewers: TestViewer[] = [];
  return {
    address: server.address,
    fingerprint: server.fingerprint,
    invitation: server.invitation,
    streams: running,
    stores,
    async view(acknowledge = true, options: ClientOptions = {}): Promise<TestViewer> {
      const viewer = new TestViewer(server.address, acknowledge, options);
      viewers.push(viewer);
      await viewer.until(() => viewer.messages.length > 0);
      return viewer;
    },
    async close() {
      for (const viewer of viewers) viewer.socket.terminate();
      desk?.close();
      await server.close();
      await stores.close();
      await Promise.all(running.map((stream) => stream.close()));
    },
  };
}

export interface ReceivedFrame {
  readonly header: FrameHeader;
  readonly payload: Uint8Array;
}

/** A viewer as docs/protocol.md describes one. */
export class TestViewer {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[] = [];
  readonly frames: ReceivedFrame[] = [];
  closed: { code: number; reason: string } | undefined;
  readonly #checks = new Set<() => void>();

  constructor(address: string, acknowledge: boolean, options: ClientOptions = {}) {
    this.socket = new WebSocket(`${address.replace('http', 'ws')}ws`, 'lumencast.v1', options);
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#receive(data, acknowledge);
      else this.messages.push(JSON.parse(data.toString()) as ServerMessage);
      this.#happened();
    });
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#happened();
    });
    this.socket.on('error', () => this.#happened());
  }

  say(message: ViewerMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  acknowledge({ header }: ReceivedFrame): void {
    this.say({ type: 'ack', stream: header.stream, view: header.view, sequence: header.sequence });
  }

  last<Type extends ServerMessage['type']>(type: Type): Extract<ServerMessage, { type: Type }> | undefined {
    return this.messages.findLast((message): message is Extract<ServerMessage, { type: Type }> => message.type === type);
  }

  until(condition: () => boolean, timeoutMs = 30_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#checks.delete(check);
        reject(
          new Error(
            `not within ${timeoutMs} ms; ${this.frames.length} frames, last messages ${JSON.stringify(this.messages.slice(-3)).slice(0, 500)}`,
          ),
        );
      }, timeoutMs);
      const check = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#checks.delete(check);
        resolve();
      };
      this.#checks.add(check);
      check();
    });
  }

  #receive(data: Buffer, acknowledge: boolean): void {
    const header = readFrameHeader(new DataView(data.buffer, data.byteOffset, data.length));
    const frame = { header, payload: Uint8Array.from(data.subarray(frameHeaderBytes)) };
    this.frames.push(frame);
    if (acknowledge) this.acknowledge(frame);
  }

  #happened(): void {
    for (const check of this.#checks) check();
  }
}
