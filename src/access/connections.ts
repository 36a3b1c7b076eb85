import { isIPv6, type Socket } from 'node:net';

/** Who is bounded together: an IPv6 host has a whole /64 to itself (RFC 6177). */
export function addressGroup(address: string): string {
  const bare = address.replace(/^::ffff:/i, '');
  if (!isIPv6(bare)) return bare;
  const [head = '', tail] = bare.split('::');
  const words = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - words.length - (tail === '' ? 0 : tail.split(':').length);
  return [...words, ...Array.from({ length: missing }, () => '0'), ...(tail ?? '').split(':')].slice(0, 4).join(':');
}

interface Stranger {
  readonly socket: Socket;
  readonly group: string;
}

/**
 * Connections of which nobody knows yet who is behind them. Their number is bounded, for each address and for all: the one that
 * has been there longest goes first, so that whoever comes in earnest gets a turn. A TLS connection is the same as the TCP
 * connection below it.
 */
export class Connections {
  readonly #perAddress: number;
  readonly #inAll: number;
  /** In the order in which they came, by address and port. */
  readonly #strangers = new Map<string, Stranger>();
  readonly #counts = new Map<string, number>();
  dropped = 0;

  constructor(perAddress: number, inAll: number) {
    this.#perAddress = perAddress;
    this.#inAll = inAll;
  }

  get strangers(): number {
    return this.#strangers.size;
  }

  /** A connection has come. */
  take(socket: Socket): void {
    const place = placeOf(socket);
    // Reset before anybody looked.
    if (place === undefined) return;
    const group = addressGroup(socket.remoteAddress ?? '');
    const full = (this.#counts.get(group) ?? 0) >= this.#perAddress;
    if (full || this.#strangers.size >= this.#inAll) this.#dropOldest(full ? group : undefined);
    this.#add(place, { socket, group });
    socket.once('close', () => this.#remove(place));
  }

  /** Somebody who may come in is behind it. Answers what makes it a stranger again, for when that one's request is done. */
  admitted(socket: Socket): () => void {
    const place = placeOf(socket);
    const stranger = place === undefined ? undefined : this.#remove(place);
    return () => {
      if (place !== undefined && stranger !== undefined && !stranger.socket.destroyed) this.#add(place, stranger);
    };
  }

  #add(place: string, stranger: Stranger): void {
    this.#strangers.set(place, stranger);
    this.#counts.set(stranger.group, (this.#counts.get(stranger.group) ?? 0) + 1);
  }

  #remove(place: string): Stranger | undefined {
    const stranger = this.#strangers.get(place);
    if (stranger === undefined) return undefined;
    this.#strangers.delete(place);
    const left = (this.#counts.get(stranger.group) ?? 1) - 1;
    if (left === 0) this.#counts.delete(stranger.group);
    else this.#counts.set(stranger.group, left);
    return stranger;
  }

  #dropOldest(group: string | undefined): void {
    for (const [place, { socket, group: from }] of this.#strangers) {
      if (group !== undefined && from !== group) continue;
      this.#remove(place);
      this.dropped++;
      socket.destroy();
      return;
    }
  }
}

function placeOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort ?? 0}`;
}
