import { filter, Subscription } from 'rxjs';
import type { WebSocket } from 'ws';
import { AppError, asAppError, type ErrorReport } from '../app-error.ts';
import type { View } from '../protocol/frame-header.ts';
import { protocolVersion } from '../protocol/frame-header.ts';
import type { ServerMessage, ViewerMessage } from '../protocol/messages.ts';
import { Every } from '../stream/every.ts';
import { type Edge, Newest } from '../stream/newest.ts';
import type { SharedFrame } from '../stream/shared-frame.ts';
import { isErrorReport, type Stream, type StreamNews } from '../stream/stream.ts';
import { readViewerMessage } from './viewer-messages.ts';

/**
 * Frames under way to one viewer and not yet acknowledged, per view. The socket's own buffers hide seconds of backlog
 * (megabytes in the kernel before `bufferedAmount` moves), so only acknowledgements tell what a line can take.
 */
export const ackWindow = 2;
/** Frames that wait for a viewer who asked for every one. */
const everyCapacity = 8;

export interface ViewerHost {
  readonly server: string;
  readonly room: string;
  readonly streams: readonly Stream[];
  readonly messagesPerSecond: number;
  nowUs(): number;
}

/** Frames of one view on their way to one viewer. */
class Delivery {
  readonly stream: Stream;
  readonly view: View;
  readonly #socket: WebSocket;
  readonly #edge: Edge<SharedFrame>;
  readonly #giveBack: () => void;
  readonly #unacknowledged: number[] = [];
  /** The viewer's own copy of a frame whose slot the stream could not spare while a slow line swallows it. */
  #copy: Buffer | undefined;
  #writing = false;
  sent = 0;
  /** Age at drawing of the frame acknowledged last, by the viewer's estimate of the clock. */
  drawnAgeMs: number | undefined;
  readonly #capturedUs = new Map<number, number>();

  constructor(socket: WebSocket, stream: Stream, view: View, edge: Edge<SharedFrame>) {
    this.#socket = socket;
    this.stream = stream;
    this.view = view;
    this.#edge = edge;
    this.#giveBack = stream.want(view);
    stream.lendLatest(view, (frame) => this.offer(frame));
  }

  get skipped(): number {
    return this.#edge.skipped;
  }

  offer(frame: SharedFrame): void {
    this.#edge.put(frame);
    this.#pump();
  }

  /** An acknowledgement covers the frame and all sent before it. */
  acknowledge(sequence: number, drawnUs: number | undefined): void {
    const capturedUs = this.#capturedUs.get(sequence);
    if (drawnUs !== undefined && capturedUs !== undefined) this.drawnAgeMs = (drawnUs - capturedUs) / 1000;
    const upTo = this.#unacknowledged.indexOf(sequence);
    for (const done of this.#unacknowledged.splice(0, upTo + 1)) this.#capturedUs.delete(done);
    this.#pump();
  }

  close(): void {
    this.#giveBack();
    this.#edge[Symbol.dispose]();
  }

  #pump(): void {
    while (!this.#writing && this.#unacknowledged.length < ackWindow && this.#socket.readyState === this.#socket.OPEN) {
      const frame = this.#edge.take();
      if (frame === undefined) return;
      this.#send(frame);
    }
  }

  #send(frame: SharedFrame): void {
    const { sequence, capturedAtUs } = frame.header;
    this.#unacknowledged.push(sequence);
    this.#capturedUs.set(sequence, capturedAtUs);
    this.#writing = true;
    this.sent++;
    // Straight from the slot where the stream can spare it; else a copy, so that no slow line ever starves the capture.
    const direct = this.stream.roomLeft;
    const bytes = direct ? frame.bytes : this.#copyOf(frame.bytes);
    if (!direct) frame[Symbol.dispose]();
    this.#socket.send(bytes, { binary: true, fin: true }, () => {
      frame[Symbol.dispose]();
      this.#writing = false;
      this.#pump();
    });
  }

  #copyOf(bytes: Buffer): Buffer {
    if (this.#copy === undefined || this.#copy.length < bytes.length) this.#copy = Buffer.allocUnsafeSlow(bytes.length);
    bytes.copy(this.#copy);
    return this.#copy.subarray(0, bytes.length);
  }
}

/** One connection: reads what the viewer asks for, sends what it can take. */
export class Viewer {
  readonly id: number;
  readonly #host: ViewerHost;
  readonly #socket: WebSocket;
  readonly #deliveries = new Map<string, Delivery>();
  readonly #watches = new Map<number, Subscription>();
  readonly #subscriptions = new Subscription();
  #messagesLeft: number;
  #heard = true;

