import { Subject } from 'rxjs';
import { asAppError } from '../src/app-error.ts';
import { type FrameHeader, frameHeaderBytes, readFrameHeader } from '../src/protocol/frame-header.ts';
import type { ServerMessage, ViewerMessage } from '../src/protocol/messages.ts';
import { endOf, refusal } from './session.ts';
import type { Link, WireError } from './worker-messages.ts';

const shortestWaitMs = 250;
/** Short: who comes back into the radio's reach waits for a picture. */
const longestWaitMs = 1500;
const pingPeriodMs = 2000;
/** Pings right after the start, and where the clock was forgotten, so that it is known before the first window of ages is over. */
const firstPings = 4;
const firstPingPeriodMs = 150;
/** A line on which nothing has come for so long is dead, whatever the socket believes. */
const silentLineMs = 6000;
/** A server that does not answer the opening handshake. */
const openingMs = 3500;

/** More than that waits on its way up only where the line is too slow for all that is said. */
const mostWaitingBytes = 4096;
/** As often as anybody sees a difference. */
const draftRetryMs = 33;

/** The server's own close code for who is put out; the reason is the code of an error. */
const putOutCode = 4401;

/** Wait before the next attempt: doubles with every failure, bounded, spread so that a room does not come back in one moment. */
export function retryWaitMs(failures: number, random: number): number {
  return Math.min(longestWaitMs, shortestWaitMs * 2 ** Math.max(0, failures - 1)) * (0.75 + random / 2);
}

export interface HeardFrame {
  readonly header: FrameHeader;
  readonly payload: Uint8Array;
}

/** The WebSocket to the server: connects, watches over itself and connects again for ever. */
export class ServerLine {
  readonly link$ = new Subject<Link>();
  readonly message$ = new Subject<ServerMessage>();
  readonly frame$ = new Subject<HeardFrame>();
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
  #draftTimer: ReturnType<typeof setTimeout> | undefined;

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

  /** The machine has a network again: what waits for its next attempt need not wait. */
  retryNow(): void {
    if (this.#retryTimer === undefined || this.#socket !== undefined) return;
    clearTimeout(this.#retryTimer);
    this.connect();
  }

  /** Asks for the server's clock as often as at the start. */
  askClock(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    clearTimeout(this.#pingTimer);
    this.#pings = 0;
    this.#ping(this.#socket);
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
    clearTimeout(this.#draftTimer);
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    socket?.close();
  }

  /** How a mark looks while it is drawn waits until there is room for it on the line; what comes of that mark takes its place. */
  send(message: ViewerMessage): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (isOfMark(message)) clearTimeout(this.#draftTimer);
    if (message.type === 'draft-mark' && message.shape !== undefined && socket.bufferedAmount > mostWaitingBytes)
      this.#draftTimer = setTimeout(() => this.send(message), draftRetryMs);
    else socket.send(JSON.stringify(message));
  }

  #hear(socket: WebSocket, data: unknown): void {
    if (socket !== this.#socket) return;
    this.#heardUs = this.#ownUs();
    try {
      if (data instanceof ArrayBuffer) {
        this.frame$.next({ header: readFrameHeader(new DataView(data)), payload: new Uint8Array(data, frameHeaderBytes) });
      } else this.#hearMessage(JSON.parse(String(data)) as ServerMessage);
    } catch (thrown) {
      // A line that corrupts: what cannot be read cannot be acknowledged, and the server would wait for that.
      this.#lose(socket, asAppError(thrown, 'protocol/not-json').toJSON());
    }
  }

  #hearMessage(message: ServerMessage): void {
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
    const refused = await refusal(this.#address);
    // It may have come in by now, or been closed.
    if (refused === undefined || this.#socket !== undefined || failures !== this.#failures || this.#retryTimer === undefined) return;
    if (refused.passes) this.link$.next({ state: 'lost', attempt: failures, retryInMs: longestWaitMs, error: refused.error });
    else this.#shut(refused.error);
  }

  #shut(error: WireError): void {
    this.close();
    this.#failures = 0;
    this.link$.next({ state: 'shut', error, wasIn: this.#wasIn });
    this.#wasIn = false;
  }

  /** Also for a socket that does not know yet: closing a dead line by handshake would take minutes. */
  #lose(socket: WebSocket, error?: WireError): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#draftTimer);
    socket.close();
    this.#failures++;
    const retryInMs = retryWaitMs(this.#failures, Math.random());
    this.link$.next({ state: 'lost', attempt: this.#failures, retryInMs, ...(error !== undefined && { error }) });
    this.#retryTimer = setTimeout(() => this.connect(), retryInMs);
  }
}

const isOfMark = ({ type }: ViewerMessage): boolean => type === 'draft-mark' || type === 'put-mark' || type === 'remove-mark';
