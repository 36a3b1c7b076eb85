import { Subject } from 'rxjs';
import type { ServerMessage, ViewerMessage } from '../src/protocol/messages.ts';
import { endOf, refusal } from './session.ts';
import type { Link, WireError } from './worker-messages.ts';

const shortestWaitMs = 250;
const longestWaitMs = 5000;
const pingPeriodMs = 2000;
/** Pings right after the start, so that the clock is known before the first window of ages is over. */
const firstPings = 4;
const firstPingPeriodMs = 150;
/** A line on which nothing has come for so long is dead, whatever the socket believes. */
const silentLineMs = 6000;
/** A server that does not answer the opening handshake. */
const openingMs = 5000;

/** The server's own close code for who is put out; the reason is the code of an error. */
const putOutCode = 4401;

/** Wait before the next attempt: doubles with every failure, bounded, spread so that a room does not come back in one moment. */
export function retryWaitMs(failures: number, random: number): number {
  return Math.min(longestWaitMs, shortestWaitMs * 2 ** Math.max(0, failures - 1)) * (0.75 + random / 2);
}

/** The WebSocket to the server: connects, watches over itself and connects again for ever. */
export class ServerLine {
  readonly link$ = new Subject<Link>();
  readonly message$ = new Subject<ServerMessage>();
  readonly frame$ = new Subject<ArrayBuffer>();
  readonly #address: string;
  readonly #ownUs: () => number;
  #socket: WebSocket | undefined;
  #failures = 0;
  #heardUs = 0;
  #wasIn = false;
  #pings = 0;
  #connectUs = 0;
  #openedInUs = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(address: string, ownUs: () => number) {
    this.#address = address;
    this.#ownUs = ownUs;
  }

  connect(): void {
    this.link$.next({ state: 'connecting', attempt: this.#failures });
    this.#connectUs = this.#ownUs();
    const socket = new WebSocket(this.#address, 'lumencast.v1');
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    const opening = setTimeout(() => this.#lose(socket), openingMs);
    socket.onopen = () => {
      clearTimeout(opening);
      this.#heardUs = this.#ownUs();
      this.#openedInUs = this.#heardUs - this.#connectUs;
      this.#pings = 0;
      this.#ping(socket);
    };
    socket.onmessage = ({ data }) => this.#hear(socket, data);
    let opened = false;
    socket.addEventListener('open', () => {
      opened = true;
    });
    socket.onclose = ({ code, reason }) => {
      clearTimeout(opening);
      if (socket !== this.#socket) return;
      if (code === putOutCode) {
        this.#shut(endOf(reason));
        return;
      }
      this.#lose(socket);
      // A browser does not say why a handshake was refused.
      if (!opened) void this.#ask();
    };
  }

  /** How long it took to be opened: several times there and back. */
  get openedInMs(): number {
    return this.#openedInUs / 1000;
  }

  /** Ends the line for good. */
  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    socket?.close();
  }

  send(message: ViewerMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #hear(socket: WebSocket, data: unknown): void {
    if (socket !== this.#socket) return;
    this.#heardUs = this.#ownUs();
    if (data instanceof ArrayBuffer) {
      this.frame$.next(data);
      return;
    }
    const message = JSON.parse(String(data)) as ServerMessage;
    if (message.type === 'hello') {
      this.#failures = 0;
      this.#wasIn = true;
      this.link$.next({ state: 'open' });
    }
    this.message$.next(message);
  }

  #ping(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    if (this.#ownUs() - this.#heardUs > silentLineMs * 1000) {
      this.#lose(socket);
      return;
    }
    this.send({ type: 'ping', sentUs: this.#ownUs() });
    this.#pings++;
    this.#pingTimer = setTimeout(() => this.#ping(socket), this.#pings < firstPings ? firstPingPeriodMs : pingPeriodMs);
  }

  async #ask(): Promise<void> {
    const failures = this.#failures;
    const error = await refusal(this.#address);
    // It may have come in by now, or been closed.
    if (error !== undefined && this.#socket === undefined && failures === this.#failures && this.#retryTimer !== undefined)
      this.#shut(error);
  }

  #shut(error: WireError): void {
    this.close();
    this.#failures = 0;
    this.link$.next({ state: 'shut', error, wasIn: this.#wasIn });
    this.#wasIn = false;
  }

  /** Also for a socket that does not know yet: closing a dead line by handshake would take minutes. */
  #lose(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    clearTimeout(this.#pingTimer);
    socket.close();
    this.#failures++;
    const retryInMs = retryWaitMs(this.#failures, Math.random());
    this.link$.next({ state: 'lost', attempt: this.#failures, retryInMs });
    this.#retryTimer = setTimeout(() => this.connect(), retryInMs);
  }
}
