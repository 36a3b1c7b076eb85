import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

/** TCP connections of a host side by side on one line to a guest, each with a window of its own: one that is slow holds up no other. */
const kinds = { open: 0, data: 1, credit: 2, close: 3, word: 4 } as const;
/** Kind, number of the connection, bytes that follow. */
const headBytes = 9;
const windowBytes = 256 * 1024;

interface Passage {
  readonly socket: Socket;
  /** Bytes that the other side still takes. */
  credit: number;
}

export interface TunnelEnds {
  readonly input: Readable;
  readonly output: Writable;
  /** For a connection that the other side opened. */
  connect?(): Socket;
  /** A word that the other side says beside the connections. */
  hear?(word: string): void;
}

export class Tunnel {
  readonly #ends: TunnelEnds;
  readonly #passages = new Map<number, Passage>();
  #lastNumber = 0;
  #pending: Buffer = Buffer.alloc(0);

  constructor(ends: TunnelEnds) {
    this.#ends = ends;
    ends.input.on('data', (data: Buffer) => this.#read(data));
  }

  /** Carries a connection to the other side. */
  carry(socket: Socket): void {
    const number = ++this.#lastNumber;
    this.#write(kinds.open, number);
    this.#open(number, socket);
  }

  say(word: string): void {
    this.#write(kinds.word, 0, Buffer.from(word));
  }

  #open(number: number, socket: Socket): void {
    const passage: Passage = { socket, credit: windowBytes };
    this.#passages.set(number, passage);
    socket.on('data', (data) => {
      const bytes = Buffer.from(data);
      passage.credit -= bytes.length;
      if (passage.credit <= 0) socket.pause();
      this.#write(kinds.data, number, bytes);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (this.#passages.delete(number)) this.#write(kinds.close, number);
    });
  }

  #read(data: Buffer): void {
    let bytes = this.#pending.length === 0 ? data : Buffer.concat([this.#pending, data]);
    while (bytes.length >= headBytes) {
      const end = headBytes + bytes.readUInt32BE(5);
      if (bytes.length < end) break;
      this.#take(bytes.readUInt8(0), bytes.readUInt32BE(1), bytes.subarray(headBytes, end));
      bytes = bytes.subarray(end);
    }
    this.#pending = bytes;
  }

  #take(kind: number, number: number, bytes: Buffer): void {
    if (kind === kinds.word) this.#ends.hear?.(bytes.toString());
    else if (kind === kinds.open && this.#ends.connect !== undefined) this.#open(number, this.#ends.connect());
    const passage = this.#passages.get(number);
    if (passage === undefined) return;
    if (kind === kinds.data) this.#deliver(number, passage.socket, bytes);
    else if (kind === kinds.credit) {
      passage.credit += bytes.readUInt32BE(0);
      if (passage.credit > 0) passage.socket.resume();
    } else if (kind === kinds.close) {
      this.#passages.delete(number);
      passage.socket.end();
    }
  }

  /** The other side may send as much again as the socket has taken. */
  #deliver(number: number, socket: Socket, bytes: Buffer): void {
    const credit = Buffer.alloc(4);
    credit.writeUInt32BE(bytes.length);
    socket.write(Buffer.from(bytes), () => this.#write(kinds.credit, number, credit));
  }

  #write(kind: number, number: number, bytes: Uint8Array = new Uint8Array(0)): void {
    const head = Buffer.alloc(headBytes);
    head.writeUInt8(kind, 0);
    head.writeUInt32BE(number, 1);
    head.writeUInt32BE(bytes.length, 5);
    this.#ends.output.write(Buffer.concat([head, bytes]));
  }
}
