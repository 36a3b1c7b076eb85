import { AppError } from '../../src/app-error.ts';
import { readFrameHeader } from '../../src/protocol/frame-header.ts';
import type { StreamDescription } from '../../src/protocol/messages.ts';
import { errorOf } from '../session.ts';
import type { WireError } from '../worker-messages.ts';
import type { PastFrame } from './frame-list.ts';
import type { Exactness } from './held-frames.ts';
import { WireSplitter } from './wire-splitter.ts';

/** What frames of an epoch are. */
export type PastDescription = Pick<StreamDescription, 'formats' | 'regions' | 'synthetic'>;

export interface PastIndex {
  readonly descriptions: ReadonlyMap<number, PastDescription>;
  readonly frames: readonly PastFrame[];
  /** There are further frames behind these. */
  readonly more: boolean;
}

/** What the rolling store of a stream says of itself; without frames the times are unknown. */
export interface PastSummary {
  readonly fromUs: number | undefined;
  readonly toUs: number | undefined;
  readonly frames: number;
  readonly lost: number;
  readonly gaps: readonly { readonly fromUs: number; readonly toUs: number; readonly lost: number }[];
}

/** Frames that can be asked for by their time. */
export interface PastSource {
  /** Whether frames come and go while it is read. */
  readonly rolling: boolean;
  /** Before that time nothing is there any more; undefined: nothing goes. Throws `Refused`, and TypeError where the line is down. */
  oldestUs(signal: AbortSignal): Promise<number | undefined>;
  /** The same errors. */
  index(fromUs: number | undefined, toUs: number | undefined, signal: AbortSignal): Promise<PastIndex>;
  /** Wire messages of frames that follow one another in the index, by time; of copies the last. The same errors. */
  frames(frames: readonly PastFrame[], exactness: Exactness, signal: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
}

/** The server has said no, and why. */
export class Refused extends Error {
  readonly error: WireError;
  readonly status: number;

  constructor(error: WireError, status: number) {
    super(error.message);
    this.error = error;
    this.status = status;
  }
}

/** `base`: of the server, with a slash at its end. `examination`: what is not of it is refused. */
export function streamPast(base: string, stream: number, examination?: string): PastSource {
  const place = { url: new URL(`streams/${stream}/past/`, base), examination };
  return {
    rolling: true,
    oldestUs: async (signal) => (await pastSummary(base, stream, signal)).fromUs,
    index: async (fromUs, toUs, signal) => indexIn(await askFor(place, 'index', { fromUs, toUs }, signal)),
    frames: (frames, exactness, signal) => {
      const [fromUs, toUs] = [frames[0]?.capturedUs, frames.at(-1)?.capturedUs];
      return framesIn(place, { fromUs, toUs, limit: copiesOf(frames), ...asked(exactness) }, signal);
    },
  };
}

/** Of a still or a clip; the same. */
export function keptPast(base: string, kept: string, examination?: string): PastSource {
  const place = { url: new URL(`kept/${kept}/`, base), examination };
  return {
    rolling: false,
    oldestUs: async () => undefined,
    index: async (fromUs, _toUs, signal) => indexIn(await askFor(place, 'index', { fromUs }, signal)),
    frames: (frames, exactness, signal) =>
      framesIn(place, { fromUs: frames[0]?.capturedUs, count: copiesOf(frames), ...asked(exactness) }, signal),
  };
}

/** Throws as an index does. */
export async function pastSummary(base: string, stream: number, signal: AbortSignal): Promise<PastSummary> {
  const told = (await askFor({ url: new URL(`streams/${stream}/`, base) }, 'past', {}, signal)) as Partial<PastSummary>;
  const { fromUs, toUs, frames = 0, lost = 0, gaps = [] } = told;
  return { fromUs, toUs, frames, lost, gaps };
}

type Query = Readonly<Record<string, number | string | undefined>>;

const asked = (exactness: Exactness): Query => (exactness === 'light' ? { quality: 'still' } : {});

interface Place {
  readonly url: URL;
  /** In a header: addresses are logged on the way. */
  readonly examination?: string | undefined;
}

async function answerTo(place: Place, what: string, query: Query, signal: AbortSignal): Promise<Response> {
  const url = new URL(what, place.url);
  const headers: HeadersInit = place.examination === undefined ? {} : { 'lumencast-examination': place.examination };
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  const answer = await fetch(url, { signal, headers, cache: 'no-store' });
  if (!answer.ok) throw new Refused(await errorOf(answer), answer.status);
  return answer;
}

async function askFor(place: Place, what: string, query: Query, signal: AbortSignal): Promise<unknown> {
  return (await answerTo(place, what, query, signal)).json();
}

type Row = readonly [capturedUs: number, sequence: number, epoch: number, bytes: number, flags: number];

function indexIn(told: unknown): PastIndex {
  const { descriptions, frames, more } = told as {
    readonly descriptions: Readonly<Record<string, PastDescription>>;
    readonly frames: readonly Row[];
    readonly more?: boolean;
  };
  return {
    descriptions: new Map(Object.entries(descriptions).map(([epoch, description]) => [Number(epoch), description])),
    frames: merged(frames),
    more: more === true,
  };
}

function merged(rows: readonly Row[]): readonly PastFrame[] {
  const frames: PastFrame[] = [];
  for (const [capturedUs, sequence, epoch, bytes, flags] of rows) {
    const before = frames.at(-1);
    const again = before?.capturedUs === capturedUs;
    if (again) frames.pop();
    frames.push({ capturedUs, sequence, epoch, bytes, flags, ...(again && { copies: (before.copies ?? 1) + 1 }) });
  }
  return frames;
}

const capturedIn = (message: Uint8Array<ArrayBuffer>): number => readFrameHeader(new DataView(message.buffer)).capturedAtUs;

const copiesOf = (frames: readonly PastFrame[]): number => frames.reduce((sum, { copies = 1 }) => sum + copies, 0);

async function* framesIn(place: Place, query: Query, signal: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { body } = await answerTo(place, 'frames', query, signal);
  if (body === null) throw new AppError('protocol/bad-header', { reason: 'the answer is empty' });
  const splitter = new WireSplitter();
  let held: Uint8Array<ArrayBuffer> | undefined;
  for await (const chunk of body) {
    for (const message of splitter.split(chunk)) {
      if (held !== undefined && capturedIn(held) !== capturedIn(message)) yield held;
      held = message;
    }
  }
  splitter.end();
  if (held !== undefined) yield held;
}
