import { WebSocket } from 'ws';
import { AppError, printable } from '../app-error.ts';
import { Acknowledger } from '../protocol/acknowledger.ts';
import { readFrameHeader } from '../protocol/frame-header.ts';
import type { ServerMessage, ViewerMessage } from '../protocol/messages.ts';
import { ServerClock } from '../protocol/server-clock.ts';
import { codecNames, type TierName } from '../protocol/tiers.ts';

/** Longest frame that is accepted: 4096 x 4096 of 16 bits, and its header. */
const longestFrameBytes = 2 ** 26;
/** As the monitor does. */
const pingPeriodMs = 2000;
const patienceMs = 10_000;

export interface LoadViewerSettings {
  readonly address: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly trustAnyCertificate: boolean;
  readonly stream: number;
  readonly tier: TierName | 'auto';
  /** A frame arrived whole; its age by the server's clock. */
  frame(bytes: number, ageMs: number): void;
}

/** One viewer as the server sees it: watches, acknowledges every frame at once, keeps the clock. Draws nothing. */
export class LoadViewer {
  readonly #settings: LoadViewerSettings;
  readonly #clock = new ServerClock();
  readonly #acknowledger = new Acknowledger((acknowledgement) => this.#send(acknowledgement));
  readonly #socket: WebSocket;
  #pings: NodeJS.Timeout | undefined;
  #lastSequence: number | undefined;
  frames = 0;
  /** Frames that were captured between two that came. */
  skipped = 0;
  /** Why the server closed, where it did. */
  ended: string | undefined;

  private constructor(settings: LoadViewerSettings) {
    this.#settings = settings;
    const { address, headers, trustAnyCertificate } = settings;
    this.#socket = new WebSocket(address, 'lumencast.v1', {
      headers,
      perMessageDeflate: false,
      maxPayload: longestFrameBytes,
      handshakeTimeout: patienceMs,
      rejectUnauthorized: !trustAnyCertificate,
      // Texts are the server's own.
      skipUTF8Validation: true,
    });
    this.#socket.on('message', (data, isBinary) => {
      if (isBinary) this.#receive(data as Buffer);
      else this.#hear(JSON.parse(data.toString()) as ServerMessage);
    });
  }

  /** Resolves when the server has welcomed this viewer. Throws `load/refused`. */
  static open(settings: LoadViewerSettings): Promise<LoadViewer> {
    const viewer = new LoadViewer(settings);
    const socket = viewer.#socket;
    return new Promise((resolve, reject) => {
      const refuse = (reason: string): void => reject(new AppError('load/refused', { address: settings.address.host, reason }));
      socket.once('message', (data) => {
        const hello = JSON.parse(data.toString()) as ServerMessage;
        const known = hello.type === 'hello' ? hello.streams.map(({ id }) => id) : [];
        if (known.includes(settings.stream)) {
          resolve(viewer);
          return;
        }
        refuse(`there is no stream ${settings.stream}; known: ${known.join(', ')}`);
        socket.terminate();
      });
      socket.on('unexpected-response', (_request, response) => {
        response.destroy();
        refuse(`HTTP status ${response.statusCode ?? 0}`);
      });
      socket.on('error', (thrown) => refuse(printable(thrown.message)));
      socket.on('close', (code, reason) => {
        clearInterval(viewer.#pings);
        viewer.#acknowledger.forget();
        viewer.ended ??= `${code} ${printable(reason.toString(), 100)}`;
        refuse(viewer.ended);
      });
    });
  }

  /** Says goodbye; a server that does not answer is not waited for. */
  async close(): Promise<void> {
    if (this.#socket.readyState === this.#socket.CLOSED) return;
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.close(1000);
    const patience = setTimeout(() => this.#socket.terminate(), 500);
    await closed;
    clearTimeout(patience);
  }

  #hear(message: ServerMessage): void {
    if (message.type === 'pace') this.#acknowledger.setPace(message.withinMs);
    if (message.type === 'pong') this.#clock.sample(message.sentUs, message.clockUs, ownUs());
    if (message.type !== 'hello') return;
    this.#clock.begin(message.clockUs, ownUs());
    const ping = (): void => this.#send({ type: 'ping', sentUs: ownUs() });
    ping();
    this.#pings = setInterval(ping, pingPeriodMs);
    const { stream, tier } = this.#settings;
    this.#send({ type: 'watch', stream, views: ['processed'], tier, codecs: [...codecNames] });
  }

  #receive(data: Buffer): void {
    const receivedUs = this.#clock.at(ownUs()) ?? 0;
    const { stream, view, sequence, capturedAtUs } = readFrameHeader(new DataView(data.buffer, data.byteOffset, data.length));
    this.#acknowledger.acknowledge({ type: 'ack', stream, view, sequence, receivedUs, drawnUs: receivedUs });
    const gap = this.#lastSequence === undefined ? 0 : sequence - this.#lastSequence - 1;
    if (gap > 0) this.skipped += gap;
    this.#lastSequence = sequence;
    this.frames++;
    this.#settings.frame(data.length, (receivedUs - capturedAtUs) / 1000);
  }

  #send(message: ViewerMessage): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}

const ownUs = (): number => performance.now() * 1000;
