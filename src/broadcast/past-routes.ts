import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Access, refuseBelow } from '../access/access.ts';
import type { Door } from '../access/door.ts';
import { AppError } from '../app-error.ts';
import type { IndexRow } from '../past/frame-index.ts';
import { type FrameFile, openFrameFile } from '../past/kept-file.ts';
import type { Past } from '../past/past.ts';
import type { RollingStore } from '../past/rolling-store.ts';
import { Stills } from '../past/stills.ts';
import { isAtLeast } from '../protocol/roles.ts';
import type { Stream } from '../stream/stream.ts';
import type { CutOff } from './cut-off.ts';

/** Rows of one answer. */
const mostRows = 5000;
/** Frames of one answer. */
const mostFrames = 3000;
/** Answers with frames that are under way at the same time: each keeps files open. */
const mostReaders = 16;
/** Whoever has taken no frame for so long is gone. */
const stalledMs = 30_000;
const watchPeriodMs = 5000;

/** Where a still or a clip lies. */
export interface KeptPlace {
  readonly path: string;
  readonly examination: string;
  /** That it was taken from; absent: a stream that is no more. */
  readonly stream?: number;
}

interface PastHost {
  readonly streams: readonly Stream[];
  readonly door: Door;
  /** Absent: nothing is recorded. */
  readonly past: RollingStore | undefined;
  /** Finds what is kept, `looksInto`: also of earlier examinations, for whoever may look into them; undefined where there is no such. */
  keptPlace(kept: string, looksInto: boolean): Promise<KeptPlace | undefined>;
  /** Unix µs: what was captured before is of an earlier examination; undefined: nothing is. */
  boundaryUs(): number | undefined;
  /** The one that is open. */
  openExamination(): string | undefined;
  readonly cutOff: CutOff;
}

type Query = Readonly<Record<string, string | undefined>>;

/**
 * The past of streams, and what is kept: `/streams/N/past`, `…/past/index`, `…/past/frames`, `/kept/ID/index`, `/kept/ID/frames`. Frames come as
 * the messages that a viewer gets live, header and payload, one after another.
 */
export function servePast(http: FastifyInstance, host: PastHost): void {
  const stills = new Stills();
  let readers = 0;
  http.addHook('onClose', () => stills.close());

  http.get('/streams/:stream/past', async (request, reply) => {
    const { id, access } = admittedTo(host, request);
    // Whoever asks what there is to go back to is told that there is nothing: that is no fault.
    const nothing = { recorded: false, frames: 0, lost: 0, bytes: 0, gaps: [] };
    return reply
      .header('cache-control', 'no-store')
      .send(host.past === undefined ? nothing : { recorded: true, ...host.past.past(id).summary(beginningFor(host, access)) });
  });
  http.get('/streams/:stream/past/index', async (request, reply) => {
    const { past, times } = admitted(host, request, mostRows);
    const { fromUs, toUs, limit } = times;
    const { descriptions, frames, more } = past.range(fromUs, toUs, limit);
    return reply.header('cache-control', 'no-store').send({ descriptions, frames: frames.map(rowOf), more });
  });
  http.get('/streams/:stream/past/frames', async (request, reply) => {
    const { past, access, times } = admitted(host, request, mostFrames);
    const { fromUs, toUs, limit } = times;
    return await give(past.frames(fromUs, toUs, limit), access, request, reply);
  });
  http.get('/kept/:kept/index', async (request, reply) => {
    const { file, access } = await admittedToKept(host, request);
    await using open = file;
    const index = await indexOf(open, request.query as Query);
    access.ended.throwIfAborted();
    return reply.header('cache-control', 'no-store').send(index);
  });
  http.get('/kept/:kept/frames', async (request, reply) => {
    const { file, access } = await admittedToKept(host, request);
    // Also where nobody reads a single frame of it.
    const close = (): void => void file.close().catch(() => undefined);
    if (reply.raw.destroyed) close();
    else reply.raw.once('close', close);
    return await give(framesOf(file, request.query as Query), access, request, reply);
  });

  /** Sends frames one after another, never more than the line takes, for as long as this viewer may see them. */
  async function give(frames: AsyncGenerator<Buffer>, access: Access, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    // Who was put out while a file was opened.
    access.ended.throwIfAborted();
    const { quality } = request.query as Query;
    if (quality !== undefined && quality !== 'still') throw badQuery('quality', quality, 'still');
    if (readers >= mostReaders) throw new AppError('record/too-many-readers', { limit: mostReaders });
    readers++;
    let movedMs = performance.now();
    const noted = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const message of quality === 'still' ? stills.of(frames) : frames) {
        movedMs = performance.now();
        yield message;
      }
    };
    const body = Readable.from(noted(), { objectMode: false, highWaterMark: 256 * 1024 });
    const { socket } = request.raw;
    const end = (): void => {
      body.destroy();
      // What is in the kernel would still arrive.
      host.cutOff.end(socket);
    };
    const watch = setInterval(() => {
      if (performance.now() - movedMs > stalledMs) end();
    }, watchPeriodMs);
    access.ended.addEventListener('abort', end, { once: true });
    body.once('close', () => {
      readers--;
      clearInterval(watch);
      access.ended.removeEventListener('abort', end);
    });
    return reply.header('cache-control', 'no-store').type('application/octet-stream').send(body);
  }
}

