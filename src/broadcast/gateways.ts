import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { firstValueFrom, map, of, timeout } from 'rxjs';
import type { Access } from '../access/access.ts';
import type { Door } from '../access/door.ts';
import type { Places } from '../access/places.ts';
import { AppError, asAppError } from '../app-error.ts';
import { frameHeaderBytes } from '../protocol/frame-header.ts';
import type { ConnectedViewer } from '../protocol/messages.ts';
import { codecNames } from '../protocol/tiers.ts';
import type { SharedFrame } from '../stream/shared-frame.ts';
import type { Stream } from '../stream/stream.ts';
import type { Attendance } from './attendance.ts';
import type { CutOff } from './cut-off.ts';
import { type Unacknowledged, unacknowledgedBytes } from './unacknowledged.ts';

/** Shown where no new picture came in time: a dumb monitor cannot know the age of what it shows. */
const boardFile = resolve(import.meta.dirname, 'not-live.jpg');
const boundary = 'lumencast-frame';
/** A snapshot waits so long for the first picture. */
const firstPictureMs = 5000;
const watchPeriodMs = 100;
/** While more than this is on its way to the other end's kernel, no further picture leaves. */
const mostUnderWayBytes = 64 * 1024;
/** A monitor that has taken nothing for so long is gone. */
const stalledMs = 30_000;
/** Of a line on which nothing is sent, because the board stands. */
const keepAliveAfterMs = 5000;

interface GatewayHost {
  readonly streams: readonly Stream[];
  readonly door: Door;
  readonly attendance: Attendance;
  readonly places: Places;
  readonly cutOff: CutOff;
  nowUs(): number;
}

interface MonitorHost extends GatewayHost {
  readonly board: Buffer;
  readonly unacknowledged: Unacknowledged;
}

/**
 * For monitors that know nothing but JPEG: `/streams/N/live.mjpeg` (multipart/x-mixed-replace) and `/streams/N/snapshot.jpg`. Behind
 * the same door as everything else, out of the tier `still`, which is made once for all who watch it.
 */
export async function serveGateways(http: FastifyInstance, host: GatewayHost): Promise<void> {
  const monitorHost: MonitorHost = { ...host, board: await readFile(boardFile), unacknowledged: await unacknowledgedBytes() };

  http.get('/streams/:stream/snapshot.jpg', async (request, reply) => {
    const { stream, access } = admitted(host, request);
    const leave = host.places.take(access);
    try {
      return await snapshot(stream, access, host, reply);
    } finally {
      leave();
    }
  });
  http.get('/streams/:stream/live.mjpeg', (request, reply) => {
    const { stream, access } = admitted(host, request);
    const leave = host.places.take(access);
    reply.hijack();
    const line = new MotionJpeg(host.attendance.nextId(), access, stream, monitorHost, request.raw.socket, reply);
    const gone = host.attendance.join(line);
    const end = (): void => line.close();
    access.ended.addEventListener('abort', end, { once: true });
    reply.raw.on('close', () => {
      access.ended.removeEventListener('abort', end);
      line.close();
      gone();
      leave();
    });
  });
}

/** Who asks and for what. Throws access/… and `protocol/unknown-stream`, also for a stream that this viewer must not know of. */
function admitted({ door, streams }: GatewayHost, request: FastifyRequest): { readonly stream: Stream; readonly access: Access } {
  const access = door.admit(request.raw);
  const { stream: text } = request.params as { readonly stream: string };
  const id = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  const stream = access.may(id) ? streams[id] : undefined;
  if (stream === undefined) throw new AppError('protocol/unknown-stream', { stream: id });
  return { stream, access };
}

/** The newest picture, where it is live. Throws `gateway/not-live`, `gateway/no-jpeg`, and access/… for who was put out while waiting. */
async function snapshot(stream: Stream, { ended }: Access, { nowUs }: GatewayHost, reply: FastifyReply): Promise<FastifyReply> {
  const picture = await firstPicture(stream);
  if (ended.aborted) throw asAppError(ended.reason, 'access/revoked');
  const ageMs = picture === undefined ? Number.POSITIVE_INFINITY : (nowUs() - picture.capturedAtUs) / 1000;
  if (picture === undefined || ageMs > stream.describe().notLiveMs) {
    void reply.header('retry-after', '1');
    throw new AppError('gateway/not-live', { stream: stream.name });
  }
  return reply
    .header('cache-control', 'no-store')
    .header('x-captured-us', String(picture.capturedAtUs))
    .header('x-age-ms', ageMs.toFixed(1))
    .header('x-sequence', String(picture.sequence))
    .type('image/jpeg')
    .send(picture.jpeg);
}

interface Picture {
  readonly jpeg: Buffer;
  readonly capturedAtUs: number;
  readonly sequence: number;
}

