import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { bodyParts, type MessageHeader } from '../../../src/openigtlink/header.ts';
import { readMetadata } from '../../../src/openigtlink/metadata.ts';
import { Receiver } from '../../../src/openigtlink/receiver.ts';
import { Crc64 } from '../../../wasm/crc64.ts';

export interface Received {
  readonly header: MessageHeader;
  readonly content: Buffer;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A client of an OpenIGTLink server that keeps what it gets. */
export class TestClient {
  readonly socket: Socket;
  readonly messages: Received[] = [];
  damaged = 0;
  readonly #checks = new Set<() => void>();

  private constructor(socket: Socket, room: Crc64, bodyBytes: number) {
    this.socket = socket;
    const receiver = new Receiver(room, bodyBytes, {
      message: (header, body) => {
        const parts = bodyParts(header, body);
        const content = Buffer.from(body.subarray(parts.offset, parts.offset + parts.length));
        this.messages.push({ header, content, metadata: readMetadata(header.type, body, parts) });
      },
      damaged: () => {
        this.damaged++;
      },
    });
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      receiver.receive(chunk);
      this.#happened();
    });
    socket.on('close', () => this.#happened());
  }

  static async open(port: number, bodyBytes = 4 * 2 ** 20): Promise<TestClient> {
    const room = await Crc64.open(bodyBytes);
    const socket = connect({ port, host: '127.0.0.1' });
    const client = new TestClient(socket, room, bodyBytes);
    await once(socket, 'connect');
    return client;
  }

  of(type: string, device?: string): Received[] {
    return this.messages.filter(({ header }) => header.type === type && (device === undefined || header.device === device));
  }

  until(condition: () => boolean, timeoutMs = 30_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (fault?: Error): void => {
        clearTimeout(timer);
        this.#checks.delete(check);
        if (fault === undefined) resolve();
        else reject(fault);
      };
      const check = (): void => {
        if (condition()) settle();
      };
      const types = (): string =>
        this.messages
          .map(({ header }) => header.type)
          .slice(-8)
          .join();
      const timer = setTimeout(
        () => settle(new Error(`not within ${timeoutMs} ms; ${this.messages.length} messages, last ${types()}`)),
        timeoutMs,
      );
      this.#checks.add(check);
      check();
    });
  }

  #happened(): void {
    for (const check of this.#checks) check();
  }
}