interface Times {
  readonly fromUs: number;
  readonly toUs: number;
  readonly limit: number;
}

/** Throws access/…, record/off, `examination/not-its-picture` and `protocol/unknown-stream`, also for a stream that this viewer must not know of. */
function admitted(
  host: PastHost,
  request: FastifyRequest,
  most: number,
): { readonly past: Past; readonly access: Access; readonly times: Times } {
  const { id, stream, access } = admittedTo(host, request);
  if (host.past === undefined) throw new AppError('record/off', { stream: stream.name });
  return { past: host.past.past(id), access, times: timesFor(host, access, request, most) };
}

/** Only operators may look into earlier examinations, and go back to what was seen during them. */
const beginningFor = ({ boundaryUs }: PastHost, { role }: Access): number => (isAtLeast(role, 'operator') ? 0 : (boundaryUs() ?? 0));

/** Names the examination that alone may be in the answer: it is about to get the name of its patient. In no address, which is logged on the way. */
const namedIn = ({ headers }: FastifyRequest): string | undefined => headers['lumencast-examination']?.toString();

function timesFor(host: PastHost, access: Access, request: FastifyRequest, most: number): Times {
  const examination = namedIn(request);
  const times = timesIn(request.query as Query, beginningFor(host, access), most);
  if (examination === undefined) return times;
  const boundaryUs = host.boundaryUs() ?? 0;
  if (examination !== host.openExamination() || times.toUs < boundaryUs) throw new AppError('examination/not-its-picture');
  return { ...times, fromUs: Math.max(times.fromUs, boundaryUs) };
}

/** Throws access/… and `protocol/unknown-stream`. */
function admittedTo({ door, streams }: PastHost, request: FastifyRequest) {
  const access = door.admit(request.raw);
  const { stream: text } = request.params as { readonly stream: string };
  const id = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  const stream = access.may(id) ? streams[id] : undefined;
  if (stream === undefined) throw new AppError('protocol/unknown-stream', { stream: id });
  return { id, stream, access };
}

/** Throws access/…, `examination/not-its-picture` and `examination/unknown-kept`, also for what is of a stream that this viewer must not know of. */
async function admittedToKept(host: PastHost, request: FastifyRequest): Promise<{ readonly file: FrameFile; readonly access: Access }> {
  const access = host.door.admit(request.raw);
  refuseBelow('marker', access, 'what is kept');
  const { kept } = request.params as { readonly kept: string };
  const place = /^[0-9a-f]{16}$/.test(kept)
    ? await host.keptPlace(kept, isAtLeast(access.role, 'operator') && access.everyStream)
    : undefined;
  const may = place?.stream === undefined ? access.everyStream : access.may(place.stream);
  if (place === undefined || !may) throw new AppError('examination/unknown-kept', { kept: kept.slice(0, 16) });
  if ((namedIn(request) ?? place.examination) !== place.examination) throw new AppError('examination/not-its-picture');
  return { file: await openFrameFile(place.path), access };
}

async function indexOf(file: FrameFile, query: Query): Promise<object> {
  const { first, count } = rowsIn(file, query, mostRows);
  const rows: (readonly number[])[] = [];
  for (let row = first; row < first + count; row++) rows.push(rowOf(file.index.at(row)));
  const { complete, tornBytes, damaged, lost, index } = file;
  const descriptions = await file.descriptions(first, count);
  return { descriptions, frames: rows, more: first + count < index.length, lost, damage: { complete, tornBytes, records: damaged } };
}

async function* framesOf(file: FrameFile, query: Query): AsyncGenerator<Buffer, void, undefined> {
  const { first, count } = rowsIn(file, query, mostFrames);
  yield* file.frames(first, count);
}

const rowOf = ({ capturedUs, sequence, epoch, bytes, flags }: IndexRow): readonly number[] => [capturedUs, sequence, epoch, bytes, flags];

function timesIn(query: Query, beginUs: number, most: number): Times {
  return {
    fromUs: Math.max(beginUs, numberIn(query, 'fromUs', 0)),
    toUs: numberIn(query, 'toUs', Number.MAX_SAFE_INTEGER),
    limit: Math.min(most, numberIn(query, 'limit', most)),
  };
}

/** Rows by number, or by time from `fromUs` on. */
function rowsIn({ index }: FrameFile, query: Query, most: number): { readonly first: number; readonly count: number } {
  const fromUs = numberIn(query, 'fromUs', 0);
  const first = Math.min(index.length, Math.max(numberIn(query, 'first', 0), index.firstFrom(fromUs)));
  return { first, count: Math.min(most, index.length - first, numberIn(query, 'count', most)) };
}

function numberIn(query: Query, name: string, usual: number): number {
  const text = query[name];
  if (text === undefined) return usual;
  if (!/^\d{1,16}$/.test(text)) throw badQuery(name, text, 'a whole number');
  return Number(text);
}

const badQuery = (where: string, value: unknown, allowed: string): AppError =>
  new AppError('protocol/bad-message', { where, reason: `${String(value).slice(0, 40)}, allowed: ${allowed}` });