/** The first picture that comes, copied; undefined where none does in time. Throws `gateway/no-jpeg`. */
function firstPicture(stream: Stream): Promise<Picture | undefined> {
  const copied = (frame: SharedFrame): Picture => {
    if (!isJpeg(frame)) throw new AppError('gateway/no-jpeg', { stream: stream.name });
    const { capturedAtUs, sequence } = frame.header;
    return { jpeg: Buffer.from(jpegOf(frame)), capturedAtUs, sequence };
  };
  return firstValueFrom(
    stream.frames('processed', 'still').pipe(map(copied), timeout({ first: firstPictureMs, with: () => of(undefined) })),
  );
}

/** One dumb monitor: the newest picture whenever its line has taken the one before; the board while none is live. */
class MotionJpeg {
  readonly id: number;
  readonly access: Access;
  readonly #sinceUs: number;
  readonly #stream: Stream;
  readonly #host: MonitorHost;
  readonly #socket: Socket;
  readonly #reply: FastifyReply;
  readonly #giveBack: () => void;
  readonly #watch: NodeJS.Timeout;
  #frames: { unsubscribe(): void };
  #capturedAtUs: number;
  #boardShown = false;
  #takenMs = performance.now();
  #closed = false;

  constructor(id: number, access: Access, stream: Stream, host: MonitorHost, socket: Socket, reply: FastifyReply) {
    this.id = id;
    this.access = access;
    this.#sinceUs = host.nowUs();
    this.#stream = stream;
    this.#host = host;
    this.#socket = socket;
    this.#reply = reply;
    this.#capturedAtUs = this.#sinceUs;
    // What the door and the house rules ask of every answer holds for this one too.
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
    reply.raw.writeHead(200, {
      'content-type': `multipart/x-mixed-replace; boundary=${boundary}`,
      'cache-control': 'no-store',
      connection: 'close',
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveAfterMs);
    reply.raw.write(`--${boundary}\r\n`);
    this.#giveBack = stream.addViewer();
    this.#frames = stream.frames('processed', 'still').subscribe((frame) => this.#show(frame));
    this.#watch = setInterval(() => {
      this.#checkLine();
      this.#checkAge();
    }, watchPeriodMs);
  }

  /** What operators are told of it. */
  presence(): ConnectedViewer {
    const { role, name, invitation } = this.access;
    return {
      viewer: this.id,
      name,
      role,
      ...(invitation !== undefined && { invitation }),
      sinceUs: this.#sinceUs,
      watches: [{ stream: this.#stream.id, tier: 'still' }],
      by: 'mjpeg',
    };
  }

  /** It cannot be told why. */
  putOut(): void {
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#watch);
    this.#frames.unsubscribe();
    this.#giveBack();
    this.#host.cutOff.end(this.#socket);
    this.#reply.raw.destroy();
  }

  #show(frame: SharedFrame): void {
    const { capturedAtUs } = frame.header;
    // Those before are still on their way: the next that comes is newer anyway. And who comes late gets the held picture first.
    if (!isJpeg(frame) || this.#isOld(capturedAtUs) || this.#isFull()) return;
    this.#capturedAtUs = capturedAtUs;
    this.#boardShown = false;
    this.#write(Buffer.from(jpegOf(frame)), `x-captured-us: ${capturedAtUs}\r\n`);
  }

  #isFull(): boolean {
    return this.#reply.raw.writableLength > 0 || this.#host.unacknowledged(this.#socket) > mostUnderWayBytes;
  }

  /** What is under way to somebody who is gone finds no end by itself. */
  #checkLine(): void {
    const nowMs = performance.now();
    if (!this.#isFull()) this.#takenMs = nowMs;
    else if (nowMs - this.#takenMs > stalledMs) this.close();
  }

  #checkAge(): void {
    if (this.#closed || this.#boardShown || !this.#isOld(this.#capturedAtUs)) return;
    this.#boardShown = true;
    this.#write(this.#host.board);
  }

  #isOld(capturedAtUs: number): boolean {
    return (this.#host.nowUs() - capturedAtUs) / 1000 > this.#stream.describe().notLiveMs;
  }

  /** The boundary after a part is what makes a browser show it: it leaves with the part. */
  #write(jpeg: Buffer, truth = ''): void {
    const { raw } = this.#reply;
    raw.cork();
    raw.write(`content-type: image/jpeg\r\ncontent-length: ${jpeg.length}\r\n${truth}\r\n`);
    raw.write(jpeg);
    raw.write(`\r\n--${boundary}\r\n`);
    raw.uncork();
  }
}

const jpegNumber = codecNames.indexOf('jpeg');
const isJpeg = (frame: SharedFrame): boolean => frame.header.codec === jpegNumber;
const jpegOf = (frame: SharedFrame): Buffer => frame.bytes.subarray(frameHeaderBytes);