  constructor(id: number, socket: WebSocket, host: ViewerHost) {
    this.id = id;
    this.#socket = socket;
    this.#host = host;
    this.#messagesLeft = host.messagesPerSecond;
    socket.on('message', (data, isBinary) => this.#receive(data.toString(), isBinary));
    socket.on('pong', () => {
      this.#heard = true;
    });
    // A socket without an error listener would take the process down; close follows every error.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end());
    this.tell({
      type: 'hello',
      protocol: protocolVersion,
      server: host.server,
      room: host.room,
      viewer: id,
      clockUs: host.nowUs(),
      streams: host.streams.map((stream) => stream.describe()),
    });
    for (const stream of host.streams) {
      const news$ = stream.news$.pipe(filter(({ news }) => news !== 'frame'));
      this.#subscriptions.add(news$.subscribe(({ news }) => this.#tellNews(stream, news)));
    }
  }

  get deliveries(): Iterable<Delivery> {
    return this.#deliveries.values();
  }

  tell(message: ServerMessage): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Once a second: what became of this viewer's frames; renews its allowance of messages. */
  tellStats(): void {
    this.#messagesLeft = this.#host.messagesPerSecond;
    for (const id of this.#watches.keys()) {
      const stream = this.#host.streams[id] as Stream;
      const { captured, fps, lost, processingMs } = stream.counts;
      const own = [...this.#deliveries.values()].filter((delivery) => delivery.stream === stream);
      this.tell({
        type: 'stats',
        stream: id,
        captured,
        fps,
        lost: { ...lost },
        processingMs,
        sent: own.reduce((total, { sent }) => total + sent, 0),
        skipped: own.reduce((total, { skipped }) => total + skipped, 0),
        viewers: stream.viewers,
      });
    }
  }

  /** A line that died without a word is found by pings; the second unanswered one ends it. */
  checkLine(): void {
    if (!this.#heard) this.#socket.terminate();
    this.#heard = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #receive(text: string, isBinary: boolean): void {
    let request: number | undefined;
    try {
      if (isBinary) throw new AppError('protocol/binary-refused');
      if (--this.#messagesLeft < 0) throw new AppError('protocol/too-many', { limit: this.#host.messagesPerSecond });
      const message = readViewerMessage(text);
      request = 'request' in message ? message.request : undefined;
      this.#obey(message);
    } catch (thrown) {
      const error = asAppError(thrown, 'protocol/bad-message', { where: 'server' });
      this.tell({ type: 'error', ...(request !== undefined && { request }), error: error.toJSON() });
      // RFC 6455 §7.4.1: 1008, a message that violates the endpoint's policy.
      if (error.code !== 'protocol/unknown-stream') this.close(1008, error.code);
    }
  }

  #obey(message: ViewerMessage): void {
    switch (message.type) {
      case 'ping':
        this.tell({ type: 'pong', sentUs: message.sentUs, clockUs: this.#host.nowUs() });
        break;
      case 'ack':
        this.#deliveries.get(`${message.stream}/${message.view}`)?.acknowledge(message.sequence, message.drawnUs);
        break;
      case 'watch':
        this.#watch(this.#streamOf(message.stream), message.views, message.delivery ?? 'newest');
        break;
      case 'unwatch':
        this.#unwatch(this.#streamOf(message.stream).id);
        break;
      case 'set-source':
        this.#streamOf(message.stream).setRunning(message.running);
        break;
      case 'set-stage':
        this.#answer(message, (stream) => stream.setStage(message.stage, message.enabled, message.options));
        break;
      case 'set-preset':
        this.#answer(message, (stream) => stream.setPreset(message.preset));
        break;
    }
  }

  #answer({ request, stream: id }: { readonly request: number; readonly stream: number }, set: (stream: Stream) => Promise<number>): void {
    set(this.#streamOf(id)).then(
      (epoch) => this.tell({ type: 'stage-set', request, stream: id, epoch }),
      (thrown) => this.tell({ type: 'error', request, error: reportOf(thrown) }),
    );
  }

  #streamOf(id: number): Stream {
    const stream = this.#host.streams[id];
    if (stream === undefined) throw new AppError('protocol/unknown-stream', { stream: id });
    return stream;
  }

  #watch(stream: Stream, views: readonly View[], delivery: 'newest' | 'every'): void {
    this.#unwatch(stream.id);
    const makeEdge = (): Edge<SharedFrame> =>
      delivery === 'every' ? new Every(everyCapacity, () => stream.roomLeft) : new Newest<SharedFrame>();
    const watch = new Subscription();
    this.#watches.set(stream.id, watch);
    watch.add(stream.addViewer());
    for (const view of views) {
      const key = `${stream.id}/${view}`;
      const to = new Delivery(this.#socket, stream, view, makeEdge());
      this.#deliveries.set(key, to);
      watch.add(() => {
        this.#deliveries.delete(key);
        to.close();
      });
      watch.add(stream.news$.subscribe((news) => offerFrame(to, news)));
    }
  }

  #unwatch(stream: number): void {
    this.#watches.get(stream)?.unsubscribe();
    this.#watches.delete(stream);
  }

  #tellNews(stream: Stream, news: StreamNews['news']): void {
    if (news === 'described') this.tell({ type: 'stream', stream: stream.describe() });
    if (news === 'status') this.tell({ type: 'state', stream: stream.id, source: stream.status });
  }

  #end(): void {
    this.#subscriptions.unsubscribe();
    for (const id of [...this.#watches.keys()]) this.#unwatch(id);
  }
}

function offerFrame(to: Delivery, news: StreamNews): void {
  if (news.news === 'frame' && news.frame.header.view === to.view) to.offer(news.frame);
}

function reportOf(thrown: unknown): ErrorReport {
  return isErrorReport(thrown) ? thrown : asAppError(thrown, 'protocol/bad-message', { where: 'set-stage' }).toJSON();
}
